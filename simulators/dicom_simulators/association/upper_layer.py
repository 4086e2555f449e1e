"""The upper layer of one association, run by Table 9-10 of PS3.8: events in, the table's actions carried out.

One thread owns an association and calls everything here. Each PDU that comes, each request of the service user and the
end of the connection is an event for `dicom_wire.state.StateMachine`, whose action alone is carried out. Every wait has
a deadline. The association's end leaves by `AssociationEndedError`; the state is then Sta1 and the connection closed.
The faults in force are asked and carried out here, by `misbehaviour`, so that every simulator has every fault.
"""

from __future__ import annotations

import socket
import threading
import time

from dicom_simulators.association.connection import WRITE_BYTES, Connection, ConnectionLostError, DeadlineError
from dicom_simulators.association.deadlines import Deadlines, Patience
from dicom_simulators.association.ends import Aborted, AssociationEndedError, Closed, End, Rejected, Released, TimedOut
from dicom_simulators.association.incoming import (
    UNEXPECTED_PDU,
    Incoming,
    Indication,
    Invalid,
    Mark,
    Oversized,
    ReleaseConfirmation,
    ReleaseIndication,
    counted_bytes,
)
from dicom_simulators.association.incoming import Item as IncomingItem
from dicom_simulators.association.memory import Share
from dicom_simulators.association.misbehaviour import CLOSE_WAIT_S, Misbehaving, announced
from dicom_simulators.faults import PLAIN, Delivery, InForce
from dicom_wire import (
    PDU,
    AAbort,
    AAssociateAC,
    AAssociateRJ,
    AAssociateRQ,
    AReleaseRP,
    AReleaseRQ,
    Message,
    decode,
    fragment_buffers,
)
from dicom_wire.state import Action as Do
from dicom_wire.state import Event, State, StateMachine, event_of

MOST_AT_ONCE = 64
"""Reads, or messages, in one look at what has come: a peer that never stops sending does not keep us from our work."""


