"""What the faults in force do to one association: asked at each moment, and carried out there.

Invariants: without a fault nothing here costs anything; what a fault asks of the message itself is done by `say`.
"""

from __future__ import annotations

import abc
import threading
import time
from contextlib import suppress

from dicom_simulators.association.connection import Connection, ConnectionLostError, DeadlineError
from dicom_simulators.association.deadlines import Deadlines
from dicom_simulators.association.ends import AssociationEndedError, Closed, End
from dicom_simulators.faults import (
    AbortAction,
    Action,
    CloseAction,
    DelayAction,
    Delivery,
    InForce,
    Moment,
    PaceAction,
    ReleaseAction,
    ResetAction,
    SilenceAction,
    When,
    delivery_of,
    paced,
    prepared,
)
from dicom_wire import PDU, AAssociateAC, AAssociateRQ, Message, PDataTF, decode

CLOSE_WAIT_S = 1.0


class Misbehaving(abc.ABC):
    """The part of an upper layer that meets the faults in force.

    Parameters
    ----------
    faults : InForce
    stopping : threading.Event
    requestor : bool
        Which side of the association this is.
    """

    connection: Connection
    deadlines: Deadlines
    peer_maximum_length: int

    def __init__(self, faults: InForce, stopping: threading.Event, requestor: bool) -> None:
        self._faults = faults
        self._stopping = stopping
        self._requestor = requestor
        self.association_request: AAssociateRQ | None = None
        """What was proposed, once it is known."""

    @abc.abstractmethod
    def send(self, message: Message, delivery: Delivery) -> None:
        """Send a DIMSE message."""

    @abc.abstractmethod
    def write(self, buffers: list[bytes | memoryview]) -> None:
        """Write bytes."""

    @abc.abstractmethod
    def abort(self, source: int = 0, reason: int = 0, detail: str = "") -> End:
        """Abort the association."""

    @abc.abstractmethod
    def close(self, reset: bool = False, linger_s: float = 0.0) -> End:
        """End the TCP connection."""

    @abc.abstractmethod
    def release_unless_requested(self) -> End:
        """Release the association; if the peer has requested that before, only answer it."""

    def _asked(
        self, when: When, name: str, response: int = 0, message: Message | None = None, transfer_syntax: str = ""
    ) -> list[Action]:
        """Show a moment to the faults in force; give what they ask, and do nothing of it."""
        if not self._faults.any:
            return []
        is_requestors = self._requestor != (when in (When.RECEIVED, When.READ))
        return self._faults.actions(
            Moment(
                when,
                name,
                response=response,
                message=message,
                requestor=self._requestor,
                transfer_syntax=transfer_syntax,
                sender="" if when is When.CONNECTION else "requestor" if is_requestors else "acceptor",
                request=self.association_request,
            )
        )

    def meet(
        self, when: When, name: str, response: int = 0, message: Message | None = None, transfer_syntax: str = ""
    ) -> list[Action]:
        """Show a moment to the faults in force and do what they ask; return what is left for the caller to do.

        Raises
        ------
        AssociationEndedError
            A fault closed, reset, aborted, released or fell silent until the end.
        """
        left: list[Action] = []
        for action in self._asked(when, name, response, message, transfer_syntax):
            match action:
                case DelayAction(s=s):
                    self._stopping.wait(s)
                case CloseAction():  # what the peer says into the closed connection belongs into the trace
                    raise AssociationEndedError(self.close(linger_s=CLOSE_WAIT_S))
                case ResetAction():
                    raise AssociationEndedError(self.close(reset=True))
                case AbortAction(source=source, reason=reason):
                    raise AssociationEndedError(self.abort(source, reason, "fault"))
                case ReleaseAction():
                    raise AssociationEndedError(self.release_unless_requested())
                case SilenceAction():
                    self.stay_silent()
                case _:
                    left.append(action)
        return left

    def say(self, message: Message, name: str, response: int = 0, transfer_syntax: str = "") -> None:
        """Send a message, the faults before and after it met."""
        message, delivery = prepared(message, self.meet(When.BEFORE, name, response, message, transfer_syntax))
        for _ in range(delivery.times):
            self.send(message, delivery)
        self.meet(When.AFTER, name, response, message)

    def before(self, name: str) -> Delivery:
        """Meet the faults just before a PDU other than P-DATA-TF is sent; gives how it is sent."""
        return delivery_of(self.meet(When.BEFORE, name))

    def last_words(self, name: str) -> Delivery:
        """Ask the faults how a PDU is sent with which the association ends; only its bytes can be changed."""
        return delivery_of(self._asked(When.BEFORE, name))

    def deliver(self, raw: bytes, delivery: Delivery) -> None:
        """Write bytes at the pace that is asked for."""
        if not delivery.paces:
            self.write([raw])
            return
        for wait_s, piece in paced(raw, delivery.paces):
            if wait_s:
                self._stopping.wait(wait_s)
            if piece:
                self.write([piece])

    def send_one_by_one(self, message: Message, delivery: Delivery) -> None:
        """Send a message PDU by PDU, each of which the faults in force may see."""
        for raw in delivery.pdus(message, self.peer_maximum_length):
            asked = delivery_of(self.meet(When.BEFORE, PDataTF.NAME))
            self.deliver(asked.changed(raw), asked if asked.paces else delivery)

    def attempt(self, pdu: PDU, delivery: Delivery | None = None) -> None:
        """Send a PDU after which only the connection's end is awaited; reading will find out whether it went."""
        asked = self.last_words(pdu.NAME) if delivery is None else delivery
        with suppress(DeadlineError, ConnectionLostError):
            for wait_s, piece in paced(asked.encoded(pdu), asked.paces):
                if wait_s:
                    self._stopping.wait(wait_s)
                self.connection.write([piece], time.monotonic() + self.deadlines.artim_s)

    def pause_reading(self, count_bytes: int) -> None:
        """Wait after bytes were read, where faults slow that down."""
        for action in self._asked(When.READ, "bytes"):
            if isinstance(action, PaceAction) and action.piece_bytes:
                self._stopping.wait(count_bytes * action.pause_s / action.piece_bytes)

    def stay_silent(self) -> None:
        """Read and answer nothing until the peer ends the connection, or the simulator stops."""
        try:
            while not self._stopping.is_set():
                self.connection.read(time.monotonic() + self.deadlines.idle_s)
        except DeadlineError:
            raise AssociationEndedError(self.close()) from None
        except ConnectionLostError as lost:
            self.close()
            raise AssociationEndedError(Closed(lost.reset)) from None
        raise AssociationEndedError(self.close())


def announced(raw: bytes, own: int) -> int:
    """Give the maximum length that an A-ASSOCIATE-RQ or -AC announces as it is sent; without one there is no limit."""
    pdu = decode(raw).pdu
    return (pdu.maximum_length or 0) if isinstance(pdu, AAssociateRQ | AAssociateAC) else own
