"""Rules of the court's renderer, each asked directly and against numbers worked out by hand."""

from __future__ import annotations

import struct
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID

from dicom_conformance.judge.rendering import Comparison, Expected, RenderError, compare, png, render
from dicom_conformance.judge.rendering.colour import colours, is_colour, palette
from dicom_conformance.judge.rendering.comparison import _drawn
from dicom_conformance.judge.rendering.drawings import LETTER, LINE, POINT, Drawing, _along, drawings
from dicom_conformance.judge.rendering.geometry import Geometry, geometry_of
from dicom_conformance.judge.rendering.grayscale import modality, p_values, softcopy_voi, voi
from dicom_conformance.judge.rendering.mask import is_subtracted, subtracted
from dicom_conformance.judge.rendering.overlays import planes
from dicom_conformance.judge.rendering.references import applies, refers
from dicom_conformance.judge.rendering.shutters import from_path, occlusion, within
from dicom_conformance.judge.rendering.stored import readable, stored_values, words
from dicom_conformance.judge.rendering.values import (
    described,
    items,
    number,
    numbers,
    points,
    table,
    texts,
    words_of,
)


def elements(**values: object) -> Dataset:
    found = Dataset()
    for keyword, value in values.items():
        setattr(found, keyword, value)
    return found


def image(rows: int = 4, columns: int = 5, **further: object) -> Dataset:
    base = {
        "Rows": rows,
        "Columns": columns,
        "BitsStored": 8,
        "PixelRepresentation": 0,
        "PhotometricInterpretation": "MONOCHROME2",
        "SOPInstanceUID": "1.2.3",
        "SeriesInstanceUID": "1.2",
    }
    return elements(**{**base, **further})


def area(mode: str = "SCALE TO FIT", **further: object) -> Dataset:
    corners = {"DisplayedAreaTopLeftHandCorner": [1, 1], "DisplayedAreaBottomRightHandCorner": [5, 4]}
    item = elements(PresentationSizeMode=mode, **{**corners, **further})
    return elements(DisplayedAreaSelectionSequence=Sequence([item]))


# -- values of elements -----------------------------------------------------------------------------------------------


def test_values_are_read_as_numbers_and_texts() -> None:
    found = elements(WindowCenter=["1.5", "2"], PatientName="A", Rows=3, ImageType=["X", "Y"])
    assert numbers(found, "WindowCenter") == [1.5, 2.0]
    assert numbers(found, "Rows") == [3.0]
    assert numbers(found, "WindowWidth") == []
    assert number(found, "WindowCenter", 9) == 1.5
    assert number(found, "WindowWidth", 9) == 9
    assert texts(found, "ImageType") == ["X", "Y"]
    assert texts(found, "PatientName") == ["A"]
    assert texts(found, "StudyID") == []
    assert list(items(found, "ReferencedImageSequence")) == []
    assert texts(elements(StudyID=""), "StudyID") == numbers(elements(WindowCenter=""), "WindowCenter") == []


def test_values_two_by_two() -> None:
    assert points(elements(GraphicData=[1, 2, 3, 4, 5]), "GraphicData") == [(1, 2), (3, 4)]


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(RenderError, match="PatientID is not a number: 'x'"):
        numbers(elements(PatientID="x"), "PatientID")


@pytest.mark.parametrize(
    ("descriptor", "signed", "expected"),
    [
        ([4, 2, 8], False, (4, 2, 8)),
        ([0, 0, 16], False, (65536, 0, 16)),
        ([4, 32767, 16], True, (4, 32767, 16)),
        ([4, 32768, 16], True, (4, -32768, 16)),
        ([4, 32768, 16], False, (4, 32768, 16)),
        ([4, -1, 16], False, (4, 65535, 16)),
        ([4, -1, 16], True, (4, -1, 16)),
    ],
)
def test_a_descriptor_is_read(descriptor: list[int], signed: bool, expected: tuple[int, int, int]) -> None:
    found = Dataset()
    found.add_new("LUTDescriptor", "SL", descriptor)
    assert described(found, "LUTDescriptor", signed) == expected


def test_a_descriptor_has_three_values() -> None:
    with pytest.raises(RenderError, match="LUTDescriptor has 0 values, not three"):
        described(Dataset(), "LUTDescriptor", False)


def lut(descriptor: list[int], data: object, vr: str = "OW") -> Dataset:
    found = Dataset()
    found.add_new("LUTDescriptor", "US", descriptor)
    found.add_new("LUTData", vr, data)
    return found


@pytest.mark.parametrize(
    ("descriptor", "data", "entries"),
    [
        ([2, 0, 8], b"\1\0\2\0", [1, 2]),
        ([2, 0, 8], b"\1\2", [1, 2]),  # two to a word
        ([3, 0, 8], b"\1\2\3\0", [1, 2, 3]),  # and padded
        ([2, 0, 16], b"\1\2\3\4", [0x0201, 0x0403]),
    ],
)
def test_entries_of_a_table(descriptor: list[int], data: bytes, entries: list[int]) -> None:
    assert table(lut(descriptor, data), False).entries.tolist() == entries
    assert table(lut(descriptor, data), False).top == (1 << descriptor[2]) - 1


@pytest.mark.parametrize("bits", [7, 17])
def test_entries_have_8_to_16_bits(bits: int) -> None:
    with pytest.raises(RenderError, match="does not describe 2 entries"):
        table(lut([2, 0, bits], b"\1\0\2\0"), False)


def test_a_table_has_no_fewer_entries_than_it_says() -> None:
    with pytest.raises(RenderError, match="does not describe 1 entries"):
        table(lut([3, 0, 16], b"\1\0"), False)
    assert table(lut([1, 0, 16], b"\1\0\2\0"), False).entries.tolist() == [1]


def test_entries_as_numbers_are_words() -> None:
    found = Dataset()
    found.add_new("LUTData", "SS", [-1, 5])
    assert words_of(found, "LUTData", 16).tolist() == [65535, 5]


