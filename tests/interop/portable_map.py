"""The pictures that DCMTK's programs write: portable graymaps and pixmaps of 8 bits a sample."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_HEAD = re.compile(rb"P([56])\s(?:#[^\n]*\n|\s)*(\d+)\s+(\d+)\s+255\s")


def samples(path: Path) -> NDArray[np.uint8]:
    """Read a PGM as (rows, columns), a PPM as (rows, columns, 3)."""
    raw = path.read_bytes()
    head = _HEAD.match(raw)
    assert head is not None, raw[:60]
    columns, rows = int(head[2]), int(head[3])
    shape = (rows, columns, 3) if head[1] == b"6" else (rows, columns)
    return np.frombuffer(raw, np.uint8, int(np.prod(shape)), head.end()).reshape(shape)
