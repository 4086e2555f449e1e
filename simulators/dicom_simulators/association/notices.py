"""Requests of the acceptor's own: queued by any thread, sent by the thread that leads the association.

Invariants: a caller hands over its notice and continues; the association's thread alone touches the
connection. It sends one request at a time and awaits its response before the next (PS3.7 D.3.3.3: without an
asynchronous operations window one operation or notification is outstanding); a response that never comes, or answers
something else, is logged and does not block anything. Each notice is completed exactly once, by its response or by None
where there will be none.

References
----------
PS3.7 10.1.1 (N-EVENT-REPORT), 9.3 and 10.3 (Message ID)
"""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

from dicom_simulators.association.negotiation import Context
from dicom_simulators.association.responses import mismatch, misplacement
from dicom_wire import Message

OnResponse = Callable[[Message | None], None]
"""Called with the response, or None where none will come."""


class Ending(Enum):
    """How the acceptor is asked to end its association."""

    RELEASE = "release"
    ABORT = "abort"
    CLOSE = "close"
    RESET = "reset"


def ignore_response(response: Message | None) -> None:
    """Let a response be."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A request to be sent, the function to call with its response, and a Message ID that it does not get.

    References
    ----------
    PS3.7 9.1.1.1.1: no two outstanding operations have the same Message ID
    """

    message: Message
    on_response: OnResponse = ignore_response
    taken_id: int = 0


class Notices:
    """The notices of one association.

    Parameters
    ----------
    within_s : float
        How long a response is awaited.
    announce : callable
        Called with a text about what is wrong.

    Attributes
    ----------
    contexts : mapping of int to Context
        The accepted presentation contexts.
    """

    def __init__(self, within_s: float, announce: Callable[[str], None]) -> None:
        self.contexts: Mapping[int, Context] = {}
        self._within_s = within_s
        self._announce = announce
        self._lock = threading.Lock()
        self._waiting: deque[Notice] = deque()
        self._ending: Ending | None = None
        self._closed = False
        self._outstanding: tuple[Notice, int, float] | None = None
        self._message_id = 0
        self.waker, self._bell = socket.socketpair()
        self.waker.setblocking(False)
        self._bell.setblocking(False)

    def add(self, notice: Notice) -> bool:
        """Hand over a notice; False where the association is over (it is settled at once)."""
        with self._lock:
            if not self._closed:
                self._waiting.append(notice)
                self._ring()
                return True
        notice.on_response(None)
        return False

    def end(self, ending: Ending) -> None:
        """Ask for the association's end, after what waits to be sent."""
        with self._lock:
            if not self._closed:
                self._ending = ending
                self._ring()

    def _ring(self) -> None:
        with suppress(BlockingIOError):  # the bell has rung often enough
            self._bell.send(b"\0")

    def hush(self) -> None:
        """Take note of the bell; call before looking what there is."""
        with suppress(BlockingIOError):
            self.waker.recv(4096)

    def next(self) -> Notice | None:
        """Return the notice to send now: none while a response is awaited."""
        if self._outstanding is not None:
            return None
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    @property
    def ending(self) -> Ending | None:
        """How the association is to end, once nothing waits to be sent and no response is awaited."""
        with self._lock:
            return None if self._waiting or self._outstanding is not None else self._ending

    def next_message_id(self) -> int:
        """Return a Message ID for a notice that has none (1, 2 ... 65535, then again from 1)."""
        self._message_id = self._message_id % 0xFFFF + 1
        return self._message_id

    def numbered(self, notice: Notice) -> Message:
        """Give the request to send for a notice, its response awaited from here on."""
        message = notice.message
        message_id = message.command.number("MessageID")
        if message_id is None:
            message_id = self.next_message_id()
            if message_id == notice.taken_id:
                message_id = self.next_message_id()
            message = Message(message.context_id, message.command.changed(MessageID=message_id), message.data_set)
        self.sent(notice, message_id)
        return message

    def sent(self, notice: Notice, message_id: int) -> None:
        """Await the response to a notice."""
        self._outstanding = (notice, message_id, time.monotonic() + self._within_s)

    @property
    def deadline(self) -> float:
        """Until when a response is awaited; infinite where none is."""
        return float("inf") if self._outstanding is None else self._outstanding[2]

    def give_up(self) -> None:
        """Await no longer what is overdue."""
        if self._outstanding is not None and time.monotonic() >= self._outstanding[2]:
            notice, message_id, _ = self._outstanding
            self._outstanding = None
            self._announce(f"no response to {notice.message.command.message} {message_id}")
            notice.on_response(None)

    def answered(self, response: Message) -> None:
        """Take a response: a response to the outstanding notice completes it, any other is logged and dropped."""
        command = response.command
        name, answered = command.message, command.number("MessageIDBeingRespondedTo")
        if self._outstanding is None:
            self._announce(f"{name} to Message ID {answered}: nothing is outstanding")
            return
        notice, message_id, _ = self._outstanding
        due = notice.message.command.message.removesuffix("-RQ") + "-RSP"
        wrong = mismatch(response, due, message_id)
        misplaced = None if wrong else misplacement(response, notice.message.context_id, self.contexts)
        if misplaced is not None:
            self._announce(misplaced.detail + ("; taken" if misplaced.tolerable else ""))
            wrong = "" if misplaced.tolerable else misplaced.detail
        elif wrong:
            self._announce(wrong)
        if wrong:
            return
        self._outstanding = None
        notice.on_response(response)

    def close(self) -> None:
        """The association is over: nothing more is sent, and nothing will be answered."""
        with self._lock:
            self._closed = True
            left = list(self._waiting)
            self._waiting.clear()
            self.waker.close()
            self._bell.close()
        if self._outstanding is not None:
            left.insert(0, self._outstanding[0])
            self._outstanding = None
        for notice in left:
            notice.on_response(None)
