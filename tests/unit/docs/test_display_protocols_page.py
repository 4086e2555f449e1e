"""The page about display protocols: its example is checked and tried, and its answer is what the command says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from dicom_workstation.cli.command_line import main
from dicom_workstation.configuration import Configuration

PAGE = (Path(__file__).parents[3] / "docs" / "display-protocols.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "protocols").mkdir()
    (tmp_path / "protocols" / "chest.yaml").write_text(EXAMPLES[0], encoding="utf-8")
    studies = tmp_path / "studies"
    studies.mkdir()
    for study, date, view in (("1", "20260330", "PA"), ("1", "20260330", "LL"), ("2", "20250301", "PA")):
        made = Dataset()
        made.file_meta = FileMetaDataset()
        made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        made.SOPClassUID, made.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.1", f"2.25.{study}{len(view)}{ord(view[0])}"
        made.StudyInstanceUID, made.SeriesInstanceUID = f"2.25.{study}", f"2.25.{study}.1"
        made.PatientID, made.StudyDate, made.Modality = "4711", date, "CR"
        made.BodyPartExamined, made.ViewPosition, made.Rows, made.Columns = "CHEST", view, 8, 8
        made.save_as(studies / f"{made.SOPInstanceUID}.dcm", enforce_file_format=True)
    return tmp_path


def test_the_example_answers_as_the_page_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    protocol = str(folder / "protocols" / "chest.yaml")
    assert main(["protocols", "check", protocol]) == 0
    capsys.readouterr()
    assert main(["protocols", "choose", str(folder / "studies"), "--protocols", protocol, "--study", "2.25.1"]) == 0
    (answer,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    assert capsys.readouterr().out.startswith(answer)


def test_the_configuration_of_the_page_is_one(folder: Path) -> None:
    (folder / "workstation.yaml").write_text(EXAMPLES[1], encoding="utf-8")
    found = Configuration.from_file(folder / "workstation.yaml")
    assert found.reader_group == "Chest readers"
    assert found.display_protocol_files == (str(folder / "protocols"),)
