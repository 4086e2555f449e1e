"""Print jobs: what is known of each, from events and N-GETs alike, and how it is followed to its end.

Invariants: a job that is DONE or FAILURE stays so; nothing polls: a waiting thread is woken by each change. A job
is asked for only when no event brought anything new for a while.

References
----------
PS3.4 Section H.4.5 (Print Job SOP Class); PS3.3 Section C.13.8 (Print Job module)
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

ENDS: Final = ("DONE", "FAILURE")
EXECUTION: Final = frozenset(("PENDING", "PRINTING", *ENDS))
# PS3.3 C.13.8.1: values of the info that are normal
NORMAL_INFO: Final = frozenset(("", "NORMAL", "QUEUED"))


@dataclass(frozen=True, slots=True)
class Execution:
    """Execution Status and its info; `is_troubled` once any info was not normal."""

    status: str = ""
    info: str = ""
    is_troubled: bool = False

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will change."""
        return self.status in ENDS


class PrintJobs:
    """The print jobs of an association, by SOP Instance UID; events come from another thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._jobs: dict[str, Execution] = {}
        self._expected = 0

    def expect(self) -> None:
        """A film is about to be printed: an event may report a job before the response that names it."""
        with self._changed:
            self._expected += 1

    def add(self, uids: Iterable[str]) -> None:
        """Record the jobs that an N-ACTION response named; where it named none, any may come."""
        found = list(uids)
        with self._changed:
            self._expected -= 1 if found else 0
            for uid in found:
                self._jobs.setdefault(uid, Execution())

    def knows(self, uid: str) -> bool:
        """Whether a job may be ours."""
        with self._changed:
            return uid in self._jobs or self._expected > 0

    def tell(self, uid: str, status: str, info: str) -> None:
        """Record what was reported of a job."""
        with self._changed:
            before = self._jobs.get(uid, Execution())
            if before.has_ended or status not in EXECUTION:
                return
            after = Execution(status, info, before.is_troubled or info.upper() not in NORMAL_INFO)
            self._jobs[uid] = after
            if after != before:
                self._changed.notify_all()

    def of(self, uid: str) -> Execution:
        """Return what is known of a job."""
        with self._changed:
            return self._jobs.get(uid, Execution())

    def wake(self) -> None:
        """Wake waiting threads to check again."""
        with self._changed:
            self._changed.notify_all()

    def wait(self, known: Mapping[str, Execution], is_over: Callable[[], bool], timeout_s: float) -> bool:
        """Wait until something is known that is not `known`; False when nothing was in time."""
        with self._changed:
            return self._changed.wait_for(
                lambda: is_over() or any(self._jobs.get(uid, Execution()) != each for uid, each in known.items()),
                timeout_s,
            )


class JobFollower:
    """Follows jobs to their end.

    Parameters
    ----------
    ask
        Asks the printer for a job (N-GET) and tells `jobs`; False if the printer has no answer, so that it is not
        asked again.
    interval_s
        At most so long nothing is asked; it begins with a sixteenth of it, for most jobs end soon.
    timeout_s
        Jobs of which so long nothing new is heard are given up.
    """

    def __init__(
        self,
        jobs: PrintJobs,
        ask: Callable[[str], bool],
        is_unwanted: Callable[[], bool],
        interval_s: float,
        timeout_s: float,
    ) -> None:
        self._jobs = jobs
        self._ask = ask
        self._is_unwanted = is_unwanted
        self._interval_s = interval_s
        self._timeout_s = timeout_s

    def follow(self, uids: Iterable[str], on_change: Callable[[], None]) -> tuple[str, ...]:
        """Follow to the end; returns the jobs whose end is unknown. `on_change` is called when something is new."""
        left = list(dict.fromkeys(uids))
        unknown: list[str] = []
        pause_s, deadline = self._interval_s / 16, time.monotonic() + self._timeout_s
        while True:
            known = {uid: self._jobs.of(uid) for uid in left}
            left = [uid for uid in left if not known[uid].has_ended and uid not in unknown]
            remaining = deadline - time.monotonic()
            if not left or self._is_unwanted() or remaining <= 0:
                return (*unknown, *left)
            if not self._jobs.wait({uid: known[uid] for uid in left}, self._is_unwanted, min(pause_s, remaining)):
                pause_s = min(2 * pause_s, self._interval_s)
                unknown += [uid for uid in left if not self._ask(uid)]
            if any(self._jobs.of(uid) != known[uid] for uid in left):
                deadline = time.monotonic() + self._timeout_s
                on_change()
