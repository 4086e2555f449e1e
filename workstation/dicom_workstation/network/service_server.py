"""An SCP made of services: it admits callers, gives each request to its service, and sends the replies.

Invariants: each request gets exactly one final response, whatever its service does; pending responses only where the
operation has them; nothing after the final one. A service that raises is 0110 for the peer and a traceback in the log.

References
----------
PS3.7 Section 9.3, 10.3 and Annex C; PS3.8 Table 9-21 (rejections)
"""

from __future__ import annotations

import ssl
import traceback
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from io import BytesIO
from types import MappingProxyType
from typing import Any, Final, cast

from pynetdicom.dimse_primitives import C_FIND, C_GET, C_MOVE, C_STORE, N_ACTION, DIMSEPrimitive
from pynetdicom.presentation import PresentationContext

from dicom_workstation.configuration import Configuration
from dicom_workstation.instances import Announced, Receipt
from dicom_workstation.network.configured_acceptor import ConfiguredAcceptor
from dicom_workstation.network.contexts import AcceptedContext
from dicom_workstation.network.entity import application_entity
from dicom_workstation.network.listener import Listener
from dicom_workstation.network.responses import identifier_syntax
from dicom_workstation.network.service import Call, Offer, Peer, Reply, ServiceRequest
from dicom_workstation.network.upper_layer import MOST_UID_CHARACTERS, AcceptedAssociation, Association
from dicom_workstation.outcome import StatusClass, status_class
from dicom_workstation.tables import PDU_LENGTH_BYTES

PROCESSING_FAILURE: Final = 0x0110
NO_SUCH_SOP_CLASS: Final = 0x0118
SOP_CLASS_NOT_SUPPORTED: Final = 0x0122
UNRECOGNIZED_OPERATION: Final = 0x0211
MOST_WAITING: Final = 8
MOST_COMMENT: Final = 64
_WITH_PENDING: Final = (C_FIND, C_MOVE, C_GET)
_COMMAND_FIELDS: Final[Mapping[type[DIMSEPrimitive], int]] = {
    C_FIND: 0x0020,
    C_MOVE: 0x0021,
    C_GET: 0x0010,
    N_ACTION: 0x0130,
}
"""Of the requests that have a data set and are no C-STORE (PS3.7 Table E.1-1)."""
_DATA_SETS: Final = {C_FIND: "Identifier", C_MOVE: "Identifier", C_GET: "Identifier", N_ACTION: "ActionInformation"}


