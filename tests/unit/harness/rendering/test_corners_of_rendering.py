"""What the renderer takes for what is not said, and its formulas at their ends."""

from __future__ import annotations

import itertools
import struct

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.sequence import Sequence

from dicom_conformance.judge.rendering import Comparison, Expected, RenderError, compare, render
from dicom_conformance.judge.rendering.colour import _between_pairs, _rgb, colours, is_colour
from dicom_conformance.judge.rendering.comparison import _samples
from dicom_conformance.judge.rendering.drawings import Drawing, _ellipse, _path, drawings
from dicom_conformance.judge.rendering.geometry import Geometry, geometry_of
from dicom_conformance.judge.rendering.grayscale import Window, modality, p_values, presentation, voi
from dicom_conformance.judge.rendering.overlays import Plane, planes
from dicom_conformance.judge.rendering.renderer import _neighbourhood, _rounded
from dicom_conformance.judge.rendering.shutters import occlusion
from dicom_conformance.judge.rendering.stored import photometric, stored_values, words
from dicom_conformance.judge.rendering.values import Table


def elements(**values: object) -> Dataset:
    found = Dataset()
    for keyword, value in values.items():
        setattr(found, keyword, value)
    return found


def image(rows: int = 4, columns: int = 5, **further: object) -> Dataset:
    return elements(Rows=rows, Columns=columns, SOPInstanceUID="1.2.3", **further)


def pixels(data: bytes, rows: int = 1, columns: int = 2, **further: object) -> Dataset:
    told = image(rows, columns, **further)
    told.add_new("PixelData", "OW", data)
    return told


# -- stored values ----------------------------------------------------------------------------------------------------


def test_what_an_image_does_not_say_of_its_pixels() -> None:
    assert words(pixels(b"\1\2")).tolist() == [[[1, 2]]]
    assert stored_values(pixels(b"\1\xff")).tolist() == [[[1, 255]]]
    assert stored_values(pixels(b"\1\0\2\1", BitsAllocated=16)).tolist() == [[[1, 0x0102]]]
    assert stored_values(pixels(b"\1\xff", BitsStored=7)).tolist() == [[[1, 127]]]
    assert stored_values(pixels(b"\1\xff", PixelRepresentation=1)).tolist() == [[[1, -1]]]
    assert stored_values(pixels(b"\x12\x34", BitsStored=4, HighBit=7)).tolist() == [[[1, 3]]]
    assert stored_values(pixels(b"\x12\xf4", BitsStored=4, HighBit=7, PixelRepresentation=1)).tolist() == [[[1, -1]]]
    assert stored_values(pixels(b"\x12\x34", BitsStored=4, HighBit=4)).tolist() == [[[9, 10]]]
    assert photometric(Dataset()) == ""
    assert photometric(elements(PhotometricInterpretation="RGB")) == "RGB"
    assert not is_colour(Dataset())


@pytest.mark.parametrize(
    ("further", "expected"),
    [
        ({}, [[[[1, 2, 3], [4, 5, 6]]]]),
        ({"PlanarConfiguration": 0}, [[[[1, 2, 3], [4, 5, 6]]]]),
        ({"PlanarConfiguration": 1}, [[[[1, 3, 5], [2, 4, 6]]]]),
        ({"PhotometricInterpretation": "YBR_FULL_422"}, [[[[1, 3, 4], [2, 3, 4]]]]),
    ],
)
def test_samples_lie_by_pixel_by_plane_or_in_pairs(further: dict[str, object], expected: list) -> None:
    assert words(pixels(b"\1\2\3\4\5\6", SamplesPerPixel=3, **further)).tolist() == expected


def test_pairs_of_several_rows_and_frames_are_parted() -> None:
    told = pixels(bytes(range(32)), 2, 4, SamplesPerPixel=3, PhotometricInterpretation="YBR_FULL_422", NumberOfFrames=2)
    found = words(told)
    assert found.shape == (2, 2, 4, 3)
    assert found[0, 0].tolist() == [[0, 2, 3], [1, 2, 3], [4, 6, 7], [5, 6, 7]]
    assert found[1, 1].tolist() == [[24, 26, 27], [25, 26, 27], [28, 30, 31], [29, 30, 31]]
    with pytest.raises(RenderError, match="Pixel Data has 14 samples instead of 16"):
        words(pixels(bytes(14), 2, 4, SamplesPerPixel=3, PhotometricInterpretation="YBR_FULL_422"))


