"""Display protocols as instances of Hanging Protocol Storage, and back."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hospital import DATA, display_set, image_set, protocol, read
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from dicom_workstation.cli.command_line import main
from dicom_workstation.configuration import protocol_of, read_protocol_files
from dicom_workstation.protocols import SOP_CLASS, TRANSFER_SYNTAX, ExchangeError, decoded, encoded
from dicom_workstation.protocols.exchange import data_set_of, fields_of

WHO_AND_WHEN = {
    "HangingProtocolDescription": "for a test",
    "HangingProtocolCreator": "Nobody^Real",
    "HangingProtocolCreationDateTime": "20260330120000",
}


@pytest.mark.parametrize("name", ["chest-x-ray", "neurosurgery-plan"])
def test_what_is_written_is_read_again(name: str) -> None:
    uid, raw = encoded(read(name))
    back = protocol_of(decoded(raw, TRANSFER_SYNTAX))
    assert back.SOPInstanceUID == uid
    assert back.model_copy(update={"SOPInstanceUID": ""}) == read(name)
    assert encoded(back) == (uid, raw)


def test_every_kind_of_field_is_written_and_read() -> None:
    filters = [
        {"SelectorAttribute": "FrameIncrementPointer", "SelectorATValue": "FrameTime", "FilterByOperator": "MEMBER_OF"},
        {"SelectorAttribute": "SliceThickness", "SelectorDSValue": [1, "2.5"], "FilterByOperator": "RANGE_INCL"},
        {"SelectorAttribute": "Rows", "SelectorUSValue": 512, "FilterByOperator": "LESS_THAN"},
        {"SelectorAttribute": "ContrastBolusAgent", "FilterByAttributePresence": "NOT_PRESENT"},
        {
            "FunctionalGroupPointer": "FrameAnatomySequence",
            "SelectorAttribute": "FrameLaterality",
            "SelectorCSValue": "L",
            "FilterByOperator": "MEMBER_OF",
            "ImageSetSelectorUsageFlag": "NO_MATCH",
        },
        {"FilterByCategory": "IMAGE_PLANE", "SelectorCSValue": "CORONAL", "FilterByOperator": "NOT_MEMBER_OF"},
    ]
    wanted = protocol(
        **WHO_AND_WHEN,
        HangingProtocolUserIdentificationCode=["r1", "99HOSP", "Rädér", "2"],
        ImageSets=[image_set("Modality", "CS", ["CR", "DX"], (1, [0, 0]), (2, (-1, -1)))],
        DisplaySets=[
            display_set(
                1,
                1,
                FilterOperations=filters,
                SortingOperations=[
                    {"SelectorAttribute": "ViewPosition", "SortingDirection": "INCREASING"},
                    {"SortByCategory": "BY_ACQ_TIME", "SortingDirection": "DECREASING"},
                ],
                ThreeDRenderingType=["VOLUME", "MIP"],
                DisplaySetPatientOrientation=["L", "F"],
                ShowGrayscaleInverted="YES",
            ),
            display_set(2, 2, DisplaySetPresentationGroupDescription="Prior"),
        ],
        NavigationIndicator=[{"NavigationDisplaySet": 1, "ReferenceDisplaySets": [2]}],
        SOPInstanceUID="2.25.4711",
    )
    _, raw = encoded(wanted)
    assert protocol_of(decoded(raw, TRANSFER_SYNTAX)) == wanted


def test_elements_have_the_values_and_types_of_the_standard() -> None:
    made = data_set_of(read("chest-x-ray"), "2.25.1")
    assert made.SOPClassUID == SOP_CLASS
    definition = made.HangingProtocolDefinitionSequence[0]
    assert definition.Laterality == ""
    assert definition.ProcedureCodeSequence == []
    selector = made.ImageSetsSequence[0].ImageSetSelectorSequence[0]
    assert selector.SelectorAttribute == Tag("AnatomicRegionSequence")
    assert selector.SelectorAttributeVR == "SQ"
    assert selector.SelectorCodeSequenceValue[0].CodeValue == "51185008"
    assert made.ImageSetsSequence[0].TimeBasedImageSetsSequence[1].AbstractPriorValue == [1, 1]
    assert made.HangingProtocolUserIdentificationCodeSequence == []
    assert made.DisplaySetsSequence[0].SortingOperationsSequence == []
    plan = data_set_of(read("neurosurgery-plan"), "2.25.1").DisplaySetsSequence[0]
    assert "SelectorValueNumber" not in plan.FilterOperationsSequence[0]
    assert plan.FilterOperationsSequence[0].SelectorAttributeVR == "CS"
    assert "SelectorValueNumber" not in plan.SortingOperationsSequence[0]


def test_a_protocol_without_what_an_instance_needs_is_not_written() -> None:
    with pytest.raises(ExchangeError, match="HangingProtocolDescription, HangingProtocolCreator"):
        encoded(protocol())


def changed(**changes: object) -> Dataset:
    made = data_set_of(read("chest-x-ray"), "2.25.1")
    for keyword, value in changes.items():
        setattr(made, keyword, value)
    return made


def test_what_a_protocol_cannot_hold_is_named_and_never_dropped() -> None:
    with pytest.raises(ExchangeError, match="is no Hanging Protocol"):
        fields_of(changed(SOPClassUID="1.2.840.10008.5.1.4.1.1.2"))
    with pytest.raises(ExchangeError, match="PatientName is no element"):
        fields_of(changed(PatientName="A^B"))
    private = changed()
    private.DisplaySetsSequence[0].add_new(0x00091001, "LO", "x")
    with pytest.raises(ExchangeError, match="private"):
        fields_of(private)
    unknown = changed()
    unknown.ImageSetsSequence[0].ImageSetSelectorSequence[0].SelectorAttribute = 0x00091001
    with pytest.raises(ExchangeError, match="not in the data dictionary"):
        fields_of(unknown)


def test_the_commands_check_export_and_import(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, instance, back = DATA / "neurosurgery-plan.yaml", tmp_path / "plan.dcm", tmp_path / "plan.yaml"
    assert main(["protocols", "check", str(DATA)]) == 0
    assert "NeurosurgeryPlan (SITE): image sets 3, display sets 22" in capsys.readouterr().out
    assert main(["protocols", "export", str(source), "--output", str(instance)]) == 0
    assert main(["protocols", "import", str(instance), "--output", str(back)]) == 0
    (found,) = read_protocol_files((back,))
    assert found.SOPInstanceUID == dcmread(instance).SOPInstanceUID
    assert found.model_copy(update={"SOPInstanceUID": ""}) == read("neurosurgery-plan")
    assert main(["protocols", "import", str(source), "--output", str(back)]) == 2
    assert str(source) in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("dcmdump") is None, reason="DCMTK is not installed")
def test_dcmtk_reads_what_is_written(tmp_path: Path) -> None:
    instance = tmp_path / "plan.dcm"
    assert main(["protocols", "export", str(DATA / "neurosurgery-plan.yaml"), "--output", str(instance)]) == 0
    shown = subprocess.run(["dcmdump", "+L", str(instance)], capture_output=True, text=True, timeout=60, check=True)
    assert "W:" not in shown.stderr
    assert "=HangingProtocolStorage" in shown.stdout
    assert shown.stdout.count("DisplaySetNumber") == 22