class ServiceServer(ConfiguredAcceptor):
    """Listens, and has services answer.

    Parameters
    ----------
    name : str
        What its lines in the log begin with.
    configuration : Configuration
        Title, address, callers, limits and time-outs of this AE.
    offers : callable
        Abstract syntax -> what is offered under a configuration.
    most_waiting : int
        How many requests may wait while one is served.

    Raises
    ------
    OSError
        A certificate, key or authority cannot be read.
    """

    def __init__(
        self,
        name: str,
        configuration: Configuration,
        offers: Callable[[Configuration], Mapping[str, Offer]],
        note: Callable[[str], None],
        most_waiting: int = MOST_WAITING,
    ) -> None:
        super().__init__(name, configuration, note)
        self._offers_under = offers
        self._most_waiting = most_waiting
        self._listener: Listener | None = None
        self._tls: ssl.SSLContext | None = None
        self._offers: Mapping[str, Offer] = {}
        self._transfer_syntaxes: Mapping[str, tuple[str, ...]] = {}
        self.reconfigure(configuration)

    def reconfigure(self, configuration: Configuration) -> None:
        """Apply a configuration to the associations that come from now on; host and port need a restart.

        Raises
        ------
        OSError
            A certificate, key or authority cannot be read; everything stays as it was.
        """
        tls = None if configuration.tls is None else configuration.tls.server_context()
        offers = dict(self._offers_under(configuration))
        self._configuration, self._tls, self._offers = configuration, tls, MappingProxyType(offers)
        self._transfer_syntaxes = MappingProxyType({uid: offer.transfer_syntaxes for uid, offer in offers.items()})
        self._gate.forget()
        if self._listener is not None:
            self._listener.reconfigure(application_entity(configuration), tls)

    def start(self) -> tuple[str, int]:
        """Listen; returns host and port. OSError when the port is taken."""
        configuration = self._configuration
        listener = Listener(application_entity(configuration), self, PDU_LENGTH_BYTES, self._tls, self._name)
        address = listener.start(configuration.host, configuration.port)
        self._listener = listener
        return address

    def stop(self) -> None:
        """Abort what is open, and listen no more."""
        if self._listener is not None:
            self._listener.stop()
        self._listener = None

    # -- what an accepted association asks (upper_layer.Acceptor)

    @property
    def transfer_syntaxes(self) -> Mapping[str, tuple[str, ...]]:
        """What is accepted, most wanted first."""
        return self._transfer_syntaxes

    @property
    def peer_may_be_scp(self) -> frozenset[str]:
        """The abstract syntaxes for which the requestor may take the SCP role."""
        return frozenset(uid for uid, offer in self._offers.items() if offer.peer_may_be_scp)

    @property
    def most_waiting(self) -> int:
        """How many requests may wait while one is served."""
        return self._most_waiting

    def receipt_for(self, announced: Announced, association: Association) -> Receipt:
        """Have the service of a SOP Class take a data set; what raises is answered when the request is performed."""
        offer = self._offers.get(announced.SOPClassUID)
        if offer is None or offer.operation is not C_STORE:
            return _Dropped()  # the request will be refused, and its data set has no bound
        try:
            return offer.service.receive(announced, _peer_of(association)) or _Dropped()
        except Exception as error:
            return _FailedReceipt(error)

    def takes_data_set(self, command_field: int, context: PresentationContext) -> bool:
        """Gather the data sets of the operation that is offered: any other request will be refused."""
        offer = self._offers.get(str(context.abstract_syntax))
        return offer is not None and _COMMAND_FIELDS.get(offer.operation) == command_field

    def serve(
        self, request: DIMSEPrimitive, context: PresentationContext, association: Association
    ) -> DIMSEPrimitive | None:
        """Have the service of a request reply; pending replies are sent here, the final one is returned."""
        offer = self._offers[str(context.abstract_syntax)]
        fault = _fault_of(request, str(context.abstract_syntax), offer)
        if fault is not None:
            return _response(request, Reply(fault))
        call = _AcceptedCall(cast(AcceptedAssociation, association), request, context)
        replies = self._replies(offer, _request_of(request, context), call)
        for reply in replies:
            response = _response(request, reply)
            if status_class(reply.status) is not StatusClass.PENDING:
                replies.close()
                return response if call.can_be_answered else None
            call.send(response)
            if call.is_ending:
                replies.close()
                return None
        return None

    def _replies(self, offer: Offer, request: ServiceRequest, call: Call) -> Generator[Reply, None, None]:
        """Yield the replies of a service; a final one comes in any case."""
        performing = offer.service.perform(request, call)
        try:
            for reply in performing:
                is_pending = status_class(reply.status) is StatusClass.PENDING
                if is_pending and offer.operation not in _WITH_PENDING:
                    raise RuntimeError(f"a pending reply to {offer.operation.__name__}")
                yield reply
                if not is_pending:
                    return
            if not call.is_ending:
                raise RuntimeError("no final reply")
        except Exception as error:  # the peer has no part in it: it is told so, and the association goes on
            for line in traceback.format_exc().splitlines():
                self.note(line)
            comment = f"internal error: {type(error).__name__}"
            operation = offer.operation.__name__.replace("_", "-")
            self.note(f"{call.peer}: {operation} {request.sop_instance}: {PROCESSING_FAILURE:04X} {comment}")
            yield Reply(PROCESSING_FAILURE, comment=comment)
        finally:
            close = getattr(performing, "close", None)
            if close is not None:
                close()


@dataclass(frozen=True, slots=True)
class _Dropped:
    """Takes a data set that no service asked for."""

    def write(self, fragment: memoryview) -> None:
        """Drop it."""

    def keep(self) -> Any:
        """Nothing was kept, and no service asks for it."""
        raise RuntimeError("a data set that was dropped")

    def discard(self) -> None:
        """There is nothing."""


@dataclass(frozen=True, slots=True)
class _FailedReceipt(_Dropped):
    """Takes the data set of an instance for which no room could be made."""

    error: Exception

    def keep(self) -> Any:
        """Raise why there is no room."""
        raise self.error