# -- references -------------------------------------------------------------------------------------------------------


def reference(uid: str = "1.2.3", frames: object = None) -> Dataset:
    return elements(ReferencedSOPInstanceUID=uid, **({} if frames is None else {"ReferencedFrameNumber": frames}))


@pytest.mark.parametrize(
    ("references", "frame", "is_for"),
    [
        ([], 1, True),
        ([reference()], 7, True),
        ([reference("9.9")], 1, False),
        ([reference("9.9"), reference()], 1, True),
        ([reference(frames=[1, 3])], 3, True),
        ([reference(frames=[1, 3])], 2, False),
        ([reference(frames=2)], 2, True),
    ],
)
def test_an_item_is_for_the_frames_that_it_names(references: list[Dataset], frame: int, is_for: bool) -> None:
    item = elements(ReferencedImageSequence=Sequence(references)) if references else Dataset()
    assert applies(item, image(), frame) == is_for


def test_a_state_is_for_images_of_the_series_that_it_names() -> None:
    def state(series: str, *references: Dataset) -> Dataset:
        item = elements(SeriesInstanceUID=series, ReferencedImageSequence=Sequence(references))
        return elements(ReferencedSeriesSequence=Sequence([item]))

    assert refers(state("1.2", reference()), image(), 1)
    assert not refers(state("1.9", reference()), image(), 1)
    assert not refers(state("1.2", reference("9.9")), image(), 1)
    assert not refers(state("1.2"), image(), 1)
    assert not refers(state("1.2", reference(frames=2)), image(), 1)
    assert not refers(Dataset(), image(), 1)


# -- geometry ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [{}, {"PresentationPixelSpacing": [1]}])
def test_true_size_needs_the_distance_of_the_pixels(missing: dict[str, object]) -> None:
    state = area("TRUE SIZE", **missing)
    with pytest.raises(RenderError, match="TRUE SIZE needs a Presentation Pixel Spacing"):
        geometry_of(image(), state, 1, pitch_mm=0.25)
    assert not geometry_of(image(), state, 1).fixed  # of a display whose pitch is unknown the size is free


def test_true_size_is_millimetres_over_the_pitch_of_the_display() -> None:
    found = geometry_of(image(), area("TRUE SIZE", PresentationPixelSpacing=[0.5, 1.0]), 1, pitch_mm=0.25)
    assert (found.pixel_height, found.pixel_width, found.fixed) == (2.0, 4.0, True)
    assert found.size == (8.0, 20.0)


def test_magnify_multiplies_and_is_fixed() -> None:
    found = geometry_of(image(), area("MAGNIFY", PresentationPixelMagnificationRatio=3.0), 1)
    assert (found.pixel_height, found.pixel_width, found.fixed) == (3.0, 3.0, True)
    plain = geometry_of(image(), area("MAGNIFY"), 1)
    assert (plain.pixel_height, plain.pixel_width, plain.fixed) == (1.0, 1.0, True)
    assert not geometry_of(image(), area(), 1, pitch_mm=0.25).fixed


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        ({}, (1.0, 1.0)),
        ({"PixelSpacing": [0.5, 0.25]}, (2.0, 1.0)),
        ({"PixelAspectRatio": [1, 3]}, (1.0, 3.0)),
        ({"PixelSpacing": [0.5, 0.25], "PixelAspectRatio": [1, 3]}, (2.0, 1.0)),
        ({"PixelSpacing": [0, 1], "PixelAspectRatio": [1, 3]}, (1.0, 3.0)),
        ({"PixelSpacing": [1]}, (1.0, 1.0)),
    ],
)
def test_the_shape_of_a_pixel(given: dict[str, object], shape: tuple[float, float]) -> None:
    found = geometry_of(image(**given), None, 1)
    assert (found.pixel_height, found.pixel_width) == shape


def test_what_an_area_says_of_its_pixels_goes_before_what_the_image_says() -> None:
    found = geometry_of(image(PixelSpacing=[1, 3]), area(PresentationPixelAspectRatio=[2, 1]), 1)
    assert (found.pixel_height, found.pixel_width) == (2.0, 1.0)


def test_without_an_area_for_the_frame_all_of_it_is_seen() -> None:
    state = area()
    state.DisplayedAreaSelectionSequence[0].ReferencedImageSequence = Sequence([reference("9.9")])
    state.ImageRotation, state.ImageHorizontalFlip = 90, "Y"
    found = geometry_of(image(), state, 1)
    assert (found.left, found.top, found.right, found.bottom) == (0, 0, 5, 4)
    assert (found.rotation, found.flip) == (90, True)
    assert found.size == (5, 4)


@pytest.mark.parametrize(("first", "last"), [([2, 1], [4, 3]), ([4, 3], [2, 1]), ([2, 3], [4, 1]), ([4, 1], [2, 3])])
def test_whichever_corner_is_first_the_area_is_the_same(first: list[int], last: list[int]) -> None:
    state = area(DisplayedAreaTopLeftHandCorner=first, DisplayedAreaBottomRightHandCorner=last)
    found = geometry_of(image(), state, 1)
    assert (found.left, found.top, found.right, found.bottom) == (1, 0, 4, 3)


@pytest.mark.parametrize("corner", ["DisplayedAreaTopLeftHandCorner", "DisplayedAreaBottomRightHandCorner"])
def test_a_corner_has_a_column_and_a_row(corner: str) -> None:
    with pytest.raises(RenderError, match="a corner of the displayed area needs a column and a row"):
        geometry_of(image(), area(**{corner: [1]}), 1)


def test_a_layout_is_fitted_along_its_own_sides() -> None:
    upright = Geometry(0, 0, 5, 4).fitted(8, 15)
    assert (upright.pixel_height, upright.pixel_width, upright.size) == (2.0, 3.0, (8.0, 15.0))
    turned = Geometry(0, 0, 5, 4, rotation=270).fitted(15, 8)
    assert (turned.pixel_height, turned.pixel_width, turned.size) == (2.0, 3.0, (15.0, 8.0))


