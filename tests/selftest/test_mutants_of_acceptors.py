"""Proof that `scp/association/` judges: each mutant of the acceptor is caught, the unchanged archive raises nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dicom_conformance.results import Verdict
from dicom_conformance.scenario.demand import Kind
from mutants_of_the_acceptor import ACCEPTORS
from mutants_of_the_archive import ARCHIVE
from mutants_of_the_archive_answers import ANSWERS, LAWFUL_ANSWERS
from mutation import Mutant
from proof import Proof
from simulator_trial import play, scenarios_of

MUTANTS: tuple[Mutant, ...] = (
    *ACCEPTORS.mutants,
    *ANSWERS.mutants,
    *(mutant for mutant in ARCHIVE.mutants if mutant.case.startswith("scp/association/")),
)
SCENARIOS = [*scenarios_of("scp/association"), *scenarios_of("scp/verification")]
UNBLAMED = (Verdict.PASS, Verdict.NOT_CLAIMED, Verdict.NOT_JUDGED)
LEAST = 20


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_mutant_is_caught(mutant: Mutant, proof: Proof) -> None:
    proof.caught(mutant, play(mutant.case, "archive", mutant))


@pytest.mark.parametrize("name", SCENARIOS)
def test_unchanged_archive_raises_nothing(name: str, proof: Proof) -> None:
    proof.silent(play(name, "archive"), UNBLAMED)


@pytest.mark.parametrize("variation", LAWFUL_ANSWERS.mutants, ids=[one.name for one in LAWFUL_ANSWERS.mutants])
def test_lawful_variation_violates_nothing(variation: Mutant, proof: Proof) -> None:
    """By the standard alone, for the statement is that of the unchanged archive."""
    names = [name for name in SCENARIOS if name.startswith(variation.case)]
    results = [
        one
        for name in names
        for one in play(name, "archive", replace(variation, lawful=True), frozenset({Kind.STANDARD}))
    ]
    assert results
    proof.silent(results, UNBLAMED)


def test_there_are_enough_mutants_and_each_has_its_own_name() -> None:
    assert len(MUTANTS) >= LEAST
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    assert all(mutant.deviates.endswith(".") for mutant in MUTANTS)


def test_each_scenario_has_a_mutant() -> None:
    assert set(SCENARIOS) - {mutant.case for mutant in MUTANTS} <= WITHOUT_A_MUTANT


WITHOUT_A_MUTANT = {
    "scp/association/encodes-identifiers",
    "scp/verification/lawful-commands",
    "scp/verification/wrong-commands",
}
"""The rule `encoding` has its mutants in the query group, the command sets in `mutants_of_the_upper_layer`."""
