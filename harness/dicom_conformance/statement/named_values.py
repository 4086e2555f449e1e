"""Dotted names of stated values, as scenarios write them after a ``$``: ``ae.maximum_length``, ``capability.models``.

What names there are follows from the models of format 2, so that a name that no statement can give is found when a
scenario is read, and not when it is played.
"""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from dicom_conformance.files import suggestion
from dicom_conformance.statement.capability import UNSTATED, Unstated
from dicom_conformance.statement.format_two import Entity
from dicom_conformance.statement.offered_services import OfferedService
from dicom_conformance.statement.proposals import DERIVED

__all__ = ["known_path", "value_at", "wrong_path"]

ANY = "*"
"""Stands for a key that the statement chooses, such as an Annotation Display Format ID."""

_NOT_ASKED = frozenset({"scp", "scu", "description", "section", "table", "only", "configurations", "measured"})
_COMPUTED = ("proposal", "contexts", "sop_classes", "models", "service", "role")


def value_at(values: Mapping[str, Any], parts: Sequence[str]) -> Any | Unstated:
    """Follow a path through plain data; `UNSTATED` where a part of it is absent."""
    value: Any = values
    for part in parts:
        if not isinstance(value, Mapping) or part not in value:
            return UNSTATED
        value = value[part]
    return value


def known_path(path: str) -> bool:
    """Tell whether some statement can give the value; `path` is without its ``$``."""
    return any(_fits(path.split("."), known.split(".")) for known in _known())


def wrong_path(path: str) -> str:
    """Say what is wrong with the path of a value; empty if some statement can give it."""
    if known_path(path):
        return ""
    return f"no statement can give ${path}{suggestion(path, [each for each in _known() if ANY not in each])}"


def _fits(parts: Sequence[str], known: Sequence[str]) -> bool:
    return len(parts) == len(known) and all(other in (part, ANY) for part, other in zip(parts, known, strict=True))


@functools.cache
def _known() -> tuple[str, ...]:
    computed = ("proposal", "key", "most_associations", *DERIVED)
    found = dict.fromkeys((*(f"ae.{name}" for name in computed), *_paths(Entity, "ae")))
    union, *_ = typing.get_args(OfferedService)
    for model in typing.get_args(union):
        found |= dict.fromkeys(_paths(model, "capability"))
    return tuple(found | dict.fromkeys(f"capability.{name}" for name in _COMPUTED))


def _paths(model: type[BaseModel], before: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if name not in _NOT_ASKED:
            yield f"{before}.{name}"
            yield from _below(field.annotation, f"{before}.{name}")


def _below(annotation: Any, before: str) -> Iterator[str]:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        yield from _below(arguments[0], before)
    elif origin in (typing.Union, types.UnionType):
        for argument in arguments:
            yield from _below(argument, before)
    elif origin is dict:
        keys = typing.get_args(arguments[0]) if typing.get_origin(arguments[0]) is typing.Literal else (ANY,)
        yield from (f"{before}.{key}" for key in keys)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from _paths(annotation, before)
