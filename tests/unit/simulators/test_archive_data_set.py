"""Reading and writing of elements, with pydicom as second witness."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.filewriter import write_dataset

from dicom_simulators.encoding import data_set_codec
from dicom_simulators.encoding.data_set_codec import (
    DataSetError,
    Element,
    Encoding,
    character_set,
    encoding_of,
    read_elements,
    tag_of,
    values,
    vr_of,
    write_elements,
)
from dicom_simulators.encoding.transfer_syntax_uids import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
)

SYNTAXES = (IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN)


def sample() -> Dataset:
    code = Dataset()
    code.CodeValue = "T-D1100"
    code.CodeMeaning = "Head"
    data_set = Dataset()
    data_set.SpecificCharacterSet = "ISO_IR 100"
    data_set.PatientName = "Buc^Jérôme"
    data_set.ModalitiesInStudy = ["CT", "PT"]
    data_set.StudyInstanceUID = "1.2.3"
    data_set.ProcedureCodeSequence = [code, Dataset()]
    data_set.Rows = 512
    data_set.FrameIncrementPointer = 0x00181063
    data_set.StudyComments = "a\\b"
    data_set.PixelSpacing = ["0.5", "0.25"]
    return data_set


def encode(data_set: Dataset, transfer_syntax: str) -> bytes:
    encoding = encoding_of(transfer_syntax)
    file = BytesIO()
    buffer = pydicom.filebase.DicomFileLike(file)
    buffer.is_implicit_VR, buffer.is_little_endian = encoding.implicit, encoding.little_endian
    write_dataset(buffer, data_set)
    return file.getvalue()


@pytest.mark.parametrize("transfer_syntax", SYNTAXES)
def test_what_pydicom_writes_is_read_with_the_same_values(transfer_syntax):
    elements = read_elements(encode(sample(), transfer_syntax), transfer_syntax)
    terms = character_set(elements)
    assert values(elements[tag_of("PatientName")], terms) == ("Buc^Jérôme",)
    assert values(elements[tag_of("ModalitiesInStudy")]) == ("CT", "PT")
    assert values(elements[tag_of("StudyInstanceUID")]) == ("1.2.3",)
    assert values(elements[tag_of("Rows")]) == ("512",)
    assert values(elements[tag_of("FrameIncrementPointer")]) == ("00181063",)
    assert values(elements[tag_of("StudyComments")]) == ("a\\b",)
    items = elements[tag_of("ProcedureCodeSequence")].items
    assert values(items[0][tag_of("CodeValue")]) == ("T-D1100",)
    assert items[1] == {}


@pytest.mark.parametrize("transfer_syntax", SYNTAXES)
def test_what_is_written_is_what_pydicom_writes(transfer_syntax):
    raw = encode(sample(), transfer_syntax)
    assert write_elements(read_elements(raw, transfer_syntax), encoding_of(transfer_syntax)) == raw


@pytest.mark.parametrize("source", SYNTAXES)
@pytest.mark.parametrize("target", SYNTAXES)
def test_elements_go_from_each_encoding_into_each(source, target):
    elements = read_elements(encode(sample(), source), source)
    assert write_elements(elements, encoding_of(target)) == encode(sample(), target)


def test_a_deflated_bomb_is_refused(monkeypatch):
    monkeypatch.setattr(data_set_codec, "MOST_INFLATED_BYTES", 1000)
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    with pytest.raises(DataSetError, match="more than 1000 bytes"):
        read_elements(packer.compress(bytes(100_000)) + packer.flush(), DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN)


def test_a_deflated_data_set_is_inflated():
    raw = encode(sample(), EXPLICIT_VR_LITTLE_ENDIAN)
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    deflated = packer.compress(raw) + packer.flush()
    assert read_elements(deflated, DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN) == read_elements(raw, EXPLICIT_VR_LITTLE_ENDIAN)


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small_bigendian.dcm", "MR_small_implicit.dcm", "JPEG2000.dcm"])
def test_files_of_other_makers_are_read_up_to_pixel_data(name):
    path = get_testdata_file(name, download=False)
    if path is None:
        pytest.skip(f"pydicom ships no {name}")
    read = pydicom.dcmread(path)
    syntax = read.file_meta.TransferSyntaxUID
    with open(path, "rb") as file:
        raw = file.read()
    start = 144 + struct.unpack_from("<I", raw, 140)[0]
    elements = read_elements(raw[start:], syntax)
    assert elements == read_elements(raw, syntax, offset_bytes=start)
    assert max(elements) < 0x7FE00008
    assert values(elements[tag_of("SOPInstanceUID")]) == (str(read.SOPInstanceUID),)
    assert len(elements) == sum(1 for one in read if one.tag < 0x7FE00008)


def test_sequences_and_items_of_undefined_length_end_at_their_delimiters():
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF) + struct.pack("<HH2sH", 8, 0x100, b"SH", 2) + b"AB"
    item += struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
    raw = struct.pack("<HH2sHI", 8, 0x1032, b"SQ", 0, 0xFFFFFFFF) + item * 2 + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    raw += struct.pack("<HH2sH", 0x10, 0x20, b"LO", 2) + b"P1"
    elements = read_elements(raw, EXPLICIT_VR_LITTLE_ENDIAN)
    assert [values(one[tag_of("CodeValue")]) for one in elements[0x00081032].items] == [("AB",), ("AB",)]
    assert values(elements[tag_of("PatientID")]) == ("P1",)


def test_an_unknown_vr_of_undefined_length_is_an_implicit_sequence():
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 10) + struct.pack("<HHI", 8, 0x100, 2) + b"AB"
    raw = struct.pack("<HH2sHI", 9, 0x1001, b"UN", 0, 0xFFFFFFFF) + item + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    assert values(read_elements(raw, EXPLICIT_VR_LITTLE_ENDIAN)[0x00091001].items[0][0x00080100]) == ("AB",)


def test_an_element_of_vr_un_gets_the_vr_of_the_dictionary():
    raw = struct.pack("<HH2sHI", 0x10, 0x20, b"UN", 0, 2) + b"P1"
    assert read_elements(raw, EXPLICIT_VR_LITTLE_ENDIAN) == {0x00100020: Element(0x00100020, "LO", b"P1")}


@pytest.mark.parametrize("cut", [1, 5, 9, 13, 40])
def test_a_data_set_cut_short_is_an_error_of_its_own(cut):
    raw = encode(sample(), EXPLICIT_VR_LITTLE_ENDIAN)
    with pytest.raises(DataSetError):
        read_elements(raw[:-cut], EXPLICIT_VR_LITTLE_ENDIAN)


def test_nesting_without_end_is_an_error():
    raw = b""
    for _ in range(40):
        raw = struct.pack("<HHI", 0xFFFE, 0xE000, len(raw)) + raw
        raw = struct.pack("<HH2sHI", 8, 0x1032, b"SQ", 0, len(raw)) + raw
    with pytest.raises(DataSetError, match="deeper"):
        read_elements(raw, EXPLICIT_VR_LITTLE_ENDIAN)


def test_a_jpeg_transfer_syntax_means_explicit_little_endian():
    assert encoding_of("1.2.840.10008.1.2.4.70") == Encoding(implicit=False, little_endian=True)


def test_odd_values_are_padded_as_their_vr_wants():
    encoding = encoding_of(IMPLICIT_VR_LITTLE_ENDIAN)
    elements = {1: Element(0x0020000D, "UI", b"1.2"), 0: Element(0x00100020, "LO", b"ABC")}
    assert write_elements(elements, encoding).endswith(b"1.2\0")
    assert b"ABC " in write_elements(elements, encoding)


@pytest.mark.parametrize(
    ("tag", "vr"),
    [
        (0x00080000, "UL"),
        (0x00090010, "LO"),
        (0x00091001, "UN"),
        (0x00280106, "US"),
        (0x7FE00010, "OW"),
        (0x00051234, "UN"),
    ],
)
def test_vr_of_implicit_elements(tag, vr):
    assert vr_of(tag) == vr


def test_an_unknown_keyword_is_a_key_error():
    with pytest.raises(KeyError):
        tag_of("NoSuchKeyword")