# -- colours ----------------------------------------------------------------------------------------------------------


def test_colours_of_the_standard() -> None:
    assert np.allclose(_rgb(np.array([[[0.0, 128, 128]]]), 255), 0)
    assert np.allclose(_rgb(np.array([[[255.0, 128, 128]]]), 255), 1)
    red = np.array([[[0.2990 * 255, 128 - 0.1687 * 255, 128 + 0.5 * 255]]])
    assert np.allclose(_rgb(red, 255), [[[1, 0, 0]]], atol=1e-9)
    blue = np.array([[[0.1140 * 255, 128 + 0.5 * 255, 128 - 0.0813 * 255]]])
    assert np.allclose(_rgb(blue, 255), [[[0, 0, 1]]], atol=1e-9)
    assert np.allclose(_rgb(np.array([[[100.0, 2048, 2048]]]), 4095), 100 / 4095)
    assert np.allclose(_rgb(np.array([[[0.0, 0, 255]]]), 255).clip(0, 1), _rgb(np.array([[[0.0, 0, 255]]]), 255))


def test_the_second_pixel_of_a_pair_lies_between_its_neighbours() -> None:
    ybr = np.array([[[100.0, 100, 128], [100, 100, 128], [100, 160, 128], [100, 160, 128]]])
    low, high = _between_pairs(ybr, 255)
    assert (low <= high).all()
    assert np.allclose(low[0, [0, 2, 3]], high[0, [0, 2, 3]])
    assert high[0, 1, 2] > low[0, 1, 2]
    assert np.allclose(high[0, 1, 2], _rgb(ybr, 255)[0, 2, 2])
    assert np.allclose(low[0, 1, 2], _rgb(ybr, 255)[0, 0, 2])


def test_a_colour_model_may_be_told_or_read() -> None:
    told = elements(PhotometricInterpretation="YBR_FULL")
    grey = np.array([[[255, 128, 128]]])
    assert np.allclose(colours(grey, told)[0], 1)
    assert np.allclose(colours(grey, told, "RGB")[0], [[[1, 128 / 255, 128 / 255]]])
    low, high = colours(np.array([[[10, 90, 90], [10, 90, 90], [10, 180, 90], [10, 180, 90]]]), told, "YBR_FULL_422")
    assert (high > low).any()


def test_a_state_is_for_grayscale() -> None:
    told = image(PhotometricInterpretation="RGB", SamplesPerPixel=3)
    with pytest.raises(RenderError, match="does not apply to a colour image"):
        render(np.zeros((4, 5, 3)), told, Dataset())
    assert render(np.full((4, 5, 3), 255), told, None).low.min() == 255.0


# -- grayscale --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("window", "values", "expected"),
    [
        (Window(2048, 4096), (0, 4095), (0, 1)),
        (Window(2048, 1), (2047, 2047.5, 2048), (0, 0, 1)),
        (Window(0, 100), (-50, 0, 49), (0, 0.5 + 0.5 / 99, 1)),
        (Window(0, 2), (-1, -0.5, 0, 1), (0, 0.5, 1, 1)),
        (Window(0, 100, "LINEAR_EXACT"), (-50, 0, 25, 50, 90), (0, 0.5, 0.75, 1, 1)),
        (Window(0, 0.5, "LINEAR_EXACT"), (-0.25, 0, 0.25), (0, 0.5, 1)),
        (Window(10, 4, "SIGMOID"), (10, 11), (0.5, 1 / (1 + np.exp(-1)))),
    ],
)
def test_windows(window: Window, values: tuple[float, ...], expected: tuple[float, ...]) -> None:
    assert np.allclose(window(np.array(values, float)), expected)


@pytest.mark.parametrize(
    ("window", "told"),
    [
        (Window(0, 0.9), "Window Width 0.9 must be at least 1"),
        (Window(0, 0, "LINEAR_EXACT"), "Window Width 0 must be greater than 0"),
        (Window(0, -1, "LINEAR_EXACT"), "Window Width -1 must be greater than 0"),
        (Window(0, 1, "CUBIC"), "unknown VOI LUT Function 'CUBIC'"),
    ],
)
def test_windows_that_are_none_are_refused(window: Window, told: str) -> None:
    with pytest.raises(RenderError, match=told):
        window(np.zeros(1))


def test_a_table_ends_with_its_ends() -> None:
    table = Table(10, 8, np.array([1.0, 2.0, 3.0]))
    assert table(np.array([0.0, 10, 10.4, 10.6, 12, 99])).tolist() == [1, 1, 1, 2, 3, 3]
    assert table.top == 255


