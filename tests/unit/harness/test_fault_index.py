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
    status: int
    after: int = 0
    delay_s: float = 0.0


@pytest.fixture(autouse=True)
def _index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulators.faults, "FAULTS", {"answer": Answer}, raising=False)
    fault_index._adapter.cache_clear()


def test_a_fault_takes_the_types_of_its_fields_and_a_status_in_hex() -> None:
    assert fault_index.build(FaultCall("answer", {"status": "A700", "after": "2", "delay_s": "0.5"})) == Answer(
        0xA700, 2, 0.5
    )


@pytest.mark.parametrize(
    ("name", "parameters", "where", "message"),
    [
        ("anser", {}, (), "unknown fault; did you mean answer?"),
        ("answer", {"status": "0000", "aftr": "1"}, ("aftr",), "unknown key; did you mean after?"),
        ("answer", {"status": "0000", "after": "soon"}, ("after",), "integer"),
        ("answer", {}, ("status",), "required"),
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
    stage = from_document(parse(TEXT)).stage({})
    (call,) = stage.peers["archive"].fault_calls
    assert fault_index.build(call) == Answer(0xA700, 2)


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
    with pytest.raises(DataError, match="status"):
        found.stage({"status": "many"})
    assert found.stage({"status": "A701"})
