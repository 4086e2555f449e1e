"""What the workstation is doing just now, so that it can be cancelled, stopped, or made to wait its turn.

Invariants: an operation is in the register from before its association opens until after it is closed; cancel
and stop may come from any thread, at any moment, and are never lost.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class NotListeningError(RuntimeError):
    """The address was asked for of a workstation that does not listen."""


class Operation:
    """A running operation with a peer; `note` writes a line into the log."""

    def __init__(self, peer: str, note: Callable[[str], None] = lambda text: None) -> None:
        self.peer = peer
        self.note = note
        self._lock = threading.Lock()
        self._cancel: Callable[[], None] | None = None
        self._stop: Callable[[], None] | None = None
        self._cancel_wanted = False
        self._stop_wanted = False

    def on_cancel(self, call: Callable[[], None]) -> None:
        """Say how it is cancelled; called at once if that was wanted already."""
        with self._lock:
            self._cancel = call
            wanted = self._cancel_wanted
        if wanted:
            call()

    def on_stop(self, call: Callable[[], None]) -> None:
        """Say how it is stopped; called at once if that was wanted already."""
        with self._lock:
            self._stop = call
            wanted = self._stop_wanted
        if wanted:
            call()

    @property
    def is_unwanted(self) -> bool:
        """Whether it was cancelled or stopped."""
        return self._cancel_wanted or self._stop_wanted

    def cancel(self) -> None:
        """Ask the peer to cancel it."""
        with self._lock:
            self._cancel_wanted = True
            call = self._cancel
        if call is not None:
            call()

    def stop(self) -> None:
        """End it now."""
        with self._lock:
            self._stop_wanted = True
            call = self._stop
        if call is not None:
            call()


class OperationRegister:
    """The register of running operations."""

    def __init__(self, note: Callable[[str], None] = lambda text: None) -> None:
        self._note = note
        self._changed = threading.Condition()
        self._operations: list[Operation] = []
        self._is_closed = False

    @contextmanager
    def entered(self, peer: str) -> Iterator[Operation]:
        """Keep an operation in the register while it runs; in a closed register it is stopped from the start."""
        operation = Operation(peer, self._note)
        with self._changed:
            self._operations.append(operation)
            is_closed = self._is_closed
        if is_closed:
            operation.stop()
        try:
            yield operation
        finally:
            with self._changed:
                self._operations.remove(operation)
                self._changed.notify_all()

    def cancel(self, peer: str | None = None) -> int:
        """Cancel what runs with the peer, or all; returns how many operations that were."""
        with self._changed:
            wanted = [operation for operation in self._operations if peer in (None, operation.peer)]
        for operation in wanted:
            operation.cancel()
        return len(wanted)

    def open(self) -> None:
        """Let operations run again after `close`."""
        with self._changed:
            self._is_closed = False

    def close(self, timeout_s: float) -> bool:
        """Stop everything, and whatever begins before `open` is called; False if something still runs at the end."""
        with self._changed:
            self._is_closed = True
        return self.stop(timeout_s)

    def stop(self, timeout_s: float) -> bool:
        """Stop everything and wait for its end; False if something still runs."""
        with self._changed:
            operations = list(self._operations)
        for operation in operations:
            operation.stop()
        with self._changed:
            return self._changed.wait_for(lambda: not self._operations, timeout_s)


class Turns:
    """Lets at most so many through at once; the others wait their turn."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside: dict[object, int] = {}

    @contextmanager
    def taken(self, key: object, limit: Callable[[], int], operation: Operation) -> Iterator[bool]:
        """Wait for a turn; yields False when the operation was cancelled or stopped before it came."""
        with self._changed:
            operation.on_cancel(self._wake)
            operation.on_stop(self._wake)
            self._changed.wait_for(lambda: operation.is_unwanted or self._inside.get(key, 0) < limit())
            admitted = not operation.is_unwanted
            if admitted:
                self._inside[key] = self._inside.get(key, 0) + 1
        try:
            yield admitted
        finally:
            if admitted:
                with self._changed:
                    self._inside[key] -= 1
                    self._changed.notify_all()

    def wait_until_free(self, key: object, timeout_s: float) -> bool:
        """Wait until nobody is inside; False when the time is over first."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._inside.get(key, 0), timeout_s)

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