def lut(descriptor: list[int], entries: list[int]) -> Dataset:
    found = Dataset()
    found.add_new("LUTDescriptor", "US", descriptor)
    found.add_new("LUTData", "OW", struct.pack(f"<{len(entries)}H", *entries))
    return found


def test_a_presentation_lut_spreads_over_the_whole_input() -> None:
    governs = elements(PresentationLUTSequence=Sequence([lut([3, 0, 8], [0, 51, 255])]))
    assert np.allclose(presentation(np.array([0, 0.5, 1.0]), governs), [0, 0.2, 1])
    assert presentation(np.array([0.25]), Dataset()).tolist() == [0.25]
    assert presentation(np.array([0.25]), elements(PresentationLUTShape="INVERSE")).tolist() == [0.75]
    assert presentation(np.array([0.25]), elements(PresentationLUTShape="IDENTITY")).tolist() == [0.25]


def test_what_an_image_does_not_say_of_its_greys() -> None:
    assert p_values(np.array([0.0, 255.0]), image(), None, 1, None).tolist() == [0, 1]
    assert modality(np.array([3.0]), Dataset(), False).tolist() == [3]
    assert voi(np.array([3.0]), Dataset(), None, (0, 6)).tolist() == [0.5]
    assert voi(np.array([3.0]), None, None, (0, 6)).tolist() == [0.5]
    assert voi(np.array([3.0]), None, (3, 1), (0, 6)).tolist() == [1.0]
    linear = elements(WindowCenter=[0, 5], WindowWidth=[1, 7])
    assert voi(np.array([-1.0, 0.0]), linear, None, (0, 6)).tolist() == [0, 1]
    inverse = image(PhotometricInterpretation="MONOCHROME1", PresentationLUTShape="INVERSE")
    assert p_values(np.array([0.0]), inverse, None, 1, None).tolist() == [1]  # once, not twice
    one = image(PhotometricInterpretation="MONOCHROME1")
    assert p_values(np.array([0.0]), one, None, 1, None).tolist() == [1]
    assert p_values(np.array([0.0]), one, Dataset(), 1, None).tolist() == [0]  # the state alone says


# -- layouts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rotation", "flip"), list(itertools.product((0, 90, 180, 270), (False, True))))
def test_where_a_point_is_seen_and_where_it_came_from(rotation: int, flip: bool) -> None:
    layout = Geometry(1, 2, 6, 5, 2.0, 3.0, rotation, flip)
    assert layout.size == ((10, 9) if rotation in (90, 270) else (9, 10))
    x, y = np.array([1.0, 6.0, 2.5]), np.array([2.0, 2.0, 4.5])
    u, v = layout.seen(x, y)
    back = layout.source(u, v)
    assert np.allclose(back, (x, y))
    rows, columns = layout.size
    corner = {0: (0, 0), 90: (columns, 0), 180: (columns, rows), 270: (0, rows)}[rotation]
    assert (u[0], v[0]) == (columns - corner[0] if flip else corner[0], corner[1])
    right = {0: (columns, 0), 90: (columns, rows), 180: (0, rows), 270: (0, 0)}[rotation]
    assert (u[1], v[1]) == (columns - right[0] if flip else right[0], right[1])


def test_each_pixel_comes_from_one_of_the_image() -> None:
    columns, rows = Geometry(0, 0, 2, 2, 2.0, 2.0).columns_and_rows(4, 4)
    assert columns[0].tolist() == [0, 0, 1, 1]
    assert rows[:, 0].tolist() == [0, 0, 1, 1]
    plain = Geometry(0, 0, 3, 2)
    assert (plain.pixel_width, plain.pixel_height, plain.rotation, plain.flip, plain.fixed) == (1, 1, 0, False, False)
    assert _rounded(Geometry(0, 0, 0.2, 2.6)) == (3, 1)
    assert _rounded(Geometry(0, 0, 2.4, 0.2)) == (1, 2)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (elements(ImageRotation=45), "Image Rotation 45 is not 0, 90, 180 or 270"),
        (
            elements(DisplayedAreaSelectionSequence=Sequence([elements(PresentationSizeMode="LARGE")])),
            "unknown Presentation Size Mode 'LARGE'",
        ),
        (elements(DisplayedAreaSelectionSequence=Sequence([Dataset()])), "unknown Presentation Size Mode ''"),
    ],
)
def test_layouts_that_are_none_are_refused(state: Dataset, told: str) -> None:
    with pytest.raises(RenderError, match=told):
        geometry_of(image(), state, 1)


