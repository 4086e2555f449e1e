"""What only a printer in bytes says: resets, answers that are none, requests that are none."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable

import pytest
from pynetdicom_printer import PRINTER, PRINTER_INSTANCE, within
from raw_dicom_peer import RawPeer, element, item, pdu

from dicom_workstation.outcome import OperationEndedError

GRAYSCALE_META = "1.2.840.10008.5.1.1.9"
IMPLICIT = "1.2.840.10008.1.2"
N_EVENT_REPORT_RQ, N_GET_RSP = 0x0100, 0x8110
TAGS = {
    "AffectedSOPClassUID": 0x00000002,
    "CommandField": 0x00000100,
    "MessageID": 0x00000110,
    "MessageIDBeingRespondedTo": 0x00000120,
    "CommandDataSetType": 0x00000800,
    "Status": 0x00000900,
    "AffectedSOPInstanceUID": 0x00001000,
    "EventTypeID": 0x00001002,
}


def message(context_id: int = 1, **elements: int | str) -> bytes:
    """Return a P-DATA-TF with a command without data set."""
    elements = {"CommandDataSetType": 0x0101, **elements}
    body = b"".join(
        element(TAGS[keyword], struct.pack("<H", value) if isinstance(value, int) else value.encode())
        for keyword, value in sorted(elements.items(), key=lambda each: TAGS[each[0]])
    )
    raw = element(0, struct.pack("<L", len(body))) + body
    return pdu(4, struct.pack(">LBB", len(raw) + 2, context_id, 3) + raw)


def get_response(message_id: int = 1, **more: int | str) -> bytes:
    return message(CommandField=N_GET_RSP, MessageIDBeingRespondedTo=message_id, **{"Status": 0x0000, **more})


def report(message_id: int = 77, **more: int | str) -> bytes:
    wanted = {
        "AffectedSOPClassUID": PRINTER,
        "AffectedSOPInstanceUID": PRINTER_INSTANCE,
        "EventTypeID": 2,
        "MessageID": message_id,
    }
    return message(CommandField=N_EVENT_REPORT_RQ, **{**wanted, **more})


def accept(peer: RawPeer) -> None:
    """Accept the first context, and reject the others."""
    peer.receive()
    answers = b"".join(
        item(0x21, bytes((2 * index + 1, 0, 0 if index == 0 else 3, 0)) + item(0x40, IMPLICIT.encode()))
        for index in range(9)
    )
    user = item(0x50, item(0x51, struct.pack(">L", 16384)) + item(0x52, b"1.2.3"))
    head = struct.pack(">HH", 1, 0) + b"PRINTER".ljust(16) + b"DIRECTVIEW".ljust(16) + bytes(32)
    peer.send(pdu(2, head + item(0x10, b"1.2.840.10008.3.1.1.1") + answers + user))


def status_and_id(raw: bytes) -> tuple[int, int]:
    """Return Status and Message ID Being Responded To of a response."""
    values = []
    for tag in (b"\x00\x00\x00\x09", b"\x00\x00\x20\x01"):
        at = raw.index(tag + struct.pack("<L", 2)) + 8
        values.append(struct.unpack_from("<H", raw, at)[0])
    return values[0], values[1]


@pytest.fixture
def chosen(start, acceptor):
    """Let the workstation choose a printer that plays a script after it has accepted the association."""

    def choose(script: Callable[[RawPeer], None]):
        def play(peer: RawPeer) -> None:
            accept(peer)
            script(peer)

        port = acceptor(play).address[1]
        address = {"ae_title": "PRINTER", "host": "127.0.0.1", "port": port}
        workstation = start(printers={"raw": address}, dimse_timeout_s=1.0, acse_timeout_s=0.5)
        return workstation, workstation.select_printer("raw")

    return choose


def answer_status(peer: RawPeer) -> None:
    """Answer the N-GET twice: the first told no status."""
    peer.receive()
    peer.send(get_response(1))
    peer.receive()
    peer.send(get_response(2))


def until_closed(peer: RawPeer) -> None:
    """Answer a release, and leave at an abort."""
    while (raw := peer.receive()) and raw[0] != 7:
        if raw[0] == 5:
            peer.send(pdu(6, bytes(4)))


def test_a_printer_that_tells_no_status_is_asked_once_more(chosen):
    def script(peer):
        answer_status(peer)
        until_closed(peer)

    workstation, outcome = chosen(script)
    assert (outcome.result, outcome.printer.details.status, outcome.printer.connected) == ("success", None, True)
    workstation.stop()


def test_a_reset_while_idle_is_told(chosen):
    def script(peer):
        answer_status(peer)
        peer.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.connection.close()

    workstation, outcome = chosen(script)
    assert outcome.result in ("success", "connection_lost")
    assert within(lambda: not workstation.printer().printer.connected)
    assert "connection" in workstation.printer().detail


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda: get_response(9), "response to message 9 while 1 is outstanding"),
        (lambda: message(CommandField=0x8140, MessageIDBeingRespondedTo=1, Status=0), "N-CREATE instead of a response"),
        (lambda: get_response(1, Status=0xFF00), "pending"),
        (lambda: message(CommandField=N_GET_RSP, MessageIDBeingRespondedTo=1), "without Status"),
        (lambda: report(EventTypeID=""), "not a valid request"),
        (lambda: pdu(5, bytes(4)), "released the association"),
    ],
)
def test_an_answer_that_is_none_ends_the_association(chosen, answer, words):
    def script(peer):
        peer.receive()
        peer.send(answer())
        until_closed(peer)

    workstation, outcome = chosen(script)
    assert (outcome.result, outcome.printer.connected) == ("invalid_response", False)
    assert words in outcome.detail
    assert words in workstation.printer().detail


def test_a_response_that_nothing_asked_for_ends_the_association(chosen):
    def script(peer):
        answer_status(peer)
        peer.send(get_response(3))
        until_closed(peer)

    workstation, _ = chosen(script)
    assert within(lambda: not workstation.printer().printer.connected)
    assert "answers no request" in workstation.printer().detail


def test_events_and_responses_of_one_segment_are_all_taken(chosen):
    answers: list[tuple[int, int]] = []

    def script(peer):
        peer.receive()
        peer.send(report(1) + report(2, EventTypeID=9) + get_response(1) + report(1, EventTypeID=3))
        answers.extend(status_and_id(peer.receive()) for _ in range(2))
        rest = [peer.receive(), peer.receive()]  # the answer to the third report, and the second N-GET, in any order
        answers.extend(status_and_id(raw) for raw in rest if struct.pack("<HHLH", 0, 0x0100, 2, 0x8100) in raw)
        peer.send(get_response(2))
        until_closed(peer)

    workstation, outcome = chosen(script)
    assert outcome.result == "success"
    assert within(lambda: len(workstation.printer().events) == 2)
    assert [event.status for event in workstation.printer().events] == ["WARNING", "FAILURE"]
    workstation.stop()
    assert answers == [(0x0000, 1), (0x0113, 2), (0x0000, 1)]


def test_another_request_of_the_printer_is_answered_as_unrecognized(chosen):
    answers: list[tuple[int, int]] = []

    def script(peer):
        answer_status(peer)
        peer.send(message(CommandField=0x0030, MessageID=5, AffectedSOPClassUID="1.2.840.10008.1.1"))
        answers.append(status_and_id(peer.receive()))
        until_closed(peer)

    workstation, outcome = chosen(script)
    assert outcome.result == "success"
    assert within(lambda: bool(answers))
    assert answers == [(0x0211, 5)]
    assert workstation.printer().printer.connected
    workstation.stop()


def test_an_event_that_crosses_the_release_is_kept(chosen):
    def script(peer):
        answer_status(peer)
        assert peer.receive()[0] == 5
        peer.send(report())
        peer.send(pdu(6, bytes(4)))
        until_closed(peer)

    workstation, _ = chosen(script)
    outcome = workstation.leave_printer()
    assert (outcome.result, outcome.printer.connected) == ("success", False)
    assert [event.status for event in outcome.events] == ["WARNING"]


def test_a_printer_that_does_not_answer_the_release_is_left(chosen):
    def script(peer):
        answer_status(peer)
        assert peer.receive()[0] == 5
        assert peer.receive()[0] == 7  # A-ABORT, after the time-out

    workstation, _ = chosen(script)
    assert workstation.leave_printer().result == "success"


def test_attributes_that_cannot_be_read_are_none(chosen):
    def script(peer):
        for number in (1, 2):
            peer.receive()
            told = get_response(number, CommandDataSetType=1)
            peer.send(told + pdu(4, struct.pack(">LBB", 7, 1, 2) + b"\xff\xff\xff\x00\x01"))
        until_closed(peer)

    workstation, outcome = chosen(script)
    assert (outcome.result, outcome.printer.details.status, outcome.printer.connected) == ("success", None, True)
    workstation.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_request_that_cannot_be_encoded_leaves_nobody_waiting(chosen):
    def script(peer):
        answer_status(peer)
        until_closed(peer)

    workstation, _ = chosen(script)
    printer = workstation._print_client._chosen
    printer.association._requestor.send = _refuse
    with pytest.raises(OperationEndedError):
        printer.ask()
    assert not workstation.printer().printer.connected


def _refuse(*_: object) -> None:
    raise ValueError("cannot be encoded")


def test_reports_without_end_do_not_put_off_the_time_out(chosen):
    beyond = threading.Event()

    def script(peer):
        peer.receive()
        until, some = time.monotonic() + 8.0, 100
        with contextlib.suppress(OSError):
            peer.send(report() * some)
            while not beyond.is_set() and time.monotonic() < until:
                peer.send(report() * some)
                if not all(peer.receive() for _ in range(some)):
                    return

    begin = time.monotonic()
    _, outcome = chosen(script)
    elapsed_s = time.monotonic() - begin
    beyond.set()
    assert (outcome.result, elapsed_s < 5.0) == ("timeout", True), (outcome, elapsed_s)
