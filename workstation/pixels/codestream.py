"""What the header of a codestream declares, read before any codec allocates a byte for it.

Invariants: nothing is decoded; a header that cannot be followed is a PixelError.

References
----------
ITU-T T.81 Annex B (JPEG); ITU-T T.87 Annex C (JPEG-LS); ITU-T T.800 Annex A and I (JPEG 2000)
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from workstation.pixels.errors import PixelError

_FRAME_HEADERS: Final = frozenset({*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC})
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_START_OF_SCAN, _END_OF_IMAGE, _APP0, _APP14 = 0xDA, 0xD9, 0xE0, 0xEE
_RGB: Final = (b"RGB", b"rgb")
_SOC_SIZ: Final = b"\xff\x4f\xff\x51"
_JP2_SIGNATURE: Final = b"\x00\x00\x00\x0cjP  "


@dataclass(frozen=True, slots=True)
class Codestream:
    """What is declared.

    Parameters
    ----------
    process : int
        JPEG: the low byte of the frame header's marker (0xC0 baseline, 0xC3 lossless ...); JPEG 2000: 0.
    signed : bool
        JPEG 2000 alone can say that components are signed.
    colour : str
        "RGB" or "YBR" where markers of JPEG say so, else empty.
    """

    rows: int
    columns: int
    components: int
    bits: int
    signed: bool
    process: int
    colour: str


def read_jpeg(stream: bytes) -> Codestream:
    """Read the markers of JPEG or JPEG-LS up to the first scan."""
    if stream[:2] != b"\xff\xd8":
        raise PixelError("a frame is no JPEG codestream: it has no SOI marker")
    found: tuple[int, int, int, int, int, bytes] | None = None
    is_jfif, adobe, position = False, -1, 2
    while position + 4 <= len(stream):
        if stream[position] != 0xFF:
            raise PixelError(f"a JPEG codestream has no marker at offset {position}")
        marker = stream[position + 1]
        if marker == 0xFF or marker in _ALONE:
            position += 1 if marker == 0xFF else 2
            continue
        if marker in (_START_OF_SCAN, _END_OF_IMAGE):
            break
        length = int.from_bytes(stream[position + 2 : position + 4], "big")
        body = stream[position + 4 : position + 2 + length]
        if marker in _FRAME_HEADERS and len(body) >= 6 and len(body) >= 6 + 3 * body[5]:
            bits, rows, columns, components = struct.unpack_from(">BHHB", body)
            found = (marker, rows, columns, components, bits, body[6 : 6 + 3 * components : 3])
        is_jfif = is_jfif or (marker == _APP0 and body[:5] == b"JFIF\0")
        if marker == _APP14 and body[:5] == b"Adobe" and len(body) >= 12:
            adobe = body[11]
        position += 2 + length
    if found is None:
        raise PixelError("a JPEG codestream has no frame header")
    process, rows, columns, components, bits, identifiers = found
    colour = _jpeg_colour(components, identifiers, adobe, is_jfif)
    return Codestream(rows, columns, components, bits, False, process, colour)


def _jpeg_colour(components: int, identifiers: bytes, adobe: int, is_jfif: bool) -> str:
    """Return what the markers say about three components; the more specific one wins."""
    if components != 3:
        return ""
    if adobe in (0, 1):
        return "YBR" if adobe else "RGB"
    if identifiers in _RGB:
        return "RGB"
    return "YBR" if is_jfif else ""


def ends(stream: bytes) -> bool:
    """Whether a JPEG codestream has its EOI marker: what ends before it lacks a part of its picture."""
    return stream.rstrip(b"\0\xff").endswith(b"\xff\xd9") or b"\xff\xd9" in stream[-64:]


def read_jpeg_2000(stream: bytes) -> Codestream:
    """Read the SIZ marker of a JPEG 2000 codestream, bare or in a JP2 file."""
    position = 0
    if stream[:8] == _JP2_SIGNATURE:
        position = stream.find(_SOC_SIZ)
    if position < 0 or stream[position : position + 4] != _SOC_SIZ or len(stream) < position + 43:
        raise PixelError("a frame is no JPEG 2000 codestream: it has no SOC and SIZ marker")
    right, bottom, left, top = struct.unpack_from(">4I", stream, position + 8)
    components = struct.unpack_from(">H", stream, position + 40)[0]
    sizes = stream[position + 42 : position + 42 + 3 * components]
    if not components or len(sizes) < 3 * components:
        raise PixelError("a JPEG 2000 codestream says nothing about its components")
    if right <= left or bottom <= top:
        raise PixelError("a JPEG 2000 codestream declares an empty picture")
    bits = max((depth & 0x7F) + 1 for depth in sizes[::3])
    return Codestream(bottom - top, right - left, components, bits, bool(sizes[0] & 0x80), 0, "")
