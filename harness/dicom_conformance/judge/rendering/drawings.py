"""Graphic annotation as geometry: where something has to be drawn, and where it may be.

Invariants: the standard fixes where lines run, not how wide they are or what letters look like. So each
drawing has `samples`, near each of which a mark has to be seen, an `interior` that has to have its grey where the
graphic is filled, and a region `may`, in which marks are allowed. Outside of every such region the picture has
to be that of the image.

References
----------
PS3.3 C.10.5 (Graphic Annotation), C.10.7 (Graphic Layer).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from pydicom import Dataset

from dicom_conformance.files import counted
from dicom_conformance.judge.rendering.geometry import Geometry
from dicom_conformance.judge.rendering.references import applies
from dicom_conformance.judge.rendering.shutters import Mask, from_path, within
from dicom_conformance.judge.rendering.values import Array, RenderError, items, number, numbers, points, texts

Points = list[tuple[float, float]]

LINE = 2.5
"""How far from its path a line may be drawn, in pixels of what is seen."""

POINT = 6.0
"""How far from a point its mark may reach."""

LETTER = 24.0
"""How far from an anchor point its text may reach."""

_BEND = 0.35
"""How far an interpolated curve may leave the straight line between two points, as a share of their distance."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """One graphic or text.

    Parameters
    ----------
    what : str
        For people.
    samples : tuple of points
        Positions in what is seen near which a mark is needed.
    interior : Mask
        Pixels that must have the grey value; none unless it is filled.
    may : Mask
        Pixels that may have marks.
    grey : float or None
        P-Value 0 to 1 that the layer recommends.
    least : int
        Pixels within `may` that have to differ from the image.
    required : bool
        Whether it has to be seen: else it may be left out, as a whole.
    """

    what: str
    samples: tuple[tuple[float, float], ...]
    interior: Mask
    may: Mask
    grey: float | None
    least: int = 1
    required: bool = True


@dataclass(frozen=True, slots=True)
class _Board:
    """What is drawn upon: centres of the pixels of what is seen, and how positions get there."""

    layout: Geometry
    u: Array
    v: Array

    def place(self, found: Points, units: str) -> Points:
        """Place positions in the image (PIXEL), or fractions of the displayed area (DISPLAY), in what is seen."""
        if units == "DISPLAY":
            rows, columns = self.u.shape
            return [(x * columns, y * rows) for x, y in found]
        if units != "PIXEL":
            raise RenderError(f"unknown annotation units {units!r}")
        x, y = (np.array(one, np.float64) for one in zip(*found, strict=True))
        u, v = self.layout.seen(x, y)
        return [(float(one), float(other)) for one, other in zip(u, v, strict=True)]


def drawings(
    state: Dataset, image: Dataset, frame: int, layout: Geometry, shape: tuple[int, int]
) -> list[tuple[float, Drawing]]:
    """Give the drawings of a state for a frame, each with the order of its layer.

    Parameters
    ----------
    layout : Geometry
        Fitted to `shape`, the rows and columns of what is seen.

    Raises
    ------
    RenderError
        A graphic is not of the standard.
    """
    v, u = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float64) + 0.5
    board = _Board(layout, u, v)
    layers = {str(layer.GraphicLayer): layer for layer in items(state, "GraphicLayerSequence")}
    found: list[tuple[float, Drawing]] = []
    for item in items(state, "GraphicAnnotationSequence"):
        if not applies(item, image, frame):
            continue
        layer = layers.get(str(item.get("GraphicLayer")), Dataset())
        given_values = numbers(layer, "GraphicLayerRecommendedDisplayGrayscaleValue")
        grey, order = (given_values[0] / 0xFFFF if given_values else None), number(layer, "GraphicLayerOrder", 0)
        found += [(order, _graphic(one, board, grey)) for one in items(item, "GraphicObjectSequence")]
        found += [(order, _text(one, board, grey)) for one in items(item, "TextObjectSequence")]
    return found


def _graphic(item: Dataset, board: _Board, grey: float | None) -> Drawing:
    kind = str(item.get("GraphicType"))
    given_values = points(item, "GraphicData")
    if not given_values:
        raise RenderError(f"{kind} has no Graphic Data")
    path = board.place(_path(kind, given_values), str(item.get("GraphicAnnotationUnits")))
    given = board.place(given_values, str(item.get("GraphicAnnotationUnits")))
    distance = from_path(path, board.u, board.v)
    interior = np.zeros(board.u.shape, bool)
    if next(iter(texts(item, "GraphicFilled")), "N") == "Y" and kind not in ("POINT", "INTERPOLATED"):
        interior = within(path, board.u, board.v) & (distance > 1.0)
    if kind == "POINT":
        return Drawing(kind, tuple(given), interior, distance <= POINT, grey)
    if kind == "INTERPOLATED":
        longest = max(np.hypot(x1 - x0, y1 - y0) for (x0, y0), (x1, y1) in itertools.pairwise(given))
        least = int(0.6 * sum(_lengths(given)))
        return Drawing(kind, tuple(given), interior, distance <= LINE + _BEND * longest, grey, least)
    return Drawing(kind, tuple(_along(path)), interior, (distance <= LINE) | interior, grey)


def _path(kind: str, vertices: Points) -> Points:
    """Give the corners of a graphic, curves as polygons of short sides; in the original units."""
    match kind:
        case "POINT" | "POLYLINE" | "INTERPOLATED":
            return vertices
        case "CIRCLE" if len(vertices) == 2:
            (x, y), (x1, y1) = vertices
            radius = float(np.hypot(x1 - x, y1 - y))
            return _ellipse(x, y, radius, 0.0, 0.0, radius)
        case "ELLIPSE" if len(vertices) == 4:
            (ax, ay), (bx, by), (cx, cy), (dx, dy) = vertices
            return _ellipse((ax + bx) / 2, (ay + by) / 2, (bx - ax) / 2, (by - ay) / 2, (dx - cx) / 2, (dy - cy) / 2)
    raise RenderError(f"{kind} with {counted(len(vertices), 'point')} is not a graphic of the standard")


def _ellipse(x: float, y: float, a: float, b: float, c: float, d: float) -> Points:
    """Give the points x + a cos t + c sin t, y + b cos t + d sin t, all around."""
    turn = np.linspace(0, 2 * np.pi, 73)
    us, vs = x + a * np.cos(turn) + c * np.sin(turn), y + b * np.cos(turn) + d * np.sin(turn)
    return [(float(u), float(v)) for u, v in zip(us, vs, strict=True)]


def _lengths(path: Points) -> list[float]:
    return [float(np.hypot(x1 - x0, y1 - y0)) for (x0, y0), (x1, y1) in itertools.pairwise(path)]


def _along(path: Points, step: float = 1.0) -> Points:
    """Give points along a path, at most `step` apart."""
    found = [path[0]]
    for (x0, y0), (x1, y1), length in zip(path[:-1], path[1:], _lengths(path), strict=True):
        count = max(1, int(np.ceil(length / step)))
        found += [(x0 + (x1 - x0) * part / count, y0 + (y1 - y0) * part / count) for part in range(1, count + 1)]
    return found


def _text(item: Dataset, board: _Board, grey: float | None) -> Drawing:
    """Give where a text is: within its bounding box, or near its anchor point; a line may join the two."""
    may = np.zeros(board.u.shape, bool)
    samples: tuple[tuple[float, float], ...] = ()
    box: Points = []
    corners = points(item, "BoundingBoxTopLeftHandCorner") + points(item, "BoundingBoxBottomRightHandCorner")
    if len(corners) == 2:
        placed = board.place(corners, str(item.get("BoundingBoxAnnotationUnits")))
        (left, right), (top, bottom) = (sorted((placed[0][axis], placed[1][axis])) for axis in (0, 1))
        may |= (board.u >= left - 1) & (board.u <= right + 1) & (board.v >= top - 1) & (board.v <= bottom + 1)
        box = [(left, top), (right, top), (right, bottom), (left, bottom)]
    anchor = points(item, "AnchorPoint")
    if anchor:
        placed = board.place(anchor, str(item.get("AnchorPointAnnotationUnits")))
        may |= _joined(box, placed[0], board)
        shown = next(iter(texts(item, "AnchorPointVisibility")), "N") == "Y"
        samples = tuple(placed) if shown and box else ()
    if not (box or anchor):
        raise RenderError("a text has neither bounding box nor anchor point")
    letters = len(str(item.get("UnformattedTextValue", "")).strip())
    return Drawing("TEXT", samples, np.zeros(may.shape, bool), may, grey, 3 * letters)


def _joined(box: Points, anchor: tuple[float, float], board: _Board) -> Mask:
    """Give where the sign that joins a box and its anchor point may run: from anywhere in the box."""
    if not box:
        return from_path([anchor], board.u, board.v) <= LETTER
    may = from_path([anchor], board.u, board.v) <= LINE
    for one, other in itertools.combinations(box, 2):
        triangle = [one, other, anchor]
        near = from_path([*triangle, one], board.u, board.v) <= LINE
        may |= within(triangle, board.u, board.v) | near
    return may
