"""The JSON Schema of a scenario file, `format: 1`: every key at every level, faults, scripts and settings included."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

import dicom_simulators
import dicom_simulators.faults
from dicom_conformance.browser import BROWSE, Journey
from dicom_conformance.judge import WANTED
from dicom_conformance.reference.loose_schema import Schema, finished, property_names
from dicom_conformance.reference.operations import takes_any_argument
from dicom_conformance.reference.simulator_settings_schema import PREFIX, named_certificates, settings_schema
from dicom_conformance.scenario import JUDGING, NOUNS, OPTIONAL, PARAMETERS, TRIPWIRE, VERBS, ScenarioFile
from dicom_conformance.statement import PROMISES
from dicom_simulators.data_sets import build_study
from dicom_simulators.scripted import OPERATION_FIELDS, ScriptField, script_fields

REF = "#/$defs/{model}"
_PROMISE = {
    "type": "string",
    "enum": list(PROMISES),
    "description": "promise of the statement that demands it, in the place of a clause (format 2)",
}
_WORKSTATION_REF = "#/$defs/Workstation{model}"
_KEYWORDS: Schema = {"^[A-Z][A-Za-z0-9]*$": {}}
CHANGES = {
    "rows": "number of rows",
    "columns": "number of columns",
    "frames": "number of frames",
    "size_bytes": "size of Pixel Data in bytes, of the recipe `large`",
    "remove": "keywords of elements to leave out",
}
"""What `changes:` may hold beside keywords of elements."""

OF_ANY_OPERATION = ("files", "held", "instances", "through")
"""Arguments that are not the workstation's: instances for it to work on, and the door through which it is asked."""


def scenario_schema(configuration: type[BaseModel], operations: Mapping[str, type[BaseModel]]) -> Schema:
    """Give the schema of a scenario file.

    Parameters
    ----------
    configuration : type of pydantic.BaseModel
        The model of the workstation's configuration.
    operations : mapping
        Operation of the workstation to the model of its arguments.
    """
    models: list[type[BaseModel]] = [ScenarioFile, *VERBS.values(), *WANTED.values()]
    references, whole = models_json_schema([(model, "validation") for model in models], ref_template=REF)
    refs: dict[type[BaseModel], Schema] = {model: references[model, "validation"] for model in models}
    defs: Schema = whole["$defs"]
    root: Schema = defs.pop(_name(refs[ScenarioFile]))
    defs["Fault"] |= _mapping({**defs["Fault"]["properties"], **_faults()})
    defs |= fault_definitions()
    defs["Do"] |= {"allOf": _arguments(tuple(defs["Do"]["properties"]), operations)}
    defs["Holding"] = holding_schema(defs["Holding"])
    defs |= _peer_definitions(defs)
    defs |= _script_definitions()
    root["properties"]["settings"], of_workstation = _workstation_settings(configuration)
    root["properties"]["parameters"]["propertyNames"] = {"enum": list(PARAMETERS)}
    defs |= of_workstation
    bearing = {key: defs["DimseWanted"]["properties"][key] for key in ("level", "clause", "requirement")}
    bearing["promise"] = _PROMISE
    defs["Expectation"] = _one_key({noun: refs[WANTED[noun]] for noun in NOUNS}, additional=bearing)
    steps = {verb: refs[model] for verb, model in VERBS.items()}
    for verb in JUDGING:
        steps[verb] = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Expectation"}}
    root["properties"]["steps"]["items"] = _one_key(steps)
    return finished("Scenario", {**root, "$defs": defs}, with_variables=True)


def faults_schema() -> Schema:
    """Describe one entry of a list of faults: the name of a fault, and its parameters."""
    return _mapping(_faults()) | {"maxProperties": 1}


def holding_schema(holding: Schema) -> Schema:
    """Add to the schema of a holding what may be said of a study, and what can be changed."""
    changes = {name: {"description": meaning} for name, meaning in CHANGES.items()}
    study = [name for name, each in inspect.signature(build_study).parameters.items() if each.kind is each.KEYWORD_ONLY]
    own: dict[str, Schema] = {"changes": changes, "study": {**{name: {} for name in study}, **changes}}
    properties = dict(holding["properties"])
    for key, known in own.items():
        described = {"description": properties[key]["description"]}
        properties[key] = described | _mapping(known) | {"patternProperties": _KEYWORDS}
    return {**holding, "properties": properties}


def _arguments(common: tuple[str, ...], operations: Mapping[str, type[BaseModel]]) -> list[Schema]:
    """Name the arguments of each operation of the workstation or a simulator; where any may be given, name none."""
    operations = {**operations, BROWSE: Journey}
    known: dict[str, list[str]] = {}
    for name, request in operations.items():
        known.setdefault(name, []).extend(request.model_fields)
    for simulator in OPERATION_FIELDS.values():
        for name, operation in simulator.items():
            known.setdefault(name, []).extend(field.name for field in operation.fields)
    conditions: list[Schema] = []
    for name, arguments in known.items():
        if name in operations and takes_any_argument(operations[name]):
            continue
        chosen = {"properties": {"operation": {"const": name}}, "required": ["operation"]}
        names = {"enum": sorted({*common, *arguments, *OF_ANY_OPERATION})}
        conditions.append({"if": chosen, "then": {"propertyNames": names}})
    return conditions


