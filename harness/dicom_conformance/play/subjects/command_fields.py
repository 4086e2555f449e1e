"""The fields of a command or request of a subject file: words in braces, which a case fills.

A field is one of `FIELDS`, the keyword of an element, or the name of another argument of the operation. So an unknown
name is not wrong in itself; one that looks like a misspelt field is.
"""

from __future__ import annotations

import difflib
import json
import re
import string
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydicom.datadict import tag_for_keyword

from dicom_conformance.files import suggestion
from dicom_conformance.play.subjects.subject import UnsupportedError
from dicom_conformance.scenario import vocabulary

#: A field that may be empty: all other arguments of the operation, as `name=value`.
ARGUMENTS = "arguments"
FIELDS = ("calling", "called", "host", "port", "level", "model", "root", "keys", "files", ARGUMENTS)
_ALONE = re.compile(r"\{(\w+)(?::(\S+))?\}")
_ALIKE = 0.7
"""How like a field a name must be to be taken for a misspelt one, from 0 to 1; `priority` is 0.67 like `port`."""


def check(text: str) -> None:
    """Raise `ValueError` if a command or request cannot be filled, whatever the case."""
    for name in fields_of(text):
        if not name.isidentifier():
            raise ValueError(f"{{{name}}} is not a field: put a name in braces, and write a literal brace twice")
        if name in FIELDS or tag_for_keyword(name) is not None:
            continue
        if name[0].isupper():
            known = vocabulary.element_keywords()
            raise ValueError(f"{{{name}}} is not a field: no element has this keyword{suggestion(name, known)}")
        near = difflib.get_close_matches(name, FIELDS, n=3, cutoff=_ALIKE)
        if near and "_" not in name:
            meant = next((field for field in near if sorted(field) == sorted(name)), near[0])
            raise ValueError(f"{{{name}}} is not a field; did you mean {{{meant}}}?")


def unusual(texts: Iterable[str]) -> tuple[str, ...]:
    """Name the fields that only the arguments of some scenario can fill."""
    names = (name for text in texts for name in fields_of(text))
    return tuple(dict.fromkeys(name for name in names if name not in FIELDS and tag_for_keyword(name) is None))


def as_word(value: object) -> str:
    """Write an argument as a word of a command."""
    if isinstance(value, str | int | float | Path):
        return str(value)
    if isinstance(value, list | tuple) and all(isinstance(item, str | int | float) for item in value):
        return "\\".join(map(str, value))
    return json.dumps(value, default=str)


def fields_of(text: str) -> list[str]:
    """Give the names in braces, in order."""
    return [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]


def words(part: str, values: Mapping[str, list[str]]) -> list[str]:
    """Fill one word of a command.

    A word that is one field alone becomes as many words as it has values: `{files}`. With `{keys:-k}` each of them
    comes after a word `-k` of its own.
    """
    alone = _ALONE.fullmatch(part)
    if alone is None:
        return [filled(part, values)]
    name, option = alone.groups()
    if name != ARGUMENTS:
        _require(name, values)
    return [word for value in values[name] for word in ((option, value) if option else (value,))]


def filled(text: str, values: Mapping[str, list[str]]) -> str:
    """Fill a text; UnsupportedError where the case lacks a field."""
    for name in fields_of(text):
        _require(name, values)
    return text.format_map({name: "\\".join(value) for name, value in values.items()})


def _require(name: str, values: Mapping[str, list[str]]) -> None:
    if not values.get(name):
        raise UnsupportedError(f"the subject file needs {{{name}}}, which this case does not have")
