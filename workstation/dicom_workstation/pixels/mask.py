"""Mask subtraction between frames of one image.

Invariants: frames are subtracted in the unit that the Modality LUT gives, so that the difference has a sign; a
frame that no mask applies to, or whose mask would be a frame that is not there, stays as it is.

References
----------
PS3.3 Section C.7.6.10; PS3.4 Annex N.2.1.2
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from dicom_workstation.pixels.errors import PixelError

_OPERATIONS: Final = ("AVG_SUB", "TID")


@dataclass(frozen=True, slots=True)
class Mask:
    """One item of Mask Subtraction Sequence (0028,6100).

    Parameters
    ----------
    operation : str
        Mask Operation: AVG_SUB (the average of `frames` is subtracted) or TID (the frame `offset` before).
    ranges : tuple of (int, int)
        Applicable Frame Range: first and last frame of each; all frames if empty.
    frames : tuple of int
        Mask Frame Numbers.
    averaged : int
        Contrast Frame Averaging: how many frames, the current one first, make up the contrast.
    shift : (float, float)
        Mask Sub-pixel Shift: rows and columns by which the mask is moved before it is subtracted.
    offset : int
        TID Offset.
    """

    operation: str
    ranges: tuple[tuple[int, int], ...] = ()
    frames: tuple[int, ...] = ()
    averaged: int = 1
    shift: tuple[float, float] = (0.0, 0.0)
    offset: int = 1

    def masks_of(self, frame: int, count: int) -> tuple[int, ...]:
        """Return the frames that are subtracted from a frame of an image with `count` frames; none if it stays."""
        if self.ranges and not any(first <= frame <= last for first, last in self.ranges):
            return ()
        if frame + self.averaged - 1 > count:  # the range ends where there are frames enough (C.7.6.10.1)
            return ()
        if self.operation == "AVG_SUB":
            return self.frames
        masked = frame - self.offset
        return (masked,) if 1 <= masked <= count else ()

    def apply(self, frame: int, count: int, values: Callable[[int], NDArray[np.float64]]) -> NDArray[np.float64]:
        """Subtract.

        Parameters
        ----------
        values : callable
            Gives a frame in the unit of the modality.
        """
        masks = self.masks_of(frame, count)
        if not masks:
            return values(frame)
        contrast = _average(tuple(range(frame, frame + self.averaged)), values)
        return contrast - _shifted(_average(masks, values), self.shift)


def read(data_set: Dataset, frames: int) -> Mask | None:
    """Read the first item that does something; None if there is none.

    Raises
    ------
    PixelError
        If it names a frame that the image does not have, or an operation that is not supported.
    """
    for item in data_set.get("MaskSubtractionSequence") or ():
        operation = str(item.get("MaskOperation") or "").strip()
        if operation in ("", "NONE"):
            continue
        if operation not in _OPERATIONS:
            raise PixelError(f"Mask Operation {operation[:20]!r} is not supported")
        return _mask(item, operation, frames)
    return None


def _mask(item: Dataset, operation: str, frames: int) -> Mask:
    try:
        bounds = [int(number) for number in _several(item.get("ApplicableFrameRange"))]
        numbers = tuple(int(number) for number in _several(item.get("MaskFrameNumbers")))
        shift = tuple(float(number) for number in _several(item.get("MaskSubPixelShift"))) or (0.0, 0.0)
        averaged, offset = max(1, int(item.get("ContrastFrameAveraging") or 1)), int(item.get("TIDOffset") or 1)
    except (ValueError, TypeError) as error:
        raise PixelError(f"Mask Subtraction Sequence: {error}") from error
    wrong = [number for number in numbers if not 1 <= number <= frames]
    if wrong or (operation == "AVG_SUB" and not numbers):
        raise PixelError(f"Mask Frame Numbers {wrong or 'missing'}: the image has {frames} frames")
    if len(bounds) % 2 or len(shift) != 2:
        raise PixelError("Mask Subtraction Sequence: ranges and shifts come in pairs")
    ranges = tuple(zip(bounds[::2], bounds[1::2], strict=True))
    return Mask(operation, ranges, numbers, averaged, (shift[0], shift[1]), offset)


def _several(value: Any) -> tuple[Any, ...]:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list | tuple | MultiValue) else (value,)


def _average(frames: tuple[int, ...], values: Callable[[int], NDArray[np.float64]]) -> NDArray[np.float64]:
    total = values(frames[0])
    for frame in frames[1:]:
        total = total + values(frame)
    return total / len(frames)


def _shifted(picture: NDArray[np.float64], shift: tuple[float, float]) -> NDArray[np.float64]:
    """Move a picture by fractions of a pixel, down and to the right; its edges are repeated."""
    for axis, distance in enumerate(shift):
        if distance:
            places = np.arange(picture.shape[axis]) - distance
            below = np.floor(places).astype(np.int64)
            part = (places - below).reshape([-1, 1] if axis == 0 else [1, -1])
            last = picture.shape[axis] - 1
            lower = picture.take(np.clip(below, 0, last), axis)
            upper = picture.take(np.clip(below + 1, 0, last), axis)
            picture = lower * (1 - part) + upper * part
    return picture
