"""Faults by name, against an index of the test's own."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

import simulators.faults
from harness import fault_index
from harness.errors import DataError, HarnessError
from harness.scenario import from_document
from harness.steps import FaultCall
from harness.strict_yaml import parse

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
class Answer:
    """A fault that reads texts itself, as the simulators' do."""

    status: int
    after: int = 0

    def __post_init__(self) -> None:
        if len(str(self.status)) != 4:
            raise ValueError(f"status: four hex digits are wanted, not {self.status!r}")
        object.__setattr__(self, "status", int(str(self.status), 16))
        if not str(self.after).isdigit():
            raise ValueError(f"after: a whole number is wanted, not {self.after!r}")
        object.__setattr__(self, "after", int(self.after))


@pytest.fixture(autouse=True)
def _index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulators.faults, "FAULTS", {"answer": Answer})


def test_a_fault_is_made_of_texts() -> None:
    fault = fault_index.build(FaultCall("answer", {"status": "A700", "after": "2"}))
    assert (fault.status, fault.after) == (0xA700, 2)


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
    with pytest.raises(HarnessError):
        fault_index.build(FaultCall(name, parameters))


def test_the_faults_of_a_scenario_are_judged_when_it_is_read() -> None:
    setup = from_document(parse(TEXT)).setup({})
    (call,) = setup.peers["archive"].fault_calls
    fault = fault_index.build(call)
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
    with pytest.raises(DataError, match=r"fault.answer.status: four hex digits"):
        found.setup({"status": "several"})
    assert found.setup({"status": "A701"})
