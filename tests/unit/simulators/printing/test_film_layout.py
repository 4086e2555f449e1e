"""Where everything lies on a film, in millimetres and pixels counted by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicom_simulators.printer.films.layout import FilmError, Layout, film_size_mm, half_up, lay_out


def laid_out(display_format: str, size: str = "A4", annotations: int = 0, **box: str) -> Layout:
    return lay_out({"ImageDisplayFormat": display_format, "FilmSizeID": size, **box}, annotations)


def edges(layout: Layout) -> list[tuple[float, float, float, float]]:
    return [
        tuple(round(edge, 6) for edge in (one.left_mm, one.top_mm, one.width_mm, one.height_mm))  # type: ignore[misc]
        for one in layout.boxes
    ]


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("", (355.6, 431.8)),
        ("14INX17IN", (355.6, 431.8)),
        ("8_5INX11IN", (215.9, 279.4)),
        ("24CMX30CM", (240.0, 300.0)),
        ("A4", (210.0, 297.0)),
        ("A3", (297.0, 420.0)),
        ("10INX12IN", (254.0, 304.8)),
        ("10INX14IN", (257.0, 364.0)),
    ],
)
def test_sizes_are_told_by_their_names(name: str, size: tuple[float, float]) -> None:
    assert film_size_mm({"FilmSizeID": name}) == pytest.approx(size)
    assert film_size_mm({"FilmSizeID": name, "FilmOrientation": "LANDSCAPE"}) == pytest.approx(size[::-1])


def test_standard_counts_columns_first_and_positions_row_by_row() -> None:
    assert edges(laid_out("STANDARD\\2,3")) == [
        (5.0, 5.0, 99.0, 94.333333),
        (106.0, 5.0, 99.0, 94.333333),
        (5.0, 101.333333, 99.0, 94.333333),
        (106.0, 101.333333, 99.0, 94.333333),
        (5.0, 197.666667, 99.0, 94.333333),
        (106.0, 197.666667, 99.0, 94.333333),
    ]


def test_rows_and_columns_may_have_different_counts() -> None:
    assert edges(laid_out("ROW\\1,2")) == [
        (5.0, 5.0, 200.0, 142.5),
        (5.0, 149.5, 99.0, 142.5),
        (106.0, 149.5, 99.0, 142.5),
    ]
    assert edges(laid_out("COL\\1,2")) == [
        (5.0, 5.0, 99.0, 287.0),
        (106.0, 5.0, 99.0, 142.5),
        (106.0, 149.5, 99.0, 142.5),
    ]


def test_slides_lie_in_mounts_that_touch() -> None:
    found = edges(laid_out("SLIDE"))  # 4 x 5 mounts of 50 mm in 200 x 287 mm: 18.5 mm are left above and below
    assert len(found) == 20
    assert found[0] == (5 + 7, 5 + 18.5 + 13, 36.0, 24.0)
    assert found[1][0] - found[0][0] == 50.0
    assert found[4][1] - found[0][1] == 50.0
    large = edges(laid_out("SUPERSLIDE"))
    assert large[0] == (10.0, 28.5, 40.0, 40.0)


def test_a_custom_layout_is_given_as_fractions() -> None:
    found = edges(laid_out("CUSTOM\\1"))
    assert found[0] == (5.0, 5.0, 200.0, 215.25)
    assert [one[0] for one in found[1:]] == [5.0, round(5 + 200 / 3, 6), round(5 + 400 / 3, 6)]
    own = {"7": ((0.5, 0.0, 0.5, 1.0),)}
    assert edges(lay_out({"ImageDisplayFormat": "CUSTOM\\7", "FilmSizeID": "A4"}, 0, own)) == [(105, 5, 100, 287)]


def test_annotations_share_a_strip_at_the_bottom() -> None:
    layout = laid_out("STANDARD\\1,1", annotations=2)
    assert edges(layout) == [(5.0, 5.0, 200.0, 279.0)]
    assert [(one.left_mm, one.top_mm, one.width_mm, one.height_mm) for one in layout.shares] == [
        (5.0, 284.0, 100.0, 8.0),
        (105.0, 284.0, 100.0, 8.0),
    ]


def test_edges_are_rounded_half_up_once() -> None:
    assert [half_up(value) for value in (0.49, 0.5, 1.5, 2.4999999999)] == [0, 1, 2, 3]
    (area,) = [one.area(2.0) for one in laid_out("STANDARD\\1,1", "8INX10IN").boxes]
    # 203.2 x 254 mm: the right edge lies at 198.2 mm, the lower one at 249 mm
    assert (area.left, area.top, area.right, area.bottom) == (10, 10, 396, 498)
    assert (area.columns, area.rows) == (386, 488)


@pytest.mark.parametrize(
    "display_format",
    [
        "",
        "STANDARD",
        "STANDARD\\2",
        "STANDARD\\0,1",
        "STANDARD\\1,2,3",
        "STANDARD\\-1,1",
        "STANDARD\\9999,9999",
        *("ROW\\", "COL\\1,,2", "SLIDE\\1", "CUSTOM\\99", "MATRIX\\1,1", "STANDARD\\a,b", "STANDARD\\²,1"),
    ],
)
def test_what_nobody_can_lay_out_is_an_error(display_format: str) -> None:
    with pytest.raises(FilmError):
        laid_out(display_format)


@pytest.mark.parametrize("box", [{"FilmSizeID": "HUGE"}, {"FilmSizeID": "999INX999IN"}, {"FilmOrientation": "UPRIGHT"}])
def test_a_film_that_no_printer_has_is_an_error(box: dict[str, str]) -> None:
    with pytest.raises(FilmError):
        lay_out({"ImageDisplayFormat": "STANDARD\\1,1", **box})


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 12), st.integers(1, 12), st.sampled_from([1.0, 2.0, 3.7]), st.booleans())
def test_boxes_never_overlap_nor_leave_the_margin(columns: int, rows: int, dots: float, landscape: bool) -> None:
    orientation = "LANDSCAPE" if landscape else "PORTRAIT"
    layout = laid_out(f"STANDARD\\{columns},{rows}", FilmOrientation=orientation)
    areas = [one.area(dots) for one in layout.boxes]
    assert len(areas) == columns * rows
    for index, one in enumerate(areas):
        assert one.left >= half_up(5 * dots)
        assert one.right <= half_up((layout.width_mm - 5) * dots)
        for other in areas[index + 1 :]:
            apart = one.right <= other.left or other.right <= one.left
            assert apart or one.bottom <= other.top or other.bottom <= one.top
