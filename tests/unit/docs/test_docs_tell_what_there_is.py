"""The reference names every noun, fault, binder, recipe and simulator there is, so that none is a secret."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dicom_simulators
from dicom_conformance.judge.checks import WANTED
from dicom_conformance.scenario.for_each import ForEach
from dicom_simulators.data_sets import RECIPES
from dicom_simulators.faults import FAULTS

ROOT = Path(__file__).parent.parent.parent.parent
REFERENCE = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "reference").glob("*.md"))
FIELD_BUGS = (ROOT / "docs" / "field-bugs.md").read_text(encoding="utf-8")
NAMES = [*WANTED, *FAULTS, *RECIPES, *ForEach.model_fields, *dicom_simulators.SIMULATORS]


@pytest.mark.parametrize("name", NAMES)
def test_the_reference_names_it(name: str) -> None:
    assert f"`{name}`" in REFERENCE or f"{{{name}: ...}}`" in REFERENCE, f"docs/reference/ says nothing of {name}"


def test_readme_links_only_to_what_exists() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", readme) if not target.startswith("http")]
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_each_field_bug_is_a_scenario() -> None:
    rows = [line.split("|") for line in FIELD_BUGS.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == 29
    played = [re.findall(r"`([a-z_]+/[a-z0-9-]+)`", row[3]) for row in rows]
    assert all(played)
    scenarios = ROOT / "scenarios"
    missing = [each for ids in played for each in ids if not (scenarios / f"{each}.yaml").is_file()]
    assert missing == []


def test_each_scenario_of_a_field_bug_is_listed() -> None:
    listed = set(re.findall(r"`([a-z_]+/[a-z0-9-]+)`", FIELD_BUGS))
    texts = {path.read_text(encoding="utf-8") for path in (ROOT / "scenarios").rglob("*.yaml")}
    of_bugs = {
        re.search(r"^id: (\S+)", text, re.M)[1] for text in texts if re.search(r"^parameters: .*\bbug:", text, re.M)
    }
    assert of_bugs - listed == set()
