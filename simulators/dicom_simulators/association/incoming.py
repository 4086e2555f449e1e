"""Bytes in; PDUs and whole DIMSE messages out: the receiving half of the association driver.

P-DATA-TF PDUs are the fast path: their fragments are views of what was read, joined once when the message is complete,
or copied into one buffer as they come where it is large; no PDU or PDV object is made for them. All other PDUs are
gathered whole and go through `dicom_wire.codec`. What cannot be read, or may not be (a PDU longer than we offered to
take, fragments out of order), comes out as one `Invalid`, after which nothing more is parsed: what follows is the
business of Table 9-10, and the trace has the bytes.

What is gathered is taken from a `Share` of the simulator's memory. A data set that finds no room there is dropped as it
comes, and its message comes out as `Oversized`; a command set that finds none, or is endless, is `Invalid`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from io import BytesIO

from dicom_simulators.association.memory import COMMAND_BYTES, FRAGMENT_BYTES, MESSAGE_BYTES, Budget, Share
from dicom_wire import (
    AAbort,
    AAssociateAC,
    AAssociateRJ,
    AAssociateRQ,
    AReleaseRP,
    AReleaseRQ,
    CommandSet,
    Message,
    Violation,
    decode,
    decode_command,
)

OTHER_PDU_LIMIT_BYTES = 1 << 20
LARGE_BYTES = 1 << 20
"""A data set of so many bytes is gathered in one buffer: its fragments and the whole would be there at once."""

# A-ABORT provider reasons, PS3.8 Table 9-26
UNRECOGNIZED_PDU = 1
UNEXPECTED_PDU = 2
INVALID_PARAMETER = 6

REFUSED_IN_REQUESTS = frozenset(
    {"context-id-even", "context-id-duplicate", "ae-title-blank", "item-missing", "item-overflow"}
)
"""Violations for which an A-ASSOCIATE-RQ is refused.

