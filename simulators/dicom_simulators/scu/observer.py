"""A requestor that observes: it reads whatever comes, and never answers it by an abort.

Once the association is established, a thread of its own leads it: that thread alone touches the connection. It hands
each response to the conversation that has its Message ID, and answers the requests that come from the other side
(C-STORE-RQ during a C-GET, N-EVENT-REPORT-RQ). What fits nothing is noted and read past: a response with another
Message ID or of another type, one in a presentation context that was not accepted, one without a status, one after the
final response. A response in another accepted context is noted and taken.

What ends an association all the same is what the upper layer cannot read (PS3.8 Table 9-10), and a deadline that
passed.

References
----------
PS3.7 7.3, 9.1 and 10.1 (messages), D.3.3.3 (asynchronous operations window); PS3.8 9.2 (states)
"""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from dicom_simulators.association import (
    UNRECOGNIZED_OPERATION,
    AssociationEndedError,
    Context,
    End,
    Established,
    Indication,
    Oversized,
    Released,
    ReleaseIndication,
    Requestor,
    Response,
    TimedOut,
    UpperLayer,
    answer_to,
    apply_responds,
    is_followed,
)
from dicom_simulators.faults import When
from dicom_simulators.scu.conversation import Conversation, Reply
from dicom_wire import AsynchronousOperationsWindow, Message, command_set

IDLE_S = 60.0
MOST_NOTES = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request from the other side: a response, and how long to wait before it is sent."""

    response: Response
    delay_s: float = 0.0


Handler = Callable[[Message, Context], Answer]
"""Answers one request that came from the other side; called by the association's thread, must not wait."""


