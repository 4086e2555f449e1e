"""YAML that never guesses.

Every scalar is text, quoted or not: ``0012``, ``9.10``, ``ON``, ``~`` and ``2026-01-31`` stay what was typed, and an
empty scalar is empty text; the model's field gives the type. What YAML adds beyond mappings, sequences and scalars
(anchors, aliases, merge keys, tags, several documents) and what it lets pass (repeated keys) is refused with file,
line and path. Whatever the bytes, `read` and `parse` return a `Document` or raise `DataError`.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dicom_conformance.errors import DataError
from dicom_conformance.files.known_names import suggestion

__all__ = [
    "DataError",
    "Document",
    "Location",
    "Plain",
    "dotted",
    "parse",
    "read",
    "translate",
    "validate",
]

#: Plain data: text, and mappings and sequences of it.
Plain: TypeAlias = "str | list[Plain] | dict[str, Plain]"
Location: TypeAlias = tuple[str | int, ...]
ModelT = TypeVar("ModelT", bound=BaseModel)

#: Deeper nesting than any of our files has; keeps hostile input from exhausting the stack.
DEEPEST = 64

#: The longest file that is read; the longest of ours has a twentieth of it.
LONGEST_BYTES = 8 << 20

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_MESSAGES = {
    "missing": "missing",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "frozen_set_type": "must be a list",
    "set_type": "must be a list",
    "string_type": "must be text",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
}


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML file as plain data, and the line of each part of it.

    Parameters
    ----------
    path : Path
        The file that was read.
    data : Plain
        Mappings, sequences and texts.
    lines : Mapping
        Location (keys and indices from the root) to line, counted from 1.
    """

    path: Path
    data: Plain
    lines: Mapping[Location, int]

    def line(self, location: Sequence[str | int]) -> int | None:
        """Give the line of `location`, or of the nearest part around it that the file has."""
        where = tuple(location)
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where)

    def error(self, location: Sequence[str | int], message: str) -> DataError:
        """Make the error that points at `location`."""
        return DataError(self.path, self.line(location), dotted(location), message)


def dotted(location: Sequence[str | int]) -> str:
    """Write a location as people do: ``steps[1].expect[0].dimse``."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def read(path: Path | str) -> Document:
    """Read one YAML file.

    Raises
    ------
    DataError
        The file cannot be read, is not UTF-8, or is not the YAML that this module admits.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            raw = file.read(LONGEST_BYTES + 1)
    except OSError as error:
        raise DataError(path, None, "", error.strerror or "cannot be read") from error
    if len(raw) > LONGEST_BYTES:
        raise DataError(path, 1, "", f"is longer than {LONGEST_BYTES:,} bytes, the most that is read")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(path, line, "", f"is not UTF-8: {error.reason}") from error
    return parse(text, path)


