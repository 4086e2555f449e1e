"""States applied: each transformation of the statement's 3.2.5 against its definition, written out."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataset import Dataset
from state_bench import COLUMNS, ROWS, Bench

from dicom_workstation.instances.encode_instance import stored_instance

PLAIN = np.arange(ROWS * COLUMNS, dtype=np.uint8).reshape(ROWS, COLUMNS)


def nothing(_: Dataset) -> None:
    """Change nothing."""


def test_a_state_of_an_image_as_it_is_shows_the_image_as_it_is(bench: Bench) -> None:
    image = bench.image()
    outcome = bench.outcome(image, bench.state(nothing, image))
    assert (outcome.result, outcome.warnings) == ("success", ())
    assert (bench.look(image, bench.state(nothing, image)) == PLAIN).all()


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_rotation_is_clockwise_and_comes_before_the_flip(bench: Bench, rotate: int, flip: bool) -> None:
    image = bench.image()
    wanted = np.rot90(PLAIN, -rotate // 90)
    wanted = np.fliplr(wanted) if flip else wanted
    assert (bench.look(image, bench.state(nothing, image, rotate=rotate, flip=flip)) == wanted).all()


def test_polarity_and_shape(bench: Bench) -> None:
    image = bench.image()
    assert (bench.look(image, bench.state(nothing, image, polarity="REVERSE")) == 255 - PLAIN).all()
    assert (bench.look(image, bench.state(nothing, image, presentation_lut="INVERSE")) == 255 - PLAIN).all()


def test_a_state_decides_the_polarity_of_monochrome1(bench: Bench) -> None:
    image = bench.image(PhotometricInterpretation="MONOCHROME1")
    assert (bench.look(image) == 255 - PLAIN).all()
    assert (bench.look(image, bench.state(nothing, image)) == 255 - PLAIN).all()
    assert (bench.look(image, bench.state(nothing, image, presentation_lut="IDENTITY")) == PLAIN).all()


def test_what_the_state_does_not_say_is_not_applied_though_the_image_says_it(bench: Bench) -> None:
    image = bench.image(WindowCenter="100", WindowWidth="20", RescaleSlope="1", RescaleIntercept="-7")

    def strip(state: Dataset) -> None:
        del state.SoftcopyVOILUTSequence, state.RescaleSlope, state.RescaleIntercept, state.RescaleType

    assert not (bench.look(image) == PLAIN).all()
    assert (bench.look(image, bench.state(strip, image)) == PLAIN).all()


def test_a_window_of_its_own_frame_applies_to_that_frame_only(bench: Bench) -> None:
    image = bench.image(frames=3)
    uid = str(image.SOPInstanceUID)

    def window_of_frame_2(state: Dataset) -> None:
        item = Dataset()
        item.ReferencedImageSequence = [Dataset()]
        item.ReferencedImageSequence[0].ReferencedSOPClassUID = image.SOPClassUID
        item.ReferencedImageSequence[0].ReferencedSOPInstanceUID = uid
        item.ReferencedImageSequence[0].ReferencedFrameNumber = 2
        item.WindowCenter, item.WindowWidth = "50", "1"
        state.SoftcopyVOILUTSequence = [item]

    state = bench.state(window_of_frame_2, image)
    assert (bench.look(image, state, frame=1) == PLAIN).all()
    assert set(np.unique(bench.look(image, state, frame=2))) == {0, 255}
    assert (bench.look(image, state, frame=3) == PLAIN + 2).all()


def test_a_shutter_hides_before_the_image_is_turned_and_is_not_inverted(bench: Bench) -> None:
    image = bench.image()
    shutter = {"shape": "RECTANGULAR", "left": 3, "right": 10, "upper": 2, "lower": 5}
    state = bench.state(nothing, image, shutters=[shutter], shutter_value=0xFFFF, rotate=90, presentation_lut="INVERSE")
    wanted = np.full_like(PLAIN, 255)
    wanted[1:5, 2:10] = 255 - PLAIN[1:5, 2:10]
    assert (bench.look(image, state) == np.rot90(wanted, -1)).all()


def test_a_bitmap_shutter_hides_where_its_bits_are_1(bench: Bench) -> None:
    image = bench.image()
    bits = PLAIN % 3 == 0
    shutter = {"shape": "BITMAP", "bitmap": bits.tolist()}
    state = bench.state(nothing, image, shutters=[shutter], shutter_value=0x8080)
    assert (bench.look(image, state) == np.where(bits, 0x80, PLAIN)).all()


def test_an_area_is_cut_out_and_magnified(bench: Bench) -> None:
    image = bench.image()
    area = {"top_left": (3, 2), "bottom_right": (6, 4), "mode": "MAGNIFY", "magnification": 2}
    cut = PLAIN[1:4, 2:6].repeat(2, 0).repeat(2, 1)
    assert (bench.look(image, bench.state(nothing, image, area=area)) == cut).all()
    turned = bench.state(nothing, image, area=area, rotate=270, flip=True)
    assert (bench.look(image, turned) == np.fliplr(np.rot90(cut, 1))).all()


def test_scale_to_fit_fills_the_window_and_keeps_the_aspect_ratio(bench: Bench) -> None:
    image = bench.image()
    state = bench.state(nothing, image, area={"aspect": (2, 1)})
    assert bench.look(image, state).shape == (2 * ROWS, COLUMNS)
    assert bench.look(image, state, viewport={"rows": 4 * ROWS, "columns": 4 * COLUMNS}).shape == (48, 32)


def test_true_size_depends_on_the_pitch_of_the_display(bench: Bench) -> None:
    image = bench.image(PixelSpacing=["0.5", "0.5"])
    state = bench.state(nothing, image, area={"mode": "TRUE SIZE"})
    assert bench.look(image, state, display_spacing_mm=0.25).shape == (2 * ROWS, 2 * COLUMNS)
    assert "TRUE SIZE cannot be kept" in bench.outcome(image, state).detail


def test_an_area_beyond_the_image_is_black_there(bench: Bench) -> None:
    image = bench.image(np.full((ROWS, COLUMNS), 200, np.uint8))
    area = {"top_left": (-1, 0), "bottom_right": (COLUMNS, ROWS)}
    picture = bench.look(image, bench.state(nothing, image, area=area))
    assert picture.shape == (ROWS + 1, COLUMNS + 2)
    assert not picture[0].any()
    assert not picture[:, :2].any()
    assert (picture[1:, 2:] == 200).all()


def test_graphics_are_drawn_in_layer_order_and_turn_with_the_image(bench: Bench) -> None:
    image = bench.image(np.zeros((ROWS, COLUMNS), np.uint8))
    annotations = [
        {"type": "POLYLINE", "points": [(2, 2), (8, 2), (8, 8), (2, 8), (2, 2)], "filled": True, "layer": "TOP"},
        {"type": "POLYLINE", "points": [(0.5, 4.5), (15.5, 4.5)], "layer": "BELOW"},
    ]
    layers = [{"name": "BELOW", "p_value": 0xFFFF}, {"name": "TOP", "p_value": 0x8080}]
    picture = bench.look(image, bench.state(nothing, image, annotations=annotations, layers=layers))
    assert set(picture[4, :2]) == set(picture[4, 9:]) == {255}
    assert set(picture[4, 2:9]) == {0x80}
    turned = bench.look(image, bench.state(nothing, image, annotations=annotations[1:], rotate=90))
    assert set(turned[:, ROWS - 1 - 4]) == {255}
    assert turned.astype(int).sum() == 255 * COLUMNS


def test_display_units_are_fractions_of_the_area_and_do_not_turn(bench: Bench) -> None:
    image = bench.image(np.zeros((ROWS, COLUMNS), np.uint8))
    line = {"type": "POLYLINE", "points": [(0, 0.5), (1, 0.5)], "units": "DISPLAY"}
    picture = bench.look(image, bench.state(nothing, image, annotations=[line], rotate=90))
    assert set(picture[COLUMNS // 2]) == {255}


@pytest.mark.parametrize(("p_value", "grey"), [(0, 0), (0x8080, 0x80), (0xFFFF, 255)])
def test_a_circle_has_its_radius_and_the_grey_of_its_layer(bench: Bench, p_value: int, grey: int) -> None:
    image = bench.image(np.full((64, 64), 77, np.uint8))
    circle = {"type": "CIRCLE", "points": [(32, 32), (32, 52)]}
    layers = [{"name": "ANNOTATIONS", "p_value": p_value}]
    picture = bench.look(image, bench.state(nothing, image, annotations=[circle], layers=layers))
    rows, columns = np.nonzero(picture == grey)
    distances = np.hypot(rows + 0.5 - 32, columns + 0.5 - 32)
    assert len(rows) > 60
    assert abs(distances - 20).max() < 1.5


def test_text_is_within_its_box_where_that_is_large_enough(bench: Bench) -> None:
    image = bench.image(np.zeros((64, 64), np.uint8))
    text = {"text": "Ab", "box": [(10, 20), (50, 40)]}
    picture = bench.look(image, bench.state(nothing, image, annotations=[text]))
    rows, columns = np.nonzero(picture)
    assert len(rows) > 20
    assert rows.min() >= 20
    assert rows.max() <= 40
    assert columns.min() >= 10
    assert columns.max() <= 50
    turned = bench.look(image, bench.state(nothing, image, annotations=[text], rotate=90))
    assert (turned == np.rot90(picture, -1)).mean() > 0.97


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_text_in_the_image_is_turned_and_mirrored_with_it(bench: Bench, rotate: int, flip: bool) -> None:
    """It runs from the corner that was top left to the one that was bottom right (PS3.3 C.10.5.1.1, C.10.6)."""
    image = bench.image(np.zeros((64, 64), np.uint8))
    text = {"text": "Ab", "box": [(10, 20), (50, 40)]}
    upright = bench.look(image, bench.state(nothing, image, annotations=[text]))
    wanted = np.rot90(upright, -(rotate // 90))
    wanted = np.fliplr(wanted) if flip else wanted
    seen = bench.look(image, bench.state(nothing, image, annotations=[text], rotate=rotate, flip=flip))
    assert np.count_nonzero(wanted) > 20
    assert (seen == wanted).all()


@pytest.mark.parametrize(("rotate", "flip"), [(0, True), (180, False), (180, True)])
def test_text_in_the_displayed_area_stays_upright(bench: Bench, rotate: int, flip: bool) -> None:
    image = bench.image(np.zeros((64, 64), np.uint8))
    text = {"text": "Ab", "box": [(0.2, 0.3), (0.8, 0.6)], "units": "DISPLAY"}
    upright = bench.look(image, bench.state(nothing, image, annotations=[text]))
    seen = bench.look(image, bench.state(nothing, image, annotations=[text], rotate=rotate, flip=flip))
    assert np.count_nonzero(upright) > 20
    assert (seen == upright).all()


def test_a_character_without_a_glyph_is_told(bench: Bench) -> None:
    image = bench.image(SpecificCharacterSet="ISO_IR 192")
    text = {"text": "X\ufdd0", "box": [(1, 1), (15, 11)]}
    assert "no glyph for '\\ufdd0'" in bench.outcome(image, bench.state(nothing, image, annotations=[text])).detail


def test_the_texts_of_a_picture_are_told(bench: Bench) -> None:
    image = bench.image(SpecificCharacterSet="ISO_IR 192")
    texts = [{"text": each, "box": [(1, 1), (15, 11)]} for each in ("AP", "2)\r\n山田")]
    assert bench.outcome(image, bench.state(nothing, image, annotations=texts)).texts == ("AP", "2)\r\n山田")
    assert bench.outcome(image, None).texts == ()


def test_overlays_are_shown_only_where_the_state_activates_them(bench: Bench) -> None:
    image = bench.image()
    bits = np.zeros((ROWS, COLUMNS), bool)
    bits[3, 4:9] = True
    for element, vr, value in (
        (0x0010, "US", ROWS),
        (0x0011, "US", COLUMNS),
        (0x0040, "CS", "G"),
        (0x0050, "SS", [1, 1]),
        (0x0100, "US", 1),
        (0x0102, "US", 0),
        (0x3000, "OW", np.packbits(bits.ravel(), bitorder="little").tobytes()),
    ):
        image.add_new((0x6000, element), vr, value)
    bench.memory.clear()
    image.SOPInstanceUID += ".1"
    bench.memory.keep(stored_instance(image))
    assert (bench.look(image, bench.state(nothing, image)) == np.where(bits, 255, PLAIN)).all()
    assert (bench.look(image, bench.state(nothing, image, overlays=False)) == PLAIN).all()


def test_a_mask_of_the_state_is_subtracted(bench: Bench) -> None:
    image = bench.image(frames=2)

    def subtract(state: Dataset) -> None:
        item = Dataset()
        item.MaskOperation, item.MaskFrameNumbers, item.ApplicableFrameRange = "AVG_SUB", 1, [2, 2]
        state.MaskSubtractionSequence, state.RecommendedViewingMode = [item], "SUB"

    assert len(np.unique(bench.look(image, bench.state(subtract, image), frame=2))) == 1
