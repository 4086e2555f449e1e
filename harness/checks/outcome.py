"""The check `outcome`: what an AE told its user about an operation."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from harness.checks.wanted import Abort, Bounds, Count, Position, Rejection, Texts, Wanted, read_bounds, read_statuses


def _told(value: Any) -> Bounds | None:
    return None if str(value).strip() == "none" else read_bounds(value)


Told = Annotated[
    Bounds | None,
    PlainValidator(_told),
    WithJsonSchema({"type": ["string", "integer"], "description": "a count, or none where the user is told nothing"}),
]
"""A count that was told; `none` wants it not to be told."""


def _listed_or_counted(value: Any) -> Bounds | tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(str(item) for item in value)
    if isinstance(value, str) and re.fullmatch(r"[0-9.]+", value) and "." in value:
        return (value,)
    return read_bounds(value)


Listed = Annotated[
    Bounds | tuple[str, ...],
    PlainValidator(_listed_or_counted),
    WithJsonSchema(
        {
            "anyOf": [{"type": ["string", "integer"]}, {"type": "array", "items": {"type": "string"}}],
            "description": "how many (a count), or which (UIDs)",
        }
    ),
]
"""Either how many, or which (UIDs)."""


def _status_told(value: Any) -> tuple[str, ...] | None:
    return None if str(value).strip() == "none" else read_statuses(value)


StatusTold = Annotated[
    tuple[str, ...] | None,
    PlainValidator(_status_told),
    WithJsonSchema({"description": "four hex digits, the name of a class, a list of these, or none"}),
]
"""The statuses that may be told; `none` wants none to be told."""


class OutcomeWanted(Wanted):
    """What may be wanted of the outcome of an operation, by the names of the agreement on outcomes.

    `position` chooses among several outcomes (the last, unless given). `status: none` wants no status told. `match`
    lists sets of keys, each of which some match must bear.
    """

    ae: str = "workstation"
    operation: str | None = None
    peer: str | None = None
    position: Position = "last"
    result: Texts = ()
    status: StatusTold = ()
    detail: str | None = None
    rejection: Rejection | None = None
    abort: Abort | None = None
    matches: Count | None = None
    match: tuple[dict[str, Texts], ...] = ()
    pending: Told = None
    completed: Told = None
    failed: Told = None
    warning: Told = None
    remaining: Told = None
    arrived: Told = None
    missing: Told = None
    failed_instances: Listed | None = None
    stored: Listed | None = None
    stored_with_warning: Listed | None = None
    not_stored: Listed | None = None
