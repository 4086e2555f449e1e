"""A frame in the units of its modality, and how it is shown: what a display needs to change the window by itself.

Invariants: the values are those that the VOI LUT gets when the frame is rendered without a presentation state; where
the picture depends on more than a window (colour, subtraction, a Presentation LUT that is a table), that is said.

References
----------
PS3.4 N.2.1; PS3.3 C.11.1, C.11.2.1.2
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from dicom_workstation.data_sets import DataSetError
from dicom_workstation.instances import Memory
from dicom_workstation.pixels import Image, PixelError, Remarks, Shape, Transformation, Window, modality_lut, voi_lut
from dicom_workstation.presentation_states import StateError, check

REFUSALS: Final = (StateError, PixelError, DataSetError)


class FrameValuesError(Exception):
    """A frame that cannot be given in the units of its modality, and why."""


@dataclass(frozen=True, slots=True)
class ShownWindow:
    """A window: center and width in modality units, and the name of its VOI LUT Function."""

    center: float
    width: float
    function: str = "LINEAR"


@dataclass(frozen=True, slots=True)
class FrameFacts:
    """What a display needs to know of a frame.

    Parameters
    ----------
    is_quick : bool
        Whether a window alone makes the picture of the values.
    is_inverted : bool
        Whether the lowest value is shown white.
    window : ShownWindow
        What it is shown with when nothing else is asked for; where that is a table, or nothing, the whole range.
    windows : tuple of ShownWindow
        Those of the image itself.
    low, high : float
        The least and the greatest value that can be, in modality units.
    spacing_mm : (float, float) or None
        Distance of rows and of columns, where it is known.
    """

    rows: int
    columns: int
    frames: int
    is_quick: bool
    is_gray: bool
    is_inverted: bool
    window: ShownWindow
    windows: tuple[ShownWindow, ...]
    low: float
    high: float
    spacing_mm: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class FrameValues:
    """Values in modality units, row after row, little endian."""

    kind: Literal["int16", "uint16", "float32"]
    data: bytes


def _opened(
    memory: Memory, SOPInstanceUID: str, frame: int
) -> tuple[Image, Transformation, tuple[float, float] | None]:
    held = memory.get(SOPInstanceUID)
    if held is None:
        raise FrameValuesError("the image is not in memory")
    try:
        image = Image((held.data_set, held.TransferSyntaxUID))
        steps = check(image, frame)
    except REFUSALS as error:
        raise FrameValuesError(str(error)) from error
    spacing = (steps.size.height, steps.size.width) if steps.size.is_physical else None
    return image, steps.transformation, spacing


def frame_facts(memory: Memory, SOPInstanceUID: str, frame: int) -> FrameFacts:
    """Tell what a display needs to know of a frame, counted from 1; FrameValuesError where it cannot be shown."""
    image, transformation, spacing = _opened(memory, SOPInstanceUID, frame)
    lut = transformation.modality_lut
    low, high = modality_lut.extent(lut, image.pixel.minimum, image.pixel.maximum) if image.grayscale else (0.0, 255.0)
    own = voi_lut.read_usable(image.data_set, Remarks(), is_signed=low < 0) if image.grayscale else ()
    whole = ShownWindow((low + high + 1) / 2, max(1.0, high - low + 1))
    shown = transformation.voi_lut
    return FrameFacts(
        rows=image.pixel.rows,
        columns=image.pixel.columns,
        frames=image.frames,
        is_quick=image.grayscale and transformation.mask is None and isinstance(transformation.presentation_lut, Shape),
        is_gray=image.grayscale,
        is_inverted=transformation.is_inverted != (transformation.presentation_lut is Shape.INVERSE),
        window=_shown(shown) if isinstance(shown, Window) else whole,
        windows=tuple(_shown(each) for each in own if isinstance(each, Window)),
        low=float(low),
        high=float(high),
        spacing_mm=spacing,
    )


def frame_values(memory: Memory, SOPInstanceUID: str, frame: int) -> FrameValues:
    """Return the values of a frame, counted from 1; FrameValuesError where there are none.

    They are of 16 bits where that loses nothing, else floating-point numbers.
    """
    image, transformation, _ = _opened(memory, SOPInstanceUID, frame)
    if not image.grayscale or transformation.mask is not None:
        raise FrameValuesError("a window alone does not make the picture of this image")
    try:
        stored = image.stored(frame)
        lut = transformation.modality_lut
        units: NDArray[np.float64] = stored.astype(np.float64) if lut is None else lut.apply(stored)
    except REFUSALS as error:
        raise FrameValuesError(str(error)) from error
    if np.array_equal(units, np.rint(units)):
        low, high = float(units.min()), float(units.max())
        if low >= -0x8000 and high <= 0x7FFF:
            return FrameValues("int16", units.astype("<i2").tobytes())
        if low >= 0 and high <= 0xFFFF:
            return FrameValues("uint16", units.astype("<u2").tobytes())
    return FrameValues("float32", units.astype("<f4").tobytes())


def _shown(window: Window) -> ShownWindow:
    return ShownWindow(float(window.center), float(window.width), str(window.function))
