"""Displayed Area Module: which part of the image is shown, and how large a pixel of it becomes on the display.

Invariants: the corners are pixels of the image before spatial transformation, named by where they come to lie
after it. What the standard leaves open is decided in `docs/decisions/0006-presentation-states.md`: no sample is lost
for the sake of the aspect ratio, samples are replicated, what lies outside the image is black.

References
----------
PS3.3 C.10.4
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from pydicom.dataset import Dataset

from dicom_workstation.pixels import Pixels, PixelShape, copied
from dicom_workstation.presentation_states.attributes import number, numbers, values, word
from dicom_workstation.presentation_states.errors import StateError
from dicom_workstation.presentation_states.spatial_transformation import SpatialTransformation

SIZE_MODES: Final = ("SCALE TO FIT", "TRUE SIZE", "MAGNIFY")
MAXIMUM_PIXELS: Final = 1 << 28


@dataclass(frozen=True, slots=True)
class Display:
    """Where the picture is to go: a window of so many pixels to fill, and the pitch of its pixels.

    A film (`is_film`) has neither: a printer is told the size of the picture and the shape of its pixels, which stay
    as they are.
    """

    rows: int | None = None
    columns: int | None = None
    spacing_mm: float | None = None
    is_film: bool = False


@dataclass(frozen=True, slots=True)
class DisplayedArea:
    """The Specified Displayed Area of an image.

    Parameters
    ----------
    top_left, bottom_right : tuple of int
        Column and row, from 1, before spatial transformation.
    vertical, horizontal : float
        Size of a pixel, in mm for TRUE SIZE, else in proportion to each other.
    """

    top_left: tuple[int, int]
    bottom_right: tuple[int, int]
    mode: str = "SCALE TO FIT"
    vertical: float = 1.0
    horizontal: float = 1.0
    magnification: float = 1.0

    @classmethod
    def read(cls, item: Dataset) -> DisplayedArea:
        """Read an item of Displayed Area Selection Sequence."""
        left, top = numbers(item, "DisplayedAreaTopLeftHandCorner", 2)
        right, bottom = numbers(item, "DisplayedAreaBottomRightHandCorner", 2)
        mode = word(item, "PresentationSizeMode", SIZE_MODES)
        keyword = "PresentationPixelSpacing" if values(item, "PresentationPixelSpacing") else None
        if keyword is None and mode == "TRUE SIZE":
            raise StateError("PresentationPixelSpacing is missing, which TRUE SIZE needs")
        vertical, horizontal = numbers(item, keyword or "PresentationPixelAspectRatio", 2)
        magnification = number(item, "PresentationPixelMagnificationRatio") if mode == "MAGNIFY" else 1.0
        if min(vertical, horizontal, magnification) <= 0:
            raise StateError("the size of a pixel or its magnification must be greater than 0")
        corners = (int(left), int(top)), (int(right), int(bottom))
        return cls(*corners, mode, vertical, horizontal, magnification)

    @classmethod
    def whole(cls, rows: int, columns: int, turned: SpatialTransformation, size: PixelShape) -> DisplayedArea:
        """Return the area of a whole image, as its corners lie after the spatial transformation."""
        top_left, bottom_right = turned_corners(1, 1, columns, rows, turned)
        return cls(top_left, bottom_right, vertical=size.height, horizontal=size.width)


def turned_corners(
    left: int, top: int, right: int, bottom: int, turned: SpatialTransformation
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return which corners (column, row) of a rectangle come to lie top left and bottom right once it is turned."""
    rows, columns = bottom - top + 1, right - left + 1
    corners = {}
    for x, column in ((0.5, left), (columns - 0.5, right)):
        for y, row in ((0.5, top), (rows - 0.5, bottom)):
            corners[turned.point(x, y, rows, columns)] = (column, row)
    return corners[min(corners)], corners[max(corners)]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where each pixel of an image of `rows` and `columns` comes to lie in the picture.

    Parameters
    ----------
    left, top, width, height : int
        The area, in pixels of the turned image, from 0; it may reach beyond the image.
    picture_rows, picture_columns : int
        The size of the picture, in pixels of the display.
    """

    rows: int
    columns: int
    turned: SpatialTransformation
    left: int
    top: int
    width: int
    height: int
    picture_rows: int
    picture_columns: int

    def apply(self, pixels: Pixels, outside: int = 0) -> Pixels:
        """Turn, cut and scale an array of shape (rows, columns, ...); what is outside the image becomes `outside`."""
        turned = self.turned.apply(pixels)
        rows = self._samples(self.top, self.height, self.picture_rows)
        columns = self._samples(self.left, self.width, self.picture_columns)
        if self._is_within(turned) and (self.picture_rows, self.picture_columns) == (self.height, self.width):
            cut = turned[self.top : self.top + self.height, self.left : self.left + self.width]
            return copied(cut)
        valid_rows, valid_columns = self._valid(rows, turned.shape[0]), self._valid(columns, turned.shape[1])
        picture = np.full((len(rows), len(columns), *turned.shape[2:]), outside, turned.dtype)
        inside = turned[np.ix_(rows[valid_rows], columns[valid_columns])]
        picture[np.ix_(valid_rows, valid_columns)] = inside
        return picture

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point of the image lies in the picture; both from the outer corner of the first pixel."""
        turned_x, turned_y = self.turned.point(x, y, self.rows, self.columns)
        return (
            (turned_x - self.left) * self.picture_columns / self.width,
            (turned_y - self.top) * self.picture_rows / self.height,
        )

    def fraction(self, x: float, y: float) -> tuple[float, float]:
        """Return where a fraction of the Specified Displayed Area lies in the picture."""
        return x * self.picture_columns, y * self.picture_rows

    def _is_within(self, turned: Pixels) -> bool:
        rows, columns = turned.shape[:2]
        return self.left >= 0 <= self.top and self.left + self.width <= columns and self.top + self.height <= rows

    @staticmethod
    def _samples(first: int, count: int, wanted: int) -> Pixels:
        places: Pixels = first + np.floor((np.arange(wanted) + 0.5) * (count / wanted)).astype(np.intp)
        return places

    @staticmethod
    def _valid(samples: Pixels, count: int) -> Pixels:
        return np.flatnonzero((samples >= 0) & (samples < count))


