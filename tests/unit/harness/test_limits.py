"""The limits of a foreign subject are kept by whatever leads to it."""

from __future__ import annotations

import socket
import threading

import pytest

from dicom_conformance.play.limits import Limiter, associations_at_once
from dicom_conformance.play.negotiation import negotiate
from dicom_conformance.play.subjects import Address
from dicom_conformance.scenario import Do
from dicom_simulators import SIMULATORS
from dicom_simulators.faults import DelayAction, Moment, When
from dicom_simulators.link import Link
from dicom_simulators.listening import listen
from dicom_wire import Message, Recorder
from dicom_wire.command import command_set

FIND = Message(1, command_set("C-FIND-RQ", AffectedSOPClassUID="1.2", MessageID=1))
WAIT_S = 10.0


def test_without_limits_nothing_waits() -> None:
    limiter = Limiter()
    assert not limiter.limits
    assert limiter.faults == ()
    assert [limiter.reserve() for _ in range(3)] == [0.0, 0.0, 0.0]


def a_step(operation: str, **arguments: str) -> Do:
    return Do(ae="scu", operation=operation, peer="subject", **arguments)


HOLDS_ONE, HOLDS_TWO = (a_step("associate", hold="true", association=name) for name in ("one", "two"))
MANY = a_step("associate", hold="true", association="last", count="20")


@pytest.mark.parametrize(
    ("steps", "most"),
    [
        ([], 0),
        ([a_step("echo"), a_step("echo")], 1),
        ([HOLDS_ONE, a_step("echo", association="one")], 1),
        ([HOLDS_ONE, a_step("echo")], 2),
        ([HOLDS_ONE, HOLDS_TWO], 2),
        ([HOLDS_ONE, a_step("release", association="one"), HOLDS_TWO], 1),
        ([HOLDS_ONE, a_step("abort"), HOLDS_TWO], 1),
        ([HOLDS_ONE, a_step("release", association="one"), MANY], 20),
        ([Do(ae="subject", operation="echo", peer="scu")], 0),
    ],
)
def test_a_case_is_withheld_that_opens_more_associations_at_once_than_allowed(steps: list[Do], most: int) -> None:
    assert associations_at_once(steps, "subject") == most
    assert Limiter().withholds(steps, "subject") == ""
    if most:
        assert Limiter(most).withholds(steps, "subject") == ""
    if most > 1:
        reason = Limiter(most - 1).withholds(steps, "subject")
        assert reason.startswith(f"withheld: it opens {most} associations at once")


def test_each_request_waits_for_its_moment() -> None:
    limiter = Limiter(requests_per_s=0.01)
    (pace,) = limiter.faults
    assert pace.at(Moment(When.RECEIVED, "C-FIND-RQ", message=FIND)) is None
    second, third = (pace.at(Moment(When.RECEIVED, "C-FIND-RQ", message=FIND)) for _ in range(2))
    assert isinstance(second, DelayAction)
    assert isinstance(third, DelayAction)
    assert 90 < second.s <= 100
    assert 190 < third.s <= 200


def test_responses_and_c_cancel_do_not_wait() -> None:
    (pace,) = Limiter(requests_per_s=0.01).faults
    for name in ("C-STORE-RSP", "C-CANCEL-RQ", "A-ASSOCIATE-RQ"):
        message = None if name.startswith("A-") else FIND
        assert [pace.at(Moment(When.RECEIVED, name, message=message)) for _ in range(2)] == [None, None]


def test_a_link_leads_no_more_connections_than_there_are_turns() -> None:
    target = listen("127.0.0.1", 0)
    target.settimeout(WAIT_S)
    turns = threading.Semaphore(1)
    link = Link("link", "scu", "subject", target.getsockname()[:2], Recorder(), turns=turns)
    link.start()
    try:
        first = socket.create_connection(link.address, WAIT_S)
        second = socket.create_connection(link.address, WAIT_S)
        led, _ = target.accept()
        target.settimeout(0.3)
        try:
            target.accept()
            raise AssertionError("a second connection was led while the first was open")
        except TimeoutError:
            pass
        led.close()
        first.close()
        target.settimeout(WAIT_S)
        target.accept()[0].close()
        second.close()
    finally:
        link.stop()
        target.close()


def test_a_link_that_waits_for_its_turn_can_be_stopped() -> None:
    target = listen("127.0.0.1", 0)
    link = Link("link", "scu", "subject", target.getsockname()[:2], Recorder(), turns=threading.Semaphore(0))
    link.start()
    before = set(threading.enumerate())
    with socket.create_connection(link.address, WAIT_S):
        link.stop()
    assert set(threading.enumerate()) <= before
    target.close()


def test_the_services_of_a_subject_are_found_by_negotiation() -> None:
    recorder = Recorder()
    archive = SIMULATORS["archive"]("archive", "ARCHIVE", recorder)
    archive.start()
    try:
        address = Address("ARCHIVE", *archive.address)
        found = negotiate(address, "CONFORMANCE", Limiter(), WAIT_S)
    finally:
        archive.stop()
    accepted = {context.sop_class for context in found.accepted}
    assert found.reason == ""
    assert {"1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.2.2.1"} <= accepted
    assert "1.2.840.10008.5.1.1.9" not in accepted


def test_a_subject_that_does_not_answer_is_told_with_the_reason() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    found = negotiate(Address("NOBODY", "127.0.0.1", port), "CONFORMANCE", Limiter(), WAIT_S)
    assert found.accepted == ()
    assert found.reason == "no connection: Connection refused"
