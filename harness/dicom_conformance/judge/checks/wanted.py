"""What an expectation may say: the base of every check's `Wanted` model, and the small words they share.

Scenario files are text throughout, so every type here reads text: a count is `3`, `at least 2`, `at most 4` or
`2 to 4`; a status is four hex digits or the name of its class; a result of a presentation context is a number of
PS3.8 Table 9-18 or its name. Nothing in this file looks at a trace.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, PlainValidator, WithJsonSchema

from dicom_conformance.files import Numbers, Part, Texts, listed
from dicom_conformance.results import Level
from dicom_wire.statuses import StatusClass, status_class


class Wanted(Part):
    """Fields that every expectation may bear, whatever its noun.

    `level` and `clause` take the place of the scenario's own; `requirement` is the paraphrase shown when it is unmet.
    """

    level: Level | None = Field(
        default=None, description="how binding this expectation is; the scenario's own `level` if not given"
    )
    clause: Texts = Field(default=(), description="what demands it; the scenario's own `clause` if not given")
    requirement: str | None = Field(
        default=None,
        description="the requirement in words, as the report prints it; the scenario's `title` if not given",
    )


@dataclass(frozen=True, slots=True)
class Bounds:
    """An interval of counts, both ends included; an end of None is open."""

    at_least: int | None
    at_most: int | None

    def admit(self, count: int) -> bool:
        """Tell whether `count` lies within the interval."""
        return (self.at_least is None or count >= self.at_least) and (self.at_most is None or count <= self.at_most)

    def __str__(self) -> str:
        if self.at_least == self.at_most:
            return str(self.at_least)
        if self.at_most is None:
            return f"at least {self.at_least}"
        if self.at_least is None:
            return f"at most {self.at_most}"
        return f"{self.at_least} to {self.at_most}"


_BOUNDS = re.compile(
    r"(?:(?P<exact>\d+)|at least (?P<least>\d+)|at most (?P<most>\d+)|(?P<low>\d+) to (?P<high>\d+))\Z"
)


def read_bounds(value: Any) -> Bounds:
    """Read `3`, `at least 2`, `at most 4` or `2 to 4`.

    Raises
    ------
    ValueError
        If `value` is none of these.
    """
    if isinstance(value, Bounds):
        return value
    found = _BOUNDS.match(str(value).strip())
    if found is None:
        raise ValueError("a count is a number, 'at least N', 'at most N' or 'N to M'")
    exact, least, most = found["exact"], found["least"], found["most"]
    if exact is not None:
        return Bounds(int(exact), int(exact))
    if least is not None:
        return Bounds(int(least), None)
    if most is not None:
        return Bounds(None, int(most))
    return Bounds(int(found["low"]), int(found["high"]))


Count = Annotated[
    Bounds,
    PlainValidator(read_bounds),
    WithJsonSchema({"type": ["string", "integer"], "format": "count"}),
]
"""How many: `3`, `at least 2`, `at most 4`, `2 to 4`."""

AT_LEAST_ONE = Bounds(1, None)

STATUS_CLASSES = tuple(member.value for member in StatusClass)
"""Names of the classes of a DIMSE status (PS3.7 Annex C)."""


def read_statuses(value: Any) -> tuple[str, ...]:
    """Read one status or a list of them, each four hex digits or the name of a class."""
    items = listed(value)
    if not isinstance(items, list | tuple):
        raise ValueError("a status is four hex digits or the name of a class")
    read = []
    for item in items:
        text = str(item).strip()
        if text in STATUS_CLASSES:
            read.append(text)
        elif re.fullmatch(r"[0-9A-Fa-f]{4}", text):
            read.append(text.upper())
        else:
            raise ValueError(f"a status is four hex digits or one of {', '.join(STATUS_CLASSES)}, not {text!r}")
    return tuple(read)


Statuses = Annotated[
    tuple[str, ...],
    PlainValidator(read_statuses),
    WithJsonSchema(
        {
            "anyOf": [{"type": ["string", "integer"]}, {"type": "array", "items": {"type": ["string", "integer"]}}],
            "format": "status",
        }
    ),
]
"""The statuses that are admitted: four hex digits each, or the name of a class."""


def status_admitted(status: int | None, admitted: tuple[str, ...]) -> bool:
    """Tell whether `status` is one of those that an expectation admits."""
    return status is not None and (f"{status:04X}" in admitted or status_class(status).value in admitted)


RESULTS = {
    "acceptance": 0,
    "user_rejection": 1,
    "no_reason": 2,
    "abstract_syntax_not_supported": 3,
    "transfer_syntaxes_not_supported": 4,
}
"""Names of the results of a presentation context (PS3.8 Table 9-18)."""


def _results(value: Any) -> tuple[int, ...]:
    """Read one result or a list of them; `not_accepted` is any but 0."""
    items = listed(value)
    if not isinstance(items, list | tuple):
        raise ValueError("a result is a number from 0 to 4 or its name")
    read: list[int] = []
    for item in items:
        text = str(item).strip()
        if text == "not_accepted":
            read.extend((1, 2, 3, 4))
        elif text in RESULTS:
            read.append(RESULTS[text])
        elif text in ("0", "1", "2", "3", "4"):
            read.append(int(text))
        else:
            raise ValueError(f"a result is 0 to 4, not_accepted or one of {', '.join(RESULTS)}, not {text!r}")
    return tuple(read)


ContextResults = Annotated[
    tuple[int, ...],
    PlainValidator(_results),
    WithJsonSchema(
        {
            "anyOf": [{"type": ["string", "integer"]}, {"type": "array", "items": {"type": ["string", "integer"]}}],
            "format": "context-result",
        }
    ),
]
"""The results of a presentation context that are admitted, as numbers."""


_RESULT_NAMES = {number: f"{number} ({name})" for name, number in reversed(RESULTS.items())}


def result_name(result: int | None) -> str:
    """Name the result of a presentation context as a report prints it."""
    if result is None:
        return "no answer"
    return _RESULT_NAMES.get(result) or f"{result} (undefined)"


def _position(value: Any) -> int | str:
    """Read `first`, `last`, `each` or a number counted from 1."""
    text = str(value).strip()
    if text in ("first", "last", "each"):
        return text
    if text.isdigit() and int(text) > 0:
        return int(text)
    raise ValueError("a position is first, last, each or a number counted from 1")


Position = Annotated[
    int | str,
    PlainValidator(_position),
    WithJsonSchema({"type": ["string", "integer"], "format": "position"}),
]
"""Which of several: `first`, `last`, `each`, or a number counted from 1."""


class Rejection(Part):
    """The triple of an A-ASSOCIATE-RJ (PS3.8 Table 9-21); what is left out is not judged."""

    result: Numbers = Field(default=(), description="admitted values of the result field")
    source: Numbers = Field(default=(), description="admitted values of the source field")
    reason: Numbers = Field(default=(), description="admitted values of the reason field")


class Abort(Part):
    """Who aborted, and with what source and reason (PS3.8 Table 9-26); what is left out is not judged."""

    by: str | None = Field(default=None, description="the AE that aborted")
    source: Numbers = Field(default=(), description="admitted values of the source field")
    reason: Numbers = Field(default=(), description="admitted values of the reason field")
