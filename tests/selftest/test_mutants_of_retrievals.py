"""Proof that the scenarios of retrieval, storage and commitment judge: each mutant of the archive is caught."""

from __future__ import annotations

from typing import Any

import pytest

from dicom_conformance.results import Verdict
from mutants_of_retrievals import RETRIEVALS
from mutants_of_the_archive import ARCHIVE
from mutants_of_the_archive_storage import LAWFUL_STORAGE, STORAGE
from mutation import Mutant
from proof import Proof
from simulator_trial import play, scenarios_of

FOLDERS = ("scp/move", "scp/get", "scp/storage", "scp/commitment")
LEAST = 45
MUTANTS = [*(one for one in ARCHIVE.mutants if one.case.startswith(FOLDERS)), *RETRIEVALS.mutants, *STORAGE.mutants]
NEEDS_FILES = "scp/storage/round-trip-of-samples"
"""It is played with files of the user's; its mutant is in `tests/unit/harness/test_samples.py`."""
ELSEWHERE = {"scp/storage/above-64-mib", NEEDS_FILES}
"""Scenarios whose mutants are not here: the other one's are those of the upper layer."""
SCENARIOS = [name for folder in FOLDERS for name in scenarios_of(folder)]


def settings_of(case: str) -> dict[str, Any]:
    """Have the archive report on a new association where that is asked for; else it reports before the release."""
    return {"reports_on": "new_association"} if case == "scp/commitment/on-a-new-association" else {}


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_mutant_is_caught(mutant: Mutant, proof: Proof) -> None:
    proof.caught(mutant, play(mutant.case, "archive", mutant, **settings_of(mutant.case)))


@pytest.mark.parametrize("scenario", [name for name in SCENARIOS if name != NEEDS_FILES])
def test_the_archive_itself_passes(scenario: str, proof: Proof) -> None:
    proof.silent(play(scenario, "archive", **settings_of(scenario)), {Verdict.PASS, Verdict.NOT_CLAIMED})


@pytest.mark.parametrize("variation", LAWFUL_STORAGE.mutants, ids=[one.name for one in LAWFUL_STORAGE.mutants])
def test_a_lawful_variation_is_not_blamed(variation: Mutant, proof: Proof) -> None:
    proof.silent(play(variation.case, "archive", variation))


def test_every_scenario_has_a_mutant() -> None:
    assert {mutant.case.partition("[")[0] for mutant in MUTANTS} == set(SCENARIOS) - ELSEWHERE
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= LEAST
