"""Proof that the scenarios of queries judge: each mutant of the archive is caught, the archive is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dicom_conformance.results import Level, Result, Verdict
from mutants_of_queries import QUERIES
from mutants_of_the_archive import ARCHIVE
from mutation import Mutant
from simulator_trial import play, scenarios_of

FOLDER = "scp/query"
LEAST = 45
EXTENSIONS = ("relational", "date_time", "empty_value", "multiple_value")
SCENARIOS = [one for one in scenarios_of(FOLDER) if one.count("/") == FOLDER.count("/") + 1]
"""Without those of `read_only/`, which judge an archive by what it holds."""
MUTANTS = [*(one for one in ARCHIVE.mutants if one.case.startswith(f"{FOLDER}/")), *QUERIES.mutants]


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
    results = play(mutant.case, "archive", mutant, extensions=EXTENSIONS)
    said = f"{mutant.deviates}\n{told(results)}"
    caught = [result for result in results if result.verdict in (Verdict.FAIL, Verdict.WARN)]
    assert caught, said
    assert mutant.check in {finding.check for one in caught for finding in one.findings if not finding.met}, said
    for one in caught:
        levels = {finding.level or one.level for finding in one.findings if not finding.met}
        assert (one.verdict is Verdict.WARN) == (levels <= {Level.SHOULD, Level.NOTE}), said
    record_property("caught", mutant.name)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_archive_with_every_extension_passes(scenario: str) -> None:
    results = play(scenario, "archive", extensions=EXTENSIONS)
    assert [result.verdict for result in results] == [Verdict.PASS] * len(results), told(results)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_archive_with_usual_settings_passes_or_is_not_judged(scenario: str) -> None:
    results = play(scenario, "archive")
    assert {result.verdict for result in results} <= {Verdict.PASS, Verdict.NOT_JUDGED}, told(results)


def test_every_scenario_has_a_mutant() -> None:
    assert {mutant.case for mutant in MUTANTS} == set(SCENARIOS)
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= LEAST
