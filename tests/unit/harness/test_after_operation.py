"""A finding of a scenario that asks several times says after which operation it was judged."""

from __future__ import annotations

from typing import Any

import pytest
from tiny_subject import Tiny

from dicom_conformance.judge.after_operation import described, naming_operation
from dicom_conformance.play.case_runner import CaseRunner, RunOptions
from dicom_conformance.play.subjects import Product
from dicom_conformance.results import Finding, Result
from dicom_conformance.scenario import scenario
from dicom_conformance.scenario.matrix import expand
from dicom_conformance.statement import statement
from dicom_conformance.trace import Operation

KEYS: dict[str, Any] = {"PatientName": "doe^jane", "StudyInstanceUID": ["1.2", "1.3", "1.4"], "StudyDate": ""}
FIND = Operation("scu", "find", "subject", {"level": "STUDY", "model": "study_root", "keys": KEYS}, 0)
ECHO = Operation("scu", "echo", "subject", {}, 0)
UNMET = Finding("matches", False, expected="mixed", actual="nothing")


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (FIND, "scu find STUDY, PatientName=doe^jane, StudyInstanceUID=1.2 or 1.3 and 1 more, StudyDate"),
        (ECHO, "scu echo"),
        (
            Operation("scu", "find", None, {"keys": {f"K{n}": "v" * 70 for n in range(8)}}, 0),
            ", ".join(["scu find", *(f"K{n}={'v' * 64}..." for n in range(6)), "2 more keys"]),
        ),
        (Operation("scu", "find", None, {"keys": {"Items": [{"CodeValue": "1"}]}}, 0), "scu find, Items=..."),
    ],
)
def test_an_operation_is_described_by_its_level_and_keys(operation: Operation, words: str) -> None:
    assert described(operation) == words


def test_an_unmet_finding_names_the_operation_before_it_where_there_are_several() -> None:
    met = Finding("matches", True, actual="mixed")
    unjudged = Finding("matches", False, judged=False, actual="not judged: unstated: x")
    found = naming_operation([UNMET, met, unjudged], [FIND, ECHO], 3)
    assert found[0].actual == "nothing [judged after operation 2 of 3: scu echo]"
    assert found[1:] == [met, unjudged]


def test_a_finding_of_the_only_operation_names_none() -> None:
    assert naming_operation([UNMET], [FIND], 1) == [UNMET]


def test_what_is_judged_before_any_operation_names_none() -> None:
    assert naming_operation([UNMET], [], 2) == [UNMET]


SCENARIO = """
id: scp/tiny
title: The subject answers
clause: [PS3.4 A.4]
level: shall
peers: {modality: {simulator: modality, holds: [{recipe: smallest}]}}
steps:
  - do: {ae: modality, operation: echo, peer: workstation}
  - expect: [{dimse: {sender: workstation, message: C-ECHO-RSP, count: 1}}]
  - do: {ae: modality, operation: store, peer: workstation}
  - expect: [{dimse: {sender: workstation, message: C-STORE-RSP, status: A700, count: 1}}]
"""


def test_a_case_with_two_operations_tells_the_one_that_failed(tmp_path: Any) -> None:
    path = tmp_path / "tiny.yaml"
    path.write_text(SCENARIO)
    promised = statement.load("directview-5.2")
    runner = CaseRunner(promised, Product("tiny", Tiny), RunOptions(output=tmp_path / "out"))
    try:
        result: Result = runner.play(expand(scenario.read(path), promised)[0])
    finally:
        runner.close()
    (failed,) = result.unmet
    assert failed.actual.endswith(" [judged after operation 2 of 2: modality store]")
