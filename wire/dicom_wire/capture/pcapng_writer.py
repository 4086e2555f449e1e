"""Connections into a pcapng file while they go on: each packet is written when it is seen.

Invariants: a file that is cut off at any block is a whole capture of what came before; times are nanoseconds since
1970, as they are given. The packets are made by `capture.packets`.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from dicom_wire.capture.packets import Packets
from dicom_wire.capture.sighting import Kind, Side

LINKTYPE_ETHERNET = 1
NANOSECONDS = 9
"""The exponent of the resolution of times (option if_tsresol)."""
_SECTION_HEADER, _INTERFACE, _ENHANCED_PACKET = 0x0A0D0D0A, 1, 6
_BYTE_ORDER_MAGIC = 0x1A2B3C4D
_TIME_RESOLUTION = struct.pack("<HHB3xHH", 9, 1, NANOSECONDS, 0, 0)
_PACKET = struct.Struct("<LLLLLLL")
_LENGTH = struct.Struct("<L")


class PcapngWriter:
    """Writes connections to a pcapng file, one interface, Ethernet.

    Parameters
    ----------
    file : BinaryIO
        Open for writing; whoever opened it closes it.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._connections: dict[int, Packets] = {}
        file.write(_block(_SECTION_HEADER, struct.pack("<LHHq", _BYTE_ORDER_MAGIC, 1, 0, -1)))
        file.write(_block(_INTERFACE, struct.pack("<HHL", LINKTYPE_ETHERNET, 0, 0) + _TIME_RESOLUTION))
        file.flush()  # a capture of nothing is one that can be read

    def open(
        self, number: int, requestor_endpoint: tuple[str, int], acceptor_endpoint: tuple[str, int], t_ns: int
    ) -> None:
        """Begin a connection; `number` names it from now on.

        Raises
        ------
        ValueError
            An endpoint has no IP address, or the two are of different versions of IP.
        OSError
            The file cannot be written.
        """
        packets = self._connections[number] = Packets(requestor_endpoint, acceptor_endpoint)
        for outline in packets.opening():
            self._write(t_ns, packets.packet(outline))

    def write(self, number: int, t_ns: int, kind: Kind, sender: Side, data: bytes = b"") -> None:
        """Write what a side sent, or its end; OSError as above."""
        packets = self._connections[number]
        for outline in packets.of(kind, sender, data):
            self._write(t_ns, packets.packet(outline))

    def close(self, number: int) -> None:
        """Forget a connection that is over; what there is of it is in the file then.

        Raises
        ------
        OSError
            The file cannot be written.
        """
        self._connections.pop(number, None)
        self._file.flush()

    def _write(self, t_ns: int, packet: bytes) -> None:
        padding = -len(packet) % 4
        total = _PACKET.size + len(packet) + padding + _LENGTH.size
        head = _PACKET.pack(_ENHANCED_PACKET, total, 0, t_ns >> 32, t_ns & 0xFFFFFFFF, len(packet), len(packet))
        self._file.write(b"".join((head, packet, b"\0" * padding, _LENGTH.pack(total))))


def _block(kind: int, body: bytes) -> bytes:
    length = _LENGTH.pack(12 + len(body))
    return b"".join((_LENGTH.pack(kind), length, body, length))