# -- grayscale --------------------------------------------------------------------------------------------------------


def values(*row: float) -> np.ndarray:
    return np.array([row], dtype=np.float64)


def test_the_modality_is_a_table_or_a_line() -> None:
    assert modality(values(1, 2), elements(RescaleSlope=2, RescaleIntercept=-1), False).tolist() == [[1, 3]]
    assert modality(values(1, 2), Dataset(), False).tolist() == [[1, 2]]
    sequence = elements(ModalityLUTSequence=Sequence([lut([2, 1, 16], b"\7\0\x09\0")]), RescaleSlope=2)
    assert modality(values(1, 2), sequence, False).tolist() == [[7, 9]]


@pytest.mark.parametrize(
    ("further", "stored", "seen"),
    [
        ({}, (0, 255), (0, 1)),
        ({"PixelRepresentation": 1}, (-128, 127), (0, 1)),
        ({"BitsStored": 12}, (0, 4095), (0, 1)),
        ({"RescaleSlope": 2, "RescaleIntercept": 10}, (0, 255), (0, 1)),
        ({"RescaleSlope": -1}, (0, 255), (1, 0)),
        ({"PhotometricInterpretation": "MONOCHROME1"}, (0, 255), (1, 0)),
        ({"PresentationLUTShape": "INVERSE"}, (0, 255), (1, 0)),
    ],
)
def test_without_a_window_the_whole_range_is_seen(further: dict[str, object], stored: tuple, seen: tuple) -> None:
    assert p_values(values(*stored), image(**further), None, 1, None).tolist() == [list(seen)]


def test_of_a_modality_lut_the_range_is_that_of_its_entries() -> None:
    told = image(ModalityLUTSequence=Sequence([lut([2, 0, 10], b"\0\0\xff\3")]))
    assert p_values(values(0, 1), told, None, 1, None).tolist() == [[0, 1]]


def test_a_voi_lut_goes_before_windows() -> None:
    item = elements(WindowCenter=1, WindowWidth=2, VOILUTSequence=Sequence([lut([2, 0, 8], b"\x33\0\xff\0")]))
    assert voi(values(0, 1), item, None, (0, 255)).tolist() == [[0.2, 1]]
    assert voi(values(0, 1), elements(WindowCenter=1), None, (0, 10)).tolist() == [[0, 0.1]]  # a center alone is none
    function = elements(WindowCenter=1, WindowWidth=2, VOILUTFunction="LINEAR_EXACT")
    assert voi(values(0, 1, 2), function, None, (0, 255)).tolist() == [[0, 0.5, 1]]


def test_the_voi_item_is_the_one_for_the_frame() -> None:
    first, second = elements(WindowCenter=1), elements(WindowCenter=2)
    first.ReferencedImageSequence = Sequence([reference(frames=2)])
    state = elements(SoftcopyVOILUTSequence=Sequence([first, second]))
    assert softcopy_voi(state, image(), 2) is not None
    assert softcopy_voi(state, image(), 2).WindowCenter == 1
    assert softcopy_voi(state, image(), 1).WindowCenter == 2
    assert softcopy_voi(Dataset(), image(), 1) is None


# -- masks ------------------------------------------------------------------------------------------------------------

FRAMES = [np.full((1, 1), float(10**n)) for n in range(4)]  # 1, 10, 100, 1000


def mask(operation: str = "AVG_SUB", **further: object) -> Dataset:
    item = elements(MaskOperation=operation, **further)
    return elements(MaskSubtractionSequence=Sequence([item]), RecommendedViewingMode="SUB")


@pytest.mark.parametrize(
    ("governs", "frame", "expected"),
    [
        (mask(MaskFrameNumbers=1), 3, 99),
        (mask(MaskFrameNumbers=[1, 2]), 3, 100 - 5.5),
        (mask(MaskFrameNumbers=1, ContrastFrameAveraging=2), 2, 55 - 1),
        (mask(MaskFrameNumbers=1, ContrastFrameAveraging=2), 4, 1000),  # there is no fifth frame
        (mask(MaskFrameNumbers=1, ApplicableFrameRange=[2, 3]), 2, 9),
        (mask(MaskFrameNumbers=1, ApplicableFrameRange=[2, 3]), 3, 99),
        (mask(MaskFrameNumbers=1, ApplicableFrameRange=[2, 3]), 4, 1000),
        (mask(MaskFrameNumbers=2, ApplicableFrameRange=[2, 3]), 1, 1),
        (mask(MaskFrameNumbers=1, ApplicableFrameRange=[2, 2, 4, 4]), 4, 999),
        (mask(MaskFrameNumbers=1, MaskSubPixelShift=[0, 0]), 2, 9),
        (mask("TID"), 2, 9),
        (mask("TID"), 1, 1),
        (mask("TID", TIDOffset=2), 3, 99),
        (mask("TID", TIDOffset=-1), 3, -900),
        (mask("TID", TIDOffset=-1), 4, 1000),
    ],
)
def test_a_frame_less_its_mask(governs: Dataset, frame: int, expected: float) -> None:
    assert subtracted(FRAMES, governs, frame)[0, 0] == expected


@pytest.mark.parametrize(
    ("governs", "told"),
    [
        (mask(MaskFrameNumbers=0), "not all among the 4 frames"),
        (mask(MaskFrameNumbers=[1, 5]), "not all among the 4 frames"),
        (mask(), "not all among the 4 frames"),
        (mask(MaskFrameNumbers=1, MaskSubPixelShift=[0, 0.5]), "a shifted mask is not judged"),
        (mask("REV_TID"), "Mask Operation 'REV_TID' is not allowed"),
    ],
)
def test_a_mask_that_is_none_is_refused(governs: Dataset, told: str) -> None:
    with pytest.raises(RenderError, match=told):
        subtracted(FRAMES, governs, 2)