def parse(text: str, path: Path | str = "<text>") -> Document:
    """Turn the text of one YAML document into plain data; `path` is what errors name."""
    path = Path(path)
    builder = _Builder(path)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else builder.last_line
        raise DataError(path, line, "", error.problem or error.context or "is not YAML") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise DataError(path, line, "", f"has a character that YAML does not admit: {error.reason}") from error
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise DataError(path, line, "", f"has a character that YAML does not admit: {error.reason}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise DataError(path, builder.last_line, "", f"is not YAML: {error}") from error
    if builder.root is None:
        raise DataError(path, 1, "", "the file is empty")
    return Document(path, builder.root, builder.lines)


class _Builder:
    """Builds plain data from parser events, iteratively, one open collection a level."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.root: Plain | None = None
        self.lines: dict[Location, int] = {}
        self._open: list[tuple[list[Plain] | dict[str, Plain], Location]] = []
        self._key: list[str | None] = []
        self._documents = 0
        self.last_line = 1

    def take(self, event: Any) -> None:
        self.last_line = line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise self._error(line, "a second document begins here; a file holds one")
        elif isinstance(event, yaml.AliasEvent):
            raise self._error(line, f"alias *{event.anchor}: aliases are not allowed")
        elif isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)):
            if event.anchor is not None:
                raise self._error(line, f"anchor &{event.anchor}: anchors are not allowed")
            if event.tag is not None:
                raise self._error(line, f"tag {event.tag}: tags are not allowed, the field gives the type")
            self._node(event, line)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._open.pop()
            self._key.pop()

    def _node(self, event: Any, line: int) -> None:
        if self._open and isinstance(self._open[-1][0], dict) and self._key[-1] is None:
            self._take_key(event, line)
            return
        if isinstance(event, yaml.ScalarEvent):
            self._place(event.value, line)
            return
        if len(self._open) >= DEEPEST:
            raise self._error(line, f"nested deeper than {DEEPEST} levels")
        collection: list[Plain] | dict[str, Plain] = {} if isinstance(event, yaml.MappingStartEvent) else []
        location = self._place(collection, line)
        self._open.append((collection, location))
        self._key.append(None)

    def _take_key(self, event: Any, line: int) -> None:
        mapping, location = self._open[-1]
        if not isinstance(event, yaml.ScalarEvent):
            raise self._error(line, "a key must be text")
        key: str = event.value
        if key == "<<" and event.implicit[0]:
            raise self._error(line, "merge keys are not allowed")
        if not key:
            raise self._error(line, "a key must not be empty")
        if key in mapping:
            first = self.lines[(*location, key)]
            raise self._error(line, f"the key is repeated (first on line {first})", key)
        self._key[-1] = key
        self.lines[(*location, key)] = line

    def _place(self, value: Plain, line: int) -> Location:
        if not self._open:
            self.root = value
            self.lines[()] = line
            return ()
        collection, location = self._open[-1]
        if isinstance(collection, list):
            here: Location = (*location, len(collection))
            collection.append(value)
            self.lines[here] = line
            return here
        key = self._key[-1]
        assert key is not None
        self._key[-1] = None
        collection[key] = value
        return (*location, key)

    def _error(self, line: int, message: str, key: str | None = None) -> DataError:
        location: list[str | int] = []
        if self._open:
            collection, where = self._open[-1]
            location.extend(where)
            if isinstance(collection, list):
                location.append(len(collection))
            elif key is not None or self._key[-1] is not None:
                location.append(key if key is not None else typing.cast(str, self._key[-1]))
        return DataError(self.path, line, dotted(location), message)


def validate(document: Document, model: type[ModelT], context: object = None) -> ModelT:
    """Give the document the types of `model`.

    Parameters
    ----------
    document : Document
        What `read` returned.
    model : type of pydantic.BaseModel
        Best with ``extra="forbid"``, so that an unknown key is an error.
    context : object
        Handed to the model's validators.

    Raises
    ------
    DataError
        The first fault by line; the rest are its ``others``.
    """
    try:
        return model.model_validate(document.data, context=context)
    except ValidationError as error:
        errors = translate(document, model, error.errors(include_url=False))
    raise errors[0]


def translate(
    document: Document, model: type[BaseModel], errors: Sequence[ErrorDetails], base: Location = ()
) -> tuple[DataError, ...]:
    """Turn pydantic's errors into ours, by line; the first has the others as its ``others``.

    `base` is the location of the validated part in the document.
    """
    found = []
    seen: set[tuple[int | None, str, str]] = set()
    for details in errors:
        location, missing = _locate(document.data, base, details)
        fault = DataError(document.path, document.line(location), dotted(location), _explain(details, model, missing))
        if (fault.line, fault.field, fault.message) not in seen:
            seen.add((fault.line, fault.field, fault.message))
            found.append(fault)
    found.sort(key=lambda fault: (fault.message == "missing", fault.line or 0))
    first = found[0]
    return (DataError(first.path, first.line, first.field, first.message, tuple(found[1:])), *found[1:])


def _locate(data: Plain, base: Location, details: ErrorDetails) -> tuple[Location, str | None]:
    """Follow pydantic's location through the data, dropping what only names a branch of a union."""
    node: object = data
    kept: list[str | int] = []
    parts = (*base, *details["loc"])
    missing: str | None = None
    for position, part in enumerate(parts):
        found, following = _child(node, part)
        if found:
            node = following
        elif details["type"] == "missing" and position == len(parts) - 1:
            missing = str(part)
        else:
            continue
        kept.append(part)
    return tuple(kept), missing


def _child(node: object, part: str | int) -> tuple[bool, object]:
    if isinstance(node, dict) and part in node:
        return True, node[part]
    if isinstance(node, list) and isinstance(part, int) and part < len(node):
        return True, node[part]
    return False, None


def _explain(details: ErrorDetails, model: type[BaseModel], missing: str | None) -> str:
    kind = details["type"]
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):  # of a model, of a dataclass
        key = str(details["loc"][-1])
        return f"unknown key{suggestion(key, _fields_at(model, details['loc'][:-1]))}"
    if missing is not None:
        return "missing"
    if kind in ("literal_error", "enum"):
        expected = str(details.get("ctx", {}).get("expected", ""))
        return f"must be {expected}, not {_shown(details['input'])}"
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        field, tag = str(details["ctx"]["discriminator"]).strip("'"), details["ctx"].get("tag")
        known = [each.strip(" '") for each in str(details["ctx"].get("expected_tags", "")).split(",")]
        return f"has no {field}" if tag is None else f"no {field} is named {tag!r}{suggestion(str(tag), known)}"
    if kind == "value_error":
        return str(details["msg"]).removeprefix("Value error, ")
    if kind in _MESSAGES:
        return f"{_MESSAGES[kind]}, not {_shown(details['input'])}"
    message = str(details["msg"])
    for beginning in ("Input should ", "String should "):
        if message.startswith(beginning):
            return f"must {message.removeprefix(beginning)}, not {_shown(details['input'])}"
    return message[:1].lower() + message[1:] + f" (found {_shown(details['input'])})"


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    text = str(value)
    return "nothing" if not text else f"{text[:60]!r}"


