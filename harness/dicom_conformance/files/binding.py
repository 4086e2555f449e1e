"""Variables: `$name` as a whole scalar, and nothing more.

A scenario is data, not a program: a variable replaces a whole value, never a part of a text, and there are no
expressions. What a name is bound to (a text, or plain data such as a list of contexts) comes from the scenario's
`for_each`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dicom_conformance.files.strict_yaml import Document, Location

_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)\Z")

#: What every case binds, whatever its `for_each`.
ALWAYS_BOUND = ("seed",)


def variable(value: object) -> str | None:
    """Give the name if `value` is a variable."""
    found = _VARIABLE.match(value) if isinstance(value, str) else None
    return found[1] if found else None


def variables(value: object, location: Location = ()) -> Iterator[tuple[str, Location]]:
    """Yield every variable in plain data, with its location."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from variables(inner, (*location, key))
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from variables(inner, (*location, index))
    elif (name := variable(value)) is not None:
        yield name, location


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
        bound = ", ".join(f"${known}" for known in sorted(bindings)) or "none"
        raise document.error(location, f"${name} is not bound here; the names bound are {bound}")
    return bindings[name]
