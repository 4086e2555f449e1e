"""Films drawn by hand-computed rules: which dot is what, with one dot a millimetre."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from print_bench import PrintBench

from dicom_workstation.printing.errors import PrintError
from dicom_workstation.printing.films.preview import draw, films
from dicom_workstation.printing.films.resampling import resampled

A4 = {"film_size": "A4"}  # 210 x 297 mm: 200 x 287 within its margin of 5


def film(bench: PrintBench, dots: float = 1.0, **arguments: Any) -> np.ndarray:
    """Draw a single film; as signed numbers, so that differences are what they are."""
    (drawn,) = draw(bench.prepared(**{**A4, **arguments}), dots)
    return np.asarray(drawn).astype(int)


def test_an_image_fills_its_box_and_the_rest_is_border(bench: PrintBench) -> None:
    drawn = film(bench, images=[bench.image(np.full((10, 10), 100, np.uint8))], border_density="WHITE")
    assert drawn.shape == (297, 210)
    # 200 x 200 in a box of 200 x 287: it begins 43 rows below the margin, floor(87 / 2)
    rows, columns = np.nonzero(drawn == 100)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (48, 247, 5, 204)
    assert (drawn == 100).sum() == 200 * 200
    assert (drawn == 255).sum() == drawn.size - 200 * 200


def test_positions_run_along_the_rows_and_films_follow_each_other(bench: PrintBench) -> None:
    uids = [bench.image(np.full((2, 2), value, np.uint8)) for value in (10, 20, 30, 40, 50)]
    one, two = draw(bench.prepared(images=uids, layout="2x2", empty_image_density="WHITE", **A4), 1.0)
    assert [one[row, column] for row in (77, 220) for column in (55, 155)] == [10, 20, 30, 40]
    assert [two[row, column] for row in (77, 220) for column in (55, 155)] == [50, 255, 255, 255]


def test_films_are_numbered(bench: PrintBench) -> None:
    uid = bench.image(np.zeros((2, 2), np.uint8))
    found = films(bench.prepared(images=[uid] * 5, layout="1x2", **A4), 0.5)
    assert [each.number for each in found] == [1, 2, 3]


@pytest.mark.parametrize(
    ("density", "more", "grey"),
    [
        (None, {}, 0),
        ("BLACK", {}, 0),
        ("WHITE", {}, 255),
        ("20", {}, 255),
        ("300", {}, 0),
        ("160", {}, 128),  # 255 * 140 / 280 = 127.5, half up
        ("100", {"min_density": 0, "max_density": 400}, 191),  # 255 * 3 / 4 = 191.25
        ("5", {}, 255),
        ("999", {}, 0),
        ("50", {"min_density": 50, "max_density": 50}, 0),
    ],
)
def test_densities_become_greys(bench: PrintBench, density: str | None, more: dict[str, int], grey: int) -> None:
    said = {} if density is None else {"border_density": density}
    assert film(bench, images=[bench.image(np.full((2, 2), 77, np.uint8))], **said, **more)[0, 0] == grey


@pytest.mark.parametrize(("border", "grey"), [("BLACK", 255), ("WHITE", 0), ("200", 255), ("100", 0)])
def test_a_trim_frames_each_box(bench: PrintBench, border: str, grey: int) -> None:
    uid = bench.image(np.full((287, 200), 90, np.uint8))
    drawn = film(bench, images=[uid], trim="YES", border_density=border)
    assert set(drawn[5, 5:205]) == set(drawn[291, 5:205]) == set(drawn[5:292, 5]) == set(drawn[5:292, 204]) == {grey}
    assert set(drawn[6:291, 6:204].ravel()) == {90}
    assert grey not in drawn[4, :]


def test_pixels_that_are_higher_than_wide_make_a_higher_picture(bench: PrintBench) -> None:
    uid = bench.image(np.full((10, 20), 90, np.uint8), PixelAspectRatio=[2, 1])
    assert (film(bench, images=[uid]) == 90).sum() == 200 * 200
    uid = bench.image(np.full((10, 20), 90, np.uint8), PixelAspectRatio=[1, 2])
    assert (film(bench, images=[uid]) == 90).sum() == 200 * 50


@pytest.mark.parametrize(
    ("asked", "rows", "columns"),
    [
        ({"size": 50}, 100, 50),
        ({"size": 50.5}, 101, 51),
        ({"size": "true"}, 40, 20),
        ({"size": 150}, 287, 144),  # 150 x 300 does not fit: 143.5 x 287
        ({"size": 150, "crop": "DECIMATE"}, 287, 144),
        ({"size": 150, "crop": "CROP"}, 287, 150),
        ({"size": 300, "crop": "CROP"}, 287, 200),
        ({"magnification": "NONE"}, 20, 10),
    ],
)
def test_sizes_in_millimetres(bench: PrintBench, asked: dict[str, Any], rows: int, columns: int) -> None:
    uid = bench.image(np.full((20, 10), 90, np.uint8), PixelSpacing=[2, 2])
    there = film(bench, images=[{"SOPInstanceUID": uid, **asked}]) == 90
    assert (there.any(axis=1).sum(), there.any(axis=0).sum(), there.sum()) == (rows, columns, rows * columns)
    first = np.argwhere(there)[0]
    assert first.tolist() == [5 + (287 - rows) // 2, 5 + (200 - columns) // 2]


def test_what_is_cut_is_cut_on_both_sides(bench: PrintBench) -> None:
    uid = bench.image(np.arange(400, dtype=np.uint16).reshape(1, 400), 12, WindowCenter="2048", WindowWidth="4096")
    prepared = bench.prepared(bits=12, images=[{"SOPInstanceUID": uid, "magnification": "NONE"}], **A4)
    (drawn,) = draw(prepared, 1.0)
    wanted = np.floor(np.arange(100, 300) * 255 / 4095 + 0.5)
    assert drawn[5 + 143, 5:205].tolist() == wanted.tolist()


def test_what_must_not_be_cut_is_not_drawn(bench: PrintBench) -> None:
    uid = bench.image(np.full((20, 10), 90, np.uint8))
    image = {"SOPInstanceUID": uid, "size": 300, "crop": "FAIL"}
    prepared = bench.prepared(images=[image], empty_image_density="WHITE", **A4)
    (drawn,) = draw(prepared, 1.0)
    assert set(drawn[5:292, 5:205].ravel()) == {255}
    assert prepared.warnings == (f"{uid}: the image is larger than its box and would not be printed",)


def test_polarity_and_presentation_lut_turn_the_greys_about(bench: PrintBench) -> None:
    uid = bench.image(np.full((10, 10), 100, np.uint8))
    squares = [round(255 * (n / 255) ** 2) * 257 for n in range(256)]
    for asked, more, grey in (
        ({}, {}, 100),
        ({"polarity": "NORMAL"}, {"presentation_lut": "IDENTITY"}, 100),
        ({"polarity": "REVERSE"}, {}, 155),
        ({}, {"presentation_lut": "LIN OD"}, 155),
        ({"polarity": "REVERSE"}, {"presentation_lut": "LIN OD"}, 100),
        ({}, {"presentation_lut": {"bits": 16, "data": squares}}, 39),
        ({"polarity": "REVERSE"}, {"presentation_lut": {"bits": 16, "data": squares}}, 216),
    ):
        assert film(bench, images=[{"SOPInstanceUID": uid, **asked}], **more)[148, 105] == grey


def test_annotations_stand_below_the_images(bench: PrintBench) -> None:
    uid = bench.image(np.full((300, 200), 90, np.uint8))
    drawn = film(bench, 2.0, images=[uid], annotations=["left", "right"])
    image_rows = np.nonzero((drawn == 90).sum(axis=1) > 100)[0]
    assert image_rows.max() < (297 - 5 - 8) * 2
    strip = drawn[(297 - 5 - 8) * 2 : (297 - 5) * 2]
    assert strip[:, 10:100].max() > 200
    assert strip[:, 210:300].max() > 200
    assert strip[:, 150:208].max() == 0


def test_annotations_end_with_their_share(bench: PrintBench) -> None:
    uid = bench.image(np.full((300, 200), 90, np.uint8))
    drawn = film(bench, 2.0, images=[uid], annotations=["M" * 64, " ", "M"], border_density="WHITE")
    strip = drawn[(297 - 5 - 8) * 2 : (297 - 5) * 2]
    shares = [strip[:, begin:end].min() for begin, end in ((12, 143), (144, 277), (277, 410))]
    assert shares[0] < 55
    assert shares[1] == 255
    assert shares[2] < 55
    assert (drawn[(297 - 5) * 2 :] == 255).all()


def test_a_film_that_cannot_be_drawn_is_told(bench: PrintBench) -> None:
    uid = bench.image(np.zeros((2, 2), np.uint8))
    for more, told in (
        ({"film_size": "HUGE"}, "film_size: HUGE"),
        ({"film_size": "1CMX30CM"}, "the margin leaves no space"),
        ({"layout": "CUSTOM\\9"}, "CUSTOM"),
        ({"layout": "SLIDE", "film_size": "5CMX5CM"}, "no box of SLIDE fits"),
    ):
        with pytest.raises(PrintError, match=told):
            draw(bench.prepared(images=[uid], **more))


def whole(pixels: Any, rows: int, columns: int, method: str) -> list[list[float]]:
    found = resampled(np.asarray(pixels, float), rows, columns, method, (slice(None), slice(None)))
    return [[round(float(value), 4) for value in row] for row in found]


def test_replicate_takes_the_nearest() -> None:
    assert whole([[0, 10, 20]], 1, 6, "REPLICATE") == [[0, 0, 10, 10, 20, 20]]
    assert whole([[0, 10, 20]], 1, 2, "REPLICATE") == [[0, 20]]
    assert whole([[0, 10, 20, 30]], 1, 3, "REPLICATE") == [[0, 20, 30]]  # places 0.67, 2, 3.33


def test_bilinear_is_linear_between_centres() -> None:
    assert whole([[0, 100]], 1, 4, "BILINEAR") == [[0, 25, 75, 100]]
    assert whole([[0], [100]], 4, 1, "BILINEAR") == [[0], [25], [75], [100]]


def test_cubic_is_catmull_rom() -> None:
    # halfway between two samples: (-1, 9, 9, -1) / 16
    assert whole([[0, 16, 0, 16]], 1, 4, "CUBIC") == [[0, 16, 0, 16]]
    found = resampled(np.array([[0.0, 16, 32, 160]]), 1, 8, "CUBIC", (slice(None), slice(None)))[0]
    # place 4: 1.75, weights at distances 1.75, 0.75, 0.25, 1.25
    weights = [-0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 for x in (1.75, 1.25)]
    weights = [weights[0], 1.5 * 0.75**3 - 2.5 * 0.75**2 + 1, 1.5 * 0.25**3 - 2.5 * 0.25**2 + 1, weights[1]]
    assert sum(weights) == pytest.approx(1)
    assert found[4] == pytest.approx(np.dot(weights, [0, 16, 32, 160]))


def test_a_part_is_the_part_of_the_whole() -> None:
    pixels = np.random.default_rng(1).random((7, 9)) * 255
    for method in ("REPLICATE", "BILINEAR", "CUBIC"):
        all_of_it = resampled(pixels, 20, 30, method, (slice(None), slice(None)))
        part = resampled(pixels, 20, 30, method, (slice(3, 11), slice(8, 29)))
        assert np.allclose(part, all_of_it[3:11, 8:29])
