"""The worklists of a workstation: as many runners as are configured, and whose turn the retrieves are.

Invariants: a reader's own retrieve is never kept waiting by a worklist: when it needs the turn, what a worklist loads
is cancelled, and loaded again later. One of the retrieves that may run at once stays free, as long as there is more
than one. Every method may be called by any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from dicom_workstation.configuration import Configuration
from dicom_workstation.outcome import Outcome, Result
from dicom_workstation.request_models import RequestError
from dicom_workstation.worklist.clock import Clock, ManualClock, SystemClock
from dicom_workstation.worklist.outcomes import WorklistOutcome
from dicom_workstation.worklist.runner import Loading, WorklistRunner
from dicom_workstation.worklist.state import StudyState

STOP_TIMEOUT_S = 10.0
SETTLE_TIMEOUT_S = 120.0


class Worklists:
    """The worklists that run; none before `start`, and none after `stop`."""

    def __init__(self, loading: Loading) -> None:
        self._loading = loading
        self._lock = threading.RLock()
        self._runners: dict[str, WorklistRunner] = {}
        self._clock: Clock = SystemClock()
        self._users = 0
        self._of: tuple[object, ...] = ()

    def start(self, configuration: Configuration, *, anew: bool = True) -> None:
        """Run the worklists of a configuration; unless `anew`, those that run go on if nothing changed for them."""
        if not anew and _of_worklists(configuration) == self._of:
            return
        self.stop()
        with self._lock:
            self._of = _of_worklists(configuration)
            self._clock = _clock(configuration.clock)
            for name, worklist in configuration.worklists.items():
                self._runners[name] = WorklistRunner(
                    name, worklist, configuration.parallel_retrieves, self._loading, self._clock, self._tell_busy
                )
            runners = tuple(self._runners.values())
        for each in runners:
            each.start()
        self._tell_busy()

    def end(self) -> None:
        """Have every worklist end, and cancel what it loads; `stop` waits for the end."""
        with self._lock:
            runners = tuple(self._runners.values())
        for each in runners:
            each.stop()

    def stop(self) -> bool:
        """End every worklist and what it loads; False if a thread is left."""
        self.end()
        with self._lock:
            runners = tuple(self._runners.values())
            self._runners.clear()
        ended = [each.join(STOP_TIMEOUT_S) for each in runners]
        return all(ended)

    @contextmanager
    def user_retrieves(self) -> Iterator[None]:
        """Let a reader's own retrieve have the turn while it lasts."""
        with self._lock:
            self._users += 1
        self._tell_busy()
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
            self._tell_busy()

    def _tell_busy(self) -> None:
        with self._lock:
            runners = tuple(self._runners.values())
            users = self._users
        for each in runners:
            each.busy(users + sum(other.is_loading for other in runners if other is not each))

    # -- what the user asks for

    def show(self, name: str | None) -> WorklistOutcome:
        """Tell how a worklist stands."""
        return self._runner(name).outcome()

    def next(self, name: str | None) -> WorklistOutcome:
        """Close the study that is open, and open the next one, or say that it opens when it is loaded."""
        runner = self._runner(name)
        runner.next()
        runner.wait_until_taken(STOP_TIMEOUT_S)
        found = runner.outcome()
        if found.opened is not None:
            return found
        waits = any(each.state in (StudyState.LOADING, StudyState.WAITING, StudyState.PAUSED) for each in found.studies)
        text = "no study is loaded yet; the next one opens when it is" if waits else "no study is left to read"
        return replace(found, detail=text)

    def skip(self, name: str | None, uid: str | None) -> WorklistOutcome:
        """Leave out a study, or the one that is open."""
        runner = self._runner(name)
        if not runner.skip(uid):
            raise RequestError("no study is open" if uid is None else f"{uid} is not in the list")
        runner.wait_until_taken(STOP_TIMEOUT_S)
        return runner.outcome()

    def advance(self, seconds: float) -> Outcome:
        """Move the manual clock, and wait until the worklists have done what is due."""
        with self._lock:
            clock, runners = self._clock, tuple(self._runners.values())
        if not isinstance(clock, ManualClock):
            raise RequestError("the clock is the system's; only a manual one can be moved (`clock: manual`)")
        clock.advance(seconds)
        for each in runners:
            each.tick()
        settled = [each.wait_until_settled(SETTLE_TIMEOUT_S) for each in runners]
        if not all(settled):
            return Outcome(result=Result.TIMEOUT, detail=f"a worklist is still busy after {SETTLE_TIMEOUT_S:g} s")
        return Outcome(result=Result.SUCCESS)

    def _runner(self, name: str | None) -> WorklistRunner:
        with self._lock:
            if name is None and len(self._runners) == 1:
                return next(iter(self._runners.values()))
            found = None if name is None else self._runners.get(name)
            names = ", ".join(self._runners) or "none"
        if found is None:
            which = "which worklist is not said" if name is None else f"there is no worklist {name}"
            raise RequestError(f"{which}; configured: {names}")
        return found


def _of_worklists(configuration: Configuration) -> tuple[object, ...]:
    """Return what worklists go by: they begin anew when it changes."""
    return configuration.worklists, configuration.parallel_retrieves, configuration.clock, configuration.archives


def _clock(begin: str | datetime) -> Clock:
    """Return the clock of the system, or a manual one that begins now or then."""
    if begin == "system":
        return SystemClock()
    return ManualClock(begin if isinstance(begin, datetime) else None)
