"""The reference names every noun, fault, binder, recipe and simulator there is, so that none is a secret."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dicom_simulators
from dicom_conformance.field_bugs import every_bug
from dicom_conformance.judge.checks import WANTED
from dicom_conformance.profiles import every_profile
from dicom_conformance.scenario.for_each import ForEach
from dicom_simulators.data_sets import RECIPES
from dicom_simulators.faults import FAULTS

ROOT = Path(__file__).parent.parent.parent.parent
REFERENCE = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "reference").glob("*.md"))
FIELD_BUGS = (ROOT / "docs" / "interop-bugs.md").read_text(encoding="utf-8")
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
    bugs = every_bug()
    assert len(bugs) >= 29
    missing = [name for bug in bugs for name in bug.scenarios if not (ROOT / "scenarios" / f"{name}.yaml").is_file()]
    assert missing == []


def test_the_page_of_bugs_has_every_bug_and_every_profile() -> None:
    rows = [line for line in FIELD_BUGS.splitlines() if line.startswith("| ")]
    for bug in every_bug():
        assert any(row.startswith(f"| {bug.bug} | {bug.reported} | `{bug.scenarios[0]}` |") for row in rows)
    for profile in every_profile():
        assert any(row.startswith(f"| `{profile.name}` | {profile.title} |") for row in rows)


def test_each_scenario_of_a_field_bug_is_listed() -> None:
    listed = set(re.findall(r"`([a-z_]+/[a-z0-9-]+)`", FIELD_BUGS))
    texts = {path.read_text(encoding="utf-8") for path in (ROOT / "scenarios").rglob("*.yaml")}
    of_bugs = {
        re.search(r"^id: (\S+)", text, re.M)[1] for text in texts if re.search(r"^parameters: .*\bbug:", text, re.M)
    }
    assert of_bugs - listed == set()
