"""From stored values to P-Values: the steps in their order, and what lies on top of them."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest
from pixel_images import JPEG_LOSSLESS, attributes, encapsulated, even, grey, items, native
from pydicom.dataset import Dataset

from dicom_workstation.pixels import (
    Image,
    LookUpTable,
    Mask,
    PixelError,
    Rescale,
    Shape,
    ShownOverlay,
    Transformation,
    Window,
    apply,
    lookup_table,
    overlay,
)
from dicom_workstation.pixels.remarks import Remarks
from dicom_workstation.pixels.transformation import voi_luts_of

RAMP = np.arange(256, dtype="<u2").reshape(16, 16)


def rendered(image: Dataset, frame: int = 1, bits: int = 8, window: Window | None = None) -> np.ndarray:
    found = Image(image)
    return apply(found, frame, Transformation.of_image(found, frame, window), bits)


def test_the_image_alone_is_shown_over_its_whole_range():
    assert np.array_equal(rendered(grey(RAMP, bits=8)), RAMP)


def test_sixteen_bits_of_p_values():
    found = rendered(grey(RAMP, bits=8), bits=16)
    assert found.dtype == np.uint16
    assert found.max() == 65535


@pytest.mark.parametrize("bits", [8, 9])
def test_only_eight_bits_fit_into_a_byte(bits):
    found = rendered(grey(RAMP, bits=8), bits=bits)
    assert found.dtype == (np.uint8 if bits == 8 else np.uint16)
    assert found.max() == (1 << bits) - 1


@pytest.mark.parametrize("bits", [7, 17])
def test_other_depths_are_refused(bits):
    with pytest.raises(PixelError):
        rendered(grey(RAMP), bits=bits)


def test_monochrome1_and_inverse_are_one_inversion():
    plain = rendered(grey(RAMP, bits=8))
    inverted = 255 - plain
    assert np.array_equal(rendered(grey(RAMP, bits=8, PhotometricInterpretation="MONOCHROME1")), inverted)
    assert np.array_equal(rendered(grey(RAMP, bits=8, PresentationLUTShape="INVERSE")), inverted)
    both = grey(RAMP, bits=8, PhotometricInterpretation="MONOCHROME1", PresentationLUTShape="INVERSE")
    assert np.array_equal(rendered(both), inverted)


def test_an_image_without_windows_has_none():
    remarks = Remarks()
    assert voi_luts_of(Image(grey(RAMP, bits=8)), 1, None, remarks) == ()
    assert remarks.texts == ()


def test_the_window_applies_after_the_modality_lut():
    image = grey(RAMP, RescaleSlope="2", RescaleIntercept="-100", WindowCenter="0.5", WindowWidth="2")
    found = rendered(image)
    assert found.reshape(-1)[:49].max() == 0  # 2 * 49 - 100 = -2: below
    assert found.reshape(-1)[51:].min() == 255


def test_a_window_given_takes_the_place_of_the_images_own():
    image = grey(RAMP, WindowCenter="10", WindowWidth="2")
    assert np.array_equal(rendered(image, window=Window(128, 256)), RAMP)


def test_alternatives_can_be_chosen():
    image = Image(grey(RAMP, WindowCenter=["10", "128"], WindowWidth=["2", "256"]))
    assert np.array_equal(apply(image, 1, Transformation.of_image(image, alternative=1)), RAMP)


def test_steps_are_applied_in_order():
    presentation = lookup_table.of_values(np.array([0, 100, 255]), bits=8)
    transformation = Transformation(Rescale(1, 10), None, Window(138, 256), presentation, True)
    found = apply(Image(grey(RAMP)), 1, transformation).reshape(-1)
    window = np.clip((np.arange(256) + 10 - 137.5) / 255 + 0.5, 0, 1)
    expected = np.array([0, 100, 255])[np.rint((1 - window) * 2).astype(int)]
    assert np.array_equal(found, expected)


def test_a_modality_table_sets_the_range():
    table = lookup_table.of_values(np.linspace(0, 65535, 256), bits=16)
    found = apply(Image(grey(RAMP)), 1, Transformation(modality_lut=table))
    assert np.array_equal(found, RAMP)


def test_signed_values_are_looked_up_by_their_value():
    stored = np.array([[-128, -1, 0, 127]], "i1")
    assert rendered(grey(stored)).tolist() == [[0, 127, 128, 255]]


def test_32_bits_are_computed_not_looked_up():
    stored = np.array([[0, 1 << 31, (1 << 32) - 1]], "<u4")
    assert rendered(grey(stored)).tolist() == [[0, 128, 255]]


def test_a_mask_is_subtracted_where_it_is_recommended():
    frames = np.stack([np.full((2, 2), 50), np.full((2, 2), 60)]).astype("u1")
    image = grey(frames, WindowCenter="10.5", WindowWidth="21")
    image.MaskSubtractionSequence = [Dataset()]
    image.MaskSubtractionSequence[0].MaskOperation = "AVG_SUB"
    image.MaskSubtractionSequence[0].MaskFrameNumbers = 1
    assert rendered(image, 2).max() == 255
    image.RecommendedViewingMode = "SUB"
    assert rendered(image, 2).tolist() == [[128] * 2] * 2


def test_without_a_window_a_difference_is_shown_around_mid_grey():
    frames = np.stack([np.full((2, 2), 50), np.full((2, 2), 50)]).astype("u1")
    found = apply(Image(grey(frames)), 2, Transformation(mask=Mask("AVG_SUB", frames=(1,))))
    assert found.tolist() == [[128] * 2] * 2


def test_functional_groups_of_a_frame_come_first():
    image = grey(np.stack([RAMP, RAMP]), WindowCenter="10", WindowWidth="2")
    frames = []
    for center in ("50", "128"):
        group, voi = Dataset(), Dataset()
        voi.WindowCenter, voi.WindowWidth = center, "256"
        group.FrameVOILUTSequence = [voi]
        frames.append(group)
    image.PerFrameFunctionalGroupsSequence = frames
    assert np.array_equal(rendered(image, 2), RAMP)
    assert not np.array_equal(rendered(image, 1), RAMP)


def test_colour_is_not_transformed():
    pattern = np.arange(12, dtype="u1").reshape(2, 2, 3)
    source = attributes(2, 2, bits=8, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0)
    assert np.array_equal(rendered(native(pattern.tobytes(), source)), pattern)


# --- overlays


def with_overlay(image: Dataset, plane: np.ndarray, origin: tuple[int, int] = (1, 1), **changes: object) -> Dataset:
    for element, vr, value in (
        (0x0010, "US", plane.shape[-2]),
        (0x0011, "US", plane.shape[-1]),
        (0x0040, "CS", "G"),
        (0x0050, "SS", list(origin)),
        (0x3000, "OW", np.packbits(plane.reshape(-1), bitorder="little").tobytes() + b"\0"),
    ):
        image.add_new((0x6002, element), vr, value)
    for tag, value in changes.items():
        image.add_new((0x6002, int(tag[1:], 16)), "IS" if tag == "x0015" else "US", value)
    return image


BLACK = np.zeros((4, 4), "u1")


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ((1, 1), [[0, 0], [0, 1], [1, 0], [1, 1]]),
        ((3, 4), [[2, 3], [3, 3]]),
        ((0, 0), [[0, 0]]),
        ((9, 9), []),
        ((-9, 1), []),
    ],
)
def test_overlays_lie_at_their_origin_and_are_cut_at_the_edges(origin, expected):
    found = rendered(with_overlay(grey(BLACK), np.ones((2, 2), "u1"), origin))
    assert np.argwhere(found == 255).tolist() == expected
    assert found.sum() == 255 * len(expected)


def test_an_overlay_has_its_grey():
    image = Image(with_overlay(grey(BLACK), np.ones((1, 1), "u1")))
    shown = tuple(ShownOverlay(each, 0.5) for each in overlay.read_overlays(image.data_set))
    assert apply(image, 1, Transformation(overlays=shown))[0, 0] == 128


def test_each_plane_of_an_overlay_belongs_to_a_frame():
    planes = np.zeros((2, 3, 3), "u1")  # odd: planes begin inside bytes
    planes[0, 0, 0] = planes[1, 2, 2] = 1
    image = with_overlay(grey(np.stack([BLACK] * 4)), planes, x0015="2", x0051=2)
    lit = [np.argwhere(rendered(image, frame)).tolist() for frame in (1, 2, 3, 4)]
    assert lit == [[], [[0, 0]], [[2, 2]], []]


def test_a_single_plane_belongs_to_one_frame_where_that_is_said_and_else_to_all():
    frames, plane = np.stack([BLACK] * 3), np.ones((1, 1), "u1")
    of_one = with_overlay(grey(frames), plane, x0015="1", x0051=2)
    of_all = with_overlay(grey(frames), plane)
    assert [bool(rendered(of_one, frame).any()) for frame in (1, 2, 3)] == [False, True, False]
    assert [bool(rendered(of_all, frame).any()) for frame in (1, 2, 3)] == [True] * 3


@pytest.mark.parametrize(("vr", "data"), [("OW", b"\x00\x01"), ("OB", b"\x01\x00")])
def test_only_words_of_an_overlay_are_in_the_byte_order_of_the_data_set(vr, data):
    image = Image(with_overlay(grey(BLACK), np.ones((1, 1), "u1"))).data_set
    group = next(element.tag.group for element in image if 0x6000 <= element.tag.group <= 0x601E)
    image[group, 0x3000].VR, image[group, 0x3000].value = vr, data
    (found,) = overlay.read_overlays(image, is_little_endian=False)
    assert found.data == b"\x01\x00"


def test_an_overlay_may_lie_in_unused_bits():
    cells = np.array([[0x1000, 0x0FFF], [0, 0x1000]], "<u2")
    image = grey(cells, bits=12)
    image.BitsStored, image.HighBit = 12, 11
    for element, value in ((0x0010, 2), (0x0011, 2), (0x0100, 16), (0x0102, 12)):
        image.add_new((0x6000, element), "US", value)
    found = Image(image)
    assert found.stored(1).tolist() == [[0, 4095], [0, 0]]
    assert overlay.read_overlays(found.data_set)[0].plane(found, 1).tolist() == [[True, False], [False, True]]


def test_what_lay_in_unused_bits_is_lost_by_compression_and_the_image_is_shown():
    stored = np.array([[0, 100], [255, 9]], "u1")
    frame = bytes(imagecodecs.jpeg8_encode(stored, lossless=True, predictor=1, bitspersample=8))
    image = encapsulated(grey(stored), items(even(frame)), JPEG_LOSSLESS)
    for element, value in ((0x0010, 2), (0x0011, 2), (0x0100, 8), (0x0102, 7)):
        image.add_new((0x6000, element), "US", value)
    assert np.array_equal(rendered(image), stored)


def test_overlays_that_cannot_be_drawn_are_left_out_and_an_error_for_who_insists():
    short = with_overlay(grey(BLACK), np.ones((2, 2), "u1"))
    short[0x6002, 0x0010].value = 200
    empty = with_overlay(grey(BLACK), np.ones((2, 2), "u1"))
    del empty[0x6002, 0x3000]
    for wrong, text in ((short, "bits are needed"), (empty, "no Overlay Data")):
        assert np.array_equal(rendered(wrong), rendered(grey(BLACK)))
        with pytest.raises(PixelError, match=text):
            overlay.read_overlays(Image(wrong).data_set)


def test_a_transformation_can_be_compared_and_kept():
    table = LookUpTable(0, 8, b"\0\0")
    assert Transformation(voi_lut=table) == Transformation(voi_lut=LookUpTable(0, 8, b"\0\0"))
    assert len({Transformation(), Transformation(presentation_lut=Shape.INVERSE)}) == 2
