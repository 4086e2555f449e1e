"""How much a simulator has done, counted by all of its processes together.

Invariants: the numbers are in memory that the processes share, a row for each, so that none waits for another and
nothing is lost when one dies. Counts are taken from the entries of the log.
"""

from __future__ import annotations

import mmap
import threading

from dicom_simulators.journal import NOTE, Entry

NAMES = ("associations", "messages", "instances", "refused")
_ITEM_BYTES = 8


class Counts:
    """Associations accepted, messages answered, instances stored, and requests refused.

    Parameters
    ----------
    processes : int
        How many processes count.
    """

    def __init__(self, processes: int = 1) -> None:
        self._shared = mmap.mmap(-1, processes * len(NAMES) * _ITEM_BYTES)
        self._numbers = memoryview(self._shared).cast("q")
        self._row = 0
        self._lock = threading.Lock()

    def begin(self, process: int) -> None:
        """Count for the process of this number from now on; to be called in that process, before it counts."""
        self._row = process
        self._lock = threading.Lock()

    def take(self, entry: Entry) -> None:
        """Count an entry of the log."""
        if entry.operation == "association accepted":
            self._add("associations")
        elif entry.status and entry.operation != NOTE:
            self._add("messages")
            stored = entry.operation == "C-STORE" and entry.status[0] in "0B"
            if stored:
                self._add("instances")
            elif entry.status[0] in "AC0" and entry.status != "0000":
                self._add("refused")

    def total(self, name: str) -> int:
        """Return a count of all processes."""
        column = NAMES.index(name)
        return sum(self._numbers[column :: len(NAMES)])

    @property
    def words(self) -> str:
        """All counts in one line."""
        return ", ".join(f"{self.total(name):,} {name}" for name in NAMES)

    def _add(self, name: str) -> None:
        with self._lock:
            self._numbers[self._row * len(NAMES) + NAMES.index(name)] += 1
