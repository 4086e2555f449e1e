"""The Modality LUT: from stored values to the unit of the modality.

Invariants: a sequence or a rescale, never both; without either the values stay as they are.

References
----------
PS3.3 Section C.11.1; PS3.4 Annex N.2.1.1
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from dicom_workstation.data_sets import UNREADABLE
from dicom_workstation.pixels.arrays import Pixels
from dicom_workstation.pixels.errors import PixelError
from dicom_workstation.pixels.lookup_table import LookUpTable
from dicom_workstation.pixels.lookup_table import read_lookup_table as read_table
from dicom_workstation.pixels.remarks import REFUSING, Complaints, Remarks


@dataclass(frozen=True, slots=True)
class Rescale:
    """Output = slope x stored value + intercept."""

    slope: float = 1.0
    intercept: float = 0.0

    def apply(self, inputs: Pixels) -> NDArray[np.float64]:
        """Rescale stored values."""
        return inputs.astype(np.float64) * self.slope + self.intercept


ModalityLUT = Rescale | LookUpTable


def read(
    data_set: Dataset, *, is_signed: bool, is_little_endian: bool = True, complaints: Complaints = REFUSING
) -> ModalityLUT | None:
    """Read the module of an image or a presentation state; None if it has none.

    Parameters
    ----------
    is_signed : bool
        Whether the stored values are.
    """
    sequence = data_set.get("ModalityLUTSequence")
    if sequence:
        return read_table(
            sequence[0],
            "Modality LUT",
            is_signed=is_signed,
            is_little_endian=is_little_endian,
            complaints=complaints,
        )
    return _rescale(data_set)


def read_usable(
    data_set: Dataset, remarks: Remarks, *, is_signed: bool, is_little_endian: bool = True
) -> ModalityLUT | None:
    """Read the module of an image as far as it can be used; a remark says what cannot, and why."""
    found: ModalityLUT | None = None
    with remarks.without("the Modality LUT", *UNREADABLE):
        found = read(data_set, is_signed=is_signed, is_little_endian=is_little_endian, complaints=remarks)
    if found is None and data_set.get("ModalityLUTSequence"):
        with remarks.without("the rescale"):
            found = _rescale(data_set)
    return found


def _rescale(data_set: Dataset) -> Rescale | None:
    slope, intercept = decimal(data_set, "RescaleSlope"), decimal(data_set, "RescaleIntercept")
    if slope is None and intercept is None:
        return None
    if slope == 0.0:
        raise PixelError("Rescale Slope is 0: every value would be the same")
    return Rescale(1.0 if slope is None else slope, intercept or 0.0)


def extent(lut: ModalityLUT | None, minimum: int, maximum: int) -> tuple[float, float]:
    """Return the smallest and largest output for stored values from `minimum` to `maximum`."""
    if lut is None:
        return float(minimum), float(maximum)
    if isinstance(lut, LookUpTable):
        return 0.0, float(lut.maximum)
    ends = lut.apply(np.array([minimum, maximum]))
    return float(ends.min()), float(ends.max())


def decimal(data_set: Dataset, keyword: str) -> float | None:
    """Return a value of VR DS as a finite number, None if there is none; PixelError if it is something else."""
    value = data_set.get(keyword)
    if isinstance(value, MultiValue):
        value = value[0] if len(value) else None
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except (ValueError, TypeError) as error:
        raise PixelError(f"{keyword} {str(value)[:40]!r} is not a number") from error
    if not math.isfinite(number):
        raise PixelError(f"{keyword} is {number}")
    return number
