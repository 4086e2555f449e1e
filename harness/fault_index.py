"""Faults by name: from a scenario's words to the simulators' frozen dataclasses.

The index is `simulators.faults.FAULTS`. A fault takes texts and reads them itself; here is judged, before any socket
opens, what a scenario calls it with: an unknown name or key gets the nearest known one, and what a fault refuses
(``ValueError: field: why``) is reported at that field's location in the file.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import simulators
import simulators.faults
from harness.errors import HarnessError
from harness.steps import FaultCall
from harness.strict_yaml import Location, suggestion


def simulator_names() -> tuple[str, ...]:
    """Name the simulators that a peer can be."""
    index: Mapping[str, object] = getattr(simulators, "SIMULATORS", {})
    return tuple(index)


def mistakes(call: FaultCall) -> Iterator[tuple[Location, str]]:
    """Yield what is wrong with a fault as written: where below its name, and why."""
    index = simulators.faults.FAULTS
    if call.name not in index:
        yield (), f"unknown fault{suggestion(call.name, tuple(index))}"
        return
    kind = index[call.name]
    fields = {field.name: field for field in dataclasses.fields(kind) if field.init}
    understood = True
    for key in call.parameters:
        if key not in fields:
            yield (key,), f"unknown key{suggestion(key, tuple(fields))}"
            understood = False
    for name, field in fields.items():
        missing = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if missing and name not in call.parameters:
            yield (), f"{name} is missing"
            understood = False
    if understood:
        yield from _refused(kind, call.parameters, fields)


def build(call: FaultCall) -> Any:
    """Make the fault that a scenario names.

    Raises
    ------
    HarnessError
        The call was not judged before, and is wrong.
    """
    for location, message in mistakes(call):
        raise HarnessError(f"fault {'.'.join((call.name, *map(str, location)))}: {message}")
    return simulators.faults.FAULTS[call.name](**call.parameters)


def _refused(
    kind: type[Any], parameters: Mapping[str, Any], fields: Mapping[str, Any]
) -> Iterator[tuple[Location, str]]:
    try:
        kind(**parameters)
    except ValueError as error:
        name, _, message = str(error).partition(": ")
        yield ((name,), message) if name in fields else ((), str(error))
