"""The court's colours against numbers worked out by hand from PS3.3 C.7.6.3.1 and C.7.9.2."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset

from dicom_conformance.judge.rendering import RenderError, compare, render
from dicom_conformance.judge.rendering.colour import colours, palette
from dicom_conformance.judge.rendering.stored import stored_values, words
from dicom_simulators.data_sets import build

SC = "1.2.840.10008.5.1.4.1.1.7"
NATIVE = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")


def image(data: bytes, model: str, columns: int = 2, rows: int = 1, vr: str = "OB", **further: object) -> Dataset:
    found = Dataset()
    found.Rows, found.Columns, found.BitsAllocated, found.BitsStored, found.HighBit = rows, columns, 8, 8, 7
    found.PixelRepresentation, found.PhotometricInterpretation = 0, model
    found.SamplesPerPixel = 1 if model == "PALETTE COLOR" else 3
    for keyword, value in further.items():
        setattr(found, keyword, value)
    found.add_new("PixelData", vr, data)
    return found


def as_sent(data_set: Dataset, little_endian: bool = True) -> Dataset:
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = False, little_endian
    write_dataset(buffer, data_set)
    return read_dataset(BytesIO(buffer.getvalue()), False, little_endian)


def seen(data_set: Dataset) -> list[list[int]]:
    low, high = colours(stored_values(data_set)[0], data_set)
    assert np.allclose(low, high)
    return [[round(255 * float(one)) for one in pixel] for pixel in low[0]]


def coloured(data: bytes, descriptor: list[int], *tables: bytes, segmented: bool = False, **further: object) -> Dataset:
    found = image(data, "PALETTE COLOR", columns=len(data), **further)
    for colour, table in zip(("Red", "Green", "Blue"), tables, strict=True):
        found.add_new(f"{colour}PaletteColorLookupTableDescriptor", "US", descriptor)
        keyword = f"{'Segmented' if segmented else ''}{colour}PaletteColorLookupTableData"
        found.add_new(keyword, "OW", table)
    return as_sent(found)


def little(*values: int) -> bytes:
    return np.array(values, "<u2").tobytes()


@pytest.mark.parametrize(
    ("planar", "data"), [(0, bytes([1, 2, 3, 40, 50, 60])), (1, bytes([1, 40, 2, 50, 3, 60]))], ids=["pixel", "plane"]
)
def test_planar_configuration_says_how_the_samples_lie(planar, data):
    assert seen(image(data, "RGB", PlanarConfiguration=planar)) == [[1, 2, 3], [40, 50, 60]]


@pytest.mark.parametrize(
    ("ybr", "rgb"),
    [
        ((76, 85, 255), [254, 0, 0]),  # red: Y = 76.245, CB = 84.98, CR = 255.5
        ((150, 44, 21), [0, 255, 1]),  # green: Y = 149.685, CB = 43.52, CR = 21.23
        ((29, 255, 107), [0, 0, 254]),  # blue: Y = 29.07, CB = 255.5, CR = 107.27
        ((100, 128, 128), [100, 100, 100]),
    ],
)
def test_ybr_full_is_turned_back_by_the_equations_of_c_7_6_3_1_2(ybr, rgb):
    (pixel, _) = seen(image(bytes([*ybr, *ybr]), "YBR_FULL", PlanarConfiguration=0))
    assert np.abs(np.array(pixel) - rgb).max() <= 1


def test_two_pixels_of_ybr_full_422_share_cb_and_cr():
    told = image(bytes([50, 60, 128, 128, 200, 210, 128, 228]), "YBR_FULL_422", columns=4)
    low, high = colours(stored_values(told)[0], told)
    assert [round(255 * float(one)) for one in low[0, 0]] == [50, 50, 50]
    assert [round(255 * float(one)) for one in low[0, 1]] == [60, 0, 60]  # between grey and the next pair's red
    assert [round(255 * float(one)) for one in high[0, 1]] == [200, 60, 60]  # 60 + 1.402 * 100
    assert np.allclose(low[0, 2:], high[0, 2:])  # co-sited, and the last, which has nothing beyond
    assert round(255 * float(low[0, 3, 1])) == round(210 - 0.714 * 100)


def test_samples_of_8_bits_may_have_come_as_big_endian_words():
    told = image(bytes([2, 1, 40, 3, 60, 50]), "RGB", vr="OW", PlanarConfiguration=0)
    told = as_sent(told, little_endian=False)
    assert seen(told) == [[1, 2, 3], [40, 50, 60]]


def test_a_palette_is_entered_less_its_first_value_and_at_its_ends():
    table = little(0, 65535, 32768)
    told = coloured(bytes([9, 10, 11, 12, 13, 200]), [3, 10, 16], table, table[2:] + table[:2], table)
    assert [pixel[0] for pixel in seen(told)] == [0, 0, 255, 128, 128, 128]
    assert [pixel[1] for pixel in seen(told)] == [255, 255, 128, 0, 0, 0]


@pytest.mark.parametrize("order", ["<", ">"])
def test_entries_of_8_bits_lie_two_in_a_word_the_first_in_its_lower_half(order):
    pairs = np.array([0x0201, 0x0403], f"{order}u2").tobytes()
    found = image(bytes([0, 1, 2, 3]), "PALETTE COLOR", columns=4)
    for colour in ("Red", "Green", "Blue"):
        found.add_new(f"{colour}PaletteColorLookupTableDescriptor", "US", [4, 0, 8])
        found.add_new(f"{colour}PaletteColorLookupTableData", "OW", pairs)
    told = as_sent(found, little_endian=order == "<")
    assert [pixel[0] for pixel in seen(told)] == [1, 2, 3, 4]


def test_segments_are_expanded():
    # discrete 100 200; a line to 500 in three; both once more (the discrete one lies at byte 0)
    table = little(0, 2, 100, 200, 1, 3, 500, 2, 2, 0, 0)
    found = coloured(bytes(2), [10, 0, 16], table, table, table, segmented=True)
    assert palette(found)[0].entries.tolist() == [100, 200, 300, 400, 500] * 2


def test_a_line_that_is_copied_begins_where_the_copy_stands():
    table = little(0, 1, 0, 1, 2, 20, 0, 1, 100, 2, 1, 6, 0)  # 0, 10, 20, 100; then the line to 20 from 100
    found = coloured(bytes(2), [6, 0, 16], table, table, table, segmented=True)
    assert palette(found)[0].entries.tolist() == [0, 10, 20, 100, 60, 20]


@pytest.mark.parametrize("table", [little(1, 3, 500), little(3, 1, 1), little(0, 9, 1), little(0)])
def test_segments_that_cannot_be_expanded_are_no_palette(table):
    with pytest.raises(RenderError, match="segment"):
        palette(coloured(bytes(2), [3, 0, 16], table, table, table, segmented=True))


def test_a_palette_shorter_than_it_says_is_none():
    with pytest.raises(RenderError, match="entries"):
        palette(coloured(bytes(2), [9, 0, 16], little(1), little(1), little(1)))


@pytest.mark.parametrize("model", ["YBR_PARTIAL_422", "HSV", ""])
def test_a_model_that_is_not_known_is_said(model):
    with pytest.raises(RenderError, match="unknown colour model"):
        colours(np.zeros((1, 2, 3)), image(bytes(6), model), "")


def test_too_few_samples_are_said():
    with pytest.raises(RenderError, match="3 samples instead of 6"):
        words(image(bytes(3), "RGB"))


def test_stored_values_are_the_bits_that_end_at_the_high_bit():
    told = Dataset()
    told.Rows, told.Columns, told.BitsAllocated, told.BitsStored, told.HighBit = 1, 3, 16, 4, 5
    told.PixelRepresentation, told.SamplesPerPixel, told.PhotometricInterpretation = 1, 1, "MONOCHROME2"
    told.add_new("PixelData", "OW", little(0xFFC7, 0b011100, 0b100000) + b"")
    assert stored_values(told).tolist() == [[[1, 7, -8]]]


@pytest.mark.parametrize("name", ["rgb_by_plane", "ybr_full", "ybr_full_by_plane", "ybr_full_422"])
def test_each_model_of_the_same_picture_is_nearly_the_same_picture(name):
    rgb = build("smallest", SC, seed=7)
    told = build(name, SC, seed=7).read()
    expected = render(rgb.pixels[0], rgb.read(), None, model="RGB")
    found = render(stored_values(told)[0], told, None)
    area = (slice(20, None), slice(None))  # below the letters, which tell the recipe
    assert np.abs((found.low - expected.low)[area]).max() < 14
    assert np.median(np.abs((found.low - expected.low)[area])) < 1


@pytest.mark.parametrize("name", ["rgb_by_plane", "ybr_full_422", "palette_8", "palette_16", "palette_segmented"])
def test_the_transfer_syntax_changes_nothing(name):
    found = [build(name, SC, syntax, seed=7).read() for syntax in NATIVE]
    pictures = [render(stored_values(one)[0], one, None).low for one in found]
    assert all((one == pictures[0]).all() for one in pictures)


@pytest.mark.parametrize("colour", [0, 1, 2])
def test_each_colour_is_compared(colour):
    told = build("palette_16", SC, seed=7).read()
    expected = render(stored_values(told)[0], told, None)
    picture = expected.picture
    assert not compare(expected, picture, 1).complaints
    wrong = picture.copy()
    wrong[40, 3, colour] ^= 0x40
    assert "row 41, column 4" in compare(expected, wrong, 1).complaints[0]
    assert "shape" in compare(expected, picture[..., 0], 1).complaints[0]


def test_a_grayscale_state_is_for_no_image_in_colour():
    told = build("palette_8", SC, seed=7).read()
    with pytest.raises(RenderError, match="colour"):
        render(stored_values(told)[0], told, Dataset())
