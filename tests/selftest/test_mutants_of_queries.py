"""Proof that the scenarios of queries judge: each mutant of the archive is caught, the archive is not."""

from __future__ import annotations

import pytest

from dicom_conformance.results import Verdict
from mutants_of_queries import QUERIES
from mutants_of_the_archive import ARCHIVE
from mutation import Mutant
from proof import Proof
from simulator_trial import play, scenarios_of

FOLDER = "scp/query"
LEAST = 45
EXTENSIONS = ("relational", "date_time", "empty_value", "multiple_value")
SCENARIOS = [one for one in scenarios_of(FOLDER) if one.count("/") == FOLDER.count("/") + 1]
"""Without those of `read_only/`, which judge an archive by what it holds."""
MUTANTS = [*(one for one in ARCHIVE.mutants if one.case.startswith(f"{FOLDER}/")), *QUERIES.mutants]


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_mutant_is_caught(mutant: Mutant, proof: Proof) -> None:
    proof.caught(mutant, play(mutant.case, "archive", mutant, extensions=EXTENSIONS))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_archive_with_every_extension_passes(scenario: str, proof: Proof) -> None:
    proof.silent(play(scenario, "archive", extensions=EXTENSIONS))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_archive_with_usual_settings_passes_or_is_not_judged(scenario: str, proof: Proof) -> None:
    proof.silent(play(scenario, "archive"), {Verdict.PASS, Verdict.NOT_JUDGED})


def test_every_scenario_has_a_mutant() -> None:
    assert {mutant.case for mutant in MUTANTS} == set(SCENARIOS)
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= LEAST
