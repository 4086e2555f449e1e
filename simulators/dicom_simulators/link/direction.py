"""One direction of a relayed connection: what came, in PDUs where faults want them whole, and what goes on."""

from __future__ import annotations

import socket
import struct
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from dicom_wire import Assembler, Message, PDataTF, PDUStream, Side

MOST_HELD_BYTES = 1 << 26
"""A longer PDU or message passes as it comes, whatever faults would make of it."""
_HEADER_BYTES = 6
_LENGTH = struct.Struct(">L")


class Framing:
    """Knows where PDUs begin in a stream of bytes, and holds no more than the PDU that is not complete."""

    def __init__(self) -> None:
        self._held = bytearray()  # of the current PDU; while bytes pass, its header as far as it is not complete
        self._passing = 0  # bytes of a PDU still to come that pass as they are
        self._gone = 0  # bytes at the begin of `_held` that have passed already

    def skip(self, data: bytes) -> bytes:
        """Take bytes that may pass at once; returns them, after those that were held before."""
        passed, walked = data, data
        if self._held:
            walked = bytes(self._held) + data
            passed = walked[self._gone :]
        at = self._passing
        while at + _HEADER_BYTES <= len(walked):
            at += _HEADER_BYTES + _LENGTH.unpack_from(walked, at + 2)[0]
        self._passing = max(0, at - len(walked))
        self._held = bytearray(walked[at:])
        self._gone = len(self._held)
        return passed

    def whole(self, data: bytes) -> list[tuple[bytes, bool]]:
        """Take bytes; returns what is complete: bytes, and whether they are one whole PDU."""
        found: list[tuple[bytes, bool]] = []
        if self._passing:
            rest, data = data[: self._passing], data[self._passing :]
            self._passing -= len(rest)
            found.append((rest, False))
        self._held += data
        while len(self._held) >= _HEADER_BYTES:
            total = self._total()
            if total > MOST_HELD_BYTES:
                found.append((bytes(self._held[self._gone : total]), False))
                self._passing = max(0, total - len(self._held))
            elif len(self._held) < total:
                break
            else:
                found.append((bytes(self._held[self._gone : total]), self._gone == 0))
            del self._held[:total]
            self._gone = 0
        return found

    def rest(self) -> bytes:
        """Give up the PDU that is not complete."""
        held = bytes(self._held[self._gone :])
        self._held, self._gone, self._passing = bytearray(), 0, 0
        return held

    def _total(self) -> int:
        return _HEADER_BYTES + int.from_bytes(self._held[2:6], "big")


@dataclass(slots=True)
class Piece:
    """Bytes that go on after a wait: `raw` is all of them, `data` what is left to write.

    The recorder is told of them when they are written for the first time.
    """

    wait_s: float
    data: memoryview
    raw: bytes
    is_recorded: bool = False


class Direction:
    """One direction of a relayed connection.

    Parameters
    ----------
    source, sink : socket.socket
        Where bytes come from, and where they go.
    sender : Side
        Whose bytes they are.
    """

    __slots__ = (
        "assembler",
        "closed",
        "due_s",
        "framing",
        "held",
        "held_bytes",
        "is_released",
        "maximum_length",
        "queue",
        "sender",
        "sink",
        "source",
        "stream",
    )

    def __init__(self, source: socket.socket, sink: socket.socket, sender: Side) -> None:
        self.source, self.sink, self.sender = source, sink, sender
        self.queue: deque[Piece] = deque()
        self.due_s = 0.0
        self.closed = False
        self.is_released = False  # our A-RELEASE-RQ was answered from here
        self.stream = PDUStream()
        self.assembler = Assembler()
        self.framing = Framing()
        self.held: list[bytes] = []  # PDUs of a message that is not complete
        self.held_bytes = 0
        self.maximum_length = 0
        """The longest P-DATA-TF PDU that the receiver takes, in bytes; 0 = unlimited."""

    @property
    def name(self) -> str:
        """The side that sends, as faults name it."""
        return "requestor" if self.sender is Side.REQUESTOR else "acceptor"

    def complete(self, data: bytes) -> list[tuple[str, Message | None]]:
        """Return the PDUs and DIMSE messages that are complete with these bytes, by name; the bytes pass meanwhile."""
        found: list[tuple[str, Message | None]] = []
        for received in self.stream.feed(data):
            if isinstance(received.pdu, PDataTF):
                found.extend((message.command.message, message) for message in self.assembler.feed(received.pdu))
            else:
                found.append((received.pdu.NAME, None))
        return found

    def hold(self, raw: bytes, pdu: PDataTF) -> list[Message]:
        """Keep a P-DATA-TF PDU until its message is complete; returns what is complete with it."""
        self.held.append(raw)
        self.held_bytes += len(raw)
        return self.assembler.feed(pdu)

    def let_go(self) -> list[bytes]:
        """Give up the PDUs that were held."""
        held, self.held, self.held_bytes = self.held, [], 0
        return held

    def put(self, pieces: Iterable[tuple[float, bytes]]) -> None:
        """Have bytes go on, each piece after a wait in seconds."""
        for wait_s, piece in pieces:
            if not self.queue:
                self.due_s = time.monotonic() + wait_s
            self.queue.append(Piece(wait_s, memoryview(piece), piece))

    def sent(self, count_bytes: int) -> None:
        """Remember how much of the first piece has gone."""
        piece = self.queue[0]
        piece.data = piece.data[count_bytes:]
        if not piece.data:
            self.queue.popleft()
            if self.queue:
                self.due_s = time.monotonic() + self.queue[0].wait_s
