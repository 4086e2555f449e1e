"""The geometry of presentation states: rotations and flips form a group, shutters agree with their definition."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dicom_workstation.pixels import PixelShape
from dicom_workstation.presentation_states.displayed_area import Display, DisplayedArea, place, turned_corners
from dicom_workstation.presentation_states.shutter import Circular, Polygonal, Rectangular, Shutter
from dicom_workstation.presentation_states.spatial_transformation import ROTATIONS_DEG, SpatialTransformation

TRANSFORMATIONS = [SpatialTransformation(angle, flip) for angle in ROTATIONS_DEG for flip in (False, True)]
transformations = st.sampled_from(TRANSFORMATIONS)
sizes = st.integers(1, 9)
edges = st.integers(-3, 14)


def numbered(rows: int, columns: int) -> np.ndarray:
    return np.arange(rows * columns).reshape(rows, columns)


def composed(first: SpatialTransformation, second: SpatialTransformation) -> SpatialTransformation:
    """The one transformation that does what two do: a rotation that comes after a flip turns the other way."""
    turn = -second.rotation_deg if first.is_flipped else second.rotation_deg
    return SpatialTransformation((first.rotation_deg + turn) % 360, first.is_flipped != second.is_flipped)


@given(transformations, transformations, sizes, sizes)
def test_two_transformations_are_one_of_the_eight(first, second, rows, columns):
    pixels = numbered(rows, columns)
    assert (second.apply(first.apply(pixels)) == composed(first, second).apply(pixels)).all()


@given(transformations, sizes, sizes)
def test_points_go_where_the_pixels_go(turned, rows, columns):
    pixels = numbered(rows, columns)
    shown = turned.apply(pixels)
    for row in range(rows):
        for column in range(columns):
            x, y = turned.point(column + 0.5, row + 0.5, rows, columns)
            assert shown[math.floor(y), math.floor(x)] == pixels[row, column]


@given(transformations, sizes, sizes)
def test_the_whole_image_is_shown_however_it_is_turned(turned, rows, columns):
    area = DisplayedArea.whole(rows, columns, turned, PixelShape())
    placement, warnings = place(area, turned, rows, columns, Display())
    assert warnings == ()
    assert (placement.apply(numbered(rows, columns)) == turned.apply(numbered(rows, columns))).all()


@given(transformations, st.data())
def test_an_area_shows_the_pixels_between_its_corners(turned, data):
    rows, columns = 6, 8
    left, right = sorted(data.draw(st.lists(st.integers(1, columns), min_size=2, max_size=2)))
    top, bottom = sorted(data.draw(st.lists(st.integers(1, rows), min_size=2, max_size=2)))
    corners = turned_corners(left, top, right, bottom, turned)
    placement, warnings = place(DisplayedArea(*corners), turned, rows, columns, Display())
    assert warnings == ()
    pixels = numbered(rows, columns)
    assert (placement.apply(pixels) == turned.apply(pixels[top - 1 : bottom, left - 1 : right])).all()


@given(transformations, st.floats(0.2, 5), st.integers(1, 40), st.integers(1, 40))
def test_scale_to_fit_touches_the_window_and_stays_within(turned, aspect, rows, columns):
    area = DisplayedArea.whole(7, 9, turned, PixelShape(aspect, 1.0))
    placement, _ = place(area, turned, 7, 9, Display(rows, columns))
    assert placement.picture_rows <= rows
    assert placement.picture_columns <= columns
    assert placement.picture_rows == rows or placement.picture_columns == columns


def is_inside(x: float, y: float, vertices: list[tuple[int, int]]) -> bool:
    """Whether a point is in a polygon of (row, column), or on its edge: by its definition, one point at a time."""
    inside = False
    for (row, column), (next_row, next_column) in zip(vertices, [*vertices[1:], vertices[0]], strict=True):
        cross = (next_column - column) * (y - row) - (next_row - row) * (x - column)
        if (
            cross == 0
            and min(row, next_row) <= y <= max(row, next_row)
            and min(column, next_column) <= x <= max(column, next_column)
        ):
            return True
        if (row > y) != (next_row > y):
            at = column + (y - row) * (next_column - column) / (next_row - row)
            inside ^= x < at
    return inside


@settings(max_examples=60)
@given(st.lists(st.tuples(edges, edges), min_size=3, max_size=6))
def test_a_polygon_shows_what_is_inside_or_on_its_edge(vertices):
    rows, columns = 11, 11
    found = Polygonal(tuple((float(row), float(column)) for row, column in vertices)).visible(rows, columns, 1.0)
    wanted = [[is_inside(x, y, vertices) for x in range(1, columns + 1)] for y in range(1, rows + 1)]
    off = found != np.array(wanted)
    # a crossing that is no whole number may be a rounding away from a pixel's centre
    assert off.sum() == 0 or all(_near_an_edge(x + 1, y + 1, vertices) for y, x in np.argwhere(off))


def _near_an_edge(x: float, y: float, vertices: list[tuple[int, int]]) -> bool:
    following = [*vertices[1:], vertices[0]]
    return any(
        abs((c2 - c1) * (y - r1) - (r2 - r1) * (x - c1)) < 1e-9
        for (r1, c1), (r2, c2) in zip(vertices, following, strict=True)
    )


@given(st.tuples(edges, edges), st.tuples(edges, edges), st.tuples(edges, edges), st.integers(0, 9))
def test_combined_shapes_leave_the_least(across, down, centre, radius):
    (left, right), (upper, lower) = sorted(across), sorted(down)
    shapes = Rectangular(left, right, upper, lower), Circular(*centre, radius)
    pixels = np.full((11, 11), 9, np.uint8)
    shown, warnings = Shutter(shapes).apply(pixels, 255, 1.0)
    visible = shapes[0].visible(11, 11, 1.0) & shapes[1].visible(11, 11, 1.0)
    assert ((shown == 9) == visible).all()
    assert bool(warnings) == (not visible.any())