def test_a_state_that_says_nothing_lays_out_the_image_as_it_is() -> None:
    found = geometry_of(image(PixelSpacing=[1, 2]), Dataset(), 1)
    assert found == Geometry(0, 0, 5, 4)
    assert geometry_of(image(PixelSpacing=[1, 2]), None, 1) == Geometry(0, 0, 5, 4, 2.0, 1.0)


def test_a_neighbourhood_is_a_square_around_a_pixel() -> None:
    values = np.zeros((5, 5))
    values[2, 2] = 9
    assert np.argwhere(_neighbourhood(values, np.maximum, 1)).tolist() == [
        [row, column] for row in (1, 2, 3) for column in (1, 2, 3)
    ]
    assert _neighbourhood(values, np.maximum, 0).tolist() == values.tolist()
    assert _neighbourhood(9 - values, np.minimum, 1)[1, 3] == 0
    three = np.zeros((3, 3, 3))
    three[0, 0, 1] = 1
    assert np.argwhere(_neighbourhood(three, np.maximum, 1)).tolist() == [
        [row, column, 1] for row in (0, 1) for column in (0, 1)
    ]


def test_what_lies_outside_of_the_image_is_not_judged() -> None:
    corners = {"DisplayedAreaTopLeftHandCorner": [0, 0], "DisplayedAreaBottomRightHandCorner": [6, 5]}
    area = elements(PresentationSizeMode="SCALE TO FIT", **corners)
    found = render(np.full((4, 5), 255), image(), elements(DisplayedAreaSelectionSequence=Sequence([area])))
    assert found.low.shape == (6, 7)
    assert np.argwhere(~found.unjudged).tolist() == [[row, column] for row in range(1, 5) for column in range(1, 6)]
    assert not render(np.zeros((4, 5)), image(), None).unjudged.any()


def test_what_is_enlarged_may_be_interpolated() -> None:
    stored = np.zeros((4, 5))
    stored[1, 2] = 255
    found = render(stored, image(), None, shape=(8, 10))
    assert (found.low.max(), found.high.max()) == (0, 255)
    assert found.high[0, 2] == 255
    assert found.high[6, 4] == 0
    plain = render(stored, image(), None)
    assert (plain.low == plain.high).all()
    assert plain.complaint == ""


def test_a_shutter_has_its_value_and_leaves_its_edge_unjudged() -> None:
    edges = {"ShutterLeftVerticalEdge": 2, "ShutterRightVerticalEdge": 5}
    edges |= {"ShutterUpperHorizontalEdge": 0, "ShutterLowerHorizontalEdge": 9}
    state = elements(ShutterShape="RECTANGULAR", ShutterPresentationValue=0x8000, **edges)
    found = render(np.zeros((4, 5)), image(), state)
    assert np.allclose(found.low[:, 0], 0x8000 / 0xFFFF * 255)
    assert found.unjudged[0].tolist() == [False, True, False, False, True]
    assert found.low[0, 2] == found.high[0, 2] == 0
    del state.ShutterPresentationValue
    assert occlusion(state, 4, 5).p_value == 0.0
    with pytest.raises(RenderError, match="unknown Shutter Shape 'OVAL'"):
        occlusion(elements(ShutterShape="OVAL"), 4, 5)


def test_two_shutters_are_seen_through_where_both_are() -> None:
    edges = {"ShutterLeftVerticalEdge": 1, "ShutterRightVerticalEdge": 20}
    edges |= {"ShutterUpperHorizontalEdge": 1, "ShutterLowerHorizontalEdge": 20}
    circle = {"CenterOfCircularShutter": [10, 10], "RadiusOfCircularShutter": 5}
    found = occlusion(elements(ShutterShape=["RECTANGULAR", "CIRCULAR"], **edges, **circle), 20, 20)
    assert found.seen[9, 9]
    assert found.occluded[2, 2]
    assert not found.seen[2, 2]


# -- overlays ---------------------------------------------------------------------------------------------------------


