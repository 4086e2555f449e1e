"""A worklist that runs: it asks, loads and cancels what the engine says, and tells the engine what came of it.

Invariants: the engine's state is changed by one thread alone, event after event. Whatever takes time (a query, a
retrieve) runs in a thread of its own, one of each at a time. `stop` leaves no thread.
"""

from __future__ import annotations

import threading
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from dicom_workstation.configuration import Worklist
from dicom_workstation.operation_register import Operation
from dicom_workstation.outcome import QueryOutcome, Result, RetrieveOutcome
from dicom_workstation.worklist.answers import listed
from dicom_workstation.worklist.clock import Clock
from dicom_workstation.worklist.engine import step
from dicom_workstation.worklist.outcomes import WorklistEntry, WorklistOutcome
from dicom_workstation.worklist.state import (
    Answered,
    Ask,
    Busy,
    Cancel,
    Command,
    Event,
    Load,
    Loaded,
    NextWanted,
    NotAnswered,
    NotLoaded,
    Rules,
    Skipped,
    State,
    Study,
    Tick,
)


class Loading(Protocol):
    """What a worklist needs of the workstation."""

    def find(self, archive: str, keys: dict[str, object], began: Callable[[Operation], None]) -> QueryOutcome:
        """Ask an archive for studies; `began` is called with what stops it."""

    def load(self, archive: str, uid: str, began: Callable[[Operation], None]) -> RetrieveOutcome:
        """Load a study with low priority; `began` is called with what cancels it."""

    def held(self) -> dict[str, int]:
        """Return how many instances of each study are in memory."""

    def refusals(self) -> int:
        """Return how often something was refused because the memory was full."""

    def note(self, text: str) -> None:
        """Write a line into the log."""


@dataclass(slots=True)
class _Work:
    """A query, or the load of a study, that runs: what ends it, once it began, and whether that was wanted before."""

    uid: str = ""
    operation: Operation | None = None
    is_cancelled: bool = False
    is_stopped: bool = False


