"""The operations that were begun over the control interface: each in a thread of its own, all joined when it stops.

Invariants: an operation that was begun ends with an outcome, whatever happens to whoever asked for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Final

from dicom_workstation.application import Workstation
from dicom_workstation.control.bytes_in_json import encode
from dicom_workstation.operations import ask
from dicom_workstation.outcome import Outcome, Result

KEPT: Final = 64  # jobs that have finished
KEPT_BYTES: Final = 256 << 20  # of pictures in their outcomes


class Job:
    """One operation that was begun; its progress and, once it ended, its outcome."""

    def __init__(self, identifier: str, operation: str, peer: str | None) -> None:
        self.identifier = identifier
        self.operation = operation
        self.peer = peer
        self._progress: list[Mapping[str, object]] = []
        self._outcome: Outcome | None = None
        self._changed = threading.Condition()

    def add_progress(self, entry: Mapping[str, object]) -> None:
        """Keep an entry of progress, and wake whoever waits for it."""
        with self._changed:
            self._progress.append(entry)
            self._changed.notify_all()

    def end(self, outcome: Outcome) -> None:
        """Keep the outcome, and wake whoever waits for it."""
        with self._changed:
            self._outcome = outcome
            self._changed.notify_all()

    @property
    def is_finished(self) -> bool:
        """Whether there is an outcome."""
        return self._outcome is not None

    @property
    def outcome(self) -> Outcome | None:
        """What came of it, once it ended."""
        return self._outcome

    @property
    def picture_bytes(self) -> int:
        """How many bytes of pictures its outcome and its progress hold."""
        with self._changed:
            return _bytes_in(self._progress) + (0 if self._outcome is None else _bytes_in(self._outcome.as_dict()))

    def wait(self, timeout_s: float, seen: int) -> None:
        """Wait until it ended, or has more progress than `seen` entries, or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._outcome is not None or len(self._progress) > seen, timeout_s)

    def as_dict(self, seen: int = 0) -> dict[str, object]:
        """Return plain values; progress from entry `seen` on."""
        with self._changed:
            return {
                "id": self.identifier,
                "operation": self.operation,
                "peer": self.peer,
                "state": "running" if self._outcome is None else "finished",
                "progress": list(self._progress[seen:]),
                "outcome": None if self._outcome is None else encode(self._outcome.as_dict()),
            }


def _bytes_in(value: object) -> int:
    """Count the bytes of binary values, however deep they stand."""
    if isinstance(value, bytes | bytearray | memoryview):
        return len(value)
    if isinstance(value, Mapping):
        return sum(map(_bytes_in, value.values()))
    return sum(map(_bytes_in, value)) if isinstance(value, list | tuple) else 0


class Jobs:
    """All operations that were begun here.

    Of those that have finished, the last `KEPT` can still be asked for; fewer where their pictures would take more than
    `KEPT_BYTES`, but always the last one.
    """

    def __init__(self, workstation: Workstation) -> None:
        self._workstation = workstation
        self._jobs: dict[str, Job] = {}
        self._finished: dict[str, int] = {}  # in the order in which they finished: the bytes of their pictures
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()
        self._count = 0

    def begin(self, operation: str, peer: str | None, arguments: Mapping[str, object]) -> Job:
        """Begin an operation in a thread of its own."""
        with self._lock:
            self._count += 1
            job = Job(str(self._count), operation, peer)
            self._jobs[job.identifier] = job
            thread = threading.Thread(target=self._perform, args=(job, arguments), name=f"operation {self._count}")
            self._threads.add(thread)
        thread.start()
        return job

    def _perform(self, job: Job, arguments: Mapping[str, object]) -> None:
        detail = "the workstation was interrupted"
        outcome = Outcome(operation=job.operation, peer=job.peer, result=Result.INTERNAL_ERROR, detail=detail)
        try:
            outcome = ask(self._workstation, job.operation, job.peer, arguments, job.add_progress)
        finally:
            job.end(outcome)
            with self._lock:
                self._finished[job.identifier] = job.picture_bytes
                self._forget_oldest()
                self._threads.discard(threading.current_thread())

    def _forget_oldest(self) -> None:
        """Forget the jobs that finished first, until the others are few and small enough."""
        while len(self._finished) > 1 and (len(self._finished) > KEPT or sum(self._finished.values()) > KEPT_BYTES):
            oldest = next(iter(self._finished))
            del self._finished[oldest], self._jobs[oldest]

    def find(self, identifier: str) -> Job | None:
        """Return an operation by its identifier."""
        with self._lock:
            return self._jobs.get(identifier)

    def join(self, timeout_s: float) -> None:
        """Wait for every operation to end; the workstation must have been asked to stop them."""
        with self._lock:
            threads = list(self._threads)
        deadline = time.monotonic() + timeout_s
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
