"""Which cases a foreign subject gets: kinds of expectations, and what an option has to allow."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_format_2 import HEAD, STEPS, TWO

from dicom_conformance.errors import DataError
from dicom_conformance.files.strict_yaml import parse
from dicom_conformance.play.subjects import Foreign
from dicom_conformance.play.subjects.foreign import SubjectFile
from dicom_conformance.run.choice import Choice
from dicom_conformance.run.worker import RunRequest
from dicom_conformance.scenario import Case, Kind, expand, scenario
from dicom_conformance.statement import statement as statements

STATEMENT = statements.check(parse(TWO, "s.yaml"))
FOLDER = Path("scenarios").resolve()
FORMAT_1 = """
id: a/b
title: t
level: house
clause: DCS 2/1
needs: {ae: keeper, role: SCP}
steps: [{expect: [{outcome: {operation: x, result: success}}]}]
"""


def _foreign(tmp_path: Path, host: str = "127.0.0.1") -> Foreign:
    path = tmp_path / "s.yaml"
    path.write_text(f"network_ae: {{title: ACME, host: {host}, port: 104}}\n")
    return Foreign.from_file(path)


def _cases(text: str = HEAD + STEPS, path: str = "f.yaml") -> list[Case]:
    return expand(scenario.from_document(parse(text, path)), STATEMENT)


def _kinds(cases: list[Case]) -> set[Kind]:
    return {kind for case in cases for kind in case.setup().kinds}


def test_a_foreign_subject_is_not_judged_by_what_this_house_asks(tmp_path: Path) -> None:
    foreign = _foreign(tmp_path)
    assert _kinds(Choice().cases(_cases(), STATEMENT, None, FOLDER)) == set(Kind)
    assert _kinds(Choice().cases(_cases(), STATEMENT, foreign, FOLDER)) == {Kind.STANDARD, Kind.CLAIM}
    assert _kinds(Choice(house=True).cases(_cases(), STATEMENT, foreign, FOLDER)) == set(Kind)
    only = Choice(kinds=frozenset({Kind.CLAIM}))
    assert _kinds(only.cases(_cases(), STATEMENT, foreign, FOLDER)) == {Kind.CLAIM}


def test_a_scenario_of_which_no_expectation_is_left_is_not_selected(tmp_path: Path) -> None:
    text = HEAD.replace("level: shall", "level: house").replace("PS3.8 9.3", "house#x") + (
        "steps: [{expect: [{pdu: {sender: subject, violations: none}}]}]\n"
    )
    assert Choice().cases(_cases(text), STATEMENT, _foreign(tmp_path), FOLDER) == []
    assert len(Choice().cases(_cases(text), STATEMENT, None, FOLDER)) == 2


@pytest.mark.parametrize(
    ("needs", "host", "allowed", "reason"),
    [
        ("may_store: true", "127.0.0.1", Choice(), "withheld: needs --allow-store"),
        ("may_store: true", "127.0.0.1", Choice(may_store=True), ""),
        ("fixture: dates", "127.0.0.1", Choice(), "withheld: needs --allow-store"),
        ("may_print: true", "127.0.0.1", Choice(may_store=True), "withheld: needs --allow-print"),
        ("may_print: true", "127.0.0.1", Choice(may_print=True), ""),
        ("hostile: true", "127.0.0.1", Choice(), ""),
        ("hostile: true", "localhost", Choice(), ""),
        ("hostile: true", "::1", Choice(), ""),
        ("hostile: true", "192.0.2.7", Choice(), "withheld: needs --allow-hostile"),
        ("hostile: true", "192.0.2.7", Choice(may_be_hostile=True), ""),
        ("hostile: true, may_store: true", "192.0.2.7", Choice(), "withheld: needs --allow-store and --allow-hostile"),
    ],
)
def test_what_could_do_harm_is_withheld(tmp_path: Path, needs: str, host: str, allowed: Choice, reason: str) -> None:
    found = _cases(HEAD.replace("{role: SCP}", f"{{role: SCP, {needs}}}") + STEPS)
    foreign = _foreign(tmp_path, f'"{host}"')
    assert {case.withheld for case in allowed.cases(found, STATEMENT, foreign, FOLDER)} == {reason}
    assert {case.withheld for case in Choice().cases(found, STATEMENT, None, FOLDER)} == {""}


def test_a_scenario_of_format_1_of_ours_needs_its_ae_in_the_statement(tmp_path: Path) -> None:
    foreign = _foreign(tmp_path)
    ours, theirs = _cases(FORMAT_1, str(FOLDER / "a.yaml")), _cases(FORMAT_1, "/elsewhere/a.yaml")
    assert Choice().cases(ours, STATEMENT, foreign, FOLDER) == []
    assert len(Choice().cases(theirs, STATEMENT, foreign, FOLDER)) == 1
    assert len(Choice().cases(ours, STATEMENT, None, FOLDER)) == 1


def test_the_operations_of_a_subject_without_a_statement_choose_the_scenarios_for_an_scu(tmp_path: Path) -> None:
    path = tmp_path / "client.yaml"
    ae = "network_ae: {title: CLIENT, port: 104}\n"
    path.write_text(ae + "operations: {echo: {command: echoscu}, store: {command: 'storescu {files}'}}\n")
    request = RunRequest(("scu/",), subject=str(path))
    played = {case.id.split("/")[1] for case in request.cases(request.load()) if not case.reason}
    assert played == {"verification", "storage", "upper_layer"}
    path.write_text(ae + "statement: generic-modality\noperations: {find: {command: findscu}}\n")
    assert {each.service for each in RunRequest(subject=str(path)).load().capabilities(role="SCU")} == {
        "verification",
        "storage",
    }


@pytest.mark.parametrize(
    ("step", "needed"),
    [
        ("{ae: scu, operation: move, peer: subject, level: STUDY, destination: vault}", "vault"),
        ("{ae: scu, operation: move, peer: subject, level: STUDY, destination: ELSEWHERE}", ""),
        ("{ae: scu, operation: commit, peer: subject, references: [{sop_class: 1.2, instance: 1.3}]}", "scu"),
        ("{ae: scu, operation: get, peer: subject, level: STUDY}", ""),
    ],
)
def test_a_product_that_does_not_know_whom_it_is_to_call_is_not_judged_by_that(
    tmp_path: Path, step: str, needed: str
) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(
        'format: "2"\nid: mine/calls\ntitle: The product calls\nneeds: {role: SCP}\nlevel: shall\nclause: PS3.4 C.4.2\n'
        "peers: {scu: {simulator: scu}, vault: {simulator: destination}}\n"
        f"steps: [{{do: {step}}}, {{expect: [{{pdu: {{sender: subject, violations: none}}}}]}}]\n"
    )
    choice = Choice(may_store=True)
    unknown = Foreign.at("ARCHIVE@127.0.0.1:11112")
    known = SubjectFile.model_validate(
        {
            "network_ae": {"title": "ARCHIVE", "host": "127.0.0.1", "port": 11112},
            "peers": {"vault": {"title": "VAULT", "port": 11190}, "scu": {"title": "SCU", "port": 11191}},
        }
    )
    assert unknown is not None
    expected = f"withheld: the product must know {needed}: name it in `peers:` of the subject file" if needed else ""
    assert choice.withheld(scenario.read(file), unknown) == expected
    assert choice.withheld(scenario.read(file), Foreign("known", known)) == ""


def test_a_place_is_a_subject_that_is_asked_as_an_scp() -> None:
    subject = Foreign.at("ARCHIVE@[::1]:104")
    assert subject is not None
    assert subject.name == "ARCHIVE"
    assert (subject.address.ae_title, subject.address.host, subject.address.port) == ("ARCHIVE", "::1", 104)
    assert Foreign.at("embedded") is None
    with pytest.raises(DataError, match="must have at most 16 characters"):
        Foreign.at("A-TITLE-THAT-IS-TOO-LONG@127.0.0.1:104")
    with pytest.raises(DataError, match="port"):
        Foreign.at("ARCHIVE@127.0.0.1:70000")
