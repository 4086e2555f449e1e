"""Capture files into streams: classic pcap of either byte order, micro- or nanoseconds, and pcapng.

Invariants: a file that is no capture is an error; a packet that is not TCP over IP is passed over; a file
that ends in the middle of a packet gives what came before.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterator
from os import PathLike

from dicom_wire.capture.reassembly import Packet, Reassembly
from dicom_wire.capture.tcp import Stream

_NULL, _ETHERNET, _RAW, _RAW_BSD, _COOKED, _LOOP, _IPV4, _IPV6, _COOKED_2 = 0, 1, 101, 12, 113, 108, 228, 229, 276
_IP_OFFSET = {_NULL: 4, _LOOP: 4, _RAW: 0, _RAW_BSD: 0, 14: 0, _IPV4: 0, _IPV6: 0, _COOKED: 16, _COOKED_2: 20}
_MAGIC: dict[bytes, tuple[str, int]] = {  # byte order, nanoseconds of a unit
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\x3c\x4d": (">", 1),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
}
_TCP = 6
_EXTENSION_HEADERS = frozenset({0, 43, 60})  # hop-by-hop options, routing, destination options
_SECTION, _INTERFACE, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 3, 6


class CaptureError(ValueError):
    """The file is no capture that can be read."""


def read(path: str | PathLike[str]) -> list[Stream]:
    """Return the TCP streams of a pcap or pcapng file, in the order in which they began; times are the file's.

    Packets are taken in the order of their times: several interfaces or processors may have written into the file.

    Raises
    ------
    CaptureError
        The file is neither.
    OSError
        The file cannot be read.
    """
    with open(path, "rb") as file:
        content = file.read()
    if content[:4] in _MAGIC:
        frames = _classic(content)
    elif content[:4] == b"\x0a\x0d\x0d\x0a":
        frames = _next_generation(content)
    else:
        raise CaptureError(f"{path}: neither pcap nor pcapng")
    packets = [packet for each in frames if (packet := _packet(*each)) is not None]
    reassembly = Reassembly()
    for packet in sorted(packets, key=lambda packet: packet.t_ns):
        reassembly.take(packet)
    return reassembly.streams()


def _classic(content: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield `(t_ns, link type, frame)` of a classic pcap file."""
    order, unit_ns = _MAGIC[content[:4]]
    if len(content) < 24:
        return
    link_type = struct.unpack_from(order + "L", content, 20)[0] & 0xFFFF
    record = struct.Struct(order + "LLLL")
    at = 24
    while at + record.size <= len(content):
        seconds, fraction, captured, _ = record.unpack_from(content, at)
        at += record.size
        if at + captured > len(content):
            return
        yield seconds * 1_000_000_000 + fraction * unit_ns, link_type, content[at : at + captured]
        at += captured


def _next_generation(content: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield `(t_ns, link type, frame)` of a pcapng file: section, interface, enhanced and simple packet blocks."""
    order = "<"
    interfaces: list[tuple[int, int, int]] = []  # link type, units a second, snap length
    at = 0
    while at + 12 <= len(content):
        if content[at : at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if content[at + 8 : at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            interfaces = []
        kind, length = struct.unpack_from(order + "LL", content, at)
        if length < 12 or length % 4 or at + length > len(content):
            return
        body = content[at + 8 : at + length - 4]
        at += length
        if kind == _INTERFACE and len(body) >= 8:
            link_type, _, snap_length = struct.unpack_from(order + "HHL", body)
            interfaces.append((link_type, _units_a_second(order, body[8:]), snap_length))
        elif kind == _ENHANCED and len(body) >= 20:
            number, high, low, captured = struct.unpack_from(order + "LLLL", body)
            if number < len(interfaces):
                link_type, units, _ = interfaces[number]
                yield (high << 32 | low) * 1_000_000_000 // units, link_type, body[20 : 20 + captured]
        elif kind == _SIMPLE and len(body) >= 4 and interfaces:
            captured = struct.unpack_from(order + "L", body)[0]
            yield 0, interfaces[0][0], body[4 : 4 + min(captured, interfaces[0][2] or captured)]


def _units_a_second(order: str, options: bytes) -> int:
    """Return the resolution of an interface's times: option 9 (if_tsresol), else microseconds."""
    at = 0
    while at + 4 <= len(options):
        code, length = struct.unpack_from(order + "HH", options, at)
        if code == 9 and length == 1 and at + 4 < len(options):
            exponent = options[at + 4]
            return 1 << (exponent & 0x7F) if exponent & 0x80 else int(10**exponent)
        if code == 0:
            break
        at += 4 + (length + 3 & ~3)
    return 1_000_000


def _packet(t_ns: int, link_type: int, frame: bytes) -> Packet | None:
    """Return the TCP packet in a frame, or `None`; one cut off by the capture's snap length is what is there."""
    network = _network_layer(link_type, frame)
    if network is None or not network:
        return None
    version = network[0] >> 4
    if version == 4 and len(network) >= 20:
        header_bytes = (network[0] & 0x0F) * 4
        total = int.from_bytes(network[2:4], "big") or len(network)  # 0: left to the network card
        is_first_and_only = int.from_bytes(network[6:8], "big") & 0x3FFF == 0
        if network[9] != 6 or not is_first_and_only:
            return None
        hosts = str(ipaddress.IPv4Address(network[12:16])), str(ipaddress.IPv4Address(network[16:20]))
        return _transport(t_ns, hosts, network[header_bytes:total])
    if version == 6 and len(network) >= 40:
        total = int.from_bytes(network[4:6], "big") or len(network) - 40
        hosts = str(ipaddress.IPv6Address(network[8:24])), str(ipaddress.IPv6Address(network[24:40]))
        at = _past_extension_headers(network)
        return None if at is None else _transport(t_ns, hosts, network[at : 40 + total])
    return None


def _past_extension_headers(network: bytes) -> int | None:
    """Return where TCP begins in an IPv6 packet (RFC 8200 4); `None` for another protocol, or a fragment."""
    following, at = network[6], 40
    while following in _EXTENSION_HEADERS and at + 8 <= len(network):
        following, at = network[at], at + 8 * (network[at + 1] + 1)
    return at if following == _TCP else None


def _network_layer(link_type: int, frame: bytes) -> bytes | None:
    """Return what follows the link layer's header if it is IP."""
    if link_type != _ETHERNET:
        offset = _IP_OFFSET.get(link_type)
        return None if offset is None else frame[offset:]
    at = 12
    while frame[at : at + 2] in (b"\x81\x00", b"\x88\xa8"):  # VLAN tags
        at += 4
    return frame[at + 2 :] if frame[at : at + 2] in (b"\x08\x00", b"\x86\xdd") else None


def _transport(t_ns: int, hosts: tuple[str, str], segment: bytes) -> Packet | None:
    if len(segment) < 20:
        return None
    source, destination, sequence, _, offset, flags = struct.unpack_from(">HHLLBB", segment)
    data = segment[(offset >> 4) * 4 :]
    return Packet(t_ns, (hosts[0], source), (hosts[1], destination), sequence, flags, data)
