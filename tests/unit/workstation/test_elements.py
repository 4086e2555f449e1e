"""Walking over data sets: each structure of PS3.5 Section 7 is followed, and what breaks it is said."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from dicom_workstation.data_sets.structure import DataSetError, walk
from dicom_workstation.tables import (
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    UNCOMPRESSED,
)

UNDEFINED = 0xFFFFFFFF


def encode(found: Dataset, transfer_syntax: str) -> bytes:
    stream = DicomBytesIO()
    stream.is_implicit_VR = transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN
    stream.is_little_endian = transfer_syntax != EXPLICIT_VR_BIG_ENDIAN
    write_dataset(stream, found)
    return stream.getvalue()


def nested(undefined: bool) -> Dataset:
    inner, middle, outer = Dataset(), Dataset(), Dataset()
    inner.CodeValue = "7"
    middle.PurposeOfReferenceCodeSequence = [inner, inner]
    outer.ReferencedImageSequence = [middle]
    outer.PatientID = "1"
    for holder in (middle["PurposeOfReferenceCodeSequence"], outer["ReferencedImageSequence"]):
        holder.is_undefined_length = undefined
        for item in holder.value:
            item.is_undefined_length_sequence_item = undefined
    return outer


@pytest.mark.parametrize("transfer_syntax", UNCOMPRESSED)
@pytest.mark.parametrize("undefined", [False, True])
def test_sequences_of_both_kinds(transfer_syntax, undefined):
    raw = encode(nested(undefined), transfer_syntax)
    found = walk(raw, transfer_syntax)
    assert list(found) == [0x00081140, 0x00100020]
    place = found[0x00100020]
    assert raw[place.offset : place.offset + place.length] == b"1 "


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm", "JPEG-lossy.dcm", "rtplan.dcm"])
def test_real_data_sets_have_the_elements_that_pydicom_finds(name):
    path = get_testdata_file(name)
    read = dcmread(path)
    raw = encode(read, EXPLICIT_VR_LITTLE_ENDIAN)
    assert list(walk(raw, EXPLICIT_VR_LITTLE_ENDIAN)) == sorted(int(element.tag) for element in read)


def test_a_un_of_undefined_length_holds_implicit_items():
    item = struct.pack("<HHL", 0x0008, 0x0100, 2) + b"7 "
    items = struct.pack("<HHL", 0xFFFE, 0xE000, len(item)) + item + struct.pack("<HHL", 0xFFFE, 0xE0DD, 0)
    raw = struct.pack("<HH2sHL", 0x0009, 0x1001, b"UN", 0, UNDEFINED) + items
    assert walk(raw, EXPLICIT_VR_LITTLE_ENDIAN)[0x00091001].length == len(items) - 8


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "is empty"),
        (b"\x08\x00\x05", "ends within the header"),
        (struct.pack("<HHL", 8, 5, 10) + b"abc", "ends within element 00080005"),
        (struct.pack("<HHL", 8, 5, 2) + b"ab" + struct.pack("<HHL", 8, 5, 2) + b"ab", "twice"),
        (struct.pack("<HHL", 8, 0x1140, UNDEFINED), "ends within a sequence"),
        (struct.pack("<HHLHHL", 8, 0x1140, UNDEFINED, 8, 5, 0), "where an item begins"),
        (struct.pack("<HHLHHL", 8, 0x1140, UNDEFINED, 0xFFFE, 0xE000, 99), "ends within an item"),
    ],
)
def test_what_breaks_the_structure_is_said(raw, words):
    with pytest.raises(DataSetError, match=words):
        walk(raw, IMPLICIT_VR_LITTLE_ENDIAN)


def test_nesting_without_end_is_refused():
    deep = struct.pack("<HHLHHL", 8, 0x1140, UNDEFINED, 0xFFFE, 0xE000, UNDEFINED) * 500
    with pytest.raises(DataSetError, match="nested too deep"):
        walk(deep, IMPLICIT_VR_LITTLE_ENDIAN)


def test_a_missing_vr_is_said():
    with pytest.raises(DataSetError, match="has an invalid VR"):
        walk(struct.pack("<HHL", 8, 5, 2) + b"ab", EXPLICIT_VR_LITTLE_ENDIAN)


@given(st.binary(max_size=300), st.sampled_from(UNCOMPRESSED))
def test_any_bytes_are_walked_or_refused(raw, transfer_syntax):
    try:
        found = walk(raw, transfer_syntax)
    except DataSetError:
        return
    assert all(0 <= place.offset <= place.offset + place.length <= len(raw) for place in found.values())


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (struct.pack("<HH2sHL", 9, 0x1001, b"ZZ", 0, 2) + b"ab", "unknown VR ZZ"),
        (struct.pack("<HH2sHL", 8, 0, b"UL", 4, 99) + struct.pack("<HH2sH", 8, 5, b"CS", 2) + b"ab", "Group Length"),
        (struct.pack("<HH2sH", 0x10, 0x10, b"PN", 3000) + b"A" * 3000, "3000 bytes at element 00100010"),
        (struct.pack("<HH2sHLHHL", 8, 0x1140, b"SQ", 0, 8, 0xFFFE, 0xE000, 9), "ends within an item"),
        (struct.pack("<HH2sHLHHL", 8, 0x1140, b"SQ", 0, 8, 8, 5, 0), "where an item begins"),
    ],
)
def test_what_only_a_hostile_peer_sends_is_said(raw, words):
    with pytest.raises(DataSetError, match=words):
        walk(raw, EXPLICIT_VR_LITTLE_ENDIAN)


def test_many_values_are_no_long_value():
    values = b"\\".join([b"1.5"] * 2000) + b" "
    raw = struct.pack("<HH2sH", 0x3006, 0x50, b"DS", len(values)) + values
    assert walk(raw, EXPLICIT_VR_LITTLE_ENDIAN)[0x30060050].length == len(values)


@pytest.mark.parametrize("stale", [0, -3, 8])
def test_a_group_length_that_is_right_or_stale_is_no_fault(stale):
    group = struct.pack("<HH2sH", 8, 5, b"CS", 2) + b"ab"
    group_length = struct.pack("<HH2sHL", 8, 0, b"UL", 4, len(group) + stale)
    raw = group_length + group + struct.pack("<HH2sH", 0x10, 0x20, b"LO", 0)
    assert list(walk(raw, EXPLICIT_VR_LITTLE_ENDIAN)) == [0x00080000, 0x00080005, 0x00100020]
