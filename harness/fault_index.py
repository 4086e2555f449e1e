"""Faults by name: from a scenario's words to the simulators' frozen dataclasses.

The index is `simulators.faults.FAULTS`; what a fault takes is its own fields. A status is written as four hex digits,
like everywhere in a scenario; everything else takes the type that the field declares.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

import simulators
import simulators.faults
from harness.errors import HarnessError
from harness.steps import FaultCall
from harness.strict_yaml import Location, suggestion


def simulator_names() -> tuple[str, ...]:
    """Name the simulators that a peer can be."""
    index: Mapping[str, object] = getattr(simulators, "SIMULATORS", {})
    return tuple(index)


def fault_names() -> tuple[str, ...]:
    """Name the faults that a peer or link can have."""
    return tuple(_index())


def mistakes(call: FaultCall) -> Iterator[tuple[Location, str]]:
    """Yield what is wrong with a fault as written: where below its name, and why."""
    index = _index()
    if not index:
        return
    if call.name not in index:
        yield (), f"unknown fault{suggestion(call.name, tuple(index))}"
        return
    kind = index[call.name]
    fields = [field.name for field in dataclasses.fields(kind) if field.init]
    unknown = [key for key in call.parameters if key not in fields]
    for key in unknown:
        yield (key,), f"unknown key{suggestion(key, fields)}"
    if unknown:
        return
    try:
        _adapter(call.name).validate_python(_with_statuses(call.parameters))
    except ValidationError as error:
        for details in error.errors(include_url=False):
            yield details["loc"], f"{details['msg'].removeprefix('Value error, ')}"
    except ValueError as error:
        yield (), str(error)


def build(call: FaultCall) -> Any:
    """Make the fault that a scenario names.

    Raises
    ------
    HarnessError
        The call was not judged before, and is wrong.
    """
    found = list(mistakes(call))
    if found or call.name not in _index():
        raise HarnessError(f"fault {call.name}: {found[0][1] if found else 'unknown'}")
    return _adapter(call.name).validate_python(_with_statuses(call.parameters))


def _index() -> Mapping[str, type[Any]]:
    index: Mapping[str, type[Any]] = getattr(simulators.faults, "FAULTS", {})
    return index


@functools.cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(_index()[name])


def _with_statuses(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Turn four hex digits under `status` into the number that a fault takes."""
    return {
        key: int(value, 16) if key == "status" and isinstance(value, str) and _is_hex(value) else value
        for key, value in parameters.items()
    }


def _is_hex(text: str) -> bool:
    return len(text) == 4 and all(character in "0123456789abcdefABCDEF" for character in text)
