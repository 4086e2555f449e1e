"""Proof that the archive suite judges the OSM: each mutant is caught, the unchanged OSM raises nothing there."""

from __future__ import annotations

import pytest

from dicom_conformance.results import Verdict
from mutants_of_the_osm import OSM
from mutation import Mutant
from proof import Proof
from simulator_trial import play

LEAST = 40
CASES = sorted({mutant.case for mutant in OSM.mutants})
UNBLAMED = (Verdict.PASS, Verdict.NOT_CLAIMED, Verdict.NOT_JUDGED)


@pytest.mark.parametrize("mutant", OSM.mutants, ids=[mutant.name for mutant in OSM.mutants])
def test_mutant_is_caught(mutant: Mutant, proof: Proof) -> None:
    proof.caught(mutant, play(mutant.case, "osm", mutant))


@pytest.mark.parametrize("case", CASES)
def test_the_unchanged_osm_raises_nothing(case: str, proof: Proof) -> None:
    proof.silent(play(case, "osm"), UNBLAMED)


def test_there_are_enough_mutants_and_each_deviates_otherwise() -> None:
    assert len({mutant.name for mutant in OSM.mutants}) == len(OSM.mutants) >= LEAST
    assert all(mutant.deviates.endswith(".") for mutant in OSM.mutants)
