"""Overlays as elements of groups 60xx, and the bit planes that recipes draw into them.

Invariants: elements of these groups have no keyword of their own, so they are written here by tag, with their
VRs. Planes are not symmetric, and their rows do not end at whole bytes: one that is misplaced, mirrored or unpacked
wrongly shows.

References
----------
PS3.3 C.9.2 (Overlay Plane), C.11.7 (Overlay Activation); PS3.5 8.1.2 and Annex D (order of the bits).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

from dicom_simulators.data_sets.transfer_syntaxes import TransferSyntax

Overlay = dict[int, tuple[str, Any]]
"""Tag -> VR and value."""

Covers = Callable[[int, int], bool]
"""Row and column, from 0 -> whether the plane covers the pixel."""


def arrow(row: int, column: int) -> bool:
    """Tell where an arrow that points to the upper left is, 20 rows of 29 columns."""
    return row < 2 or column < 2 or row == column or (row == 19 and column > 20)


def hatching(row: int, column: int) -> bool:
    """Tell where a hatching is, with a bar in its last rows."""
    return (row + 2 * column) % 7 == 0 or row > 18


def packed(planes: Sequence[Covers], rows: int, columns: int, big_endian: bool) -> bytes:
    """Give planes as one row of bits, the first the lowest of the first word, in words of a byte order."""
    bits = [plane(row, column) for plane in planes for row in range(rows) for column in range(columns)]
    found = bytearray((len(bits) + 15) // 16 * 2)
    for place, bit in enumerate(bits):
        found[place // 8] |= bit << place % 8
    return b"".join(found[at : at + 2][::-1] for at in range(0, len(found), 2)) if big_endian else bytes(found)


def overlay(
    group: int,
    planes: Sequence[Covers],
    shape: tuple[int, int],
    origin: tuple[int, int],
    big_endian: bool,
    *,
    first_frame: int | None = None,
) -> Overlay:
    """Give an overlay.

    Parameters
    ----------
    group : int
        60xx.
    planes : sequence
        One, or one for each of several frames.
    shape, origin : tuple
        Rows and columns; row and column of its first pixel in the image, from 1.
    first_frame : int or None
        The frame of the image that the first plane belongs to; None: to all.
    """
    rows, columns = shape
    found: Overlay = {
        0x0010: ("US", rows),
        0x0011: ("US", columns),
        0x0040: ("CS", "G"),
        0x0050: ("SS", list(origin)),
        0x0100: ("US", 1),
        0x0102: ("US", 0),
        0x3000: ("OW", packed(planes, rows, columns, big_endian)),
    }
    if first_frame is not None:
        found |= {0x0015: ("IS", str(len(planes))), 0x0051: ("US", first_frame)}
    return {group << 16 | element: one for element, one in found.items()}


def within_pixels(group: int, shape: tuple[int, int], bits_allocated: int, position: int) -> Overlay:
    """Give an overlay whose bits lie in the words of Pixel Data, as PS3.3 had it until 2004."""
    found: Overlay = {
        0x0010: ("US", shape[0]),
        0x0011: ("US", shape[1]),
        0x0040: ("CS", "G"),
        0x0050: ("SS", [1, 1]),
        0x0100: ("US", bits_allocated),
        0x0102: ("US", position),
    }
    return {group << 16 | element: one for element, one in found.items()}


def activation(**layers: str) -> Overlay:
    """Give the layers in which overlays are to be seen, by group (`g6000="MARKS"`); empty: not at all."""
    return {int(group[1:], 16) << 16 | 0x1001: ("CS", name) for group, name in layers.items()}


def encoded(elements: Overlay, syntax: TransferSyntax) -> bytes:
    """Encode the elements in the order of their tags."""
    order = ">" if syntax.big_endian else "<"
    raw = b""
    for tag, (vr, value) in sorted(elements.items()):
        content = _value(vr, value, order)
        head = struct.pack(f"{order}HH", tag >> 16, tag & 0xFFFF)
        if syntax.implicit_vr:
            head += struct.pack(f"{order}L", len(content))
        elif vr == "OW":
            head += b"OW\0\0" + struct.pack(f"{order}L", len(content))
        else:
            head += vr.encode() + struct.pack(f"{order}H", len(content))
        raw += head + content
    return raw


def _value(vr: str, value: Any, order: str) -> bytes:
    if vr in ("US", "SS"):
        several = value if isinstance(value, list) else [value]
        return struct.pack(f"{order}{len(several)}{'H' if vr == 'US' else 'h'}", *several)
    raw: bytes = value.encode("ascii") if isinstance(value, str) else value
    return raw + (b" " if vr in ("CS", "IS") else b"\0") * (len(raw) % 2)
