"""One association that a peer opened: a thread of its own lives through it and has its service answer.

Invariants: nothing that a peer does ends the thread but the end of its association; a request goes to its service
by its message, whatever its SOP Class.

References
----------
PS3.8 Section 7, Table 9-21 (rejections); PS3.7 Section 9.3; conformance statement, 3.2.2.1
"""

from __future__ import annotations

import traceback
from concurrent.futures import Future
from contextlib import suppress
from typing import Final

from pynetdicom.ae import ApplicationEntity
from pynetdicom.dimse_primitives import DIMSEPrimitive
from pynetdicom.pdu_primitives import A_ABORT, A_ASSOCIATE, A_P_ABORT, A_RELEASE

from dicom_workstation.configuration import names_of
from dicom_workstation.data_sets import suppress_warnings
from dicom_workstation.instances import Announced
from dicom_workstation.network.upper_layer import titles
from dicom_workstation.network.upper_layer.acceptor import Acceptor
from dicom_workstation.network.upper_layer.association import MINIMUM_MAXIMUM_LENGTH, Association
from dicom_workstation.network.upper_layer.own_requests import OwnRequests
from dicom_workstation.network.upper_layer.parts import CommandSet, DataSetReceipt
from dicom_workstation.tables import APPLICATION_CONTEXT_NAME

_UNTITLED: Final = ((1, 1, 7), (1, 1, 3))  # PS3.8 Table 9-21: called, calling AE title not recognized


