"""The JSON Schema of a simulator's settings, from its constructor's types and its docstring."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any

import dicom_simulators
from dicom_conformance.reference.docstrings import parameters
from dicom_conformance.scenario import simulator_settings, tls_section
from dicom_simulators.association import TLS, Deadlines, Supported
from dicom_simulators.printer import Abilities

Schema = dict[str, Any]

PREFIX = "Simulator"
"""Begins the name of each definition here, for the workstation has a section `tls` of its own."""

_REF = "#/$defs/" + PREFIX + "{model}"
_PARTS: tuple[type[Any], ...] = (Deadlines, Supported, TLS)


def settings_schema(simulator: str) -> tuple[Schema, dict[str, Schema]]:
    """Give the schema of the settings of a simulator, and the definitions that it refers to."""
    properties: Schema = {}
    definitions: dict[str, Schema] = {}
    descriptions = _documented(simulator)
    for name, setting in simulator_settings.settings(simulator).items():
        schema = setting.adapter.json_schema(ref_template=_REF)
        definitions |= {PREFIX + key: with_docstring(key, each) for key, each in schema.pop("$defs", {}).items()}
        if "properties" in schema:  # a dataclass alone stands at the root, and not among the definitions
            definitions[PREFIX + schema["title"]] = with_docstring(schema["title"], schema)
            schema = {"$ref": _REF.format(model=schema["title"])}
        properties[name] = {**schema, "description": descriptions.get(name, ""), "default": _plain(setting.default)}
    return {"type": "object", "properties": properties, "additionalProperties": False}, definitions


def named_certificates(section: Mapping[str, Any]) -> Schema:
    """Turn the schema of a `tls:` section of files into that of a scenario, where certificates go by names."""
    named = {
        "certificate": ("which certificate is shown", (*tls_section.NAMES, tls_section.NONE)),
        "authorities": ("which authority is trusted", tls_section.AUTHORITIES),
        "key": ("how the private key is kept; the password of an encrypted one comes with it", tls_section.KEYS),
        "revocation_list": ("which revocation list is used; none if not given", tls_section.REVOCATION_LISTS),
        "link": ("whether a link stands between, and ends TLS on both sides", tls_section.LINKS),
    }
    kept = {key: value for key, value in section["properties"].items() if key not in ("key_password_file", "key_log")}
    for key, (meaning, names) in named.items():
        default = None if key == "revocation_list" else names[0]
        kept[key] = {"enum": list(names), "description": meaning, "default": default}
    return {
        "type": "object",
        "properties": kept,
        "additionalProperties": False,
        "description": "TLS with certificates that the harness makes for the run, by their names.",
    }


def _documented(simulator: str) -> dict[str, str]:
    found = parameters(Abilities) if simulator == "printer" else {}
    for kind in reversed(dicom_simulators.SIMULATORS[simulator].__mro__):
        found |= parameters(kind)
    return found


def with_docstring(name: str, schema: Schema) -> Schema:
    """Add what the docstring of a dataclass says of its fields; a model says that of its own, and stays as it is."""
    kind = next((each for each in _PARTS if each.__name__ == name), None)
    if kind is None or any("description" in each for each in schema["properties"].values()):
        return schema
    descriptions = parameters(kind)
    properties = {key: {**each, "description": descriptions.get(key, "")} for key, each in schema["properties"].items()}
    return {**schema, "properties": properties, "additionalProperties": False, "description": kind.__doc__ or ""}


def _plain(default: object) -> object:
    """Give a default as plain data."""
    if isinstance(default, enum.Enum):
        return default.value
    if isinstance(default, tuple | list | frozenset):
        return [_plain(each) for each in default]
    if isinstance(default, Mapping):
        return {str(key): _plain(value) for key, value in default.items()}
    if dataclasses.is_dataclass(default) and not isinstance(default, type):
        return dataclasses.asdict(default)
    return default if isinstance(default, str | int | float | bool) else None
