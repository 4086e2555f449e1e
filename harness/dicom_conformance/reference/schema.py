"""JSON Schemas of the files that people write, exported from the models.

Editors complete and check files by them. Editors type scalars (``0000`` becomes a number, ``ON`` a boolean, ``~``
nothing) where our reader sees texts only, so every schema admits any scalar where a text is meant, and a scenario's
admits a ``$variable`` wherever a scenario may have one. What only the reader can tell (a peer that does not exist, an
unbound variable) a schema does not know.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter

from dicom_conformance.files import DeviationsFile, write_whole
from dicom_conformance.load import PlanFile
from dicom_conformance.matrix import MatrixFile
from dicom_conformance.play import OPERATIONS, SubjectFile
from dicom_conformance.profiles import ProfileFile
from dicom_conformance.reference.loose_schema import Schema, finished
from dicom_conformance.reference.scenario_schema import (
    REF,
    fault_definitions,
    faults_schema,
    holding_schema,
    scenario_schema,
)
from dicom_conformance.reference.simulator_settings_schema import settings_schema, with_docstring
from dicom_conformance.run import SIMULATORS, StandaloneFile
from dicom_conformance.scenario import fixtures
from dicom_conformance.statement import FormatTwo, StatementModel

__all__ = ["export", "text", "write"]


def statement_schema() -> Schema:
    """Give the schema of a conformance statement, in either format."""
    either: TypeAdapter[Any] = TypeAdapter(Annotated[StatementModel | FormatTwo, Field(discriminator="format")])
    return finished("Conformance statement", either.json_schema(ref_template=REF))


def known_deviations_schema() -> Schema:
    """Give the schema of a known-deviations file, in each of its forms."""
    schema = DeviationsFile.model_json_schema(ref_template=REF)
    definitions = schema.pop("$defs")
    entry = definitions["Deviation"]
    entry["properties"]["id"] = entry["properties"]["case"]
    entry["required"] = ["reason"]
    short = {"type": "object", "additionalProperties": {"type": "string"}, "not": {"required": ["deviations"]}}
    whole = {"anyOf": [schema, schema["properties"]["deviations"], short], "$defs": definitions}
    return finished("Known deviations", whole)


def data_schema() -> Schema:
    """Give the schema of a data file."""
    return finished("Data", fixtures.DataFile.model_json_schema(ref_template=REF))


def fixtures_schema() -> Schema:
    """Give the schema of a file of fixtures."""
    return finished("Fixtures", fixtures.FixturesFile.model_json_schema(ref_template=REF))


def subject_schema() -> Schema:
    """Give the schema of a subject file."""
    schema = SubjectFile.model_json_schema(ref_template=REF)
    schema["properties"]["operations"]["propertyNames"] = {"enum": list(OPERATIONS)}
    return finished("Subject", schema)


def profile_schema() -> Schema:
    """Give the schema of a profile of a peer."""
    return finished("Profile", ProfileFile.model_json_schema(ref_template=REF))


def matrix_schema() -> Schema:
    """Give the schema of the file of a matrix."""
    return finished("Matrix", MatrixFile.model_json_schema(ref_template=REF))


def load_plan_schema() -> Schema:
    """Give the schema of a load plan."""
    schema = PlanFile.model_json_schema(ref_template=REF)
    schema["$defs"] = {name: with_docstring(name, each) for name, each in schema["$defs"].items()}
    return finished("Load plan", schema)


def simulate_schema(simulator: str) -> Schema:
    """Give the schema of the file that `simulate --config` reads for a simulator."""
    schema = StandaloneFile.model_json_schema(ref_template=REF)
    settings, definitions = settings_schema(simulator)
    schema["properties"]["settings"] = settings
    schema["properties"]["faults"]["items"] = faults_schema()
    schema["$defs"] |= definitions | fault_definitions()
    schema["$defs"]["Holding"] = holding_schema(schema["$defs"]["Holding"])
    return finished(f"Simulated {simulator}", schema)


def workstation_schema(configuration: type[BaseModel]) -> Schema:
    """Give the schema of the workstation's configuration file."""
    return finished("Workstation", configuration.model_json_schema(ref_template=REF))


def export(configuration: type[BaseModel], operations: Mapping[str, type[BaseModel]]) -> dict[str, Schema]:
    """Give every schema by the name of its file.

    Parameters
    ----------
    configuration : type of pydantic.BaseModel
        The model of the workstation's configuration, which the harness itself does not import.
    operations : mapping
        Operation of the workstation to the model of its arguments.
    """
    return {
        "scenario.schema.json": scenario_schema(configuration, operations),
        "statement.schema.json": statement_schema(),
        "known-deviations.schema.json": known_deviations_schema(),
        "data.schema.json": data_schema(),
        "fixtures.schema.json": fixtures_schema(),
        "subject.schema.json": subject_schema(),
        "load-plan.schema.json": load_plan_schema(),
        "matrix.schema.json": matrix_schema(),
        "profile.schema.json": profile_schema(),
        "workstation.schema.json": workstation_schema(configuration),
        **{f"simulate-{name}.schema.json": simulate_schema(name) for name in SIMULATORS},
    }


def write(folder: Path, configuration: type[BaseModel], operations: Mapping[str, type[BaseModel]]) -> tuple[Path, ...]:
    """Write every schema into a folder; give the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in export(configuration, operations).items():
        path = folder / name
        write_whole(path, text(schema))
        written.append(path)
    return tuple(written)


def text(schema: Mapping[str, Any]) -> str:
    """Write a schema as it stands in its file."""
    return json.dumps(schema, indent=1, sort_keys=True) + "\n"
