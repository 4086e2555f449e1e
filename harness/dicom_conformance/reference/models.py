"""Which page describes which model, and the links between them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from dicom_conformance.reference.json_types import REF, Described, Link, of_schema, words
from dicom_conformance.reference.markdown import anchor, title
from dicom_conformance.reference.simulator_settings_schema import with_docstring

OWNERS: Mapping[str, str] = {
    "Event": "scenario.md",
    "Holding": "scenario.md",
    "Peer": "scenario.md",
    "Rejection": "checks.md",
    "Abort": "checks.md",
}
"""Model to the page that describes it, for those that several pages speak of."""

_ANCHORS: Mapping[str, str] = {"ForEach": "for_each", "Unlike": "where"}
"""Model to the heading under which it is described, where that is not its name."""


def described(models: tuple[type[BaseModel], ...], page: str) -> dict[str, Described]:
    """Describe models, and every model within them that no other page describes, by name, for a page."""
    _, whole = models_json_schema([(model, "validation") for model in models], ref_template=REF)
    definitions: dict[str, Any] = {name: with_docstring(name, each) for name, each in whole["$defs"].items()}
    link = links(definitions, page)
    reached = _reached(definitions, tuple(model.__name__ for model in models))
    return {
        name: of_schema(name, definitions[name], link)
        for name in reached
        if "properties" in definitions[name] and OWNERS.get(name, page) == page
    }


def _reached(definitions: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, ...]:
    """Name the models given, then those within them, for some definitions are of values that are read as texts."""
    found = list(names)
    for name in found:
        for inner in re.findall(r"#/\$defs/(\w+)", json.dumps(definitions[name], default=str)):
            if inner not in found:
                found.append(inner)
    return tuple(found)


def links(definitions: Mapping[str, Any], page: str) -> Link:
    """Make what links to a model from a page; a definition that is no mapping is written out in its place."""

    def link(name: str) -> str:
        if "properties" not in definitions[name]:
            return words(definitions[name], link)
        owner = OWNERS.get(name, page)
        return f"[{title(name)}]({'' if owner == page else owner}#{_ANCHORS.get(name) or anchor(title(name))})"

    return link
