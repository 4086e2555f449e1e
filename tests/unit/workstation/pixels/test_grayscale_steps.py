"""Each step of the grayscale transformation sequence, against the standard's own formulas and tables."""

from __future__ import annotations

import numpy as np
import pytest
from pixel_images import grey
from pydicom.dataset import Dataset

from dicom_workstation.pixels import (
    Function,
    Image,
    LookUpTable,
    Mask,
    PixelError,
    Rescale,
    Shape,
    Window,
    lookup_table,
    mask,
    modality_lut,
    pixel_shape,
    presentation_lut,
    voi_lut,
)
from dicom_workstation.pixels.pixel_shape import PixelShape, with_square_pixels

VALUES = np.arange(-50.0, 300.0, 0.25)


def item(entries: list[int], first: int = 0, bits: int = 16, *, count: int | None = None, vr: str = "US") -> Dataset:
    found = Dataset()
    found.add_new("LUTDescriptor", vr, [len(entries) if count is None else count, first, bits])
    found.add_new("LUTData", "US", entries)
    return found


def read(found: Dataset, is_signed: bool = False, **options: bool) -> LookUpTable:
    return lookup_table.read_lookup_table(found, "table", is_signed=is_signed, **options)


# --- windows: PS3.3 C.11.2.1.2.1, C.11.2.1.3


@pytest.mark.parametrize(("center", "width"), [(127, 255), (100, 1), (100, 2), (100.5, 33.3), (-10, 1000)])
def test_linear_follows_the_pseudo_code(center, width):
    expected = [
        0.0
        if x <= center - 0.5 - (width - 1) / 2
        else 1.0
        if x > center - 0.5 + (width - 1) / 2
        else (x - (center - 0.5)) / (width - 1) + 0.5
        for x in VALUES
    ]
    assert np.allclose(Window(center, width).apply(VALUES), expected, atol=1e-12)


@pytest.mark.parametrize(("center", "width"), [(127, 256), (100, 0.5), (100, 1)])
def test_linear_exact_follows_the_pseudo_code(center, width):
    expected = [
        0.0 if x <= center - width / 2 else 1.0 if x > center + width / 2 else (x - center) / width + 0.5
        for x in VALUES
    ]
    assert np.allclose(Window(center, width, Function.LINEAR_EXACT).apply(VALUES), expected, atol=1e-12)


def test_sigmoid_follows_the_formula_and_does_not_overflow():
    found = Window(100, 40, Function.SIGMOID).apply(np.array([-1e9, 60.0, 100.0, 140.0, 1e9]))
    assert np.allclose(found, [0, 1 / (1 + np.exp(4)), 0.5, 1 / (1 + np.exp(-4)), 1])


@pytest.mark.parametrize(
    ("width", "function"),
    [(0, "LINEAR"), (0.9, "LINEAR"), (-5, "LINEAR"), (0, "LINEAR_EXACT"), (-1, "SIGMOID"), (float("nan"), "LINEAR")],
)
def test_a_window_that_is_too_narrow_is_refused(width, function):
    with pytest.raises(PixelError):
        Window(10, width, Function(function))


def test_several_windows_and_tables_come_in_order():
    found = Dataset()
    found.WindowCenter, found.WindowWidth = ["10", "20"], ["100", "200"]
    found.VOILUTSequence = [item([0, 1, 2])]
    luts = voi_lut.read(found, is_signed=False)
    assert luts[:2] == (Window(10, 100), Window(20, 200))
    assert isinstance(luts[2], LookUpTable)


@pytest.mark.parametrize(
    "changes",
    [
        {"WindowCenter": ["1", "2"], "WindowWidth": "3"},
        {"WindowCenter": "1", "WindowWidth": "0"},
        {"WindowCenter": "1", "WindowWidth": "2", "VOILUTFunction": "CUBIC"},
    ],
)
def test_windows_that_make_no_sense_are_refused(changes):
    found = Dataset()
    for keyword, value in changes.items():
        setattr(found, keyword, value)
    with pytest.raises(PixelError):
        voi_lut.read(found, is_signed=False)


def test_without_a_voi_lut_everything_is_shown():
    assert voi_lut.normalized(None, np.array([-100, 50, 200]), (-100, 200)).tolist() == [0, 0.5, 1]


def test_a_voi_lut_is_as_bright_as_its_bits_say():
    table = lookup_table.of_values(np.array([0, 511, 1023]), first=5, bits=10)
    assert np.allclose(voi_lut.normalized(table, np.array([0, 5, 6, 7, 99]), (0, 1)), [0, 0, 511 / 1023, 1, 1])


