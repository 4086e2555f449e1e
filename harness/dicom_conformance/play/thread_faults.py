"""Faults of our own in threads that nobody waits for: those of simulators and links.

Invariants: an exception that ends such a thread breaks the case, whose verdict is ERROR; it is never judged as what
the subject then saw, a connection that ended. Threads of the subject, in the same process, are left alone.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import dicom_simulators

_OURS = str(Path(dicom_simulators.__file__).parent)


class ThreadFaults:
    """Gathers, while it is entered, the exceptions that end threads of simulators; the first is `first`."""

    def __init__(self) -> None:
        self.first: Exception | None = None
        self._previous: Callable[[threading.ExceptHookArgs], Any] | None = None

    def __enter__(self) -> Self:
        self._previous, threading.excepthook = threading.excepthook, self._take
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._previous is not None:
            threading.excepthook = self._previous

    def _take(self, fault: threading.ExceptHookArgs) -> None:
        frames = traceback.walk_tb(fault.exc_traceback)
        if isinstance(fault.exc_value, Exception) and any(
            frame.f_code.co_filename.startswith(_OURS) for frame, _ in frames
        ):
            self.first = self.first or fault.exc_value
        elif self._previous is not None:
            self._previous(fault)
