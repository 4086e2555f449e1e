"""A JSON Schema made as lenient as the reader of our files: it admits what an editor may take a text for."""

from __future__ import annotations

from typing import Any

import yaml

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SCALAR = ["string", "number", "boolean", "null"]
_SCALARS = ("string", "integer", "number", "boolean", "null")
_VARIABLE = {"type": "string", "pattern": r"^\$[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*$"}


def finished(title: str, schema: Schema, with_variables: bool = False) -> Schema:
    """Make a schema lenient, definitions included, and give it its title."""
    definitions = schema.pop("$defs", {})
    loosened = _loosen(schema, with_variables)
    loosened["$defs"] = {name: _loosen(each, with_variables) for name, each in definitions.items()}
    return {**loosened, "$schema": _DIALECT, "title": title}


def property_names(names: tuple[str, ...]) -> Schema:
    """Describe the keys of a mapping that an editor may take for something else than texts, such as `on`."""
    return {"enum": [twin for name in names for twin in (*twins(name), *_as_json_key(name))]}


def twins(value: object) -> list[object]:
    """Give a text, and what YAML may take it for."""
    read = yaml.safe_load(value) if isinstance(value, str) and value else value
    return [value] if read == value or not isinstance(read, bool | int | float) else [value, read]


def _as_json_key(name: str) -> list[str]:
    """Give how JSON writes a key that YAML took for a boolean."""
    return [str(twin).lower() for twin in twins(name) if isinstance(twin, bool)]


def _loosen(schema: Schema, with_variables: bool) -> Schema:
    """Admit any scalar where one is meant, one item where a list of them is, and variables."""
    loosened: Schema = {}
    for key, value in schema.items():
        if key in ("properties", "$defs", "patternProperties"):
            loosened[key] = {name: _inner(each, with_variables) for name, each in value.items()}
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            loosened[key] = _inner(value, with_variables)
        elif key == "prefixItems":
            loosened[key] = [_inner(each, with_variables) for each in value]
        elif key == "anyOf":
            loosened[key] = [_inner(each, with_variables, itself=False) for each in value]
        elif key in ("oneOf", "allOf"):
            loosened[key] = [_loosen(each, with_variables) for each in value]
        elif key == "then":
            loosened[key] = _loosen(value, with_variables)
        elif key not in ("title", "default", "format"):
            loosened[key] = value
    if _is_scalar(loosened.get("type")):
        loosened["type"] = _SCALAR
    if "const" in loosened:
        loosened["enum"] = [loosened.pop("const")]
    if "enum" in loosened:
        loosened.pop("type", None)
        loosened["enum"] = [twin for value in loosened["enum"] for twin in _twins_of_any(value)]
    return loosened


def _twins_of_any(value: object) -> list[object]:
    """Give a value, as a text too, for the reader sees texts only."""
    return twins(value) if isinstance(value, str) else [value, str(value)]


def _inner(schema: Schema, with_variables: bool, itself: bool = True) -> Schema:
    """Make a part lenient; `itself` may be a variable, or only what is within it."""
    loosened = _loosen(schema, with_variables)
    alternatives = [loosened]
    if loosened.get("type") == "array" and loosened.get("items"):
        alternatives.append(loosened["items"])
    if with_variables and itself and not _admits_any_text(loosened):
        alternatives.append(_VARIABLE)
    if len(alternatives) == 1:
        return loosened
    description = {"description": loosened.pop("description")} if "description" in loosened else {}
    return {"anyOf": alternatives, **description}


def _is_scalar(kind: object) -> bool:
    kinds = kind if isinstance(kind, list) else [kind]
    return all(each in _SCALARS for each in kinds) and kinds != ["null"]


def _admits_any_text(schema: Schema) -> bool:
    if not {*schema} - {"description"}:
        return True
    return schema.get("type") == _SCALAR and "pattern" not in schema and "enum" not in schema
