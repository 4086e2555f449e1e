"""The checks of text: bytes of a value, attributes that are shown, and what is told to be doubtful."""

from __future__ import annotations

import pytest
from hand_written import Talk, element, met, operation, trace_of

from harness.checks import WANTED

NAME = element(0x0010, 0x0010, b"PN", b"M\xfcller ")


def bytes_met(digits: str) -> bool:
    trace = trace_of(lambda recorder: Talk(recorder).opened().store("2.25.1", data_set=NAME).released())
    return bool(met(trace, "data_set", sender="modality", message="C-STORE-RQ", bytes={"PatientName": digits}))


def outcome_met(outcome: dict[str, object], **wanted: object) -> bool:
    trace = trace_of()
    trace.operations.append(operation({"result": "success", **outcome}))
    return bool(met(trace, "outcome", **wanted))


def test_bytes_of_a_value_without_its_padding():
    assert bytes_met("4d fc 6c 6c 65 72")
    assert bytes_met("4DFC6C6C6572")
    assert not bytes_met("4d c3 bc 6c 6c 65 72")
    assert not bytes_met("")


def test_bytes_are_hex_digits():
    with pytest.raises(ValueError, match="hex digits"):
        WANTED["data_set"](sender="modality", message="C-STORE-RQ", bytes={"PatientName": "M"})


def test_how_many_matches_are_doubtful_and_why():
    outcome = {"matches": [{}, {}], "doubtful": [["PatientName: why"], []]}
    assert outcome_met(outcome, doubtful="1")
    assert not outcome_met(outcome, doubtful="0")
    assert not outcome_met(outcome, doubtful="2")
    assert outcome_met(outcome, doubt="PatientName")
    assert not outcome_met(outcome, doubt="because")
    assert outcome_met({"matches": [{}], "doubtful": [[]]}, doubtful="0")
    assert not outcome_met({"matches": [{}]}, doubt="PatientName")


def test_attributes_that_are_shown():
    outcome = {"attributes": {"PatientName": "Müller"}, "doubtful": ["PatientName: why", "StudyID: why"]}
    assert outcome_met(outcome, attributes={"PatientName": "Müller"})
    assert not outcome_met(outcome, attributes={"PatientName": "Muller"})
    assert not outcome_met(outcome, attributes={"PatientID": ""})
    assert not outcome_met({}, attributes={"PatientName": "Müller"})
    assert outcome_met(outcome, doubtful="1", doubt="StudyID")