References
----------
PS3.8 9.3.2, Table 9-11: titles are not blank, no item is missing, items end with the PDU; 9.3.2.2: presentation context
IDs are odd; 7.1.1.13: each is used once
"""

_PDU_HEADER = struct.Struct(">BxL")
_PDV_HEADER = struct.Struct(">LBB")


class Mark(Enum):
    """Something between PDUs: a P-DATA-TF PDU begins (Table 9-10, Evt10)."""

    P_DATA = "P-DATA-TF"


@dataclass(frozen=True, slots=True)
class Invalid:
    """What came is no PDU, or one that we need not take (Table 9-10, Evt19); `reason` is for the A-ABORT PDU.

    Where it is `of_message`, the PDU is right and the DIMSE message is not: the service user aborts (PS3.8 7.3).
    """

    reason: int
    detail: str
    of_message: bool = False


@dataclass(frozen=True, slots=True)
class Oversized:
    """A message whose data set found no room: its command set is here, its data set was dropped."""

    message: Message
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ReleaseIndication:
    """The peer asked for release; answer it (`respond_release`) when nothing is left to be said."""

    collision: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseConfirmation:
    """The peer answered our release in a collision (AR-10); its own request is still to be answered."""


AssociationPDU = AAssociateRQ | AAssociateAC | AAssociateRJ | AReleaseRQ | AReleaseRP | AAbort
Item = AssociationPDU | Mark | Message | Oversized | Invalid

Indication = AAssociateRQ | AAssociateAC | Message | Oversized | ReleaseIndication | ReleaseConfirmation
"""What the upper layer tells its service user (PS3.8 section 7)."""


class Incoming:
    """Parses one direction of one association.

    Parameters
    ----------
    maximum_length : int
        The longest variable field of a P-DATA-TF PDU that we offered to take, in bytes; 0 = unlimited.
    share : Share, optional
        Of the memory in which messages are gathered; one of its own without it.
    lenient : bool
        Whether even and repeated presentation context IDs, and command sets without an element that the message must
        have, are taken.
    """

    def __init__(self, maximum_length: int, share: Share | None = None, lenient: bool = False) -> None:
        self.maximum_length = maximum_length
        self.share = share or Share(Budget())
        self.pdus_begun = 0
        self._lenient = lenient
        self._read_counted = False  # what was fed last is counted as part of the message
        self._message_bytes = 0  # counted of the message that is gathered
        self._command_bytes = 0  # of the command set that is gathered, and what its fragments count
        self._dropped_bytes: int | None = None  # of its data set, once that found no room
        self.accepted: Callable[[int], bool] = lambda context_id: True
        self._data = memoryview(b"")
        self._at = 0
        self._pdu_left = 0  # bytes of the current P-DATA-TF PDU still to come
        self._pdv_left = 0  # bytes of the current fragment still to come
        self._header = b""  # a header of which only a part has come
        self._gathered = bytearray()  # a PDU other than P-DATA-TF of which only a part has come
        self._flags = 0
        self._context_id = 0
        self._fragments: list[memoryview] = []
        self._large: BytesIO | None = None  # a large data set as far as it has come, in the place of its fragments
        self._command: CommandSet | None = None
        self._broken = False

    def feed(self, data: bytes) -> None:
        """Take what was read. Everything fed before must have been taken out by `next`."""
        self._data, self._at = memoryview(data), 0
        self._read_counted = False

    @property
    def amid_pdu(self) -> bool:
        """Whether a PDU has begun that is not yet complete."""
        return bool(self._pdu_left or self._header or self._gathered)

    @property
    def amid_message(self) -> bool:
        """Whether a message has begun that is not yet complete."""
        return bool(self._fragments or self._command is not None or self.amid_pdu)

    def next(self) -> Item | None:
        """Return the next item in what was fed, or None if more is needed."""
        while not self._broken and self._at < len(self._data):
            item = self._step_p_data() if self._pdu_left else self._step_pdu()
            if isinstance(item, Invalid):
                self._broken = True
            if item is not None:
                return item
        return None

    def _take_header(self, size: int) -> bytes | None:
        """Return a header of `size` bytes, or None if it is not all there yet."""
        piece = bytes(self._data[self._at : self._at + size - len(self._header)])
        self._at += len(piece)
        header = self._header + piece
        if len(header) < size:
            self._header = header
            return None
        self._header = b""
        return header

    def _step_pdu(self) -> Item | None:
        """Take a PDU header, and where it is not a P-DATA-TF PDU, the whole of it."""
        if self._gathered:
            return self._gather()
        if not self._header:
            self.pdus_begun += 1
        header = self._take_header(6)
        if header is None:
            return None
        pdu_type, length = _PDU_HEADER.unpack(header)
        if pdu_type == 4:
            if length < 6 or (self.maximum_length and length > self.maximum_length):
                return Invalid(
                    INVALID_PARAMETER,
                    f"P-DATA-TF of {length} bytes exceeds the announced maximum length {self.maximum_length}",
                )
            self._pdu_left = length
            return Mark.P_DATA
        if not 1 <= pdu_type <= 7:
            return Invalid(UNRECOGNIZED_PDU, f"PDU type {pdu_type:02X}H")
        if length > OTHER_PDU_LIMIT_BYTES:
            return Invalid(INVALID_PARAMETER, f"PDU of type {pdu_type:02X}H of {length} bytes")
        self._gathered += header
        return self._gather()

    def _gather(self) -> Item | None:
        """Take the rest of a PDU; decode it if it is all there."""
        total = 6 + _PDU_HEADER.unpack_from(self._gathered)[1]
        piece = self._data[self._at : self._at + total - len(self._gathered)]
        self._at += len(piece)
        self._gathered += piece
        if len(self._gathered) < total:
            return None
        raw, self._gathered = bytes(self._gathered), bytearray()
        decoded = decode(raw)
        if isinstance(decoded.pdu, AssociationPDU):
            return self._refusal(decoded.pdu, decoded.violations) or decoded.pdu
        named = decoded.violations[0].detail if decoded.violations else ""
        return Invalid(INVALID_PARAMETER, named or f"unreadable PDU of type {raw[0]:02X}H")

    def _refusal(self, pdu: AssociationPDU, violations: tuple[Violation, ...]) -> Invalid | None:
        """Refuse an A-ASSOCIATE-RQ that is malformed; a lenient acceptor takes whatever can be read."""
        if self._lenient or not isinstance(pdu, AAssociateRQ):
            return None
        found = next((one for one in violations if one.name in REFUSED_IN_REQUESTS), None)
        return None if found is None else Invalid(INVALID_PARAMETER, f"{found.name} ({found.clause}): {found.detail}")

    def _step_p_data(self) -> Item | None:
        """Take the rest of a fragment, or a PDV header and its fragment, as far as it has come."""
        if not self._pdv_left:
            header = self._take_header(6)
            if header is None:
                return None
            problem = self._open_pdv(*_PDV_HEADER.unpack(header))
            if problem is not None:
                return problem
        start = self._at
        end = min(start + self._pdv_left, len(self._data))
        if end > start:
            problem = self._keep(self._data[start:end])
            if problem is not None:
                return problem
            taken = end - start
            self._at = end
            self._pdv_left -= taken
            self._pdu_left -= taken
        if self._pdv_left:
            return None
        return self._complete() if self._flags & 2 else None

    def _keep(self, piece: memoryview) -> Invalid | None:
        """Keep a piece of a fragment if there is room for it; it keeps all that was read with it alive."""
        if self._dropped_bytes is not None:
            self._dropped_bytes += len(piece)
            return None
        size = FRAGMENT_BYTES + (0 if self._read_counted else len(self._data))
        in_command = self._command is None
        own = self._command_bytes + FRAGMENT_BYTES + len(piece) if in_command else 0
        if own <= COMMAND_BYTES and self.share.take(size):
            self._command_bytes = own
            self._message_bytes += size
            self._read_counted = True
            self._add(piece)
            return None
        self.share.budget.count_refusal()
        if in_command:
            return Invalid(0, f"no room for a command set of more than {self._command_bytes:,} bytes", of_message=True)
        self._dropped_bytes = len(piece) + len(self._taken_out())
        self._settle(0)
        return None

    def _add(self, piece: memoryview) -> None:
        if self._large is not None:
            self._large.write(piece)
            return
        self._fragments.append(piece)
        if self._command is not None and self._message_bytes >= LARGE_BYTES:
            self._large = BytesIO()
            self._large.writelines(self._fragments)
            self._fragments = []

    def _taken_out(self) -> bytes:
        """Give away what was gathered of a command or data set."""
        large, fragments, self._large, self._fragments = self._large, self._fragments, None, []
        return b"".join(fragments) if large is None else large.getvalue()

    def _settle(self, size_bytes: int) -> None:
        """Let a message count so many bytes, in the place of the pieces of which it was made."""
        self.share.give_back(self._message_bytes - size_bytes)
        self._message_bytes = 0
        self._read_counted = False

    def _open_pdv(self, length: int, context_id: int, flags: int) -> Invalid | None:
        if length < 2 or length + 4 > self._pdu_left:
            return Invalid(INVALID_PARAMETER, f"PDV item of {length} bytes, but {self._pdu_left - 4} are left")
        if not self.accepted(context_id):
            return Invalid(INVALID_PARAMETER, f"PDV in presentation context {context_id}, which was not accepted")
        if self._fragments or self._command is not None:
            if context_id != self._context_id:
                return Invalid(INVALID_PARAMETER, "fragments of two presentation contexts interleaved")
            expected_command = self._command is None
        else:
            expected_command = True
        if bool(flags & 1) != expected_command:
            return Invalid(
                INVALID_PARAMETER,
                "data set fragment before the command"
                if expected_command
                else "command fragment instead of a data set",
            )
        self._context_id, self._flags = context_id, flags
        self._pdv_left = length - 2
        self._pdu_left -= 6
        if 0 < self._pdu_left - self._pdv_left < 6:
            return Invalid(INVALID_PARAMETER, "bytes after the last PDV item")
        return None

    def _complete(self) -> Item | None:
        """The last fragment of a command or data set is here."""
        whole = self._taken_out()
        self._command_bytes = 0
        if self._flags & 1:
            return self._complete_command(whole)
        command_set, self._command = self._command, None
        if command_set is None:
            return Invalid(INVALID_PARAMETER, "data set without a command")
        dropped, self._dropped_bytes = self._dropped_bytes, None
        message = Message(self._context_id, command_set, whole if dropped is None else b"")
        self._settle(counted_bytes(message))
        return message if dropped is None else Oversized(message, dropped)

    def _complete_command(self, whole: bytes) -> Item | None:
        command, violations = decode_command(whole)
        missing = _missing(command, violations)
        if missing and not command.is_response and not self._lenient:
            return Invalid(0, f"{', '.join(missing)} (PS3.7 9.3, 10.3)", of_message=True)
        if command.has_data_set:
            self._command = command
            return None
        message = Message(self._context_id, command, None)
        self._settle(counted_bytes(message))
        return message


def _missing(command: CommandSet, violations: tuple[Violation, ...]) -> list[str]:
    """Say what a request lacks, so that it cannot be answered.

    A Move Destination without a value can be answered: there is no such destination (PS3.4 Table C.4-2, A801).
    """
    found = [one.detail for one in violations if one.name == "command-element-missing"]
    return [one for one in found if not ("MoveDestination" in command and one.endswith(" MoveDestination"))]


def counted_bytes(message: Message) -> int:
    """Return what a message that waits counts against the memory."""
    return MESSAGE_BYTES + len(message.data_set or b"")
