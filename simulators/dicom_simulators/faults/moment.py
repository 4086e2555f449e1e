"""What a fault sees and what it may ask for: the moments of an association, and the actions of its driver.

The driver stops at each moment (a connection made, a PDU or DIMSE message received, a response about to be
sent or just sent), shows it to the faults in force, and carries out what they ask, in their order. A fault
never touches a socket; it only answers with an action. So a fault is tested without one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable

from dicom_wire import CommandSet, Message
from dicom_wire.command_values import Value


class When(Enum):
    """The driver's position in an association."""

    CONNECTION = "connection"
    RECEIVED = "received"
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Moment:
    """One point of an association at which a fault may act.

    Attributes
    ----------
    when : When
        A connection was made; something was received; a message is about to be, or was just, sent.
    name : str
        The PDU ("A-ASSOCIATE-RQ") or DIMSE message ("C-FIND-RSP") in question; "connection" at a connection.
    occurrence : int
        How many moments of this `when` and `name` there were since the fault came in force, this one
        included; counted over all associations of the simulator.
    response : int
        For a response, its number among those to one request, from 1; else 0.
    message : Message or None
        The DIMSE message in question.
    requestor : bool
        Whether the simulator is the requestor of the association.
    transfer_syntax : str
        Of the message's presentation context, where it is known.
    """

    when: When
    name: str
    occurrence: int = 1
    response: int = 0
    message: Message | None = None
    requestor: bool = False
    transfer_syntax: str = ""

    @property
    def sop_class(self) -> str:
        """The SOP Class that the message names, affected or requested; empty where it names none."""
        if self.message is None:
            return ""
        command = self.message.command
        named = command.text("AffectedSOPClassUID") or command.text("RequestedSOPClassUID") or ""
        return named.strip(" \0")


@dataclass(frozen=True, slots=True)
class DelayAction:
    """Wait, then go on as if nothing had been asked."""

    s: float


@dataclass(frozen=True, slots=True)
class CloseAction:
    """Close the TCP connection (FIN) without a word."""


@dataclass(frozen=True, slots=True)
class ResetAction:
    """Reset the TCP connection (RST)."""


@dataclass(frozen=True, slots=True)
class AbortAction:
    """Send an A-ABORT PDU with this source and reason (PS3.8 9.3.8)."""

    source: int
    reason: int


@dataclass(frozen=True, slots=True)
class ReleaseAction:
    """Release the association (PS3.8 7.2); if the peer has requested that before, only answer it."""


@dataclass(frozen=True, slots=True)
class RejectAction:
    """Answer an A-ASSOCIATE-RQ with an A-ASSOCIATE-RJ PDU (PS3.8 9.3.4); elsewhere it does nothing."""

    result: int
    source: int
    reason: int


@dataclass(frozen=True, slots=True)
class SilenceAction:
    """Say nothing more on this association; read on until the peer, or the simulator's stop, ends it."""


@dataclass(frozen=True, slots=True)
class RespondAction:
    """Answer the request at hand with this status, whatever the service would say.

    Attributes
    ----------
    status : int
    elements : tuple of (keyword, value)
        Further command elements, by keyword.
    data_set : callable or None
        Makes the data set of the response, in the transfer syntax that it is given; in the place of the service's own.
    after_pending : int
        How many of the service's own pending responses go first (fewer, if it has fewer).
    goes_on : bool
        Change the status of that one response only, keep its data set, and go on with the service's responses.
    """

    status: int
    elements: tuple[tuple[str, Value], ...] = ()
    after_pending: int = 0
    goes_on: bool = False
    data_set: Callable[[str], bytes] | None = None


@dataclass(frozen=True, slots=True)
class ReplaceAction:
    """Send this command set in the place of the one about to be sent, with the same data set."""

    command: CommandSet


@dataclass(frozen=True, slots=True)
class ChangeDataSetAction:
    """Send the message about to be sent with its data set changed; several changes follow each other."""

    change: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class RepeatAction:
    """Send the message about to be sent this many times more."""

    times: int


Action = (
    DelayAction
    | CloseAction
    | ResetAction
    | AbortAction
    | ReleaseAction
    | RejectAction
    | SilenceAction
    | RespondAction
    | ReplaceAction
    | ChangeDataSetAction
    | RepeatAction
)
"""What the driver of an association is asked to do at a moment."""


@runtime_checkable
class Fault(Protocol):
    """What every fault offers: the one question that the driver asks."""

    def at(self, moment: Moment) -> Action | None:
        """Return what the driver is to do at this moment, or None to let it be."""
        ...
