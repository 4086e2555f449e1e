"""The fragments of encapsulated Pixel Data, and which of them make up each frame.

Invariants: items are followed once, by their headers alone; only the fragments of the frame that is asked for
are read. A frame that cannot be distinguished from its neighbours is a PixelError, never a guess.

References
----------
PS3.5 Annex A.4; PS3.3 Section C.7.6.3.1.8 (Extended Offset Table)
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from dicom_workstation.data_sets import STARTS, FragmentError, counted, items
from dicom_workstation.pixels.decoding.pixel_source import PixelSource
from dicom_workstation.pixels.errors import PixelError


@dataclass(frozen=True, slots=True)
class Fragment:
    """Where the bytes of an item are, counted from the start of the value, and how they begin."""

    offset: int
    length: int
    head: bytes


@dataclass(frozen=True, slots=True)
class Fragments:
    """All fragments, grouped by frame."""

    source: PixelSource
    frames: tuple[tuple[Fragment, ...], ...]

    def frame(self, number: int) -> bytes:
        """Read one encoded frame, counted from 1."""
        with self.source.open() as stream:
            start = stream.tell()
            parts = []
            for fragment in self.frames[number - 1]:
                stream.seek(start + fragment.offset)
                parts.append(stream.read(fragment.length))
        return parts[0] if len(parts) == 1 else b"".join(parts)


def index(source: PixelSource, frames: int, extended: bytes | None) -> Fragments:
    """Find the fragments of each frame.

    Parameters
    ----------
    frames : int
        Number of Frames.
    extended : bytes or None
        Value of Extended Offset Table (7FE0,0001).
    """
    table, fragments = _read_items(source)
    if len(fragments) < frames:
        raise PixelError(f"Pixel Data has {counted(len(fragments), 'fragment')} for {counted(frames, 'frame')}")
    if extended:
        offsets = struct.unpack(f"<{len(extended) // 8}Q", extended[: len(extended) // 8 * 8])
    else:
        offsets = struct.unpack(f"<{len(table) // 4}I", table[: len(table) // 4 * 4])
    return Fragments(source, _group(fragments, frames, offsets))


def _read_items(source: PixelSource) -> tuple[bytes, list[Fragment]]:
    """Return the Basic Offset Table and the fragments after it."""
    table: bytes | None = None
    fragments: list[Fragment] = []
    with source.open() as stream:
        try:
            for offset, length in items(stream, source.length):
                if table is None:
                    table = stream.read(length)
                else:
                    fragments.append(Fragment(offset, length, stream.read(min(length, 8))))
        except FragmentError as error:
            raise PixelError(str(error)) from error
    if table is None:
        raise PixelError("encapsulated Pixel Data has no Basic Offset Table item")
    return table, fragments


def _group(fragments: list[Fragment], frames: int, offsets: tuple[int, ...]) -> tuple[tuple[Fragment, ...], ...]:
    """Give each frame its fragments: by an offset table, or because only one way is left."""
    if frames == 1:
        return (tuple(fragments),)
    if len(fragments) == frames:
        return tuple((fragment,) for fragment in fragments)
    first = fragments[0].offset - 8
    places = {fragment.offset - 8 - first: number for number, fragment in enumerate(fragments)}
    if len(offsets) == frames and all(offset in places for offset in offsets) and list(offsets) == sorted(set(offsets)):
        begins = [places[offset] for offset in offsets]
    else:
        begins = [number for number, fragment in enumerate(fragments) if fragment.head.startswith(STARTS)]
    if len(begins) < frames or (begins and begins[0] != 0):
        raise PixelError(f"{len(fragments)} fragments cannot be assigned to {frames} frames")
    ends = [*begins[1:], len(fragments)]
    return tuple(tuple(fragments[a:b]) for a, b in zip(begins, ends, strict=True))[:frames]