def overlay(data_set: Dataset, data: bytes | None = b"\x21\0", group: int = 0x6000, **further: object) -> Dataset:
    given = {"rows": (0x10, "US", 2), "columns": (0x11, "US", 3), "origin": (0x50, "SS", [1, 1])}
    more = {"frames": (0x15, "IS"), "first": (0x51, "US"), "position": (0x102, "US"), "allocated": (0x100, "US")}
    for name, (element, vr, value) in given.items():
        if further.get(name, value) is not None:
            data_set.add_new((group, element), vr, further.get(name, value))
    for name, (element, vr) in more.items():
        if name in further:
            data_set.add_new((group, element), vr, further[name])
    if data is not None:
        data_set.add_new((group, 0x3000), "OW", data)
    return data_set


def seen(data_set: Dataset, state: Dataset | None = None, frame: int = 1) -> list[Plane]:
    return list(planes(data_set, state, frame))


@pytest.mark.parametrize(
    ("origin", "covered"),
    [
        ([1, 1], [[0, 0], [1, 2]]),
        ([2, 3], [[1, 2], [2, 4]]),
        ([0, 0], [[0, 1]]),
        ([4, 5], [[3, 4]]),
        ([-1, 1], []),
        ([5, 1], []),
        ([1, 6], []),
    ],
)
def test_an_overlay_lies_where_its_origin_says(origin: list[int], covered: list[list[int]]) -> None:
    (plane,) = seen(overlay(image(), origin=origin))
    assert np.argwhere(plane.covered).tolist() == covered
    assert (plane.group, plane.grey, plane.order, plane.required) == (0x6000, None, 0.0, False)


def test_overlays_that_cannot_be_drawn_are_not_seen() -> None:
    assert seen(overlay(image(), origin=None)) == []
    assert seen(overlay(image(), b"")) == []
    assert seen(image()) == []
    assert [one.group for one in seen(overlay(overlay(image()), group=0x601E))] == [0x6000, 0x601E]
    assert seen(overlay(image(), group=0x6020)) == []
    assert seen(overlay(image(), group=0x6001)) == []


@pytest.mark.parametrize(
    ("further", "frame", "covered"),
    [
        ({}, 3, [[0, 0], [1, 2]]),
        ({"frames": 1}, 1, [[0, 0], [1, 2]]),
        ({"frames": 1}, 2, []),
        ({"frames": 2}, 2, [[0, 1]]),
        ({"frames": 1, "first": 3}, 3, [[0, 0], [1, 2]]),
        ({"frames": 1, "first": 3}, 2, []),
    ],
)
def test_an_overlay_has_planes_for_some_frames(further: dict[str, object], frame: int, covered: list) -> None:
    (plane,) = seen(overlay(image(), bytes([0x21 | 0x80, 0]), **further), None, frame)
    assert np.argwhere(plane.covered).tolist() == covered


def test_a_state_shows_the_overlays_that_it_gives_a_layer() -> None:
    def state(**layer: object) -> Dataset:
        given = elements(GraphicLayer="A", **layer)
        told = elements(GraphicLayerSequence=Sequence([given]))
        told.add_new((0x6000, 0x1001), "CS", "A")
        return told

    told = overlay(overlay(image()), group=0x6002)
    (plane,) = seen(told, state(GraphicLayerOrder=3, GraphicLayerRecommendedDisplayGrayscaleValue=0x8000))
    assert (plane.group, plane.order, plane.required) == (0x6000, 3, True)
    assert plane.grey == 0x8000 / 0xFFFF
    (bare,) = seen(told, state())
    assert (bare.grey, bare.order) == (None, 0)
    shutter = state()
    shutter.ShutterOverlayGroup = 0x6000
    assert seen(told, shutter) == []
    own = overlay(state(), b"\x02\0")
    (plane,) = seen(told, own)
    assert np.argwhere(plane.covered).tolist() == [[0, 1]]
    assert seen(image(), state()) == []
    with pytest.raises(RenderError, match="overlay 6000 has no origin"):
        seen(overlay(image(), origin=None), state())
    with pytest.raises(RenderError, match="overlay 6000 has fewer bits than 2 rows of 3"):
        seen(overlay(image(), b""), state())
    within = overlay(pixels(struct.pack("<20H", *range(20)), 4, 5, BitsAllocated=16), None, allocated=16, position=0)
    (plane,) = seen(within, state())
    assert not plane.required
    assert np.argwhere(plane.covered).tolist() == [[0, 1], [1, 0], [1, 2]]
    assert seen(overlay(image(), None, allocated=16), None)[0].covered.sum() == 0


