"""Requests that the acceptor of an association sends: sub-operations of a C-GET, reports of events.

Invariants: each has a Message ID of its own and gets one answer, which is None where the association ends before a
response comes; a response that answers none of them is not taken here.

References
----------
PS3.7 Section 9.1.1 (C-STORE), 10.1.1 (N-EVENT-REPORT)
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future
from typing import Final

from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_primitives import DIMSEPrimitive

_LARGEST_MESSAGE_ID: Final = 0xFFFF

Answer = Future[DIMSEPrimitive | None]


class OwnRequests:
    """The requests of one association's acceptor; `put` may be called by any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last_id = 0
        self._expected: dict[int, Answer] = {}
        self._waiting: deque[tuple[DIMSEPrimitive, int, Answer]] = deque()
        self._is_closed = False

    @property
    def is_waiting(self) -> bool:
        """Whether there is something to be sent."""
        return bool(self._waiting)

    def expect(self, request: DIMSEPrimitive, served: int | None = None) -> Answer:
        """Give a request a Message ID, which is not that of the request served; return where its response will be."""
        answer: Answer = Future()
        with self._lock:
            self._number(request, answer, served)
        return answer

    def put(self, request: DIMSEPrimitive, context_id: int) -> Answer:
        """Have a request sent by the association's owner."""
        answer: Answer = Future()
        with self._lock:
            if self._is_closed:
                answer.set_result(None)
            else:
                self._waiting.append((request, context_id, answer))
        return answer

    def send(self, messages: DIMSEServiceProvider) -> None:
        """Send the next request that waits; for the owner alone."""
        with self._lock:
            if not self._waiting:
                return
            request, context_id, answer = self._waiting.popleft()
            self._number(request, answer)
        messages.send_msg(request, context_id)

    def take(self, response: DIMSEPrimitive) -> bool:
        """Take a response; False where it answers none of the requests."""
        with self._lock:
            answer = self._expected.pop(response.MessageIDBeingRespondedTo, None)
        if answer is None:
            return False
        answer.set_result(response)
        return True

    def give_up(self, request: DIMSEPrimitive) -> None:
        """Expect no response to a request any more."""
        with self._lock:
            self._expected.pop(request.MessageID, None)

    def close(self) -> None:
        """Answer everything with None: the association has ended."""
        with self._lock:
            self._is_closed = True
            open_answers = [*self._expected.values(), *(answer for _, _, answer in self._waiting)]
            self._expected.clear()
            self._waiting.clear()
        for answer in open_answers:
            answer.set_result(None)

    def _number(self, request: DIMSEPrimitive, answer: Answer, served: int | None = None) -> None:
        self._last_id = self._last_id % _LARGEST_MESSAGE_ID + 1
        if self._last_id == served:
            self._last_id = self._last_id % _LARGEST_MESSAGE_ID + 1
        request.MessageID = self._last_id
        self._expected[self._last_id] = answer
