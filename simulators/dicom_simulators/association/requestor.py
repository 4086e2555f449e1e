"""The requestor's side of one association: connect, associate, send requests, read responses, release or abort.

How an association ends, or why it does not begin, is a value: `associate` returns `Established` or an end; the
iterator of `request` stops when the last response came or the association ended, and `ended` says which. One
operation at a time. A response that is not one to the outstanding request (another Message ID, another message type, a
presentation context of another abstract syntax) is answered by A-ABORT, and `ended` says so. A response in another
accepted context of the same abstract syntax is taken, and noted; its data set is encoded as that context has it.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dicom_simulators.association.connection import Connection
from dicom_simulators.association.deadlines import Deadlines
from dicom_simulators.association.ends import (
    AssociationEndedError,
    Closed,
    End,
    Released,
    TimedOut,
    Unreachable,
    Unsecured,
    in_words,
)
from dicom_simulators.association.incoming import Oversized, ReleaseIndication
from dicom_simulators.association.memory import Budget, Share
from dicom_simulators.association.negotiation import (
    APPLICATION_CONTEXT,
    IMPLEMENTATION_CLASS_UID,
    IMPLEMENTATION_VERSION_NAME,
    MAXIMUM_LENGTH_BYTES,
    Context,
    Established,
    agreed,
    leaves_room,
    usable_length,
)
from dicom_simulators.association.responses import is_followed, mismatch, misplacement
from dicom_simulators.association.tls import TLS, HandshakeError
from dicom_simulators.association.upper_layer import UpperLayer
from dicom_simulators.faults import InForce, When, is_ignored
from dicom_simulators.journal import Entry, Journal, keys_of
from dicom_wire import (
    AAssociateAC,
    AAssociateRQ,
    ApplicationContext,
    CommandDataSetType,
    CommandSet,
    ImplementationClassUID,
    ImplementationVersionName,
    Kind,
    MaximumLength,
    Message,
    PresentationContextRQ,
    Recorder,
    Side,
    SubItem,
    UserInformation,
    command_set,
)
from dicom_wire.command import Absent
from dicom_wire.command_values import Value


@dataclass(frozen=True, slots=True)
class Proposal:
    """Everything that an A-ASSOCIATE-RQ says.

    Attributes
    ----------
    contexts : tuple of PresentationContextRQ
        As they shall be sent, IDs included; `propose` numbers them.
    maximum_length : int
        In bytes; 0 = unlimited.
    user_information : tuple of sub-items
        Added to the usual ones: asynchronous operations window, roles, extended negotiation, user identity.
    """

    called_ae_title: str
    calling_ae_title: str
    contexts: tuple[PresentationContextRQ, ...]
    maximum_length: int = MAXIMUM_LENGTH_BYTES
    user_information: tuple[SubItem, ...] = ()
    application_context_name: str = APPLICATION_CONTEXT
    implementation_class_uid: str = IMPLEMENTATION_CLASS_UID
    implementation_version_name: str = IMPLEMENTATION_VERSION_NAME

    def request(self) -> AAssociateRQ:
        """Return the A-ASSOCIATE-RQ PDU."""
        user_information = UserInformation(
            (
                MaximumLength(self.maximum_length),
                ImplementationClassUID(self.implementation_class_uid),
                ImplementationVersionName(self.implementation_version_name),
                *self.user_information,
            )
        )
        return AAssociateRQ(
            self.called_ae_title,
            self.calling_ae_title,
            (ApplicationContext(self.application_context_name), *self.contexts, user_information),
        )


def propose(*contexts: tuple[str, Sequence[str]]) -> tuple[PresentationContextRQ, ...]:
    """Number (abstract syntax, transfer syntaxes) pairs 1, 3, 5 ... as presentation contexts."""
    return tuple(
        [PresentationContextRQ(2 * n + 1, abstract, tuple(syntaxes)) for n, (abstract, syntaxes) in enumerate(contexts)]
    )


class Requestor:
    """The requestor's side of one association.

    Parameters
    ----------
    recorder : Recorder
    address : (str, int)
        Where the acceptor, or the link before it, listens.
    proposal : Proposal
    name, peer : str
        The names in the scenario of the AE that this is, and of the acceptor.
    stopping : threading.Event, optional
        Set when the simulator stops.
    tls : TLS, optional
        The connection is to begin with a handshake.
    note : callable, optional
        Takes a line for the log.
    budget : Budget, optional
        The memory that responses may take.
    journal : Journal, optional
        Takes an entry for the association's begin and end, and for each request.
    """

    def __init__(
        self,
        recorder: Recorder,
        address: tuple[str, int],
        proposal: Proposal,
        *,
        name: str,
        peer: str,
        deadlines: Deadlines | None = None,
        faults: InForce | None = None,
        stopping: threading.Event | None = None,
        tls: TLS | None = None,
        note: Callable[[str], None] = lambda line: None,
        budget: Budget | None = None,
        journal: Journal | None = None,
    ) -> None:
        self._tls = tls
        self._note = note
        self._misplacement_noted = False
        self._share = Share(budget or Budget())
        self._journal = journal
        self._recorder = recorder
        self._address = address
        self.proposal = proposal
        self._name = name
        self._peer = peer
        self._deadlines = deadlines or Deadlines()
        self._faults = faults or InForce()
        self._stopping = stopping or threading.Event()
        self._upper_layer: UpperLayer | None = None
        self._connection: Connection | None = None
        self._message_id = 0
        self._established = False
        self.contexts: dict[int, Context] = {}
        self.ended: End | None = None

    @property
    def upper_layer(self) -> UpperLayer:
        """The association's upper layer, once connected.

        Raises
        ------
        AssociationEndedError
            There is no connection (any more).
        """
        if self._upper_layer is None or self.ended is not None:
            raise AssociationEndedError(self.ended or Unreachable("not connected"))
        return self._upper_layer

    # -- establishment --------------------------------------------------------------------------------------------

    def associate(self) -> Established | End:
        """Connect, send the A-ASSOCIATE-RQ PDU, and return what came of it."""
        try:
            upper_layer = self._connect()
            upper_layer.meet(When.CONNECTION, "connection")
            upper_layer.request_association(self.proposal.request())
            upper_layer.meet(When.AFTER, AAssociateRQ.NAME)
            answer = upper_layer.receive(self._deadlines.associate_s, AAssociateAC.NAME)
            if not isinstance(answer, AAssociateAC):
                raise AssociationEndedError(upper_layer.abort(2, 2, "no A-ASSOCIATE-AC"))
            upper_layer.meet(When.RECEIVED, answer.NAME)
            if not leaves_room(answer.maximum_length):
                raise AssociationEndedError(upper_layer.abort(0, 0, "no fragment fits the maximum length announced"))
        except AssociationEndedError as ended:
            problem = self._connection.tls_problem if self._connection is not None else ""
            return self._over(Unsecured(problem) if problem and isinstance(ended.end, Closed) else ended.end)
        upper_layer.peer_maximum_length = usable_length(answer.maximum_length)
        established = Established(agreed(self.proposal.contexts, answer), answer)
        self.contexts = {context.context_id: context for context in established.accepted}
        upper_layer.incoming.accepted = self.contexts.__contains__
        self._established = True
        accepted = f"{len(established.accepted)} of {len(established.contexts)} contexts"
        self._log("association requested and accepted", detail=accepted)
        return established

    def _connect(self) -> UpperLayer:
        try:
            sock = socket.create_connection(self._address, self._deadlines.connect_s)
        except OSError as error:
            number = self._recorder.open(self._name, self._name, self._peer, ("", 0), self._address)
            if isinstance(error, ConnectionRefusedError):
                self._recorder.saw(number, Kind.REFUSED, Side.ACCEPTOR)
            detail = error.strerror or "no answer within the deadline"
            raise AssociationEndedError(Unreachable(detail)) from None
        local, remote = sock.getsockname()[:2], sock.getpeername()[:2]
        number = self._recorder.open(self._name, self._name, self._peer, local, remote)
        self._connection = Connection(sock, self._recorder, number, Side.REQUESTOR)
        self._secure(self._connection)
        self._upper_layer = UpperLayer(
            self._connection,
            self.proposal.maximum_length,
            self._deadlines,
            self._faults,
            self._stopping,
            requestor=True,
            share=self._share,
            lenient=True,  # `mismatch` judges responses, and nothing else is taken
        )
        return self._upper_layer

    def _secure(self, connection: Connection) -> None:
        if self._tls is None:
            return
        deadline = time.monotonic() + self._deadlines.connect_s
        try:
            connection.secure(self._tls.requestor_context(), self._address[0], deadline)
        except HandshakeError as error:
            connection.close()
            raise AssociationEndedError(Unsecured(str(error))) from None

    # -- DIMSE ----------------------------------------------------------------------------------------------------

    def next_message_id(self) -> int:
        """Return a Message ID not used on this association before (1, 2 ... 65535, then again from 1)."""
        self._message_id = self._message_id % 0xFFFF + 1
        return self._message_id

    def command(self, name: str, data_set: bytes | None = None, /, **elements: Value | Absent) -> CommandSet:
        """Build the command set of a request, with the next Message ID unless one is given."""
        present = CommandDataSetType.NULL if data_set is None else CommandDataSetType.PRESENT
        chosen: dict[str, Value | Absent] = {"CommandDataSetType": int(present), **elements}
        if "MessageID" not in chosen:
            chosen["MessageID"] = self.next_message_id()
        return command_set(name, **chosen)

    def request(self, message: Message) -> Iterator[Message]:
        """Send a request; yield its responses as they come within `operation_s`, the last of them not pending.

        The iteration ends early when the association does; `ended` then says how. The request is sent when the first
        response is asked for.
        """
        name = message.command.message
        awaited = name.removesuffix("-RQ") + "-RSP"
        message_id = message.command.number("MessageID")
        try:
            upper_layer = self.upper_layer
            context = self.contexts.get(message.context_id)
            upper_layer.say(message, name, transfer_syntax=context.transfer_syntax if context else "")
            number, until = 0, time.monotonic() + self._deadlines.operation_s
            while True:
                response = self._response(upper_layer, awaited, until)
                number += 1
                problem = mismatch(response, awaited, message_id) or self._misplaced(response, message.context_id)
                if not problem and response.command.number("Status") is None:
                    problem = f"{awaited} without Status"
                if problem:
                    raise AssociationEndedError(upper_layer.abort(0, 0, problem))
                if is_ignored(upper_layer.meet(When.RECEIVED, awaited, number, response)):
                    continue
                status = response.command.number("Status") or 0
                if not is_followed(name, status):
                    self._log(f"{name} sent", message, f"{status:04X}")
                yield response
                if not is_followed(name, status):
                    return
        except AssociationEndedError as ended:
            self._over(ended.end)

    def _misplaced(self, response: Message, context_id: int) -> str:
        """Say why a response may not come in its context; note, once an association, where it may but is elsewhere."""
        misplaced = misplacement(response, context_id, self.contexts)
        if misplaced is None:
            return ""
        if misplaced.tolerable and not self._misplacement_noted:
            self._misplacement_noted = True
            self._note(f"{self.proposal.called_ae_title}: {misplaced.detail}; taken, both have one abstract syntax")
        return "" if misplaced.tolerable else misplaced.detail

    def cancel(self, message: Message) -> None:
        """Send a C-CANCEL-RQ for a request whose responses are being read (PS3.7 9.3.2.3)."""
        command = command_set("C-CANCEL-RQ", MessageIDBeingRespondedTo=message.command.number("MessageID"))
        try:
            self.upper_layer.say(Message(message.context_id, command), "C-CANCEL-RQ")
        except AssociationEndedError as ended:
            self._over(ended.end)

    def _response(self, upper_layer: UpperLayer, awaited: str, until: float) -> Message:
        indication = upper_layer.receive_until(min(time.monotonic() + self._deadlines.dimse_s, until), awaited)
        if isinstance(indication, Message | Oversized):
            upper_layer.settle(indication)
        if isinstance(indication, Message):
            return indication
        if isinstance(indication, Oversized):
            detail = f"{awaited} with a data set of {indication.size_bytes:,} bytes, for which there is no memory"
            raise AssociationEndedError(upper_layer.abort(0, 0, detail))
        if isinstance(indication, ReleaseIndication):
            raise AssociationEndedError(upper_layer.respond_release() or Released(by_us=False))
        raise AssociationEndedError(upper_layer.abort(2, 2, f"PDU other than P-DATA-TF instead of {awaited}"))

    # -- the end --------------------------------------------------------------------------------------------------

    def release(self) -> End:
        """Release the association and return how it ended (`Released`, or what came instead)."""
        try:
            upper_layer = self.upper_layer
            upper_layer.request_release(upper_layer.before("A-RELEASE-RQ"))
            upper_layer.meet(When.AFTER, "A-RELEASE-RQ")
            until = time.monotonic() + self._deadlines.release_s
            while True:
                indication = upper_layer.receive_until(until, "A-RELEASE-RP")
                if isinstance(indication, ReleaseIndication):  # collision: we answer, then still await ours
                    upper_layer.respond_release()
        except AssociationEndedError as ended:
            return self._over(ended.end)

    def abort(self, source: int = 0, reason: int = 0) -> End:
        """Abort the association (PS3.8 7.3)."""
        try:
            return self._over(self.upper_layer.abort(source, reason))
        except AssociationEndedError as ended:
            return self._over(ended.end)

    def close(self, reset: bool = False) -> End:
        """End the TCP connection without a word."""
        try:
            return self._over(self.upper_layer.close(reset))
        except AssociationEndedError as ended:
            return self._over(ended.end)

    def interrupt(self) -> None:
        """End the connection from another thread."""
        if self._connection is not None:
            self._connection.interrupt()

    def _log(self, operation: str, message: Message | None = None, status: str = "", detail: str = "") -> None:
        if self._journal is not None:
            peer = f"{self._address[0]}:{self._address[1]}"
            context = None if message is None else self.contexts.get(message.context_id)
            keys = () if message is None or context is None else keys_of(message, context.transfer_syntax)
            self._journal(Entry(operation, peer, self.proposal.called_ae_title, keys, status, detail))

    def _over(self, end: End) -> End:
        if self.ended is None:
            self.ended = end
            if isinstance(end, TimedOut) and self._upper_layer is not None:
                self._upper_layer.abort(0, 0, end.words)
            self._share.close()
            what = "ended" if self._established else "not established"
            self._log(f"association {what}", detail=in_words(self.ended))
        return self.ended