def test_a_mask_is_subtracted_where_that_is_recommended() -> None:
    assert is_subtracted(mask())
    assert not is_subtracted(elements(RecommendedViewingMode="SUB"))
    natural = mask()
    natural.RecommendedViewingMode = "NAT"
    assert not is_subtracted(natural)


def test_a_difference_has_no_range_of_its_own() -> None:
    told = image(WindowCenter=50, WindowWidth=100)
    for keyword in ("MaskSubtractionSequence", "RecommendedViewingMode"):
        setattr(told, keyword, mask(MaskFrameNumbers=1)[keyword].value)
    frames = np.array([[[0]], [[100]]])
    assert p_values(values(100), told, None, 2, None, frames)[0, 0] == 1
    del told.WindowCenter
    with pytest.raises(RenderError, match="without a VOI LUT has no defined range"):
        p_values(values(100), told, None, 2, None, frames)
    assert p_values(values(100), told, None, 2, (50, 100), frames)[0, 0] == 1  # the user's window is one


# -- shutters ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_bitmap_shutter_occludes_where_its_bits_are_set(order: str) -> None:
    state = elements(ShutterShape="BITMAP", ShutterOverlayGroup=0x6002, ShutterPresentationValue=0xFFFF)
    state.set_original_encoding(False, order == "<")
    state.add_new((0x6002, 0x0010), "US", 2)
    state.add_new((0x6002, 0x0011), "US", 3)
    state.add_new((0x6002, 0x0050), "SS", [2, 2])
    state.add_new((0x6002, 0x3000), "OW", np.array([0b100001], f"{order}u2").tobytes())
    found = occlusion(state, 4, 5)
    assert found is not None
    assert np.argwhere(found.occluded).tolist() == [[1, 1], [2, 3]]
    assert (found.seen == ~found.occluded).all()
    assert found.p_value == 1.0
    state[0x6002, 0x3000].VR = "OB"  # bytes are in their own order
    assert occlusion(state, 4, 5).occluded.any() == (order == "<")


def test_without_a_shape_there_is_no_shutter() -> None:
    assert occlusion(Dataset(), 4, 5) is None


@pytest.mark.parametrize("side", ["LeftVertical", "RightVertical", "UpperHorizontal", "LowerHorizontal"])
def test_a_rectangle_has_four_edges(side: str) -> None:
    edges = {
        f"Shutter{each}Edge": 3 for each in ("LeftVertical", "RightVertical", "UpperHorizontal", "LowerHorizontal")
    }
    del edges[f"Shutter{side}Edge"]
    with pytest.raises(RenderError, match=f"Shutter{side}Edge is missing"):
        occlusion(elements(ShutterShape="RECTANGULAR", **edges), 4, 5)


def test_pixels_on_the_edges_of_a_rectangle_are_neither() -> None:
    state = elements(ShutterShape="RECTANGULAR", ShutterLeftVerticalEdge=2, ShutterRightVerticalEdge=4)
    state.ShutterUpperHorizontalEdge, state.ShutterLowerHorizontalEdge = 1, 3
    found = occlusion(state, 4, 5)
    assert np.argwhere(found.seen).tolist() == [[1, 2]]
    assert found.occluded[:, 0].all()
    assert found.occluded[:, 4].all()
    assert found.occluded[3].all()
    assert not found.occluded[0, 1:4].any()
    assert not found.occluded[0:3, 1].any()


def test_pixels_on_the_edge_of_a_circle_are_neither() -> None:
    state = elements(ShutterShape="CIRCULAR", CenterOfCircularShutter=[10, 5], RadiusOfCircularShutter=3)
    found = occlusion(state, 20, 12)
    across = [(bool(found.seen[9, column]), bool(found.occluded[9, column])) for column in range(4, 12)]
    sure, neither, out = (True, False), (False, False), (False, True)
    assert across == [sure, sure, neither, neither, neither, out, out, out]
    with pytest.raises(RenderError, match="needs a row and a column"):
        occlusion(elements(ShutterShape="CIRCULAR", CenterOfCircularShutter=[10], RadiusOfCircularShutter=3), 20, 12)


def test_a_polygon_has_three_corners() -> None:
    state = elements(ShutterShape="POLYGONAL", VerticesOfThePolygonalShutter=[1, 1, 9, 1])
    with pytest.raises(RenderError, match="needs three or more"):
        occlusion(state, 10, 10)
    state.VerticesOfThePolygonalShutter = [1, 1, 9, 1, 9, 9]
    found = occlusion(state, 10, 10)
    assert found.seen[6, 2]  # row 7, column 3
    assert found.occluded[2, 6]
    assert not found.seen[4, 4]
    assert not found.occluded[4, 4]  # on the slanting side


def test_inside_is_told_by_the_even_odd_rule() -> None:
    square = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)]
    x, y = np.array([2.0, 5.0, -1.0, 2.0]), np.array([2.0, 2.0, 2.0, 5.0])
    assert within(square, x, y).tolist() == [True, False, False, False]
    twice = [*square, *square]
    assert within(twice, x, y).tolist() == [False] * 4


def test_the_distance_from_a_path() -> None:
    x, y = np.array([0.0, 5.0, 12.0]), np.array([3.0, 4.0, 0.0])
    assert from_path([(0, 0), (10, 0)], x, y).tolist() == [3.0, 4.0, 2.0]
    assert from_path([(0, 0)], x, y).tolist() == pytest.approx([3.0, 41**0.5, 12.0])
    assert from_path([(0, 0), (0, 0)], x, y)[0] == 3.0
    assert from_path([(0, 0), (10, 0), (10, 10)], x, y).tolist() == [3.0, 4.0, 2.0]


# -- overlays ---------------------------------------------------------------------------------------------------------


def overlaid(data_set: Dataset, data: bytes, rows: int = 2, columns: int = 3, vr: str = "OW", **further) -> Dataset:
    for element, kind, value in ((0x10, "US", rows), (0x11, "US", columns), (0x50, "SS", [1, 1]), (0x100, "US", 1)):
        data_set.add_new((0x6000, element), kind, value)
    for element, value in further.items():
        data_set.add_new((0x6000, int(element[1:], 16)), "IS" if element == "x15" else "US", value)
    data_set.add_new((0x6000, 0x3000), vr, data)
    return data_set


