"""Variables: `$name` or `$root.path` as a whole scalar, and nothing more.

A scenario is data, not a program: a variable replaces a whole value, never a part of a text, and there are no
expressions. What a name is bound to (a text, or plain data such as a list of contexts) comes from the scenario's
`for_each`; what a path is bound to comes from the statement, the subject, the run or the fixtures. A path that the
statement does not give is bound to an `Unstated`, which takes its place in the data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dicom_conformance.files.strict_yaml import Document, Location

ROOTS = ("ae", "capability", "data", "fixture", "run", "subject")
"""Words with which the path of a named value may begin."""

_PATH = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)+)\Z")
_VARIABLE = re.compile(rf"\$([A-Za-z_][A-Za-z0-9_]*|(?:{'|'.join(ROOTS)})(?:\.[A-Za-z0-9_]+)+)\Z")

#: What every case binds, whatever its `for_each`.
ALWAYS_BOUND = ("seed",)


@dataclass(frozen=True, slots=True)
class Unstated:
    """What stands for a named value that the statement does not give."""

    path: str


def unstated(value: object) -> str:
    """Give the path of the first named value in plain data that the statement does not give; empty for none."""
    if isinstance(value, str):  # by far the most; the question whether it is a Mapping takes long
        return ""
    if isinstance(value, Unstated):
        return value.path
    inner: Iterable[object]
    if isinstance(value, (list, tuple)):
        inner = value
    elif isinstance(value, (dict, Mapping)):
        inner = value.values()
    else:
        return ""
    for each in inner:
        if type(each) is not str and (path := unstated(each)):
            return path
    return ""


def paths(value: object, location: Location = ()) -> Iterator[tuple[str, Location]]:
    """Yield every text that is written like the path of a named value, without its `$`, whatever it begins with."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from paths(inner, (*location, key))
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from paths(inner, (*location, index))
    elif isinstance(value, str) and (found := _PATH.match(value)):
        yield found[1], location


def variable(value: object) -> str | None:
    """Give the name if `value` is a variable."""
    found = _VARIABLE.match(value) if isinstance(value, str) and value.startswith("$") else None
    return found[1] if found else None


def variables(value: object, location: Location = ()) -> Iterator[tuple[str, Location]]:
    """Yield every variable in plain data, with its location."""
    if isinstance(value, str):
        name = variable(value)
        if name is not None:
            yield name, location
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from variables(inner, (*location, key))
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from variables(inner, (*location, index))


def has_variable(value: object) -> bool:
    """Tell whether plain data holds a variable."""
    return next(variables(value), None) is not None


def bind(value: Any, bindings: Mapping[str, Any], document: Document, location: Location = ()) -> Any:
    """Put the bound values in place of the variables.

    Raises
    ------
    DataError
        A variable is not bound, or a text only begins like one.
    """
    if isinstance(value, dict):
        return {key: bind(inner, bindings, document, (*location, key)) for key, inner in value.items()}
    if isinstance(value, list):
        return [bind(inner, bindings, document, (*location, index)) for index, inner in enumerate(value)]
    name = variable(value)
    if name is None:
        return value
    if name not in bindings:
        if "." in name:
            raise document.error(location, f'${name} is a named value, which needs `format: "2"`')
        bound = ", ".join(f"${known}" for known in sorted(bindings) if "." not in known) or "none"
        raise document.error(location, f"${name} is not bound here; the names bound are {bound}")
    return bindings[name]