def place(
    area: DisplayedArea,
    turned: SpatialTransformation,
    rows: int,
    columns: int,
    display: Display,
    is_drawn_on: bool = False,
) -> tuple[Placement, tuple[str, ...]]:
    """Compute where the pixels go; returns warnings beside it.

    Parameters
    ----------
    is_drawn_on : bool
        Text and circles are drawn on it, which keep their form on square pixels alone.

    Raises
    ------
    StateError
        If the area contains no pixel of the image, or is too large to show.
    """
    warnings = []
    first, last = (
        turned.point(column - 0.5, row - 0.5, rows, columns) for column, row in (area.top_left, area.bottom_right)
    )
    if first[0] > last[0] or first[1] > last[1]:
        warnings.append(
            "the corners of the displayed area are not its top left and bottom right after spatial transformation: "
            "the area between them is shown"
        )
    left, top = (math.floor(min(one, other)) for one, other in zip(first, last, strict=True))
    width, height = (int(abs(one - other)) + 1 for one, other in zip(first, last, strict=True))
    turned_rows, turned_columns = (columns, rows) if turned.swaps_axes else (rows, columns)
    if left >= turned_columns or top >= turned_rows or left + width <= 0 or top + height <= 0:
        raise StateError("the displayed area contains no pixel of the image")
    factor_x, factor_y, word_of_caution = _factors(area, turned, width, height, display, is_drawn_on)
    if word_of_caution:
        warnings.append(word_of_caution)
    picture_columns, picture_rows = (max(1, math.floor(size + 0.5)) for size in (width * factor_x, height * factor_y))
    if picture_rows * picture_columns > MAXIMUM_PIXELS:
        raise StateError(f"the picture would have {picture_rows} x {picture_columns} pixels")
    placement = Placement(rows, columns, turned, left, top, width, height, picture_rows, picture_columns)
    return placement, tuple(warnings)


def _factors(
    area: DisplayedArea, turned: SpatialTransformation, width: int, height: int, display: Display, is_drawn_on: bool
) -> tuple[float, float, str]:
    """Return how many pixels of the display a pixel of the turned image is wide and high, and a warning or nothing."""
    vertical, horizontal = area.vertical, area.horizontal
    if turned.swaps_axes:  # the size of a pixel is given before spatial transformation
        vertical, horizontal = horizontal, vertical
    if area.mode == "TRUE SIZE" and display.spacing_mm:
        return horizontal / display.spacing_mm, vertical / display.spacing_mm, ""
    smaller = min(vertical, horizontal)
    factor_x, factor_y = horizontal / smaller, vertical / smaller
    if display.is_film and not is_drawn_on:
        return area.magnification, area.magnification, ""
    if area.mode == "TRUE SIZE" and not display.is_film:
        return factor_x, factor_y, "TRUE SIZE cannot be kept: the pixel pitch of the display is not known"
    scale = area.magnification
    if area.mode == "SCALE TO FIT" and display.rows and display.columns:
        scale = min(display.columns / (width * factor_x), display.rows / (height * factor_y))
    return factor_x * scale, factor_y * scale, ""
