"""Faults that a scenario sets, leaves to chance, and lifts one by one; at the peer and at the link."""

from __future__ import annotations

import pytest

from dicom_conformance.errors import DataError
from dicom_conformance.files.strict_yaml import parse
from dicom_conformance.play import CaseRunner, RunOptions, open_subject
from dicom_conformance.results import Result, Verdict
from dicom_conformance.scenario import expand
from dicom_conformance.scenario.scenario import from_document
from dicom_conformance.statement import load

SCENARIO = """
id: query/with-faults
title: t
clause: PS3.4 C.4.1
level: shall
peers:
  archive: {{simulator: archive, holds: [{{recipe: smallest}}]}}
steps:
  - fault: {{ae: archive, {fault}}}
  - do: {{ae: workstation, operation: query, peer: archive, level: STUDY, keys: {{StudyInstanceUID: ""}}}}
  - expect: [{{outcome: {{operation: query, {first}}}}}]
  - clear: {{ae: archive, fault: {lifted}}}
  - do: {{ae: workstation, operation: query, peer: archive, level: STUDY, keys: {{StudyInstanceUID: ""}}}}
  - expect: [{{outcome: {{operation: query, {second}}}}}]
"""
REFUSED, ANSWERED = "result: failure, status: A700", "result: success, status: 0000"
RESPOND = "respond: {to: C-FIND-RQ, status: A700}"


def play(**parts: str) -> Result:
    statement = load("directview-5.2")
    (case,) = expand(from_document(parse(SCENARIO.format(**parts))), statement)
    runner = CaseRunner(statement, open_subject("embedded"), RunOptions())
    try:
        return runner.play(case)
    finally:
        runner.close()


@pytest.mark.parametrize("where", ["", "at: link, "])
def test_one_fault_is_lifted_and_the_others_stay(where: str) -> None:
    fault = f"{where}slice: {{bytes: '40'}}, {RESPOND}"
    assert play(fault=fault, first=REFUSED, lifted="respond", second=ANSWERED).verdict is Verdict.PASS
    assert play(fault=fault, first=REFUSED, lifted="slice", second=REFUSED).verdict is Verdict.PASS


def test_a_fault_that_may_have_no_effect_leaves_the_case_judged() -> None:
    parts = {"first": ANSWERED, "lifted": "ignore", "second": ANSWERED}
    without_effect = play(fault="ignore: {what: C-CANCEL-RQ}", **parts)
    assert without_effect.verdict is Verdict.INCONCLUSIVE
    assert "ignore at archive never had an effect" in without_effect.reason
    assert play(fault="optional: true, ignore: {what: C-CANCEL-RQ}", **parts).verdict is Verdict.PASS


def test_the_fault_that_is_lifted_has_a_known_name() -> None:
    text = SCENARIO.format(fault=RESPOND, first=REFUSED, lifted="respnd", second=ANSWERED)
    with pytest.raises(DataError, match=r"clear\.fault: unknown fault; did you mean respond"):
        from_document(parse(text))
