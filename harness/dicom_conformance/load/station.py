"""Where the users of one worker process work: what they may do, and what they did since the last report.

Several users use it at once, as threads or as greenlets: in a process in which gevent has patched the standard library,
locks and conditions are gevent's.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dicom_conformance.load.bounds import portion
from dicom_conformance.load.figures import Sample
from dicom_conformance.load.ledger import Entry
from dicom_conformance.load.measured import Part, Setting
from dicom_conformance.load.names import Names
from dicom_conformance.load.plan import Plan
from dicom_conformance.load.templates import templates_of
from dicom_conformance.load.user import Post, User
from dicom_conformance.probe import Target

__all__ = ["Station"]

LOOK_AGAIN_S = 1.0
GONE_AFTER = 10
"""After so many connections in a row that nobody accepts, the target counts as gone."""


class Station:
    """One worker's share of a run.

    Parameters
    ----------
    plan : Plan
    target : Target
    setting : Setting
    worker : int
        The number of this worker, which no other worker of the run has.
    ask : callable
        Asks whoever conducts the run for so many operations; `granted` is called with the answer, soon or at once.
    on_sample : callable
        Takes each operation as soon as it ended.
    """

    def __init__(
        self,
        plan: Plan,
        target: Target,
        setting: Setting,
        worker: int,
        ask: Callable[[int], None],
        on_sample: Callable[[Sample], None],
    ) -> None:
        self.worker = worker
        self._ask = ask
        self._on_sample = on_sample
        self._changed = threading.Condition()
        self._portion = portion(setting.operations, setting.users)
        self._left = 0
        self._is_asking = False
        self._is_closed = False
        self._busy = 0
        self._part = Part(socket.gethostname())
        self._begin_s: float | None = None
        names = Names(setting.run, worker)
        templates = templates_of(plan)
        self._post = Post(plan, target, setting.calling, names, templates, self._take_sample, self._take_stored)

    def user(self) -> User:
        """Make another user."""
        return User(self._post)

    @property
    def is_target_gone(self) -> bool:
        """Whether nobody accepts connections any more."""
        return self._post.unreachable_in_a_row >= GONE_AFTER

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Take one of the operations that are granted, and perform it within; False: there is none any more."""
        may = self._take()
        try:
            yield may
        finally:
            with self._changed:
                self._busy -= 1
                if self._is_closed:  # before that nobody waits for it
                    self._changed.notify_all()

    def _take(self) -> bool:
        with self._changed:
            self._busy += 1
            while not self._left and not self._is_closed:
                if not self._is_asking:
                    self._is_asking = True
                    self._ask(self._portion)
                else:
                    self._changed.wait(LOOK_AGAIN_S)
            if self._is_closed:
                return False
            self._left -= 1
            return True

    def granted(self, count: int) -> None:
        """Take note of operations that were granted; none: there will be no more."""
        with self._changed:
            self._is_asking = False
            self._left += count
            self._is_closed = self._is_closed or (not count and not self._left)
            self._changed.notify_all()

    def close(self) -> None:
        """Let no operation begin any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def wait_until_idle(self, within_s: float) -> bool:
        """Wait until no operation is going on; False where the time is over first."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy, within_s)

    def report(self, is_whole: bool = False) -> Part:
        """Give what was done since the last report; `is_whole`: nothing will follow."""
        part, self._part = self._part, Part(self._part.host)
        part.is_whole = is_whole
        return part

    def _take_sample(self, sample: Sample) -> None:
        now_s = time.monotonic()
        if self._begin_s is None:
            self._begin_s = now_s - sample.elapsed_s
        self._part.active_s = now_s - self._begin_s
        self._part.figures.take(sample)
        self._on_sample(sample)

    def _take_stored(self, entry: Entry) -> None:
        self._part.ledger.take(entry)
