"""Proof that the scenarios of retrieval, storage and commitment judge: each mutant of the archive is caught."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dicom_conformance.results import Result, Verdict
from mutants_of_retrievals import RETRIEVALS
from mutants_of_the_archive import ARCHIVE
from mutants_of_the_archive_storage import STORAGE
from mutation import Mutant
from simulator_trial import play, scenarios_of

FOLDERS = ("scp/move", "scp/get", "scp/storage", "scp/commitment")
LEAST = 45
MUTANTS = [*(one for one in ARCHIVE.mutants if one.case.startswith(FOLDERS)), *RETRIEVALS.mutants, *STORAGE.mutants]
SCENARIOS = [name for folder in FOLDERS for name in scenarios_of(folder)]


def settings_of(case: str) -> dict[str, Any]:
    """Have the archive report on a new association where that is asked for; else it reports before the release."""
    return {"reports_on": "new_association"} if case == "scp/commitment/on-a-new-association" else {}


def told(results: list[Result]) -> str:
    """Say what came of the cases, for whoever reads a failing test."""
    return "\n".join(
        f"{result.id}: {result.verdict.value} {result.reason}; "
        + "; ".join(f"{one.check}: {one.expected}: {one.actual}" for one in result.findings if not one.met)
        for result in results
    )


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_mutant_is_caught(mutant: Mutant, record_property: Callable[[str, object], None]) -> None:
    record_property("mutant", mutant.name)
    results = play(mutant.case, "archive", mutant, **settings_of(mutant.case))
    assert {Verdict.FAIL, Verdict.WARN} & {result.verdict for result in results}, f"{mutant.deviates}\n{told(results)}"
    unmet = {finding.check for result in results for finding in result.findings if not finding.met}
    assert mutant.check in unmet, f"{mutant.deviates}\n{told(results)}"
    record_property("caught", mutant.name)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_archive_itself_passes(scenario: str) -> None:
    results = play(scenario, "archive", **settings_of(scenario))
    assert {result.verdict for result in results} <= {Verdict.PASS, Verdict.NOT_CLAIMED}, told(results)


def test_every_scenario_has_a_mutant() -> None:
    assert {mutant.case.partition("[")[0] for mutant in MUTANTS} == set(SCENARIOS)
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= LEAST
