"""Spatial Transformation Module: rotation by quarter turns, clockwise, then a horizontal flip.

References
----------
PS3.3 C.10.6 (Image Rotation 0, 90, 180, 270; Image Horizontal Flip Y or N); PS3.4 N.2.3.3 (the rotation is followed by
the flip)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from pydicom.dataset import Dataset

from dicom_workstation.pixels import Pixels
from dicom_workstation.presentation_states.attributes import number, values, word
from dicom_workstation.presentation_states.errors import StateError

ROTATIONS_DEG: Final = (0, 90, 180, 270)


@dataclass(frozen=True, slots=True)
class SpatialTransformation:
    """A rotation clockwise, then a flip left to right."""

    rotation_deg: int = 0
    is_flipped: bool = False

    @classmethod
    def read(cls, state: Dataset) -> SpatialTransformation:
        """Read the module; where it is absent nothing is turned."""
        rotation = number(state, "ImageRotation") if values(state, "ImageRotation") else 0
        if rotation not in ROTATIONS_DEG:
            raise StateError(f"ImageRotation is {rotation:g}, not one of 0, 90, 180, 270")
        return cls(int(rotation), word(state, "ImageHorizontalFlip", ("Y", "N"), "N") == "Y")

    @property
    def swaps_axes(self) -> bool:
        """Whether rows become columns."""
        return self.rotation_deg in (90, 270)

    def apply(self, pixels: Pixels) -> Pixels:
        """Turn an array of shape (rows, columns); a view, nothing is copied."""
        turned = np.rot90(pixels, -(self.rotation_deg // 90))
        return turned[:, ::-1] if self.is_flipped else turned

    def point(self, x: float, y: float, rows: int, columns: int) -> tuple[float, float]:
        """Turn a point of an image; x to the right, y down, 0 at the outer corner of the first pixel."""
        match self.rotation_deg:
            case 90:
                x, y = rows - y, x
            case 180:
                x, y = columns - x, rows - y
            case 270:
                x, y = y, columns - x
        width = rows if self.swaps_axes else columns
        return (width - x if self.is_flipped else x), y
