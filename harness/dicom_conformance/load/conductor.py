"""Who conducts a run: grants operations, gathers what the workers did, decides when it ends, and writes it down."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from dicom_conformance.load.bounds import Grants
from dicom_conformance.load.measured import Measured, Part, Setting, write_measured

__all__ = ["COUNT", "DURATION", "GONE", "INTERRUPTED", "STOPPED", "UNREADY", "Conductor"]

DURATION = "its duration was over"
COUNT = "all operations were performed"
GONE = "the target could not be reached any more"
STOPPED = "it was stopped on Locust's page"
INTERRUPTED = "it was interrupted"
UNREADY = "a worker could not begin"


@dataclass(slots=True)
class Conductor:
    """One run.

    Attributes
    ----------
    setting : Setting
    folder : Path
        Where the result is written.
    ended_by : str
        Why it ended; empty while it runs.
    """

    setting: Setting
    folder: Path
    grants: Grants
    start: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))
    ended_by: str = ""
    is_finished: bool = False
    is_written: bool = False
    _begin_s: float = field(default_factory=time.monotonic)
    _parts: dict[int, Part] = field(default_factory=dict)
    _whole: set[str] = field(default_factory=set)
    _is_gone: bool = False
    _unready: list[str] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    @classmethod
    def of(cls, setting: Setting, folder: Path) -> Conductor:
        """Begin a run."""
        return cls(setting, folder, Grants(setting.operations))

    def take(self, client: str, worker: int, part: Part) -> None:
        """Add what a worker did; `client` is how Locust calls it. One that never began has a number below 0."""
        with self._changed:
            if worker >= 0:
                self._parts.setdefault(worker, Part()).merge(part)
            if part.is_whole:
                self._whole.add(client)
            self._changed.notify_all()

    def target_is_gone(self) -> None:
        """Take note that a worker cannot reach the target any more."""
        self._is_gone = True

    def is_unready(self, worker: int, why: str) -> None:
        """Take note that a worker cannot begin, and why: the run ends, and is not judged."""
        self._unready.append(f"worker {worker} could not begin: {why}")

    def why_over(self, clients: Iterable[str]) -> str:
        """Say why the run is over; empty while it is not. `clients` are the workers that are there."""
        if self._unready:
            return UNREADY
        if self._is_gone:
            return GONE
        if self.grants.are_used(set(clients)):
            return COUNT
        return DURATION if time.monotonic() - self._begin_s >= self.setting.duration_s else ""

    def await_whole(self, clients: Iterable[str], within_s: float) -> bool:
        """Wait until these workers have reported to their end; False where the time is over first."""
        wanted = set(clients)
        with self._changed:
            return self._changed.wait_for(lambda: wanted <= self._whole, within_s)

    def finish(self, ended_by: str) -> None:
        """Take note that the run is over: no user does anything any more."""
        if not self.is_finished:
            self.is_finished, self.ended_by = True, ended_by

    def write(self, mistakes: Iterable[str]) -> Path:
        """Write what was measured; give the file."""
        self.finish(INTERRUPTED)
        self.is_written = True
        parts = dict(self._parts)
        mistakes = (*self._unready, *mistakes)
        measured = Measured(self.setting, self.start, self.ended_by, self._is_gone, parts, mistakes)
        return write_measured(self.folder, measured)
