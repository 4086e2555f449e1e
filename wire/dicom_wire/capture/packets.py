"""TCP packets made up around the bytes of a connection, so that any dissector reads them.

Invariants: the bytes are the connection's, in their order; everything around them is synthetic and consistent
(handshake, sequence and acknowledgement numbers, checksums, ends).
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator

from dicom_wire.capture.sighting import Kind, Side

SEGMENT_BYTES_MAXIMUM = 65000  # with its headers below the 65535 of an IP packet
_FIN, _SYN, _RST, _PSH, _ACK = 0x01, 0x02, 0x04, 0x08, 0x10
_ETHERNET_V4 = bytes.fromhex("020000000002 020000000001 0800")
_ETHERNET_V6 = bytes.fromhex("020000000002 020000000001 86dd")

_TCP = struct.Struct(">HHLLBBHHH")
_IPV4 = struct.Struct(">BBHHHBBH4s4s")
_IPV6 = struct.Struct(">LHBB16s16s")

Outline = tuple[Side, int, int, int, bytes | memoryview]
"""A packet before it is made: sender, flags, sequence number, acknowledgement number, data."""


class Packets:
    """The packets of one TCP connection, one after the other, in outline; `packet` gives the bytes of each.

    Parameters
    ----------
    requestor_endpoint, acceptor_endpoint : (str, int)
        IP address (or "localhost") and port.

    Raises
    ------
    ValueError
        A host is no IP address, or the two are of different versions of IP.
    """

    def __init__(self, requestor_endpoint: tuple[str, int], acceptor_endpoint: tuple[str, int]) -> None:
        self.endpoints = {Side.REQUESTOR: requestor_endpoint, Side.ACCEPTOR: acceptor_endpoint}
        self.addresses = {side: _address(host) for side, (host, _) in self.endpoints.items()}
        if len({address.version for address in self.addresses.values()}) > 1:
            raise ValueError(f"endpoints of different IP versions: {self.endpoints}")
        self.sent = {Side.REQUESTOR: 0, Side.ACCEPTOR: 0}

    def _outline(self, sender: Side, flags: int, data: bytes | memoryview = b"") -> Outline:
        """Return the outline of a packet of that side and count what it takes of its sequence."""
        acknowledged = self.sent[sender.other] & 0xFFFFFFFF if flags & _ACK else 0
        outline = (sender, flags, self.sent[sender] & 0xFFFFFFFF, acknowledged, data)
        self.sent[sender] += len(data) + bool(flags & (_SYN | _FIN))
        return outline

    def packet(self, outline: Outline) -> bytes:
        """Return the bytes of a packet."""
        sender, flags, sequence, acknowledged, data = outline
        source, destination = self.addresses[sender], self.addresses[sender.other]
        ports = self.endpoints[sender][1], self.endpoints[sender.other][1]
        header = _TCP.pack(*ports, sequence, acknowledged, 5 << 4, flags, 65535, 0, 0)
        length = len(header) + len(data)
        pseudo = source.packed + destination.packed + struct.pack(">LL", length, 6)
        checksum = _checksum(b"".join((pseudo, header, data, b"\0" if len(data) % 2 else b"")))
        header = _TCP.pack(*ports, sequence, acknowledged, 5 << 4, flags, 65535, checksum, 0)
        return b"".join((_network(source, destination, length), header, data))

    def opening(self) -> Iterator[Outline]:
        """Yield the outlines of the handshake."""
        yield self._outline(Side.REQUESTOR, _SYN)
        yield self._outline(Side.ACCEPTOR, _SYN | _ACK)
        yield self._outline(Side.REQUESTOR, _ACK)

    def of(self, kind: Kind, sender: Side, data: bytes | memoryview = b"") -> Iterator[Outline]:
        """Yield the outlines of the packets of what a side sent, or of its end."""
        if kind is Kind.DATA:
            view = memoryview(data)
            for begin in range(0, len(view), SEGMENT_BYTES_MAXIMUM):
                yield self._outline(sender, _PSH | _ACK, view[begin : begin + SEGMENT_BYTES_MAXIMUM])
        elif kind is Kind.FIN:
            yield self._outline(sender, _FIN | _ACK)
            yield self._outline(sender.other, _ACK)
        elif kind in (Kind.RST, Kind.REFUSED):
            yield self._outline(sender, _RST | _ACK)


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
