"""PDUs out of a byte stream, without input or output (PS3.8 9.3.1).

Invariants: no byte is lost, none is invented: the `raw` of everything received, joined, then `pending`, is
what was fed; and how the bytes were sliced makes no difference to what comes out. A PDU longer than the limit is never
gathered: its header comes out at once, with the violation `pdu-over-limit`, and its body follows in pieces.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from dicom_wire.pdu import LARGE_BYTES, PDU, UnknownPDU, may_be_viewed
from dicom_wire.pdu_reader import PDU_HEADER_BYTES, decode
from dicom_wire.violations import Violation, count_bytes, violation

_LENGTH = struct.Struct(">L")
_PIECE_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Received:
    """One PDU of a stream: where it began in the stream, its bytes, what they say and what is wrong with them.

    The offsets of `violations` count from the beginning of the PDU. The bytes of a large PDU may be a view of those
    that were fed.
    """

    offset: int
    raw: bytes | memoryview
    pdu: PDU
    violations: tuple[Violation, ...]


class PDUStream:
    """Cuts a stream of bytes into PDUs.

    Parameters
    ----------
    limit_bytes
        The longest PDU, header included, that is gathered in memory; `None` = whatever the length field says.
    """

    def __init__(self, limit_bytes: int | None = None) -> None:
        if limit_bytes is not None and limit_bytes < PDU_HEADER_BYTES:
            raise ValueError(f"limit of {limit_bytes} bytes is below a PDU header")
        self._limit_bytes = limit_bytes
        self._buffer = bytearray()
        self._offset = 0
        self._over_bytes = 0  # still to come of a PDU over the limit
        self._over_type = 0

    @property
    def pending(self) -> bytes:
        """The bytes that are not yet a PDU."""
        return bytes(self._buffer)

    @property
    def offset(self) -> int:
        """How many bytes of the stream have come out."""
        return self._offset

    def feed(self, data: bytes | bytearray | memoryview) -> list[Received]:
        """Take bytes in; return the PDUs that are complete now. Never raises."""
        received: list[Received] = []
        if self._limit_bytes is None and may_be_viewed(data):
            self._feed_view(memoryview(data), received)
            return received
        self._buffer += data
        at = 0
        while True:
            taken = self._over(at, received) if self._over_bytes else self._next(at, received)
            if not taken:
                break
            at += taken
        if at:
            del self._buffer[:at]
        return received

    def finish(self) -> list[Received]:
        """The stream ended: return what is left as one cut-off PDU, or nothing."""
        if not self._buffer:
            return []
        received: list[Received] = []
        raw = bytes(self._buffer)
        if self._over_bytes:
            self._emit_piece(raw, received)
        else:
            self._emit(raw, received)
        self._buffer.clear()
        return received

    def _feed_view(self, view: memoryview, received: list[Received]) -> None:
        """Take many bytes in; only PDUs that are small, or that began before, are copied."""
        at = self._complete(view, received) if self._buffer else 0
        while len(view) - at >= PDU_HEADER_BYTES:
            total = PDU_HEADER_BYTES + int(_LENGTH.unpack_from(view, at + 2)[0])
            if len(view) - at < total:
                break
            raw = view[at : at + total]
            self._emit(raw if total >= LARGE_BYTES else bytes(raw), received)
            at += total
        self._buffer += view[at:]

    def _complete(self, view: memoryview, received: list[Received]) -> int:
        """Complete the PDU that began before, as far as it goes; return how many bytes that took."""
        buffer, at = self._buffer, 0
        total = _total(buffer)
        while len(buffer) < total and at < len(view):
            piece = view[at : at + total - len(buffer)]
            buffer += piece
            at += len(piece)
            total = _total(buffer)
        if len(buffer) == total:
            self._emit(bytes(buffer), received)
            buffer.clear()
        return at

    def _next(self, at: int, received: list[Received]) -> int:
        """Emit the PDU at `at` of the buffer if it is whole; return how many bytes it took."""
        there = len(self._buffer) - at
        if there < PDU_HEADER_BYTES:
            return 0
        total = PDU_HEADER_BYTES + int(_LENGTH.unpack_from(self._buffer, at + 2)[0])
        if self._limit_bytes is not None and total > self._limit_bytes:
            self._emit_header(bytes(self._buffer[at : at + PDU_HEADER_BYTES]), total, received)
            return PDU_HEADER_BYTES
        if there < total:
            return 0
        with memoryview(self._buffer) as view:
            raw = bytes(view[at : at + total])
        self._emit(raw, received)
        return total

    def _over(self, at: int, received: list[Received]) -> int:
        """Emit a piece of a PDU over the limit, all but the last of the same size."""
        piece = min(_PIECE_BYTES, self._over_bytes)
        if len(self._buffer) - at < piece:
            return 0
        self._emit_piece(bytes(self._buffer[at : at + piece]), received)
        return piece

    def _emit(self, raw: bytes | memoryview, received: list[Received]) -> None:
        decoded = decode(raw if len(raw) < LARGE_BYTES else memoryview(raw))
        received.append(Received(self._offset, raw, decoded.pdu, decoded.violations))
        self._offset += len(raw)

    def _emit_header(self, header: bytes, total: int, received: list[Received]) -> None:
        found = violation("pdu-over-limit", 2, f"PDU of {total} bytes, limit {self._limit_bytes}")
        self._over_bytes, self._over_type = total - PDU_HEADER_BYTES, header[0]
        received.append(Received(self._offset, header, UnknownPDU(header[0], header=header), (found,)))
        self._offset += len(header)

    def _emit_piece(self, raw: bytes, received: list[Received]) -> None:
        self._over_bytes -= len(raw)
        found = violation("pdu-over-limit-continued", 0, f"{count_bytes(self._over_bytes)} to come")
        received.append(Received(self._offset, raw, UnknownPDU(self._over_type, raw, header=b""), (found,)))
        self._offset += len(raw)


def _total(begun: bytearray) -> int:
    """Return how many bytes a PDU has, as far as it is known: those of its header at least."""
    return PDU_HEADER_BYTES + (int(_LENGTH.unpack_from(begun, 2)[0]) if len(begun) >= PDU_HEADER_BYTES else 0)
