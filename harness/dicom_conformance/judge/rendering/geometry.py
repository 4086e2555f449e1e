"""Where a point of the image is seen: displayed area, rotation, flip, size.

Invariants: positions are of the edges of pixels, 0.0 at the upper left corner of the image; the rotation is
clockwise and comes before the horizontal flip.

References
----------
PS3.3 C.10.4 (Displayed Area), C.10.6 (Spatial Transformation).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from pydicom import Dataset

from dicom_conformance.judge.rendering.references import applies
from dicom_conformance.judge.rendering.values import Array, RenderError, items, number, numbers, texts

ROTATIONS = (0, 90, 180, 270)


@dataclass(frozen=True, slots=True)
class Geometry:
    """How an image is laid out.

    Parameters
    ----------
    left, top, right, bottom : float
        Edges of the displayed area in the image.
    pixel_width, pixel_height : float
        Size of a pixel of the image in the pixels of what is seen.
    rotation, flip
        Clockwise in degrees; then horizontally.
    fixed : bool
        Whether the size is fixed: MAGNIFY, or TRUE SIZE on a display whose pitch is known.
    """

    left: float
    top: float
    right: float
    bottom: float
    pixel_width: float = 1.0
    pixel_height: float = 1.0
    rotation: int = 0
    flip: bool = False
    fixed: bool = False

    @property
    def size(self) -> tuple[float, float]:
        """Rows and columns of what is seen."""
        height = (self.bottom - self.top) * self.pixel_height
        width = (self.right - self.left) * self.pixel_width
        return (width, height) if self.rotation in (90, 270) else (height, width)

    def fitted(self, rows: int, columns: int) -> Geometry:
        """Give the same layout in another size."""
        mine_rows, mine_columns = self.size
        down, across = rows / mine_rows, columns / mine_columns
        if self.rotation in (90, 270):
            down, across = across, down
        return replace(self, pixel_width=self.pixel_width * across, pixel_height=self.pixel_height * down)

    def seen(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Positions in the image to positions in what is seen."""
        u, v = (x - self.left) * self.pixel_width, (y - self.top) * self.pixel_height
        width, height = (self.right - self.left) * self.pixel_width, (self.bottom - self.top) * self.pixel_height
        match self.rotation:
            case 90:
                u, v = height - v, u
            case 180:
                u, v = width - u, height - v
            case 270:
                u, v = v, width - u
        return (self.size[1] - u, v) if self.flip else (u, v)

    def source(self, u: Array, v: Array) -> tuple[Array, Array]:
        """Positions in what is seen to positions in the image."""
        width, height = (self.right - self.left) * self.pixel_width, (self.bottom - self.top) * self.pixel_height
        if self.flip:
            u = self.size[1] - u
        match self.rotation:
            case 90:
                u, v = v, height - u
            case 180:
                u, v = width - u, height - v
            case 270:
                u, v = width - v, u
        return u / self.pixel_width + self.left, v / self.pixel_height + self.top

    def columns_and_rows(self, rows: int, columns: int) -> tuple[Array, Array]:
        """Give column and row (0-based) of the image for each pixel of what is seen, in this many rows and columns."""
        v, u = np.mgrid[0:rows, 0:columns].astype(np.float64)
        x, y = self.source(u + 0.5, v + 0.5)
        return np.floor(x), np.floor(y)


def geometry_of(image: Dataset, state: Dataset | None, frame: int, pitch_mm: float | None = None) -> Geometry:
    """Read the layout of a frame; `pitch_mm` is the distance of the display's pixels, where it is known.

    Raises
    ------
    RenderError
        Rotation, size mode or corners are not of the standard.
    """
    rows, columns = int(image.Rows), int(image.Columns)
    if state is None:
        height, width = _shape_of_pixel(image)
        return Geometry(0, 0, columns, rows, width, height)
    rotation = int(number(state, "ImageRotation", 0))
    if rotation not in ROTATIONS:
        raise RenderError(f"Image Rotation {rotation} is not 0, 90, 180 or 270")
    flip = next(iter(texts(state, "ImageHorizontalFlip")), "N") == "Y"
    area = next((item for item in items(state, "DisplayedAreaSelectionSequence") if applies(item, image, frame)), None)
    if area is None:
        return Geometry(0, 0, columns, rows, rotation=rotation, flip=flip)
    mode = next(iter(texts(area, "PresentationSizeMode")), "")
    if mode not in ("SCALE TO FIT", "TRUE SIZE", "MAGNIFY"):
        raise RenderError(f"unknown Presentation Size Mode {mode!r}")
    left, top, right, bottom = _corners(area)
    height, width = _shape_of_pixel(area)
    fixed = mode == "MAGNIFY"
    if fixed:
        factor = number(area, "PresentationPixelMagnificationRatio", 1)
        height, width = height * factor, width * factor
    elif mode == "TRUE SIZE" and pitch_mm is not None:
        spacing = numbers(area, "PresentationPixelSpacing")
        if len(spacing) != 2:
            raise RenderError("TRUE SIZE needs a Presentation Pixel Spacing")
        height, width, fixed = spacing[0] / pitch_mm, spacing[1] / pitch_mm, True
    return Geometry(left, top, right, bottom, width, height, rotation, flip, fixed)


def _corners(area: Dataset) -> tuple[float, float, float, float]:
    """Give the edges of the area; which corner is upper left depends on the rotation, so both are sorted."""
    one, other = (numbers(area, f"DisplayedArea{name}HandCorner") for name in ("TopLeft", "BottomRight"))
    if len(one) != 2 or len(other) != 2:
        raise RenderError("a corner of the displayed area needs a column and a row")
    (left, right), (top, bottom) = sorted((one[0], other[0])), sorted((one[1], other[1]))
    return left - 1, top - 1, right, bottom


def _shape_of_pixel(data_set: Dataset) -> tuple[float, float]:
    """Give height and width of a pixel, the smaller one 1: from a spacing, or from an aspect ratio."""
    for keyword in ("PresentationPixelSpacing", "PresentationPixelAspectRatio", "PixelSpacing", "PixelAspectRatio"):
        ratio = numbers(data_set, keyword)
        if len(ratio) == 2 and min(ratio) > 0:
            return ratio[0] / min(ratio), ratio[1] / min(ratio)
    return 1.0, 1.0
