"""Associations of stock pynetdicom that lose no response to the thread that serves requests.

pynetdicom 3.0 has one thread of an association read what the peer requests, and pauses it while `send_*` waits for
a response. A thread that has passed the point where it pauses, but has not said so yet, counts as paused: it goes on
to read the response, logs "Received unexpected ... service message", and the sender waits until its DIMSE timeout.
Besides, the thread that serves an N-EVENT-REPORT says that nothing is paused when it ends, and then `release` waits
without end for a thread that is paused.
"""

from __future__ import annotations

import threading

from pynetdicom.association import Association


class Checkpoint:
    """The point where the thread of an association pauses; `clear` returns when the thread waits there."""

    def __init__(self, thread: threading.Thread) -> None:
        self._thread = thread
        self._open, self._waits = True, False
        self._changed = threading.Condition()

    def set(self) -> None:
        with self._changed:
            self._open, self._waits = True, False
            self._changed.notify_all()

    def clear(self) -> None:
        with self._changed:
            self._open = False
            while not self._waits and threading.current_thread() is not self._thread and self._thread.is_alive():
                self._changed.wait(0.05)

    def wait(self) -> None:
        with self._changed:
            while not self._open:
                self._waits = True
                self._changed.notify_all()
                self._changed.wait()


class SteadyAssociation(Association):
    """An association of which `Checkpoint` alone says when its thread is paused."""

    _is_paused = property(lambda self: True, lambda self, paused: None)


def steady(association: Association) -> Association:
    """Have an association pause its thread for certain before it sends a request or releases."""
    association.__dict__.pop("_is_paused")
    association.__class__ = SteadyAssociation
    association._reactor_checkpoint = Checkpoint(association)
    return association
