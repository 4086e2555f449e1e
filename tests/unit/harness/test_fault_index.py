"""Faults by name, against an index of the test's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

import dicom_simulators.faults
from dicom_conformance.errors import DataError
from dicom_conformance.files.strict_yaml import parse
from dicom_conformance.scenario import fault_index
from dicom_conformance.scenario.scenario import from_document
from dicom_conformance.scenario.steps import FaultCall
from dicom_simulators.faults import build
from dicom_simulators.faults.parameters import Parameterized, parameter, status, whole

TEXT = """
id: a/b
title: t
clause: c
level: house
peers:
  archive: {simulator: archive, faults: [{answer: {status: A700, after: 2}}]}
steps:
  - fault: {ae: archive, answer: {status: C000}}
  - expect: [{log: {contains: x}}]
"""


@dataclass(frozen=True, slots=True)
class Answer(Parameterized):
    """A fault of the test's own."""

    status: int = parameter(status, "of the answer")
    after: int = parameter(whole(0, 9), "how many answers come before", 0)


@pytest.fixture(autouse=True)
def _index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dicom_simulators.faults, "FAULTS", {"answer": Answer})


@pytest.mark.parametrize(
    ("name", "parameters", "where", "message"),
    [
        ("anser", {}, (), "unknown fault; did you mean answer?"),
        ("answer", {"status": "0000", "aftr": "1"}, ("aftr",), "unknown key; did you mean after?"),
        ("answer", {"status": "0000", "after": "soon"}, ("after",), "whole number"),
        ("answer", {}, (), "status is missing"),
    ],
)
def test_a_mistake_says_where_below_the_name(
    name: str, parameters: dict[str, str], where: tuple[str], message: str
) -> None:
    ((location, text),) = fault_index.mistakes(FaultCall(name, parameters))
    assert location == where
    assert message in text
    with pytest.raises(ValueError, match=where[0] if where else name):
        build(name, parameters)


def test_the_faults_of_a_scenario_are_judged_when_it_is_read() -> None:
    setup = from_document(parse(TEXT)).setup({})
    (call,) = setup.peers["archive"].fault_calls
    fault: Any = build(call.name, call.parameters)
    assert (fault.status, fault.after) == (0xA700, 2)


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ("after: 2", "aftr: 2", 7, "peers.archive.faults[0].answer.aftr"),
        ("{status: C000}", "{status: C000, after: soon}", 9, "steps[0].fault.answer.after"),
        ("answer: {status: C000}", "anwser: {status: C000}", 9, "steps[0].fault.anwser"),
        (", answer: {status: C000}", "", 9, "steps[0].fault"),
    ],
)
def test_a_wrong_fault_is_told_with_its_line(old: str, new: str, line: int, field: str) -> None:
    with pytest.raises(DataError) as caught:
        from_document(parse(TEXT.replace(old, new), "f.yaml"))
    assert (caught.value.line, caught.value.field) == (line, field)


def test_a_fault_with_a_variable_waits_for_it() -> None:
    found = from_document(parse(TEXT.replace("C000", "$status")))
    with pytest.raises(DataError, match=r"fault.answer.status: expected a status of four hex digits"):
        found.setup({"status": "several"})
    assert found.setup({"status": "A701"})
