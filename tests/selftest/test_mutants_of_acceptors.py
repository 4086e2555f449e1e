"""Proof that `scp/association/` judges: each mutant of the acceptor is caught, the unchanged archive raises nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dicom_conformance.results import Level, Result, Verdict
from mutants_of_the_acceptor import ACCEPTORS
from mutants_of_the_archive import ARCHIVE
from mutation import Mutant
from simulator_trial import play, scenarios_of

MUTANTS: tuple[Mutant, ...] = (
    *ACCEPTORS.mutants,
    *(mutant for mutant in ARCHIVE.mutants if mutant.case.startswith("scp/association/")),
)
SCENARIOS = [*scenarios_of("scp/association"), *scenarios_of("scp/verification")]
UNBLAMED = (Verdict.PASS, Verdict.NOT_CLAIMED, Verdict.NOT_JUDGED)
LEAST = 20


def told(result: Result) -> str:
    """Say what came of a case, for whoever reads a failing test."""
    unmet = [f"  {one.check}: expected {one.expected}; actual {one.actual}" for one in result.findings if not one.met]
    return "\n".join([f"{result.id}: {result.verdict.value} {result.reason}", *unmet])


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_mutant_is_caught(mutant: Mutant, record_property: Callable[[str, object], None]) -> None:
    record_property("mutant", mutant.name)
    results = play(mutant.case, "archive", mutant)
    said = "\n".join([mutant.deviates, *map(told, results)])
    caught = [one for one in results if one.verdict in (Verdict.FAIL, Verdict.WARN)]
    assert caught, said
    assert mutant.check in {finding.check for one in caught for finding in one.findings if not finding.met}, said
    for one in caught:
        levels = {finding.level or one.level for finding in one.findings if not finding.met}
        assert (one.verdict is Verdict.WARN) == (levels <= {Level.SHOULD, Level.NOTE}), said
    record_property("caught", mutant.name)


@pytest.mark.parametrize("name", SCENARIOS)
def test_unchanged_archive_raises_nothing(name: str) -> None:
    results = play(name, "archive")
    assert all(one.verdict in UNBLAMED for one in results), "\n".join(map(told, results))


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
