"""What passes on one connection, decoded as it passes, and kept no longer than it is needed.

Invariants: nothing raises on what a peer sends; memory is bounded whatever is sent. Of a data set only its length is
kept, or its bytes where it is to be judged and is not too long. A PDU beyond `LONGEST_PDU_BYTES` is counted and passed
over; what follows it is still told, but no longer judged (`blind`). Of a connection in TLS only its end is told.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from dicom_conformance.judge import Breach, Standing
from dicom_conformance.trace import Context, Conversation, SeenMessage, SeenPDU, View
from dicom_wire import PDV, Assembler, Connection, Kind, PDataTF, Side, Sighting, decode, walk_pdvs, whole_pdus
from dicom_wire.pdu import AAssociateAC, AAssociateRQ
from dicom_wire.pdu_reader import PDU_HEADER_BYTES, PDV_HEADER_BYTES

LONGEST_PDU_BYTES = 1 << 24
LONGEST_JUDGED_BYTES = 1 << 24
"""Of a data set that is read to its end."""
LONGEST_COMMAND_BYTES = 1 << 20
MOST_VIOLATIONS = 100
P_DATA_TF = 0x04
TLS_HANDSHAKE = b"\x16\x03"
"""What a connection in TLS begins with; no PDU has this type."""
_KNOWN_BITS = 0x03
_PDV = struct.Struct(">LBB")


@dataclass(frozen=True, slots=True)
class Passed:
    """A DIMSE message that passed; `data_set_bytes` is the length of its data set, None where it has none."""

    message: SeenMessage
    data_set_bytes: int | None

    @property
    def t_ns(self) -> int:
        """When it was whole."""
        return self.message.t_ns


@dataclass(frozen=True, slots=True)
class Ended:
    """One side ended the connection."""

    t_ns: int
    side: Side
    kind: Kind


@dataclass(frozen=True, slots=True)
class Overlong:
    """A PDU that was not looked into."""

    t_ns: int
    side: Side
    length: int


@dataclass(frozen=True, slots=True)
class Encrypted:
    """A connection in TLS, of which nothing can be looked into."""

    t_ns: int
    side: Side


@dataclass(frozen=True, slots=True)
class Negotiated:
    """The presentation contexts of an association that was accepted."""

    t_ns: int
    contexts: tuple[Context, ...]


Event = SeenPDU | Negotiated | Passed | Ended | Overlong | Encrypted | Breach
"""What a watch tells: PDUs other than P-DATA-TF, messages, ends, and what broke a rule."""


class _Direction:
    """What one side sends."""

    __slots__ = ("assembler", "data_bytes", "skip_bytes", "unread")

    def __init__(self) -> None:
        self.assembler = Assembler(limit_bytes=LONGEST_JUDGED_BYTES + LONGEST_COMMAND_BYTES)
        self.unread = bytearray()
        self.skip_bytes = 0
        self.data_bytes = 0

    @property
    def needed(self) -> int:
        """How long the PDU is that has begun, in bytes; that of a header while not even this is there."""
        if len(self.unread) < PDU_HEADER_BYTES:
            return PDU_HEADER_BYTES
        return PDU_HEADER_BYTES + int.from_bytes(self.unread[2:PDU_HEADER_BYTES], "big")

    @property
    def is_whole(self) -> bool:
        """Whether the PDU that has begun is complete."""
        return len(self.unread) >= PDU_HEADER_BYTES and len(self.unread) == self.needed

    def gather(self, data: bytes) -> int:
        """Take from the begin of `data` what belongs to the PDU that has begun; return how many bytes these are."""
        taken = min(self.skip_bytes, len(data))
        self.skip_bytes -= taken
        while self.unread and not self.is_whole and taken < len(data) and self.needed <= LONGEST_PDU_BYTES:
            more = data[taken : taken + self.needed - len(self.unread)]
            self.unread += more
            taken += len(more)
        return taken


class Watch:
    """Looks at one connection.

    Parameters
    ----------
    connection : Connection
    judge : bool
        Whether the standing rules are applied.
    """

    def __init__(self, connection: Connection, judge: bool = False) -> None:
        self.connection = connection
        self.blind = not judge
        self.is_encrypted = False
        self._has_begun = False
        self._standing = Standing()
        self._directions = {side: _Direction() for side in Side}
        self._contexts: dict[int, Context] = {}
        self._negotiation: list[Sighting] = []
        self._number = 0

    @property
    def held_bytes(self) -> int:
        """How many bytes are kept of what is not complete."""
        return sum(len(each.unread) + min(each.data_bytes, LONGEST_JUDGED_BYTES) for each in self._directions.values())

    def take(self, side: Side, t_ns: int, data: bytes) -> Iterator[Event]:
        """Take bytes of one side."""
        direction = self._directions[side]
        if self.is_encrypted:
            return
        if not self._has_begun:
            first = (bytes(direction.unread[:1]) + data)[: len(TLS_HANDSHAKE)]
            self._has_begun = len(first) == len(TLS_HANDSHAKE)
            if first == TLS_HANDSHAKE:
                self.is_encrypted = self.blind = True
                yield Encrypted(t_ns, side)
                return
        taken = direction.gather(data)
        if direction.is_whole:
            raw = bytes(direction.unread)
            direction.unread.clear()
            yield from self._whole(side, direction, t_ns, raw, [(raw[0], 0, len(raw))])
        if not direction.unread:
            pdus, _ = whole_pdus(data, taken)
            yield from self._whole(side, direction, t_ns, data, pdus)
            direction.unread += memoryview(data)[pdus[-1][2] if pdus else taken :]
            taken = len(data)
        if direction.needed > LONGEST_PDU_BYTES:
            length = direction.needed
            direction.skip_bytes = length - len(direction.unread)
            direction.unread.clear()
            self.blind = True
            yield Overlong(t_ns, side, length)
            yield from self.take(side, t_ns, data[taken:])

    def _whole(
        self, side: Side, direction: _Direction, t_ns: int, buffer: bytes, pdus: Iterable[tuple[int, int, int]]
    ) -> Iterator[Event]:
        """Take PDUs that are whole: type, begin and end of each."""
        for kind, begin, end in pdus:
            if kind != P_DATA_TF:
                yield from self._pdu(side, direction, t_ns, buffer[begin:end])
            elif not self._continues(side, direction, t_ns, buffer, begin, end):
                yield from self._data(side, direction, t_ns, buffer, begin, end)

    def end(self, side: Side, t_ns: int, kind: Kind) -> Iterator[Event]:
        """Take the end of the connection by one side."""
        yield Ended(t_ns, side, kind)
        if not self.blind:
            yield from self._standing.end(side, kind, t_ns)

    # -- P-DATA-TF ------------------------------------------------------------------------------------------------

    def _continues(self, side: Side, direction: _Direction, t_ns: int, buffer: bytes, begin: int, end: int) -> bool:
        """Take a P-DATA-TF if it only continues a data set and breaks no rule; return whether it was taken.

        Nearly all PDUs of a large instance are such, so that no PDU is built for them.
        """
        size = end - begin - PDU_HEADER_BYTES - PDV_HEADER_BYTES
        if size <= 0:
            return False
        length, context_id, control = _PDV.unpack_from(buffer, begin + PDU_HEADER_BYTES)
        if control or length != size + 2 or size & 1 or not context_id & 1:
            return False
        if not direction.assembler.continues(context_id):
            return False
        if not (self.blind or self._standing.plain_data(side, t_ns, end - begin - PDU_HEADER_BYTES, context_id)):
            return False
        self._number += 1
        if self._is_kept(direction, size):
            direction.assembler.feed_middle(buffer[end - size : end])
        direction.data_bytes += size
        return True

    def _data(
        self, side: Side, direction: _Direction, t_ns: int, buffer: bytes, begin: int, end: int
    ) -> Iterator[Event]:
        """Take a P-DATA-TF; one that is well-formed is not decoded further."""
        try:
            pdvs = walk_pdvs(buffer, begin, end)
        except ValueError:
            pdvs = []
        if any(control & ~_KNOWN_BITS or not context & 1 or (to - at) & 1 for context, control, at, to in pdvs):
            pdvs = []
        if not pdvs:
            yield from self._pdu(side, direction, t_ns, bytes(buffer[begin:end]))
            return
        self._number += 1
        if not self.blind:
            yield from self._standing.data(side, t_ns, end - begin - 6, [context for context, *_ in pdvs])
        fragments = []
        with memoryview(buffer) as view:
            for context, control, at, to in pdvs:
                is_command = bool(control & 1)
                data = view[at:to] if is_command or self._is_kept(direction, to - at) else b""
                direction.data_bytes += 0 if is_command else to - at
                fragments.append(PDV(context, is_command, bool(control & 2), bytes(data)))
        yield from self._fragments(side, direction, t_ns, PDataTF(tuple(fragments)))

    def _is_kept(self, direction: _Direction, more: int) -> bool:
        return not self.blind and direction.data_bytes + more <= LONGEST_JUDGED_BYTES

    def _fragments(self, side: Side, direction: _Direction, t_ns: int, pdu: PDataTF) -> Iterator[Event]:
        assembler = direction.assembler
        complete = assembler.feed(pdu)
        wrong = tuple(assembler.violations[:MOST_VIOLATIONS])
        assembler.violations.clear()
        length, direction.data_bytes = direction.data_bytes, 0 if complete else direction.data_bytes
        for message in complete:
            there = message.data_set is not None
            whole = there and not self.blind and length <= LONGEST_JUDGED_BYTES
            context = self._contexts.get(message.context_id)
            seen = SeenMessage(
                t_ns,
                self._name(side),
                side,
                message.context_id,
                message.command,
                message.data_set if whole else None,
                context.transfer_syntax if context else None,
                context.abstract_syntax if context else None,
                wrong,
                self._number - 1,
            )
            wrong = ()
            yield Passed(seen, length if there else None)
            if not self.blind:
                yield from self._standing.message(seen)
        if wrong and not self.blind:
            yield from self._standing.violations(side, PDataTF.NAME, wrong)

    # -- other PDUs -----------------------------------------------------------------------------------------------

    def _pdu(self, side: Side, direction: _Direction, t_ns: int, raw: bytes) -> Iterator[Event]:
        self._number += 1
        decoded = decode(raw)
        seen = SeenPDU(t_ns, self._name(side), side, decoded.pdu, raw, tuple(decoded.violations))
        negotiated = None
        if isinstance(seen.pdu, AAssociateRQ | AAssociateAC):
            negotiated = self._negotiated(seen)
        if not isinstance(seen.pdu, PDataTF):
            yield seen
        if negotiated is not None and isinstance(seen.pdu, AAssociateAC):
            yield Negotiated(t_ns, negotiated.contexts)
        if not self.blind:
            yield from self._standing.pdu(seen, negotiated)
        if isinstance(seen.pdu, PDataTF):
            direction.data_bytes += sum(len(each.data) for each in seen.pdu.pdvs if not each.is_command)
            kept = seen.pdu if self._is_kept(direction, 0) else _without_data(seen.pdu)
            yield from self._fragments(side, direction, t_ns, kept)

    def _negotiated(self, seen: SeenPDU) -> Conversation:
        """Give the conversation as far as the association was negotiated; a second request or answer is no part."""
        if len(self._negotiation) < len(Side) and seen.side not in {each.sender for each in self._negotiation}:
            self._negotiation.append(Sighting(seen.t_ns, self.connection.number, Kind.DATA, seen.side, (seen.raw,)))
        view = View(self.connection, list(self._negotiation))
        conversation = Conversation(view, self.connection.requestor, self.connection.acceptor)
        if seen.side is Side.ACCEPTOR:
            self._contexts = {each.context_id: each for each in conversation.contexts}
        return conversation

    def _name(self, side: Side) -> str:
        return self.connection.requestor if side is Side.REQUESTOR else self.connection.acceptor


def _without_data(pdu: PDataTF) -> PDataTF:
    return replace(pdu, pdvs=tuple(each if each.is_command else replace(each, data=b"") for each in pdu.pdvs))