class WorklistRunner:
    """One worklist; a thread from `start` to `stop`."""

    def __init__(
        self,
        name: str,
        worklist: Worklist,
        parallel_retrieves: int,
        loading: Loading,
        clock: Clock,
        on_load: Callable[[], None] = lambda: None,
    ) -> None:
        self._name = name
        self._worklist = worklist
        self._rules = Rules(worklist.every_s, worklist.load_ahead, parallel_retrieves)
        self._ports = loading
        self._clock = clock
        self._on_load = on_load
        self._changed = threading.Condition()
        self._events: deque[Event] = deque()
        self._is_stopping = False
        self._is_idle = True
        self._state = State(ask_s=max(0.0, clock.now_s))
        self._listed_at = ""
        self._query: _Work | None = None
        self._load: _Work | None = None
        self._threads: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._run, name=f"worklist {name}")

    @property
    def worklist(self) -> Worklist:
        """How it is configured."""
        return self._worklist

    @property
    def is_loading(self) -> bool:
        """Whether a load runs."""
        return self._load is not None

    def start(self) -> None:
        """Begin to ask and to load."""
        self._thread.start()

    def stop(self) -> None:
        """Have it end: stop what runs, whatever its peer does, and begin nothing. `join` waits for the end."""
        with self._changed:
            self._is_stopping = True
            running = [each for each in (self._query, self._load) if each is not None]
            for each in running:
                each.is_stopped = True
            self._changed.notify_all()
        for each in running:
            if each.operation is not None:
                each.operation.stop()

    def join(self, timeout_s: float) -> bool:
        """Wait until every thread has ended; False if one has not."""
        self._thread.join(timeout_s)  # first: from then on it begins no other
        for each in self._threads:
            each.join(timeout_s)
        return not any(each.is_alive() for each in (self._thread, *self._threads))

    def tell(self, event: Event) -> None:
        """Tell it what happened."""
        with self._changed:
            self._events.append(event)
            self._changed.notify_all()

    def tick(self) -> None:
        """Have it look at its clock."""
        self.tell(Tick())

    def busy(self, count: int) -> None:
        """Tell it how many retrieves of others run or wait."""
        self.tell(Busy(count))

    def next(self) -> None:
        """Open the next study."""
        self.tell(NextWanted())

    def skip(self, uid: str | None) -> bool:
        """Leave a study out, or the one that is open; False if the list does not have it."""
        with self._changed:
            known = self._state.open if uid is None else self._state.study(uid)
            if known is None:
                return False
        self.tell(Skipped(uid))
        return True

    def wait_until_settled(self, timeout_s: float) -> bool:
        """Wait until nothing is left to do before the clock moves on; False if the time is over first."""
        with self._changed:
            return self._changed.wait_for(lambda: self._is_stopping or self._is_settled(), timeout_s)

    def wait_until_taken(self, timeout_s: float) -> bool:
        """Wait until every event that was told has been taken; False if the time is over first."""
        with self._changed:
            return self._changed.wait_for(lambda: self._is_stopping or (self._is_idle and not self._events), timeout_s)

    def _is_settled(self) -> bool:
        return self._is_idle and not self._events and not self._state.is_asking and self._load is None

    def outcome(self) -> WorklistOutcome:
        """Return what the user is told of it."""
        with self._changed:
            state, listed_at = self._state, self._listed_at
        opened = state.open
        return WorklistOutcome(
            result=Result.SUCCESS,
            peer=self._worklist.archive,
            name=self._name,
            reader=self._worklist.reader,
            studies=tuple(_entry(each) for each in state.studies),
            opened=None if opened is None else opened.uid,
            listed_at=listed_at,
            problem=state.problem,
        )

    # -- the thread of the worklist

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._events and not self._is_stopping and not self._is_due():
                    self._is_idle = True
                    self._changed.notify_all()
                    self._clock.wait(self._changed, self._next_wake_s())
                if self._is_stopping:
                    self._is_idle = True
                    self._changed.notify_all()
                    return
                self._is_idle = False
                event = self._events.popleft() if self._events else Tick()
            self._take(event)

    def _is_due(self) -> bool:
        """Whether the clock alone changes something: what has come due may have to wait for others all the same."""
        now_s = self._clock.now_s
        if all(each > now_s for each in self._state.wakes_s):
            return False
        return step(self._rules, self._state, Tick(), now_s)[0] != self._state

    def _next_wake_s(self) -> float | None:
        now_s = self._clock.now_s
        return min((each for each in self._state.wakes_s if each > now_s), default=None)

    def _take(self, event: Event) -> None:
        before = self._state
        after, commands = step(self._rules, before, event, self._clock.now_s)
        if isinstance(event, Answered):
            self._listed_at = self._clock.date_time.isoformat(timespec="seconds")
        with self._changed:
            self._state = after
        self._note_changes(before, after)
        for command in commands:
            self._perform(command)

    def _note_changes(self, before: State, after: State) -> None:
        if after.problem and after.problem != before.problem:
            self._ports.note(f"worklist {self._name}: {after.problem}")
        known = {each.uid: each for each in before.studies}
        for each in after.studies:
            old = known.get(each.uid)
            if old is None or old.state is not each.state:
                self._ports.note(
                    f"worklist {self._name}: {each.uid} {each.state}" + (f": {each.detail}" if each.detail else "")
                )

    def _perform(self, command: Command) -> None:
        match command:
            case Ask():
                query = _Work()
                with self._changed:
                    if self._is_stopping:
                        return
                    self._query = query
                self._begin(lambda: self._ask(query))
            case Load(uid):
                load = _Work(uid)
                with self._changed:
                    if self._is_stopping:
                        return
                    self._load = load
                self._on_load()
                self._begin(lambda: self._load_study(load))
            case Cancel():
                if self._load is not None:
                    self._cancel(self._load)

    def _begin(self, perform: Callable[[], None]) -> None:
        thread = threading.Thread(target=perform, name=f"worklist {self._name}: archive")
        self._threads = [each for each in self._threads if each.is_alive()] + [thread]
        thread.start()

    # -- threads of queries and loads

    def _ask(self, query: _Work) -> None:
        event: Event
        try:
            keys = self._worklist.query_keys(self._clock.date_time.date())
            found = self._ports.find(self._worklist.archive, keys, lambda operation: self._began(query, operation))
            if found.result in (Result.SUCCESS, Result.WARNING):
                event = Answered(listed(self._worklist, found.matches, self._ports.held()))
            else:
                event = NotAnswered(f"{found.peer} did not answer: {found.result}" + _because(found.detail))
        except Exception as error:  # the list goes on, whatever it is, and says so
            event = NotAnswered(self._internal_error(error))
        with self._changed:
            self._query = None
        self.tell(event)

    def _load_study(self, load: _Work) -> None:
        refusals = self._ports.refusals()
        event: Event
        try:
            done = self._ports.load(self._worklist.archive, load.uid, lambda operation: self._began(load, operation))
            held = self._ports.held().get(load.uid, 0)
            if done.result in (Result.SUCCESS, Result.WARNING) and not done.missing and held:
                event = Loaded(load.uid, held)
            else:
                event = NotLoaded(
                    load.uid,
                    f"{done.result}{_because(done.detail)}"
                    if held or done.detail
                    else f"{done.result}: nothing arrived",
                    was_cancelled=load.is_cancelled,
                    memory_is_full=self._ports.refusals() > refusals,
                )
        except Exception as error:  # the list goes on, whatever it is, and says so
            event = NotLoaded(load.uid, self._internal_error(error))
        with self._changed:
            self._load = None
            self._events.append(event)
            self._changed.notify_all()
        self._on_load()

    def _internal_error(self, error: Exception) -> str:
        """Write a mistake of our own into the log, with its traceback; return what the list says of it."""
        self._ports.note(traceback.format_exc().rstrip())
        return f"internal error: {type(error).__name__}: {error}; see the log"

    def _began(self, work: _Work, operation: Operation) -> None:
        with self._changed:
            work.operation = operation
            is_stopped, is_cancelled = work.is_stopped, work.is_cancelled
        if is_stopped:
            operation.stop()
        elif is_cancelled:
            operation.cancel()

    def _cancel(self, load: _Work) -> None:
        with self._changed:
            load.is_cancelled = True
            operation = load.operation
        if operation is not None:
            operation.cancel()


def _because(detail: str) -> str:
    return f", {detail}" if detail else ""


def _entry(study: Study) -> WorklistEntry:
    return WorklistEntry(
        StudyInstanceUID=study.uid,
        state=str(study.state),
        instances=study.listed.instances,
        loaded=study.loaded,
        is_listed=study.is_listed,
        detail=study.detail,
        attributes=dict(study.listed.attributes),
    )
