"""Identifiers: what is written reads back, in each encoding; pydicom is the second witness."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.filereader import read_dataset

from dicom_workstation.data_sets.identifiers import InvalidKeyError, decode_identifier, encode_identifier
from dicom_workstation.data_sets.structure import DataSetError
from dicom_workstation.tables import (
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    UNCOMPRESSED,
)

each_syntax = pytest.mark.parametrize("syntax", UNCOMPRESSED)


def pydicom_reads(raw: bytes, syntax: str):
    return read_dataset(BytesIO(raw), syntax == IMPLICIT_VR_LITTLE_ENDIAN, syntax != EXPLICIT_VR_BIG_ENDIAN)


@each_syntax
def test_text_goes_out_as_written(syntax):
    keys = {
        "PatientName": "DOE*",
        "StudyDate": "19990101-20001231",
        "StudyTime": "-1200",
        "ModalitiesInStudy": "CT\\MR",
        "StudyInstanceUID": ["1.2", "1.3.4"],
        "NumberOfStudyRelatedInstances": "",
        "Rows": "512",
    }
    raw = encode_identifier(keys, syntax)
    assert decode_identifier(raw, syntax) == {**keys, "StudyInstanceUID": "1.2\\1.3.4"}
    tags = [element.tag for element in pydicom_reads(raw, syntax)]
    assert tags == sorted(tags)
    assert len(raw) % 2 == 0


@each_syntax
def test_sequences(syntax):
    keys = {"RequestAttributesSequence": [{"ScheduledProcedureStepID": "7"}], "ProcedureCodeSequence": ""}
    found = pydicom_reads(encode_identifier(keys, syntax), syntax)
    assert found.RequestAttributesSequence[0].ScheduledProcedureStepID == "7"
    assert len(found.ProcedureCodeSequence) == 0
    assert (
        "ScheduledProcedureStepID: 7"
        in decode_identifier(encode_identifier(keys, syntax), syntax)["RequestAttributesSequence"]
    )


@pytest.mark.parametrize(
    ("character_set", "name"),
    [(None, "Müller^Jörg"), ("ISO_IR 100", "Müller^Jörg"), ("ISO_IR 144", "Люкceмбypг"), ("GB18030", "王^小东")],
)
def test_character_sets(character_set, name):
    keys = {"PatientName": name, **({"SpecificCharacterSet": character_set} if character_set else {})}
    raw = encode_identifier(keys, EXPLICIT_VR_LITTLE_ENDIAN)
    found = decode_identifier(raw, EXPLICIT_VR_LITTLE_ENDIAN)
    assert found["PatientName"] == name
    assert found["SpecificCharacterSet"] == (character_set or "ISO_IR 100")


@pytest.mark.parametrize(
    "keys",
    [
        {"NoSuchKeyword": ""},
        {"Rows": "many"},
        {"Rows": "70000"},
        {"ProcedureCodeSequence": "text"},
        {"PatientName": "Люкc", "SpecificCharacterSet": "ISO_IR 100"},
        {"StudyInstanceUID": "é"},
    ],
)
def test_what_cannot_be_sent_is_said(keys):
    with pytest.raises(InvalidKeyError):
        encode_identifier(keys, EXPLICIT_VR_LITTLE_ENDIAN)


@pytest.mark.parametrize("raw", [b"abc", b"\x10\x00\x10\x00\xff\x00\x00\x00ab", b"\x00" * 7])
def test_what_is_no_data_set_is_said(raw):
    with pytest.raises(DataSetError):
        decode_identifier(raw, IMPLICIT_VR_LITTLE_ENDIAN)


@given(st.binary(max_size=200), st.sampled_from(UNCOMPRESSED))
def test_any_bytes_are_read_or_refused(raw, syntax):
    try:
        found = decode_identifier(raw, syntax)
    except DataSetError:
        return
    assert all(isinstance(text, str) for text in found.values())


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="\\"), max_size=64))
def test_text_reads_back(text):
    raw = encode_identifier({"StudyDescription": text}, EXPLICIT_VR_LITTLE_ENDIAN)
    assert decode_identifier(raw, EXPLICIT_VR_LITTLE_ENDIAN) == {"StudyDescription": text}
