"""Colour images: what their samples are as red, green and blue.

Invariants: the equations are those of the standard, inverted exactly; a colour is a fraction of the largest
value that its samples, or the entries of its palette, can have. Where the standard leaves open how to fill in the
colour of a pixel that has none of its own (every second one of YBR_FULL_422), whatever lies between its neighbours is
right.

References
----------
PS3.3 C.7.6.3.1.2 (Photometric Interpretation), C.7.6.3.1.5, C.7.6.3.1.6 (Palette Color Lookup Tables), C.7.9.2
(segmented ones).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from dicom_conformance.judge.rendering.stored import photometric
from dicom_conformance.judge.rendering.values import Array, RenderError, Table, described, number, words_of

YBR_OF_RGB = np.array([[0.2990, 0.5870, 0.1140], [-0.1687, -0.3313, 0.5000], [0.5000, -0.4187, -0.0813]])
"""Y, CB less its zero, and CR less its zero, of R, G, B (C.7.6.3.1.2)."""

RGB_OF_YBR = np.linalg.inv(YBR_OF_RGB)

_PALETTE = ("Red", "Green", "Blue")
_DISCRETE, _LINEAR, _INDIRECT = 0, 1, 2


def is_colour(image: Dataset) -> bool:
    """Tell whether an image is seen in colour."""
    return int(number(image, "SamplesPerPixel", 1)) == 3 or photometric(image) == "PALETTE COLOR"


def colours(stored: NDArray[Any], image: Dataset, model: str = "") -> tuple[Array, Array]:
    """Give the colours of a frame.

    Parameters
    ----------
    stored : ndarray, shape (rows, columns) or (rows, columns, 3)
        Its stored values.
    model : str
        What the three samples are; empty: what the image says.

    Returns
    -------
    ndarray, ndarray, shape (rows, columns, 3)
        The least and the most that red, green and blue may be, 0 to 1.

    Raises
    ------
    RenderError
        The model is unknown, or a palette is not of the standard.
    """
    values = stored.astype(np.float64)
    model = model or photometric(image)
    top = float((1 << int(number(image, "BitsStored", 8))) - 1)
    match model:
        case "PALETTE COLOR" if values.ndim == 2:
            seen = np.stack([table(values) / table.top for table in palette(image)], axis=-1)
        case "RGB" if values.ndim == 3:
            seen = values / top
        case "YBR_FULL" if values.ndim == 3:
            seen = _rgb(values, top)
        case "YBR_FULL_422" if values.ndim == 3:
            return _between_pairs(values, top)
        case _:
            raise RenderError(f"unknown colour model {model!r} with {values.ndim - 1} dimensions")
    return seen, seen


def _rgb(ybr: Array, top: float) -> Array:
    """Convert Y, CB, CR of 0 to `top`; CB and CR are 0 at half of the values, 128 where there are 256."""
    centred = ybr - np.array([0.0, (top + 1) / 2, (top + 1) / 2])
    found: Array = np.clip(centred @ RGB_OF_YBR.T / top, 0.0, 1.0)
    return found


def _between_pairs(ybr: Array, top: float) -> tuple[Array, Array]:
    """Convert pairs: CB and CR are those of the first pixel; the second lies between it and the next pair."""
    later = ybr.copy()
    later[:, 1:-1:2, 1:] = ybr[:, 2::2, 1:]
    one, other = _rgb(ybr, top), _rgb(later, top)
    return np.minimum(one, other), np.maximum(one, other)


def palette(image: Dataset) -> list[Table]:
    """Give the tables of red, green and blue.

    Raises
    ------
    RenderError
        One is missing, or descriptor and data do not fit each other.
    """
    signed = number(image, "PixelRepresentation", 0) == 1
    return [_table(image, colour, signed) for colour in _PALETTE]


def _table(image: Dataset, colour: str, signed: bool) -> Table:
    descriptor = f"{colour}PaletteColorLookupTableDescriptor"
    data, segmented = f"{colour}PaletteColorLookupTableData", f"Segmented{colour}PaletteColorLookupTableData"
    count, first, bits = described(image, descriptor, signed)
    if bits not in (8, 16):
        raise RenderError(f"{descriptor} says {bits} bits, neither 8 nor 16")
    entries = words_of(image, data, bits) if data in image else _expanded(words_of(image, segmented, 16), bits)
    if len(entries) < count:
        raise RenderError(f"{colour} palette has {len(entries)} entries instead of {count}")
    return Table(first, bits, entries[:count])


def _expanded(words: Array, bits: int) -> Array:
    """Expand segments: discrete entries, straight lines from the last entry, and copies of earlier segments."""
    if bits != 16:
        raise RenderError("a segmented palette of 8 bits is not judged")
    segments = [int(one) for one in words]
    found: list[float] = []
    place = 0
    while place < len(segments):
        place = _segment(segments, place, found, copied=False)
    return np.array(found, dtype=np.float64)


def _segment(segments: list[int], place: int, found: list[float], *, copied: bool) -> int:
    """Expand the segment at a place; returns where the next one starts."""
    if place + 2 >= len(segments):
        raise RenderError("a segmented palette ends within a segment")
    opcode, length = segments[place], segments[place + 1]
    if opcode == _DISCRETE and place + 2 + length <= len(segments):
        found += segments[place + 2 : place + 2 + length]
        return place + 2 + length
    if opcode == _LINEAR and found:
        last, end = found[-1], segments[place + 2]
        found += [float(round(last + (end - last) * step / length)) for step in range(1, length + 1)]
        return place + 3
    if opcode == _INDIRECT and not copied and place + 3 < len(segments):
        source = (segments[place + 2] + (segments[place + 3] << 16)) // 2  # the offset is of bytes
        for _ in range(length):
            source = _segment(segments, source, found, copied=True)
        return place + 4
    raise RenderError(f"a segmented palette has a segment {opcode} of {length} that cannot be expanded")
