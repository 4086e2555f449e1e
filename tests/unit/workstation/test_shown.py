"""Data sets as the user sees them: each item by its own character set, doubts with the keyword that they are about."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_charset_files

from dicom_workstation.application import Workstation
from dicom_workstation.configuration.configuration import Configuration, ConfigurationError
from dicom_workstation.data_sets.data_set_display import show
from dicom_workstation.data_sets.identifiers import encode_identifier
from dicom_workstation.instances.memory import StoredInstance
from dicom_workstation.tables import EXPLICIT_VR_LITTLE_ENDIAN, UNCOMPRESSED

FILES = sorted(path for path in get_charset_files("*.dcm"))


@pytest.mark.parametrize("syntax", UNCOMPRESSED)
def test_items_have_a_character_set_of_their_own_or_that_around_them(syntax):
    item = {"SpecificCharacterSet": "\\ISO 2022 IR 87", "CodeMeaning": "山", "CodeValue": "1"}
    keys = {
        "SpecificCharacterSet": "ISO_IR 100",
        "PatientName": "Müller",
        "ProcedureCodeSequence": [item, {"CodeMeaning": "Schädel"}],
    }
    shown = show(encode_identifier(keys, syntax), syntax)
    assert "CodeMeaning: 山}" in shown.values["ProcedureCodeSequence"]
    assert "{CodeMeaning: Schädel}" in shown.values["ProcedureCodeSequence"]
    assert shown.doubts == ()


def test_a_doubt_names_its_keyword():
    raw = encode_identifier({"SpecificCharacterSet": "ISO_IR 100", "PatientName": "Müller"}, EXPLICIT_VR_LITTLE_ENDIAN)
    shown = show(raw.replace(b"ISO_IR 100", b"ISO_IR 192"), EXPLICIT_VR_LITTLE_ENDIAN)
    assert shown.doubts == ("PatientName: byte FC is invalid in ISO_IR 192",)
    assert shown.values["PatientName"] == "M\ufffdller"


@pytest.mark.parametrize("path", FILES, ids=[path.rpartition("/")[2] for path in FILES])
def test_the_files_that_ship_with_pydicom(path):
    found = dcmread(path)
    found.remove_private_tags()
    raw = BytesIO(Path(path).read_bytes())
    raw.seek(found.file_meta.FileMetaInformationGroupLength + 144)
    shown = show(raw.read(), str(found.file_meta.TransferSyntaxUID), 0x7FE00000)
    assert shown.doubts == ()
    if "PatientName" in found:
        assert shown.values["PatientName"].rstrip("=") == str(found.PatientName).rstrip("=")


def test_what_is_not_in_memory_is_refused_and_what_is_there_shown():
    raw = encode_identifier({"PatientName": "Müller"}, EXPLICIT_VR_LITTLE_ENDIAN)
    with Workstation(Configuration()) as workstation:
        assert workstation.show(SOPInstanceUID="1.2").as_dict()["result"] == "refused"
        workstation.memory.keep(StoredInstance("1.1", "1.2", "1.3", "1.4", EXPLICIT_VR_LITTLE_ENDIAN, raw))
        told = workstation.show(SOPInstanceUID="1.2").as_dict()
    assert told["attributes"]["PatientName"] == "Müller"
    assert told["doubtful"] == []


@pytest.mark.parametrize("wrong", ["UTF-8", "ISO_IR_100", "GB18030\\ISO 2022 IR 87"])
def test_a_character_set_that_there_is_not_cannot_be_configured(wrong):
    with pytest.raises(ConfigurationError, match="query_character_sets"):
        Configuration.from_keywords(query_character_sets=[wrong])
