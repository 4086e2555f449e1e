"""Streams into a capture file: Ethernet, IP and TCP made up around the bytes, so that any dissector reads them.

Invariants: the bytes and the clocks are the stream's, in their order; what is around them is made by
`capture.packets`. The file is a classic pcap with nanoseconds, in big endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from os import PathLike

from dicom_wire.capture.packets import Outline, Packets
from dicom_wire.capture.tcp import Stream

NANOSECOND_MAGIC = 0xA1B23C4D
LINKTYPE_ETHERNET = 1

_RECORD = struct.Struct(">LLLL")


def write(path: str | PathLike[str], streams: Iterable[Stream], epoch_offset_ns: int = 0) -> None:
    """Write streams to a pcap file, packets in order of time.

    Parameters
    ----------
    epoch_offset_ns
        Added to every time: makes a monotonic clock one of the day (`time.time_ns() - time.monotonic_ns()`).

    Raises
    ------
    ValueError
        A host is no IP address, or a time is negative.
    OSError
        The file cannot be written.
    """
    outlines = [outline for stream in streams for outline in _outlines(stream)]
    outlines.sort(key=_time)
    with open(path, "wb") as file:
        file.write(struct.pack(">LHHlLLL", NANOSECOND_MAGIC, 2, 4, 0, 0, 262144, LINKTYPE_ETHERNET))
        for t_ns, packets, outline in outlines:
            packet = packets.packet(outline)  # one at a time: together they would take the memory of all that was sent
            seconds, nanoseconds = divmod(t_ns + epoch_offset_ns, 1_000_000_000)
            if not 0 <= seconds < 1 << 32:
                raise ValueError(f"time {t_ns + epoch_offset_ns} ns does not fit a pcap file")
            file.write(_RECORD.pack(seconds, nanoseconds, len(packet), len(packet)))
            file.write(packet)


def _time(outline: tuple[int, Packets, Outline]) -> int:
    return outline[0]


def _outlines(stream: Stream) -> Iterator[tuple[int, Packets, Outline]]:
    if not stream.segments:
        return
    packets = Packets(stream.requestor_endpoint, stream.acceptor_endpoint)
    begin_ns = stream.segments[0].t_ns
    for outline in packets.opening():
        yield begin_ns, packets, outline
    for segment in stream.segments:
        for outline in packets.of(segment.kind, segment.sender, segment.data):
            yield segment.t_ns, packets, outline
