"""How another thread ends an association that its owner drives: asked for at any moment, and never lost.

Invariants: a lock is held for no longer than it takes to read and set what is here; nothing is waited for.
"""

from __future__ import annotations

import threading
from enum import Enum, auto
from typing import Final

from dicom_workstation.outcome import OperationEndedError, Result


class Phase(Enum):
    """How far an association has come."""

    OPENING = auto()
    OPEN = auto()
    RELEASING = auto()


STOPPED: Final = (Result.ABORTED, "stopped by the workstation")
CANCELLED: Final = (Result.CANCELLED, "cancelled")


class Ending:
    """The phase of an association, and how another thread wants it to end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted: tuple[Result, str] | None = None
        self.phase = Phase.OPENING

    def want(self, how: tuple[Result, str], *, unless: Phase | None = None) -> bool:
        """Have the association end, unless it is in this phase; the first one to want it says how."""
        with self._lock:
            if self.phase is unless:
                return False
            self._wanted = self._wanted or how
            return True

    def enter(self, phase: Phase) -> None:
        """Go on to a phase; OperationEndedError if the association is to end before it is open."""
        with self._lock:
            if phase is Phase.OPEN:
                self.check()
            self.phase = phase

    def check(self) -> None:
        """Raise OperationEndedError where another thread has ended the association."""
        if self._wanted is not None:
            raise OperationEndedError(*self._wanted)
