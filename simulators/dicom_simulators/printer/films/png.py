"""PNG files of pictures, uncoloured and coloured, 8 bits a sample, and how those of films are named.

References
----------
ISO/IEC 15948 (Portable Network Graphics)
"""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GRAY, _RGB = 0, 2
_LEVEL = 6
_FILM = re.compile("film-([0-9]{1,9})[.]png")


def film_name(number: int) -> str:
    """Name the file of a film."""
    return f"film-{number:04d}.png"


def last_number(folder: Path) -> int:
    """Return the number of the last film in a folder; 0 where there is none.

    Raises
    ------
    OSError
        The folder cannot be read.
    """
    found = (_FILM.fullmatch(path.name) for path in folder.iterdir())
    return max((int(one[1]) for one in found if one is not None), default=0)


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
