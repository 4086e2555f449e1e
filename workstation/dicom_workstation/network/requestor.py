"""One association that the workstation opens: negotiate, ask, await each response, release.

Invariants: the thread that opens the association drives it to its end; each wait has a deadline of the
configuration; whatever ends it before the final response is an `OperationEndedError` that says how, in the words of
`Result`. Only `cancel`, `leave_off`, `abandon`, `stop` and `wake` may be called by another thread. A peer's own
requests (N-EVENT-REPORT) are answered while a response is awaited and while the owner listens, where `on_request` says
how.

References
----------
PS3.7 Section 9.3 (DIMSE-C), PS3.8 Section 7.1 to 7.3
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Final, Self, TypeAlias

from pynetdicom.dimse_primitives import C_CANCEL, DIMSEPrimitive
from pynetdicom.pdu_primitives import A_ABORT, A_ASSOCIATE, A_P_ABORT, A_RELEASE
from pynetdicom.presentation import PresentationContext
from pynetdicom.transport import AddressInformation

from dicom_workstation.configuration import Archive, Configuration, describe_tls_error
from dicom_workstation.network.contexts import AcceptedContext, proposed_contexts, scp_role
from dicom_workstation.network.ending import CANCELLED, STOPPED, Ending, Phase
from dicom_workstation.network.entity import application_entity
from dicom_workstation.network.upper_layer import Association, AssociationSocket
from dicom_workstation.operation_register import Operation
from dicom_workstation.outcome import (
    Abort,
    OperationEndedError,
    Rejection,
    Result,
    StatusClass,
    status_class,
    status_text,
)

ServicePrimitive: TypeAlias = A_ASSOCIATE | A_RELEASE | A_ABORT | A_P_ABORT

LINGER_S: Final = 1.0  # how long an aborting requestor waits for the peer to close; PS3.8 leaves the ARTIM value open
MESSAGE_ID: Final = 1


class Requestor:
    """An association with a peer, as its requestor; a context manager that never leaves it open."""

    def __init__(
        self,
        configuration: Configuration,
        peer: Archive,
        proposed: Iterable[tuple[str, str]],
        maximum_length: int,
        note: Callable[[str], None] = lambda text: None,
        as_scp: Iterable[str] = (),
    ) -> None:
        self._as_scp = tuple(as_scp)
        self._configuration = configuration
        self._peer = peer
        self._note = note
        self._elsewhere_noted = False
        self.proposed = tuple(proposed)
        self._association = Association(application_entity(configuration))
        self._maximum_length = maximum_length
        self._ending = Ending()
        self.accepted: tuple[AcceptedContext, ...] = ()
        # request and context ID -> response
        self.on_request: Callable[[DIMSEPrimitive, int], DIMSEPrimitive] | None = None

    def governed_by(self, operation: Operation, *, is_abandoned_on_cancel: bool = False) -> Self:
        """Let the operation's stop and cancel reach this association, from before it opens until it is closed.

        A cancel always ends the opening and the release; it aborts an open association where that is wanted.
        """
        operation.on_stop(self.stop)
        operation.on_cancel(self.abandon if is_abandoned_on_cancel else self.leave_off)
        return self

    def __enter__(self) -> Self:
        try:
            self._open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.release()
            elif self._association.is_established:
                self.abort()
        finally:
            self.close()

    # -- opening

    def _open(self) -> None:
        association = self._association
        self._ending.check()
        try:
            address = AddressInformation(self._peer.host, self._peer.port)
        except (OSError, UnicodeError) as error:
            raise OperationEndedError(Result.UNREACHABLE, f"{self._peer.host}: {error}") from error
        connection = AssociationSocket(association, address=address)
        association.set_socket(connection)
        association.acceptor.ae_title = self._peer.ae_title
        association.acceptor.address_info = address
        association.requestor.ae_title = self._configuration.ae_title
        association.requestor.maximum_length = self._maximum_length
        association.requestor.implementation_class_uid = association.ae.implementation_class_uid
        association.requestor.implementation_version_name = association.ae.implementation_version_name
        association.requestor.requested_contexts = self._contexts()
        for uid in self._as_scp:
            association.requestor.add_negotiation_item(scp_role(uid))
        association.announced_maximum_length = self._maximum_length
        association.tls = self._tls()
        association.acse.send_request()
        if connection.error is not None:
            self._ending.check()
        if connection.error is not None and connection.handshake_failed:
            if isinstance(connection.error, TimeoutError):
                raise OperationEndedError(Result.TIMEOUT, f"TLS: {connection.error}")
            raise OperationEndedError(Result.HANDSHAKE_FAILED, f"TLS: {describe_tls_error(connection.error)}")
        if connection.error is not None and association.dul.state_machine.current_state == "Sta1":
            raise OperationEndedError(Result.UNREACHABLE, f"{self._peer.host}:{self._peer.port}: {connection.error}")
        answer = association.dul.receive_pdu(wait=True, timeout=self._configuration.association_timeout_s)
        if not isinstance(answer, A_ASSOCIATE):
            self._end(answer, "no answer to A-ASSOCIATE-RQ")
        if association.dul.peer_rejection is not None:
            raise _rejected(association.dul.peer_rejection)
        self._take_answer(answer)

    def _contexts(self) -> list[PresentationContext]:
        return proposed_contexts(self.proposed)

    def _tls(self) -> tuple[ssl.SSLContext | None, str]:
        tls = self._configuration.tls
        if self._peer.tls is False or (tls is None and not self._peer.tls):
            return None, ""
        if tls is None:
            raise OperationEndedError(Result.REFUSED, "the peer requires TLS, but the configuration has no tls section")
        try:
            return tls.client_context(), self._peer.host
        except OSError as error:
            raise OperationEndedError(Result.REFUSED, f"tls: {error}") from error

    def _take_answer(self, answer: A_ASSOCIATE) -> None:
        association = self._association
        association.acceptor.primitive = answer
        association.establish(association.requestor, association.acceptor)
        association.is_established = True
        if not association.takes_fragments:
            self._invalid(f"no fragment fits the maximum length announced, {association.peer_maximum_length}")
        proposed = {2 * index + 1: pair for index, pair in enumerate(self.proposed)}
        accepted: dict[int, AcceptedContext] = {}
        for context in answer.presentation_context_definition_results_list:
            if context.result != 0x00:
                continue
            abstract_syntax, transfer_syntax = proposed.get(context.context_id, ("", ""))
            answered = str(context.transfer_syntax[0]) if context.transfer_syntax else ""
            if answered != transfer_syntax or context.context_id in accepted:
                self._invalid(f"presentation context {context.context_id} accepted with {answered or 'nothing'}")
            accepted[context.context_id] = AcceptedContext(context.context_id, abstract_syntax, transfer_syntax)
        self.accepted = tuple(accepted[context_id] for context_id in sorted(accepted))
        association._accepted_cx = accepted
        self._ending.enter(Phase.OPEN)

    def is_scp_of(self, abstract_syntax: str) -> bool:
        """Whether the peer accepted that we are SCP of an abstract syntax (PS3.7 Annex D.3.3.4)."""
        answer = self._association.acceptor.role_selection.get(abstract_syntax)
        return answer is not None and bool(answer.scp_role)

    # -- operations

    def send(self, request: DIMSEPrimitive, context_id: int) -> None:
        """Send a request; a connection that breaks meanwhile shows when the response is awaited."""
        self._association.dimse.send_msg(request, context_id)

    def receive(
        self,
        kind: type[DIMSEPrimitive],
        context_id: int,
        message_id: int = MESSAGE_ID,
        sign_of_life: Callable[[], object] = lambda: None,
    ) -> DIMSEPrimitive:
        """Return the next response to the request; the time-out starts again when `sign_of_life` has changed.

        Raises
        ------
        OperationEndedError
            If none came in time, the association ended, or what came is not a response to the request.
        """
        upper_layer = self._association.dul
        received_id, response = self._await_message(sign_of_life)
        if response is None:
            self._end(upper_layer.receive_pdu(), f"no {kind.__name__.replace('_', '-')}-RSP")
        if not isinstance(response, kind) or response.MessageIDBeingRespondedTo is None:
            self._invalid(f"{response.msg_type} instead of a response")
        self._check_context(received_id, context_id)
        if response.MessageIDBeingRespondedTo != message_id:
            self._invalid(f"response to message {response.MessageIDBeingRespondedTo} while {message_id} is outstanding")
        if response.Status is None:
            self._invalid("response without Status")
        return response

    def context_of(self, message: DIMSEPrimitive) -> AcceptedContext:
        """Return the presentation context that a message came in: its data set is encoded as that one has it."""
        return next(context for context in self.accepted if context.context_id == message._context_id)

    def _check_context(self, received_id: int, context_id: int) -> None:
        """Take a response in another accepted context of the same abstract syntax, as some peers answer, and say so."""
        if received_id == context_id:
            return
        accepted = {context.context_id: context.abstract_syntax for context in self.accepted}
        where = f"response in presentation context {received_id} to a request in {context_id}"
        if accepted.get(received_id) != accepted.get(context_id):
            self._invalid(where)
        if not self._elsewhere_noted:
            self._elsewhere_noted = True
            self._note(f"{self._peer.ae_title}: {where}; taken, for both have the same abstract syntax")

    def _await_message(self, sign_of_life: Callable[[], object]) -> tuple[Any, Any]:
        """Return context ID and message of the next response; (None, None) when none came in time."""
        association = self._association
        upper_layer = association.dul
        sign, deadline = sign_of_life(), time.monotonic() + self._configuration.dimse_timeout_s
        while True:
            is_there = upper_layer.wait(self._has_word, max(0.0, deadline - time.monotonic()))
            if not is_there and sign != (sign := sign_of_life()):
                deadline = time.monotonic() + self._configuration.dimse_timeout_s
                continue
            received_id, message = association.dimse.get_msg()
            if message is None or not self._is_served(message, received_id):
                return received_id, message
            if time.monotonic() > deadline:  # requests of the peer's, however many, are not an answer
                return None, None

    def _has_word(self) -> bool:
        association = self._association
        return not association.dimse.msg_queue.empty() or not association.dul.to_user_queue.empty()

    def _is_served(self, message: DIMSEPrimitive, context_id: int) -> bool:
        """Answer a request of the peer's, where that is wanted; False for anything else."""
        if self.on_request is None or message.MessageIDBeingRespondedTo is not None:
            return False
        if not message.is_valid_request:
            self._invalid(f"{message.msg_type}: not a valid request")
        response = self.on_request(message, context_id)
        response.MessageIDBeingRespondedTo = message.MessageID
        self.send(response, context_id)
        return True

    def listen(self, until: Callable[[], bool]) -> None:
        """Answer the peer's requests until the condition holds; another thread that makes it hold calls `wake`.

        Raises
        ------
        OperationEndedError
            If the association ended, or what came is not a request.
        """
        association = self._association
        while True:
            association.dul.wait(lambda: until() or self._has_word(), None)
            context_id, message = association.dimse.get_msg()
            if message is None:
                if not self._has_word() and association.dul.is_alive():
                    return
                self._end_idle(association.dul.receive_pdu())
            elif not self._is_served(message, context_id):
                self._invalid(f"{message.msg_type} that answers no request")

    def _end_idle(self, primitive: ServicePrimitive | None) -> None:
        if isinstance(primitive, A_RELEASE):
            self._association.is_established = False
            self._association.acse.send_release(is_response=True)
            self._association.linger(LINGER_S)
            raise OperationEndedError(Result.CONNECTION_LOST, "the peer released the association")
        self._end(primitive, "while no request was outstanding")

    def unanswered_requests(self) -> list[DIMSEPrimitive]:
        """Return the requests that came while the association was being released, and that nobody can answer now."""
        found = []
        while (message := self._association.dimse.get_msg()[1]) is not None:
            if message.MessageIDBeingRespondedTo is None and message.is_valid_request:
                found.append(message)
        return found

    def wake(self) -> None:
        """Have `listen` check its condition again; may be called by any thread."""
        self._association.dul.call_soon(lambda: None)

    def receive_final(
        self, kind: type[DIMSEPrimitive], context_id: int, message_id: int = MESSAGE_ID
    ) -> DIMSEPrimitive:
        """Return the response of an operation that has only one; pending is an error (PS3.7 Section 9.3.1, 9.3.5)."""
        response = self.receive(kind, context_id, message_id)
        if status_class(response.Status) is StatusClass.PENDING:
            self._invalid(f"status {status_text(response.Status)} (pending) in a {response.msg_type} response")
        return response

    def cancel(self, context_id: int, message_id: int = MESSAGE_ID) -> None:
        """Have C-CANCEL-RQ sent; a release that is under way is not waited for. May be called by any thread."""
        request = C_CANCEL()
        request.MessageIDBeingRespondedTo = message_id
        self._association.dul.call_soon(lambda: self._association.dimse.send_msg(request, context_id))
        self.leave_off()

    def leave_off(self) -> None:
        """End the opening or the release, but no request that awaits its response; may be called by any thread."""
        if self._ending.want(CANCELLED, unless=Phase.OPEN):
            self._association.stop()

    def abandon(self) -> None:
        """Have the association aborted, and the operation ended as cancelled; may be called by any thread."""
        self._ending.want(CANCELLED)
        self._association.stop()

    def stop(self) -> None:
        """Have the association aborted, and the operation ended as stopped; may be called by any thread."""
        self._ending.want(STOPPED)
        self._association.stop()

    # -- ending

    def release(self, timeout_s: float | None = None) -> None:
        """Release the association; a peer that does not answer in time is left (PS3.8 Section 7.2)."""
        association = self._association
        timeout_s = self._configuration.acse_timeout_s if timeout_s is None else timeout_s
        if not association.is_established:
            return
        self._ending.enter(Phase.RELEASING)
        association.is_established = False
        association.acse.send_release()
        while True:
            answer = association.dul.receive_pdu(wait=True, timeout=timeout_s)
            if not isinstance(answer, A_RELEASE):
                break
            if answer.result is not None:
                association.is_released = True
                return
            association.acse.send_release(is_response=True)  # collision: the requestor answers first
        if association.dul.is_alive():
            self.abort()

    def abort(self) -> None:
        """Send A-ABORT and give the peer a moment to close."""
        self._association.abort()
        self._association.linger(min(LINGER_S, self._configuration.acse_timeout_s))

    def close(self) -> None:
        """Close the connection, whatever its state."""
        if self._association.dul.socket is None:
            self._association.dul.kill_dul()
        self._association.dul.dispose()

    def _invalid(self, detail: str) -> None:
        self.abort()
        raise OperationEndedError(Result.INVALID_RESPONSE, detail)

    def _end(self, primitive: ServicePrimitive | None, expected: str) -> None:
        """Say why there is no response, after `primitive` or None came instead."""
        upper_layer = self._association.dul
        established, self._association.is_established = self._association.is_established, False
        self._ending.check()
        if upper_layer.peer_abort is not None:
            source, reason = upper_layer.peer_abort
            raise OperationEndedError(Result.ABORTED, f"{expected}: A-ABORT", abort=Abort(source, reason))
        if upper_layer.fault_text is not None:
            self._association.linger(LINGER_S)
            raise OperationEndedError(Result.INVALID_RESPONSE, upper_layer.fault_text)
        if isinstance(primitive, A_RELEASE):
            self._association.acse.send_release(is_response=True)
            self._association.linger(LINGER_S)
            raise OperationEndedError(Result.INVALID_RESPONSE, f"{expected}: the peer released the association")
        if isinstance(upper_layer.socket.error, ssl.SSLError) and self._association.acceptor.primitive is None:
            raise OperationEndedError(Result.HANDSHAKE_FAILED, f"TLS: {describe_tls_error(upper_layer.socket.error)}")
        if isinstance(upper_layer.socket.error, TimeoutError):
            raise OperationEndedError(Result.TIMEOUT, f"{expected}: the peer accepts no more data")
        if upper_layer.connection_lost or isinstance(primitive, A_ABORT | A_P_ABORT):
            raise OperationEndedError(Result.CONNECTION_LOST, f"{expected}: connection closed")
        if established or upper_layer.is_alive():
            self.abort()
        raise OperationEndedError(Result.TIMEOUT, f"{expected} in time")


def _rejected(fields: tuple[int, int, int]) -> OperationEndedError:
    rejection = Rejection(*fields)
    detail = f"A-ASSOCIATE-RJ, result {rejection.result}, source {rejection.source}, reason {rejection.reason}"
    return OperationEndedError(Result.REJECTED, detail, rejection=rejection)
