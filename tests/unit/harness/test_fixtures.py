"""The fixtures of an archive: what the file holds, what is built of it, and how a wrong file is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicom_conformance.errors import DataError
from dicom_conformance.scenario.fixtures import Fixtures, load, standard
from dicom_conformance.trace import DataSet, read_attributes

FOUR_MIB = 4 << 20
REQUIRED = ("PatientName", "PatientID", "StudyDate", "StudyTime", "AccessionNumber", "StudyID", "StudyInstanceUID")
"""Required and unique keys of the Study level (PS3.4 Table C.6-5)."""


@pytest.fixture(scope="module")
def fixtures() -> Fixtures:
    return standard()


def read(fixtures: Fixtures, name: str) -> DataSet:
    return fixtures.known.below(name)[0].attributes()


def test_fourteen_studies_of_forty_five_instances_are_shared(fixtures: Fixtures) -> None:
    instances = fixtures.instances(fixtures.shared)
    assert (len(fixtures.shared), len(instances)) == (14, 45)
    assert [one for one in instances if one.pixels is not None and one.pixels.nbytes >= FOUR_MIB] != []
    assert len({one.SOPInstanceUID for one in instances}) == 45
    assert all(read_attributes(one.data_set, one.transfer_syntax).fault is None for one in instances)


def test_no_shared_study_has_an_empty_required_key_but_the_one_of_its_own_case_has(fixtures: Fixtures) -> None:
    empty = [(name, key) for name in fixtures.shared for key in REQUIRED if not read(fixtures, name).text(key)]
    assert empty == []
    assert read(fixtures, "unknown_number").get("AccessionNumber") is not None
    assert read(fixtures, "unknown_number").text("AccessionNumber") is None


def test_a_second_reading_gives_the_same_instances(fixtures: Fixtures) -> None:
    again = load(fixtures.path).instances(["mixed", "janet"])
    assert [one.data_set for one in again] == [one.data_set for one in fixtures.instances(["mixed", "janet"])]


def test_another_content_has_other_uids(fixtures: Fixtures, tmp_path: Path) -> None:
    text = fixtures.path.read_text(encoding="utf-8")
    changed = tmp_path / "archive.yaml"
    changed.write_text(text.replace("StudyDescription: First day", "StudyDescription: Another"), encoding="utf-8")
    other = load(changed)
    assert other.value("first_day.StudyInstanceUID") != fixtures.value("first_day.StudyInstanceUID")
    assert other.value("first_day.SOPInstanceUID") != fixtures.value("first_day.SOPInstanceUID")
    assert other.value("last_day.StudyInstanceUID") == fixtures.value("last_day.StudyInstanceUID")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("first_day.StudyDate", "19530102"),
        ("fixture.a1.AccessionNumber", "A1"),
        ("$fixture.mixed.mr.Modality", "MR"),
        ("mixed.ct.eleventh.InstanceNumber", "11"),
        ("mixed.PatientID", "CONFAb1"),
        ("janet.PatientName", "DOE^JANET=洪^吉洞=홍^길동"),
        ("several_kinds.StudyDescription", "腹部"),
        ("first_day.PatientName", "Люксембург^Анна"),
        ("three_modalities.PatientName", "Müller^Änne"),
    ],
)
def test_a_value_is_read_from_what_was_built(fixtures: Fixtures, path: str, value: str) -> None:
    assert fixtures.value(path) == value


@pytest.mark.parametrize("path", ["nobody.StudyDate", "mixed.xa.Modality", "mixed.NoKeyword", "StudyDate"])
def test_a_path_that_names_nothing_is_refused(fixtures: Fixtures, path: str) -> None:
    with pytest.raises(LookupError):
        fixtures.value(path)


def test_uids_of_64_characters_and_of_odd_length_are_there(fixtures: Fixtures) -> None:
    assert len(fixtures.value("several_kinds.lengths.longest_uid.SOPInstanceUID")) == 64
    assert len(fixtures.value("several_kinds.lengths.odd_uid.SOPInstanceUID")) % 2 == 1


def test_private_nested_and_empty_elements_are_there(fixtures: Fixtures) -> None:
    private = read(fixtures, "janet.ct.private")
    assert private.attributes[0x00091001].values == ("kept or not",)
    assert private.attributes[0x00091002].values == ("7", "8")
    request = read(fixtures, "mixed.ct.first").get("RequestAttributesSequence")
    assert request is not None
    protocol = request.items[0].get("ScheduledProtocolCodeSequence")
    assert protocol is not None
    assert protocol.items[0].text("CodeMeaning") == "Protocol"
    empty = read(fixtures, "janet.ct.empty").get("PatientOrientation")
    assert empty is not None
    assert empty.is_empty


def test_a_value_with_trailing_spaces_keeps_them_in_its_encoding(fixtures: Fixtures) -> None:
    assert b"PAD   " in fixtures.instances(["padded"])[0].data_set


def test_names_stand_for_entities_of_each_level(fixtures: Fixtures) -> None:
    known = fixtures.known
    assert list(known.keys(["dates"], "PATIENT").values()) == ["dated"]
    assert list(known.keys(["a1", "last_day"], "STUDY").values()) == ["a1", "last_day"]
    assert list(known.keys(["mixed"], "SERIES").values()) == ["mixed.ct", "mixed.mr"]
    assert list(known.keys(["mixed.mr"], "IMAGE").values()) == ["mixed.mr.1", "mixed.mr.2", "mixed.mr.3"]
    assert len(known.keys(["many"], "IMAGE")) == 500


WRONG = """format: "1"
patients:
  jane: {{PatientName: Doe^Jane, PatientID: {id}}}
groups:
  all: [{member}]
studies:
  one:
    patient: {patient}
    also: [{also}]
    attributes: {{{keyword}: "19530101"}}
    series:
      ct: {{modality: CT, instances: {instances}}}
"""
RIGHT = {"id": "CONF1", "member": "one", "patient": "jane", "also": "uno", "keyword": "StudyDate", "instances": "1"}


@pytest.mark.parametrize(
    ("field", "value", "line", "says"),
    [
        ("id", "X1", 3, "CONF"),
        ("member", "two", 5, "two"),
        ("patient", "john", 8, "john"),
        ("also", "jane", 9, "something else"),
        ("keyword", "StudyDay", 10, "StudyDay"),
        ("instances", "none", 12, "instances"),
        ("instances", "{first: {uid_length: '65'}}", 12, "40 to 64"),
        ("instances", "{first: {InstanceNumber: {a: b}}}", 12, "must be text"),
        ("instances", "{first: {RequestAttributesSequence: text}}", 12, "list of items"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path, field: str, value: str, line: int, says: str) -> None:
    path = tmp_path / "fixtures.yaml"
    path.write_text(WRONG.format(**RIGHT), encoding="utf-8")
    assert load(path).shared == ("one",)
    path.write_text(WRONG.format(**{**RIGHT, field: value}), encoding="utf-8")
    with pytest.raises(DataError) as refused:
        load(path)
    assert refused.value.line == line
    assert says in str(refused.value)
