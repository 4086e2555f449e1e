"""Layout, shutters and annotations of the court's renderer, against small pictures worked out by hand."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.sequence import Sequence
from test_rendering_grayscale import image

from dicom_conformance.judge.rendering import RenderError, compare, png, render
from dicom_conformance.judge.rendering.geometry import Geometry

PICTURE = np.array([[0, 50, 100], [150, 200, 250]])  # two rows, three columns


def state(rotation: int = 0, flip: str = "N", **area: object) -> Dataset:
    found = Dataset()
    found.ImageRotation, found.ImageHorizontalFlip = rotation, flip
    item = Dataset()
    item.DisplayedAreaTopLeftHandCorner = area.pop("first", [1, 1])
    item.DisplayedAreaBottomRightHandCorner = area.pop("last", [3, 2])
    item.PresentationSizeMode = area.pop("mode", "SCALE TO FIT")
    for keyword, value in area.items():
        setattr(item, keyword, value)
    found.DisplayedAreaSelectionSequence = Sequence([item])
    return found


def seen(what: Dataset, shape: tuple[int, int] | None = None) -> list[list[int]]:
    return render(PICTURE, image(2, 3), what, shape=shape).picture.tolist()


@pytest.mark.parametrize(
    ("rotation", "flip", "expected"),
    [
        (0, "N", [[0, 50, 100], [150, 200, 250]]),
        (90, "N", [[150, 0], [200, 50], [250, 100]]),  # clockwise: the first row becomes the last column
        (180, "N", [[250, 200, 150], [100, 50, 0]]),
        (270, "N", [[100, 250], [50, 200], [0, 150]]),
        (0, "Y", [[100, 50, 0], [250, 200, 150]]),
        (90, "Y", [[0, 150], [50, 200], [100, 250]]),  # rotated first, then its columns exchanged
        (180, "Y", [[150, 200, 250], [0, 50, 100]]),
        (270, "Y", [[250, 100], [200, 50], [150, 0]]),
    ],
)
def test_rotation_is_clockwise_and_before_the_flip(rotation, flip, expected):
    assert seen(state(rotation, flip)) == expected


def test_the_displayed_area_is_cut_out_in_the_coordinates_before_the_rotation():
    assert seen(state(first=[2, 1], last=[3, 2])) == [[50, 100], [200, 250]]
    assert seen(state(90, first=[2, 2], last=[3, 1])) == [[200, 50], [250, 100]]


def test_magnify_fixes_the_size_and_scale_to_fit_the_proportions():
    large = state(mode="MAGNIFY", PresentationPixelMagnificationRatio=2.0)
    assert render(PICTURE, image(2, 3), large).low.shape == (4, 6)
    assert render(PICTURE, image(2, 3), large, shape=(2, 3)).complaint
    assert not render(PICTURE, image(2, 3), state(), shape=(20, 30)).complaint
    assert render(PICTURE, image(2, 3), state(), shape=(20, 20)).complaint
    assert render(PICTURE, image(2, 3), state(PresentationPixelAspectRatio=[2, 1])).low.shape == (4, 3)


def test_what_is_enlarged_may_be_interpolated_between_neighbours_and_no_further():
    expected = render(PICTURE, image(2, 3), state(), shape=(4, 6))
    assert (expected.low[0, 0], expected.high[0, 0]) == (0, 200)
    wrong = np.clip(expected.high + 20, 0, 255).astype(np.uint8)
    assert compare(expected, wrong, 1).complaints
    assert not compare(expected, expected.high.astype(np.uint8), 1).complaints


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("flip", [False, True])
def test_there_and_back_is_the_same_place(rotation, flip):
    layout = Geometry(2, 1, 9, 5, 2.0, 3.0, rotation, flip)
    x, y = np.array([2.5, 7.0]), np.array([1.5, 4.0])
    back = layout.source(*layout.seen(x, y))
    assert np.allclose(back, (x, y))


@pytest.mark.parametrize("wrong", [{"rotation": 45}, {"mode": "FILL"}, {"first": [1]}])
def test_a_layout_that_is_none_is_refused(wrong):
    with pytest.raises(RenderError):
        seen(state(**wrong))


def shuttered(**elements: object) -> Dataset:
    found = Dataset()
    for keyword, value in elements.items():
        setattr(found, keyword, value)
    return found


RECTANGLE = {
    "ShutterLeftVerticalEdge": 3,
    "ShutterRightVerticalEdge": 7,
    "ShutterUpperHorizontalEdge": 2,
    "ShutterLowerHorizontalEdge": 5,
}


def test_a_rectangle_occludes_with_its_p_value_and_its_edges_are_not_judged():
    what = shuttered(ShutterShape="RECTANGULAR", ShutterPresentationValue=0x8000, **RECTANGLE)
    expected = render(np.full((8, 10), 200), image(8, 10), what)
    assert expected.low[0, 0] == pytest.approx(0x8000 / 0xFFFF * 255)
    assert expected.low[2, 4] == 200
    assert expected.unjudged.sum() == 2 * 5 + 2 * 2  # both edges of five columns, and of the two rows between
    assert not expected.unjudged[2, 4]


def test_of_several_shapes_each_has_to_show_a_pixel():
    what = shuttered(
        ShutterShape=["RECTANGULAR", "CIRCULAR"],
        ShutterPresentationValue=0,
        CenterOfCircularShutter=[4, 4],
        RadiusOfCircularShutter=2,
        **RECTANGLE,
    )
    expected = render(np.full((8, 10), 200), image(8, 10), what)
    assert expected.low[3, 3] == 200
    assert expected.low[3, 8] == 0
    assert expected.low[6, 3] == 0


def test_a_polygon_is_told_by_rows_and_columns():
    corners = [1, 2, 1, 9, 7, 9, 7, 2]  # rows 1 to 7, columns 2 to 9
    what = shuttered(ShutterShape="POLYGONAL", ShutterPresentationValue=0, VerticesOfThePolygonalShutter=corners)
    expected = render(np.full((8, 12), 200), image(8, 12), what)
    assert expected.low[3, 5] == 200
    assert expected.low[3, 11] == 0


@pytest.mark.parametrize("shape", ["STAR", "CIRCULAR", "POLYGONAL", "RECTANGULAR"])
def test_a_shutter_that_lacks_what_describes_it_is_refused(shape):
    with pytest.raises(RenderError):
        render(np.zeros((8, 10)), image(8, 10), shuttered(ShutterShape=shape))


def annotated(kind: str, data: list[float], filled: str = "N", units: str = "PIXEL") -> Dataset:
    graphic, item, layer, found = Dataset(), Dataset(), Dataset(), Dataset()
    graphic.GraphicAnnotationUnits, graphic.GraphicType, graphic.GraphicFilled = units, kind, filled
    graphic.GraphicData = data
    item.GraphicLayer = layer.GraphicLayer = "A"
    item.GraphicObjectSequence = Sequence([graphic])
    layer.GraphicLayerOrder, layer.GraphicLayerRecommendedDisplayGrayscaleValue = 1, 0xFFFF
    found.GraphicAnnotationSequence, found.GraphicLayerSequence = Sequence([item]), Sequence([layer])
    return found


def complaints(what: Dataset, picture: np.ndarray) -> str:
    return "; ".join(compare(render(np.full((30, 40), 20), image(30, 40), what), picture, 1).complaints)


def blank() -> np.ndarray:
    return np.full((30, 40), 20, dtype=np.uint8)


def test_a_line_has_to_be_where_it_is_told_and_nowhere_else():
    what = annotated("POLYLINE", [5, 10.5, 30, 10.5])
    right, wrong = blank(), blank()
    right[10, 5:30] = 255
    wrong[20, 5:30] = 255
    assert not complaints(what, right)
    assert "nothing is drawn" in complaints(what, wrong)
    assert "pixels differ" in complaints(what, wrong)
    assert complaints(what, blank())


def test_a_filled_circle_has_its_grey_inside():
    what = annotated("CIRCLE", [20, 15, 28, 15], filled="Y")
    y, x = np.mgrid[0:30, 0:40] + 0.5
    disc, ring = blank(), blank()
    distance = np.hypot(x - 20, y - 15)
    disc[distance <= 8] = 255
    ring[np.abs(distance - 8) < 0.8] = 255
    assert not complaints(what, disc)
    assert "do not have its grey" in complaints(what, ring)
    assert not complaints(annotated("CIRCLE", [20, 15, 28, 15]), ring)
    assert "pixels differ" in complaints(annotated("CIRCLE", [20, 15, 28, 15]), disc)


def test_display_units_are_fractions_of_what_is_seen():
    what = annotated("POLYLINE", [0.5, 0.1, 0.5, 0.9], units="DISPLAY")
    picture = blank()
    picture[3:27, 20] = 255
    assert not complaints(what, picture)


def test_an_ellipse_is_told_by_the_ends_of_its_axes():
    what = annotated("ELLIPSE", [10, 15, 30, 15, 20, 10, 20, 20])
    turn = np.linspace(0, 2 * np.pi, 400)
    picture = blank()
    picture[np.floor(15 + 5 * np.sin(turn)).astype(int), np.floor(20 + 10 * np.cos(turn)).astype(int)] = 255
    assert not complaints(what, picture)


@pytest.mark.parametrize(("kind", "data"), [("CIRCLE", [1, 2]), ("ELLIPSE", [1, 2, 3, 4]), ("STAR", [1, 2])])
def test_a_graphic_that_is_none_is_refused(kind, data):
    with pytest.raises(RenderError):
        complaints(annotated(kind, data), blank())


def test_a_text_has_to_be_in_its_box():
    text, item, what = Dataset(), Dataset(), Dataset()
    text.UnformattedTextValue, text.BoundingBoxAnnotationUnits = "AB", "PIXEL"
    text.BoundingBoxTopLeftHandCorner, text.BoundingBoxBottomRightHandCorner = [5, 5], [25, 15]
    item.TextObjectSequence, item.GraphicLayer = Sequence([text]), "A"
    what.GraphicAnnotationSequence = Sequence([item])
    inside, outside = blank(), blank()
    inside[8:12, 8:14] = 200
    outside[20:24, 8:14] = 200
    assert not complaints(what, inside)
    assert "drawn" in complaints(what, outside)
    assert complaints(what, blank())


def test_a_png_holds_the_picture():
    raw = png(PICTURE.astype(np.uint8))
    assert raw.startswith(b"\x89PNG")
    begin = raw.index(b"IDAT") + 4
    length = int.from_bytes(raw[begin - 8 : begin - 4], "big")
    assert zlib.decompress(raw[begin : begin + length]) == b"\0\x00\x32\x64" + b"\0\x96\xc8\xfa"
