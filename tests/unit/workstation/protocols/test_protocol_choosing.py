"""What the workstation does with display protocols apart from the network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hospital import DATA, protocol, read
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from dicom_workstation.application import Workstation
from dicom_workstation.cli.command_line import main
from dicom_workstation.configuration import Configuration
from dicom_workstation.instances import StoredInstance
from dicom_workstation.instances.encode_instance import stored_instance
from dicom_workstation.outcome import Result


def radiograph(study: str, uid: str, **attributes: object) -> Dataset:
    made = Dataset()
    given = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1",
        "SOPInstanceUID": uid,
        "StudyInstanceUID": study,
        "SeriesInstanceUID": f"{study}.1",
        "PatientID": "4711",
        "StudyDate": "20260330",
        "Modality": "CR",
        "BodyPartExamined": "CHEST",
        "Rows": 8,
        "Columns": 8,
        **attributes,
    }
    for keyword, value in given.items():
        setattr(made, keyword, value)
    return made


PICTURES = (
    radiograph("2.25.1", "2.25.11", ViewPosition="PA"),
    radiograph("2.25.1", "2.25.12", ViewPosition="LL"),
    radiograph("2.25.2", "2.25.21", ViewPosition="PA", StudyDate="20250101"),
)


@pytest.fixture
def workstation() -> Workstation:
    found = Workstation(Configuration.from_keywords(display_protocols=[read("chest-x-ray")]))
    for each in PICTURES:
        found.memory.keep(stored_instance(each))
    return found


def test_without_an_archive_memory_decides(workstation: Workstation) -> None:
    found = workstation.choose_protocol(StudyInstanceUID="2.25.1")
    assert (found.result, found.protocol, found.series_queries) == (Result.SUCCESS, "Chest X-ray", 0)
    assert {each.display_set: each.images for each in found.boxes} == {
        1: (),
        2: ("2.25.21",),
        3: ("2.25.11",),
        4: ("2.25.12",),
    }
    assert json.loads(json.dumps(found.as_dict()))["boxes"][2]["position"] == "0.5\\1\\0.75\\0"


def test_a_study_that_is_not_in_memory_is_refused(workstation: Workstation) -> None:
    assert workstation.choose_protocol(StudyInstanceUID="2.25.9").result is Result.REFUSED
    assert workstation.choose_protocol("no archive", StudyInstanceUID="2.25.1").result is Result.REFUSED
    assert workstation.priors("no archive", StudyInstanceUID="2.25.1").result is Result.REFUSED


def test_the_priors_of_a_study_without_a_patient_are_not_asked_for() -> None:
    archive = {"ae_title": "ARCHIVE", "host": "127.0.0.1", "port": 9}
    workstation = Workstation(Configuration.from_keywords(archives={"archive": archive}))
    workstation.memory.keep(stored_instance(radiograph("2.25.1", "2.25.11", PatientID="")))
    found = workstation.priors("archive", StudyInstanceUID="2.25.1")
    assert (found.result, found.detail) == (
        Result.REFUSED,
        "no image of study 2.25.1 with a Patient ID is in memory",
    )


def test_a_changed_configuration_has_other_protocols(workstation: Workstation) -> None:
    workstation.reconfigure(display_protocols=[protocol("another")])
    assert workstation.choose_protocol(StudyInstanceUID="2.25.1").protocol == "another"
    workstation.reconfigure(display_protocols=[])
    found = workstation.choose_protocol(StudyInstanceUID="2.25.1")
    assert (found.protocol, found.why) == (None, "no display protocol is configured")


def test_what_is_no_data_set_has_no_attributes_and_does_no_harm(workstation: Workstation) -> None:
    uids = ("1.2.840.10008.5.1.4.1.1.1", "2.25.13", "2.25.1", "2.25.1.1")
    workstation.memory.keep(StoredInstance(*uids, ExplicitVRLittleEndian, b"this is no data set"))
    assert workstation.choose_protocol(StudyInstanceUID="2.25.1").protocol == "Chest X-ray"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for each in PICTURES:
        each.file_meta = FileMetaDataset()
        each.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        each.save_as(tmp_path / f"{each.SOPInstanceUID}.dcm", enforce_file_format=True)
    (tmp_path / "notes.txt").write_text("not DICOM", encoding="utf-8")
    return tmp_path


def test_the_command_chooses_for_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["protocols", "choose", str(folder), "--protocols", str(DATA)]
    assert main(given) == 2
    assert "give one with --study (2.25.1, 2.25.2)" in capsys.readouterr().err
    assert main([*given, "--study", "2.25.1"]) == 0
    told = capsys.readouterr()
    assert "display protocol: Chest X-ray: it is the only one that fits" in told.out
    assert "NeurosurgeryPlan does not fit" in told.out
    assert "notes.txt" in told.err
    assert main([*given, "--study", "2.25.1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["protocol"] == "Chest X-ray"


def test_the_command_says_what_is_wrong(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["protocols", "choose", str(folder / "notes.txt"), "--protocols", str(DATA)]) == 2
    assert main(["protocols", "choose", str(folder), "--peer", "archive"]) == 2
    assert "--peer needs --control" in capsys.readouterr().err
    assert main(["protocols", "choose", str(folder), "--protocols", str(folder / "missing.yaml")]) == 2
    assert main(["protocols", "check", str(folder / "notes.txt")]) == 2
