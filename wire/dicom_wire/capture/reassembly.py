"""TCP packets back into streams (RFC 9293 3.4): out of order, repeated, overlapping or missing.

Invariants: each byte comes out once, in the order of its sequence number, at the time of the packet that
completed it; what a capture does not show is counted, not invented.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dicom_wire.capture.sighting import Kind, Side
from dicom_wire.capture.tcp import Segment, Stream

FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10
Endpoint = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Packet:
    """What a TCP packet says."""

    t_ns: int
    source: Endpoint
    destination: Endpoint
    sequence: int
    flags: int
    data: bytes


@dataclass(slots=True)
class _Direction:
    next_sequence: int | None = None
    waiting: dict[int, tuple[int, bytes, bool]] = field(default_factory=dict)
    ended: bool = False


class _Connection:
    """One connection in the making."""

    def __init__(self, requestor: Endpoint, acceptor: Endpoint) -> None:
        self.requestor, self.acceptor = requestor, acceptor
        self.directions = {Side.REQUESTOR: _Direction(), Side.ACCEPTOR: _Direction()}
        self.segments: list[Segment] = []
        self.missing_bytes = 0
        self.opened = self.reset = False

    @property
    def over(self) -> bool:
        return self.reset or all(direction.ended for direction in self.directions.values())

    def take(self, packet: Packet) -> None:
        sender = Side.REQUESTOR if packet.source == self.requestor else Side.ACCEPTOR
        direction = self.directions[sender]
        sequence = packet.sequence
        if packet.flags & SYN:
            sequence = (sequence + 1) & 0xFFFFFFFF
            direction.next_sequence = sequence
            if sender is Side.REQUESTOR and not self.opened:
                self.opened = True
                self.segments.append(Segment(packet.t_ns, Kind.OPENED, Side.REQUESTOR))
        if packet.flags & RST:
            if not self.reset:
                self.reset = True
                self.segments.append(Segment(packet.t_ns, Kind.RST, sender))
            return
        if direction.next_sequence is None:
            direction.next_sequence = sequence
        if packet.data or packet.flags & FIN:
            ends = bool(packet.flags & FIN)
            known = direction.waiting.get(sequence)
            if known is None or len(known[1]) < len(packet.data) or (ends and len(known[1]) == len(packet.data)):
                direction.waiting[sequence] = (packet.t_ns, packet.data, ends)
            self._deliver(sender, direction)

    def _deliver(self, sender: Side, direction: _Direction, over_gaps: bool = False) -> None:
        """Pass on what has become contiguous; `over_gaps`: what is left, too."""
        while direction.waiting and direction.next_sequence is not None:
            ahead, sequence = min((_ahead(each, direction.next_sequence), each) for each in direction.waiting)
            if ahead > 0 and not over_gaps:
                return
            t_ns, data, ends = direction.waiting.pop(sequence)
            if ahead > 0:
                self.missing_bytes += ahead
                direction.next_sequence = sequence
                ahead = 0
            fresh = data[-ahead:]
            if fresh and not direction.ended:
                self.segments.append(Segment(t_ns, Kind.DATA, sender, fresh))
                direction.next_sequence = (direction.next_sequence + len(fresh)) & 0xFFFFFFFF
            if ends and not direction.ended:
                direction.ended = True
                self.segments.append(Segment(t_ns, Kind.FIN, sender))

    def stream(self) -> Stream:
        for sender, direction in self.directions.items():
            self._deliver(sender, direction, over_gaps=True)
        return Stream(self.requestor, self.acceptor, tuple(self.segments), self.missing_bytes)


def _ahead(sequence: int, of: int) -> int:
    """Return how far a sequence number is ahead of another (negative: behind), over the wrap at 4 GiB."""
    distance = (sequence - of) & 0xFFFFFFFF
    return distance - (1 << 32) if distance >= 1 << 31 else distance


class Reassembly:
    """Gathers packets; a connection's requestor is who sent SYN, or, where no SYN was captured, who spoke first."""

    def __init__(self) -> None:
        self._all: list[_Connection] = []
        self._live: dict[frozenset[Endpoint], _Connection] = {}

    def take(self, packet: Packet) -> None:
        """Take the next packet of the capture."""
        key = frozenset((packet.source, packet.destination))
        connection = self._live.get(key)
        opens = bool(packet.flags & SYN and not packet.flags & ACK)
        if connection is None or (opens and connection.over):
            if packet.flags & SYN and packet.flags & ACK:
                connection = _Connection(packet.destination, packet.source)
            elif opens or packet.data:
                connection = _Connection(packet.source, packet.destination)
            else:
                return
            self._live[key] = connection
            self._all.append(connection)
        connection.take(packet)

    def streams(self) -> list[Stream]:
        """Return the streams, in the order in which they began."""
        return [connection.stream() for connection in self._all]
