"""Display shutters: which pixels are occluded for certain, which are seen for certain.

Invariants: pixels on the edge of a shutter are neither; the standard says where the edge is, not to which
side its pixels belong. Where several shapes are given, a pixel is seen only where each of them shows it.

References
----------
PS3.3 C.7.6.11 (Display Shutter), C.7.6.15 (Bitmap Display Shutter), C.11.12 (presentation value).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from dicom_conformance.judge.rendering.values import Array, RenderError, number, numbers, points, texts

Mask = NDArray[np.bool_]

EDGE = 1.0
"""How far from the edge of a circle or polygon a pixel is certain, in pixels."""


@dataclass(frozen=True, slots=True)
class Occlusion:
    """What a shutter does: masks of shape (rows, columns), and the P-Value 0 to 1 that is seen instead."""

    occluded: Mask
    seen: Mask
    p_value: float


def occlusion(state: Dataset, rows: int, columns: int) -> Occlusion | None:
    """Give what the shutters of a state occlude; None where it has none.

    Raises
    ------
    RenderError
        A shape is unknown or lacks what describes it.
    """
    shapes = texts(state, "ShutterShape")
    if not shapes:
        return None
    # centres of the pixels in the 1-based columns and rows that shutters are given in
    y, x = np.mgrid[1 : rows + 1, 1 : columns + 1].astype(np.float64)
    occluded, seen = np.zeros((rows, columns), bool), np.ones((rows, columns), bool)
    for shape in shapes:
        one_occluded, one_seen = _shape(shape, state, x, y)
        occluded |= one_occluded
        seen &= one_seen
    return Occlusion(occluded, seen, number(state, "ShutterPresentationValue", 0) / 0xFFFF)


def _shape(shape: str, state: Dataset, x: Array, y: Array) -> tuple[Mask, Mask]:
    match shape:
        case "RECTANGULAR":
            left, right = (_one(state, f"Shutter{side}VerticalEdge") for side in ("Left", "Right"))
            top, bottom = (_one(state, f"Shutter{side}HorizontalEdge") for side in ("Upper", "Lower"))
            outside = (x < left) | (x > right) | (y < top) | (y > bottom)
            return outside, (x > left) & (x < right) & (y > top) & (y < bottom)
        case "CIRCULAR":
            centre = numbers(state, "CenterOfCircularShutter")  # row, column
            if len(centre) != 2:
                raise RenderError("Center of Circular Shutter needs a row and a column")
            distance = np.hypot(x - centre[1], y - centre[0]) - _one(state, "RadiusOfCircularShutter")
            return distance > EDGE, distance < -EDGE
        case "POLYGONAL":
            corners = [(column, row) for row, column in points(state, "VerticesOfThePolygonalShutter")]
            if len(corners) < 3:
                raise RenderError("Vertices of the Polygonal Shutter needs three or more")
            inside, near = within(corners, x, y), from_path([*corners, corners[0]], x, y) <= EDGE
            return ~inside & ~near, inside & ~near
        case "BITMAP":
            plane = _bitmap(state, x.shape)
            return plane, ~plane
    raise RenderError(f"unknown Shutter Shape {shape!r}")


def _one(state: Dataset, keyword: str) -> float:
    found = numbers(state, keyword)
    if not found:
        raise RenderError(f"{keyword} is missing")
    return found[0]


def _bitmap(state: Dataset, shape: tuple[int, ...]) -> Mask:
    """Read the overlay plane of the bitmap shutter; what it covers with 1 is occluded."""
    group = int(_one(state, "ShutterOverlayGroup"))
    rows, columns = int(state[group, 0x0010].value), int(state[group, 0x0011].value)
    top, left = (int(one) for one in state[group, 0x0050].value)
    element, big_endian = state[group, 0x3000], state.original_encoding[1] is False
    raw = np.frombuffer(element.value, np.uint8)
    if big_endian and element.VR == "OW":  # the first pixel is the lowest bit of the first word
        raw = raw.view(">u2").astype("<u2").view(np.uint8)
    bits = np.unpackbits(raw, bitorder="little")
    plane = bits[: rows * columns].reshape(rows, columns).astype(bool)
    found = np.zeros(shape, bool)
    found[top - 1 : top - 1 + rows, left - 1 : left - 1 + columns] = plane
    return found


def within(corners: list[tuple[float, float]], x: Array, y: Array) -> Mask:
    """Tell which points lie inside a polygon, by the even-odd rule."""
    inside = np.zeros(x.shape, bool)
    for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if y0 != y1:
            crosses = (y0 > y) != (y1 > y)
            inside ^= crosses & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
    return inside


def from_path(path: list[tuple[float, float]], x: Array, y: Array) -> Array:
    """Give the distance of each point from an open path of straight lines."""
    nearest = np.full(x.shape, np.inf)
    pairs = list(itertools.pairwise(path)) or [(path[0], path[0])]
    for (x0, y0), (x1, y1) in pairs:
        dx, dy = x1 - x0, y1 - y0
        length = dx * dx + dy * dy
        fraction = np.zeros(x.shape) if length == 0 else np.clip(((x - x0) * dx + (y - y0) * dy) / length, 0, 1)
        nearest = np.minimum(nearest, np.hypot(x - x0 - fraction * dx, y - y0 - fraction * dy))
    return nearest
