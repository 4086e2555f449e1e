"""The VOI LUT: what of the range of the modality is of interest.

Invariants: every function gives values from 0 to 1, so that no later step needs to know how many bits an earlier
one had; the edges are those of the standard's pseudo-code.

References
----------
PS3.3 Section C.11.2.1.2 (LINEAR), C.11.2.1.3.1 (SIGMOID), C.11.2.1.3.2 (LINEAR_EXACT), C.11.2.1.1 (VOI LUT Sequence)
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from dicom_workstation.data_sets import UNREADABLE
from dicom_workstation.pixels.arrays import Pixels
from dicom_workstation.pixels.errors import PixelError
from dicom_workstation.pixels.lookup_table import LookUpTable
from dicom_workstation.pixels.lookup_table import read_lookup_table as read_table
from dicom_workstation.pixels.remarks import Remarks


class Function(StrEnum):
    """VOI LUT Function (0028,1056)."""

    LINEAR = "LINEAR"
    LINEAR_EXACT = "LINEAR_EXACT"
    SIGMOID = "SIGMOID"


@dataclass(frozen=True, slots=True)
class Window:
    """Window Center, Window Width and VOI LUT Function.

    Raises
    ------
    PixelError
        If the width is less than 1 (LINEAR), or not above 0 (the others).
    """

    center: float
    width: float
    function: Function = Function.LINEAR

    def __post_init__(self) -> None:
        if not (np.isfinite(self.center) and np.isfinite(self.width)):
            raise PixelError(f"center {self.center} and width {self.width} do not make a window")
        if self.width <= 0 or (self.function is Function.LINEAR and self.width < 1):
            raise PixelError(f"Window Width {self.width} is too small for {self.function}")

    def apply(self, inputs: Pixels) -> NDArray[np.float64]:
        """Return values from 0 to 1."""
        inputs = inputs.astype(np.float64, copy=False)
        if self.function is Function.SIGMOID:
            with np.errstate(over="ignore"):  # far below the window: exp grows out of range, its inverse is 0
                return 1.0 / (1.0 + np.exp(-4.0 * (inputs - self.center) / self.width))
        if self.function is Function.LINEAR_EXACT:
            return np.clip((inputs - self.center) / self.width + 0.5, 0.0, 1.0)
        return self._linear(inputs)

    def _linear(self, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Apply C.11.2.1.2.1; at width 1 only its two outer cases are left."""
        center, width = self.center - 0.5, self.width - 1.0
        if width == 0.0:
            return (inputs > center).astype(np.float64)
        return np.clip((inputs - center) / width + 0.5, 0.0, 1.0)


VOILUT = Window | LookUpTable


def normalized(lut: VOILUT | None, inputs: Pixels, extent: tuple[float, float]) -> NDArray[np.float64]:
    """Apply a VOI LUT and bring its output to 0 to 1.

    Parameters
    ----------
    extent : (float, float)
        Smallest and largest value that the Modality LUT can give; without a VOI LUT all of them are shown.
    """
    if isinstance(lut, Window):
        return lut.apply(inputs)
    if lut is not None:
        return lut.apply(inputs) / lut.maximum
    minimum, maximum = extent
    return np.clip((inputs.astype(np.float64) - minimum) / max(maximum - minimum, 1e-300), 0.0, 1.0)


def read(data_set: Dataset, *, is_signed: bool, is_little_endian: bool = True) -> tuple[VOILUT, ...]:
    """Read every alternative of an image, or of an item of Softcopy VOI LUT Sequence; the first one is the default.

    Parameters
    ----------
    is_signed : bool
        Whether the values that the Modality LUT gives can be negative.
    """
    windows = _windows(data_set)
    tables = tuple(
        read_table(item, "VOI LUT", is_signed=is_signed, is_little_endian=is_little_endian)
        for item in data_set.get("VOILUTSequence") or ()
    )
    return (*windows, *tables)


def read_usable(
    data_set: Dataset, remarks: Remarks, *, is_signed: bool, is_little_endian: bool = True
) -> tuple[VOILUT, ...]:
    """Read the alternatives of an image that can be used; a remark says which cannot, and why."""
    found: list[VOILUT] = []
    pairs: tuple[tuple[float, float], ...] = ()
    with remarks.without("a window"):
        function = _function(data_set)
        pairs = _pairs(data_set)
    for center, width in pairs:
        with remarks.without("this window"):
            found.append(Window(center, width, function))
    with remarks.without("the VOI LUT", *UNREADABLE):
        for item in data_set.get("VOILUTSequence") or ():
            with remarks.without("this VOI LUT"):
                found.append(
                    read_table(
                        item, "VOI LUT", is_signed=is_signed, is_little_endian=is_little_endian, complaints=remarks
                    )
                )
    return tuple(found)


def _windows(data_set: Dataset) -> tuple[Window, ...]:
    pairs = _pairs(data_set)
    function = _function(data_set)
    return tuple(Window(center, width, function) for center, width in pairs)


def _pairs(data_set: Dataset) -> tuple[tuple[float, float], ...]:
    """Return center and width of each window."""
    centers, widths = numbers(data_set, "WindowCenter"), numbers(data_set, "WindowWidth")
    if len(centers) != len(widths):
        raise PixelError(f"there are {len(centers)} values of Window Center, {len(widths)} of Window Width")
    return tuple(zip(centers, widths, strict=True))


def _function(data_set: Dataset) -> Function:
    value = data_set.get("VOILUTFunction") or "LINEAR"
    name = str(value[0] if isinstance(value, MultiValue) and value else value).strip()
    if name not in Function.__members__:
        raise PixelError(f"VOI LUT Function {name[:20]!r} is not supported")
    return Function(name)


def numbers(data_set: Dataset, keyword: str) -> tuple[float, ...]:
    """Return all values of an element as numbers; PixelError if one is not a number."""
    value = data_set.get(keyword)
    if value is None or value == "":
        return ()
    values = value if isinstance(value, list | tuple | MultiValue) else (value,)
    try:
        return tuple(float(each) for each in values)
    except (ValueError, TypeError) as error:
        raise PixelError(f"{keyword} {str(value)[:40]!r} is not numeric") from error