class Observer(Requestor):
    """A requestor whose association is led by a thread of its own; any thread may send requests on it.

    Parameters
    ----------
    handlers : mapping of DIMSE request name to Handler
        Answer what comes from the other side; without one, 0211 (unrecognized operation) is answered.
    """

    def __init__(self, *positional: Any, handlers: Mapping[str, Handler] | None = None, **options: Any) -> None:
        super().__init__(*positional, **options)
        self.handlers = dict(handlers or {})
        self._lock = threading.Lock()
        self._free = threading.Condition(self._lock)
        self._jobs: deque[Callable[[UpperLayer], None]] = deque()
        self._conversations: dict[int, Conversation] = {}
        self._outstanding: set[Conversation] = set()
        self._window = 1
        self._over_with = False
        self._due: list[tuple[float, Message, Response, Context]] = []
        self._thread: threading.Thread | None = None
        self._waker, self._bell = socket.socketpair()
        for end in (self._waker, self._bell):
            end.setblocking(False)
        self._notes: list[str] = []

    # -- what any thread may call ---------------------------------------------------------------------------------

    def associate(self) -> Established | End:
        """Connect and associate; the association is then led by a thread of its own."""
        established = super().associate()
        if isinstance(established, Established):
            if self._upper_layer is not None:  # a message in a context that was not accepted is noted, no more
                self._upper_layer.incoming.accepted = lambda context_id: True
            window = next(iter(established.acceptance.find(AsynchronousOperationsWindow)), None)
            self._window = 1 if window is None else window.invoked or 1 << 16
            self._thread = threading.Thread(target=self._lead, name=f"{self._name} association", daemon=True)
            self._thread.start()
        else:
            self._close_bell()
        return established

    def next_message_id(self) -> int:
        """Return a Message ID not used on this association before (1, 2 ... 65535, then again from 1)."""
        with self._lock:
            return super().next_message_id()

    @property
    def notes(self) -> tuple[str, ...]:
        """What came that fits nothing, in words, oldest first; no more than `MOST_NOTES`."""
        with self._lock:
            return tuple(self._notes)

    def converse(self, message: Message, *, is_cancelled: bool = False) -> Conversation:
        """Send a request and return the conversation that takes its responses; wait for room in the window first.

        Where it is cancelled at once, its C-CANCEL-RQ goes out in the same write: whoever reads the one can read the
        other.
        """
        conversation = Conversation(message, self._settle_later)
        with self._free:
            self._free.wait_for(
                lambda: self._over_with or len(self._outstanding) < self._window, self._deadlines.operation_s
            )
            self._outstanding.add(conversation)
        if not self._hand_over(lambda upper_layer: self._send(upper_layer, conversation, is_cancelled)):
            conversation.end(self.ended or Released(by_us=True))
        return conversation

    def replies(self, conversation: Conversation) -> Iterator[Reply]:
        """Yield the responses of a conversation as they come within the deadlines, the last of them not pending.

        The iteration ends early when the association does; `ended` then says how.
        """
        until = time.monotonic() + self._deadlines.operation_s
        try:
            while True:
                reply = conversation.take(min(until, time.monotonic() + self._deadlines.dimse_s))
                if reply is None:
                    return
                if not is_followed(conversation.name, reply.status):
                    self._log(f"{conversation.name} sent", conversation.request, f"{reply.status:04X}")
                    self._release_slot(conversation)
                    yield reply
                    return
                yield reply
        except TimeoutError:
            self._end_by(lambda upper_layer: _raise(TimedOut(conversation.awaited)))
        finally:
            self._release_slot(conversation)

    def request(self, message: Message) -> Iterator[Message]:
        """Send a request; yield its responses, as `Requestor.request` does."""
        conversation = self.converse(message)
        try:
            for reply in self.replies(conversation):
                yield reply.message
        finally:
            self.forget(conversation)

    def forget(self, conversation: Conversation) -> None:
        """Take no more responses of a conversation: what still comes for it fits nothing."""
        self._release_slot(conversation)
        with self._lock:
            if self._conversations.get(conversation.message_id) is conversation:
                del self._conversations[conversation.message_id]

    def cancel(self, message: Message) -> None:
        """Send a C-CANCEL-RQ for a request (PS3.7 9.3.2.3)."""
        self._hand_over(lambda upper_layer: _say_cancel(upper_layer, message))

    def send_message(self, message: Message) -> bool:
        """Send a message for which no response is awaited; return False where the association is over."""
        context = self.contexts.get(message.context_id)
        syntax = context.transfer_syntax if context else ""
        return self._hand_over(lambda layer: layer.say(message, message.command.message, transfer_syntax=syntax))

    def send_bytes(self, data: bytes) -> bool:
        """Send bytes as they are; return False where the association is over."""

        def write(upper_layer: UpperLayer) -> None:
            upper_layer.connection.write([data], time.monotonic() + self._deadlines.write_s)

        return self._hand_over(write)

    def release(self) -> End:
        """Release the association and return how it ended."""
        return self._end_by(lambda upper_layer: _raise(super(Observer, self).release()))

    def abort(self, source: int = 0, reason: int = 0) -> End:
        """Abort the association (PS3.8 7.3)."""
        return self._end_by(lambda upper_layer: _raise(upper_layer.abort(source, reason)))

    def close(self, reset: bool = False) -> End:
        """End the TCP connection without a word."""
        return self._end_by(lambda upper_layer: _raise(upper_layer.close(reset)))

    def wait_ended(self, wait_s: float) -> bool:
        """Wait for the association to end; return whether it did."""
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(wait_s)
        return self.ended is not None

    # -- between the threads --------------------------------------------------------------------------------------

    def _hand_over(self, job: Callable[[UpperLayer], None]) -> bool:
        with self._lock:
            if self._over_with or self._thread is None:
                return False
            self._jobs.append(job)
            self._ring()
            return True

    def _ring(self) -> None:
        with suppress(BlockingIOError, OSError):  # the bell has rung often enough, or nobody listens any more
            self._bell.send(b"\0")

    def _end_by(self, job: Callable[[UpperLayer], None]) -> End:
        self._hand_over(job)
        if self._thread is not None:
            self._thread.join()
        return self.ended or Released(by_us=True)

    def _settle_later(self, message: Message) -> None:
        self._hand_over(lambda upper_layer: upper_layer.settle(message))

    def _release_slot(self, conversation: Conversation) -> None:
        with self._free:
            self._outstanding.discard(conversation)
            self._free.notify_all()

    def _close_bell(self) -> None:
        with self._lock:
            self._over_with = True
            self._waker.close()
            self._bell.close()

    # -- the association's own thread -----------------------------------------------------------------------------

    def _lead(self) -> None:
        """Lead the association to its end."""
        upper_layer = self.upper_layer
        try:
            while True:
                self._work(upper_layer)
                if self._is_full():
                    continue
                indication = upper_layer.pending_indication()
                if indication is not None:
                    self._take(upper_layer, indication)
                else:
                    upper_layer.connection.await_either(self._waker, self._next_due())
        except AssociationEndedError as ended:
            self._over(ended.end)
        except Exception as error:  # a mistake of ours, which nobody may take for the peer's
            self._note(f"internal error on an association with {self.proposal.called_ae_title}: {error!r}")
            self._over(upper_layer.close())
            raise
        finally:
            self._close()

    def _close(self) -> None:
        self._close_bell()
        with self._free:
            waiting = [*self._outstanding, *self._conversations.values()]
            self._outstanding.clear()
            self._free.notify_all()
        for conversation in waiting:
            conversation.end(self.ended or Released(by_us=True))

    def _work(self, upper_layer: UpperLayer) -> None:
        """Do what other threads asked for, and send the answers that are due."""
        with suppress(BlockingIOError):
            self._waker.recv(4096)
        while True:
            with self._lock:
                job = self._jobs.popleft() if self._jobs else None
            if job is None:
                break
            job(upper_layer)
        now = time.monotonic()
        for entry in [entry for entry in self._due if entry[0] <= now]:
            self._due.remove(entry)
            self._say(upper_layer, *entry[1:])

    def _is_full(self) -> bool:
        """Wait, without reading, while nobody takes the responses that came; return whether that was so."""
        with self._lock:
            full = any(conversation.is_full for conversation in self._conversations.values())
        if full:
            self._stopping.wait(0.001)
        return full and not self._stopping.is_set()

    def _next_due(self) -> float:
        return min((entry[0] for entry in self._due), default=time.monotonic() + IDLE_S)

    def _send(self, upper_layer: UpperLayer, conversation: Conversation, is_cancelled: bool) -> None:
        with self._lock:
            self._conversations[conversation.message_id] = conversation
        message = conversation.request
        context = self.contexts.get(message.context_id)
        syntax = context.transfer_syntax if context else ""
        if not is_cancelled:
            upper_layer.say(message, conversation.name, transfer_syntax=syntax)
            return
        with upper_layer.connection.gathering() as parts:
            upper_layer.say(message, conversation.name, transfer_syntax=syntax)
            _say_cancel(upper_layer, message)
        upper_layer.write(parts)

    def _take(self, upper_layer: UpperLayer, indication: Indication) -> None:
        if isinstance(indication, ReleaseIndication):
            raise AssociationEndedError(upper_layer.respond_release() or Released(by_us=False))
        if isinstance(indication, Oversized):
            size = indication.size_bytes
            self._observe(f"no memory for the data set of a {indication.message.command.message}: {size:,} bytes")
            indication = indication.message
        if not isinstance(indication, Message):
            raise AssociationEndedError(upper_layer.abort(2, 2, "PDU other than P-DATA-TF"))
        if indication.command.is_response:
            self._take_response(upper_layer, indication)
        else:
            self._take_request(upper_layer, indication)

    def _take_response(self, upper_layer: UpperLayer, response: Message) -> None:
        command = response.command
        answered = command.number("MessageIDBeingRespondedTo")
        with self._lock:
            conversation = None if answered is None else self._conversations.get(answered)
        problem = self._problem(response, conversation)
        status = command.number("Status")
        if conversation is None or status is None or problem:
            self._observe(problem)
            upper_layer.meet(When.RECEIVED, command.message, message=response)
            upper_layer.settle(response)
            return
        if response.context_id != conversation.request.context_id:
            asked = conversation.request.context_id
            self._observe(f"{command.message} in context {response.context_id}, but the request was in {asked}; taken")
        if conversation.has_final:
            self._observe(f"{command.message} {status:04X} to Message ID {answered} after the final response")
        upper_layer.meet(When.RECEIVED, conversation.awaited, conversation.number + 1, response)
        conversation.add(Reply(response, status))

    def _problem(self, response: Message, conversation: Conversation | None) -> str:
        """Say why a response is read past; empty where it is taken."""
        name, answered = response.command.message, response.command.number("MessageIDBeingRespondedTo")
        if conversation is None:
            said = "no Message ID Being Responded To" if answered is None else f"Message ID {answered}"
            return f"{name} with {said}: no request of this association has it"
        if name != conversation.awaited:
            return f"{name} to Message ID {answered}, which is a {conversation.name}"
        if response.context_id not in self.contexts:
            return f"{name} in presentation context {response.context_id}, which was not accepted"
        return "" if response.command.number("Status") is not None else f"{name} without Status"

    def _take_request(self, upper_layer: UpperLayer, message: Message) -> None:
        name = message.command.message
        actions = upper_layer.meet(When.RECEIVED, name, message=message)
        context, handler = self.contexts.get(message.context_id), self.handlers.get(name)
        if context is None or name == "C-CANCEL-RQ":
            self._observe(f"{name} in presentation context {message.context_id}: not answered")
        else:
            if handler is None:
                self._observe(f"{name} from the other side: this side does not perform it and answered with 0211")
            answer = Answer(Response(UNRECOGNIZED_OPERATION)) if handler is None else handler(message, context)
            request = Message(message.context_id, message.command)  # what waits for its answer holds no data set
            for response in apply_responds(iter([answer.response]), actions, context.transfer_syntax):
                if answer.delay_s:
                    self._due.append((time.monotonic() + answer.delay_s, request, response, context))
                else:
                    self._say(upper_layer, request, response, context)
        upper_layer.settle(message)

    def _say(self, upper_layer: UpperLayer, request: Message, response: Response, context: Context) -> None:
        reply = Message(request.context_id, answer_to(request.command, response), response.data_set)
        upper_layer.say(reply, reply.command.message, 1, context.transfer_syntax)
        self._log(request.command.message.removesuffix("-RQ"), request, f"{response.status:04X}")

    def _observe(self, line: str) -> None:
        with self._lock:
            if len(self._notes) >= MOST_NOTES:
                return
            self._notes.append(line)
        self._note(f"{self.proposal.called_ae_title}: {line}")


def _say_cancel(upper_layer: UpperLayer, message: Message) -> None:
    command = command_set("C-CANCEL-RQ", MessageIDBeingRespondedTo=message.command.number("MessageID"))
    upper_layer.say(Message(message.context_id, command), "C-CANCEL-RQ")


def _raise(end: End) -> None:
    raise AssociationEndedError(end)
