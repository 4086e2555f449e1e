"""The court's renderer against numbers worked out by hand from the standard's formulas."""

from __future__ import annotations

import math
from io import BytesIO

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence

from dicom_conformance.judge.rendering import RenderError, render
from dicom_conformance.judge.rendering.grayscale import Window, presentation, voi
from dicom_conformance.judge.rendering.values import table


def column(*values: float) -> np.ndarray:
    return np.array([values], dtype=np.float64)


def image(rows: int = 1, columns: int = 4, **further: object) -> Dataset:
    found = Dataset()
    found.Rows, found.Columns, found.BitsStored, found.PixelRepresentation = rows, columns, 8, 0
    found.PhotometricInterpretation = "MONOCHROME2"
    found.SOPInstanceUID, found.SeriesInstanceUID = "1.2.3", "1.2"
    for keyword, value in further.items():
        setattr(found, keyword, value)
    return found


def written(item: Dataset, little_endian: bool = True) -> Dataset:
    """Write a data set and read it again: the tables are bytes then, as from the wire."""
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = False, little_endian
    write_dataset(buffer, item)
    return read_dataset(BytesIO(buffer.getvalue()), False, little_endian)


def lut(descriptor: list[int], data: list[int], signed: bool = False) -> Dataset:
    item = Dataset()
    item.add_new("LUTDescriptor", "SS" if signed else "US", descriptor)
    item.add_new("LUTData", "US", data)
    return item


@pytest.mark.parametrize(
    ("x", "fraction"),
    [(0, 0.0), (1, 0.0), (1.5, 0.0), (2.5, 1 / 3), (3.0, 0.5), (4.5, 1.0), (5, 1.0)],
)
def test_linear_is_the_formula_of_c_11_2_1_2_1(x, fraction):
    # c = 3.5, w = 4: x <= 3.0 - 1.5 is black, x > 3.0 + 1.5 is white, between ((x - 3.0) / 3 + 0.5)
    assert Window(3.5, 4)(column(x))[0, 0] == pytest.approx(fraction)


def test_linear_of_width_1_is_a_threshold():
    assert Window(10, 1)(column(9, 9.5, 9.6, 10)).tolist() == [[0, 0, 1, 1]]


@pytest.mark.parametrize(("x", "fraction"), [(8, 0.0), (9, 0.25), (10, 0.5), (12, 1.0), (13, 1.0)])
def test_linear_exact_has_neither_the_half_nor_the_one(x, fraction):
    assert Window(10, 4, "LINEAR_EXACT")(column(x))[0, 0] == pytest.approx(fraction)


def test_sigmoid_is_a_half_at_its_center_and_never_ends():
    found = Window(100, 40, "SIGMOID")(column(100, 110, 90))
    assert found[0].tolist() == pytest.approx([0.5, 1 / (1 + math.exp(-1)), 1 / (1 + math.exp(1))])


@pytest.mark.parametrize("window", [(5, 0, "LINEAR"), (5, 0.5, "LINEAR"), (5, 0, "LINEAR_EXACT"), (5, 9, "CUBIC")])
def test_a_window_that_is_none_is_refused(window):
    with pytest.raises(RenderError):
        Window(*window)(column(1))


def test_a_table_gives_its_ends_to_what_is_beyond_them():
    found = table(written(lut([3, 10, 8], [7, 50, 200])), signed=False)
    assert found(column(-5, 10, 11, 12, 99)).tolist() == [[7, 7, 50, 200, 200]]
    assert found.top == 255


def test_a_first_value_may_be_negative_and_zero_means_65536():
    assert table(written(lut([2, -3, 16], [5, 6], signed=True)), signed=True).first == -3
    assert table(written(lut([2, 65533, 16], [5, 6])), signed=True).first == -3
    item = lut([0, -32768, 16], [], signed=True)
    item.add_new("LUTData", "OW", np.arange(65536, dtype="<u2").tobytes())
    many = table(written(item), signed=True)
    assert many(column(-32768, 0, 32767)).tolist() == [[0, 32768, 65535]]


@pytest.mark.parametrize("little_endian", [True, False])
def test_words_are_read_in_the_byte_order_of_the_data_set(little_endian):
    item = lut([2, 0, 16], [0x0102, 0xA0B0])
    holder = Dataset()
    holder.VOILUTSequence = Sequence([item])
    read = written(holder, little_endian).VOILUTSequence[0]
    assert table(read, signed=False).entries.tolist() == [0x0102, 0xA0B0]


@pytest.mark.parametrize("descriptor", [[4, 0, 16], [2, 0, 20], [2, 0]])
def test_a_descriptor_that_does_not_fit_is_refused(descriptor):
    with pytest.raises(RenderError):
        table(written(lut(descriptor, [1, 2])), signed=False)


def test_the_first_of_several_windows_counts_and_the_users_own_before_all():
    item = Dataset()
    item.WindowCenter, item.WindowWidth = [10, 100], [2, 2]
    assert voi(column(9, 10), item, None, (0, 255)).tolist() == [[0, 1]]
    assert voi(column(9, 10), item, (9, 2), (0, 255)).tolist() == [[1, 1]]


def test_without_a_voi_lut_the_range_is_spread():
    assert voi(column(0, 51, 255), None, None, (0, 255))[0].tolist() == pytest.approx([0, 0.2, 1])


def test_a_presentation_lut_spans_the_whole_input_range():
    state = Dataset()
    state.PresentationLUTSequence = Sequence([lut([3, 0, 10], [1023, 300, 0])])
    assert presentation(column(0, 0.5, 1), written(state))[0].tolist() == pytest.approx([1, 300 / 1023, 0])
    state = Dataset()
    state.PresentationLUTShape = "INVERSE"
    assert presentation(column(0.25), state)[0, 0] == 0.75


def test_the_state_and_not_the_image_says_what_is_done():
    stored = np.array([[0, 10, 20, 30]])
    own = image(RescaleSlope=5, WindowCenter=1, WindowWidth=2, PresentationLUTShape="INVERSE")
    state = Dataset()
    state.RescaleSlope, state.RescaleIntercept = 2, 10
    item = Dataset()
    item.WindowCenter, item.WindowWidth = 40.5, 61
    state.SoftcopyVOILUTSequence = Sequence([item])
    # 10, 30, 50, 70 in a window from 10 to 70: 0, 1/3, 2/3, 1
    assert render(stored, own, state).low[0].tolist() == pytest.approx([0, 85, 170, 255])


@pytest.mark.parametrize("shape", [None, "INVERSE", "IDENTITY"])
def test_monochrome1_is_inverted_once(shape):
    own = image(PhotometricInterpretation="MONOCHROME1", **({} if shape is None else {"PresentationLUTShape": shape}))
    assert render(np.array([[0, 255, 0, 0]]), own, None).low[0].tolist() == [255, 0, 255, 255]
