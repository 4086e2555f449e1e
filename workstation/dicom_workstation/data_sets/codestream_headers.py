"""The headers of JPEG, JPEG-LS and JPEG 2000 codestreams, read before any codec allocates a byte for them.

Invariants: nothing is decoded and no pixels are copied; a header that cannot be followed is a `CodestreamError`.

References
----------
ITU-T T.81 Annex B (JPEG); ITU-T T.87 Annex C (JPEG-LS); ITU-T T.800 Annex A and I (JPEG 2000); PS3.5 Annex A.4
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_JPEG_START: Final = b"\xff\xd8"
_JPEG_END: Final = b"\xff\xd9"
_FRAME_HEADERS: Final = frozenset({*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC})  # without DHT, JPG and DAC
_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_START_OF_SCAN, _END_OF_IMAGE, _APP0, _APP14 = 0xDA, 0xD9, 0xE0, 0xEE
_JPEG_LOSSLESS, _JPEG_LS = 0xC3, 0xF7
_CODING_STYLE: Final = 0xFF52  # COD of JPEG 2000
_START_OF_TILE: Final = 0xFF90
_RGB: Final = (b"RGB", b"rgb")
_SOC_SIZ: Final = b"\xff\x4f\xff\x51"
_JP2_SIGNATURE: Final = b"\x00\x00\x00\x0cjP  "
STARTS: Final = (b"\xff\xd8\xff", _SOC_SIZ, _JP2_SIGNATURE)
"""What the first fragment of a frame begins with: JPEG and JPEG-LS, JPEG 2000, JPEG 2000 in a JP2 file."""


class CodestreamError(ValueError):
    """A header that cannot be followed; the text says why."""


@dataclass(frozen=True, slots=True)
class Codestream:
    """What a header declares.

    Parameters
    ----------
    process : int
        JPEG: the low byte of the frame header's marker (0xC0 baseline, 0xC3 lossless ...); JPEG 2000: 0.
    signed : bool
        JPEG 2000 alone can say that components are signed.
    colour : str
        "RGB" or "YBR" where markers of JPEG say so, else empty.
    lossless : bool
        Whether the samples come out as they were encoded: process 14 of JPEG, JPEG-LS without an error allowed, JPEG
        2000 with the reversible filter. An encoder of JPEG 2000 may have cut the stream of that filter short; the
        header does not say so.
    """

    rows: int
    columns: int
    components: int
    bits: int
    signed: bool
    process: int
    colour: str
    lossless: bool = False


def declared_pixels(stream: bytes | memoryview) -> int:
    """Return rows x columns that a codestream declares; 0 if it does not begin here, or does not say."""
    try:
        if stream[:2] == _JPEG_START:
            for marker, body in _segments(stream):
                if marker in _FRAME_HEADERS and len(body) >= 5:
                    rows, columns = struct.unpack_from(">HH", body, 1)
                    return int(rows * columns)
        elif stream[:4] == _SOC_SIZ or stream[:8] == _JP2_SIGNATURE:
            columns, rows = _picture_size(stream, _siz_position(stream))
            return int(max(0, rows) * max(0, columns))
    except CodestreamError:
        return 0
    return 0


def read_jpeg(stream: bytes | memoryview) -> Codestream:
    """Read the markers of JPEG or JPEG-LS up to the first scan."""
    if stream[:2] != _JPEG_START:
        raise CodestreamError("a frame is not a JPEG codestream: it has no SOI marker")
    found: tuple[int, int, int, int, int, bytes] | None = None
    is_jfif, adobe, near = False, -1, -1
    for marker, body in _segments(stream):
        if marker in _FRAME_HEADERS and len(body) >= 6 and len(body) >= 6 + 3 * body[5]:
            bits, rows, columns, components = struct.unpack_from(">BHHB", body)
            found = (marker, rows, columns, components, bits, body[6 : 6 + 3 * components : 3])
        is_jfif = is_jfif or (marker == _APP0 and body[:5] == b"JFIF\0")
        if marker == _APP14 and body[:5] == b"Adobe" and len(body) >= 12:
            adobe = body[11]
        if marker == _START_OF_SCAN and len(body) >= 4 + 2 * body[0]:
            near = body[1 + 2 * body[0]]
    if found is None:
        raise CodestreamError("a JPEG codestream has no frame header")
    process, rows, columns, components, bits, identifiers = found
    colour = _jpeg_colour(components, identifiers, adobe, is_jfif)
    is_lossless = process == _JPEG_LOSSLESS or (process == _JPEG_LS and near == 0)
    return Codestream(rows, columns, components, bits, False, process, colour, is_lossless)


def _segments(stream: bytes | memoryview) -> Iterator[tuple[int, bytes]]:
    """Yield the low byte and the body of each JPEG marker after SOI, up to the header of the first scan or the end."""
    view, position = memoryview(stream), 2
    while position + 4 <= len(view):
        if view[position] != 0xFF:
            raise CodestreamError(f"a JPEG codestream has no marker at offset {position}")
        marker = view[position + 1]
        if marker == 0xFF or marker in _WITHOUT_LENGTH:
            position += 1 if marker == 0xFF else 2
            continue
        if marker == _END_OF_IMAGE:
            return
        length = int.from_bytes(view[position + 2 : position + 4], "big")
        yield marker, bytes(view[position + 4 : position + 2 + length])
        if marker == _START_OF_SCAN:
            return
        position += 2 + length


def _jpeg_colour(components: int, identifiers: bytes, adobe: int, is_jfif: bool) -> str:
    """Return what the markers say about three components; the more specific one wins."""
    if components != 3:
        return ""
    if adobe in (0, 1):
        return "YBR" if adobe else "RGB"
    if identifiers in _RGB:
        return "RGB"
    return "YBR" if is_jfif else ""


def has_end(stream: bytes) -> bool:
    """Whether a JPEG codestream has its EOI marker: what ends before it lacks a part of its picture."""
    return stream.rstrip(b"\0\xff").endswith(_JPEG_END) or _JPEG_END in stream[-64:]


def read_jpeg_2000(stream: bytes | memoryview) -> Codestream:
    """Read the SIZ marker of a JPEG 2000 codestream, bare or in a JP2 file."""
    position = _siz_position(stream)
    columns, rows = _picture_size(stream, position)
    if len(stream) < position + 43:
        raise CodestreamError("a JPEG 2000 codestream ends within its SIZ marker")
    components = struct.unpack_from(">H", stream, position + 40)[0]
    sizes = stream[position + 42 : position + 42 + 3 * components]
    if not components or len(sizes) < 3 * components:
        raise CodestreamError("a JPEG 2000 codestream does not describe its components")
    if columns <= 0 or rows <= 0:
        raise CodestreamError("a JPEG 2000 codestream declares an empty picture")
    bits = max((depth & 0x7F) + 1 for depth in sizes[::3])
    return Codestream(rows, columns, components, bits, bool(sizes[0] & 0x80), 0, "", _is_reversible(stream, position))


def _is_reversible(stream: bytes | memoryview, siz: int) -> bool:
    """Whether COD of the main header names the reversible 5-3 filter (ITU-T T.800, Table A.20)."""
    position = siz + 2  # past SOC
    while position + 4 <= len(stream):
        marker, length = struct.unpack_from(">HH", stream, position)
        if marker == _CODING_STYLE:
            return length >= 12 and bytes(stream[position + 13 : position + 14]) == b"\1"
        if marker == _START_OF_TILE or length < 2:
            return False
        position += 2 + length
    return False


def _siz_position(stream: bytes | memoryview) -> int:
    """Return where SOC and SIZ are: at the beginning, or behind the boxes of a JP2 file."""
    if stream[:4] == _SOC_SIZ:
        return 0
    found = re.search(re.escape(_SOC_SIZ), stream) if stream[:8] == _JP2_SIGNATURE else None
    if found is None:
        raise CodestreamError("a frame is not a JPEG 2000 codestream: it has no SOC and SIZ marker")
    return found.start()


def _picture_size(stream: bytes | memoryview, position: int) -> tuple[int, int]:
    """Return columns and rows of the picture on its reference grid."""
    if len(stream) < position + 24:
        raise CodestreamError("a JPEG 2000 codestream ends within its SIZ marker")
    right, bottom, left, top = struct.unpack_from(">4I", stream, position + 8)
    return right - left, bottom - top
