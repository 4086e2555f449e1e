"""Properties of the court's colours and overlays: conversions undo each other, and a plane is where each bit says."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset

from dicom_conformance.judge.rendering.colour import YBR_OF_RGB, colours, palette
from dicom_conformance.judge.rendering.overlays import planes

BYTE = st.integers(0, 255)


def image(rows: int, columns: int, photometric: str, samples: int) -> Dataset:
    found = Dataset()
    found.Rows, found.Columns, found.BitsStored, found.PixelRepresentation = rows, columns, 8, 0
    found.PhotometricInterpretation, found.SamplesPerPixel = photometric, samples
    return found


@given(st.tuples(BYTE, BYTE, BYTE))
def test_ybr_full_gives_back_each_rgb_within_rounding(rgb):
    ybr = np.clip(np.rint(YBR_OF_RGB @ np.array(rgb) + [0, 128, 128]), 0, 255)
    low, high = colours(ybr.reshape(1, 1, 3), image(1, 1, "YBR_FULL", 3))
    assert np.array_equal(low, high)
    assert np.abs(low * 255 - rgb).max() <= 2.0


@given(st.lists(st.tuples(BYTE, BYTE, BYTE, BYTE), min_size=1, max_size=6))
def test_the_colours_of_a_pair_lie_between_those_of_its_neighbours(pairs):
    stored = np.array([[(y, cb, cr) for one, other, cb, cr in pairs for y in (one, other)]], np.float64)
    described = image(1, 2 * len(pairs), "YBR_FULL_422", 3)
    low, high = colours(stored, described)
    assert (low <= high).all()
    assert np.array_equal(low[:, ::2], high[:, ::2])
    whole, _ = colours(stored, image(1, 2 * len(pairs), "YBR_FULL", 3))
    assert (low <= whole + 1e-12).all()
    assert (whole <= high + 1e-12).all()


@given(
    st.lists(BYTE, min_size=1, max_size=12),
    st.integers(0, 300),
    st.lists(st.integers(0, 65535), min_size=1, max_size=20),
)
def test_an_index_takes_the_nearest_entry_that_there_is(indices, first, entries):
    told = image(1, len(indices), "PALETTE COLOR", 1)
    for name in ("Red", "Green", "Blue"):
        told.add_new(f"{name}PaletteColorLookupTableDescriptor", "US", [len(entries), first, 16])
        told.add_new(f"{name}PaletteColorLookupTableData", "OW", np.array(entries, "<u2").tobytes())
    assert palette(told)[0].entries.tolist() == entries
    low, _ = colours(np.array([indices]), told)
    wanted = [entries[min(max(index - first, 0), len(entries) - 1)] / 65535 for index in indices]
    assert np.allclose(low[0, :, 0], wanted)


@given(
    st.integers(1, 7),
    st.integers(1, 9),
    st.tuples(st.integers(-9, 12), st.integers(-9, 12)),
    st.randoms(use_true_random=False),
)
def test_each_bit_of_an_overlay_is_where_its_origin_and_row_put_it(rows, columns, origin, chance):
    bits = [[chance.random() < 0.5 for _ in range(columns)] for _ in range(rows)]
    told = image(6, 8, "MONOCHROME2", 1)
    flat = [bit for row in bits for bit in row]
    raw = np.packbits(np.array(flat), bitorder="little").tobytes()
    for element, vr, value in (
        (0x0010, "US", rows),
        (0x0011, "US", columns),
        (0x0050, "SS", list(origin)),
        (0x3000, "OW", raw + b"\0" * (len(raw) % 2)),
    ):
        told.add_new((0x6002, element), vr, value)
    (plane,) = planes(told, None, 1)
    for row in range(6):
        for column in range(8):
            above, left = row - (origin[0] - 1), column - (origin[1] - 1)
            within = 0 <= above < rows and 0 <= left < columns
            assert plane.covered[row, column] == (within and bits[above][left])
