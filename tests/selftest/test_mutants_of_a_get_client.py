"""Proof that the scenarios for clients of C-GET judge: each mutant is caught, the unmutated client passes."""

from __future__ import annotations

import pytest

from get_client import GETS, play
from mutation import Mutant
from proof import Proof, described
from simulator_trial import scenarios_of

SCENARIOS = scenarios_of("scu/get")


@pytest.mark.parametrize("mutant", GETS.mutants, ids=[mutant.name for mutant in GETS.mutants])
def test_mutant_is_caught(mutant: Mutant, proof: Proof) -> None:
    results = play(mutant.case, mutant)
    assert "crashed" not in described(results)
    proof.caught(mutant, results)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_unmutated_client_passes(name: str, proof: Proof) -> None:
    proof.silent(play(name))


def test_each_scenario_has_a_mutant() -> None:
    caught = {mutant.case.partition("[")[0] for mutant in GETS.mutants}
    assert set(SCENARIOS) - caught == {"scu/get/answer-in-fragments"}  # of the same form as those of scu/move
