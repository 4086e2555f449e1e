"""Proof that the scenarios for clients of C-GET judge: each mutant is caught, the unmutated client passes."""

from __future__ import annotations

import pytest

from dicom_conformance.results import Result, Verdict
from get_client import GETS, play
from mutation import Mutant
from simulator_trial import scenarios_of

SCENARIOS = scenarios_of("scu/get")


def told(result: Result) -> str:
    unmet = [f"  {one.check}: expected {one.expected}; actual {one.actual}" for one in result.findings if not one.met]
    return "\n".join([f"{result.id}: {result.verdict.value} {result.reason}", *unmet])


@pytest.mark.parametrize("mutant", GETS.mutants, ids=[mutant.name for mutant in GETS.mutants])
def test_mutant_is_caught(mutant: Mutant) -> None:
    results = play(mutant.case, mutant)
    said = "\n".join([mutant.deviates, *map(told, results)])
    assert "crashed" not in said
    caught = [one for one in results if one.verdict in (Verdict.FAIL, Verdict.WARN)]
    assert caught, said
    assert mutant.check in {finding.check for one in caught for finding in one.findings if not finding.met}, said


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_unmutated_client_passes(name: str) -> None:
    results = play(name)
    assert results
    assert [told(one) for one in results if one.verdict is not Verdict.PASS] == []


def test_each_scenario_has_a_mutant() -> None:
    caught = {mutant.case.partition("[")[0] for mutant in GETS.mutants}
    assert set(SCENARIOS) - caught == {"scu/get/answer-in-fragments"}  # of the same form as those of scu/move
