"""Display protocols in files: what is wrong is said with file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest
from hospital import DATA, display_set, image_set, protocol

from dicom_workstation.configuration import Configuration, ConfigurationError, read_protocol_files

CHEST = (DATA / "chest-x-ray.yaml").read_text(encoding="utf-8")


@pytest.fixture
def written(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "protocol.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (
            "SelectorAttribute: ViewPosition",
            "SelectorAttribute: ViewPositon",
            "ViewPositon is no keyword of the data dictionary; did you mean ViewPosition?",
        ),
        (
            "DisplaySetPresentationGroup: 1",
            "DisplaySetPresentationGrup: 1",
            "this key is unknown; did you mean DisplaySetPresentationGroup?",
        ),
        ("ImageBoxLayoutType: SINGLE", "ImageBoxLayoutType: SINGEL", "not 'SINGEL'; did you mean SINGLE?"),
        ("HangingProtocolLevel: SITE", "HangingProtocolLevel: SIGHT", "did you mean SITE?"),
        ("[0.0, 1.0, 0.25, 0.0]", "[0.0, 0.0, 0.25, 1.0]", "y grows upwards"),
        ("AbstractPriorValue: [1, 1]", "AbstractPriorValue: [0, 1]", "for the latest prior"),
        ("RelativeTime: [0, 0], ", "", "RELATIVE_TIME needs RelativeTime"),
        ("[51185008, SCT, Chest]}", "[51185008]}", "a code is written"),
        ("[{AnatomicRegion: [51185008, SCT, Chest]}]", "[{Laterality: L}]", "a Modality, an AnatomicRegion, or both"),
        ("NumberOfScreens: 2", "NumberOfScreens: 3", "not the number of screens"),
        ("    ImageSetNumber: 2", "    ImageSetNumber: 9", "which is not among the ImageSets"),
        ("DisplaySetNumber: 4", "DisplaySetNumber: 5", "DisplaySetNumber must be 1, 2, 3"),
        ("HangingProtocolName: Chest X-ray", "HangingProtocolName: A name that is too long", "at most 16 characters"),
        ("ImageBoxLayoutType: SINGLE", "ImageBoxLayoutType: TILED", "TILED needs"),
    ],
)
def test_a_mistake_is_told_with_its_line(written, before: str, after: str, message: str) -> None:
    assert before in CHEST
    text = CHEST.replace(before, after, 1)
    path = written(text)
    with pytest.raises(ConfigurationError) as caught:
        read_protocol_files((path,))
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{path}:")
    assert caught.value.line


def test_the_line_is_that_of_the_mistake(written) -> None:
    text = CHEST.replace("SelectorAttribute: ViewPosition", "SelectorAttribute: ViewPositon", 1)
    with pytest.raises(ConfigurationError) as caught:
        read_protocol_files((written(text),))
    assert text.splitlines()[(caught.value.line or 0) - 1].count("ViewPositon") == 1
    assert caught.value.field == "DisplaySets.0.FilterOperations.0.SelectorAttribute"


@pytest.mark.parametrize("text", ["", "- a list", "just text"])
def test_what_is_no_protocol_is_refused(written, text: str) -> None:
    with pytest.raises(ConfigurationError, match="must hold `key: value` lines"):
        read_protocol_files((written(text),))


def test_a_folder_is_read_whole_and_an_empty_one_is_refused(tmp_path: Path) -> None:
    assert [each.HangingProtocolName for each in read_protocol_files((DATA,))] == ["Chest X-ray", "NeurosurgeryPlan"]
    with pytest.raises(ConfigurationError, match="no YAML file"):
        read_protocol_files((tmp_path,))
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_protocol_files((tmp_path / "missing.yaml",))


def test_a_configuration_names_files_that_are_read_when_it_is(tmp_path: Path, written) -> None:
    written(CHEST)
    path = tmp_path / "workstation.yaml"
    path.write_text("display_protocol_files: [protocol.yaml]\n", encoding="utf-8")
    found = Configuration.from_file(path)
    assert found.display_protocol_files == (str(tmp_path / "protocol.yaml"),)
    written(CHEST.replace("SITE", "SIGHT"))
    with pytest.raises(ConfigurationError, match=r"protocol\.yaml:\d+: HangingProtocolLevel"):
        Configuration.from_file(path)


def test_a_protocol_in_a_configuration_is_checked_as_strictly(tmp_path: Path) -> None:
    path = tmp_path / "workstation.yaml"
    path.write_text("display_protocols:\n  - HangingProtocolNam: x\n", encoding="utf-8")
    with pytest.raises(
        ConfigurationError, match=r"display_protocols\.0\.HangingProtocolNam: .*did you mean HangingProtocolName"
    ):
        Configuration.from_file(path)


def test_a_configuration_with_protocols_can_be_changed_and_stays_the_same() -> None:
    one = protocol(
        HangingProtocolUserIdentificationCode=["r1", "99HOSP", "Reader One", "2"],
        HangingProtocolDefinition=[{"AnatomicRegion": [["51185008", "SCT", "Chest"], ["1", "X", "One"]]}],
    )
    before = Configuration.from_keywords(display_protocols=[one], reader_code=["r1", "99HOSP", "Reader One"])
    after = before.changed(port=104)
    assert after.display_protocols == (one,)
    assert after.reader_code == before.reader_code


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"DisplaySets": [display_set(1, 1), display_set(1, 1)]}, "each once"),
        ({"DisplaySets": [{**display_set(1, 1), "ImageBoxes": [*display_set(1, 1)["ImageBoxes"]] * 2}]}, "only TILED"),  # type: ignore[list-item, misc]
        ({"ImageSets": [image_set("Modality", "CS", "CR", (1, [3, 1]))]}, "first number is not greater"),
        ({"SynchronizedScrolling": [{"DisplaySetScrollingGroup": [1, 2]}]}, "names display set 2"),
        ({"HangingProtocolCreationDateTime": "yesterday"}, "HangingProtocolCreationDateTime"),
    ],
)
def test_a_protocol_that_contradicts_itself_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        protocol(**changes)
