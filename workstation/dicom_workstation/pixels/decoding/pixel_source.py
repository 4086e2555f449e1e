"""Where the bytes of Pixel Data are: in memory, or still in a file.

Invariants: nothing is read before it is asked for, no more than is asked for, and no file stays open between.

References
----------
PS3.10 Section 7.1; PS3.5 Section 7.1, Annex A.5
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np

from dicom_workstation.pixels.arrays import DType, Pixels
from dicom_workstation.pixels.errors import PixelError


class PixelSource(Protocol):
    """The value of Pixel Data, from offset 0 on."""

    @property
    def length(self) -> int:
        """Bytes that are there (not: that are declared)."""

    def array(self, offset: int, count: int, dtype: DType) -> Pixels:
        """Return cells; they are not copied where they are in memory already, and then cannot be written to."""

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Give a stream that stands at offset 0."""


@dataclass(frozen=True, slots=True)
class InMemory:
    """Pixel Data as bytes."""

    raw: bytes | memoryview
    start: int
    length: int

    def array(self, offset: int, count: int, dtype: DType) -> Pixels:
        """Return a view of the bytes."""
        if offset + count * dtype.itemsize > self.length:
            raise PixelError(f"Pixel Data ends at {self.length} bytes, {offset + count * dtype.itemsize} are needed")
        return np.frombuffer(self.raw, dtype, count, self.start + offset)

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Give a stream over the bytes."""
        stream = BytesIO(self.raw)
        stream.seek(self.start)
        yield stream


@dataclass(frozen=True, slots=True)
class InFile:
    """Pixel Data in a file."""

    path: Path
    start: int
    length: int

    def array(self, offset: int, count: int, dtype: DType) -> Pixels:
        """Read cells into an array of their own."""
        if offset + count * dtype.itemsize > self.length:
            raise PixelError(f"Pixel Data ends at {self.length} bytes, {offset + count * dtype.itemsize} are needed")
        cells = np.empty(count, dtype)
        with self.path.open("rb") as stream:
            stream.seek(self.start + offset)
            if stream.readinto(cells.data.cast("B")) != cells.nbytes:
                raise PixelError(f"{self.path.name} was truncated while it was read")
        return cells

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Open the file again."""
        with self.path.open("rb") as stream:
            stream.seek(self.start)
            yield stream
