"""The log of the workstation: its last lines, and whoever follows it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

from dicom_workstation.outcome import Outcome

LOG_LINES: Final = 2000


class WorkstationLog:
    """Keeps the last lines; `follow` takes each one as it is written, on whatever thread writes it."""

    def __init__(self, follow: Callable[[str], None] | None = None) -> None:
        self._follow = follow
        self._log: deque[str] = deque(maxlen=LOG_LINES)

    def note_outcome(self, outcome: Outcome) -> None:
        """Write an outcome into the log, in one line."""
        words = [outcome.operation, outcome.peer or "", str(outcome.result), outcome.status or "", outcome.detail]
        self.note(" ".join(word for word in words if word))

    def note(self, text: str) -> None:
        """Write a line into the log."""
        line = f"{time.strftime('%H:%M:%S')} {text}"
        self._log.append(line)
        if self._follow is not None:
            self._follow(line)

    def log(self) -> list[str]:
        """Return the last lines, oldest first."""
        return list(self._log)

    def clear_log(self) -> None:
        """Delete the lines of the log; nothing else changes."""
        self._log.clear()
