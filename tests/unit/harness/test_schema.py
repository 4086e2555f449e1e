"""The exported schemas: up to date, lenient with scalars, and never stricter than the reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from dicom_conformance.reference import schema
from dicom_conformance.scenario.selection import FOLDER, find
from dicom_workstation.configuration.configuration import Configuration
from dicom_workstation.operations import OPERATIONS

REQUESTS = {each.name: each.request for each in OPERATIONS}
ROOT = Path(__file__).parents[3]
DATA = ROOT / "tests" / "data"


@pytest.fixture(scope="module")
def exported() -> dict[str, dict[str, Any]]:
    return schema.export(Configuration, REQUESTS)


def _faults(exported: dict[str, dict[str, Any]], name: str, text: str) -> list[str]:
    """Judge a file as an editor does: with YAML's own guesses at types."""
    validator = Draft202012Validator(exported[name])
    return [f"{list(error.path)}: {error.message}" for error in validator.iter_errors(yaml.safe_load(text))]


def test_each_schema_is_one(exported: dict[str, dict[str, Any]]) -> None:
    for each in exported.values():
        Draft202012Validator.check_schema(each)


def test_the_files_in_docs_are_up_to_date(exported: dict[str, dict[str, Any]]) -> None:
    stale = [
        name
        for name, each in exported.items()
        if (ROOT / "docs" / "schema" / name).read_text(encoding="utf-8") != schema.text(each)
    ]
    assert not stale, "write them anew: dicom-conformance schema --output docs/schema"


def test_the_example_of_the_contract_is_valid(exported: dict[str, dict[str, Any]]) -> None:
    assert not _faults(exported, "scenario.schema.json", (DATA / "contract-scenario.yaml").read_text())


@pytest.mark.parametrize("path", find(FOLDER), ids=lambda path: path.stem)
def test_every_shipped_scenario_is_valid(exported: dict[str, dict[str, Any]], path: Path) -> None:
    assert not _faults(exported, "scenario.schema.json", path.read_text(encoding="utf-8"))


def test_the_shipped_statement_is_valid(exported: dict[str, dict[str, Any]]) -> None:
    text = (FOLDER / "statements" / "directview-5.2.yaml").read_text(encoding="utf-8")
    assert not _faults(exported, "statement.schema.json", text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: The loader", "title: 2026-01-31 # "),
        ("title: The loader", "title: 12 # "),
        ("level: claim", "level: claim\nformat: 1"),
        ('table: "3"', "table: 3"),
        ('table: "3"', 'table: "3", claimed: false, batch: 128'),
        ("status: 0000", "status: [0000, A700]"),
        ("status: 0000", "status: $status"),
        ("count: 1", "count: at least 1"),
        ("result: acceptance", "result: 0"),
        ("recipe: smallest", "recipe: on"),
        ("ends: released", "ends: [released, aborted]"),
        ("peer: workstation", "peer: workstation, background: on, contexts: {a: [1]}"),
    ],
)
def test_what_an_editor_takes_for_another_type_is_valid(
    exported: dict[str, dict[str, Any]], old: str, new: str
) -> None:
    text = (DATA / "contract-scenario.yaml").read_text()
    assert old in text
    plain = json.loads(json.dumps(yaml.safe_load(text.replace(old, new, 1)), default=str))
    assert not list(Draft202012Validator(exported["scenario.schema.json"]).iter_errors(plain))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("acceptor: workstation", "aceptor: workstation"),
        ("- do:", "- dou:"),
        ("context:", "contxt:"),
        ("level: claim", "level: clame"),
        ("level: claim", "levle: claim"),
        ('table: "3"', 'tabel: "3"'),
        ("contexts: {", "context: {"),
        ("simulator: modality", "simulators: modality"),
        ("operation: store, ", ""),
        ("peer: workstation", "peer: [workstation]"),
        ("peer: workstation", "peer: workstation, nonsense: 1"),
    ],
)
def test_what_the_reader_refuses_is_marked(exported: dict[str, dict[str, Any]], old: str, new: str) -> None:
    text = (DATA / "contract-scenario.yaml").read_text()
    assert old in text
    assert _faults(exported, "scenario.schema.json", text.replace(old, new, 1))


@pytest.mark.parametrize(
    "text",
    ['"a/b[CT]": later', "- {case: a, reason: 1}", "deviations: [{id: a, reason: x}]", "format: 1\ndeviations: []"],
)
def test_each_form_of_known_deviations_is_valid(exported: dict[str, dict[str, Any]], text: str) -> None:
    assert not _faults(exported, "known-deviations.schema.json", text)


@pytest.mark.parametrize("text", ["- {case: a}", "deviations: {a: b}", "a: [b]", "- a"])
def test_wrong_known_deviations_are_marked(exported: dict[str, dict[str, Any]], text: str) -> None:
    assert _faults(exported, "known-deviations.schema.json", text)


def test_the_schemas_are_written_where_asked(tmp_path: Path, exported: dict[str, dict[str, Any]]) -> None:
    written = schema.write(tmp_path / "deep" / "schema", Configuration, REQUESTS)
    assert {path.name: json.loads(path.read_text()) for path in written} == exported


def test_the_shipped_fixtures_are_valid(exported: dict[str, dict[str, Any]]) -> None:
    assert not _faults(exported, "fixtures.schema.json", (FOLDER / "fixtures" / "archive.yaml").read_text("utf-8"))
