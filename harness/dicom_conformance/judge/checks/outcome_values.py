"""Values that an expectation of an outcome may have: a count, a list, a status, or none of it."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from dicom_conformance.judge.checks.wanted import Bounds, read_bounds, read_statuses


def _count_or_none(value: Any) -> Bounds | None:
    return None if str(value).strip() == "none" else read_bounds(value)


CountOrNone = Annotated[
    Bounds | None,
    PlainValidator(_count_or_none),
    WithJsonSchema({"type": ["string", "integer"], "format": "reported-count"}),
]
"""A count that was reported; `none` demands that it was not reported."""


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
            "format": "listed",
        }
    ),
]
"""Either how many, or which (UIDs)."""


def _status_or_none(value: Any) -> tuple[str, ...] | None:
    return None if str(value).strip() == "none" else read_statuses(value)


StatusOrNone = Annotated[
    tuple[str, ...] | None,
    PlainValidator(_status_or_none),
    WithJsonSchema({"format": "reported-status"}),
]
"""The statuses that may be reported; `none` demands that none was reported."""
