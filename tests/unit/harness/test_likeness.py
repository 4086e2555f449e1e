"""Images found again in pictures of films, and the rules of what was printed, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from printed_by_hand import BIG, attributes, content, encoded

from dicom_conformance.judge.checks import films as check
from dicom_conformance.judge.films import Place
from dicom_conformance.judge.films.attributes import Attributes, read
from dicom_conformance.judge.films.likeness import (
    ALIKE,
    BETTER,
    DISTINCT,
    GRID,
    MOST_PLACES,
    TURNS,
    Area,
    cells,
    grid,
    ground,
    is_distinct,
    likeness,
    located,
    sent_greys,
    steps,
    turned,
)
from dicom_conformance.judge.films.printed import PrintedFilm, PrintedImage, _complaint
from dicom_conformance.judge.films.put_out import StoredImage
from dicom_conformance.judge.films.tree import _lut
from dicom_simulators.printer import PresentationLUT

IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
PICTURE = np.random.default_rng(3).integers(60, 200, (48, 72)).astype(np.float64)


def edges(area: Area) -> tuple[int, int, int, int]:
    return area.top, area.left, area.bottom, area.right


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        ("STANDARD\\1,1", [(0, 0, 12, 18)]),
        ("STANDARD\\3,2", [(top, left, top + 6, left + 6) for top in (0, 6) for left in (0, 6, 12)]),
        ("ROW\\1,2", [(0, 0, 6, 18), (6, 0, 12, 9), (6, 9, 12, 18)]),
        ("COL\\1,2", [(0, 0, 12, 9), (0, 9, 6, 18), (6, 9, 12, 18)]),
        ("COL\\2", [(0, 0, 6, 18), (6, 0, 12, 18)]),
        (" ROW\\2 ", [(0, 0, 12, 9), (0, 9, 12, 18)]),
    ],
)
def test_a_film_is_divided_as_its_format_says(layout: str, expected: list) -> None:
    assert [edges(each) for each in cells(layout, 12, 18)] == expected


@pytest.mark.parametrize(
    "layout",
    ["SLIDE", "CUSTOM\\1", "STANDARD", "STANDARD\\", "ROW\\1,0", "ROW\\a", "ROW\\1,", "ROW\\-1", "", "STANDARD\\1,1,1"],
)
def test_a_format_that_tells_no_places_has_none(layout: str) -> None:
    assert cells(layout, 12, 18) == []


def test_no_more_places_than_anybody_prints() -> None:
    assert len(cells("ROW\\500,500", 10, 10)) == MOST_PLACES
    assert cells("ROW\\501,500", 10, 10) == []


@pytest.mark.parametrize(("rows", "columns"), [(7, 11), (100, 101)])
def test_places_cover_the_film_and_do_not_overlap(rows: int, columns: int) -> None:
    for layout in ("STANDARD\\3,2", "ROW\\1,3,2", "COL\\2,1,3"):
        times = np.zeros((rows, columns), int)
        for area in cells(layout, rows, columns):
            area.of(times)[...] += 1
        assert (times == 1).all(), layout


def test_the_film_around_is_what_most_of_its_edge_is() -> None:
    film = np.full((20, 30), 40, np.uint8)
    film[5:15, 5:25] = 200
    film[0, :10] = 255
    assert ground(film).tolist() == [40.0]
    coloured = np.dstack([film, film + 1, film + 2])
    assert ground(coloured).tolist() == [40.0, 41.0, 42.0]
    half = np.zeros((20, 30), np.uint8)
    half[:, 0], half[:, -1], half[0] = 90, 90, 90
    assert ground(half).tolist() == [90.0]


def film_with(top: int, left: int, bottom: int, right: int, grey: int = 200) -> NDArray[np.uint8]:
    film = np.zeros((60, 80), np.uint8)
    film[top:bottom, left:right] = grey
    return film


def test_an_image_is_the_rectangle_that_differs_from_the_film() -> None:
    whole = Area(0, 0, 60, 80)
    around = np.array([0.0])
    found = located(film_with(10, 20, 40, 70), whole, around)
    assert found is not None
    assert edges(found) == (10, 20, 40, 70)
    assert found.of(film_with(10, 20, 40, 70)).shape == (30, 50)
    at_the_edges = located(film_with(0, 0, 60, 80), whole, around)
    assert at_the_edges is not None
    assert edges(at_the_edges) == (0, 0, 60, 80)
    in_a_cell = located(film_with(10, 20, 40, 70), Area(30, 40, 60, 80), around)
    assert in_a_cell is not None
    assert edges(in_a_cell) == (30, 40, 40, 70)


@pytest.mark.parametrize(("grey", "is_found"), [(int(DISTINCT), False), (int(DISTINCT) + 1, True)])
def test_what_hardly_differs_from_the_film_is_no_image(grey: int, is_found: bool) -> None:
    found = located(film_with(10, 20, 40, 70, grey), Area(0, 0, 60, 80), np.array([0.0]))
    assert (found is not None) == is_found


@pytest.mark.parametrize("size", [0, 1])
def test_a_dot_is_no_image(size: int) -> None:
    assert located(film_with(10, 20, 10 + size, 20 + size), Area(0, 0, 60, 80), np.array([0.0])) is None
    assert located(film_with(10, 20, 30, 20 + size), Area(0, 0, 60, 80), np.array([0.0])) is None
    assert located(film_with(10, 20, 12, 22), Area(0, 0, 60, 80), np.array([0.0])) is not None


def test_a_diagonal_line_is_no_image() -> None:
    film = np.zeros((60, 80), np.uint8)
    film[np.arange(60), np.arange(60)] = 255
    assert located(film, Area(0, 0, 60, 80), np.array([0.0])) is None


def test_of_colours_the_one_that_differs_most_counts() -> None:
    film = np.zeros((60, 80, 3), np.uint8)
    film[10:40, 20:70, 2] = 200
    found = located(film, Area(0, 0, 60, 80), np.zeros(3))
    assert found is not None
    assert edges(found) == (10, 20, 40, 70)


def test_shorter_marks_beside_an_image_are_left_out() -> None:
    film = film_with(10, 20, 40, 70)
    film[45:48, 20:44] = 255  # less than half as long as the image
    found = located(film, Area(0, 0, 60, 80), np.array([0.0]))
    assert found is not None
    assert edges(found) == (10, 20, 40, 70)
    film[40:42, 20:45] = 255  # half as long: it belongs to it
    longer = located(film, Area(0, 0, 60, 80), np.array([0.0]))
    assert longer is not None
    assert longer.bottom == 42


def test_an_edge_is_distinct_in_both_polarities_or_not_at_all() -> None:
    inside = np.full((8, 8), 128.0)
    assert is_distinct(inside, np.array([0.0]))
    assert not is_distinct(inside, np.array([128.0]))
    for at in (inside[0], inside[-1], inside[:, 0], inside[:, -1]):
        changed = inside.copy()
        changed[4, 4] = 0.0  # within, which does not matter
        assert is_distinct(changed, np.array([0.0]))
        at[3] = 250.0  # dark, where bright and dark are exchanged
        assert not is_distinct(inside, np.array([0.0]))
        at[3] = 128.0
    assert not is_distinct(np.full((8, 8), DISTINCT), np.array([0.0]))
    assert is_distinct(np.full((8, 8), DISTINCT + 0.1), np.array([0.0]))


def test_a_grid_holds_the_means_of_equal_shares() -> None:
    assert grid(np.kron(np.arange(GRID * GRID).reshape(GRID, GRID), np.ones((2, 3)))).tolist() == [
        [pytest.approx(value) for value in row] for row in np.arange(GRID * GRID).reshape(GRID, GRID)
    ]
    small = grid(np.array([[0.0, 240.0]]))  # a row of two: each cell lies in one of them
    assert small.shape == (GRID, GRID)
    assert small[0, :12].tolist() == [0.0] * 12
    assert small[23, 12:].tolist() == [240.0] * 12
    assert grid(np.full((5, 7, 3), 9.0)) == pytest.approx(np.full((GRID, GRID, 3), 9.0))
    odd = grid(np.arange(36, dtype=float)[None])  # one and a half columns a cell
    assert odd[0, :2] == pytest.approx([1 / 3, 5 / 3])


@pytest.mark.parametrize(("mirrored", "quarters"), TURNS)
def test_each_way_to_lie_is_recognized(mirrored: bool, quarters: int) -> None:
    sent = grid(PICTURE)
    found = likeness(sent, turned(sent, mirrored, quarters))
    assert (found.mirrored, found.quarters) == (mirrored, quarters)
    assert found.correlation == pytest.approx(1.0)
    negative = likeness(sent, 255.0 - turned(sent, mirrored, quarters))
    assert (negative.mirrored, negative.quarters) == (mirrored, quarters)
    assert negative.correlation == pytest.approx(-1.0)
    assert negative.strength == pytest.approx(1.0)


def test_a_turn_is_clockwise_and_after_the_mirror() -> None:
    values = np.array([[1, 2], [3, 4]])
    assert turned(values, False, 1).tolist() == [[3, 1], [4, 2]]
    assert turned(values, True, 0).tolist() == [[2, 1], [4, 3]]
    assert turned(values, True, 1).tolist() == [[4, 2], [3, 1]]


@pytest.mark.parametrize(
    ("mirrored", "quarters", "words"),
    [
        (False, 0, ""),
        (True, 0, "mirrored"),
        (False, 1, "turned by 90 degrees"),
        (True, 3, "mirrored and turned by 270 degrees"),
    ],
)
def test_a_way_to_lie_is_told_in_words(mirrored: bool, quarters: int, words: str) -> None:
    sent = grid(PICTURE)
    assert likeness(sent, turned(sent, mirrored, quarters)).turn == words


def test_what_is_as_like_turned_counts_as_it_was_sent() -> None:
    symmetric = grid(PICTURE) + grid(PICTURE)[:, ::-1]
    symmetric[3, 5] += 1.0  # a little more like it when mirrored
    found = likeness(symmetric, symmetric[:, ::-1])
    assert (found.mirrored, found.quarters) == (False, 0)
    assert 1.0 - BETTER < found.correlation < 1.0


def test_nothing_is_like_what_is_of_one_grey() -> None:
    assert likeness(grid(PICTURE), np.full((GRID, GRID), 7.0)).correlation == 0.0


def test_grey_and_colour_are_compared_by_the_mean_of_the_colours() -> None:
    coloured = np.dstack([grid(PICTURE), grid(PICTURE) * 0.5, grid(PICTURE) * 0.1])
    assert likeness(coloured, grid(PICTURE)).correlation == pytest.approx(1.0)
    assert likeness(grid(PICTURE), coloured).correlation == pytest.approx(1.0)
    swapped = likeness(coloured, coloured[..., ::-1])
    assert swapped.correlation < ALIKE


def test_steps_are_counted_where_neighbours_differ() -> None:
    small = np.array([[1, 2], [3, 4], [3, 4]])
    assert steps(small) == (1, 1)
    assert steps(small.repeat(3, axis=0).repeat(2, axis=1)) == (1, 1)
    assert steps(np.full((4, 4, 3), 9)) == (0, 0)
    assert steps(np.array([[[1, 1, 1], [1, 1, 2]]])) == (0, 1)
    assert steps(np.array([[255, 0]], np.uint8)) == (0, 1)


BLACK_AND_WHITE = np.array([[0, 255]])


def sent(pixels: NDArray[np.integer] = BLACK_AND_WHITE, bits: int = 8, **changes: object) -> PrintedImage:
    parameters = {key: str(value) for key, value in changes.items() if key in ("Polarity", "MagnificationType")}
    item = content(pixels, bits, **{key: value for key, value in changes.items() if key not in parameters})
    return PrintedImage("1.2", 1, 1, parameters, read(encoded(item, IMPLICIT), IMPLICIT), pixels.ndim == 3)


def test_what_was_sent_is_told_in_greys() -> None:
    assert sent_greys(sent()).tolist() == [[0.0, 255.0]]
    assert sent_greys(sent(Polarity="REVERSE")).tolist() == [[255.0, 0.0]]
    assert sent_greys(sent(PhotometricInterpretation="MONOCHROME1")).tolist() == [[255.0, 0.0]]
    assert sent_greys(sent(PhotometricInterpretation="MONOCHROME1", Polarity=" REVERSE ")).tolist() == [[0.0, 255.0]]
    assert sent_greys(sent(np.array([[0, 4095, 5000]]), 12)).tolist() == [[0.0, 255.0, 255.0]]
    assert sent_greys(sent(BitsStored=None)).tolist() == [[0.0, 255.0]]
    assert sent_greys(sent(PixelData=None)) is None


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ""),
        ({"SamplesPerPixel": 3}, "SamplesPerPixel 3 instead of 1"),
        ({"PhotometricInterpretation": "RGB"}, "PhotometricInterpretation RGB instead of MONOCHROME1 or MONOCHROME2"),
        ({"BitsStored": 10}, "BitsStored 10 instead of 8 or 12"),
        ({"BitsAllocated": 16}, "BitsAllocated 16 instead of 8"),
        ({"HighBit": 8}, "HighBit 8 instead of 7"),
        ({"HighBit": None}, "HighBit absent instead of 7"),
        ({"PixelRepresentation": 1}, "PixelRepresentation 1 instead of 0"),
        ({"Rows": None}, "no Rows, no Columns or no Pixel Data"),
        ({"Columns": 0}, "no Rows, no Columns or no Pixel Data"),
        ({"PixelData": None}, "no Rows, no Columns or no Pixel Data"),
        ({"Rows": 2}, "Pixel Data of 2 bytes, where 2 x 2 pixels need 4"),
        ({"PixelData": b"\0\0\0\0"}, "Pixel Data of 4 bytes, where 1 x 2 pixels need 2"),
    ],
)
def test_an_image_of_a_film_has_the_attributes_that_it_may_have(changes: dict[str, object], told: str) -> None:
    complaint = sent(**changes).complaint
    assert told in complaint
    assert bool(complaint) == bool(told)


def test_an_image_of_a_film_in_colour_has_others() -> None:
    colour = np.zeros((1, 2, 3), np.uint8)
    assert sent(colour).complaint == ""
    assert "PlanarConfiguration 0 instead of 1" in sent(colour, PlanarConfiguration=0).complaint
    assert (
        "PhotometricInterpretation YBR_FULL instead of RGB"
        in sent(colour, PhotometricInterpretation="YBR_FULL").complaint
    )
    assert "BitsStored 12 instead of 8" in sent(colour, BitsStored=12).complaint


def test_pixel_data_of_an_odd_length_are_padded() -> None:
    assert sent(np.array([[1, 2, 3]])).complaint == ""
    assert "need 3" in sent(np.array([[1, 2, 3]]), PixelData=b"\1\2\3\4\5\6").complaint


@pytest.mark.parametrize(("most", "told"), [(4095, ""), (4096, "a sample value of 4096, above 4095")])
@pytest.mark.parametrize("syntax", [IMPLICIT, BIG])
def test_samples_of_12_bits_end_at_4095(most: int, told: str, syntax: str) -> None:
    item = content(np.array([[0, most]]), 12, syntax)
    complaint = _complaint(read(encoded(item, syntax), syntax), color=False)
    assert told in complaint
    assert bool(complaint) == bool(told)


def test_what_cannot_be_read_of_an_image_is_told() -> None:
    whole = content(np.array([[1, 2]]))
    readable = read(encoded(whole, IMPLICIT), IMPLICIT)
    cut = Attributes(readable.texts, {}, readable.data, fault="an element is cut")
    assert _complaint(cut, color=False) == "an element is cut"


def test_without_content_there_is_no_image() -> None:
    empty = PrintedImage("1.2", 1, 1, {}, None, color=False)
    assert (empty.complaint, empty.pixels, empty.bits, empty.photometric_interpretation) == (
        "no image was set",
        None,
        None,
        "",
    )
    assert empty.aspect_ratio == (1, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2\\1", (2, 1)), (" 2 \\ 1 ", (2, 1)), ("0\\1", (1, 1)), ("2", (1, 1)), ("2\\1\\1", (1, 1)), ("a\\1", (1, 1))],
)
def test_an_aspect_ratio_is_two_numbers_above_0(text: str, expected: tuple[int, int]) -> None:
    image = PrintedImage("1.2", 1, 1, {}, Attributes({"PixelAspectRatio": text}), color=False)
    assert image.aspect_ratio == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"Rows": None},
        {"Columns": 0},
        {"PixelData": None},
        {"SamplesPerPixel": 2},
        {"BitsAllocated": 32},
        {"Columns": 3},
        {"Rows": 20000, "Columns": 20000},
    ],
)
def test_pixels_that_cannot_be_read_are_none(changes: dict[str, object]) -> None:
    assert sent(**changes).pixels is None


def test_pixels_of_planes_are_put_together() -> None:
    colour = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert sent(colour).pixels.tolist() == colour.tolist()
    big = content(np.array([[1, 0x0203]]), 12, BIG)
    image = PrintedImage("1.2", 1, 1, {}, read(encoded(big, BIG), BIG), color=False)
    assert image.pixels.tolist() == [[1, 0x0203]]


# -- a place that cannot be judged ------------------------------------------------------------------------------------


def place(image: PrintedImage | None = None, film: dict[str, str] | None = None, **changes: object) -> Place:
    found = PrintedFilm(1, None, 0, False, "1", "2", 0, {}, film or {}, {}, film or {}, 1, ())  # type: ignore[arg-type]
    image = image or sent(PICTURE.astype(np.uint8))
    return Place("1.png, position 1", image, found, sent_greys(image), {}, **changes)  # type: ignore[arg-type]


ASKS = {
    "image": check._image,
    "polarity": check._polarity,
    "pixels": lambda one: check._pixels(4.0, one),
    "magnification": check._magnification,
}


@pytest.mark.parametrize("ask", ["image", "polarity", "pixels"])
def test_a_place_that_cannot_be_judged_is_not_judged(ask: str) -> None:
    assert ASKS[ask](place(unjudged="nobody knows where")).unjudged == "nobody knows where"


@pytest.mark.parametrize("ask", ["polarity", "pixels", "magnification"])
def test_where_nothing_is_printed_only_the_image_is_missed(ask: str) -> None:
    asked = place(film={"MagnificationType": "NONE"})
    assert (ASKS[ask](asked).wrong, ASKS[ask](asked).unjudged) == ("", "nothing is printed there")
    assert ASKS["image"](asked).wrong == "nothing is printed there"


def test_the_polarity_of_what_is_not_recognized_is_not_judged() -> None:
    noise = np.random.default_rng(8).integers(60, 200, (48, 72)).astype(np.float64)
    assert check._polarity(place(printed=noise)).unjudged == "the image is not recognized"
    assert check._polarity(place(printed=PICTURE)) == check._Answer()
    assert check._polarity(place(printed=255 - PICTURE)).wrong == "bright and dark are exchanged"


def test_a_picture_is_not_compared_exactly() -> None:
    told = check._pixels(None, place(printed=PICTURE))
    assert told.unjudged == "a picture has no samples to compare exactly"


@pytest.mark.parametrize(("change", "told"), [(3.9, ""), (5.0, "differs by up to 5 of 255")])
def test_greys_differ_by_no_more_than_the_bound(change: float, told: str) -> None:
    assert check._pixels(4.0, place(printed=PICTURE + change)).wrong == told
    coloured = np.dstack([PICTURE + change] * 3)
    assert check._pixels(4.0, place(printed=coloured)).wrong == told


@pytest.mark.parametrize(
    ("pixels", "bits", "told"),
    [
        ([[0, 255]], 8, ""),
        ([[0, 251]], 8, ""),
        ([[0, 250]], 8, "samples differ by up to 5.0 of 255"),
        ([[0, 255, 0]], 8, "(1, 3) of 8 bits, where (1, 2) of 8 was sent"),
        ([[0, 255]], 12, "(1, 2) of 12 bits, where (1, 2) of 8 was sent"),
    ],
)
def test_samples_of_a_stored_print_are_compared(pixels: list, bits: int, told: str) -> None:
    stored = StoredImage(np.array(pixels, np.uint8), bits, "MONOCHROME2", {})
    assert check._pixels(4.0, place(sent(), stored=stored)).wrong == told


def test_samples_of_a_stored_print_are_not_compared_with_what_cannot_be_read() -> None:
    stored = StoredImage(np.array([[0]], np.uint8), 8, "MONOCHROME2", {})
    found = Place("1", sent(PixelData=None), place().film, PICTURE, {}, stored=stored)
    assert "no Pixel Data" in check._stored_pixels(4.0, found).unjudged


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("BILINEAR", ""),
        ("CUBIC", "BILINEAR, where CUBIC was sent"),
        ("", None),
    ],
)
def test_the_magnification_of_a_stored_print_is_that_of_its_image_box_then_its_film_box(asked: str, told) -> None:
    for stored, film in (("BILINEAR", ""), ("", "BILINEAR"), ("BILINEAR", "NONE")):
        parameters = {"MagnificationType": stored} if stored else {}
        image = StoredImage(np.array([[0]]), 8, "MONOCHROME2", parameters)
        answer = check._magnification(place(film={"MagnificationType": asked}, stored=image, magnification_told=film))
        assert answer == (
            check._Answer(unjudged="no Magnification Type was sent") if told is None else check._Answer(told)
        )
    none = check._magnification(
        place(film={"MagnificationType": "CUBIC"}, stored=StoredImage(np.array([[0]]), 8, "MONOCHROME2", {}))
    )
    assert none.wrong == "no Magnification Type, where CUBIC was sent"


def test_the_magnification_asked_for_is_that_of_the_image_box_before_that_of_the_film_box() -> None:
    both = place(sent(MagnificationType=" CUBIC "), {"MagnificationType": "NONE"})
    assert both.magnification_asked == "CUBIC"
    assert place(film={"MagnificationType": "NONE"}).magnification_asked == "NONE"
    assert place().magnification_asked == ""


@pytest.mark.parametrize(
    ("asked", "size", "told"),
    [
        ("NONE", (48, 72), ""),
        ("NONE", (49, 71), ""),
        ("NONE", (50, 72), "50 x 72 dots, where 48 x 72 were sent"),
        ("NONE", (48, 70), "48 x 70 dots, where 48 x 72 were sent"),
        ("REPLICATE", (96, 144), "pixels are interpolated, where REPLICATE was sent"),
        ("CUBIC", (96, 144), ""),
    ],
)
def test_a_picture_has_the_size_that_was_asked_for(asked: str, size: tuple[int, int], told: str) -> None:
    smooth = np.arange(size[0] * size[1], dtype=np.float64).reshape(size)
    assert check._magnification(place(film={"MagnificationType": asked}, printed=smooth)).wrong == told


@pytest.mark.parametrize(
    ("asked", "told"), [("REPLICATE", ""), ("BILINEAR", "pixels are repeated, where BILINEAR was sent")]
)
def test_repeated_pixels_are_told_from_interpolated_ones(asked: str, told: str) -> None:
    large = PICTURE.repeat(2, axis=0).repeat(2, axis=1)
    assert check._magnification(place(film={"MagnificationType": asked}, printed=large)).wrong == told


@pytest.mark.parametrize("size", [(95, 144), (96, 143)])
def test_what_is_hardly_larger_shows_no_interpolation(size: tuple[int, int]) -> None:
    answer = check._magnification(place(film={"MagnificationType": "CUBIC"}, printed=np.zeros(size)))
    assert "show no interpolation" in answer.unjudged


def test_what_a_place_goes_through() -> None:
    assert not place().has_lut
    assert not place().has_densities
    assert place(film={"MaxDensity": "200"}).has_densities
    image = PrintedImage(
        "1.2", 1, 1, {"MinDensity": "20"}, sent().content, False, presentation_lut=PresentationLUT("LIN OD")
    )
    assert place(image).has_densities
    assert place(image).has_lut


# -- Presentation LUTs and attributes ---------------------------------------------------------------------------------


def table(descriptor: list[int], data: object, vr: str = "OW", syntax: str = IMPLICIT) -> PresentationLUT | None:
    item = attributes()
    item.add_new("LUTDescriptor", "US", descriptor)
    item.add_new("LUTData", vr, data)
    return _lut(read(encoded(attributes(PresentationLUTSequence=[item]), syntax), syntax))


def test_a_presentation_lut_is_a_shape_or_a_table() -> None:
    shape = _lut(Attributes({"PresentationLUTShape": "LIN OD"}))
    assert shape == PresentationLUT("LIN OD")
    assert table([3, 0, 10], b"\1\0\2\0\3\0") == PresentationLUT(None, (1, 2, 3), 0, 10)
    assert table([3, 5, 16], b"\0\1\0\2\0\3", syntax=BIG) == PresentationLUT(None, (1, 2, 3), 5, 16)
    assert table([2, 0, 8], [7, 9], "US", EXPLICIT) == PresentationLUT(None, (7, 9), 0, 8)


def test_what_is_neither_is_none() -> None:
    assert _lut(Attributes()) is None
    assert table([3, 0, 7], b"\1\0\2\0\3\0") is None
    assert table([3, 0, 17], b"\1\0\2\0\3\0") is None
    assert table([3, 0], b"\1\0\2\0\3\0") is None
    assert table([3, 0, 8], b"") is None


def nested(depth: int) -> Attributes:
    item = attributes(TextString="deep")
    for _ in range(depth):
        item = attributes(ReferencedImageSequence=[item])
    return read(encoded(item, IMPLICIT), IMPLICIT)


@pytest.mark.parametrize(("depth", "is_read"), [(8, True), (9, False)])
def test_sequences_are_read_to_eight_levels(depth: int, is_read: bool) -> None:
    found = nested(depth)
    assert (found.fault == "") == is_read
    assert is_read or "deeper than 8 levels" in found.fault


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG])
def test_values_are_read_as_text(syntax: str) -> None:
    data_set = attributes(
        FrameIncrementPointer=[0x00181063, 0x00280008], Rows=7, PatientName="A^B", ReferencePixelX0=-3
    )
    data_set.add_new("RecommendedDisplayFrameRateInFloat", "FL", 2.5)
    found = read(encoded(data_set, syntax), syntax)
    assert found.text("FrameIncrementPointer") == "00181063\\00280008"
    assert (found.number("Rows"), found.number("ReferencePixelX0")) == (7, -3)
    assert found.text("RecommendedDisplayFrameRateInFloat") == "2.5"
    assert found.text("PatientName") == "A^B"
    assert found.text("StudyID") == ""
    assert found.number("PatientName") is None
    assert found.items("ReferencedImageSequence") == ()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12),
        (" 12 ", 12),
        ("-1", -1),
        ("1.0", None),
        ("", None),
        ("9" * 11, int("9" * 11)),
        ("9" * 12, None),
        ("\u0661", None),
    ],
)
def test_a_whole_number_is_read(text: str, number: int | None) -> None:
    assert Attributes({"Rows": text}).number("Rows") == number


def test_what_has_no_context_is_not_read() -> None:
    assert read(None, None).fault == ""
    assert read(b"\0", None).fault == "its presentation context was not accepted"
    assert read(b"\x28\0\x10\0\2\0\0\0\7\0", IMPLICIT).number("Rows") == 7
