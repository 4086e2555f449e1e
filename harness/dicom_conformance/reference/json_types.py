"""What a JSON Schema says of a value, in words; and the rows of a table that describe a model's keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dicom_conformance.reference.docstrings import plain, summary

Schema = Mapping[str, Any]
Link = Callable[[str], str]

REF = "#/$defs/{model}"
REQUIRED = "required"

#: Kinds of value with a form of their own; `judge.checks.wanted` and its neighbours name them as `format`.
FORMATS = {
    "count": "[count](README.md#counts)",
    "status": "[status](README.md#statuses), or a list of them",
    "context-result": "[result](README.md#results-of-a-context), or a list of them",
    "position": "[position](README.md#positions)",
    "path": "path",
    "told-count": "[count](README.md#counts), or `none`",
    "told-status": "[status](README.md#statuses), a list of them, or `none`",
    "listed": "[count](README.md#counts), or a list of UIDs",
    "tolerance": "`exact` or `within N`",
    "texts": "text, or a list of texts",
    "numbers": "whole number, or a list of them",
}
_PLURAL = {"text": "texts", "number": "numbers", "whole number": "whole numbers"}
_SIMPLE = {"string": "text", "number": "number", "boolean": "`true` or `false`", "null": "nothing"}


@dataclass(frozen=True, slots=True)
class Row:
    """One key of a file: what may stand there, what stands there if nothing is given, and what it means."""

    key: str
    kind: str
    default: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Described:
    """A model: its name, what it is, and its keys."""

    name: str
    about: str
    rows: tuple[Row, ...]


def of_schema(name: str, schema: Schema, link: Link) -> Described:
    """Describe the keys of one object of a JSON Schema."""
    required = schema.get("required", ())
    rows = [
        Row(key, words(each, link), REQUIRED if key in required else shown(each.get("default")), meaning(each))
        for key, each in schema["properties"].items()
    ]
    return Described(name, summary(schema.get("description")), tuple(rows))


def meaning(schema: Schema) -> str:
    """Give the description of a value, in one line."""
    return plain(" ".join(str(schema.get("description", "")).split()))


def shown(default: object) -> str:
    """Write a default as a file would have it; a dash where there is none."""
    if default is None or default in ((), [], {}, ""):
        return "-"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, list | tuple):
        return f"`[{', '.join(map(str, default))}]`" if len(str(default)) < 60 else f"{len(default)} values"
    if isinstance(default, Mapping) and not any(default.values()):
        return "-"
    if isinstance(default, Mapping):
        return f"`{{{', '.join(f'{key}: {value}' for key, value in default.items() if value is not None)}}}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def words(schema: Schema, link: Link) -> str:
    """Say what a value may be."""
    if schema.get("format") in FORMATS:
        return FORMATS[schema["format"]]
    if "$ref" in schema:
        return link(str(schema["$ref"]).rpartition("/")[2])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            kinds = [words(each, link) for each in schema[key] if each.get("type") != "null"]
            return ", or ".join(dict.fromkeys(kinds))
    return _of_type(schema, link)


def _of_type(schema: Schema, link: Link) -> str:
    kind = schema.get("type")
    if kind == "array":
        return _of_array(schema, link)
    if kind == "object":
        inner = schema.get("additionalProperties")
        return (
            f"mapping of names to {_plural(words(inner, link))}" if isinstance(inner, Mapping) and inner else "mapping"
        )
    if kind == "integer":
        return f"whole number{_range(schema)}"
    if kind == "number":
        return f"number{_range(schema)}"
    if kind == "string" and ("maxLength" in schema or schema.get("minLength", 0) > 1):
        return f"text of {schema.get('minLength', 0)} to {schema.get('maxLength', 'any number of')} characters"
    if isinstance(kind, list):
        return " or ".join(_SIMPLE.get(each, "whole number") for each in kind)
    return _SIMPLE.get(str(kind), "any value")


def _of_array(schema: Schema, link: Link) -> str:
    if "prefixItems" in schema:
        kinds = [words(each, link) for each in schema["prefixItems"]]
        return f"list of {len(kinds)} values: {', '.join(kinds)}"
    items = schema.get("items")
    return f"list of {_plural(words(items, link))}" if items else "list"


def _plural(text: str) -> str:
    return _PLURAL.get(text, text if text.startswith("[") and "," not in text else f"({text})" if " " in text else text)


def _range(schema: Schema) -> str:
    least = schema.get("minimum", schema.get("exclusiveMinimum"))
    most = schema.get("maximum", schema.get("exclusiveMaximum"))
    if "exclusiveMinimum" in schema and schema.get("type") == "integer":
        least = schema["exclusiveMinimum"] + 1
    above = "above " if "exclusiveMinimum" in schema and schema.get("type") != "integer" else ""
    if least is None and most is None:
        return ""
    if most is None:
        return f", {above}{least:g}" if above else f", {least} or more"
    return f", {above}{0 if least is None else least} to {most}"