def covered(data_set: Dataset, frame: int = 1) -> list[list[int]]:
    (plane,) = planes(data_set, None, frame)
    return np.argwhere(plane.covered).tolist()


@pytest.mark.parametrize(("vr", "expected"), [("OW", [[0, 0], [1, 1]]), ("OB", [])])
def test_words_of_an_overlay_are_in_the_order_of_the_data_set(vr: str, expected: list) -> None:
    told = overlaid(image(), b"\0\x11", vr=vr)
    told.set_original_encoding(False, False)
    assert covered(told) == expected


@pytest.mark.parametrize(("frame", "expected"), [(1, []), (2, [[0, 0]]), (3, [[0, 1]]), (4, [])])
def test_planes_of_several_frames_follow_each_other(frame: int, expected: list) -> None:
    told = overlaid(image(), bytes([0b10000001, 0]), x15="2", x51=2)
    assert covered(told, frame) == expected


def test_a_plane_within_the_pixels_is_made_of_the_bits_that_they_leave() -> None:
    told = image(2, 3, SamplesPerPixel=1, BitsAllocated=16)
    told.add_new("PixelData", "OW", struct.pack("<6H", 0x1000, 0x0FFF, 0x3000, 0, 0, 0x1001))
    for element, kind, value in (
        (0x10, "US", 2),
        (0x11, "US", 3),
        (0x50, "SS", [1, 1]),
        (0x100, "US", 16),
        (0x102, "US", 12),
    ):
        told.add_new((0x6000, element), kind, value)
    assert covered(told) == [[0, 0], [0, 2], [1, 2]]
    told[0x6000, 0x100].value = 1  # it should have data of its own
    assert covered(told) == []
    told[0x6000, 0x100].value = 16
    told[0x6000, 0x10].value = 3  # larger than the image
    assert covered(told) == []


# -- pixels -----------------------------------------------------------------------------------------------------------


def stored(data: bytes, vr: str = "OW", **further: object) -> Dataset:
    told = image(1, 2, SamplesPerPixel=1, BitsAllocated=16, BitsStored=16, HighBit=15)
    for keyword, value in further.items():
        setattr(told, keyword, value)
    told.add_new("PixelData", vr, data)
    return told


def test_stored_values_are_read_as_the_attributes_say() -> None:
    assert stored_values(stored(b"\1\0\2\1")).tolist() == [[[1, 0x0102]]]
    big = stored(b"\0\1\1\2")
    big.set_original_encoding(False, False)
    assert stored_values(big).tolist() == [[[1, 0x0102]]]
    assert stored_values(stored(b"\1\2", "OB", BitsAllocated=8, BitsStored=8, HighBit=7)).tolist() == [[[1, 2]]]
    in_words = stored(b"\2\1", BitsAllocated=8, BitsStored=8, HighBit=7)
    in_words.set_original_encoding(False, False)
    assert stored_values(in_words).tolist() == [[[1, 2]]]
    wide = stored(struct.pack("<2I", 1, 1 << 31), BitsAllocated=32, BitsStored=32, HighBit=31)
    assert stored_values(wide).tolist() == [[[1, 1 << 31]]]
    wide.PixelRepresentation = 1
    assert stored_values(wide).tolist() == [[[1, -(1 << 31)]]]


def test_frames_follow_each_other_and_what_is_too_much_is_left_out() -> None:
    assert words(stored(struct.pack("<5H", 1, 2, 3, 4, 5), NumberOfFrames="2")).tolist() == [[[1, 2]], [[3, 4]]]
    with pytest.raises(RenderError, match="Pixel Data has 3 samples instead of 4"):
        words(stored(struct.pack("<3H", 1, 2, 3), NumberOfFrames="2"))


@pytest.mark.parametrize(
    ("syntax", "allocated", "expected"),
    [
        (None, 16, True),
        (None, 8, True),
        (None, 32, True),
        (None, 1, False),
        (None, 64, False),
        ("1.2.840.10008.1.2.1", 16, True),
        ("1.2.840.10008.1.2.4.70", 16, False),
    ],
)
def test_what_is_native_and_of_whole_words_is_read(syntax: str | None, allocated: int, expected: bool) -> None:
    told = stored(b"\1\0\2\0", BitsAllocated=allocated)
    if syntax is not None:
        told.file_meta = FileMetaDataset()
        told.file_meta.TransferSyntaxUID = UID(syntax)
    assert readable(told) == expected
    del told.PixelData
    assert not readable(told)


# -- colour -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "samples", "expected"),
    [("RGB", 3, True), ("PALETTE COLOR", 1, True), ("MONOCHROME2", 1, False), ("YBR_FULL", 3, True)],
)
def test_what_is_seen_in_colour(model: str, samples: int, expected: bool) -> None:
    assert is_colour(elements(PhotometricInterpretation=model, SamplesPerPixel=samples)) == expected


@pytest.mark.parametrize("model", ["RGB", "YBR_FULL", "YBR_FULL_422"])
def test_three_samples_have_three_dimensions(model: str) -> None:
    with pytest.raises(RenderError, match="unknown colour model"):
        colours(np.zeros((1, 2)), image(PhotometricInterpretation=model))


def test_a_palette_has_one_dimension_of_samples() -> None:
    with pytest.raises(RenderError, match="unknown colour model 'PALETTE COLOR'"):
        colours(np.zeros((1, 2, 3)), image(PhotometricInterpretation="PALETTE COLOR"))


def test_the_largest_sample_is_full_colour() -> None:
    told = image(PhotometricInterpretation="RGB", BitsStored=12)
    assert colours(np.array([[[0, 4095, 819]]]), told)[0].tolist() == [[[0.0, 1.0, 0.2]]]


