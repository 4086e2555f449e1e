"""PNG files of pictures, uncoloured and coloured, 8 bits a sample.

References
----------
ISO/IEC 15948 (Portable Network Graphics)
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GRAY, _RGB = 0, 2
_LEVEL = 6


def write_png(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write a picture of shape (rows, columns) or (rows, columns, 3).

    Raises
    ------
    OSError
        The file cannot be written.
    """
    rows, columns = picture.shape[:2]
    lines = np.zeros((rows, 1 + picture.size // rows), np.uint8)  # each line begins with its filter, 0 = none
    lines[:, 1:] = picture.reshape(rows, -1)
    header = struct.pack(">IIBBBBB", columns, rows, 8, _GRAY if picture.ndim == 2 else _RGB, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), _LEVEL)), (b"IEND", b""))
    path.write_bytes(_SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
