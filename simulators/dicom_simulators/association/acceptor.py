"""The acceptor's side of one association: it negotiates, hands each request to a service, and sends what that yields.

A service is a generator function: it is given a `Request` and yields `Response`s, the last of them not pending. It is
closed (GeneratorExit) when the association ends before it does. Between responses the driver looks, without waiting,
for messages of the peer: a C-CANCEL-RQ shows in `request.cancelled`, an A-RELEASE-RQ is answered after the last
response (Sta8), an abort ends the service. One operation at a time (no asynchronous operations window is offered).

Where the acceptor `notifies`, any thread may hand it requests of its own (`notify`): the association's thread wakes
up and sends them, between messages or between two responses, and takes their responses (`association.notices`). A
service may send one and wait for its response (`exchange`): the C-STORE sub-operations of a C-GET are such requests.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sized
from contextlib import closing

from dicom_simulators.association.ends import AssociationEndedError, End, TimedOut, in_words
from dicom_simulators.association.incoming import Indication, Oversized, ReleaseConfirmation, ReleaseIndication
from dicom_simulators.association.memory import MESSAGE_BYTES
from dicom_simulators.association.negotiation import Context, Policy, negotiate, title_of, usable_length
from dicom_simulators.association.notices import Ending, Notice, Notices, OnResponse, ignore_response
from dicom_simulators.association.responses import (
    OUT_OF_RESOURCES,
    Response,
    answer_to,
    apply_responds,
    refused_for_memory,
    summary,
    unrecognized,
)
from dicom_simulators.association.upper_layer import MOST_AT_ONCE, UpperLayer
from dicom_simulators.faults import IgnoreAction, RejectAction, When, is_ignored
from dicom_simulators.journal import NOTE, Entry, Journal, keys_of
from dicom_wire import AAssociateAC, AAssociateRJ, AAssociateRQ, CommandSet, Message


class Request:
    """One DIMSE request, as its service sees it."""

    def __init__(self, acceptor: Acceptor, message: Message, context: Context) -> None:
        self.acceptor = acceptor
        self.message = message
        self.context = context
        self._cancelled = False
        self._kept = False

    @property
    def command(self) -> CommandSet:
        """The command set."""
        return self.message.command

    @property
    def data_set(self) -> bytes | None:
        """The data set, encoded in `transfer_syntax`."""
        return self.message.data_set

    @property
    def transfer_syntax(self) -> str:
        """The transfer syntax of the presentation context."""
        return self.context.transfer_syntax

    @property
    def calling_ae_title(self) -> str:
        """Who asks."""
        return self.acceptor.calling_ae_title

    @property
    def message_id(self) -> int:
        """The request's Message ID; 0 if it has none."""
        return self.command.number("MessageID") or 0

    @property
    def cancelled(self) -> bool:
        """Whether a C-CANCEL-RQ for this request has come. Looks at the connection, without waiting.

        Raises
        ------
        AssociationEndedError
            The association ended meanwhile; let it pass.
        """
        self.acceptor.look()
        return self._cancelled

    @property
    def kept(self) -> bool:
        """Whether the data set is kept beyond the association."""
        return self._kept

    def keep(self) -> bool:
        """Keep the data set beyond the association; return whether there is memory for it."""
        if not self._kept:
            self._kept = self.acceptor.keep(len(self.data_set or b""))
        return self._kept

    def cancel(self) -> None:
        """A C-CANCEL-RQ for this request came."""
        self._cancelled = True


Service = Callable[[Request], Generator[Response, None, None]]


