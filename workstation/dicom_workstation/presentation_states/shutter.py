"""Display Shutter and Bitmap Display Shutter Modules: which pixels of an image are hidden, and what stands for them.

Invariants: a pixel is visible if its centre is inside every shape, the edge included; shapes that reach beyond
the image are no error. A bitmap shutter stands alone. Rows and columns count from 1 in attributes, from 0 in arrays.

References
----------
PS3.3 C.7.6.11 (Display Shutter), C.7.6.15 (Bitmap Display Shutter), C.11.12 (Presentation State Shutter)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from pydicom.dataset import Dataset

from dicom_workstation.pixels import Pixels
from dicom_workstation.presentation_states.attributes import number, numbers, pairs, text, values
from dicom_workstation.presentation_states.errors import StateError

SHAPES: Final = ("RECTANGULAR", "CIRCULAR", "POLYGONAL")
BITMAP: Final = "BITMAP"
P_VALUE_MAXIMUM: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class Rectangular:
    """Edges as columns and rows; what is on an edge is visible."""

    left: float
    right: float
    upper: float
    lower: float

    def visible(self, rows: int, columns: int, aspect: float) -> Pixels:
        """Return where the image is visible: a boolean array of shape (rows, columns)."""
        row, column = np.arange(1, rows + 1)[:, None], np.arange(1, columns + 1)[None, :]
        return (self.upper <= row) & (row <= self.lower) & (self.left <= column) & (column <= self.right)


@dataclass(frozen=True, slots=True)
class Circular:
    """Centre as row and column; the radius counts pixels along a row."""

    row: float
    column: float
    radius: float

    def visible(self, rows: int, columns: int, aspect: float) -> Pixels:
        """Return where the image is visible; `aspect` is the height of a pixel in widths."""
        down = (np.arange(1, rows + 1)[:, None] - self.row) * aspect
        across = np.arange(1, columns + 1)[None, :] - self.column
        return down * down + across * across <= self.radius * self.radius


@dataclass(frozen=True, slots=True)
class Polygonal:
    """Vertices as row and column, closed from the last to the first."""

    vertices: tuple[tuple[float, float], ...]

    def visible(self, rows: int, columns: int, aspect: float) -> Pixels:
        """Return where the image is visible; the inside is found by the even-odd rule, row by row."""
        corners = np.array(self.vertices, dtype=float)
        following = np.roll(corners, -1, axis=0)
        found = np.zeros((rows, columns), bool)
        first, last = math.ceil(corners[:, 0].min()), math.floor(corners[:, 0].max())
        for row in range(max(1, first), min(rows, last) + 1):
            for begin, end in _spans(corners, following, row):
                found[row - 1, max(0, math.ceil(begin) - 1) : max(0, math.floor(end))] = True
        return found


def _spans(corners: Pixels, following: Pixels, row: int) -> list[tuple[float, float]]:
    """Return the columns between which a row is inside the polygon, or on its edge."""
    begin, end = corners[:, 0], following[:, 0]
    crossing = (begin <= row) != (end <= row)
    share = (row - begin[crossing]) / (end - begin)[crossing]
    across = np.sort(corners[crossing, 1] + share * (following - corners)[crossing, 1])
    spans = [(float(across[at]), float(across[at + 1])) for at in range(0, len(across), 2)]
    on_row = (begin == row) & (end == row)
    edges = np.sort(np.stack([corners[on_row, 1], following[on_row, 1]], axis=1), axis=1)
    spans += [(float(one), float(other)) for one, other in edges]
    spans += [(float(column), float(column)) for column in corners[begin == row, 1]]
    return spans


@dataclass(frozen=True, slots=True, eq=False)
class Bitmap:
    """An overlay of the state whose bits that are 1 hide the pixels under them."""

    hidden: Pixels

    def visible(self, rows: int, columns: int, aspect: float) -> Pixels:
        """Return where the image is visible."""
        return ~self.hidden


Shape = Rectangular | Circular | Polygonal | Bitmap


@dataclass(frozen=True, slots=True)
class Shutter:
    """Shapes combined, so that the least of the image remains, and the P-Value that stands for the rest."""

    shapes: tuple[Shape, ...]
    p_value: int = 0

    def apply(self, pixels: Pixels, maximum: int, aspect: float) -> tuple[Pixels, tuple[str, ...]]:
        """Return a copy of P-Values with the hidden ones replaced, and warnings.

        Parameters
        ----------
        pixels : ndarray, shape (rows, columns), or (rows, columns, 3), of which what is hidden becomes grey
        maximum : int
            The P-Value of white in `pixels`.
        """
        rows, columns = pixels.shape[:2]
        visible = np.ones((rows, columns), bool)
        for shape in self.shapes:
            visible &= shape.visible(rows, columns, aspect)
        seen = visible if pixels.ndim == 2 else visible[..., None]
        shown = np.where(seen, pixels, np.array(p_value_of(self.p_value, maximum), pixels.dtype))
        if not visible.any():
            return shown, ("the shutter hides the whole image",)
        return shown, ()


def p_value_of(value: int, maximum: int) -> int:
    """Return a 16-bit P-Value (0000H black, FFFFH white) in a range from 0 to `maximum`."""
    return math.floor(value * maximum / P_VALUE_MAXIMUM + 0.5)


def read_shutter(data_set: Dataset, bitmap: Pixels | None = None) -> Shutter | None:
    """Read a shutter, of a state or an image; None where there is none.

    Parameters
    ----------
    bitmap : ndarray or None
        The overlay plane of ShutterOverlayGroup, in the size of the image, for a shutter of shape BITMAP.
    """
    names = [str(each) for each in values(data_set, "ShutterShape")]
    if not names:
        return None
    if len(set(names)) != len(names):
        raise StateError(f"ShutterShape {names} names a shape twice")
    if BITMAP in names and len(names) > 1:
        raise StateError("ShutterShape BITMAP cannot be combined with another shape")
    value = number(data_set, "ShutterPresentationValue") if values(data_set, "ShutterPresentationValue") else 0
    if not 0 <= value <= P_VALUE_MAXIMUM:
        raise StateError(f"ShutterPresentationValue {value:g} is not a P-Value")
    return Shutter(tuple(_read_shape(data_set, name, bitmap) for name in names), int(value))


def _read_shape(data_set: Dataset, name: str, bitmap: Pixels | None) -> Shape:
    match name:
        case "RECTANGULAR":
            return _read_rectangular(data_set)
        case "CIRCULAR":
            row, column = numbers(data_set, "CenterOfCircularShutter", 2)
            radius = number(data_set, "RadiusOfCircularShutter")
            if radius < 0:
                raise StateError(f"RadiusOfCircularShutter is {radius:g}")
            return Circular(row, column, radius)
        case "POLYGONAL":
            keyword = "VerticesOfThePolygonalShutter"
            vertices = pairs(numbers(data_set, keyword), keyword)
            if len(vertices) < 3:
                raise StateError(f"{keyword} has {len(vertices)} vertices, which enclose nothing")
            return Polygonal(vertices)
        case "BITMAP" if bitmap is not None:
            return Bitmap(bitmap)
    raise StateError(f"ShutterShape is {name!r}, not one of {', '.join((*SHAPES, BITMAP))}")


def _read_rectangular(data_set: Dataset) -> Rectangular:
    left, right = (number(data_set, f"Shutter{side}VerticalEdge") for side in ("Left", "Right"))
    upper, lower = (number(data_set, f"Shutter{side}HorizontalEdge") for side in ("Upper", "Lower"))
    if left > right or upper > lower:
        raise StateError(
            f"the rectangular shutter has its edges in the wrong order: {left:g} {right:g}, {upper:g} {lower:g}"
        )
    return Rectangular(left, right, upper, lower)


def beyond(shutter: Shutter, rows: int, columns: int) -> tuple[str, ...]:
    """Return a warning for each shape that lies wholly beside an image of this size."""
    return tuple(
        f"the {type(shape).__name__.lower()} shutter lies outside the image"
        for shape in shutter.shapes
        if not isinstance(shape, Bitmap) and _is_beside(_extent(shape), rows, columns)
    )


def _extent(shape: Rectangular | Circular | Polygonal) -> tuple[float, float, float, float]:
    """Return left, right, upper and lower bound."""
    match shape:
        case Rectangular():
            return shape.left, shape.right, shape.upper, shape.lower
        case Circular():
            reach = shape.radius
            return shape.column - reach, shape.column + reach, shape.row - reach, shape.row + reach
    down, across = ([vertex[axis] for vertex in shape.vertices] for axis in (0, 1))
    return min(across), max(across), min(down), max(down)


def _is_beside(extent: Sequence[float], rows: int, columns: int) -> bool:
    left, right, upper, lower = extent
    return right < 1 or left > columns or lower < 1 or upper > rows


def overlay_group(state: Dataset) -> int:
    """Return the group of the overlay that a bitmap shutter uses (PS3.3 C.7.6.15: 6000 to 601E, even)."""
    found = values(state, "ShutterOverlayGroup")
    if len(found) != 1:
        raise StateError(f"ShutterOverlayGroup is {text(state, 'ShutterOverlayGroup', '') or 'missing'}")
    group = int(found[0])
    if not 0x6000 <= group <= 0x601E or group % 2:
        raise StateError(f"ShutterOverlayGroup {group:04X} is not an overlay group")
    return group