class AcceptedAssociation(Association):
    """An association that a peer opened, driven by its own thread; its service answers the requests."""

    def __init__(self, ae: ApplicationEntity, service: Acceptor) -> None:
        super().__init__(ae, "acceptor")
        self.service = service
        self.most_waiting = service.most_waiting
        self.peer_scp_roles: set[str] = set()
        self._serving: int | None = None
        self._cancelled: set[int] = set()
        self._outgoing = OwnRequests()

    def receipt_for(self, command: CommandSet, context_id: int) -> DataSetReceipt | None:
        """Ask the service what takes the data set of a C-STORE while it comes."""
        originator = command.get("MoveOriginatorApplicationEntityTitle")
        announced = Announced(
            str(command.get("AffectedSOPClassUID", "")),
            str(command.get("AffectedSOPInstanceUID", "")),
            str(self._accepted_cx[context_id].transfer_syntax[0]),
            self.requestor.ae_title,
            str(originator) if originator else None,
        )
        return self.service.receipt_for(announced, self)

    def takes_data_set(self, command_field: int, context_id: int) -> bool:
        """Ask the service whether the data set of any other message is gathered."""
        return self.service.takes_data_set(command_field, self._accepted_cx[context_id])

    # -- C-CANCEL, and requests of our own

    def note_cancel(self, message_id: int | None) -> bool:
        """Note a C-CANCEL of a request that is served or waits; any other is ignored (PS3.7 Section 9.3.2.3)."""
        waiting = {message.MessageID for _, message in self.dimse.msg_queue.queue if message is not None}
        if message_id is not None and (message_id == self._serving or message_id in waiting):
            self._cancelled.add(message_id)
        return True

    def is_cancelled(self, message_id: int) -> bool:
        """Whether a C-CANCEL has come for a request; what has come is looked at first."""
        self.dul.advance()
        return message_id in self._cancelled

    @property
    def is_ending(self) -> bool:
        """Whether the association has ended or is about to: no response can be sent any more."""
        return not self.dul.is_alive() or self.dul.state_machine.current_state != "Sta6"

    @property
    def can_answer(self) -> bool:
        """Whether a response still reaches the peer: also after its A-RELEASE-RQ (PS3.8 Table 9-10, Sta8)."""
        return self.dul.is_alive() and self.dul.state_machine.current_state in ("Sta6", "Sta8")

    def take_response(self, response: DIMSEPrimitive) -> bool:
        """Take a response to a request of our own."""
        return self._outgoing.take(response)

    def ask(self, request: DIMSEPrimitive, context_id: int, timeout_s: float) -> DIMSEPrimitive | None:
        """Send a request of our own and return its response; None where none comes. For the owner alone."""
        answer = self._outgoing.expect(request, self._serving)
        self.dimse.send_msg(request, context_id)
        self.dul.wait(lambda: answer.done() or self.is_ending, timeout_s)
        if answer.done():
            return answer.result()
        self._outgoing.give_up(request)
        return None

    def notify(self, request: DIMSEPrimitive, context_id: int) -> Future[DIMSEPrimitive | None]:
        """Have a request of our own sent when nothing else is being sent; may be called by any thread."""
        answer = self._outgoing.put(request, context_id)
        self.dul.call_soon(lambda: None)
        return answer

    def rejection(self, request: A_ASSOCIATE) -> tuple[int, int, int] | None:
        """Return why this A-ASSOCIATE-RQ is rejected, or None."""
        if request.application_context_name != APPLICATION_CONTEXT_NAME:
            return 1, 1, 2  # PS3.8 Table 9-21: application context name not supported
        maximum_length = self.requestor.maximum_length
        if maximum_length and maximum_length < MINIMUM_MAXIMUM_LENGTH:
            return 1, 1, 1  # nothing could be sent to such a peer
        address = self.requestor.address_info.address
        for kind, title, refusal in zip(("called", "calling"), self.dul.peer_titles, _UNTITLED, strict=True):
            if not titles.is_title(title) and not self._read_without_nul(request, kind, title):
                shown = title.decode("latin-1").rstrip(" ")
                self.service.note(f"{address}: rejected: {shown!r} is not a valid {kind} AE title")
                return refusal
        return (
            self.service.rejection(request, address)
            or self.service.certificate_rejection(request, address, names_of(self.dul.socket.socket))
            or self.service.enter(request, address, self)
        )

    def _read_without_nul(self, request: A_ASSOCIATE, kind: str, title: bytes) -> bool:
        """Take a title that is padded with NUL, where the configuration says so; whether it is taken."""
        spaced = titles.without_nul(title)
        if not self.service.reads_nul_as_space or not titles.is_title(spaced):
            return False
        setattr(request, f"{kind}_ae_title", spaced.decode("ascii"))
        self.service.note(f"{kind} AE title {spaced.decode('ascii').strip()!r} is padded with NUL; read as spaces")
        return True

    def run_reactor(self) -> None:
        """Live through an accepted connection."""
        try:
            if self._is_secured():
                self._accept()
                while self.is_established:
                    self._serve_next()
                self.linger()
        except Exception as error:  # the peer has no part in it: the operator is told, and the association ends
            self._note_internal_error(error)
            with suppress(Exception):  # what is broken may be broken for the end, too
                self.abort()
                self.linger()
        finally:
            self.service.leave(self)
            self._outgoing.close()
            self.dimse.close()
            self.dul.dispose()

    def _is_secured(self) -> bool:
        """Lead the TLS handshake, where there is to be one; whether the association may begin."""
        context, _ = self.tls
        reason = "" if context is None else self.dul.accept_tls(context, self.acse_timeout)
        if reason:
            address = self.requestor.address_info
            self.service.note(f"{address.address}:{address.port}: TLS refused: {reason}")
            self.dul.close_unsecured()
        return not reason

    def _accept(self) -> None:
        request = self.dul.receive_pdu(wait=True)  # ARTIM bounds the wait
        if not isinstance(request, A_ASSOCIATE):
            return
        self.requestor.primitive = request
        self.requestor.ae_title = request.calling_ae_title.strip()
        with suppress_warnings():
            self.acse.negotiate_association()
        if self.is_established:
            self.establish(self.acceptor, self.requestor)

    def _serve_next(self) -> None:
        upper_layer, messages = self.dul, self.dimse.msg_queue
        timeout_s = self.network_timeout
        left = None if timeout_s is None else max(0.0, timeout_s - upper_layer.idle_s)
        upper_layer.wait(
            lambda: not messages.empty() or not upper_layer.to_user_queue.empty() or self._outgoing.is_waiting, left
        )
        if self._outgoing.is_waiting and not self.is_ending:
            self._outgoing.send(self.dimse)
            return
        context_id, request = self.dimse.get_msg()
        if request is not None:
            self.serve(request, context_id)
            return
        primitive = upper_layer.receive_pdu()
        if isinstance(primitive, A_RELEASE):
            self.service.leave(self)  # before the peer hears that it may come again
            self.acse.send_release(is_response=True)
            self.is_released, self.is_established = True, False
        elif isinstance(primitive, A_ABORT | A_P_ABORT) or not upper_layer.is_alive():
            self.is_aborted, self.is_established = True, False
        elif timeout_s is not None and upper_layer.idle_s >= timeout_s:
            self.service.note(f"{self.requestor.ae_title or '?'}: network time-out, association aborted")
            self.abort()

    def serve(self, request: DIMSEPrimitive, context_id: int) -> None:
        """Answer a DIMSE request; what is no request at all ends the association."""
        try:
            response = self._answer(request, context_id)
        finally:  # before the peer hears of it, so that there is room for what it sends next
            if request.receipt is not None:
                request.receipt.discard()
        if response is not None:
            self.dimse.send_msg(response, context_id)

    def _answer(self, request: DIMSEPrimitive, context_id: int) -> DIMSEPrimitive | None:
        """Have the service answer a request."""
        if not request.is_valid_request or request.MessageIDBeingRespondedTo is not None:
            self.service.note(f"{request.msg_type}: not a valid request, association aborted")
            self.abort()
            return None
        self._serving = request.MessageID
        try:
            with suppress_warnings():
                return self.service.serve(request, self._accepted_cx[context_id], self)
        finally:
            self._cancelled.discard(request.MessageID)
            self._serving = None

    def _note_internal_error(self, error: Exception) -> None:
        peer = self.requestor.ae_title or "?"
        for line in traceback.format_exc().splitlines():
            self.service.note(line)
        self.service.note(f"{peer}: internal error: {type(error).__name__}: {error}")
