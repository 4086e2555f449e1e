"""Films as pictures, pixel by pixel as they were computed by hand."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dicom_simulators.printer import Annotation, Film, FilmImage, PresentationLUT, fits, render
from dicom_simulators.printer.films.magnification import magnify
from dicom_simulators.printer.films.parameters import density_grey

SQUARE = {"ImageDisplayFormat": "STANDARD\\1,1", "FilmSizeID": "20MMX20MM", "MagnificationType": "REPLICATE"}
"""At one dot a millimetre: 20 x 20 pixels, of which the box has rows and columns 5 to 14."""

GREYS = np.array([[0, 51], [102, 255]], np.uint8)


def film(image: FilmImage | None = None, **box: str) -> Film:
    return Film(1, False, {}, {**SQUARE, **box}, () if image is None else (image,))


def boxed(image: FilmImage | None = None, **box: str) -> NDArray[np.uint8]:
    return render(film(image, **box), 1.0)[5:15, 5:15]


def image(pixels: NDArray[np.integer] = GREYS, bits: int = 8, **parameters: str) -> FilmImage:
    kind = np.uint16 if bits > 8 else np.uint8
    return FilmImage(1, pixels.astype(kind), bits, "MONOCHROME2", (1, 1), parameters)


def test_an_image_fills_its_box_and_the_border_is_black() -> None:
    picture = render(film(image()), 1.0)
    assert picture.shape == (20, 20)
    assert picture.dtype == np.uint8
    expected = np.zeros((20, 20), np.uint8)
    expected[5:15, 5:15] = np.repeat(np.repeat(GREYS, 5, 0), 5, 1)
    assert (picture == expected).all()


@pytest.mark.parametrize(
    ("photometric", "polarity", "turned"),
    [
        ("MONOCHROME2", "", False),
        ("MONOCHROME2", "REVERSE", True),
        ("MONOCHROME1", "NORMAL", True),
        ("MONOCHROME1", "REVERSE", False),
    ],
)
def test_photometric_interpretation_and_polarity_turn_the_grey_about(
    photometric: str, polarity: str, turned: bool
) -> None:
    seen = boxed(FilmImage(1, GREYS, 8, photometric, (1, 1), {"Polarity": polarity}))
    expected = 255 - GREYS if turned else GREYS
    assert (seen[::5, ::5] == expected).all()


def test_twelve_bits_are_scaled_and_rounded_half_up() -> None:
    values = np.array([[0, 8], [2048, 4095]])  # 255 * 8 / 4095 = 0.498; 255 * 2048 / 4095 = 127.53
    assert boxed(image(values, 12))[::5, ::5].tolist() == [[0, 0], [128, 255]]
    assert boxed(image(np.array([[9, 4087]]), 12))[5, ::5].tolist() == [1, 255]


@pytest.mark.parametrize(
    ("box", "grey"),
    [
        ({}, 0.0),
        ({"BorderDensity": "WHITE"}, 255.0),
        ({"BorderDensity": "160"}, 255 * 140 / 280),
        ({"BorderDensity": "160", "MinDensity": "10", "MaxDensity": "310"}, 127.5),
        ({"BorderDensity": "5"}, 255.0),
        ({"BorderDensity": "400"}, 0.0),
        ({"BorderDensity": "nonsense"}, 0.0),
        ({"BorderDensity": "10", "MinDensity": "300", "MaxDensity": "200"}, 255.0),
    ],
)
def test_a_density_is_a_grey(box: dict[str, str], grey: float) -> None:
    assert density_grey(box, "BorderDensity") == pytest.approx(grey)


def test_an_empty_box_has_its_own_density_and_what_an_image_leaves_the_borders() -> None:
    picture = render(film(BorderDensity="WHITE", EmptyImageDensity="230"), 1.0)
    assert (picture[:5] == 255).all()
    assert (picture[5:15, 5:15] == 64).all()  # 255 * 70 / 280 = 63.75
    narrow = boxed(image(np.full((2, 1), 7)), BorderDensity="WHITE", EmptyImageDensity="230")
    assert (narrow[:, :2] == 255).all()
    assert (narrow[:, 2:7] == 7).all()  # 5 columns in the middle of 10: 5 are left, 2 of them before
    assert (narrow[:, 7:] == 255).all()


@pytest.mark.parametrize(("border", "grey"), [("BLACK", 255), ("WHITE", 0), ("161", 255), ("160", 0)])
def test_trim_is_a_frame_within_the_box(border: str, grey: int) -> None:
    seen = boxed(image(np.full((2, 2), 9)), Trim="YES", BorderDensity=border)
    assert (seen[0] == grey).all()
    assert (seen[-1] == grey).all()
    assert (seen[:, 0] == grey).all()
    assert (seen[:, -1] == grey).all()
    assert (seen[1:-1, 1:-1] == 9).all()
    assert (boxed(image(np.full((2, 2), 9)), Trim="NO", BorderDensity=border) == 9).all()


def test_the_pixel_aspect_ratio_is_vertical_by_horizontal() -> None:
    tall = FilmImage(1, np.full((2, 2), 9, np.uint8), 8, "MONOCHROME2", (2, 1))
    seen = boxed(tall)  # twice as high as wide: 5 columns of 10 rows
    assert (seen[:, 2:7] == 9).all()
    assert not seen[:, :2].any()
    assert not seen[:, 7:].any()


def test_a_requested_size_is_a_width_in_millimetres() -> None:
    seen = boxed(image(RequestedImageSize="4"))
    assert (seen[3:7, 3:7] == np.repeat(np.repeat(GREYS, 2, 0), 2, 1)).all()
    assert np.count_nonzero(seen) == 12


def test_what_is_larger_than_its_box_is_shrunk_or_cropped_or_left_out() -> None:
    ramp = np.arange(20, dtype=np.uint8)[None, :].repeat(20, 0)
    large = {"RequestedImageSize": "20"}
    assert boxed(image(ramp, **large))[0].tolist() == [1, 3, 5, 7, 9, 11, 13, 15, 17, 19]
    assert boxed(image(ramp, **large, RequestedDecimateCropBehavior="CROP"))[0].tolist() == list(range(5, 15))
    assert not boxed(image(ramp, **large, RequestedDecimateCropBehavior="FAIL")).any()


@pytest.mark.parametrize(
    ("size", "behavior", "good"),
    [("10", "FAIL", True), ("10.5", "FAIL", False), ("10.5", "CROP", True), ("10.5", "", True), ("", "FAIL", True)],
)
def test_only_what_has_to_fail_does_not_fit(size: str, behavior: str, good: bool) -> None:
    one = image(RequestedImageSize=size, RequestedDecimateCropBehavior=behavior)
    assert fits(film(one), one) is good


def test_without_magnification_a_pixel_is_a_dot() -> None:
    small = boxed(image(MagnificationType="NONE"))
    assert small[4:6, 4:6].tolist() == GREYS.tolist()
    assert np.count_nonzero(small) == 3
    ramp = np.arange(13, dtype=np.uint8)[None, :].repeat(3, 0)
    assert boxed(image(ramp, MagnificationType="NONE"))[4].tolist() == list(range(1, 11))


def identity(pixels: NDArray[np.generic]) -> NDArray[np.float64]:
    return pixels.astype(np.float64)


def row(values: list[int], target: int, kind: str) -> list[float]:
    pixels = np.array([values], np.uint8)
    found = magnify(pixels, identity, (1, target), (slice(0, 1), slice(0, target)), kind)
    return [round(value, 6) for value in found[0].tolist()]


def test_the_magnification_types_take_their_samples_at_pixel_centres() -> None:
    assert row([10, 20, 30], 6, "REPLICATE") == [10, 10, 20, 20, 30, 30]
    assert row([10, 20, 30, 40], 2, "REPLICATE") == [20, 40]
    assert row([0, 100], 4, "BILINEAR") == [0, 25, 75, 100]
    assert row([10, 20, 30, 40], 2, "BILINEAR") == [15, 35]
    # Catmull-Rom at 1/4 and 3/4 between 0 and 100, edges repeated: 0.2265625 * 100 less nothing beyond
    assert row([0, 100], 4, "CUBIC") == [-7.03125, 20.3125, 79.6875, 107.03125]
    assert row([50, 50, 50], 7, "CUBIC") == [50] * 7


def test_the_image_boxs_own_type_comes_before_the_film_boxs_and_cubic_before_nothing() -> None:
    steps = np.array([[0, 100]])
    replicated, cubic = (boxed(image(steps), MagnificationType=kind)[5] for kind in ("REPLICATE", "CUBIC"))
    assert (boxed(image(steps, MagnificationType="CUBIC"))[5] == cubic).all()
    assert (boxed(image(steps), MagnificationType="")[5] == cubic).all()
    assert not (replicated == cubic).all()


def test_a_presentation_lut_maps_before_the_grey_is_turned_about() -> None:
    table = PresentationLUT(None, tuple(range(0, 1024, 4)), 0, 10)  # 256 entries of 10 bits: 4 v
    squares = PresentationLUT(None, tuple(v * v for v in range(256)), 0, 16)
    for lut, expected in (
        (PresentationLUT("IDENTITY"), GREYS),
        (PresentationLUT("LIN OD"), 255 - GREYS),
        (table, np.floor(255 * (GREYS.astype(float) * 4) / 1023 + 0.5)),
        (squares, np.floor(255 * GREYS.astype(float) ** 2 / 65535 + 0.5)),
    ):
        seen = render(Film(1, False, {}, SQUARE, (image(),), (), lut), 1.0)[5:15, 5:15]
        assert (seen[::5, ::5] == expected).all()
    turned = render(Film(1, False, {}, SQUARE, (image(Polarity="REVERSE"),), (), squares), 1.0)[5:15, 5:15]
    assert turned[0, 5] == 245  # 255 - 255 * 2601 / 65535 = 244.88


def test_a_presentation_lut_of_an_image_box_goes_before_that_of_the_film() -> None:
    own = replace(image(), presentation_lut=PresentationLUT("IDENTITY"))
    seen = render(Film(1, False, {}, SQUARE, (own,), (), PresentationLUT("LIN OD")), 1.0)[5:15, 5:15]
    assert (seen[::5, ::5] == GREYS).all()


def test_densities_of_an_image_box_go_before_those_of_the_film() -> None:
    # the film has 0 to 255 hundredths of OD, so that grey is 255 less density
    for densities, expected in (
        ({"MinDensity": "55"}, GREYS * (200 / 255)),
        ({"MaxDensity": "155"}, 100 + GREYS * (155 / 255)),
        ({"MinDensity": "55", "MaxDensity": "155"}, 100 + GREYS * (100 / 255)),
        ({"MinDensity": "0", "MaxDensity": "300"}, GREYS),  # darker than the film can be
        ({"MinDensity": "200", "MaxDensity": "100"}, np.full((2, 2), 55)),
    ):
        seen = boxed(image(**densities), MinDensity="0", MaxDensity="255")
        assert (seen[::5, ::5] == np.floor(expected + 0.5)).all(), densities


def test_a_colour_film_shows_colour_and_grey_alike() -> None:
    box = {**SQUARE, "ImageDisplayFormat": "STANDARD\\2,1", "FilmSizeID": "32MMX20MM"}
    rgb = np.array([[[200, 100, 50]]], np.uint8)
    images = (FilmImage(1, rgb, 8, "RGB"), FilmImage(2, np.array([[77]], np.uint8)))
    picture = render(Film(1, True, {}, box, images), 1.0)
    assert picture.shape == (20, 32, 3)
    assert picture[10, 10].tolist() == [200, 100, 50]
    assert picture[10, 22].tolist() == [77, 77, 77]
    assert picture[0, 0].tolist() == [0, 0, 0]


def test_annotations_are_written_into_the_strip_alone() -> None:
    box = {"ImageDisplayFormat": "STANDARD\\1,1", "FilmSizeID": "8INX10IN"}
    texts = (Annotation(2, "right"), Annotation(1, "left"))
    picture = render(Film(1, False, {}, box, (), texts))
    strip = picture[482:498]  # 249 mm less 8 mm, at 2 dots a millimetre
    assert strip[:, 10:203].any()
    assert strip[:, 203:396].any()
    assert not picture[:482].any()
    assert not picture[498:].any()
    swapped = render(Film(1, False, {}, box, (), (Annotation(1, "right"), Annotation(2, "left"))))
    assert not (picture == swapped).all()


@pytest.mark.parametrize("text", ["", "株式会社", "\x1b[2J\n\x00", "Å" * 500, "🎞️"])
def test_any_text_can_be_written(text: str) -> None:
    box = {"ImageDisplayFormat": "STANDARD\\1,1"}
    assert render(Film(1, False, {}, box, (), (Annotation(1, text),)), 1.0).shape == (432, 356)


def test_positions_that_no_box_has_are_passed_over() -> None:
    lost = FilmImage(9, GREYS)
    assert not render(Film(1, False, {}, SQUARE, (lost,)), 1.0).any()


def test_a_film_of_large_images_is_drawn_quickly() -> None:
    pixels = (np.arange(2048 * 2048, dtype=np.uint32) % 4096).astype(np.uint16).reshape(2048, 2048)
    box = {"ImageDisplayFormat": "STANDARD\\2,3", "FilmSizeID": "14INX17IN"}
    large = Film(1, False, {}, box, tuple(FilmImage(position, pixels, 12) for position in range(1, 7)))
    fastest_s = min(_seconds(large) for _ in range(3))
    assert fastest_s < 0.6  # about 0.1 s


def _seconds(large: Film) -> float:
    """Give the processor time of one drawing: other processes do not count."""
    begin_s = time.process_time()
    assert render(large).shape == (864, 711)
    return time.process_time() - begin_s


_OF_FILMS = ["BorderDensity", "EmptyImageDensity", "MinDensity", "MaxDensity", "Trim", "MagnificationType"]
_OF_IMAGES = ["Polarity", "MagnificationType", "RequestedImageSize", "RequestedDecimateCropBehavior"]
_TEXTS = st.sampled_from(
    [
        "",
        "YES",
        "REVERSE",
        "NONE",
        "CUBIC",
        "BILINEAR",
        "0",
        "-3",
        "1e308",
        "nan",
        "9999",
        "0.001",
        "CROP",
        "FAIL",
        "WHITE",
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    box=st.dictionaries(st.sampled_from(_OF_FILMS), _TEXTS),
    parameters=st.dictionaries(st.sampled_from(_OF_IMAGES), _TEXTS),
    shape=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    ratio=st.tuples(st.integers(-1, 10**9), st.integers(-1, 10**9)),
    position=st.integers(-1, 3),
    bits=st.integers(1, 16),
)
def test_whatever_a_client_sent_a_film_is_drawn(
    box: dict[str, str],
    parameters: dict[str, str],
    shape: tuple[int, int],
    ratio: tuple[int, int],
    position: int,
    bits: int,
) -> None:
    pixels = np.full(shape, 40000, np.uint16)
    one = FilmImage(position, pixels, bits, "MONOCHROME2", ratio, parameters)
    assert render(film(one, **box), 1.0).shape == (20, 20)
    assert fits(film(one, **box), one) in (True, False)
