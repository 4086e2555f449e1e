"""What the prologue asks for: a connection and an answer to an A-ASSOCIATE-RQ, in whatever pieces it comes."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

import pytest

from dicom_conformance.play.echo import PATIENCE_S, Reach, echo
from dicom_simulators.listening import listen
from dicom_wire.codec import encode
from dicom_wire.command import command_set
from dicom_wire.dimse import Message, fragment
from dicom_wire.items import ApplicationContext, MaximumLength, PresentationContextAC, UserInformation
from dicom_wire.pdu import AAbort, AAssociateAC, AAssociateRJ, AReleaseRP

ITEMS = (ApplicationContext("1.2.840.10008.3.1.1.1"), UserInformation((MaximumLength(16384),)))
ACCEPTED = encode(AAssociateAC("A", "B", (ITEMS[0], PresentationContextAC(1, 0, "1.2.840.10008.1.2"), ITEMS[1])))
REFUSED = encode(AAssociateAC("A", "B", (ITEMS[0], PresentationContextAC(1, 3, "1.2.840.10008.1.2"), ITEMS[1])))


def response(status: int = 0, size: int = 16384, name: str = "C-ECHO-RSP") -> bytes:
    command = command_set(name, MessageIDBeingRespondedTo=1, Status=status, CommandDataSetType=0x0101)
    return b"".join(encode(pdu) for pdu in fragment(Message(1, command), size))


def whole(sock: socket.socket, data: bytes) -> None:
    sock.sendall(data)


def byte_by_byte(sock: socket.socket, data: bytes) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for at in range(len(data)):
        sock.sendall(data[at : at + 1])


def asked(answers, send=whole, deadline_s: float = 10.0, patience_s: float = PATIENCE_S) -> tuple[Reach, str]:
    """Ask a peer that answers what it reads, one answer to each read; None ends the connection."""
    with listen("127.0.0.1", 0) as listener:

        def answer() -> None:
            with suppress(OSError):
                sock, _ = listener.accept()
                with sock:
                    for each in answers:
                        sock.recv(65536)
                        send(sock, each)
                    sock.recv(65536)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        reached = echo(listener.getsockname(), "CALLED", "CALLING", deadline_s, patience_s)
        thread.join(10)
    return reached.reach, reached.detail


@pytest.mark.parametrize("send", [whole, byte_by_byte])
@pytest.mark.parametrize("size", [16384, 30, 12])
def test_answers_may_come_in_pieces_or_together(send, size):
    answers = [ACCEPTED, response(size=size), encode(AReleaseRP())]
    assert asked(answers, send) == (Reach.ECHOES, "")


def test_a_response_and_the_release_may_come_in_one_segment():
    assert asked([ACCEPTED, response(size=12) + encode(AReleaseRP())]) == (Reach.ECHOES, "")


@pytest.mark.parametrize(
    ("answers", "detail"),
    [
        ([encode(AAssociateRJ(1, 1, 7))], "A-ASSOCIATE-RJ 1/1/7"),
        ([REFUSED, encode(AReleaseRP())], "Verification was not accepted"),
        ([ACCEPTED, response(0x0122)], "C-ECHO-RSP with status 0122"),
        ([ACCEPTED, encode(AAbort(0, 0))], "A-ABORT instead of C-ECHO-RSP"),
        ([ACCEPTED], "the end of the connection instead of C-ECHO-RSP"),
    ],
)
def test_who_answers_the_request_for_an_association_is_reached(answers, detail):
    assert asked(answers) == (Reach.ASSOCIATES, detail)


@pytest.mark.parametrize(
    ("answers", "detail"),
    [
        ([], "the end of the connection"),
        ([encode(AAbort(2, 0))], "A-ABORT"),
        ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], "unknown PDU"),
    ],
)
def test_anything_else_is_no_answer(answers, detail):
    reach, told = asked(answers)
    assert (reach, told) == (Reach.SILENT, f"{detail} instead of A-ASSOCIATE-AC or A-ASSOCIATE-RJ")


def test_who_rejects_for_the_time_being_is_asked_again():
    rejections = iter([(2, 3, 2), (2, 3, 1), None])
    with listen("127.0.0.1", 0) as listener:

        def answer() -> None:
            for rejection in rejections:
                sock, _ = listener.accept()
                with sock, suppress(OSError):
                    answers = [encode(AAssociateRJ(*rejection))] if rejection else [ACCEPTED, response()]
                    for each in [*answers, encode(AReleaseRP())]:
                        sock.recv(65536)
                        sock.sendall(each)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        reached = echo(listener.getsockname(), "CALLED", "CALLING", 10.0)
        thread.join(10)
    assert reached.reach is Reach.ECHOES


def test_who_rejects_for_good_is_asked_once():
    assert asked([encode(AAssociateRJ(1, 1, 7))]) == (Reach.ASSOCIATES, "A-ASSOCIATE-RJ 1/1/7")


def test_without_patience_who_rejects_for_the_time_being_is_asked_once():
    assert asked([encode(AAssociateRJ(2, 3, 2))], patience_s=0) == (Reach.ASSOCIATES, "A-ASSOCIATE-RJ 2/3/2")


def test_what_never_ends_is_no_answer():
    reach, told = asked([ACCEPTED, encode(AReleaseRP()) * 200_000], deadline_s=60.0)
    assert reach is Reach.ASSOCIATES
    assert told == "A-RELEASE-RP instead of C-ECHO-RSP"
    fragments = response(size=12)[:18] * 200_000  # fragments of a command that is never complete
    reach, told = asked([ACCEPTED, fragments], deadline_s=60.0)
    assert (reach, told) == (Reach.ASSOCIATES, "more than 1048576 bytes instead of C-ECHO-RSP")
