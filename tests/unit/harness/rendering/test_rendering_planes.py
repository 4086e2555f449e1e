"""The court's overlays and masks against bits and numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.sequence import Sequence

from dicom_conformance.judge.rendering import RenderError, compare, render
from dicom_conformance.judge.rendering.mask import subtracted
from dicom_conformance.judge.rendering.overlays import planes
from dicom_simulators.data_sets import build

GSPS = "1.2.840.10008.5.1.4.1.1.11.1"
MR, XA = "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.12.1"


def image(**further: object) -> Dataset:
    found = Dataset()
    found.Rows, found.Columns, found.BitsStored, found.PixelRepresentation = 4, 5, 8, 0
    found.PhotometricInterpretation, found.SamplesPerPixel = "MONOCHROME2", 1
    found.SOPInstanceUID, found.SeriesInstanceUID = "1.2.3", "1.2"
    for keyword, value in further.items():
        setattr(found, keyword, value)
    return found


def overlaid(data_set: Dataset, group: int, origin: list[int], data: bytes, shape=(2, 3), **further) -> Dataset:
    data_set.add_new((group, 0x0010), "US", shape[0])
    data_set.add_new((group, 0x0011), "US", shape[1])
    data_set.add_new((group, 0x0050), "SS", origin)
    data_set.add_new((group, 0x0100), "US", 1)
    data_set.add_new((group, 0x0102), "US", 0)
    for element, (vr, value) in further.items():
        data_set.add_new((group, int(element[1:], 16)), vr, value)
    if data:
        data_set.add_new((group, 0x3000), "OW", data)
    return data_set


def state(orders: dict[str, tuple[int, int]], **layers: str) -> Dataset:
    found = Dataset()
    found.GraphicLayerSequence = Sequence()
    for name, (order, grey) in orders.items():
        item = Dataset()
        item.GraphicLayer, item.GraphicLayerOrder = name, order
        item.GraphicLayerRecommendedDisplayGrayscaleValue = grey
        found.GraphicLayerSequence.append(item)
    for group, name in layers.items():
        found.add_new((int(group[1:], 16), 0x1001), "CS", name)
    return found


L_SHAPE = bytes([0b001111, 0])  # three of the first row, then one of the second: the first bit is the lowest


@pytest.mark.parametrize(
    ("origin", "covered"),
    [
        ([1, 1], {(0, 0), (0, 1), (0, 2), (1, 0)}),
        ([2, 3], {(1, 2), (1, 3), (1, 4), (2, 2)}),
        ([0, 0], set()),  # the only pixel of the second row lies left of the image
        ([4, 5], {(3, 4)}),
        ([0, 1], {(0, 0)}),
        ([9, 9], set()),
        ([-5, -5], set()),
    ],
)
def test_an_overlay_lies_where_its_origin_says(origin, covered):
    (plane,) = planes(overlaid(image(), 0x6000, origin, L_SHAPE), None, 1)
    assert {(int(row), int(column)) for row, column in np.argwhere(plane.covered)} == covered
    assert not plane.required


def test_an_overlay_without_an_origin_or_with_too_few_bits_is_said_where_a_state_shows_it():
    bad = overlaid(image(), 0x6000, [1, 1], L_SHAPE)
    del bad[0x6000, 0x0050]
    short = overlaid(image(), 0x6002, [1, 1], L_SHAPE, shape=(4, 5))
    with pytest.raises(RenderError, match="6000 has no origin"):
        list(planes(bad, state({"A": (1, 0)}, g6000="A"), 1))
    with pytest.raises(RenderError, match="fewer bits"):
        list(planes(short, state({"A": (1, 0)}, g6002="A"), 1))
    for each in (bad, short):
        assert list(planes(each, None, 1)) == [], "without a state it may be left out"


def test_a_state_shows_the_overlays_that_it_gives_a_layer():
    told = overlaid(overlaid(image(), 0x6000, [1, 1], L_SHAPE), 0x6004, [2, 2], L_SHAPE)
    shown = list(planes(told, state({"A": (3, 0x8000)}, g6000="A", g6004=""), 1))
    assert [(one.group, one.order, one.required) for one in shown] == [(0x6000, 3, True)]
    assert shown[0].grey == pytest.approx(0x8000 / 0xFFFF)
    assert list(planes(told, state({}), 1)) == []


def test_an_overlay_of_the_state_takes_the_place_of_the_images():
    told = overlaid(image(), 0x6000, [1, 1], L_SHAPE)
    own = overlaid(state({"A": (1, 0)}, g6000="A"), 0x6000, [3, 2], bytes([0b100000, 0]))
    (plane,) = planes(told, own, 1)
    assert np.argwhere(plane.covered).tolist() == [[3, 3]]


def test_the_overlay_of_a_bitmap_shutter_is_not_activated():
    own = overlaid(state({"A": (1, 0)}, g6000="A"), 0x6000, [3, 2], L_SHAPE)
    own.ShutterOverlayGroup = 0x6000
    assert list(planes(image(), own, 1)) == []


def test_planes_of_frames_belong_to_the_frames_from_the_origin_on():
    both = bytes([0b01_011111, 0])  # 6 bits of the first plane, then those of the second
    told = overlaid(image(), 0x6000, [1, 1], both, s0015=("IS", "2"), s0051=("US", 2))
    counts = [int(next(planes(told, None, frame)).covered.sum()) for frame in (1, 2, 3, 4)]
    assert counts == [0, 5, 1, 0]


def test_a_plane_within_pixel_data_is_one_bit_of_its_words():
    told = build("overlay_within_pixels", MR, seed=7)
    (plane,) = planes(told.read(), None, 1)
    assert plane.covered[0].all()
    assert plane.covered[:, :2].all()
    assert plane.covered[30, 30]
    assert not plane.covered[30, 31]
    activated = list(planes(told.read(), state({"A": (1, 0)}, g6000="A"), 1))
    assert [one.required for one in activated] == [False]


def drawn(name: str = "state_overlay", recipe: str = "overlay"):
    instance = build(recipe, seed=7)
    return render(instance.pixels[0], instance.read(), build(name, GSPS, seed=7).read())


def test_an_activated_overlay_has_to_be_seen_in_its_grey_and_place():
    expected = drawn()
    bare = np.rint(expected.low).astype(np.uint8)
    assert not compare(expected, expected.picture, 1).complaints
    assert compare(expected, bare, 1).complaints
    shifted = np.where(np.roll(expected.drawings[0].interior, 1, axis=1), 191, bare).astype(np.uint8)
    assert compare(expected, shifted, 1).complaints
    darker = np.where(expected.drawings[0].interior, 100, bare).astype(np.uint8)
    assert compare(expected, darker, 1).complaints


def test_an_overlay_that_is_not_activated_must_not_be_seen():
    shown, hidden = drawn("state_overlay"), drawn("state_overlay_none")
    assert not hidden.drawings
    assert compare(hidden, shown.picture, 1).complaints


def test_without_a_state_an_overlay_may_be_left_out_or_drawn_in_its_place():
    instance = build("overlay", seed=7)
    expected = render(instance.pixels[0], instance.read(), None)
    bare = np.rint(expected.low).astype(np.uint8)
    covered = expected.drawings[0].interior | expected.drawings[1].interior
    assert not compare(expected, bare, 1).complaints
    white, black = (np.where(covered, grey, bare).astype(np.uint8) for grey in (255, 0))
    assert not compare(expected, white, 1).complaints
    assert not compare(expected, black, 1).complaints
    elsewhere = np.where(np.roll(covered, 1, axis=0), 255, bare).astype(np.uint8)
    assert compare(expected, elsewhere, 1).complaints
    some = np.where(covered & (np.arange(64) % 8 == 0), 255, bare).astype(np.uint8)
    assert "are not marked" in compare(expected, some, 1).complaints[0]


def masked(operation: str, **further: object) -> Dataset:
    found, item = Dataset(), Dataset()
    item.MaskOperation = operation
    for keyword, value in further.items():
        setattr(item, keyword, value)
    found.MaskSubtractionSequence = Sequence([item])
    return found


FRAMES = [np.full((1, 1), value) for value in (10.0, 14.0, 30.0, 7.0)]


@pytest.mark.parametrize(
    ("told", "differences"),
    [
        (masked("AVG_SUB", MaskFrameNumbers=[1]), [0, 4, 20, -3]),
        (masked("AVG_SUB", MaskFrameNumbers=[1, 2]), [-2, 2, 18, -5]),
        (masked("AVG_SUB", MaskFrameNumbers=[1, 2], ContrastFrameAveraging=2), [0, 10, 6.5, 7]),  # the last stays
        (masked("TID", TIDOffset=1), [10, 4, 16, -23]),
        (masked("TID"), [10, 4, 16, -23]),
        (masked("TID", TIDOffset=-2), [-20, 7, 30, 7]),
    ],
)
def test_a_frame_less_its_mask(told, differences):
    assert [float(subtracted(FRAMES, told, frame)[0, 0]) for frame in (1, 2, 3, 4)] == differences


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (masked("AVG_SUB", MaskFrameNumbers=[5]), "not all among the 4 frames"),
        (masked("AVG_SUB"), "not all among the 4 frames"),
        (masked("REV_TID", TIDOffset=1), "REV_TID"),
        (masked("TID", TIDOffset=1, MaskSubPixelShift=[0.5, 0]), "shifted"),
    ],
)
def test_what_is_no_mask_of_a_state_is_said(told, why):
    with pytest.raises(RenderError, match=why):
        subtracted(FRAMES, told, 2)


def test_a_mask_is_subtracted_after_the_modality_lut_and_before_the_window():
    instance, told = build(sop_class=XA, seed=7), build("state_mask_rescaled", GSPS, seed=7).read()
    stored = instance.pixels.astype(np.float64)
    found = render(instance.pixels[2], instance.read(), told, 3, frames=instance.pixels)
    difference = 3 * (stored[2] - stored[1])  # the intercept of -200 cancels out
    by_hand = np.clip(((difference - 9.5) / 899 + 0.5), 0, 1) * 255
    assert np.abs(found.low - by_hand).max() < 1e-9


def test_an_image_that_recommends_it_is_seen_less_its_mask_where_it_applies():
    instance = build(sop_class=XA, seed=7)
    told = instance.read()
    item = Dataset()
    item.MaskOperation, item.MaskFrameNumbers, item.ApplicableFrameRange = "AVG_SUB", [1], [2, 2]
    told.MaskSubtractionSequence = Sequence([item])

    def of(frame: int) -> np.ndarray:
        return render(instance.pixels[frame - 1], told, None, frame, (50, 300), frames=instance.pixels).low

    plain = [of(frame) for frame in (1, 2, 3)]
    told.RecommendedViewingMode = "SUB"
    assert [bool((of(frame) == plain[frame - 1]).all()) for frame in (1, 2, 3)] == [True, False, True]
    del told.WindowCenter
    with pytest.raises(RenderError, match="range"):
        render(instance.pixels[1], told, None, 2, frames=instance.pixels)


def test_a_single_plane_may_be_for_a_single_frame():
    told = overlaid(image(), 0x6000, [1, 1], L_SHAPE, s0015=("IS", "1"), s0051=("US", 2))
    assert [bool(next(planes(told, None, frame)).covered.any()) for frame in (1, 2, 3)] == [False, True, False]
