"""Overlays: which bit planes are seen with a frame, and in which pixels of the image.

Invariants: with a state, the overlays that it gives a layer are seen, and no others; an overlay of its own
takes the place of the image's. How an overlay is drawn without a state is undefined, and so is whether: it may be left
out, or be drawn in any one grey, but where it is drawn it has to be in its place.

References
----------
PS3.3 C.9.2 (Overlay Plane), C.9.3 (planes of single frames), C.11.7 (Overlay Activation), C.10.7 (Graphic Layer);
PS3.5 8.1.2; PS3.3-2004 C.9.2 (planes within Pixel Data, since retired).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydicom import Dataset

from dicom_conformance.judge.rendering.shutters import Mask
from dicom_conformance.judge.rendering.stored import readable, words
from dicom_conformance.judge.rendering.values import RenderError, items, number, numbers

GROUPS = range(0x6000, 0x6020, 2)
"""Repeating groups of overlays (PS3.5 7.6)."""

_ROWS, _COLUMNS, _FRAMES, _ORIGIN, _FIRST_FRAME = 0x0010, 0x0011, 0x0015, 0x0050, 0x0051
_BITS_ALLOCATED, _BIT_POSITION, _LAYER, _DATA = 0x0100, 0x0102, 0x1001, 0x3000


@dataclass(frozen=True, slots=True)
class Plane:
    """One overlay of a frame.

    Parameters
    ----------
    group : int
        60xx.
    covered : Mask
        Pixels of the image that it covers, shape (rows, columns).
    grey : float or None
        P-Value 0 to 1 that its layer recommends.
    order : float
        Of its layer.
    required : bool
        Whether it has to be seen.
    """

    group: int
    covered: Mask
    grey: float | None = None
    order: float = 0.0
    required: bool = True


def planes(image: Dataset, state: Dataset | None, frame: int) -> Iterator[Plane]:
    """Give the overlays that are, or may be, seen with a frame.

    Raises
    ------
    RenderError
        An overlay that a state shows is shorter than declared, or has no position.
    """
    if state is None:
        for group in GROUPS:
            if (group, _ROWS) in image:
                with suppress(RenderError):  # what cannot be drawn is not seen
                    yield Plane(group, _covered(image, image, group, frame), required=False)
        return
    layers = {str(layer.GraphicLayer): layer for layer in items(state, "GraphicLayerSequence")}
    shutter = int(number(state, "ShutterOverlayGroup", 0))
    for group in GROUPS:
        name = str(_value(state, group, _LAYER, "") or "")
        source = state if (group, _DATA) in state else image
        if not name or group == shutter or (group, _ROWS) not in source:
            continue
        layer = layers.get(name, Dataset())
        greys = numbers(layer, "GraphicLayerRecommendedDisplayGrayscaleValue")
        grey = greys[0] / 0xFFFF if greys else None
        kept_apart = (group, _DATA) in source  # planes within Pixel Data should not be displayed any more
        covered = _covered(source, image, group, frame)
        yield Plane(group, covered, grey, number(layer, "GraphicLayerOrder", 0), kept_apart)


def _value(data_set: Dataset, group: int, element: int, default: Any) -> Any:
    return data_set[group, element].value if (group, element) in data_set else default


def _covered(source: Dataset, image: Dataset, group: int, frame: int) -> Mask:
    """Lay a plane where its origin says: row and column of its first bit, 1 and 1 that of the image's first pixel."""
    rows, columns = (int(_value(source, group, element, 0)) for element in (_ROWS, _COLUMNS))
    origin = [int(one) for one in _value(source, group, _ORIGIN, ())]
    if len(origin) != 2:
        raise RenderError(f"overlay {group:04X} has no origin")
    height, width = int(image.Rows), int(image.Columns)
    found = np.zeros((height, width), bool)
    bits = _bits(source, image, group, frame, (rows, columns))
    if bits is None:
        return found
    top, left = origin[0] - 1, origin[1] - 1
    upper, lower = max(0, top), min(height, top + rows)
    first, last = max(0, left), min(width, left + columns)
    if upper < lower and first < last:
        found[upper:lower, first:last] = bits[upper - top : lower - top, first - left : last - left]
    return found


def _bits(source: Dataset, image: Dataset, group: int, frame: int, shape: tuple[int, int]) -> Mask | None:
    """Give the bits of a plane for a frame; None where it has none for that one."""
    rows, columns = shape
    if (group, _DATA) not in source:
        return _within_pixels(source, image, group, frame, shape)
    place = 0
    if (group, _FRAMES) in source:  # one without is for all frames
        place = frame - int(_value(source, group, _FIRST_FRAME, 1))
        if not 0 <= place < int(_value(source, group, _FRAMES, 1)):
            return None
    element = source[group, _DATA]
    raw = np.frombuffer(bytes(element.value), np.uint8)
    if source.original_encoding[1] is False and element.VR == "OW":  # the first bit is the lowest of the first word
        raw = raw[: len(raw) // 2 * 2].view(">u2").astype("<u2").view(np.uint8)
    flat = np.unpackbits(raw, bitorder="little")
    flat = flat[place * rows * columns : (place + 1) * rows * columns]
    if len(flat) < rows * columns:
        raise RenderError(f"overlay {group:04X} has fewer bits than {rows} rows of {columns}")
    return flat.reshape(rows, columns).astype(bool)


def _within_pixels(source: Dataset, image: Dataset, group: int, frame: int, shape: tuple[int, int]) -> Mask | None:
    """Give a plane that is stored in the unused bits of Pixel Data."""
    if int(_value(source, group, _BITS_ALLOCATED, 1)) == 1 or source is not image or not readable(image):
        return None
    word = words(image)[frame - 1]
    if word.ndim != 2:
        return None
    found: Mask = (word[: shape[0], : shape[1]] >> int(_value(source, group, _BIT_POSITION, 0)) & 1).astype(bool)
    return found if found.shape == shape else None