def _peer_definitions(defs: Mapping[str, Schema]) -> dict[str, Schema]:
    """Describe a peer; which settings it takes depends on its simulator."""
    peer = dict(defs["Peer"])
    properties = dict(peer["properties"])
    marks = {mark: defs["Fault"]["properties"][mark] for mark in (TRIPWIRE, OPTIONAL)}
    entry = _mapping({**_faults(), **marks}) | {"maxProperties": 2}
    properties["faults"] = {**properties["faults"], "items": entry}
    properties["script"] = {**properties["script"], "items": {"$ref": "#/$defs/ScriptLine"}}
    found: dict[str, Schema] = {}
    conditions = []
    for name in dicom_simulators.SIMULATORS:
        settings, parts = settings_schema(name)
        found |= parts
        chosen = {"properties": {"simulator": {"const": name}}, "required": ["simulator"]}
        conditions.append({"if": chosen, "then": {"properties": {"settings": settings}}})
    found[f"{PREFIX}TLS"] = named_certificates(found[f"{PREFIX}TLS"])
    return {**found, "Peer": {**peer, "properties": properties, "allOf": conditions}}


def _workstation_settings(configuration: type[BaseModel]) -> tuple[Schema, dict[str, Schema]]:
    """Describe `settings:` of a scenario: some of the keys of the workstation's configuration."""
    schema = configuration.model_json_schema(ref_template=_WORKSTATION_REF)
    definitions = {f"Workstation{name}": each for name, each in schema.pop("$defs", {}).items()}
    definitions["WorkstationTLS"] = named_certificates(definitions["WorkstationTLS"])
    for each in definitions.values():
        each.pop("required", None)  # what a scenario leaves out is that of its peers
    return _mapping(schema["properties"]), definitions


def _script_definitions() -> dict[str, Schema]:
    """Describe a line of a script, and what may be sent and awaited."""
    messages = tuple(script_fields.MESSAGE_FIELDS)
    elements: Schema = {keyword: {} for keyword in script_fields.COMMAND_ELEMENTS}
    pdus: list[Schema] = [
        _script_mapping({"pdu": {"enum": [name]}}, fields) for name, fields in script_fields.PDU_FIELDS.items()
    ]
    other = {"type": ["string", "integer"], "not": {"enum": list(script_fields.PDU_FIELDS)}}
    pdus.append(_script_mapping({"pdu": other}, script_fields.UNKNOWN_PDU_FIELDS))
    dimse = _script_mapping({"dimse": {"enum": list(script_fields.MESSAGE_NAMES)}}, messages)
    dimse["properties"] |= elements
    raw = _script_mapping({"bytes": {"type": "string"}}, ())
    received: list[Schema] = [{"enum": ["closed", "ended"]}]
    for kind, names in (("pdu", tuple(script_fields.PDU_FIELDS)), ("dimse", script_fields.MESSAGE_NAMES)):
        further = tuple(field for field in script_fields.RECEIVE_FIELDS if field.name in ("within_s", "optional"))
        received.append(_script_mapping({kind: {"enum": list(names)}}, further))
    alternatives = (*script_fields.PDU_FIELDS, *script_fields.MESSAGE_NAMES, "closed", "ended")
    any_of = {"type": "array", "minItems": 1, "items": {"enum": list(alternatives)}}
    received.append(_script_mapping({"any_of": any_of}, further))
    lines: Schema = {
        "send": {"anyOf": [*pdus, dimse, raw]},
        "receive": {"anyOf": received},
        "stall": _script_mapping({}, script_fields.STALL_FIELDS),
        "close": {"type": ["null", "string"], "maxLength": 0},
        "reset": {"type": ["null", "string"], "maxLength": 0},
    }
    return {"ScriptLine": {"anyOf": [{"enum": ["close", "reset"]}, _one_key(lines)]}}


def _script_mapping(first: Mapping[str, Schema], fields: Iterable[ScriptField]) -> Schema:
    fields = tuple(fields)
    required = [*first, *(field.name for field in fields if not field.default)]
    return _mapping({**first, **{field.name: _script_value(field) for field in fields}}) | {"required": required}


def _script_value(field: ScriptField) -> Schema:
    description = {"description": field.meaning}
    if field.kind == "entries":
        return {"type": "array", "items": _script_mapping({}, field.entries), **description}
    if field.kind == "texts":
        return {"type": "array", "items": {"type": "string"}, **description}
    if field.kind == "data_set":
        return {"anyOf": [{"type": "string"}, {"type": "object"}], **description}
    if field.kind in ("mapping", "value"):
        return description
    return {"type": "string", **description}


def fault_definitions() -> dict[str, Schema]:
    """Describe each fault: its parameters, or nothing behind its name."""
    return {_fault_name(name): _fault(kind) for name, kind in dicom_simulators.faults.FAULTS.items()}


def _faults() -> dict[str, Schema]:
    return {name: {"$ref": REF.format(model=_fault_name(name))} for name in dicom_simulators.faults.FAULTS}


def _fault_name(name: str) -> str:
    return f"Fault_{name}"


def _fault(kind: type[Any]) -> Schema:
    parameters = dicom_simulators.faults.describe(kind)
    properties: Schema = {each.name: {"description": each.doc} for each in parameters}
    # no additionalProperties: an editor may take the key `on` for a boolean
    mapping: Schema = {"type": "object", "properties": properties, "propertyNames": property_names(tuple(properties))}
    if any(each.required for each in parameters):
        return mapping
    return {"anyOf": [{"type": ["null", "string"], "maxLength": 0}, mapping]}


def _name(reference: Mapping[str, Any]) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _mapping(properties: Mapping[str, Any]) -> Schema:
    return {"type": "object", "properties": dict(properties), "additionalProperties": False}


def _one_key(properties: Mapping[str, Any], additional: Mapping[str, Any] | None = None) -> Schema:
    """Describe a mapping of exactly one of several keys."""
    return _mapping({**properties, **(additional or {})}) | {"oneOf": [{"required": [key]} for key in properties]}
