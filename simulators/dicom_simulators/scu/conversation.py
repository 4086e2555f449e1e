"""A request that was sent, and its responses: handed over by the association's thread, taken by whoever waits.

Invariants: the association's thread adds, one other thread takes. A conversation that is full makes the association's
thread stop reading, so that a peer cannot send faster than its responses are taken.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from dicom_simulators.association import End, is_followed
from dicom_wire import Message

MOST_WAITING = 256
"""Responses that wait to be taken before the association stops reading."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A response that came: the message, and its status."""

    message: Message
    status: int


class Conversation:
    """One request, and what answers it.

    Parameters
    ----------
    request : Message
        As sent, with its Message ID.
    taken : callable
        Called with each message that was taken.
    """

    def __init__(self, request: Message, taken: Callable[[Message], None]) -> None:
        self.request = request
        self.name = request.command.message
        self.awaited = self.name.removesuffix("-RQ") + "-RSP"
        self.message_id = request.command.number("MessageID") or 0
        self._taken = taken
        self._changed = threading.Condition()
        self._waiting: deque[Reply] = deque()
        self._final = False
        self._after_final = 0
        self._ended: End | None = None
        self.number = 0
        """How many responses came so far."""

    @property
    def is_full(self) -> bool:
        """Whether so many responses wait that no more should be read."""
        with self._changed:
            return len(self._waiting) >= MOST_WAITING

    @property
    def has_final(self) -> bool:
        """Whether the final response came."""
        with self._changed:
            return self._final

    @property
    def after_final(self) -> int:
        """How many responses came after the final one."""
        with self._changed:
            return self._after_final

    @property
    def ended(self) -> End | None:
        """How the association ended, where it has."""
        with self._changed:
            return self._ended

    def add(self, reply: Reply) -> None:
        """Hand over a response; one after the final response is only counted."""
        with self._changed:
            self.number += 1
            if self._final:
                self._after_final += 1
                late = True
            else:
                self._final = not is_followed(self.name, reply.status)
                self._waiting.append(reply)
                late = False
            self._changed.notify_all()
        if late:
            self._taken(reply.message)

    def end(self, end: End) -> None:
        """The association is over: nothing more comes."""
        with self._changed:
            self._ended = end
            self._changed.notify_all()

    def take(self, until: float) -> Reply | None:
        """Return the next response.

        Returns
        -------
        Reply or None
            None where the association ended.

        Raises
        ------
        TimeoutError
            Nothing came before a time on the clock of `time.monotonic`.
        """
        with self._changed:
            left = until - time.monotonic()
            if not self._changed.wait_for(lambda: self._waiting or self._ended is not None, max(left, 0.0)):
                raise TimeoutError
            if not self._waiting:
                return None
            reply = self._waiting.popleft()
        self._taken(reply.message)
        return reply

    def wait_after_final(self, until: float) -> None:
        """Wait until the association ends, or a time on the clock of `time.monotonic`."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended is not None, max(until - time.monotonic(), 0.0))
