"""Worklists that run: threads, the manual clock, stop at every moment. The network is a double."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest

from dicom_workstation.configuration import Configuration
from dicom_workstation.operation_register import Operation
from dicom_workstation.outcome import QueryOutcome, Result, RetrieveOutcome
from dicom_workstation.request_models import RequestError
from dicom_workstation.worklist import Worklists
from dicom_workstation.worklist.clock import ManualClock, SystemClock
from dicom_workstation.worklist.runner import WorklistRunner, _Work
from dicom_workstation.worklist.state import Loaded, NotLoaded

DEADLINE_S = 60.0
PACS = {"ae_title": "PACS", "host": "127.0.0.1", "port": 104}


class Workstation:
    """What worklists ask of the workstation: answers from a list, loads that end when they are let."""

    def __init__(self, *uids: str) -> None:
        self.matches = [{"StudyInstanceUID": uid, "NumberOfStudyRelatedInstances": "2"} for uid in uids]
        self.asked: list[dict[str, object]] = []
        self.loaded: list[str] = []
        self.cancelled: list[str] = []
        self.in_memory: dict[str, int] = {}
        self.lines: list[str] = []
        self.hold_loads, self.hold_queries = threading.Event(), threading.Event()
        self.hold_loads.set()
        self.hold_queries.set()
        self.asking, self.loading = threading.Event(), threading.Event()
        self.fault: Exception | None = None
        self.refused = 0

    def find(self, archive: str, keys: dict[str, object], began: Callable[[Operation], None]) -> QueryOutcome:
        operation = Operation(archive)
        ended = threading.Event()
        operation.on_stop(ended.set)
        began(operation)
        self.asked.append(keys)
        self.asking.set()
        while not self.hold_queries.wait(0.005):
            if ended.is_set():
                return QueryOutcome(peer=archive, result=Result.CONNECTION_LOST)
        if self.fault is not None:
            raise self.fault
        return QueryOutcome(peer=archive, result=Result.SUCCESS, matches=tuple(self.matches))

    def load(self, archive: str, uid: str, began: Callable[[Operation], None]) -> RetrieveOutcome:
        operation = Operation(archive)
        ended = threading.Event()

        def cancel() -> None:
            self.cancelled.append(uid)
            ended.set()

        operation.on_cancel(cancel)
        operation.on_stop(ended.set)
        began(operation)
        self.loaded.append(uid)
        self.loading.set()
        while not self.hold_loads.wait(0.005):
            if ended.is_set():
                return RetrieveOutcome(peer=archive, result=Result.CANCELLED)
        self.in_memory[uid] = 2
        return RetrieveOutcome(peer=archive, result=Result.SUCCESS, arrived=2)

    def held(self) -> dict[str, int]:
        return dict(self.in_memory)

    def refusals(self) -> int:
        return self.refused

    def note(self, text: str) -> None:
        self.lines.append(text)


@contextmanager
def running(workstation: Workstation, **changes: Any) -> Iterator[Worklists]:
    before = set(threading.enumerate())
    lists = changes.pop("worklists", {"chest": {"archive": "PACS", "keys": {}, "order": ["StudyInstanceUID"]}})
    configuration = Configuration.from_keywords(
        archives={"PACS": PACS}, worklists=lists, **{"clock": "manual", **changes}
    )
    worklists = Worklists(workstation)
    worklists.start(configuration)
    try:
        yield worklists
    finally:
        workstation.hold_loads.set()
        workstation.hold_queries.set()
        assert worklists.stop()
        assert {each for each in threading.enumerate() if each.is_alive()} <= before


def states(worklists: Worklists, name: str | None = None) -> dict[str, str]:
    return {each.StudyInstanceUID: each.state for each in worklists.show(name).studies}


def test_nothing_is_asked_before_a_manual_clock_is_moved() -> None:
    workstation = Workstation("1")
    with running(workstation) as worklists:
        assert worklists.show(None).studies == ()
        assert worklists.advance(0).result is Result.SUCCESS
        assert (states(worklists), len(workstation.asked)) == ({"1": "ready"}, 1)


def test_the_system_clock_needs_nobody() -> None:
    workstation = Workstation("1")
    with running(workstation, clock="system"):
        assert workstation.loading.wait(DEADLINE_S)


def test_only_a_manual_clock_can_be_moved() -> None:
    with running(Workstation(), clock="system") as worklists, pytest.raises(RequestError, match="manual"):
        worklists.advance(1)


def test_advance_waits_until_everything_due_is_done() -> None:
    workstation = Workstation("1", "2", "3")
    lists = {"chest": {"archive": "PACS", "keys": {}, "order": ["StudyInstanceUID"], "load_ahead": 3}}
    with running(workstation, worklists=lists) as worklists:
        worklists.advance(0)
        assert states(worklists) == dict.fromkeys("123", "ready")


def test_the_worklist_of_which_there_is_one_needs_no_name_and_others_do() -> None:
    one = {"archive": "PACS", "keys": {}}
    with running(Workstation(), worklists={"chest": one, "hand": one}) as worklists:
        with pytest.raises(RequestError, match="which worklist is not said; configured: chest, hand"):
            worklists.show(None)
        with pytest.raises(RequestError, match="there is no worklist head"):
            worklists.next("head")
        assert worklists.show("hand").name == "hand"


def test_next_says_what_it_waits_for_and_when_nothing_is_left() -> None:
    workstation = Workstation("1")
    with running(workstation) as worklists:
        workstation.hold_loads.clear()
        mover = threading.Thread(target=lambda: worklists.advance(0))
        mover.start()
        assert workstation.loading.wait(DEADLINE_S)
        assert "opens when it is" in worklists.next(None).detail
        workstation.hold_loads.set()
        mover.join(DEADLINE_S)
        assert worklists.show(None).opened == "1"
        assert worklists.next(None).detail == "no study is left to read"


def test_skipping_what_is_not_there_is_refused() -> None:
    with running(Workstation("1")) as worklists:
        worklists.advance(0)
        with pytest.raises(RequestError, match="no study is open"):
            worklists.skip(None, None)
        with pytest.raises(RequestError, match="9 is not in the list"):
            worklists.skip(None, "9")
        assert worklists.skip(None, "1").studies[0].state == "skipped"


def test_a_reader_who_needs_the_turn_has_the_load_cancelled_and_resumed() -> None:
    workstation = Workstation("1")
    with running(workstation, parallel_retrieves=1) as worklists:
        workstation.hold_loads.clear()
        mover = threading.Thread(target=lambda: worklists.advance(0))
        mover.start()
        assert workstation.loading.wait(DEADLINE_S)
        with worklists.user_retrieves():
            mover.join(DEADLINE_S)
            assert (workstation.cancelled, states(worklists)) == (["1"], {"1": "paused"})
            workstation.hold_loads.set()
        worklists.advance(0)
        assert (workstation.loaded, states(worklists)) == (["1", "1"], {"1": "ready"})


def test_an_error_of_our_own_is_said_and_the_list_goes_on() -> None:
    workstation = Workstation("1")
    with running(workstation) as worklists:
        workstation.fault = RuntimeError("broken")
        worklists.advance(0)
        assert worklists.show(None).problem == "internal error: RuntimeError: broken; see the log"
        assert any("Traceback" in line and "RuntimeError: broken" in line for line in workstation.lines)
        workstation.fault = None
        worklists.advance(60)
        assert (worklists.show(None).problem, states(worklists)) == ("", {"1": "ready"})


@pytest.mark.parametrize("held", ["query", "load"])
def test_stop_ends_it_at_every_step_although_the_archive_is_silent(held: str) -> None:
    workstation = Workstation("1")
    with running(workstation) as worklists:
        (workstation.hold_queries if held == "query" else workstation.hold_loads).clear()
        mover = threading.Thread(target=lambda: worklists.advance(0))
        mover.start()
        assert (workstation.asking if held == "query" else workstation.loading).wait(DEADLINE_S)
        assert worklists.stop()
        mover.join(DEADLINE_S)
        assert not mover.is_alive()
    assert workstation.cancelled == []  # it is stopped: nobody waits for what a silent archive makes of a C-CANCEL


def test_a_thread_that_does_not_end_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    workstation = Workstation("1")
    monkeypatch.setattr("dicom_workstation.worklist.worklists.STOP_TIMEOUT_S", 0.05)
    monkeypatch.setattr(Operation, "stop", lambda self: None)
    worklists = Worklists(workstation)
    workstation.hold_queries.clear()
    worklists.start(
        Configuration.from_keywords(archives={"PACS": PACS}, worklists={"a": {"archive": "PACS", "keys": {}}})
    )
    assert workstation.asking.wait(DEADLINE_S)
    left = {each for each in threading.enumerate() if each.name == "worklist a: archive"}
    assert not worklists.stop()
    workstation.hold_queries.set()
    for each in left:
        each.join(DEADLINE_S)
        assert not each.is_alive()


def test_a_worklist_that_begins_while_a_reader_retrieves_waits_for_its_turn() -> None:
    workstation = Workstation("1")
    with running(workstation, worklists={}) as worklists, worklists.user_retrieves():
        lists = {"chest": {"archive": "PACS", "keys": {}}}
        worklists.start(
            Configuration.from_keywords(archives={"PACS": PACS}, worklists=lists, clock="manual", parallel_retrieves=1)
        )
        worklists.advance(0)
        assert (states(worklists), workstation.loaded) == ({"1": "waiting"}, [])


def test_a_change_that_is_no_matter_of_worklists_leaves_them_running() -> None:
    workstation = Workstation("1")
    with running(workstation) as worklists:
        worklists.advance(0)
        same = Configuration.from_keywords(
            archives={"PACS": PACS},
            clock="manual",
            keep_s=5,
            worklists={"chest": {"archive": "PACS", "keys": {}, "order": ["StudyInstanceUID"]}},
        )
        worklists.start(same, anew=False)
        assert states(worklists) == {"1": "ready"}
        worklists.start(same.changed(worklists={}), anew=False)
        with pytest.raises(RequestError, match="configured: none"):
            worklists.show("chest")


def test_a_manual_clock_stands_until_it_is_moved() -> None:
    clock = ManualClock(datetime(2026, 3, 31, 23, 59, 30))
    assert (clock.now_s, clock.date_time) == (-1.0, datetime(2026, 3, 31, 23, 59, 30))
    clock.advance(0)
    assert clock.now_s == 0.0
    clock.advance(60)
    assert (clock.now_s, clock.date_time.date()) == (60.0, datetime(2026, 4, 1).date())


def test_the_system_clock_goes_by_itself() -> None:
    clock, changed = SystemClock(), threading.Condition()
    before = clock.now_s
    with changed:
        clock.wait(changed, before + 0.01)
    assert clock.now_s >= before


def runner_of(found: RetrieveOutcome, held: int = 0, refusals: int = 0, is_cancelled: bool = False) -> object:
    """Have a study loaded by a runner that was never started; returns the event that its end is."""
    workstation = Workstation("1")
    workstation.in_memory = {"1": held} if held else {"2": 5}

    def load(archive: str, uid: str, began: Callable[[Operation], None]) -> RetrieveOutcome:
        workstation.refused += refusals
        return found

    workstation.load = load  # type: ignore[method-assign]
    worklist = Configuration.from_keywords(
        archives={"PACS": PACS}, worklists={"a": {"archive": "PACS", "keys": {}}}
    ).worklists["a"]
    runner = WorklistRunner("a", worklist, 4, workstation, ManualClock())
    runner._load_study(_Work("1", is_cancelled=is_cancelled))
    (event,) = runner._events
    return event


@pytest.mark.parametrize(
    ("found", "held", "expected"),
    [
        (RetrieveOutcome(result=Result.SUCCESS, missing=0), 2, Loaded("1", 2)),
        (RetrieveOutcome(result=Result.WARNING), 1, Loaded("1", 1)),
        (RetrieveOutcome(result=Result.SUCCESS, missing=0), 0, NotLoaded("1", "success: nothing arrived")),
        (RetrieveOutcome(result=Result.SUCCESS, missing=1), 2, NotLoaded("1", "success")),
        (RetrieveOutcome(result=Result.FAILURE, detail="no disk"), 0, NotLoaded("1", "failure, no disk")),
        (RetrieveOutcome(result=Result.PARTIAL), 2, NotLoaded("1", "partial")),
    ],
)
def test_how_a_load_ended(found: RetrieveOutcome, held: int, expected: object) -> None:
    assert runner_of(found, held) == expected


def test_a_load_that_did_not_end_well_says_whether_it_was_cancelled_or_had_no_room() -> None:
    failed = RetrieveOutcome(result=Result.FAILURE, detail="no disk")
    assert runner_of(failed, refusals=1) == NotLoaded("1", "failure, no disk", memory_is_full=True)
    assert runner_of(failed, is_cancelled=True) == NotLoaded("1", "failure, no disk", was_cancelled=True)
