"""A peer that never stops sending defeats no deadline: what is there to be read does not stop the clock."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from dicom_simulators.association.association import Deadlines, Proposal, Requestor, TimedOut, propose
from dicom_simulators.association.connection import Connection, DeadlineError
from dicom_simulators.listening import listen
from dicom_simulators.scripted.scripted import Scripted
from dicom_simulators.scu.exchange import MOST_KEPT
from dicom_simulators.scu.observer import MOST_NOTES
from dicom_simulators.scu.queries import MOST_UNREADABLE
from dicom_simulators.scu.scu import Scu
from dicom_wire import (
    AAssociateAC,
    ApplicationContext,
    ImplementationClassUID,
    MaximumLength,
    Message,
    PresentationContextAC,
    Recorder,
    Side,
    UserInformation,
    command_set,
    encode,
    fragment,
)

FIND = "1.2.840.10008.5.1.4.1.2.2.1"
CT = "1.2.840.10008.5.1.4.1.1.2"
IMPLICIT = "1.2.840.10008.1.2"
SHORT = Deadlines(2.0, 2.0, 0.3, 0.5, 1.0, 0.3, 2.0, 0.5)
HANG_S = 30.0


def acceptance() -> bytes:
    items = (
        ApplicationContext("1.2.840.10008.3.1.1.1"),
        PresentationContextAC(1, 0, IMPLICIT),
        UserInformation((MaximumLength(16384), ImplementationClassUID("2.25.1"))),
    )
    return encode(AAssociateAC("PEER", "SCU", items))


def pending(name: str, message_id: int = 1) -> bytes:
    command = command_set(name, MessageIDBeingRespondedTo=message_id, Status=0xFF00, CommandDataSetType=0x0101)
    return b"".join(encode(pdu) for pdu in fragment(Message(1, command), 16384))


@contextmanager
def flooding(words: bytes) -> Iterator[tuple[str, int]]:
    """Accept one association, then repeat these bytes until the other side has gone."""
    listener = listen("127.0.0.1", 0)

    def flood() -> None:
        with suppress(OSError):
            sock, _ = listener.accept()
            with sock:
                sock.recv(65536)
                sock.sendall(acceptance())
                while True:
                    sock.sendall(words * 100)

    thread = threading.Thread(target=flood, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[:2]
    finally:
        listener.close()
        thread.join(HANG_S)
        assert not thread.is_alive()


def ends(work) -> None:
    """Do something in a thread of its own, which must end."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(HANG_S)
    assert not thread.is_alive()


def requestor(address: tuple[str, int], sop_class: str) -> Requestor:
    proposal = Proposal("PEER", "SCU", propose((sop_class, [IMPLICIT])))
    return Requestor(Recorder(), address, proposal, name="scu", peer="peer", deadlines=SHORT)


def test_a_store_has_one_response_even_where_it_says_pending():
    with flooding(pending("C-STORE-RSP")) as address:
        one = requestor(address, CT)
        one.associate()
        seen: list[int | None] = []

        def store() -> None:
            command = one.command("C-STORE-RQ", b"", AffectedSOPClassUID=CT, AffectedSOPInstanceUID="2.25.1")
            seen.extend(each.command.number("Status") for each in one.request(Message(1, command, b"")))
            one.release()

        ends(store)
        assert seen == [0xFF00]


def test_endless_pending_responses_end_with_the_operations_deadline():
    with flooding(pending("C-FIND-RSP")) as address:
        one = requestor(address, FIND)
        one.associate()
        command = one.command("C-FIND-RQ", b"", AffectedSOPClassUID=FIND, Priority=0)
        ends(lambda: [None for _ in one.request(Message(1, command, b""))])
        assert one.ended == TimedOut("C-FIND-RSP")


@pytest.mark.parametrize("end", ["release", "abort"])
def test_an_end_is_not_delayed_by_what_keeps_coming(end):
    with flooding(pending("C-FIND-RSP")) as address:
        one = requestor(address, FIND)
        one.associate()
        ends(getattr(one, end))
        assert one.ended is not None


def test_a_script_does_not_wait_for_ever_for_what_does_not_come():
    with flooding(pending("C-FIND-RSP")) as address:
        one = Scripted("peer", "PEER", Recorder(), deadlines=SHORT)
        asks = {"send": {"pdu": "A-ASSOCIATE-RQ", "contexts": [{"sop_class": FIND, "transfer_syntaxes": [IMPLICIT]}]}}
        script = [asks, {"receive": {"pdu": "A-RELEASE-RQ", "within_s": "0.2"}}]
        came = []
        ends(lambda: came.append(one.perform("play", address, {"script": script})))
        (missed,) = came[0]["not_received"]
        assert re.fullmatch(r"step 2: awaited A-RELEASE-RQ, got (A-ASSOCIATE-AC, )?C-FIND-RSP, \.\.\.", missed)


def test_what_came_before_the_deadline_is_read_once_after_it():
    with listen("127.0.0.1", 0) as listener:
        ours = socket.create_connection(listener.getsockname())
        theirs, _ = listener.accept()
    recorder = Recorder()
    connection = Connection(ours, recorder, recorder.open("a", "a", "b", ("", 0), ("", 0)), Side.REQUESTOR)
    theirs.sendall(b"early")
    assert connection.read(time.monotonic() + HANG_S) == b"early"
    theirs.sendall(b"in time, and more")
    assert connection.await_either(theirs, time.monotonic() + HANG_S)
    assert connection.read(0.0)
    theirs.sendall(b"more")
    with pytest.raises(DeadlineError):
        connection.read(0.0)
    ours.close()
    theirs.close()


@pytest.mark.parametrize(("message_id", "pending_responses"), [(1, True), (2, False)])
def test_an_observing_scu_ends_with_the_operations_deadline(message_id: int, pending_responses: bool):
    words = pending("C-FIND-RSP", message_id)
    with flooding(words) as address, Scu("scu", "SCU", Recorder(), deadlines=SHORT) as scu:
        outcomes: list[dict[str, object]] = []
        ends(lambda: outcomes.append(scu.perform("find", address, {"level": "STUDY", "keys": {}})))
        (outcome,) = outcomes
        assert outcome["result"] == "timeout"
        assert (outcome["count"] > 0) == pending_responses
        assert len(outcome["noted"]) <= MOST_NOTES + MOST_UNREADABLE
        assert len(outcome["matches"]) <= MOST_KEPT
