"""The time that worklists go by: the system's, or one that a test moves.

Invariants: whoever waits on a clock is woken by `Waiter.wake`, or when the time comes, whichever is first. A manual
clock stands still between two calls of `advance`.
"""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What worklists ask of a clock."""

    @property
    def now_s(self) -> float:
        """Seconds since some moment; never less than before."""

    @property
    def date_time(self) -> datetime:
        """Date and time of day, of this place."""

    def wait(self, changed: threading.Condition, until_s: float | None) -> None:
        """Wait, with the lock held, until the condition is notified or the time has come."""


class SystemClock:
    """The clock of the system."""

    @property
    def now_s(self) -> float:
        """Seconds of the monotonic clock."""
        return time.monotonic()

    @property
    def date_time(self) -> datetime:
        """Date and time of day, of this place."""
        return datetime.now()

    def wait(self, changed: threading.Condition, until_s: float | None) -> None:
        """Wait until the condition is notified or the time has come."""
        changed.wait(None if until_s is None else max(0.0, until_s - self.now_s))


class ManualClock:
    """A clock that stands still until it is moved; begun at the present date and time unless told otherwise.

    Until it is moved for the first time, were it by nothing, it stands before its beginning: nothing is due.
    """

    def __init__(self, begin: datetime | None = None) -> None:
        self._begin = begin or datetime.now()
        self._passed_s = -1.0
        self._lock = threading.Lock()

    @property
    def now_s(self) -> float:
        """Seconds by which it was moved; -1 before it was moved for the first time."""
        with self._lock:
            return self._passed_s

    @property
    def date_time(self) -> datetime:
        """The date and time at which it began, and what it was moved by since."""
        return self._begin + timedelta(seconds=max(0.0, self.now_s))

    def advance(self, seconds: float) -> None:
        """Move it."""
        with self._lock:
            self._passed_s = max(0.0, self._passed_s) + seconds

    def wait(self, changed: threading.Condition, until_s: float | None) -> None:
        """Wait until the condition is notified: time does not pass by itself."""
        changed.wait()