def segmented(words_: list[int], count: int, bits: int = 16) -> Dataset:
    told = image(PhotometricInterpretation="PALETTE COLOR", SamplesPerPixel=1)
    for colour in ("Red", "Green", "Blue"):
        told.add_new(f"{colour}PaletteColorLookupTableDescriptor", "US", [count, 0, bits])
        told.add_new(f"Segmented{colour}PaletteColorLookupTableData", "OW", struct.pack(f"<{len(words_)}H", *words_))
    return told


@pytest.mark.parametrize(
    ("words_", "entries"),
    [
        ([0, 1, 7], [7]),
        ([0, 1, 7, 1, 1, 9], [7, 9]),  # a line of one, at the very end
        ([0, 1, 100, 1, 4, 50], [100, 88, 75, 62, 50]),
        ([0, 2, 3, 4, 2, 1, 0, 0], [3, 4, 3, 4]),
    ],
)
def test_segments_that_just_fit_are_expanded(words_: list[int], entries: list[int]) -> None:
    assert palette(segmented(words_, len(entries)))[0].entries.tolist() == entries


@pytest.mark.parametrize(
    "words_",
    [
        [0, 1],
        [0, 2, 7],
        [1, 1, 9],  # a line from nothing
        [0, 1, 7, 2, 1, 0],  # an offset of one word
        [0, 1, 7, 2, 1, 6, 0, 2, 1, 0, 0],  # a copy of a copy
        [0, 1, 7, 3, 1, 1],
    ],
)
def test_segments_that_do_not_fit_are_refused(words_: list[int]) -> None:
    with pytest.raises(RenderError, match="segment"):
        palette(segmented(words_, 1))


def test_segments_have_16_bits() -> None:
    with pytest.raises(RenderError, match="a segmented palette of 8 bits is not judged"):
        palette(segmented([0, 1, 7], 1, bits=8))
    with pytest.raises(RenderError, match="says 12 bits, neither 8 nor 16"):
        palette(segmented([0, 1, 7], 1, bits=12))


# -- what is drawn ----------------------------------------------------------------------------------------------------

UPRIGHT = Geometry(0, 0, 40, 30)


def annotated(*graphics: Dataset, texts_: tuple[Dataset, ...] = (), layer: Dataset | None = None) -> Dataset:
    item = elements(GraphicLayer="A", GraphicObjectSequence=Sequence(graphics), TextObjectSequence=Sequence(texts_))
    state = elements(GraphicAnnotationSequence=Sequence([item]))
    if layer is not None:
        state.GraphicLayerSequence = Sequence([layer])
    return state


def graphic(kind: str, data: list[float], units: str = "PIXEL", filled: str = "N") -> Dataset:
    return elements(GraphicType=kind, GraphicData=data, GraphicAnnotationUnits=units, GraphicFilled=filled)


def drawn(state: Dataset) -> list[tuple[float, Drawing]]:
    return drawings(state, image(30, 40), 1, UPRIGHT, (30, 40))


def test_a_point_may_be_marked_around_it() -> None:
    ((order, found),) = drawn(annotated(graphic("POINT", [20, 15])))
    assert (order, found.samples, found.grey) == (0, ((20.0, 15.0),), None)
    assert found.may[15, 20 + int(POINT) - 1]
    assert not found.may[15, 20 + int(POINT)]
    assert not found.interior.any()


def test_a_line_has_marks_along_it_and_no_inside() -> None:
    ((_, found),) = drawn(annotated(graphic("POLYLINE", [10, 15, 20, 15])))
    assert found.samples == tuple((10.0 + step, 15.0) for step in range(11))
    assert found.may[14, 15]
    assert not found.may[15 + int(LINE) + 1, 15]
    assert not found.interior.any()


def test_only_what_is_filled_and_can_be_has_an_inside() -> None:
    square = [10, 5, 30, 5, 30, 25, 10, 25, 10, 5]
    ((_, found),) = drawn(annotated(graphic("POLYLINE", square, filled="Y")))
    assert found.interior[15, 20]
    assert not found.interior[5, 20]  # the line itself
    assert not found.interior[15, 5]
    for kind in ("INTERPOLATED", "POINT"):
        ((_, other),) = drawn(annotated(graphic(kind, square, filled="Y")))
        assert not other.interior.any()


def test_an_interpolated_curve_may_bend_between_its_points() -> None:
    ((_, found),) = drawn(annotated(graphic("INTERPOLATED", [10, 15, 30, 15])))
    assert found.samples == ((10.0, 15.0), (30.0, 15.0))
    assert found.may[15 + 8, 20]  # within LINE + 0.35 of 20
    assert not found.may[15 + 10, 20]
    assert found.least == 12


def test_points_along_a_path_are_at_most_a_step_apart() -> None:
    assert _along([(0, 0), (2, 0)]) == [(0, 0), (1, 0), (2, 0)]
    assert _along([(0, 0), (0, 0.5)]) == [(0, 0), (0, 0.5)]
    assert _along([(0, 0), (2.5, 0)], 1.0)[1] == (pytest.approx(2.5 / 3), 0)


@pytest.mark.parametrize(
    ("item", "told"),
    [
        (graphic("POLYLINE", []), "POLYLINE has no Graphic Data"),
        (graphic("POLYLINE", [1, 1, 2, 2], units="MATRIX"), "unknown annotation units 'MATRIX'"),
        (graphic("CIRCLE", [1, 1]), "CIRCLE with 1 point is not a graphic of the standard"),
        (graphic("ELLIPSE", [1, 1, 2, 2]), "ELLIPSE with 2 points"),
    ],
)
def test_a_graphic_that_is_none_is_refused(item: Dataset, told: str) -> None:
    with pytest.raises(RenderError, match=told):
        drawn(annotated(item))


def test_the_layer_says_order_and_grey() -> None:
    layer = elements(GraphicLayer="A", GraphicLayerOrder=7, GraphicLayerRecommendedDisplayGrayscaleValue=0xFFFF)
    ((order, found),) = drawn(annotated(graphic("POINT", [20, 15]), layer=layer))
    assert (order, found.grey) == (7, 1.0)
    other = elements(GraphicLayer="B", GraphicLayerOrder=7)
    ((order, found),) = drawn(annotated(graphic("POINT", [20, 15]), layer=other))
    assert (order, found.grey) == (0, None)


