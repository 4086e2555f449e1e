"""What a compressed frame says of its own size, read from its header before anything is decoded.

Invariants: nothing is decoded and nothing allocated; a codestream that says nothing readable has no size.

References
----------
ISO/IEC 10918-1 Annex B.2.2 (frame header); ISO/IEC 15444-1 Annex A.5.1 (SIZ); PS3.5 Annex A.4
"""

from __future__ import annotations

import struct
from typing import Final

_JPEG: Final = b"\xff\xd8"
_JPEG_2000: Final = b"\xff\x4f\xff\x51"
_NO_FRAME_HEADERS: Final = frozenset((0xC4, 0xC8, 0xCC))  # DHT, JPG, DAC


def samples(codestream: bytes | memoryview) -> int:
    """Return rows x columns of a JPEG or JPEG 2000 codestream; 0 if it does not say, or is the rest of one."""
    head = bytes(codestream[:4])
    if head == _JPEG_2000 and len(codestream) >= 24:
        width, height, left, top = struct.unpack_from(">4L", codestream, 8)
        return int(max(0, width - left) * max(0, height - top))
    if head[:2] != _JPEG:
        return 0
    at = 2
    while at + 9 <= len(codestream) and codestream[at] == 0xFF:
        marker = codestream[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME_HEADERS:
            rows, columns = struct.unpack_from(">HH", codestream, at + 5)
            return int(rows * columns)
        at += 2 + int(struct.unpack_from(">H", codestream, at + 2)[0]) if marker != 0xFF else 1
    return 0
