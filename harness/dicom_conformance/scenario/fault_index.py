"""Faults as a scenario names them, judged before any socket opens.

`dicom_simulators.faults.build` makes a fault, and refuses a wrong one with a sentence. This module finds every mistake
of a call, each at its location in the file: an unknown name or key is reported with the nearest known one, and what the
fault itself refuses (``ValueError: field: why``) is reported at that field.
"""

from __future__ import annotations

from collections.abc import Iterator

import dicom_simulators
import dicom_simulators.faults
from dicom_conformance.files import Location, suggestion
from dicom_conformance.scenario.steps import FaultCall

ELSEWHERE = (
    " (docs/reference/faults.md describes each; `respond` answers with a status of your choice, as in "
    '`respond: {to: C-FIND-RQ, status: "A700"}`)'
)
"""The end of a message about an unknown fault: where the known ones are, and the one that is most often meant."""


def simulator_names() -> tuple[str, ...]:
    """Name the simulators that a peer can be."""
    return tuple(dicom_simulators.SIMULATORS)


def unknown(name: str) -> Iterator[str]:
    """Yield what is wrong with the name of a fault."""
    index = dicom_simulators.faults.FAULTS
    if name not in index:
        yield f"unknown fault{suggestion(name, tuple(index))}{ELSEWHERE}"


def mistakes(call: FaultCall) -> Iterator[tuple[Location, str]]:
    """Yield what is wrong with a fault as written: where below its name, and why."""
    index = dicom_simulators.faults.FAULTS
    if call.name not in index:
        yield (), f"unknown fault{suggestion(call.name, tuple(index))}{ELSEWHERE}"
        return
    known = {parameter.name: parameter for parameter in dicom_simulators.faults.describe(index[call.name])}
    unknown = [key for key in call.parameters if key not in known]
    missing = [name for name, parameter in known.items() if parameter.required and name not in call.parameters]
    for key in unknown:
        yield (key,), f"unknown key{suggestion(key, tuple(known))}"
    for name in missing:
        yield (), f"{name} is missing"
    if unknown or missing:
        return
    try:
        dicom_simulators.faults.build(call.name, call.parameters)
    except ValueError as error:
        name, _, message = str(error).partition(": ")
        yield ((name,), message) if name in known else ((), str(error))
