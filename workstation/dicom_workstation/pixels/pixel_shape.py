"""How high and wide a pixel is.

Invariants: a distance in mm where the image has one, else a ratio; without either pixels are square. What is
measured at the detector is marked as such.

References
----------
PS3.3 Section 10.7.1.1 (Pixel Spacing, Imager Pixel Spacing), C.7.6.3.1.7 (Pixel Aspect Ratio), 10.7.1.3 (order)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from pydicom.dataset import Dataset

from dicom_workstation.pixels.arrays import Pixels
from dicom_workstation.pixels.errors import PixelError
from dicom_workstation.pixels.functional_groups import layers
from dicom_workstation.pixels.voi_lut import numbers

# In the order in which they are believed: in the patient, at the detector, of the scanned film.
_SPACINGS: Final = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing", "ImagePlanePixelSpacing")


@dataclass(frozen=True, slots=True)
class PixelShape:
    """The distance between rows and between columns.

    Parameters
    ----------
    height, width : float
        In mm if `origin` is the keyword of a spacing, else in proportion to each other.
    origin : str
        Keyword of the attribute; empty if it is absent.
    """

    height: float = 1.0
    width: float = 1.0
    origin: str = ""

    @property
    def is_physical(self) -> bool:
        """Whether height and width are in mm."""
        return self.origin in _SPACINGS

    @property
    def aspect(self) -> float:
        """Height over width."""
        return self.height / self.width


def read_pixel_shape(data_set: Dataset, frame: int = 1) -> PixelShape:
    """Read the shape of the pixels of a frame; PixelError where a spacing is not a pair of positive numbers."""
    for keyword in (*_SPACINGS, "PixelAspectRatio"):
        for layer in layers(data_set, frame, "PixelMeasuresSequence"):
            values = numbers(layer, keyword)
            if not values:
                continue
            if len(values) != 2 or not all(math.isfinite(value) and value > 0 for value in values):
                raise PixelError(f"{keyword} {values} is not a pair of positive numbers")
            return PixelShape(values[0], values[1], keyword)
    return PixelShape()


def with_square_pixels(picture: Pixels, shape: PixelShape) -> Pixels:
    """Stretch the picture along the longer side of its pixels, by linear interpolation, until they are square.

    Parameters
    ----------
    picture : ndarray, shape (rows, columns[, 3]), unsigned
    """
    if math.isclose(shape.aspect, 1.0, rel_tol=1e-3):
        return picture
    axis = 0 if shape.aspect > 1 else 1
    factor = shape.aspect if axis == 0 else 1 / shape.aspect
    before = picture.shape[axis]
    after = max(1, round(before * factor))
    places = np.clip((np.arange(after) + 0.5) * before / after - 0.5, 0, before - 1)
    below = np.floor(places).astype(np.int64)
    part = (places - below).reshape([-1 if n == axis else 1 for n in range(picture.ndim)])
    lower = picture.take(below, axis)
    upper = picture.take(np.minimum(below + 1, before - 1), axis)
    stretched: Pixels = np.rint(lower * (1 - part) + upper * part).astype(picture.dtype)
    return stretched
