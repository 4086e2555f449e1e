"""Requests of the acceptor's own: queued, sent between messages, woken at once, settled once; also over TLS."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from dicom_conformance.play.certificates import of_this_run
from dicom_simulators.association.acceptor import Acceptor
from dicom_simulators.association.association import (
    PENDING,
    SUCCESS,
    VERIFICATION,
    Deadlines,
    Established,
    Policy,
    Proposal,
    Released,
    Request,
    Requestor,
    Response,
    Server,
    Supported,
    propose,
)
from dicom_simulators.association.notices import Ending, Notice, Notices
from dicom_simulators.association.tls import TLS
from dicom_simulators.encoding.transfer_syntax_uids import IMPLICIT_VR_LITTLE_ENDIAN
from dicom_wire import Message, Recorder, command_set

FIND = "1.2.840.10008.5.1.4.1.2.2.1"
SHORT = Deadlines(2.0, 2.0, 2.0, 0.3, 5.0, 2.0, 2.0)


def event(context_id: int = 1, **elements: Any) -> Message:
    named = {"AffectedSOPClassUID": VERIFICATION, "AffectedSOPInstanceUID": "2.25.1", "EventTypeID": 1, **elements}
    return Message(context_id, command_set("N-EVENT-REPORT-RQ", **named))


def answer(to: Message, **elements: Any) -> Message:
    named = {"MessageIDBeingRespondedTo": to.command["MessageID"], "Status": 0, **elements}
    return Message(to.context_id, command_set("N-EVENT-REPORT-RSP", **named))


# -- the queue alone ------------------------------------------------------------------------------------------------


def test_one_notice_is_outstanding_at_a_time() -> None:
    said: list[str] = []
    settled: list[Message | None] = []
    notices = Notices(60.0, said.append)
    first, second = Notice(event(), settled.append), Notice(event(), settled.append)
    assert [notices.add(first), notices.add(second)] == [True, True]
    assert notices.next() is first
    notices.sent(first, 1)
    assert notices.next() is None
    response = answer(event(MessageID=1))
    notices.answered(response)
    assert settled == [response]
    assert notices.next() is second
    notices.close()
    notices.close()
    assert said == []


def test_what_waits_at_the_end_is_settled_with_nothing() -> None:
    settled: list[Message | None] = []
    notices = Notices(60.0, lambda line: None)
    outstanding, waiting = Notice(event(), settled.append), Notice(event(), settled.append)
    notices.add(outstanding)
    notices.next()
    notices.sent(outstanding, 1)
    notices.add(waiting)
    notices.end(Ending.ABORT)
    assert notices.ending is None  # not before what waits was sent
    notices.close()
    assert settled == [None, None]
    assert notices.add(Notice(event(), settled.append)) is False
    assert settled == [None, None, None]
    notices.end(Ending.ABORT)


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (answer(event(MessageID=2)), "to Message ID 2, but 1 is outstanding"),
        (answer(event(3, MessageID=1)), "in presentation context 3, but the request was in 1"),
        (Message(1, command_set("N-GET-RSP", MessageIDBeingRespondedTo=1, Status=0)), "N-GET-RSP instead of"),
    ],
)
def test_a_wrong_response_is_told_and_settles_nothing(wrong: Message, line: str) -> None:
    said: list[str] = []
    settled: list[Message | None] = []
    notices = Notices(60.0, said.append)
    notice = Notice(event(), settled.append)
    notices.add(notice)
    notices.next()
    notices.sent(notice, 1)
    notices.answered(wrong)
    assert settled == []
    assert line in said[0]
    notices.close()


def test_a_response_that_never_comes_holds_nothing_up() -> None:
    said: list[str] = []
    settled: list[Message | None] = []
    notices = Notices(0.0, said.append)
    notice = Notice(event(), settled.append)
    notices.add(notice)
    notices.next()
    notices.sent(notice, 7)
    notices.give_up()
    assert (settled, said) == ([None], ["no response to N-EVENT-REPORT-RQ 7"])
    assert notices.deadline == float("inf")
    notices.close()


def test_message_ids_begin_again_after_the_last() -> None:
    notices = Notices(0.0, lambda line: None)
    numbers = [notices.next_message_id() for _ in range(0x10000)]
    assert (numbers[0], numbers[-2], numbers[-1]) == (1, 0xFFFF, 1)
    notices.close()


# -- on an association ----------------------------------------------------------------------------------------------


class Stage:
    """A server whose acceptors notify, and what it knows of its associations."""

    def __init__(self, recorder: Recorder, tls: TLS | None = None, notifies: bool = True) -> None:
        self.recorder = recorder
        self.changed = threading.Condition()
        self.open: list[Acceptor] = []
        self.lines: list[str] = []
        self.go_on = threading.Event()
        policy = Policy((Supported(VERIFICATION), Supported(FIND)))
        self.server = Server(
            "scp",
            recorder,
            lambda: policy,
            lambda: {"C-ECHO-RQ": self.echo, "C-FIND-RQ": self.find},
            deadlines=SHORT,
            announce=lambda entry: self.lines.append(entry.sentence),
            tls=None if tls is None else tls.acceptor_context(),
            notifies=notifies,
            opened=self._opened,
            closed=self._closed,
        )
        self.server.start()

    def _opened(self, acceptor: Acceptor) -> None:
        with self.changed:
            self.open.append(acceptor)
            self.changed.notify_all()

    def _closed(self, acceptor: Acceptor) -> None:
        with self.changed:
            if acceptor in self.open:
                self.open.remove(acceptor)
            self.changed.notify_all()

    def acceptor(self) -> Acceptor:
        with self.changed:
            assert self.changed.wait_for(lambda: bool(self.open), 5.0)
            return self.open[-1]

    def empty(self) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: not self.open, 5.0)

    def echo(self, request: Request) -> Generator[Response, None, None]:
        yield Response(SUCCESS)

    def find(self, request: Request) -> Generator[Response, None, None]:
        yield Response(PENDING, bytes(8))
        self.go_on.wait(5.0)
        yield Response(PENDING, bytes(8))
        yield Response(SUCCESS)


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def stage(recorder: Recorder) -> Iterator[Stage]:
    one = Stage(recorder)
    yield one
    one.server.stop()
    assert one.open == []
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("scp ")]


def associated(stage: Stage, tls: TLS | None = None) -> Requestor:
    contexts = propose((VERIFICATION, [IMPLICIT_VR_LITTLE_ENDIAN]), (FIND, [IMPLICIT_VR_LITTLE_ENDIAN]))
    proposal = Proposal("SCP", "SCU", contexts)
    deadlines = Deadlines(5.0, 5.0, 2.0, 5.0, 5.0, 2.0, 2.0)
    one = Requestor(
        stage.recorder, stage.server.address, proposal, name="scu", peer="scp", deadlines=deadlines, tls=tls
    )
    assert isinstance(one.associate(), Established)
    return one


def hear(scu: Requestor) -> Message:
    heard = scu.upper_layer.receive(5.0, "an event")
    assert isinstance(heard, Message)
    return heard


def echo(scu: Requestor) -> int | None:
    [response] = scu.request(Message(1, scu.command("C-ECHO-RQ", AffectedSOPClassUID=VERIFICATION)))
    return response.command.number("Status")


def test_an_idle_association_wakes_up_at_once(stage: Stage) -> None:
    scu = associated(stage)
    settled = threading.Event()
    answers: list[Message | None] = []

    def on_response(response: Message | None) -> None:
        answers.append(response)
        settled.set()

    begin = time.monotonic()
    assert stage.acceptor().notify(event(), on_response)
    heard = hear(scu)
    assert time.monotonic() - begin < 1.0
    assert (heard.command["MessageID"], heard.context_id) == (1, 1)
    scu.upper_layer.send(answer(heard, Status=0x0113))
    assert settled.wait(2.0)
    assert answers[0] is not None
    assert answers[0].command["Status"] == 0x0113
    assert echo(scu) == 0
    assert isinstance(scu.release(), Released)


def test_a_message_id_that_is_given_is_kept(stage: Stage) -> None:
    scu = associated(stage)
    stage.acceptor().notify(event(MessageID=77))
    assert hear(scu).command["MessageID"] == 77
    scu.abort()


def test_events_come_between_responses(stage: Stage) -> None:
    scu = associated(stage)
    command = scu.command("C-FIND-RQ", bytes(8), AffectedSOPClassUID=FIND, Priority=0)
    scu.upper_layer.send(Message(3, command, bytes(8)))
    assert hear(scu).command.message == "C-FIND-RSP"
    stage.acceptor().notify(event())
    stage.go_on.set()
    names = [hear(scu).command.message for _ in range(3)]
    assert sorted(names) == ["C-FIND-RSP", "C-FIND-RSP", "N-EVENT-REPORT-RQ"]
    assert names[-1] == "C-FIND-RSP"  # the event did not wait for the last response
    scu.abort()


def test_the_next_event_waits_for_the_answer_or_the_deadline(stage: Stage) -> None:
    scu = associated(stage)
    acceptor = stage.acceptor()
    for number in (1, 2):
        acceptor.notify(event(EventTypeID=number))
    assert hear(scu).command["EventTypeID"] == 1
    assert echo(scu) == 0  # nothing else came meanwhile
    assert hear(scu).command["EventTypeID"] == 2  # after dimse_s
    assert "no response to N-EVENT-REPORT-RQ 1" in stage.lines
    scu.abort()


def test_an_association_that_is_over_takes_no_notice(stage: Stage) -> None:
    scu = associated(stage)
    acceptor = stage.acceptor()
    scu.release()
    assert stage.empty()
    settled: list[Message | None] = []
    assert acceptor.notify(event(), settled.append) is False
    assert settled == [None]


def test_a_release_comes_before_what_waits(stage: Stage) -> None:
    scu = associated(stage)
    acceptor = stage.acceptor()
    settled: list[Message | None] = []
    acceptor.notify(event(), settled.append)
    acceptor.notify(event(), settled.append)
    hear(scu)
    assert isinstance(scu.release(), Released)
    assert stage.empty()
    assert settled == [None, None]


def test_an_acceptor_without_notices_says_so(recorder: Recorder) -> None:
    stage = Stage(recorder, notifies=False)
    scu = associated(stage)
    with pytest.raises(ValueError, match="cannot send notices"):
        stage.acceptor().notify(event())
    scu.release()
    stage.server.stop()


def test_stop_wakes_an_idle_association(stage: Stage) -> None:
    scu = associated(stage)
    stage.acceptor()
    begin = time.monotonic()
    stage.server.stop()
    assert time.monotonic() - begin < 2.0
    scu.close()


def tls() -> TLS:
    files = of_this_run().filled({"certificate": "trusted"})
    return TLS(**{key: Path(value) for key, value in files.items()})


def test_events_wake_an_association_over_tls(recorder: Recorder) -> None:
    stage = Stage(recorder, tls())
    scu = associated(stage, tls())
    acceptor = stage.acceptor()
    for number in (1, 2, 3):
        begin = time.monotonic()
        acceptor.notify(event(EventTypeID=number))
        heard = hear(scu)
        assert time.monotonic() - begin < 1.0
        scu.upper_layer.send(answer(heard))
        assert echo(scu) == 0
    assert isinstance(scu.release(), Released)
    stage.server.stop()
