"""What holds for every film layout and every scaling, whatever the numbers."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dicom_workstation.printing.errors import PrintError
from dicom_workstation.printing.film_layout import GAP_MM, Layout, Rectangle
from dicom_workstation.printing.films.preview import Dots, fitting
from dicom_workstation.printing.films.resampling import resampled
from dicom_workstation.printing.films.translation import Translated, aspect_ratio, grey_of
from dicom_workstation.printing.request import PrintRequest

COUNTS = st.lists(st.integers(1, 6), min_size=1, max_size=6)
LAYOUTS = st.one_of(
    st.builds(lambda rows, columns: f"{rows}x{columns}", st.integers(1, 8), st.integers(1, 8)),
    st.builds(lambda kind, counts: f"{kind}\\{','.join(map(str, counts))}", st.sampled_from(["ROW", "COL"]), COUNTS),
    st.sampled_from(["SLIDE", "SUPERSLIDE", "CUSTOM\\1"]),
)
LENGTHS = st.floats(60, 450)
EPSILON = 1e-6


def overlap(one: Rectangle, other: Rectangle) -> float:
    """How much of a side two rectangles share in both directions; 0 or less if they are apart."""
    across = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    down = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    return min(across, down)


@given(LAYOUTS, LENGTHS, LENGTHS)
def test_boxes_lie_on_the_film_and_beside_each_other(text: str, width: float, height: float) -> None:
    layout = Layout.read(text)
    boxes = layout.boxes(width, height)
    assert layout.box_count in (None, len(boxes))
    for number, box in enumerate(boxes):
        assert box.width > 0
        assert box.height > 0
        assert -EPSILON <= box.left <= box.left + box.width <= width + EPSILON
        assert -EPSILON <= box.top <= box.top + box.height <= height + EPSILON
        gap = GAP_MM if layout.kind in ("STANDARD", "ROW", "COL") else 0
        assert all(overlap(box, other) <= EPSILON - gap for other in boxes[:number])


@given(COUNTS, LENGTHS, LENGTHS)
def test_columns_are_rows_turned(counts: list[int], width: float, height: float) -> None:
    numbers = ",".join(map(str, counts))
    rows, columns = Layout.read(f"ROW\\{numbers}"), Layout.read(f"COL\\{numbers}")
    turned = tuple(Rectangle(each.top, each.left, each.height, each.width) for each in rows.boxes(height, width))
    assert columns.boxes(width, height) == turned


@given(LAYOUTS)
def test_a_layout_is_read_as_it_is_written(text: str) -> None:
    layout = Layout.read(text)
    assert Layout.read(layout.text) == layout
    assert PrintRequest.read({"images": "1.2", "layout": text}).layout == layout.text


@given(st.text(max_size=12))
def test_any_other_layout_is_a_print_error(text: str) -> None:
    try:
        layout = Layout.read(text)
    except PrintError:
        return
    assert Layout.read(layout.text) == layout


def picture(rows: int, columns: int, aspect: tuple[int, int]) -> Translated:
    return Translated(np.zeros((rows, columns), np.uint8), 8, aspect, None, ())


@given(*[st.integers(1, 3000)] * 2, *[st.integers(1, 9)] * 2, *[st.integers(1, 900)] * 2)
def test_a_picture_fills_its_box_one_way_and_keeps_its_shape(
    rows: int, columns: int, vertical: int, horizontal: int, height: int, width: int
) -> None:
    made = fitting(picture(rows, columns, (vertical, horizontal)), Dots(3, 4, 3 + width, 4 + height))
    assert 1 <= made[0] <= height
    assert 1 <= made[1] <= width
    assert made[0] == height or made[1] == width
    shape = rows * vertical / (columns * horizontal)
    assert abs(made[0] - made[1] * shape) <= 0.5 + 0.5 * shape + EPSILON or 1 in made


@given(
    *[st.integers(1, 12)] * 2,
    *[st.integers(1, 40)] * 2,
    st.sampled_from(["REPLICATE", "BILINEAR", "CUBIC"]),
    st.integers(0, 255),
)
def test_scaling_keeps_what_is_even_and_stays_in_bounds(
    rows: int, columns: int, height: int, width: int, method: str, grey: int
) -> None:
    everything = (slice(None), slice(None))
    even = resampled(np.full((rows, columns), float(grey)), height, width, method, everything)
    assert even.shape == (height, width)
    assert np.allclose(even, grey)
    random = np.random.default_rng(rows * columns).random((rows, columns))
    made = resampled(random, height, width, method, everything)
    slack = 0.4 if method == "CUBIC" else EPSILON  # of a cubic, overshoot
    assert random.min() - slack <= made.min() <= made.max() <= random.max() + slack
    mirrored = resampled(random[::-1, ::-1], height, width, method, everything)
    if method != "REPLICATE":
        assert np.allclose(mirrored, made[::-1, ::-1])


@given(*[st.integers(1, 12)] * 2, st.sampled_from(["REPLICATE", "BILINEAR", "CUBIC"]))
def test_scaling_to_the_same_size_changes_nothing(rows: int, columns: int, method: str) -> None:
    random = np.random.default_rng(rows).random((rows, columns))
    assert np.allclose(resampled(random, rows, columns, method, (slice(None), slice(None))), random)


@given(*[st.floats(0.01, 5)] * 2)
def test_aspect_ratios_are_close_and_turn_with_the_image(height: float, width: float) -> None:
    vertical, horizontal = aspect_ratio(height, width)
    assert vertical >= 1
    assert horizontal >= 1
    assert abs(vertical / horizontal / (height / width) - 1) <= 1e-3
    assert aspect_ratio(width, height) == (horizontal, vertical)


@given(st.tuples(*[st.integers(0, 255)] * 3), st.sampled_from([8, 12]))
def test_grey_lies_between_the_darkest_and_the_brightest_sample(rgb: tuple[int, int, int], bits: int) -> None:
    grey = int(grey_of(np.array([[rgb]], np.uint8), bits)[0, 0])
    factor = ((1 << bits) - 1) / 255
    assert np.floor(min(rgb) * factor) <= grey <= np.ceil(max(rgb) * factor)
    if len(set(rgb)) == 1:
        assert grey == np.floor(rgb[0] * factor + 0.5)
