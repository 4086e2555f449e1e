"""TCP streams as values: who sent which bytes when, and how each side ended.

Invariants: a stream's segments are in the order in which they were seen; nothing of DICOM is known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dicom_wire.capture.shared_bytes import Pieces
from dicom_wire.capture.sighting import Connection, Kind, Side, Sighting


@dataclass(frozen=True, slots=True)
class Segment:
    """Bytes of one side, or its end (`Kind.FIN`, `Kind.RST`), or the opening. `t_ns`: nanoseconds of any one clock.

    `data` may be a view of bytes that never change.
    """

    t_ns: int
    kind: Kind
    sender: Side
    data: bytes | memoryview = b""


@dataclass(frozen=True, slots=True)
class Stream:
    """One TCP connection. `missing_bytes`: how many bytes a capture did not show (0 in what we write)."""

    requestor_endpoint: tuple[str, int]
    acceptor_endpoint: tuple[str, int]
    segments: tuple[Segment, ...]
    missing_bytes: int = 0

    def sent_by(self, sender: Side) -> bytes:
        """Return all bytes of one side."""
        return b"".join([each.data for each in self.segments if each.sender is sender])


def streams_of(connections: Sequence[Connection], sightings: Sequence[Sighting]) -> list[Stream]:
    """Return one stream for each connection of a recorder that was opened.

    Where an observer saw the same direction twice, once as it read and once as it wrote on (a link), what it read
    counts: that is what the sender sent.
    """
    by_connection: dict[int, list[Sighting]] = {}
    for sighting in sightings:
        by_connection.setdefault(sighting.connection, []).append(sighting)
    streams = []
    for connection in connections:
        seen = by_connection.get(connection.number, [])
        kept = _read_once(seen)
        if any(each.kind is not Kind.REFUSED for each in kept):
            segments = tuple([Segment(each.t_ns, each.kind, each.sender, _whole(each.pieces)) for each in kept])
            streams.append(Stream(connection.requestor_endpoint, connection.acceptor_endpoint, segments))
    return streams


def _whole(pieces: Pieces) -> bytes | memoryview:
    """Give the bytes of a sighting, without a copy where they are one piece."""
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _read_once(sightings: list[Sighting]) -> list[Sighting]:
    """Keep of each direction what was read, or what was written if nothing was read of it; each end once."""
    was_read = {each.sender for each in sightings if each.kind is Kind.DATA and not each.written}
    kept: list[Sighting] = []
    reported: set[tuple[Kind, Side]] = set()
    for each in sightings:
        if each.kind is Kind.DATA:
            if each.sender not in was_read or not each.written:
                kept.append(each)
        elif (each.kind, each.sender) not in reported:
            reported.add((each.kind, each.sender))
            kept.append(each)
    return kept
