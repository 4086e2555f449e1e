"""How a film is divided, in millimetres that were worked out by hand."""

from __future__ import annotations

import pytest

from dicom_workstation.printing.errors import PrintError
from dicom_workstation.printing.film_layout import Layout, Rectangle
from dicom_workstation.printing.film_size import size_mm


def boxes(text: str, width: float, height: float) -> list[tuple[float, float, float, float]]:
    """Return left, top, width and height of the boxes, to a thousandth."""
    found = Layout.read(text).boxes(width, height)
    return [tuple(round(value, 3) for value in (each.left, each.top, each.width, each.height)) for each in found]


def test_equal_cells_are_two_millimetres_apart() -> None:
    assert boxes("2x2", 102, 82) == [(0, 0, 50, 40), (52, 0, 50, 40), (0, 42, 50, 40), (52, 42, 50, 40)]
    assert boxes("STANDARD\\3,1", 100, 30) == [(0, 0, 32, 30), (34, 0, 32, 30), (68, 0, 32, 30)]
    assert boxes("1x1", 100, 30) == [(0, 0, 100, 30)]


def test_rows_of_different_counts() -> None:
    assert boxes("ROW\\1,2", 102, 82) == [(0, 0, 102, 40), (0, 42, 50, 40), (52, 42, 50, 40)]


def test_columns_count_downwards() -> None:
    assert boxes("COL\\2,1", 102, 82) == [(0, 0, 50, 40), (0, 42, 50, 40), (52, 0, 50, 82)]


def test_slides_are_mounted_in_the_middle() -> None:
    assert boxes("SLIDE", 110, 59) == [(5 + 7, 4.5 + 13, 36, 24), (55 + 7, 4.5 + 13, 36, 24)]
    assert boxes("SUPERSLIDE", 59, 100) == [(4.5 + 5, 5, 40, 40), (4.5 + 5, 55, 40, 40)]
    assert boxes("SLIDE", 49, 100) == []


def test_the_custom_layout_that_is_known() -> None:
    assert boxes("CUSTOM\\1", 90, 100) == [(0, 0, 90, 75), (0, 75, 30, 25), (30, 75, 30, 25), (60, 75, 30, 25)]
    with pytest.raises(PrintError, match=r"CUSTOM\\2 is defined by the printer"):
        boxes("CUSTOM\\2", 90, 100)


def test_rectangles_have_four_sides() -> None:
    assert Layout.read("2x1").boxes(10, 12)[1] == Rectangle(0, 7, 10, 5)


@pytest.mark.parametrize(
    ("name", "orientation", "size"),
    [
        (None, None, (355.6, 431.8)),
        ("14INX17IN", "PORTRAIT", (355.6, 431.8)),
        ("14INX17IN", "LANDSCAPE", (431.8, 355.6)),
        ("8_5INX11IN", None, (215.9, 279.4)),
        ("24CMX30CM", None, (240, 300)),
        ("A4", "LANDSCAPE", (297, 210)),
        ("10INX14IN", None, (257, 364)),
    ],
)
def test_film_sizes(name: str | None, orientation: str | None, size: tuple[float, float]) -> None:
    assert size_mm(name, orientation) == pytest.approx(size)


@pytest.mark.parametrize("name", ["HUGE", "0INX8IN", "8X10", "A5"])
def test_sizes_that_are_none(name: str) -> None:
    with pytest.raises(PrintError, match=f"film_size: {name}"):
        size_mm(name, None)
