"""Studies that the subject holds already: the file that names them, and what a scenario may ask of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_choice import FOLDER, STATEMENT, _foreign

from dicom_conformance.errors import DataError
from dicom_conformance.files.strict_yaml import parse
from dicom_conformance.run.choice import Choice
from dicom_conformance.scenario import expand, fixtures, scenario, selection

ASKS = """
format: "2"
id: scp/mine
title: It holds
needs: {role: SCP, service: query, data: true}
level: shall
clause: PS3.4 C.2.2.2.1
peers: {scu: {simulator: scu}}
steps:
  - do: {ae: scu, operation: find, peer: subject, level: STUDY, keys: {PatientID: $data.study.PatientID}}
  - expect: [{matches: {of: fixtures, exactly: [study]}}]
"""


def _read(text: str) -> scenario.Scenario:
    return scenario.from_document(parse(text, "f.yaml"))


def _mistakes(text: str) -> list[str]:
    with pytest.raises(DataError) as caught:
        _read(text)
    return [str(each) for each in (caught.value, *caught.value.others)]


@pytest.mark.parametrize(
    "keys",
    [
        '{PatientID: ""}',
        "{PatientID: '*'}",
        "{PatientID: A*}",
        "{PatientName: Doe}",
        '{StudyInstanceUID: ""}',
        '{StudyInstanceUID: ["", "1.2"]}',
        "{StudyInstanceUID: []}",
        "{}",
    ],
)
def test_a_query_that_is_not_narrowed_is_refused(keys: str) -> None:
    found = _mistakes(ASKS.replace("{PatientID: $data.study.PatientID}", keys))
    assert any(
        "a query for data of the subject needs a value for PatientID or StudyInstanceUID" in one for one in found
    )


@pytest.mark.parametrize("keys", ["{PatientID: A}", '{StudyInstanceUID: ["1.2", $data.other.StudyInstanceUID]}'])
def test_a_query_of_one_patient_or_study_is_taken(keys: str) -> None:
    assert _read(ASKS.replace("{PatientID: $data.study.PatientID}", keys)).header.needs.data


@pytest.mark.parametrize("operation", ["store", "commit", "print", "n_create", "raw"])
def test_a_scenario_that_asks_for_data_only_reads(operation: str) -> None:
    found = _mistakes(ASKS.replace("operation: find", f"operation: {operation}"))
    assert any(f"needs data of the subject only reads: it cannot use {operation}" in one for one in found)


@pytest.mark.parametrize("need", ["fixture: dates", "may_store: true", "may_print: true", "hostile: true"])
def test_a_scenario_that_asks_for_data_needs_nothing_else(need: str) -> None:
    assert any(
        "only reads: it cannot have this need" in one
        for one in _mistakes(ASKS.replace("data: true", f"data: true, {need}"))
    )


def test_a_value_of_the_data_needs_the_need() -> None:
    assert "f.yaml:10: steps[0].do.keys.PatientID: $data.study.PatientID needs `needs: {data: true}`" in " ".join(
        _mistakes(ASKS.replace(", data: true", ""))
    )


def test_a_misspelt_value_is_a_mistake_of_the_file() -> None:
    assert "did you mean data.study.PatientID" in " ".join(
        _mistakes(ASKS.replace("study.PatientID", "study.PatientId"))
    )


def test_every_scenario_of_the_catalogue_that_asks_for_data_is_read() -> None:
    found = [one for one in selection.select(("scp/query/read_only",)).scenarios if one.header.needs.data]
    assert len(found) >= 8


def test_what_is_there_may_be_asked_for_without_an_option_and_moved_with_one(tmp_path: Path) -> None:
    moved = ASKS.replace("operation: find", "operation: move, destination: X")
    far, near = _foreign(tmp_path, "192.0.2.7"), _foreign(tmp_path)
    finds, moves = expand(_read(ASKS), STATEMENT), expand(_read(moved), STATEMENT)
    assert [case.withheld for case in Choice().cases(finds, STATEMENT, far, FOLDER)] == [""]
    assert [case.withheld for case in Choice().cases(moves, STATEMENT, _foreign(tmp_path), FOLDER)] == [""]
    far = _foreign(tmp_path, "192.0.2.7")
    assert [case.withheld for case in Choice().cases(moves, STATEMENT, far, FOLDER)] == ["withheld: needs --data"]
    assert [case.withheld for case in Choice(has_data=True).cases(moves, STATEMENT, far, FOLDER)] == [""]
    assert near.is_on_loopback


def test_a_data_file_names_studies(tmp_path: Path) -> None:
    path = tmp_path / "data.yaml"
    path.write_text(
        'format: "1"\nstudies:\n  - {study_instance_uid: "1.2.3", patient_id: "A", study_date: "20200101"}\n'
    )
    assert fixtures.read_data(path) == (
        fixtures.StudyThere(study_instance_uid="1.2.3", patient_id="A", study_date="20200101"),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("studies: []\n", "studies"),
        ("studies:\n  - {patient_id: A}\n", "study_instance_uid"),
        ("studies:\n  - {study_instance_uid: a.b}\n", "study_instance_uid"),
        ('studies:\n  - {study_instance_uid: "1.2", name: Doe}\n', "name"),
    ],
)
def test_a_wrong_data_file_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "data.yaml"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        fixtures.read_data(path)
    assert message in str(caught.value)
