"""The Presentation LUT: from the values of interest to P-Values.

Invariants: input and output run from 0 to 1; a table is entered over its whole length.

References
----------
PS3.3 Section C.11.4 and C.11.6; PS3.4 Annex N.2.1.4; PS3.14
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from dicom_workstation.pixels.errors import PixelError
from dicom_workstation.pixels.lookup_table import LookUpTable
from dicom_workstation.pixels.lookup_table import read_lookup_table as read_table
from dicom_workstation.pixels.remarks import REFUSING, Complaints


class Shape(StrEnum):
    """Presentation LUT Shape (2050,0020)."""

    IDENTITY = "IDENTITY"
    INVERSE = "INVERSE"


PresentationLUT = Shape | LookUpTable


def apply(lut: PresentationLUT, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return P-Values from 0 to 1."""
    if isinstance(lut, LookUpTable):
        return lut.apply(inputs * (lut.entries - 1) + lut.first) / lut.maximum
    return 1.0 - inputs if lut is Shape.INVERSE else inputs


def read(
    data_set: Dataset, *, is_little_endian: bool = True, complaints: Complaints = REFUSING
) -> PresentationLUT | None:
    """Read the module of an image or a presentation state; None if it has none."""
    sequence = data_set.get("PresentationLUTSequence")
    if sequence:
        return read_table(
            sequence[0],
            "Presentation LUT",
            is_signed=False,
            is_little_endian=is_little_endian,
            complaints=complaints,
        )
    name = str(data_set.get("PresentationLUTShape") or "").strip()
    if not name:
        return None
    if name not in Shape.__members__:
        raise PixelError(f"Presentation LUT Shape {name[:20]!r} is not supported")
    return Shape(name)
