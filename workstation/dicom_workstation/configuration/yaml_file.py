"""Reading a YAML file of the workstation without guessing: each scalar stays the text that was written.

Invariants: a fault of the file is a `ConfigurationError` that says file, line and field; a key that occurs twice
is a fault; the types come from the model that is applied afterwards, never from YAML's own rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Plain = str | list["Plain"] | dict[str, "Plain"] | None
Field = tuple[str | int, ...]
DEEPEST = 16
LONGEST_BYTES = 8 << 20
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the first is ten times as fast


@dataclass(eq=False)
class ConfigurationError(Exception):
    """What is wrong with a configuration, and where."""

    message: str
    path: str = ""
    line: int | None = None
    field: str = ""

    def __str__(self) -> str:
        where = ":".join(part for part in (self.path, str(self.line) if self.line else "") if part)
        return ": ".join(part for part in (where, self.field, self.message) if part)


@dataclass(frozen=True, slots=True)
class YAMLDocument:
    """The values of a file, and the line on which each field stands."""

    data: Plain
    lines: dict[Field, int]

    def line_of(self, field: Field) -> int | None:
        """Return the line of a field, or of the nearest field around it."""
        for length in range(len(field), -1, -1):
            if field[:length] in self.lines:
                return self.lines[field[:length]]
        return None


def read_yaml(path: Path) -> YAMLDocument:
    """Read a file.

    Raises
    ------
    ConfigurationError
        If it cannot be read, is longer than any configuration, is no YAML, repeats a key, or nests deeper than any
        configuration does.
    """
    text = _text(path)
    try:
        _refuse_what_grows(text, str(path))
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        raise ConfigurationError(f"is not YAML: {error.problem or error.context}", str(path), line) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigurationError("is not YAML: it has a control character", str(path), line) from error
    lines: dict[Field, int] = {}
    if root is None:
        return YAMLDocument(None, {(): 1})
    data = _plain(root, (), lines, str(path))
    return YAMLDocument(data, lines)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(LONGEST_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(f"cannot be read: {error.strerror or error}", str(path)) from error
    if len(raw) > LONGEST_BYTES:
        raise ConfigurationError(f"is longer than {LONGEST_BYTES:,} bytes, the most that is read", str(path), 1)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"is not UTF-8: {error.reason}", str(path), line) from error


def _refuse_what_grows(text: str, path: str) -> None:
    """Refuse aliases, and nesting that would exceed the recursion limit."""
    depth = 0
    loader = _LOADER(text)
    try:
        for event in iter(loader.get_event, None):
            line = event.start_mark.line + 1
            if isinstance(event, yaml.AliasEvent):
                raise ConfigurationError(f"alias *{event.anchor}: aliases are not allowed", path, line)
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise ConfigurationError(
                    f"is nested deeper than {DEEPEST} levels, the most that is allowed", path, line
                )
    except ValueError as error:  # the slower loader makes a character of any escape
        raise ConfigurationError("is not YAML: an escape is not a character", path, loader.line + 1) from error
    finally:
        loader.dispose()


def field_name(field: Field) -> str:
    """Return a field's path as text: `archives.main.port`."""
    return ".".join(str(part) for part in field)


def _plain(node: yaml.Node, field: Field, lines: dict[Field, int], path: str) -> Plain:
    lines.setdefault(field, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, field, lines, path)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*field, index), lines, path) for index, item in enumerate(node.value)]
    if isinstance(node, yaml.ScalarNode) and node.style is None and node.value in ("", "~", "null"):
        return None
    return str(node.value)


def _mapping(node: yaml.MappingNode, field: Field, lines: dict[Field, int], path: str) -> dict[str, Plain]:
    values: dict[str, Plain] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise ConfigurationError("a key must be text", path, line, field_name(field))
        key = str(key_node.value)
        if key in values:
            raise ConfigurationError("this key occurs twice", path, line, field_name((*field, key)))
        lines[(*field, key)] = line
        values[key] = _plain(value_node, (*field, key), lines, path)
    return values
