"""The operations that the control interface began: each in a thread of its own, all joined when it stops.

Invariants: an operation that was begun ends with an outcome, whatever happens to whoever asked for it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any, Final

from workstation.application import Workstation
from workstation.bytes_in_json import encode
from workstation.subject import perform

KEPT: Final = 1000


class Begun:
    """One operation; its progress and, once it ended, its outcome."""

    def __init__(self, identifier: str, operation: str, peer: str | None) -> None:
        self.identifier = identifier
        self.operation = operation
        self.peer = peer
        self._progress: list[dict[str, Any]] = []
        self._outcome: dict[str, Any] | None = None
        self._changed = threading.Condition()

    def note(self, progress: dict[str, Any]) -> None:
        """Take progress down."""
        with self._changed:
            self._progress.append(progress)
            self._changed.notify_all()

    def end(self, outcome: dict[str, Any]) -> None:
        """Take the outcome down."""
        with self._changed:
            self._outcome = outcome
            self._changed.notify_all()

    @property
    def is_finished(self) -> bool:
        """Whether there is an outcome."""
        return self._outcome is not None

    def wait(self, timeout_s: float, seen: int) -> None:
        """Wait until it ended, or has more progress than `seen` entries, or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._outcome is not None or len(self._progress) > seen, timeout_s)

    def as_dict(self, seen: int = 0) -> dict[str, Any]:
        """Plain values; progress from entry `seen` on."""
        with self._changed:
            return {
                "id": self.identifier,
                "operation": self.operation,
                "peer": self.peer,
                "state": "running" if self._outcome is None else "finished",
                "progress": list(self._progress[seen:]),
                "outcome": encode(self._outcome),
            }


class Operations:
    """All operations that were begun here; the last thousand ended ones stay to be asked for."""

    def __init__(self, workstation: Workstation) -> None:
        self._workstation = workstation
        self._begun: OrderedDict[str, Begun] = OrderedDict()
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()
        self._count = 0

    def begin(self, operation: str, peer: str | None, arguments: dict[str, Any]) -> Begun:
        """Begin an operation in a thread of its own."""
        with self._lock:
            self._count += 1
            begun = Begun(str(self._count), operation, peer)
            self._begun[begun.identifier] = begun
            for old in [key for key, value in self._begun.items() if value.is_finished][:-KEPT]:
                del self._begun[old]
            thread = threading.Thread(target=self._perform, args=(begun, arguments), name=f"operation {self._count}")
            self._threads.add(thread)
        thread.start()
        return begun

    def _perform(self, begun: Begun, arguments: dict[str, Any]) -> None:
        told = {"progress": begun.note} if begun.operation in ("query", "retrieve", "store", "print") else {}
        outcome = {"operation": begun.operation, "peer": begun.peer, "result": "refused", "detail": "it broke off"}
        try:
            outcome = perform(self._workstation, begun.operation, begun.peer, {**arguments, **told})
        finally:
            begun.end(outcome)
            with self._lock:
                self._threads.discard(threading.current_thread())

    def find(self, identifier: str) -> Begun | None:
        """Return an operation by its identifier."""
        with self._lock:
            return self._begun.get(identifier)

    def join(self, timeout_s: float) -> None:
        """Wait for every operation to end; the workstation must have been told to stop them."""
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(timeout_s)
