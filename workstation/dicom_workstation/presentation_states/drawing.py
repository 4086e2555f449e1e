"""Annotations and overlays drawn onto the picture, layer by layer, in the pixels of the display.

Invariants: lines and points are one pixel of the display wide, whatever the magnification; each layer is opaque
and has one grey; text whose box is placed in the image is turned and mirrored with the image (PS3.3 C.10.5.1.1,
C.10.6), text placed on the display is upright; a warning names what lies outside the picture.

References
----------
PS3.3 C.10.5, C.10.6, C.10.7; PS3.4 N.2.3.2 and N.2.3.4
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw

from dicom_workstation.pixels import Pixels
from dicom_workstation.presentation_states.displayed_area import Placement
from dicom_workstation.presentation_states.errors import StateError
from dicom_workstation.presentation_states.graphic_annotation import Annotation, GraphicObject, Point, TextObject
from dicom_workstation.presentation_states.graphic_layer import GraphicLayer
from dicom_workstation.presentation_states.overlay_plane import ActiveOverlay
from dicom_workstation.presentation_states.shutter import p_value_of
from dicom_workstation.presentation_states.text_drawing import draw_text

REACH: Final = 100_000  # pixels of the display beyond which no position is taken for meant
SEGMENTS: Final = 8  # of a curve between two points
WHITE: Final = 255


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything that is drawn over an image."""

    layers: tuple[GraphicLayer, ...]
    annotations: tuple[Annotation, ...]
    overlays: tuple[ActiveOverlay, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts among the annotations, in their order."""
        return tuple(each.text for each in self.annotations if isinstance(each, TextObject))

    def apply(self, pixels: Pixels, placement: Placement, maximum: int = WHITE) -> tuple[Pixels, tuple[str, ...]]:
        """Return the picture with everything drawn, and warnings.

        Parameters
        ----------
        pixels : ndarray, uint8 or uint16, shape (rows, columns)
            The picture, as large as `placement` says.
        maximum : int
            Its P-Value of white.
        """
        if not self.annotations and not self.overlays:
            return pixels, ()
        if maximum != WHITE:
            return self._cover(pixels, placement, maximum)
        picture = Picture.fromarray(pixels)
        warnings: list[str] = []
        for layer in self.layers:
            warnings += self._draw_layer(picture, layer, placement, p_value_of(layer.p_value, WHITE))
        return np.asarray(picture), tuple(warnings)

    def _cover(self, pixels: Pixels, placement: Placement, maximum: int) -> tuple[Pixels, tuple[str, ...]]:
        """Draw each layer by itself, and blend it in: what draws knows pictures of 8 bits alone."""
        warnings: list[str] = []
        for layer in self.layers:
            covered = Picture.new("L", (pixels.shape[1], pixels.shape[0]))
            warnings += self._draw_layer(covered, layer, placement, WHITE)
            share = np.asarray(covered) / WHITE
            grey = p_value_of(layer.p_value, maximum)
            pixels = np.floor(pixels * (1 - share) + grey * share + 0.5).astype(pixels.dtype)
        return pixels, tuple(warnings)

    def _draw_layer(self, picture: Picture.Image, layer: GraphicLayer, placement: Placement, grey: int) -> list[str]:
        canvas = ImageDraw.Draw(picture)
        warnings: list[str] = []
        for overlay in (each for each in self.overlays if each.layer == layer.name):
            shown = placement.apply(overlay.plane)
            picture.paste(grey, mask=Picture.fromarray(shown.astype(np.uint8) * WHITE))
        for annotation in (each for each in self.annotations if each.layer == layer.name):
            warnings += _draw(picture, canvas, annotation, placement, grey)
        return warnings


def _draw(
    picture: Picture.Image, canvas: ImageDraw.ImageDraw, annotation: Annotation, placement: Placement, grey: int
) -> list[str]:
    if isinstance(annotation, GraphicObject):
        points = outline(annotation, placement)
        _draw_graphic(canvas, points, annotation, grey)
        name = f"the graphic of type {annotation.type}"
        return [] if is_within(points, placement) else [f"{name} lies outside the displayed area"]
    return _draw_text_object(picture, canvas, annotation, placement, grey)


def outline(graphic: GraphicObject, placement: Placement) -> list[Point]:
    """Return the points of a graphic on the display, curves as many short lines."""
    points = [placed(point, graphic.units, placement) for point in graphic.points]
    match graphic.type:
        case "CIRCLE":
            centre, on_it = points
            radius = math.dist(centre, on_it)
            return _ellipse(centre, (radius, 0.0), (0.0, radius))
        case "ELLIPSE":
            one, other, third, fourth = points
            centre = ((one[0] + other[0]) / 2, (one[1] + other[1]) / 2)
            return _ellipse(centre, _half(one, other), _half(third, fourth))
        case "INTERPOLATED":
            return _curve(points)
    return points


def placed(point: Point, units: str, placement: Placement) -> Point:
    """Return where a point lies on the display; StateError if it is nowhere near it."""
    x, y = placement.point(*point) if units == "PIXEL" else placement.fraction(*point)
    if abs(x) > REACH or abs(y) > REACH:
        raise StateError(f"an annotation has a point at {point[0]:g}\\{point[1]:g} ({units}), far from any image")
    return x, y


def _half(one: Point, other: Point) -> Point:
    return (other[0] - one[0]) / 2, (other[1] - one[1]) / 2


def _ellipse(centre: Point, major: Point, minor: Point) -> list[Point]:
    count = max(32, min(1024, round(math.hypot(*major) + math.hypot(*minor)) * 2))
    angles = [2 * math.pi * index / count for index in range(count + 1)]
    return [
        (
            centre[0] + major[0] * math.cos(angle) + minor[0] * math.sin(angle),
            centre[1] + major[1] * math.cos(angle) + minor[1] * math.sin(angle),
        )
        for angle in angles
    ]


def _curve(points: Sequence[Point]) -> list[Point]:
    """Return a Catmull-Rom spline: it passes through each of the points."""
    is_closed = points[0] == points[-1] and len(points) > 3
    before, after = (points[-2], points[1]) if is_closed else (points[0], points[-1])
    known = np.array([before, *points, after])
    steps = np.arange(SEGMENTS)[:, None] / SEGMENTS
    curve: list[Point] = []
    for first, begin, end, last in zip(known, known[1:], known[2:], known[3:], strict=False):
        bend = (
            2 * begin
            + (end - first) * steps
            + (2 * first - 5 * begin + 4 * end - last) * steps**2
            + (3 * begin - first - 3 * end + last) * steps**3
        ) / 2
        curve += [(float(x), float(y)) for x, y in bend]
    return [*curve, points[-1]]


def _pixel(point: Point, width: int, height: int) -> tuple[int, int]:
    """Return the pixel that a point lies in; the outer edge belongs to the last pixel."""
    x, y = point
    return (
        width - 1 if x == width else math.floor(x),
        height - 1 if y == height else math.floor(y),
    )


def _draw_graphic(canvas: ImageDraw.ImageDraw, points: Sequence[Point], graphic: GraphicObject, grey: int) -> None:
    width, height = canvas.im.size if canvas.im is not None else (0, 0)
    pixels = [_pixel(point, width, height) for point in points]
    if graphic.type == "POINT":
        canvas.point(pixels, fill=grey)
    elif graphic.is_filled:
        canvas.polygon(pixels, fill=grey, outline=grey)
    else:
        canvas.line(pixels, fill=grey, width=1)


def is_within(points: Sequence[tuple[float, float]], placement: Placement) -> bool:
    """Whether any part of what spans these points can be seen."""
    across, down = zip(*points, strict=True)
    is_across = bool(min(across) < placement.picture_columns and max(across) >= 0)
    return is_across and bool(min(down) < placement.picture_rows and max(down) >= 0)


def _draw_text_object(
    picture: Picture.Image, canvas: ImageDraw.ImageDraw, annotation: TextObject, placement: Placement, grey: int
) -> list[str]:
    name = f"the text {annotation.text[:20]!r}"
    anchor = None if annotation.anchor is None else placed(annotation.anchor, annotation.anchor_units, placement)
    box = None
    if annotation.box is not None:
        first, last = (placed(corner, annotation.box_units, placement) for corner in annotation.box)
        box = first, last
    seen = [point for point in (anchor, *(box or ())) if point is not None]
    if not is_within(seen, placement):  # PS3.3 C.10.5.1.1: shown if any part of box or anchor is in the area
        return [f"{name} lies outside the displayed area"]
    turned = placement.turned if annotation.box_units == "PIXEL" and box is not None else None
    warnings = draw_text(picture, annotation.text, box, anchor, turned, annotation.justification, grey)
    if anchor is not None and box is not None and annotation.is_anchor_visible:
        begin = _leaving(box, anchor)
        width, height = picture.size
        canvas.line([_pixel(begin, width, height), _pixel(anchor, width, height)], fill=grey, width=1)
    return [f"{name}: {warning}" for warning in warnings]


def _leaving(box: tuple[Point, Point], anchor: Point) -> Point:
    """Return where a line from the middle of a box to the anchor leaves the box; the anchor if it lies within."""
    (left, top), (right, bottom) = box
    middle = (left + right) / 2, (top + bottom) / 2
    half = abs(right - left) / 2, abs(bottom - top) / 2
    away = anchor[0] - middle[0], anchor[1] - middle[1]
    shares = [size / abs(distance) for size, distance in zip(half, away, strict=True) if distance]
    share = min(1.0, *shares) if shares else 1.0
    return middle[0] + away[0] * share, middle[1] + away[1] * share