class UpperLayer(Misbehaving):
    """One side of one association.

    Parameters
    ----------
    connection : Connection
    maximum_length : int
        What we offer to take, in bytes; 0 = unlimited. What the peer takes is `peer_maximum_length`.
    deadlines : Deadlines
    faults : InForce
    stopping : threading.Event
    share : Share, optional
        Of the memory that messages may take; the caller closes it when the association has ended.
    lenient : bool
        As for `Incoming`.
    """

    def __init__(
        self,
        connection: Connection,
        maximum_length: int,
        deadlines: Deadlines,
        faults: InForce,
        stopping: threading.Event,
        requestor: bool,
        share: Share | None = None,
        lenient: bool = False,
    ) -> None:
        self.connection = connection
        self.deadlines = deadlines
        self.peer_maximum_length = 0
        self.incoming = Incoming(maximum_length, share, lenient)
        self._patience = Patience(deadlines.write_s)
        super().__init__(faults, stopping, requestor)
        self._machine = StateMachine()
        self._artim: float | None = None
        self._end: End | None = None  # decided, while the connection is still to close
        self._machine.on(Event.Evt1 if requestor else Event.Evt5)
        if requestor:
            self._machine.on(Event.Evt2)  # AE-2: the caller sends its request by `request_association`
        else:
            self._start_artim()

    # -- where it stands ------------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """The state of Table 9-10."""
        return self._machine.state

    @property
    def established(self) -> bool:
        """Whether DIMSE messages may be sent (Sta6, or Sta8 while the peer waits for release)."""
        return self._machine.state in (State.Sta6, State.Sta8)

    # -- what the service user asks for ---------------------------------------------------------------------------

    def request_association(self, request: AAssociateRQ) -> None:
        """Send the A-ASSOCIATE-RQ PDU (AE-2)."""
        delivery = self.before(request.NAME)
        raw, self.association_request = delivery.encoded(request), request
        self.incoming.maximum_length = announced(raw, self.incoming.maximum_length)
        self.deliver(raw, delivery)

    def accept(self, acceptance: AAssociateAC) -> AAssociateAC:
        """Send the A-ASSOCIATE-AC PDU (Evt7); gives it as it was sent, where it still is one."""
        delivery = self.before(acceptance.NAME)
        self._machine.on(Event.Evt7)
        raw = delivery.encoded(acceptance)
        self.deliver(raw, delivery)
        if delivery.is_plain:
            return acceptance
        self.incoming.maximum_length = announced(raw, self.incoming.maximum_length)
        sent = decode(raw).pdu
        return sent if isinstance(sent, AAssociateAC) else acceptance

    def reject(self, rejection: AAssociateRJ) -> End:
        """Send the A-ASSOCIATE-RJ PDU (Evt8) and wait for the connection to close."""
        delivery = self.before(rejection.NAME)
        self._machine.on(Event.Evt8)
        end = Rejected(rejection.result, rejection.source, rejection.reason, by_us=True)
        return self._send_last(rejection, end, delivery)

    def send(self, message: Message, delivery: Delivery = PLAIN) -> None:
        """Send a DIMSE message, in PDUs no longer than the peer takes unless it is to be delivered otherwise."""
        if not self.established:
            raise AssociationEndedError(self._end or Closed(by_us=True))
        self._machine.on(Event.Evt9)
        if self._faults.any:
            self.send_one_by_one(message, delivery)
        else:
            self._send_at_once(message)

    def _send_at_once(self, message: Message) -> None:
        buffers = fragment_buffers(message, self.peer_maximum_length)
        portion: list[bytes | memoryview] = []
        size = 0
        for buffer in buffers:
            portion.append(buffer)
            size += len(buffer)
            if size >= WRITE_BYTES:
                self.write(portion)
                portion, size = [], 0
        if portion:
            self.write(portion)

    def request_release(self, delivery: Delivery = PLAIN) -> None:
        """Send the A-RELEASE-RQ PDU (Evt11)."""
        self._machine.on(Event.Evt11)
        self.deliver(delivery.encoded(AReleaseRQ()), delivery)

    def respond_release(self) -> End | None:
        """Send the A-RELEASE-RP PDU (Evt14); return the end, or None in a collision, where we still await ours."""
        delivery = self.before(AReleaseRP.NAME)
        action = self._machine.on(Event.Evt14)
        if action is Do.AR_9:
            self.deliver(delivery.encoded(AReleaseRP()), delivery)
            return None
        return self._send_last(AReleaseRP(), self._end or Released(by_us=False), delivery)

    def release(self, delivery: Delivery = PLAIN) -> End:
        """Release the association; where both sides ask, the acceptor is answered first (Table 9-10, AR-8)."""
        self.request_release(delivery)
        until = time.monotonic() + self.deadlines.release_s
        while True:
            indication = self.receive_until(until, "A-RELEASE-RP")
            if isinstance(indication, ReleaseConfirmation):
                return self.respond_release() or Released(by_us=True)

    def release_unless_requested(self) -> End:
        """Release the association; if the peer has requested that before, only answer it."""
        while (indication := self.pending_indication()) is not None:
            if isinstance(indication, ReleaseIndication):
                return self.respond_release() or Released(by_us=False)
        if self.state is State.Sta8:  # it is being answered
            self._machine.on(Event.Evt14)
            return self._send_last(AReleaseRP(), Released(by_us=False), PLAIN)
        return self.release()

    def abort(self, source: int = 0, reason: int = 0, detail: str = "") -> End:
        """Send an A-ABORT PDU (Evt15) with any source and reason, and wait for the connection to close."""
        end = Aborted(source, reason, by_us=True, detail=detail)
        if self.state is State.Sta1:
            return self._end or end
        if self._machine.permits(Event.Evt15):
            self._machine.on(Event.Evt15)
        return self._send_last(AAbort(source, reason), end)

    def close(self, reset: bool = False, linger_s: float = 0.0) -> End:
        """End the TCP connection, by FIN or by RST, whatever the state; after FIN, listen on for `linger_s` at most."""
        if self.state is not State.Sta1:
            if reset:
                self.connection.reset()
            else:
                self.connection.close(linger_s)
            if self._machine.permits(Event.Evt17):
                self._machine.on(Event.Evt17)
        return Closed(reset, by_us=True)

    # -- what the peer says ---------------------------------------------------------------------------------------

    def receive(self, wait_s: float, waiting_for: str) -> Indication:
        """Return the next indication.

        Raises
        ------
        AssociationEndedError
            Rejected, aborted, released, closed; or `TimedOut`, after which the caller decides what to do.
        """
        return self.receive_until(time.monotonic() + wait_s, waiting_for)

    def receive_until(self, deadline: float, waiting_for: str) -> Indication:
        """Return the next indication; as `receive`, but until a time on the clock of `time.monotonic`.

        What came in time is taken. Who calls this in a loop gives one deadline, which holds however much comes.
        """
        while (indication := self._next_indication()) is None:
            self._read(deadline, waiting_for)
        return indication

    def receive_or_wake(self, waker: socket.socket, deadline: float) -> Indication | None:
        """Return the next indication, or None where `waker` can be read, or the deadline is past, between messages.

        Raises
        ------
        AssociationEndedError
        """
        whole_by: float | None = None  # a message that has begun is read to its end, which must come
        while (indication := self._next_indication()) is None:
            if not self.incoming.amid_message and not self.connection.await_either(waker, deadline):
                return None
            whole_by = whole_by or time.monotonic() + self.deadlines.idle_s
            self._read(whole_by, "the rest of a message")
        return indication

    def pending_indication(self) -> Indication | None:
        """Return an indication if one has come, without waiting.

        Raises
        ------
        AssociationEndedError
        """
        for _ in range(MOST_AT_ONCE):
            if (indication := self._next_indication()) is not None or not self.connection.readable():
                return indication
            self._read(time.monotonic() + self.deadlines.write_s, "the rest of a PDU")
        return self._next_indication()

    def settle(self, received: Message | Oversized) -> None:
        """Give back what a message that was taken counted."""
        message = received.message if isinstance(received, Oversized) else received
        self.incoming.share.give_back(counted_bytes(message))

    def _next_indication(self) -> Indication | None:
        """Return the first indication of what has been read; None where more has to be read."""
        while (item := self.incoming.next()) is not None:
            indication = self._take(item)
            if indication is not None:
                return indication
        return None

    def _read(self, deadline: float, waiting_for: str) -> None:
        artim, incoming = self._artim, self.incoming
        begun = (incoming.pdus_begun, incoming.amid_pdu, incoming.amid_message)
        rest, name = self._patience.until(time.monotonic(), *begun)
        if rest < deadline:
            deadline, waiting_for = rest, name
        try:
            data = self.connection.read(deadline if artim is None else min(deadline, artim))
            self.pause_reading(len(data))
            self.incoming.feed(data)
        except DeadlineError:
            if artim is None or time.monotonic() < artim:
                raise AssociationEndedError(TimedOut(waiting_for)) from None
            self._event(Event.Evt18, None)
        except ConnectionLostError as lost:
            self._event(Event.Evt17, lost)

    def _take(self, item: IncomingItem) -> Indication | None:
        """Carry out what the table says of this item."""
        if isinstance(item, Message | Oversized):
            if self.state in (State.Sta6, State.Sta7):
                return item
            self.settle(item)
            return None
        if isinstance(item, Mark):
            if self.state is not State.Sta6:
                self._event(Event.Evt10, None)
            return None
        if isinstance(item, Invalid):
            if item.of_message and self.state in (State.Sta6, State.Sta7):
                raise AssociationEndedError(self.abort(0, item.reason, item.detail))
            self._event(Event.Evt19, item)
            return None
        return self._event(event_of(item), item)

    def _event(self, event: Event, cause: IncomingItem | ConnectionLostError | None) -> Indication | None:
        """Tell the state machine; carry out its action.

        Raises
        ------
        AssociationEndedError
        """
        acceptable = not isinstance(cause, AAssociateRQ) or bool(cause.protocol_version & 1)
        awaiting = self.state
        action = self._machine.on(event, acceptable=acceptable)
        match action:
            case Do.AE_3 | Do.AE_6 if isinstance(cause, AAssociateRQ | AAssociateAC):
                self._artim = None
                if acceptable:
                    return cause
                # PS3.8 9.3.4: rejected-permanent, service-provider (ACSE), protocol-version-not-supported
                raise AssociationEndedError(self._send_last(AAssociateRJ(1, 2, 2), Rejected(1, 2, 2, by_us=True)))
            case Do.AE_4 if isinstance(cause, AAssociateRJ):
                self._finish(Rejected(cause.result, cause.source, cause.reason))
            case Do.AR_2:
                return ReleaseIndication()
            case Do.AR_8:
                return ReleaseIndication(collision=True)
            case Do.AR_10:
                self._end = Released(by_us=True)
                return ReleaseConfirmation()
            case Do.AR_3:
                self._finish(Released(by_us=True))
            case Do.AA_1:
                reason = cause.detail if isinstance(cause, Invalid) else f"{event.value} in {awaiting.value}"
                raise AssociationEndedError(self._send_last(AAbort(0, 0), Aborted(0, 0, by_us=True, detail=reason)))
            case Do.AA_3 if isinstance(cause, AAbort):
                self._finish(Aborted(cause.source, cause.reason))
            case Do.AA_2 | Do.AA_5 | Do.AR_5 | Do.AA_3 | Do.AA_4:
                self._finish(self._end or self._closing(event, cause))
            case Do.AA_7:
                self.attempt(AAbort(2, UNEXPECTED_PDU))
            case Do.AA_8:
                raise AssociationEndedError(self._abort_as_provider(event, awaiting, cause))
            case _:
                pass  # DT-2 and AR-6 are indicated by the message when it is complete; AA-6 ignores
        return None

    def _closing(self, event: Event, cause: IncomingItem | ConnectionLostError | None) -> End:
        if isinstance(cause, AAbort):
            return Aborted(cause.source, cause.reason)
        if event is Event.Evt18:
            return TimedOut("ARTIM")
        return Closed(isinstance(cause, ConnectionLostError) and cause.reset)

    def _abort_as_provider(self, event: Event, awaiting: State, cause: object) -> End:
        reason, detail = UNEXPECTED_PDU, f"{event.value} in {awaiting.value}"
        if isinstance(cause, Invalid):
            reason, detail = cause.reason, cause.detail
        return self._send_last(AAbort(2, reason), Aborted(2, reason, by_us=True, detail=detail))

    def _finish(self, end: End) -> None:
        self._artim = None
        self.connection.close()
        raise AssociationEndedError(end)

    # -- sending --------------------------------------------------------------------------------------------------

    def write(self, buffers: list[bytes | memoryview]) -> None:
        """Write bytes."""
        try:
            self.connection.write(buffers, time.monotonic() + self.deadlines.write_s)
        except DeadlineError:
            raise AssociationEndedError(TimedOut("the peer to read")) from None
        except ConnectionLostError:
            self._hear_last_words()

    def _hear_last_words(self) -> None:
        """A write failed: what the peer said before it closed may say why."""
        until = time.monotonic() + CLOSE_WAIT_S
        while True:
            self.receive_until(until, "the connection to close")

    def _send_last(self, pdu: PDU, end: End, delivery: Delivery | None = None) -> End:
        """Send the PDU after which only the connection's close is awaited (Sta13), until ARTIM; return the end."""
        self._end = end
        self.attempt(pdu, delivery)
        self._start_artim()
        until = time.monotonic() + self.deadlines.artim_s + 1.0
        try:
            while True:
                self.receive_until(until, "the connection to close")
        except AssociationEndedError:
            self.connection.close()
        return end

    def _start_artim(self) -> None:
        self._artim = time.monotonic() + self.deadlines.artim_s