def test_an_overlay_in_the_pixels_is_none_of_a_colour_image() -> None:
    colour = pixels(bytes(60), 4, 5, SamplesPerPixel=3)
    (plane,) = seen(overlay(colour, None, allocated=16, position=0))
    assert not plane.covered.any()
    (unsaid,) = seen(overlay(pixels(b"\xff" * 20, 4, 5), None))
    assert not unsaid.covered.any()
    (lowest,) = seen(overlay(pixels(b"\1" * 20, 4, 5), None, allocated=8))
    assert lowest.covered.sum() == 6


# -- what is drawn and compared ---------------------------------------------------------------------------------------


def test_circles_and_ellipses_go_all_around() -> None:
    circle = np.array(_path("CIRCLE", [(10.0, 10.0), (10.0, 14.0)]))
    assert np.allclose(np.hypot(circle[:, 0] - 10, circle[:, 1] - 10), 4)
    assert np.allclose(circle[0], circle[-1])
    assert len(circle) == 73
    ellipse = np.array(_path("ELLIPSE", [(0.0, 5.0), (20.0, 5.0), (10.0, 0.0), (10.0, 10.0)]))
    assert np.allclose(((ellipse[:, 0] - 10) / 10) ** 2 + ((ellipse[:, 1] - 5) / 5) ** 2, 1)
    assert np.allclose(_ellipse(1, 2, 3, 0, 0, 4)[18], (1, 6))


def test_a_drawing_has_to_be_seen_unless_it_is_said() -> None:
    nothing = np.zeros((2, 2), bool)
    one = Drawing("A", (), nothing, nothing, None)
    assert (one.least, one.required) == (1, True)
    assert Expected(np.zeros((1, 1)), np.zeros((1, 1)), nothing[:1, :1], ()).complaint == ""


def test_what_does_not_fit_is_said_first() -> None:
    plain = np.zeros((2, 2))
    wanted = Expected(plain, plain, np.zeros((2, 2), bool), (), "too small")
    found = compare(wanted, np.zeros((5, 5)), 1)
    assert found == Comparison(("too small",), 0.0, 0, 0)
    other = compare(Expected(plain, plain, np.zeros((2, 2), bool), ()), np.zeros((5, 5)), 1)
    assert other == Comparison(("shape (5, 5) instead of (2, 2)",), 0.0, 0, 0)


@pytest.mark.parametrize(("off", "is_marked"), [(0, True), (1, True), (2, False), (3, False)])
def test_a_mark_lies_near_its_place(off: int, is_marked: bool) -> None:
    marked = np.zeros((20, 20), bool)
    marked[10 + off, 10] = True
    nothing = np.zeros((20, 20), bool)
    drawing = Drawing("A", ((10.5, 10.5),), nothing, nothing, None)
    told = _samples(drawing, np.ones((20, 20), bool), marked)
    assert (told == "") is is_marked
    if told:
        assert told == "nothing is drawn at 1 of 1 positions along it"
    outside = Drawing("A", ((-5.0, 10.5), (10.5, 30.0)), nothing, nothing, None)
    assert _samples(outside, np.ones((20, 20), bool), marked) == ""
    assert _samples(drawing, np.zeros((20, 20), bool), marked) == ""


def drawn(kind: str, data: list[float]) -> Drawing:
    graphic = elements(GraphicType=kind, GraphicData=data, GraphicAnnotationUnits="PIXEL")
    item = elements(GraphicLayer="A", GraphicObjectSequence=Sequence([graphic]))
    state = elements(GraphicAnnotationSequence=Sequence([item]))
    ((_, found),) = drawings(state, image(30, 40), 1, Geometry(0, 0, 40, 30), (30, 40))
    return found


def test_marks_may_reach_as_far_as_is_said_and_no_farther() -> None:
    for kind, data, inside, outside in (
        ("INTERPOLATED", [10, 15, 30, 15], (24, 20), (25, 20)),  # 2.5 and 0.35 of 20
        ("POLYLINE", [10, 15, 20, 15], (17, 15), (18, 15)),
        ("POINT", [20.5, 15.5], (15, 26), (15, 27)),
    ):
        may = drawn(kind, data).may
        assert (may[inside], may[outside]) == (True, False), kind
    text = elements(UnformattedTextValue="A", AnchorPoint=[2.5, 2.5], AnchorPointAnnotationUnits="PIXEL")
    item = elements(GraphicLayer="A", TextObjectSequence=Sequence([text]))
    state = elements(GraphicAnnotationSequence=Sequence([item]))
    ((_, found),) = drawings(state, image(30, 40), 1, Geometry(0, 0, 40, 30), (30, 40))
    assert (found.may[2, 26], found.may[2, 27]) == (True, False)
