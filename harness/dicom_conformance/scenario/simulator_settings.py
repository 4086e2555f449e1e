"""A peer's `settings:`: further arguments of its simulator, from texts to the types that its constructor declares.

The simulators' own signatures say what there is, so that a simulator with a new argument needs no line here. What the
harness itself hands over (name, AE title, recorder, instances, faults, addresses, seed) is no setting.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import math
import operator
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import PydanticUserError, TypeAdapter, ValidationError

import dicom_simulators
from dicom_conformance.errors import HarnessError
from dicom_conformance.files import LONGEST_WAIT_S, Location, suggestion

_OURS = frozenset(
    {
        *("self", "name", "ae_title", "recorder", "instances", "faults", "destinations", "destination_names"),
        *("host", "port", "seed", "callers", "script", "announce", "journal"),
    }
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a simulator: what reads it, its default, and the class whose constructor takes it."""

    adapter: TypeAdapter[Any]
    default: object
    declared_by: type[object]


def settings(simulator: str) -> Mapping[str, Setting]:
    """Give every setting of a simulator by its name."""
    return _parameters(simulator)


def mistakes(simulator: str, given: Mapping[str, Any]) -> Iterator[tuple[Location, str]]:
    """Yield what is wrong with the settings of a peer: where below `settings`, and why."""
    if simulator not in _index():
        return
    known = _parameters(simulator)
    for key, value in given.items():
        if key not in known:
            yield (key,), f"unknown key{suggestion(key, tuple(known))}"
            continue
        try:
            yield from _unbounded(key, known[key].adapter.validate_python(value))
        except ValidationError as error:
            for details in error.errors(include_url=False):
                unknown = details["type"] in ("unexpected_keyword_argument", "extra_forbidden")
                message = "unknown key" if unknown else details["msg"].removeprefix("Value error, ")
                yield (key, *_within(value, details["loc"])), message


def _unbounded(key: str, value: object) -> Iterator[tuple[Location, str]]:
    """Yield the numbers that no simulator can use: what is not finite or negative, and times that no wait can hold."""
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            for location, message in _unbounded(field.name, getattr(value, field.name)):
                yield (key, *location), message
    elif isinstance(value, float):
        if not 0 <= value < math.inf:
            yield (key,), f"must be a number from 0 up, not {value}"
        elif key.endswith("_s") and value > LONGEST_WAIT_S:
            yield (key,), f"must be at most {LONGEST_WAIT_S} seconds, not {value:g}"


def _within(value: object, location: Location) -> Location:
    """Follow pydantic's location through a value; what only names a branch of a union is left out."""
    found: list[str | int] = []
    for part in location:
        known: object = dict(enumerate(value)) if isinstance(value, list | tuple) else value
        if isinstance(known, Mapping) and part in known:
            value = known[part]
            found.append(part)
    return tuple(found)


def typed(simulator: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Give the settings their types.

    Raises
    ------
    HarnessError
        They were not judged before, and are wrong.
    """
    for location, message in mistakes(simulator, given):
        raise HarnessError(f"settings of a {simulator}: {'.'.join(map(str, location))}: {message}")
    known = _parameters(simulator)
    return {key: known[key].adapter.validate_python(value) for key, value in given.items()}


def _index() -> Mapping[str, type[Any]]:
    index: Mapping[str, type[Any]] = getattr(dicom_simulators, "SIMULATORS", {})
    return index


@functools.cache
def _parameters(simulator: str) -> dict[str, Setting]:
    """Read the constructors of a simulator and its bases: keyword to what it takes."""
    found: dict[str, Setting] = {}
    for kind in _index()[simulator].__mro__:
        constructor = kind.__dict__.get("__init__")
        if not inspect.isfunction(constructor):
            continue
        hints = typing.get_type_hints(constructor)
        for name, parameter in inspect.signature(constructor).parameters.items():
            if parameter.kind is parameter.KEYWORD_ONLY and name not in _OURS and name not in found:
                adapter = _adapter(_read_whole(hints.get(name, Any)))
                if adapter is not None:
                    found[name] = Setting(adapter, parameter.default, kind)
    return found


def _adapter(annotation: Any) -> TypeAdapter[Any] | None:
    """Make what validates a type; None for one that no file can give, such as a socket."""
    try:
        return TypeAdapter(annotation)
    except PydanticUserError:
        return None


def _read_whole(annotation: Any) -> Any:
    """Read an iterable at once, so that its faults are found now and it can be walked twice."""
    if typing.get_origin(annotation) is Iterable:
        (inner,) = typing.get_args(annotation)
        return types.GenericAlias(tuple, (inner, ...))
    arguments = typing.get_args(annotation)
    if any(typing.get_origin(each) is Iterable for each in arguments):
        return functools.reduce(operator.or_, map(_read_whole, arguments))
    return annotation
