"""The picture, and what the modules of the IODs say."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.sr._concepts_dict import concepts

from dicom_simulators.data_sets import SOP_CLASSES, build
from dicom_simulators.data_sets.data_set import encode_data_set
from dicom_simulators.data_sets.pattern import FULL, draw, scale, tint
from dicom_simulators.data_sets.pixel_format import PixelFormat
from dicom_simulators.data_sets.transfer_syntaxes import transfer_syntax


def test_the_picture_depends_on_size_seed_and_label_only() -> None:
    assert np.array_equal(draw(48, 64, 2, 3, ("CT",)), draw(48, 64, 2, 3, ("CT",)))
    assert not np.array_equal(draw(48, 64, 1, 3, ("CT",)), draw(48, 64, 1, 4, ("CT",)))
    assert not np.array_equal(draw(48, 64, 1, 3, ("CT",)), draw(48, 64, 1, 3, ("MR",)))


def test_frames_differ_so_that_a_mix_up_shows() -> None:
    frames = draw(48, 64, 4, 0, ())
    assert all(not np.array_equal(frames[i], frames[i + 1]) for i in range(3))


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (2, 300), (48, 64), (513, 7)])
def test_any_size_can_be_drawn_within_range(rows: int, columns: int) -> None:
    picture = draw(rows, columns, 1, 5, ("LABEL 1.2.4.57",))
    assert picture.shape == (1, rows, columns)
    for values in (picture, tint(picture)):
        assert values.min() >= 0
        assert values.max() <= FULL


def test_scale_reaches_both_ends() -> None:
    assert scale(np.array([0, FULL], dtype=np.int32), -1024, 3071).tolist() == [-1024, 3071]


def test_signed_ct_has_negative_values_and_hounsfield_units_agree_in_all_depths() -> None:
    units = {}
    for uid in ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"):
        instance = build(transfer_syntax=uid)
        data_set = instance.read()
        assert instance.pixels is not None
        units[uid] = instance.pixels * float(data_set.RescaleSlope) + float(data_set.RescaleIntercept)
    native, eight, twelve = units.values()
    assert native.min() < -1000
    assert abs(twelve.min() - native.min()) <= 1
    assert abs(eight.max() - native.max()) <= 16


def _codes(data_set: Dataset) -> Iterator[tuple[str, str]]:
    for element in data_set:
        if element.VR == "SQ":
            for item in element.value:
                if "CodeValue" in item:
                    yield item.CodingSchemeDesignator, item.CodeValue
                yield from _codes(item)


def test_every_code_is_in_the_dictionary_of_the_standard() -> None:
    known = {(scheme, value) for scheme, rows in concepts.items() for values in rows.values() for value in values}
    codes = {pair for sop_class in SOP_CLASSES for pair in _codes(build("smallest", sop_class.uid).read())}
    assert len(codes) > 8
    assert codes <= known


def test_vrs_that_depend_on_the_pixels() -> None:
    explicit, implicit = transfer_syntax("1.2.840.10008.1.2.1"), transfer_syntax("1.2.840.10008.1.2")
    attributes = {"PixelPaddingValue": 1, "PixelData": b"\0\0"}
    signed = encode_data_set(attributes, PixelFormat(16, signed=True), explicit)
    assert b"\x28\x00\x20\x01SS" in signed
    assert b"\xe0\x7f\x10\x00OW" in signed
    byte = encode_data_set(attributes, PixelFormat(8), explicit)
    assert b"\x28\x00\x20\x01US" in byte
    assert b"\xe0\x7f\x10\x00OB" in byte
    assert b"OW" not in encode_data_set(attributes, PixelFormat(8), implicit)


@pytest.mark.parametrize("sop_class", [pytest.param(row, id=row.label) for row in SOP_CLASSES if row.frames > 1])
def test_the_frame_increment_pointer_points_at_something(sop_class: object) -> None:
    assert isinstance(sop_class, type(SOP_CLASSES[0]))
    data_set = build("smallest", sop_class.uid).read()
    pointers = data_set.FrameIncrementPointer
    for tag in pointers if isinstance(pointers, list) or hasattr(pointers, "append") else [pointers]:
        assert tag in data_set
