"""Instances, files, and the door that builds them."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file

from dicom_simulators.data_sets import TRANSFER_SYNTAXES, Instance, build, read_file, write_file
from dicom_simulators.data_sets.identity import uid


def test_the_same_arguments_give_the_same_object() -> None:
    assert build("smallest", seed=5) is build("smallest", seed=5)
    assert build(PatientID="A") is build(PatientID="A")
    assert build(PatientID="A") is not build(PatientID="B")


def test_unhashable_changes_are_built_anew_and_equal() -> None:
    item = {"ReferencedSOPClassUID": "1.2", "ReferencedSOPInstanceUID": "1.2.3"}
    one, other = build(ReferencedImageSequence=[item]), build(ReferencedImageSequence=[item])
    assert one is not other
    assert one == other
    assert one.read().ReferencedImageSequence[0].ReferencedSOPInstanceUID == "1.2.3"


def test_the_bytes_are_the_same_on_every_machine() -> None:
    # Uncompressed: no codec's release has a say. A change here changes every recorded instance; say so in CHANGELOG.md.
    digest = hashlib.sha256(build(seed=7).file_bytes()).hexdigest()
    assert digest == "1ace8f3c0fb96010ba1ef2f3dfd90989c43ceb7c606b1ee37081fd983d46957c"


def test_another_process_builds_the_same_bytes_in_every_transfer_syntax() -> None:
    script = (
        "import hashlib; from dicom_simulators.data_sets import TRANSFER_SYNTAXES, build;"
        "print([hashlib.sha256(build(transfer_syntax=s.uid).file_bytes()).hexdigest() for s in TRANSFER_SYNTAXES])"
    )
    there = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()
    here = [hashlib.sha256(build(transfer_syntax=s.uid).file_bytes()).hexdigest() for s in TRANSFER_SYNTAXES]
    assert there == str(here)


def test_an_instance_never_changes() -> None:
    instance, name = build(), "SOPInstanceUID"
    with pytest.raises(FrozenInstanceError):
        setattr(instance, name, "1.2.3")
    assert instance.pixels is not None
    with pytest.raises(ValueError, match="read-only"):
        instance.pixels[0, 0, 0] = 1
    assert hash(instance) == hash(build())


@pytest.mark.parametrize("syntax", [pytest.param(s.uid, id=s.uid) for s in TRANSFER_SYNTAXES])
def test_a_file_comes_back_as_it_went(tmp_path: Path, syntax: str) -> None:
    instance = build("smallest", "1.2.840.10008.5.1.4.1.1.4", syntax)
    path = write_file(instance, tmp_path / "instance.dcm")
    again = read_file(path)
    assert (again.SOPClassUID, again.SOPInstanceUID) == (instance.SOPClassUID, instance.SOPInstanceUID)
    assert (again.transfer_syntax, again.data_set) == (instance.transfer_syntax, instance.data_set)
    assert again.pixels is None
    assert again.file_bytes() == path.read_bytes()
    assert dcmread(path).SOPInstanceUID == instance.SOPInstanceUID


def test_a_foreign_file_keeps_the_bytes_of_its_data_set() -> None:
    path = str(get_testdata_file("CT_small.dcm", download=False))
    instance = read_file(path)
    theirs = dcmread(path)
    assert instance.SOPClassUID == theirs.SOPClassUID
    assert instance.SOPInstanceUID == theirs.SOPInstanceUID
    assert Path(path).read_bytes().endswith(instance.data_set)
    assert instance.read().PixelData == theirs.PixelData


def test_file_meta_says_its_own_length() -> None:
    raw = build().file_bytes()
    assert raw[128:132] == b"DICM"
    length = int.from_bytes(raw[140:144], "little")
    assert raw[144 + length :] == build().data_set


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        (b"", "no DICM"),
        (b"\0" * 200, "no DICM"),
        (b"\0" * 128 + b"DICM", r"lacks \(0002,0002\)"),
        (b"\0" * 128 + b"DICM\x02\x00\x02\x00UI\x04\x001.2\0", r"lacks \(0002,0003\)"),
        (b"\0" * 128 + b"DICM\x02\x00\x02\x00UI\xff\xff1.2", r"lacks \(0002,0003\)"),
    ],
)
def test_what_is_no_part_10_file_is_named(tmp_path: Path, raw: bytes, complaint: str) -> None:
    path = tmp_path / "wrong.dcm"
    path.write_bytes(raw)
    with pytest.raises(ValueError, match=complaint):
        read_file(path)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"recipe": "biggest"}, "unknown recipe"),
        ({"sop_class": "1.2.3"}, "SOP Class"),
        ({"transfer_syntax": "1.2.840.10008.1.2.4.80"}, "transfer syntax"),
        ({"PatientsName": "X"}, "PatientsName"),
        ({"remove": ("PatientsName",)}, "PatientsName"),
        ({"patient_id": "X"}, "patient_id"),
        ({"rows": 0}, "rows"),
        ({"frames": 2}, "multi-frame"),
        ({"Rows": "many"}, r"Rows \(US\)"),
        ({"PixelData": "zz"}, r"PixelData \(OW\)"),
        ({"ReferencedImageSequence": "x"}, "ReferencedImageSequence is a sequence"),
        ({"recipe": "ct_512", "sop_class": "1.2.840.10008.5.1.4.1.1.4"}, "ct_512"),
        ({"recipe": "large", "sop_class": "1.2.840.10008.5.1.4.1.1.11.1"}, "large"),
    ],
)
def test_a_wrong_argument_is_named(arguments: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        build(**arguments)


def test_changes_set_empty_and_remove_elements() -> None:
    data_set = build(PatientID="X", PatientSex=None, Rows="7", remove=("PixelData", "StudyID")).read()
    assert data_set.PatientID == "X"
    assert data_set.PatientSex == ""
    assert data_set.Rows == 7
    assert "PixelData" not in data_set
    assert "StudyID" not in data_set


def test_what_is_to_be_removed_may_be_one_text() -> None:
    data_set = build(remove="PixelData\\StudyID").read()
    assert "PixelData" not in data_set
    assert "StudyID" not in data_set


def test_an_empty_uid_in_the_data_set_leaves_the_instance_its_own() -> None:
    instance = build(SOPInstanceUID=None, StudyDate=None)
    assert instance.SOPInstanceUID == build().SOPInstanceUID
    assert instance.read().SOPInstanceUID == ""
    assert instance.read().StudyDate == ""


def test_an_unlawful_value_is_written_as_it_is() -> None:
    data_set = build(PatientID="X" * 70, StudyDate="yesterday").data_set
    assert b"X" * 70 in data_set
    assert b"yesterday" in data_set


@pytest.mark.parametrize("syntax", [pytest.param(s.uid, id=s.uid) for s in TRANSFER_SYNTAXES[:3]])
def test_a_number_that_is_none_is_written_as_it_is(syntax: str) -> None:
    instance = build(transfer_syntax=syntax, InstanceNumber="third", SliceThickness="1.5")
    assert b"third " in instance.data_set
    assert instance.read().SliceThickness == 1.5


def test_texts_stand_for_numbers_and_bytes() -> None:
    data_set = build(Rows="12", PixelData="0102ff00", PatientAge=5, PatientSize="").read()
    assert data_set.Rows == 12
    assert data_set.PixelData == b"\x01\x02\xff\x00"
    assert data_set["PatientAge"].value == "5"
    assert data_set.PatientSize is None


def test_the_instance_follows_its_own_uid_but_not_the_class_in_the_data_set() -> None:
    renamed = build(SOPInstanceUID="1.2.3")
    assert renamed.SOPInstanceUID == renamed.read().SOPInstanceUID == "1.2.3"
    lying = build(SOPClassUID="1.2.840.10008.5.1.4.1.1.4")
    assert lying.SOPClassUID == "1.2.840.10008.5.1.4.1.1.2"
    assert lying.read().SOPClassUID == "1.2.840.10008.5.1.4.1.1.4"


def test_text_beyond_latin_1_turns_the_data_set_to_utf_8() -> None:
    assert build(PatientName="Müller^Jürgen").read().SpecificCharacterSet == "ISO_IR 100"
    last, next_one = (build(PatientName=letter).read().SpecificCharacterSet for letter in "ÿĀ")
    assert (last, next_one) == ("ISO_IR 100", "ISO_IR 192")
    japanese = build(PatientName="Yamada^Tarou=山田^太郎").read()
    assert japanese.SpecificCharacterSet == "ISO_IR 192"
    assert japanese.PatientName.ideographic == "山田^太郎"
    chosen = build(PatientName="Иванов^Иван", SpecificCharacterSet="ISO_IR 144")
    assert "Иванов".encode("iso8859-5") in chosen.data_set


def test_uids_are_lawful_and_follow_from_their_names() -> None:
    assert uid("a", 1) == uid("a", "1") != uid("a", 2)
    assert uid("a").startswith("2.25.")
    assert len(uid("a")) <= 64


def test_importing_costs_no_numpy_no_pydicom_and_no_codec() -> None:
    script = (
        "import sys, simulators; before = set(sys.modules); import dicom_simulators.data_sets;"
        "print(sorted({'numpy', 'pydicom', 'imagecodecs'} & (set(sys.modules) - before)))"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_an_instance_of_ones_own_needs_no_pixels() -> None:
    own = Instance("1.2", "1.2.3", "1.2.840.10008.1.2", b"\x10\x00\x20\x00\x02\x00\x00\x00X ")
    assert own.read().PatientID == "X"