def test_annotations_of_another_image_are_not_drawn() -> None:
    state = annotated(graphic("POINT", [20, 15]))
    state.GraphicAnnotationSequence[0].ReferencedImageSequence = Sequence([reference("9.9")])
    assert drawn(state) == []


def text(**further: object) -> Dataset:
    return elements(UnformattedTextValue="AB ", **further)


BOX = {
    "BoundingBoxTopLeftHandCorner": [5, 5],
    "BoundingBoxBottomRightHandCorner": [15, 12],
    "BoundingBoxAnnotationUnits": "PIXEL",
}
ANCHOR = {"AnchorPoint": [30, 20], "AnchorPointAnnotationUnits": "PIXEL"}


def test_a_text_is_within_its_box() -> None:
    ((_, found),) = drawn(annotated(texts_=(text(**BOX),)))
    assert (found.what, found.samples, found.least) == ("TEXT", (), 6)
    assert found.may[4:13, 4:16].all()  # by a pixel beyond
    assert found.may.sum() == 9 * 12


def test_a_text_without_a_box_is_near_its_anchor() -> None:
    ((_, found),) = drawn(annotated(texts_=(text(**ANCHOR, AnchorPointVisibility="Y"),)))
    assert found.samples == ()
    assert found.may[20, 30 - int(LETTER) + 1]
    assert not found.may[20, 30 - int(LETTER) - 1]


@pytest.mark.parametrize("visible", ["Y", "N"])
def test_a_box_may_be_joined_with_an_anchor_that_is_shown(visible: str) -> None:
    ((_, found),) = drawn(annotated(texts_=(text(**BOX, **ANCHOR, AnchorPointVisibility=visible),)))
    assert found.samples == (((30.0, 20.0),) if visible == "Y" else ())
    assert found.may[20, 30]
    assert found.may[15, 20]  # between the two
    assert not found.may[28, 8]


def test_a_text_has_a_place() -> None:
    with pytest.raises(RenderError, match="neither bounding box nor anchor point"):
        drawn(annotated(texts_=(text(),)))


# -- the comparison ---------------------------------------------------------------------------------------------------


def expected(low: np.ndarray, *drawings_: Drawing, high: np.ndarray | None = None, **further: object) -> Expected:
    unjudged = further.get("unjudged", np.zeros(low.shape[:2], bool))
    return Expected(low.astype(float), (low if high is None else high).astype(float), unjudged, drawings_)


def test_what_is_too_bright_or_too_dark_differs() -> None:
    wanted = expected(np.full((2, 2), 100), high=np.full((2, 2), 110))
    for value, is_good in ((98, True), (97, False), (112, True), (113, False)):
        picture = np.full((2, 2), 105)
        picture[1, 0] = value
        found = compare(wanted, picture, 2)
        assert (not found.complaints) == is_good, value
    assert found.complaints == (
        "1 of 4 pixels differ, by up to 3.0 of 255; the first at row 2, column 1: 113 instead of 100.0",
    )
    assert (found.most, found.judged, found.unjudged) == (3.0, 4, 0)


def test_what_is_not_judged_does_not_differ() -> None:
    unjudged = np.array([[True, False]])
    found = compare(expected(np.array([[0, 0]]), unjudged=unjudged), np.array([[255, 0]]), 0)
    assert found == Comparison((), 0.0, 1, 1)


def test_another_shape_is_said() -> None:
    assert compare(expected(np.zeros((2, 3))), np.zeros((3, 2)), 0).complaints == ("shape (3, 2) instead of (2, 3)",)


def line(grey: float | None, **further: object) -> Drawing:
    may = np.zeros((9, 30), bool)
    may[3:6] = True
    samples = tuple((n + 0.5, 4.5) for n in range(30))
    return Drawing("LINE", samples, np.zeros((9, 30), bool), may, grey, **further)


@pytest.mark.parametrize(("missing", "is_good"), [(0, True), (4, True), (5, False)])
def test_a_tenth_of_a_line_may_be_missing(missing: int, is_good: bool) -> None:
    picture = np.full((9, 30), 20)
    picture[4] = 255
    picture[4, 30 - missing :] = 20
    complaints = compare(expected(np.full((9, 30), 20), line(1.0)), picture, 1).complaints
    assert (not complaints) == is_good
    # a mark may lie a pixel and a half beside
    assert is_good or "nothing is drawn at 4 of 30 positions along it" in complaints[0]


@pytest.mark.parametrize(("grey", "is_judged"), [(20 / 255, False), (60 / 255, False), (68.5 / 255, True)])
def test_a_line_that_cannot_be_told_from_the_image_is_not_missed(grey: float, is_judged: bool) -> None:
    complaints = compare(expected(np.full((9, 30), 20), line(grey)), np.full((9, 30), 20), 1).complaints
    assert bool(complaints) == is_judged


def test_what_need_not_be_drawn_may_be_left_out_as_a_whole() -> None:
    wanted = expected(np.full((9, 30), 20), line(None, required=False))
    blank = np.full((9, 30), 20)
    assert not compare(wanted, blank, 1).complaints
    half = blank.copy()
    half[4, :10] = 255
    assert compare(wanted, half, 1).complaints


def test_what_lies_below_another_is_not_missed() -> None:
    covers = Drawing("BOX", (), np.zeros((9, 30), bool), np.ones((9, 30), bool), None, 0, required=False)
    below = compare(expected(np.full((9, 30), 20), line(1.0), covers), np.full((9, 30), 20), 1)
    assert not below.complaints
    above = compare(expected(np.full((9, 30), 20), covers, line(1.0)), np.full((9, 30), 20), 1)
    assert above.complaints


