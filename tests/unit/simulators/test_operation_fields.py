"""The table of the simulators' operations says exactly what they accept."""

from __future__ import annotations

import re
from typing import Any

import pytest

import dicom_simulators
from dicom_simulators.data_sets import build
from dicom_simulators.scripted.operation_fields import OPERATION_FIELDS
from dicom_wire import Recorder

NOWHERE = ("127.0.0.1", 9)
#: Read from whatever is given, and documented under another name or by nobody: the harness fills them in.
BESIDE = {"called", "calling", "peer"}
#: They ignore whatever else they are given.
LENIENT = ("release", "abort")


def made(simulator: str) -> Any:
    return dicom_simulators.SIMULATORS[simulator](simulator, "TITLE", Recorder(), instances=(build(),))


@pytest.mark.parametrize("simulator", OPERATION_FIELDS)
def test_the_arguments_that_a_scenario_may_give_are_those_of_the_table(simulator: str) -> None:
    known = dicom_simulators.SIMULATORS[simulator].ARGUMENTS
    for operation, about in OPERATION_FIELDS[simulator].items():
        assert {field.name for field in about.fields} <= {*known[operation]}, operation
        assert {*known[operation]} <= {field.name for field in about.fields} | BESIDE, operation


@pytest.mark.parametrize("simulator", dicom_simulators.SIMULATORS)
def test_each_operation_is_listed(simulator: str) -> None:
    one = made(simulator)
    assert {*one.operations(), *one.own_operations()} == {*OPERATION_FIELDS.get(simulator, {})}


@pytest.mark.parametrize(
    ("simulator", "operation"),
    [(name, operation) for name, known in OPERATION_FIELDS.items() for operation in known if operation not in LENIENT],
)
def test_the_arguments_of_each_operation(simulator: str, operation: str) -> None:
    one = made(simulator)
    fields = {field.name for field in OPERATION_FIELDS[simulator][operation].fields}
    held = "association" in fields
    given = {"event_type": "1"} if "event_type" in fields else {}
    given |= {field.name: "1.2" for field in OPERATION_FIELDS[simulator][operation].fields if not field.default}
    given |= {"message": "C-ECHO-RQ"} if operation == "raw" else {}
    with pytest.raises(ValueError, match="nonsense: unknown key; it must be one of") as error:
        one.perform(operation, NOWHERE, {**given, "nonsense": "1"})
    known = set(re.search(r"must be one of (.*)", str(error.value))[1].split(", "))
    missing = {"association", "name"} if held else set()  # read only on an association that is held
    assert fields - missing <= known <= fields | BESIDE
