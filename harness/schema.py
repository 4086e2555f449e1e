"""JSON Schemas of the files that people write, exported from the models.

Editors complete and check scenario files by them. Editors type scalars (``0000`` becomes a number, ``ON`` a boolean,
``~`` nothing) where our reader sees texts only, so every schema admits any scalar where a text is meant, and a
``$variable`` wherever a scenario may have one. A schema is never stricter than the reader; what only the reader can
tell (a peer that does not exist, an unbound variable) it does not know.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

import simulators.faults
from harness.checks import WANTED
from harness.known_deviations import DeviationsFile
from harness.scenario import ScenarioFile
from harness.statement import Statement
from harness.steps import NOUNS, SCRIPT_VERBS, VERBS

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SCALAR = ["string", "number", "boolean", "null"]
_SCALARS = ("string", "integer", "number", "boolean", "null")
#: Keys that YAML 1.1 takes for booleans: an editor may not know them for the texts that they are.
_BOOLEAN_WORDS = ("on", "off", "yes", "no", "y", "n")
_VARIABLE = {"type": "string", "pattern": r"^\$[A-Za-z_][A-Za-z0-9_]*$"}
_REF = "#/$defs/{model}"

Schema = dict[str, Any]


def scenario_schema() -> Schema:
    """Give the schema of a scenario file, `format: 1`."""
    models: list[type[BaseModel]] = [ScenarioFile, *VERBS.values(), *WANTED.values()]
    references, definitions = models_json_schema([(model, "validation") for model in models], ref_template=_REF)
    refs: dict[type[BaseModel], Schema] = {model: references[model, "validation"] for model in models}
    defs: Schema = definitions["$defs"]
    root: Schema = defs.pop(_name(refs[ScenarioFile]))
    faults = _faults()
    for definition in ("Fault",):
        defs[definition]["properties"] |= faults
    defs["Peer"]["properties"]["faults"]["items"] = {"type": "object", "properties": faults, "maxProperties": 1}
    defs["Peer"]["properties"]["script"]["items"] = _one_key({verb: {} for verb in SCRIPT_VERBS}, name_alone=True)
    bearing = {key: defs["DimseWanted"]["properties"][key] for key in ("level", "clause", "requirement")}
    nouns = {noun: refs[WANTED[noun]] if noun in WANTED else {"type": "object"} for noun in NOUNS}
    defs["Expectation"] = _one_key(nouns, extra=bearing)
    steps = {verb: refs[model] for verb, model in VERBS.items()}
    steps["expect"] = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Expectation"}}
    root["properties"]["steps"]["items"] = _one_key(steps)
    return _finish("Scenario", {**root, "$defs": defs}, with_variables=True)


def statement_schema() -> Schema:
    """Give the schema of a conformance statement."""
    return _finish("Conformance statement", Statement.model_json_schema(ref_template=_REF), with_variables=False)


def known_deviations_schema() -> Schema:
    """Give the schema of a known-deviations file, in each of its forms."""
    schema = DeviationsFile.model_json_schema(ref_template=_REF)
    definitions = schema.pop("$defs")
    entry = definitions["Deviation"]
    entry["properties"]["id"] = entry["properties"]["case"]
    entry["required"] = ["reason"]
    short = {"type": "object", "additionalProperties": {"type": "string"}, "not": {"required": ["deviations"]}}
    whole = {"anyOf": [schema, schema["properties"]["deviations"], short], "$defs": definitions}
    return _finish("Known deviations", whole, with_variables=False)


def export() -> dict[str, Schema]:
    """Give every schema by the name of its file."""
    return {
        "scenario.schema.json": scenario_schema(),
        "statement.schema.json": statement_schema(),
        "known-deviations.schema.json": known_deviations_schema(),
    }


def write(folder: Path) -> tuple[Path, ...]:
    """Write every schema into a folder; give the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in export().items():
        path = folder / name
        path.write_text(text(schema), encoding="utf-8")
        written.append(path)
    return tuple(written)


def text(schema: Schema) -> str:
    """Write a schema as in its file."""
    return json.dumps(schema, indent=1, sort_keys=True) + "\n"


def _name(reference: Mapping[str, Any]) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _one_key(properties: Mapping[str, Any], name_alone: bool = False, extra: Mapping[str, Any] | None = None) -> Schema:
    """Describe a mapping of exactly one of several keys (or, `name_alone`, just the key)."""
    exactly: Schema = {
        "type": "object",
        "properties": {**properties, **(extra or {})},
        "additionalProperties": False,
        "oneOf": [{"required": [key]} for key in properties],
    }
    return {"anyOf": [{"enum": list(properties)}, exactly]} if name_alone else exactly


def _faults() -> dict[str, Schema]:
    """Describe each fault by the names of its parameters."""
    return {
        name: {
            "anyOf": [
                {"type": ["null", "string"], "maxLength": 0},
                {
                    "type": "object",
                    "properties": {field.name: {} for field in dataclasses.fields(kind) if field.init},
                    "additionalProperties": any(field.name in _BOOLEAN_WORDS for field in dataclasses.fields(kind)),
                },
            ]
        }
        for name, kind in simulators.faults.FAULTS.items()
    }


def _finish(title: str, schema: Schema, with_variables: bool) -> Schema:
    definitions = schema.pop("$defs", {})
    loosened = _loosen(schema, with_variables)
    loosened["$defs"] = {name: _loosen(each, with_variables) for name, each in definitions.items()}
    return {**loosened, "$schema": _DIALECT, "title": title}


def _loosen(schema: Schema, with_variables: bool) -> Schema:
    """Accept any scalar for a typed scalar, one item for a list, and variables."""
    loosened: Schema = {}
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            loosened[key] = {name: _inner(each, with_variables) for name, each in value.items()}
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            loosened[key] = _inner(value, with_variables)
        elif key == "prefixItems":
            loosened[key] = [_inner(each, with_variables) for each in value]
        elif key == "anyOf":
            loosened[key] = [_inner(each, with_variables=False) for each in value]
        elif key in ("oneOf", "allOf"):
            loosened[key] = [_loosen(each, with_variables) for each in value]
        elif key not in ("title", "default", "format"):
            loosened[key] = value
    if _is_scalar(loosened.get("type")):
        loosened["type"] = _SCALAR
    if "const" in loosened:
        loosened["enum"] = [loosened.pop("const")]
    if "enum" in loosened:
        loosened.pop("type", None)
        loosened["enum"] = [twin for value in loosened["enum"] for twin in _twins(value)]
    return loosened


def _inner(schema: Schema, with_variables: bool) -> Schema:
    loosened = _loosen(schema, with_variables)
    alternatives = [loosened]
    if loosened.get("type") == "array" and loosened.get("items"):
        alternatives.append(loosened["items"])
    if with_variables and not _admits_any_text(loosened):
        alternatives.append(_VARIABLE)
    if len(alternatives) == 1:
        return loosened
    description = {"description": loosened.pop("description")} if "description" in loosened else {}
    return {"anyOf": alternatives, **description}


def _is_scalar(kind: object) -> bool:
    kinds = kind if isinstance(kind, list) else [kind]
    return all(each in _SCALARS for each in kinds) and kinds != ["null"]


def _admits_any_text(schema: Schema) -> bool:
    if not schema:
        return True
    return schema.get("type") == _SCALAR and "pattern" not in schema and "enum" not in schema


def _twins(value: object) -> list[object]:
    """Give a text and what an editor may take it for."""
    twins: list[object] = [value]
    if isinstance(value, str):
        if value.isdigit():
            twins.append(int(value))
        if value in ("true", "false"):
            twins.append(value == "true")
    return twins
