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

from dicom_wire import AAssociateRQ, CommandSet, Message
from dicom_wire.command_values import Value

_SEVERAL = ("C-FIND-RSP", "C-GET-RSP", "C-MOVE-RSP")


class When(Enum):
    """The driver's position in an association."""

    CONNECTION = "connection"
    RECEIVED = "received"
    BEFORE = "before"
    AFTER = "after"
    READ = "read"
    """Bytes were read, however many PDUs they are: what slows the reading down is asked here."""
    LISTEN = "listen"
    """A connection could be accepted: what refuses it is asked here."""


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
    sender : str
        Whose PDU or message it is: `requestor` or `acceptor` of the association; empty where it is nobody's.
    request : AAssociateRQ or None
        What was proposed on the association, where it is known.
    """

    when: When
    name: str
    occurrence: int = 1
    response: int = 0
    message: Message | None = None
    requestor: bool = False
    transfer_syntax: str = ""
    sender: str = ""
    request: AAssociateRQ | None = None

    @property
    def is_final(self) -> bool:
        """Whether it is the last response to its request (PS3.7 9.1: only C-FIND, C-GET and C-MOVE have several)."""
        if self.message is None or not self.name.endswith("-RSP"):
            return False
        return self.name not in _SEVERAL or self.message.command.number("Status") not in (0xFF00, 0xFF01)

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


BEHIND_ALL = 1 << 31
"""More pending responses than any service has."""


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
        How many of the service's own pending responses go first (fewer, if it has fewer); `BEHIND_ALL`: all of them.
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


@dataclass(frozen=True, slots=True)
class ChangePDUAction:
    """Send the PDU about to be sent, or the first PDU of the message, with its bytes changed, by one after the other.

    Attributes
    ----------
    change : callable
        Takes the whole encoded PDU and returns what is sent in its place.
    """

    change: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class FragmentAction:
    """Cut the message about to be sent into PDUs in another way; of several, the last counts.

    Attributes
    ----------
    make : callable
        Takes the message and the receiver's maximum length in bytes (0 = unlimited) and returns encoded PDUs.
    """

    make: Callable[[Message, int], list[bytes]]


@dataclass(frozen=True, slots=True)
class PaceAction:
    """Write what is about to be sent, or go on reading, more slowly.

    Attributes
    ----------
    piece_bytes : int
        The bytes are written in pieces of so many; 0 = in one piece.
    pause_s : float
        The wait before each piece, in seconds.
    stall_after_bytes : int
        After so many bytes the writing stops for `stall_s` seconds.
    """

    piece_bytes: int = 0
    pause_s: float = 0.0
    stall_after_bytes: int = 0
    stall_s: float = 0.0

    def pieces(self, data: bytes) -> list[tuple[float, bytes]]:
        """Cut bytes into pieces, each with the wait before it, in seconds."""
        if self.stall_s:
            head, rest = data[: self.stall_after_bytes], data[self.stall_after_bytes :]
            return [(0.0, head), (self.stall_s, rest)] if head else [(self.stall_s, rest)]
        size = self.piece_bytes or len(data) or 1
        return [(self.pause_s, data[begin : begin + size]) for begin in range(0, len(data) or 1, size)]


@dataclass(frozen=True, slots=True)
class IgnoreAction:
    """Go on as if what was received had not come."""


@dataclass(frozen=True, slots=True)
class RefuseAction:
    """Accept no TCP connection while this is asked."""


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
    | ChangePDUAction
    | FragmentAction
    | PaceAction
    | IgnoreAction
    | RefuseAction
)
"""What the driver of an association is asked to do at a moment."""


@runtime_checkable
class Fault(Protocol):
    """What every fault offers: the one question that the driver asks."""

    def at(self, moment: Moment) -> Action | None:
        """Return what the driver is to do at this moment, or None to let it be."""
        ...