class _AcceptedCall:
    """The association of one request."""

    def __init__(self, association: AcceptedAssociation, request: DIMSEPrimitive, context: PresentationContext) -> None:
        self._association = association
        self._message_id = int(request.MessageID)
        self._context = context
        self._is_woken = False  # a lock of its own would cost each request more than the rest of this

    @property
    def peer(self) -> Peer:
        """Who asks."""
        return _peer_of(self._association)

    @property
    def transfer_syntax(self) -> str:
        """That in which the request came."""
        return str(self._context.transfer_syntax[0])

    @property
    def is_cancelled(self) -> bool:
        """Whether a C-CANCEL has come, or the association is ending."""
        return self._association.is_cancelled(self._message_id) or self.is_ending

    @property
    def is_ending(self) -> bool:
        """Whether no reply reaches anybody any more."""
        return self._association.is_ending

    @property
    def can_be_answered(self) -> bool:
        """Whether a final reply still reaches the peer."""
        return self._association.can_answer

    @property
    def is_over(self) -> bool:
        """Whether the association has ended."""
        return not self._association.dul.is_alive()

    def send(self, response: DIMSEPrimitive) -> None:
        """Send a pending response."""
        self._association.dimse.send_msg(response, self._context.context_id)

    def wait(self, timeout_s: float) -> None:
        """Wait until `wake` is called, the call is cancelled, or the time is over."""
        self._association.dul.wait(lambda: self._is_woken or self.is_cancelled, timeout_s)
        self._is_woken = False

    def wake(self) -> None:
        """Have `wait` return."""
        self._is_woken = True
        self._association.dul.call_soon(lambda: None)

    def contexts_as_scp(self) -> tuple[AcceptedContext, ...]:
        """Return the contexts in which the peer takes C-STORE requests of ours on this association."""
        return tuple(
            AcceptedContext(context_id, str(context.abstract_syntax), str(context.transfer_syntax[0]))
            for context_id, context in self._association._accepted_cx.items()
            if str(context.abstract_syntax) in self._association.peer_scp_roles
        )

    def ask(self, request: DIMSEPrimitive, context_id: int) -> DIMSEPrimitive | None:
        """Send a request of ours, and return its response."""
        timeout_s = self._association.ae.dimse_timeout or 30.0
        return self._association.ask(request, context_id, timeout_s)

    def notify(self, request: DIMSEPrimitive) -> Future[DIMSEPrimitive | None]:
        """Have a request sent when nothing else is being sent."""
        return self._association.notify(request, int(self._context.context_id))


def _peer_of(association: Association) -> Peer:
    return Peer(str(association.requestor.ae_title).strip(), str(association.requestor.address_info.address))


def _fault_of(request: DIMSEPrimitive, abstract_syntax: str, offer: Offer) -> int | None:
    """Return the status of a request that no service can be given."""
    if not isinstance(request, offer.operation):
        return UNRECOGNIZED_OPERATION
    if isinstance(request, N_ACTION):
        return None if request.RequestedSOPClassUID == abstract_syntax else NO_SUCH_SOP_CLASS
    return None if request.AffectedSOPClassUID == abstract_syntax else SOP_CLASS_NOT_SUPPORTED


def _request_of(request: DIMSEPrimitive, context: PresentationContext) -> ServiceRequest:
    abstract_syntax, transfer_syntax = str(context.abstract_syntax), str(context.transfer_syntax[0])
    keyword, data_set = _DATA_SETS.get(type(request)), None
    if keyword is not None:
        data_set = getattr(request, keyword)
        transfer_syntax = identifier_syntax(AcceptedContext(int(context.context_id), abstract_syntax, transfer_syntax))
    instance = getattr(request, "AffectedSOPInstanceUID", None) or getattr(request, "RequestedSOPInstanceUID", None)
    return ServiceRequest(
        abstract_syntax=abstract_syntax,
        transfer_syntax=transfer_syntax,
        sop_instance=str(instance or ""),
        message_id=int(request.MessageID),
        data_set=b"" if data_set is None else data_set.getvalue(),
        priority=int(getattr(request, "Priority", None) or 0),
        move_destination=str(getattr(request, "MoveDestination", None) or "").strip(" "),
        action_type=getattr(request, "ActionTypeID", None),
        receipt=request.receipt,
    )


def _comment(text: str) -> str:
    """Return a comment as one value of LO: what a peer sent cannot make two of it, or bring in control characters."""
    text = text[:MOST_COMMENT]
    if text.isascii() and text.isprintable() and "\\" not in text:
        return text
    return "".join(one if one.isascii() and one.isprintable() and one != "\\" else "?" for one in text)


def _response(request: DIMSEPrimitive, reply: Reply) -> DIMSEPrimitive:
    """Make the response that a reply is."""
    response = type(request)()
    response.MessageIDBeingRespondedTo = request.MessageID
    sop_class = getattr(request, "AffectedSOPClassUID", None) or getattr(request, "RequestedSOPClassUID", None)
    instance = getattr(request, "AffectedSOPInstanceUID", None) or getattr(request, "RequestedSOPInstanceUID", None)
    for keyword, value in (("AffectedSOPClassUID", sop_class), ("AffectedSOPInstanceUID", instance)):
        if value is not None and len(value) <= MOST_UID_CHARACTERS and hasattr(response, keyword):
            setattr(response, keyword, value)
    if isinstance(request, N_ACTION) and isinstance(request.ActionTypeID, int):
        response.ActionTypeID = request.ActionTypeID
    response.Status = reply.status
    if reply.comment and hasattr(response, "ErrorComment"):
        response.ErrorComment = _comment(reply.comment)
    if reply.data_set is not None:
        setattr(response, "ActionReply" if isinstance(request, N_ACTION) else "Identifier", BytesIO(reply.data_set))
    if reply.counts is not None:
        response.NumberOfCompletedSuboperations = reply.counts.completed
        response.NumberOfFailedSuboperations = reply.counts.failed
        response.NumberOfWarningSuboperations = reply.counts.warning
        response.NumberOfRemainingSuboperations = reply.counts.remaining
    return response
