"""Streams into a capture file: Ethernet, IP and TCP made up around the bytes, so that any dissector reads them.

Invariants: the bytes and the clocks are the stream's, in their order; everything around them is synthetic
and consistent (handshake, sequence and acknowledgement numbers, checksums, ends). The file is a classic pcap with
nanoseconds, in big endian.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterable, Iterator
from os import PathLike

from dicom_wire.capture.sighting import Kind, Side
from dicom_wire.capture.tcp import Segment, Stream

NANOSECOND_MAGIC = 0xA1B23C4D
LINKTYPE_ETHERNET = 1
SEGMENT_BYTES_MAXIMUM = 65000  # with its headers below the 65535 of an IP packet
_FIN, _SYN, _RST, _PSH, _ACK = 0x01, 0x02, 0x04, 0x08, 0x10
_ETHERNET_V4 = bytes.fromhex("020000000002 020000000001 0800")
_ETHERNET_V6 = bytes.fromhex("020000000002 020000000001 86dd")

_RECORD = struct.Struct(">LLLL")
_TCP = struct.Struct(">HHLLBBHHH")
_IPV4 = struct.Struct(">BBHHHBBH4s4s")
_IPV6 = struct.Struct(">LHBB16s16s")


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
    packets = [packet for stream in streams for packet in _packets(stream)]
    packets.sort(key=_time)
    with open(path, "wb") as file:
        file.write(struct.pack(">LHHlLLL", NANOSECOND_MAGIC, 2, 4, 0, 0, 262144, LINKTYPE_ETHERNET))
        for t_ns, packet in packets:
            seconds, nanoseconds = divmod(t_ns + epoch_offset_ns, 1_000_000_000)
            if not 0 <= seconds < 1 << 32:
                raise ValueError(f"time {t_ns + epoch_offset_ns} ns does not fit a pcap file")
            file.write(_RECORD.pack(seconds, nanoseconds, len(packet), len(packet)))
            file.write(packet)


def _time(packet: tuple[int, bytes]) -> int:
    return packet[0]


class _Conversation:
    """The numbers of one TCP connection: what each side has sent so far."""

    def __init__(self, stream: Stream) -> None:
        self.endpoints = {Side.REQUESTOR: stream.requestor_endpoint, Side.ACCEPTOR: stream.acceptor_endpoint}
        self.addresses = {side: _address(host) for side, (host, _) in self.endpoints.items()}
        if len({address.version for address in self.addresses.values()}) > 1:
            raise ValueError(f"endpoints of different IP versions: {self.endpoints}")
        self.sent = {Side.REQUESTOR: 0, Side.ACCEPTOR: 0}

    def packet(self, sender: Side, flags: int, data: bytes | memoryview = b"") -> bytes:
        """Return a packet of that side and count what it takes of its sequence."""
        source, destination = self.addresses[sender], self.addresses[sender.other]
        acknowledged = self.sent[sender.other] & 0xFFFFFFFF if flags & _ACK else 0
        ports = self.endpoints[sender][1], self.endpoints[sender.other][1]
        numbers = self.sent[sender] & 0xFFFFFFFF, acknowledged
        header = _TCP.pack(*ports, *numbers, 5 << 4, flags, 65535, 0, 0)
        length = len(header) + len(data)
        pseudo = source.packed + destination.packed + struct.pack(">LL", length, 6)
        checksum = _checksum(b"".join((pseudo, header, data, b"\0" if len(data) % 2 else b"")))
        header = _TCP.pack(*ports, *numbers, 5 << 4, flags, 65535, checksum, 0)
        self.sent[sender] += len(data) + bool(flags & (_SYN | _FIN))
        return b"".join((_network(source, destination, length), header, data))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)


def _network(
    source: ipaddress.IPv4Address | ipaddress.IPv6Address,
    destination: ipaddress.IPv4Address | ipaddress.IPv6Address,
    length: int,
) -> bytes:
    """Return the Ethernet and IP headers for a number of bytes of TCP."""
    if source.version == 6:
        return _ETHERNET_V6 + _IPV6.pack(6 << 28, length, 6, 64, source.packed, destination.packed)
    unsummed = _IPV4.pack(0x45, 0, 20 + length, 0, 0x4000, 64, 6, 0, source.packed, destination.packed)
    return _ETHERNET_V4 + unsummed[:10] + _checksum(unsummed).to_bytes(2, "big") + unsummed[12:]


def _checksum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071) of an even number of bytes.

    The ones' complement sum of 16-bit words is the number modulo 65535, where 65535 itself stands for a zero that is
    not all zeros.
    """
    total = int.from_bytes(data, "big") % 0xFFFF
    return 0xFFFF - total if total else 0


def _packets(stream: Stream) -> Iterator[tuple[int, bytes]]:
    if not stream.segments:
        return
    conversation = _Conversation(stream)
    begin_ns = stream.segments[0].t_ns
    yield begin_ns, conversation.packet(Side.REQUESTOR, _SYN)
    yield begin_ns, conversation.packet(Side.ACCEPTOR, _SYN | _ACK)
    yield begin_ns, conversation.packet(Side.REQUESTOR, _ACK)
    for segment in stream.segments:
        for packet in _segment_packets(conversation, segment):
            yield segment.t_ns, packet


def _segment_packets(conversation: _Conversation, segment: Segment) -> Iterator[bytes]:
    if segment.kind is Kind.DATA:
        data = memoryview(segment.data)
        for begin in range(0, len(data), SEGMENT_BYTES_MAXIMUM):
            yield conversation.packet(segment.sender, _PSH | _ACK, data[begin : begin + SEGMENT_BYTES_MAXIMUM])
    elif segment.kind is Kind.FIN:
        yield conversation.packet(segment.sender, _FIN | _ACK)
        yield conversation.packet(segment.sender.other, _ACK)
    elif segment.kind in (Kind.RST, Kind.REFUSED):
        yield conversation.packet(segment.sender, _RST | _ACK)