def _fields_at(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """Collect the field names that the model knows at a location of pydantic's."""
    kinds: list[Any] = [model]
    for part in location:
        following = [inner for kind in kinds for inner in _step(kind, part)]
        kinds = following or [kind for kind in kinds if _is_tagged(kind, part)] or kinds
    return [name for kind in kinds if isinstance(kind, type) for name in _names_of_fields(kind)]


def _names_of_fields(kind: type) -> list[str]:
    if issubclass(kind, BaseModel):
        return [field.alias or name for name, field in kind.model_fields.items()]
    return [field.name for field in fields(kind)] if is_dataclass(kind) else []


def _is_tagged(kind: Any, tag: str | int) -> bool:
    """Tell whether a model is the branch of a union that a tag names: it has a field of this one value."""
    fields = kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else {}
    return any(typing.get_args(field.annotation) == (tag,) for field in fields.values())


def _step(kind: Any, part: str | int) -> Iterator[Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            if part in (name, field.alias):
                yield from _unwrap(field.annotation)
    elif typing.get_origin(kind) in (tuple, list, dict, frozenset, set, Mapping, Sequence):
        arguments = [argument for argument in typing.get_args(kind) if argument is not Ellipsis]
        for argument in arguments[-1:]:
            yield from _unwrap(argument)


def _unwrap(annotation: Any) -> Iterator[Any]:
    """Yield the alternatives of an annotation, with Annotated and unions taken off."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        yield from _unwrap(typing.get_args(annotation)[0])
    elif origin in (typing.Union, types.UnionType):
        for argument in typing.get_args(annotation):
            yield from _unwrap(argument)
    elif hasattr(annotation, "__value__"):
        yield from _unwrap(annotation.__value__)
    else:
        yield annotation
