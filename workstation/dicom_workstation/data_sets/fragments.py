"""The items of encapsulated Pixel Data, found by their headers alone.

Invariants: no fragment is read or copied here; each item ends within Pixel Data, or it is a `FragmentError`.

References
----------
PS3.5 Annex A.4
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

_ITEM: Final = b"\xfe\xff\x00\xe0"
_DELIMITER: Final = b"\xfe\xff\xdd\xe0"


class FragmentError(ValueError):
    """Encapsulated Pixel Data that is not a sequence of items; the text says where."""


class Seekable(Protocol):
    """What is asked of a stream here."""

    def tell(self) -> int:
        """Return where it stands."""

    def seek(self, position: int, /) -> int:
        """Go to a position."""

    def read(self, count: int, /) -> bytes:
        """Read at most so many bytes."""


class ViewStream:
    """A view as a stream; nothing is copied but what is read."""

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self._position = 0

    def tell(self) -> int:
        """Return where it stands."""
        return self._position

    def seek(self, position: int) -> int:
        """Go to a position."""
        self._position = position
        return position

    def read(self, count: int) -> bytes:
        """Read at most so many bytes."""
        found = bytes(self._view[self._position : self._position + count])
        self._position += len(found)
        return found


def items(stream: Seekable, length: int) -> Iterator[tuple[int, int]]:
    """Yield offset and length of the value of each item, the Basic Offset Table first.

    Parameters
    ----------
    stream : Seekable
        Stands where the value of Pixel Data begins; the caller may move it between items.
    length : int
        How long the value is; the delimiter at its end may be missing.

    Yields
    ------
    int
        The offset, counted from the start of the value of Pixel Data.
    int
        The length.
    """
    start, position = stream.tell(), 0
    while position + 8 <= length:
        stream.seek(start + position)
        header = stream.read(8)
        if header[:4] == _DELIMITER:
            return
        size = int.from_bytes(header[4:], "little")
        if header[:4] != _ITEM:
            raise FragmentError(f"encapsulated Pixel Data has no item at offset {position}")
        if position + 8 + size > length:
            raise FragmentError(f"a fragment of {size} bytes at offset {position} goes beyond the end of Pixel Data")
        yield position + 8, size
        position += 8 + size