def test_an_inside_has_its_grey() -> None:
    interior = np.zeros((9, 30), bool)
    interior[2:7, 5:25] = True
    box = Drawing("BOX", (), interior, interior, 1.0)
    picture = np.full((9, 30), 20)
    picture[interior] = 253
    assert not compare(expected(np.full((9, 30), 20), box), picture, 1).complaints
    picture[4, 10] = 252
    told = compare(expected(np.full((9, 30), 20), box), picture, 1).complaints
    assert told == ("BOX: 1 of 100 pixels inside do not have its grey value",)


@pytest.mark.parametrize(("marked", "is_good"), [(50, True), (49, False)])
def test_of_an_unknown_grey_half_of_the_inside_is_marked(marked: int, is_good: bool) -> None:
    interior = np.zeros((10, 10), bool)
    interior.flat[:100] = True
    plane = Drawing("overlay 6000", (), interior, interior, None, 0)
    picture = np.full((10, 10), 20)
    picture.flat[:marked] = 255
    told = _drawn(plane, expected(np.full((10, 10), 20)), picture.astype(float), np.zeros((10, 10), bool))
    assert told == ("" if is_good else "51 of 100 pixels under it are not marked")


@pytest.mark.parametrize(("count", "is_good"), [(6, True), (5, False)])
def test_a_text_has_as_many_marks_as_its_letters_take(count: int, is_good: bool) -> None:
    may = np.ones((10, 10), bool)
    letters = Drawing("TEXT", (), np.zeros((10, 10), bool), may, None, 6)
    picture = np.full((10, 10), 20)
    picture.flat[:count] = 255
    told = compare(expected(np.full((10, 10), 20), letters), picture, 1).complaints
    assert told == (() if is_good else ("TEXT: pixels drawn: 5, required: at least 6",))


def test_the_worst_colour_is_told() -> None:
    wanted = expected(np.full((2, 2, 3), 100))
    picture = np.full((2, 2, 3), 100)
    picture[0, 0] = [101, 90, 105]
    assert compare(wanted, picture, 1).most == 10.0


def test_marks_are_looked_for_in_the_colour_that_has_them() -> None:
    wanted = expected(np.full((9, 30, 3), 20), line(None))
    picture = np.full((9, 30, 3), 20)
    picture[4, :, 1] = 255
    assert not compare(wanted, picture, 1).complaints
    assert compare(wanted, np.full((9, 30, 3), 20), 1).complaints


# -- the picture ------------------------------------------------------------------------------------------------------


def test_a_picture_of_what_is_expected_shows_its_marks() -> None:
    interior = np.zeros((2, 3), bool)
    interior[0, 0] = True
    marks = Drawing("A", ((1.5, 0.5), (-1.0, 0.0), (3.0, 0.0), (0.0, 2.0)), interior, interior, 0.5)
    may_be = Drawing("B", (), ~interior, ~interior, None, required=False)
    wanted = Expected(np.full((2, 3), 10.0), np.full((2, 3), 20.0), np.zeros((2, 3), bool), (marks, may_be))
    assert wanted.picture.tolist() == [[128, 128, 15], [15, 15, 15]]
    white = Drawing("C", ((2.5, 1.5),), np.zeros((2, 3), bool), interior, None)
    only = Expected(np.full((2, 3), 10.0), np.full((2, 3), 10.0), interior, (white,))
    assert only.picture.tolist() == [[10, 10, 10], [10, 10, 255]]


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ((4, 5), ""),
        ((8, 10), ""),
        ((2, 3), ""),  # half of it, to a pixel
        ((4, 7), "4 rows and 7 columns do not have the aspect ratio of 4 and 5"),
        ((8, 12), "do not have the aspect ratio"),
    ],
)
def test_a_picture_keeps_the_proportions(shape: tuple[int, int], told: str) -> None:
    found = render(np.zeros((4, 5)), image(), area(), shape=shape).complaint
    assert told in found
    assert bool(found) == bool(told)


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ((8, 10), ""),
        ((9, 9), ""),
        ((8, 12), "8 rows and 12 columns instead of 8 and 10"),
        ((6, 10), "instead of 8 and 10"),
    ],
)
def test_a_fixed_size_is_kept_to_a_pixel(shape: tuple[int, int], told: str) -> None:
    state = area("MAGNIFY", PresentationPixelMagnificationRatio=2.0)
    found = render(np.zeros((4, 5)), image(), state, shape=shape).complaint
    assert told in found
    assert bool(found) == bool(told)


def test_a_picture_may_be_smaller_only_where_that_is_said() -> None:
    told, state = image(40, 50), area(DisplayedAreaBottomRightHandCorner=[50, 40])
    assert not render(np.zeros((40, 50)), told, state, shape=(20, 25)).complaint
    complaint = render(np.zeros((40, 50)), told, state, shape=(20, 25), reduced=False).complaint
    assert complaint == "20 rows and 25 columns are fewer than the 40 and 50 needed"


@pytest.mark.parametrize("colour", [False, True])
def test_a_png_file_is_what_another_decoder_reads(colour: bool) -> None:
    picture = np.arange(2 * 5 * (3 if colour else 1), dtype=np.uint8).reshape((2, 5, 3) if colour else (2, 5))
    seen = Image.open(BytesIO(png(picture)))
    assert seen.mode == ("RGB" if colour else "L")
    assert np.asarray(seen).tolist() == picture.tolist()


@pytest.mark.parametrize(("size", "shape"), [((100, 2), (60, 2)), ((2, 100), (2, 60))])
def test_of_a_narrow_picture_a_pixel_is_enough(size: tuple[int, int], shape: tuple[int, int]) -> None:
    assert not render(np.zeros(size), image(*size), None, shape=shape).complaint


def test_marks_are_allowed_where_an_overlay_lies_and_nowhere_else() -> None:
    told = overlaid(image(), b"\x01\x00")
    (plane,) = render(np.zeros((4, 5)), told, None).drawings
    assert np.argwhere(plane.may).tolist() == np.argwhere(plane.interior).tolist() == [[0, 0]]
