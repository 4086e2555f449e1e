"""Stored values to P-Values.

Invariants: every step works on numbers from 0 to 1, and rounding is done once, at the end. Where a P-Value
depends on a stored value alone and there are at most 65,536 of those, the steps are applied to all possible values,
once, and the picture is looked up.

References
----------
PS3.4 Annex N.2.1
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dicom_workstation.pixels import modality_lut, overlay, presentation_lut, voi_lut
from dicom_workstation.pixels.arrays import Pixels
from dicom_workstation.pixels.errors import PixelError
from dicom_workstation.pixels.image import Image
from dicom_workstation.pixels.modality_lut import ModalityLUT
from dicom_workstation.pixels.transformation import Transformation

_GREATEST_TABLE_BITS = 16


def apply(image: Image, frame: int, transformation: Transformation, bits: int = 8) -> Pixels:
    """Render one frame, in the orientation and resolution of the image.

    Parameters
    ----------
    frame : int
        Counted from 1.
    bits : int
        8 to 16: the largest P-Value is 2**bits - 1. Colour is always of 8.

    Returns
    -------
    ndarray, shape (rows, columns), uint8 (8 bits) or uint16; of colour (rows, columns, 3), uint8 RGB

    Raises
    ------
    PixelError
        If it cannot be decoded or transformed.
    """
    if not 8 <= bits <= 16:
        raise PixelError(f"P-Values have 8 to 16 bits, not {bits}")
    if not image.grayscale:
        picture: Pixels = image.rgb(frame)
        bits = 8
    elif transformation.mask is None and image.pixel.bits_allocated <= _GREATEST_TABLE_BITS:
        picture = _looked_up(image, frame, transformation, bits)
    else:
        picture = _computed(image, frame, transformation, bits)
    if transformation.overlays:
        picture = picture if picture.flags.writeable else picture.copy()
        overlay.draw(picture, image, frame, transformation.overlays, bits)
    return picture


def _looked_up(image: Image, frame: int, transformation: Transformation, bits: int) -> Pixels:
    stored = image.stored(frame)
    pixel = image.pixel
    table = _table(replace(transformation, overlays=()), pixel.dtype.str, pixel.minimum, pixel.maximum, bits)
    picture: Pixels = table[stored.view(np.dtype(f"u{stored.dtype.itemsize}"))]
    return picture


@lru_cache(maxsize=16)
def _table(transformation: Transformation, dtype: str, minimum: int, maximum: int, bits: int) -> Pixels:
    """Return the P-Value of each pattern of bits that a cell can have."""
    held = np.dtype(dtype)
    inputs = np.arange(1 << held.itemsize * 8, dtype=np.uint32).astype(f"u{held.itemsize}").view(held)
    units = _in_units(transformation.modality_lut, inputs)
    extent = modality_lut.extent(transformation.modality_lut, minimum, maximum)
    table = _p_values(transformation, units, extent, bits)
    table.flags.writeable = False
    return table


def _computed(image: Image, frame: int, transformation: Transformation, bits: int) -> Pixels:
    def values(number: int) -> NDArray[np.float64]:
        return _in_units(transformation.modality_lut, image.stored(number))

    low, high = modality_lut.extent(transformation.modality_lut, image.pixel.minimum, image.pixel.maximum)
    if transformation.mask is None:
        return _p_values(transformation, values(frame), (low, high), bits)
    units = transformation.mask.apply(frame, image.frames, values)
    if transformation.mask.masks_of(frame, image.frames):
        low, high = low - high, high - low
    return _p_values(transformation, units, (low, high), bits)


def _in_units(lut: ModalityLUT | None, stored: Pixels) -> NDArray[np.float64]:
    """Apply the Modality LUT."""
    return stored.astype(np.float64) if lut is None else lut.apply(stored)


def _p_values(
    transformation: Transformation, units: NDArray[np.float64], extent: tuple[float, float], bits: int
) -> Pixels:
    """Apply VOI LUT, polarity and Presentation LUT, and round."""
    interest = voi_lut.normalized(transformation.voi_lut, units, extent)
    if transformation.is_inverted:
        interest = 1.0 - interest
    shown = presentation_lut.apply(transformation.presentation_lut, interest)
    return np.floor(shown * ((1 << bits) - 1) + 0.5).astype(np.uint8 if bits == 8 else np.uint16)