class Acceptor:
    """The acceptor's side of one association.

    Parameters
    ----------
    upper_layer : UpperLayer
        Over a connection just accepted.
    policy : Policy
    services : mapping of DIMSE request name to Service
    announce : callable
        Called with an entry for each thing that happens.
    logs_messages : bool
        Whether there is an entry for each message, too.
    admit : callable, optional
        Asked about each A-ASSOCIATE-RQ before the policy is; an A-ASSOCIATE-RJ that it returns is sent.
    notifies : bool
        Whether it takes notices.
    opened, closed : callable
        Called when the association is established and when it has ended.
    """

    def __init__(
        self,
        upper_layer: UpperLayer,
        policy: Policy,
        services: Mapping[str, Service],
        announce: Journal = lambda entry: None,
        logs_messages: bool = False,
        admit: Callable[[AAssociateRQ], AAssociateRJ | None] = lambda request: None,
        notifies: bool = False,
        opened: Callable[[Acceptor], None] = lambda acceptor: None,
        closed: Callable[[Acceptor], None] = lambda acceptor: None,
    ) -> None:
        self._upper_layer = upper_layer
        self._policy = policy
        self._services = services
        self._announce = announce
        self._logs_messages = logs_messages
        self._admit = admit
        self._ahead: deque[Message | Oversized] = deque()  # requests that came while another was served
        self._release: ReleaseIndication | None = None
        self._serving: Request | None = None
        self._notices = Notices(upper_layer.deadlines.dimse_s, self.note) if notifies else None
        self._opened, self._closed = opened, closed
        self.request = AAssociateRQ("", "", ())
        self.contexts: dict[int, Context] = {}

    def run(self) -> End:
        """Lead the association to its end."""
        try:
            self._upper_layer.meet(When.CONNECTION, "connection")
            self._establish()
            self._opened(self)
            while True:
                self._serve_next()
        except AssociationEndedError as ended:
            end = ended.end
            if isinstance(end, TimedOut):
                self._upper_layer.abort(2, 0, end.words)
        finally:
            if self._notices is not None:
                self._notices.close()
            self._closed(self)
            self._upper_layer.incoming.share.close()
        self._log("association ended", detail=in_words(end))
        return end

    @property
    def calling_ae_title(self) -> str:
        """The AE title by which the requestor calls itself, without padding."""
        return title_of(self.request.calling_ae_title)

    def note(self, text: str) -> None:
        """Log what is neither association nor message."""
        self._log(NOTE, detail=text)

    def _log(self, operation: str, request: Request | None = None, status: str = "", detail: str = "") -> None:
        """Make an entry about the association, or about a request on it."""
        keys = () if request is None else keys_of(request.message, request.transfer_syntax)
        peer = self._upper_layer.connection.peer
        self._announce(Entry(operation, peer, self.calling_ae_title, keys, status, detail))

    def look(self) -> None:
        """Take in what has come meanwhile, without waiting."""
        for _ in range(MOST_AT_ONCE):
            if self._release is not None or (indication := self._upper_layer.pending_indication()) is None:
                return
            self._take(indication)

    # -- what another thread may ask ------------------------------------------------------------------------------

    def notify(self, message: Message, on_response: OnResponse = ignore_response) -> bool:
        """Have a request sent by the association's own thread; False where the association is over. For any thread.

        Parameters
        ----------
        message : Message
            In an accepted context; without a Message ID, the next is given to it.
        on_response : callable
            Called with the response by the association's thread, or None if the association ended before one came.

        Raises
        ------
        ValueError
            This acceptor takes no notices.
        """
        return self._noticing().add(Notice(message, on_response))

    def exchange(self, message: Message) -> Message | None:
        """Send a request while another is served, and return the response; None where none came in time.

        Raises
        ------
        AssociationEndedError
            The association ended meanwhile; let it pass.
        """
        answers: list[Message | None] = []
        notices = self._noticing()
        notices.add(Notice(message, answers.append, 0 if self._serving is None else self._serving.message_id))
        while not answers and self._release is None:
            if (indication := self._receive_and_notify(notices, answers)) is not None:
                self._take(indication)
        return answers[0] if answers else None

    def end(self, ending: Ending) -> None:
        """Have the association ended, after the notices that wait. Any thread may call this; ValueError as above."""
        self._noticing().end(ending)

    def keep(self, size_bytes: int) -> bool:
        """Leave so many bytes to a service that keeps them; return whether there is memory for them."""
        share = self._upper_layer.incoming.share
        if share.hand_over(size_bytes):
            return True
        share.budget.count_refusal()
        self.note(f"no memory to keep {size_bytes:,} bytes; memory_bytes is {share.budget.limit_bytes:,}")
        return False

    def find(self, *abstract_syntaxes: str) -> Context | None:
        """Return the first accepted context for one of these abstract syntaxes."""
        found = (one for one in self.contexts.values() if one.abstract_syntax in abstract_syntaxes)
        return next(found, None)

    def _noticing(self) -> Notices:
        if self._notices is None:
            raise ValueError("this acceptor cannot send notices")
        return self._notices

    # -- the association's thread ---------------------------------------------------------------------------------

    def _establish(self) -> None:
        indication = self._upper_layer.receive(self._upper_layer.deadlines.idle_s, AAssociateRQ.NAME)
        if not isinstance(indication, AAssociateRQ):
            raise AssociationEndedError(self._upper_layer.abort(2, 2, "no A-ASSOCIATE-RQ"))
        self.request = self._upper_layer.association_request = indication
        answer = self._admit(indication) or negotiate(indication, self._policy)
        for action in self._upper_layer.meet(When.RECEIVED, indication.NAME):
            if isinstance(action, RejectAction):
                answer = AAssociateRJ(action.result, action.source, action.reason)
            elif isinstance(action, IgnoreAction):
                self._upper_layer.stay_silent()
        if "\0" in indication.calling_ae_title + indication.called_ae_title:
            self.note("AE titles padded with NUL (PS3.8 9.3.2) are read as if padded with spaces")
        if isinstance(answer, AAssociateRJ):
            raise AssociationEndedError(self._upper_layer.reject(answer))
        self._upper_layer.peer_maximum_length = usable_length(indication.maximum_length)
        acceptance = self._upper_layer.accept(answer.acceptance)
        contexts = answer.as_sent(indication, acceptance)
        self.contexts = {context.context_id: context for context in contexts if context.accepted}
        self._upper_layer.incoming.accepted = self.contexts.__contains__
        if self._notices is not None:
            self._notices.contexts = self.contexts
        self._log("association accepted", detail=f"{len(self.contexts)} of {len(answer.contexts)} contexts")
        self._upper_layer.meet(When.AFTER, AAssociateAC.NAME)

    def _serve_next(self) -> None:
        if self._ahead:
            self._serve(self._ahead.popleft())
        elif self._release is not None:
            self._answer_release()
        elif self._notices is None:
            self._take(self._upper_layer.receive(self._upper_layer.deadlines.idle_s, "request"))
        elif (indication := self._receive_and_notify(self._notices)) is not None:
            self._take(indication)

    def _receive_and_notify(self, notices: Notices, answers: Sized = ()) -> Indication | None:
        """Wait for what the peer says, or until there is an answer; send what is to be sent meanwhile."""
        until = time.monotonic() + self._upper_layer.deadlines.idle_s
        while True:
            self._send_notices()
            if answers:
                return None
            indication = self._upper_layer.receive_or_wake(notices.waker, min(until, notices.deadline))
            if indication is not None:
                return indication
            if time.monotonic() >= until:
                raise AssociationEndedError(TimedOut("request"))

    def _send_notices(self) -> None:
        """Send the notice that is due, if there is one; end the association if that is due."""
        notices = self._notices
        if notices is None or self._release is not None:
            return
        notices.hush()
        notices.give_up()
        notice = notices.next()
        if notice is not None:
            message = notices.numbered(notice)
            context = self.contexts.get(message.context_id)
            syntax = context.transfer_syntax if context else ""
            self._upper_layer.say(message, message.command.message, transfer_syntax=syntax)
        elif notices.ending is not None:
            self._end(notices.ending)

    def _end(self, ending: Ending) -> None:
        """End the association, as another thread asked."""
        match ending:
            case Ending.RELEASE:
                raise AssociationEndedError(self._upper_layer.release(self._upper_layer.before("A-RELEASE-RQ")))
            case Ending.ABORT:
                raise AssociationEndedError(self._upper_layer.abort(0, 0, "asked to"))
            case Ending.CLOSE | Ending.RESET:
                raise AssociationEndedError(self._upper_layer.close(reset=ending is Ending.RESET))

    def _take(self, indication: Indication) -> None:
        match indication:
            case Message() if indication.command.message == "C-CANCEL-RQ":
                serving, answered = self._serving, indication.command.number("MessageIDBeingRespondedTo")
                if self._heard(indication) and serving and answered == serving.message_id:
                    serving.cancel()
            case Message() if self._notices is not None and indication.command.is_response:
                if self._heard(indication):
                    self._notices.answered(indication)
            case Message() | Oversized():
                self._ahead.append(indication)
            case ReleaseIndication():
                self._release = indication
            case ReleaseConfirmation() | AAssociateRQ() | AAssociateAC():
                raise AssociationEndedError(self._upper_layer.abort(2, 2, "unexpected PDU"))

    def _heard(self, message: Message) -> bool:
        """Take a message out of the memory; return whether it is to have an effect."""
        actions = self._upper_layer.meet(When.RECEIVED, message.command.message, message=message)
        self._upper_layer.settle(message)
        return not is_ignored(actions)

    def _answer_release(self) -> None:
        if is_ignored(self._upper_layer.meet(When.RECEIVED, "A-RELEASE-RQ")):
            self._release = None
        elif (end := self._upper_layer.respond_release()) is not None:
            raise AssociationEndedError(end)

    def _serve(self, received: Message | Oversized) -> None:
        """Answer one request."""
        message = received.message if isinstance(received, Oversized) else received
        name = message.command.message
        request = Request(self, message, self.contexts[message.context_id])
        actions = self._upper_layer.meet(When.RECEIVED, name, message=message)
        if is_ignored(actions):
            return self._settle(request)
        self._serving = request
        if not name.endswith("-RQ"):
            raise AssociationEndedError(self._upper_layer.abort(0, 0, f"{name} instead of a request"))
        service = self._services.get(name)
        if isinstance(received, Oversized):
            service = self._without_memory(received)
        last: Response | None = None
        count = 0
        try:
            with closing(service(request) if service else unrecognized()) as responses:
                answers = apply_responds(responses, actions, request.transfer_syntax)
                for count, last in enumerate(answers, start=1):
                    self.look()
                    reply = Message(message.context_id, answer_to(message.command, last), last.data_set)
                    self._upper_layer.say(reply, reply.command.message, count, request.transfer_syntax)
                    self._send_notices()
        finally:
            if self._logs_messages:
                self._log(name.removesuffix("-RQ"), request, *summary(last, count))
            self._serving = None
            self._settle(request)

    def _settle(self, request: Request) -> None:
        """Give back what a request counted; its data set stays counted where it is kept."""
        if request.kept:
            self._upper_layer.incoming.share.give_back(MESSAGE_BYTES)
        else:
            self._upper_layer.settle(request.message)

    def _without_memory(self, received: Oversized) -> Service:
        """Answer a request whose data set found no room."""
        name, limit = received.message.command.message, self._upper_layer.incoming.share.budget.limit_bytes
        self.note(f"no memory for the data set of a {name}: {received.size_bytes:,} bytes, memory_bytes is {limit:,}")
        if name.startswith("C-") and name not in OUT_OF_RESOURCES:
            raise AssociationEndedError(self._upper_layer.abort(0, 0, f"no memory for the data set of a {name}"))
        return lambda request: refused_for_memory(name)