# --- tables


def test_input_outside_the_table_takes_the_nearest_entry():
    assert read(item([7, 8, 9], first=100)).apply(np.array([-5, 99, 100, 101, 102, 103, 70000])).tolist() == [
        7, 7, 7, 8, 9, 9, 9,
    ]  # fmt: skip


def test_zero_entries_stand_for_65536():
    entries = list(range(65536))
    table = read(item(entries, count=0))
    assert table.entries == 65536
    assert table.apply(np.array([0, 65535])).tolist() == [0, 65535]


@pytest.mark.parametrize(("vr", "value"), [("SS", -1024), ("US", 0x10000 - 1024)])
def test_the_first_value_mapped_can_be_negative(vr, value):
    table = read(item([1, 2, 3], first=value, vr=vr), is_signed=True)
    assert table.first == -1024
    assert table.apply(np.array([-1023])).tolist() == [2]


def test_the_first_value_mapped_of_unsigned_input_is_not_negative():
    assert read(item([1, 2], first=0xFC00)).first == 0xFC00


def test_eight_bit_entries_may_share_words():
    found = Dataset()
    found.LUTDescriptor = [3, 0, 8]
    found.add_new("LUTData", "OW", bytes([10, 20, 30, 0]))
    assert read(found).values.tolist() == [10, 20, 30]
    found.add_new("LUTData", "OW", bytes([20, 10, 0, 30]))
    assert read(found, is_little_endian=False).values.tolist() == [10, 20, 30]


def test_words_of_a_table_follow_the_byte_order():
    found = Dataset()
    found.LUTDescriptor = [2, 0, 16]
    found.add_new("LUTData", "OW", b"\x01\x02\x03\x04")
    assert read(found).values.tolist() == [0x0201, 0x0403]
    assert read(found, is_little_endian=False).values.tolist() == [0x0102, 0x0304]


def wrong_data(**changes: object) -> Dataset:
    found = item([1, 2, 3])
    for keyword, value in changes.items():
        found[keyword].value = value
    return found


WRONG_TABLES = {
    "too-few-entries": lambda: item([1, 2], count=3),
    "too-many-entries": lambda: item([1, 2, 3, 4], count=3),
    "7-bits": lambda: item([1, 2], bits=7),
    "17-bits": lambda: item([1, 2], bits=17),
    "entry-above-its-bits": lambda: item([1, 256], bits=8),
    "two-values": lambda: wrong_data(LUTDescriptor=[3, 0]),
    "no-data": lambda: wrong_data(LUTData=None),
}


@pytest.mark.parametrize("name", WRONG_TABLES)
def test_a_table_unlike_its_descriptor_is_refused(name):
    with pytest.raises(PixelError, match="table: "):
        read(WRONG_TABLES[name]())


# --- Modality LUT


def test_rescale_of_signed_values():
    found = Dataset()
    found.RescaleSlope, found.RescaleIntercept = "2", "-1024"
    lut = modality_lut.read(found, is_signed=True)
    assert lut == Rescale(2, -1024)
    assert lut.apply(np.array([-10, 0, 10], "<i2")).tolist() == [-1044, -1024, -1004]


def test_rescale_does_not_overflow_the_stored_type():
    assert Rescale(100, 0).apply(np.array([30000], "<i2")).tolist() == [3_000_000]


@pytest.mark.parametrize(("slope", "expected"), [(1, (-1000, 3095)), (-1, (-5095, -1000))])
def test_the_extent_of_a_rescale(slope, expected):
    assert modality_lut.extent(Rescale(slope, -1000), 0, 4095) == expected


def test_a_slope_of_zero_is_refused():
    found = Dataset()
    found.RescaleSlope, found.RescaleIntercept = "0", "1"
    with pytest.raises(PixelError, match="Slope"):
        modality_lut.read(found, is_signed=False)


def test_without_the_module_there_is_no_modality_lut():
    assert modality_lut.read(Dataset(), is_signed=False) is None
    assert modality_lut.extent(None, 0, 255) == (0, 255)


# --- Presentation LUT


def test_shapes_and_tables_of_the_presentation_lut():
    inputs = np.array([0, 0.25, 1.0])
    assert presentation_lut.apply(Shape.IDENTITY, inputs).tolist() == [0, 0.25, 1]
    assert presentation_lut.apply(Shape.INVERSE, inputs).tolist() == [1, 0.75, 0]
    table = lookup_table.of_values(np.array([0, 1000, 2000, 3000, 4095]), bits=12)
    assert np.allclose(presentation_lut.apply(table, inputs), [0, 1000 / 4095, 1])


def test_a_shape_that_is_none_is_refused():
    found = Dataset()
    found.PresentationLUTShape = "LIN OD"
    with pytest.raises(PixelError, match="LIN OD"):
        presentation_lut.read(found)
    assert presentation_lut.read(Dataset()) is None


# --- mask


FRAMES = {1: 10.0, 2: 20.0, 3: 60.0, 4: 100.0}


def frame(number: int) -> np.ndarray:
    return np.full((2, 2), FRAMES[number])


@pytest.mark.parametrize(
    ("found", "number", "expected"),
    [
        (Mask("AVG_SUB", frames=(1, 2)), 4, 85),
        (Mask("AVG_SUB", frames=(1,), ranges=((3, 4),)), 2, 20),
        (Mask("AVG_SUB", frames=(1,), averaged=2), 3, 70),
        (Mask("AVG_SUB", frames=(1,), averaged=2), 4, 100),  # there is no second contrast frame
        (Mask("TID"), 3, 40),
        (Mask("TID", offset=3), 4, 90),
        (Mask("TID", offset=-1), 3, -40),
        (Mask("TID"), 1, 10),
    ],
)
def test_masks_are_subtracted(found, number, expected):
    assert found.apply(number, 4, frame).tolist() == [[expected] * 2] * 2


def test_a_mask_is_shifted_by_fractions_of_a_pixel():
    picture = np.arange(12.0).reshape(3, 4)
    found = Mask("AVG_SUB", frames=(1,), shift=(0.0, 0.5))
    difference = found.apply(2, 2, lambda number: picture)
    assert difference[:, 1:].tolist() == [[0.5] * 3] * 3


@pytest.mark.parametrize(
    "changes",
    [
        {"MaskOperation": "AVG_SUB", "MaskFrameNumbers": [9]},
        {"MaskOperation": "AVG_SUB"},
        {"MaskOperation": "CUBE"},
        {"MaskOperation": "TID", "ApplicableFrameRange": [1, 2, 3]},
    ],
)
def test_masks_that_cannot_be_are_refused(changes):
    found = Dataset()
    entry = Dataset()
    for keyword, value in changes.items():
        setattr(entry, keyword, value)
    found.MaskSubtractionSequence = [entry]
    with pytest.raises(PixelError):
        mask.read(found, 4)


def test_a_mask_that_does_nothing_is_none():
    found = Dataset()
    found.MaskSubtractionSequence = [Dataset()]
    found.MaskSubtractionSequence[0].MaskOperation = "NONE"
    assert mask.read(found, 4) is None


# --- shape of pixels


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, PixelShape()),
        ({"PixelSpacing": ["0.5", "0.25"]}, PixelShape(0.5, 0.25, "PixelSpacing")),
        (
            {"ImagerPixelSpacing": ["0.1", "0.1"], "PixelSpacing": ["0.2", "0.2"]},
            PixelShape(0.2, 0.2, "PixelSpacing"),
        ),
        ({"PixelAspectRatio": ["4", "3"]}, PixelShape(4, 3, "PixelAspectRatio")),
    ],
)
def test_the_shape_of_pixels(changes, expected):
    image = grey(np.zeros((2, 2), "u1"), **changes)
    found = pixel_shape.read_pixel_shape(Image(image).data_set)
    assert found == expected
    assert found.is_physical == ("Spacing" in expected.origin)


@pytest.mark.parametrize("value", [["0", "1"], ["-1", "1"], ["1"]])
def test_a_spacing_that_cannot_be_is_refused(value):
    found = Dataset()
    found.PixelSpacing = value
    with pytest.raises(PixelError, match="PixelSpacing"):
        pixel_shape.read_pixel_shape(found)


def test_pixels_become_square():
    picture = np.array([[0, 100], [100, 200]], "u1")
    taller = with_square_pixels(picture, PixelShape(2, 1))
    assert taller.shape == (4, 2)
    assert taller[:, 0].tolist() == [0, 25, 75, 100]
    assert with_square_pixels(picture, PixelShape(1, 2)).shape == (2, 4)
    assert with_square_pixels(picture, PixelShape()) is picture
