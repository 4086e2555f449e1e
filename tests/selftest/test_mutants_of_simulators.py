"""Proof that the general suites judge: each mutant of a simulator is caught, the unchanged one raises nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dicom_conformance.results import Level, Result, Verdict
from mutants_of_the_printer import PRINTERS
from mutation import Mutant
from simulator_trial import Kind, play, scenarios_of

MUTANTS: tuple[tuple[Kind, Mutant], ...] = tuple(("printer", mutant) for mutant in PRINTERS.mutants)
SCENARIOS: tuple[tuple[Kind, str], ...] = tuple(("printer", name) for name in scenarios_of("scp/print"))
UNBLAMED = (Verdict.PASS, Verdict.NOT_CLAIMED, Verdict.NOT_JUDGED)
LEAST = 30


def told(result: Result) -> str:
    """Say what came of a case, for whoever reads a failing test."""
    unmet = [f"  {one.check}: expected {one.expected}; actual {one.actual}" for one in result.findings if not one.met]
    return "\n".join([f"{result.id}: {result.verdict.value} {result.reason}", *unmet])


@pytest.mark.parametrize(("kind", "mutant"), MUTANTS, ids=[mutant.name for _, mutant in MUTANTS])
def test_mutant_is_caught(kind: Kind, mutant: Mutant, record_property: Callable[[str, object], None]) -> None:
    record_property("mutant", mutant.name)
    results = play(mutant.case, kind, mutant)
    said = "\n".join([mutant.deviates, *map(told, results)])
    caught = [one for one in results if one.verdict in (Verdict.FAIL, Verdict.WARN)]
    assert caught, said
    assert mutant.check in {finding.check for one in caught for finding in one.findings if not finding.met}, said
    for one in caught:
        levels = {finding.level or one.level for finding in one.findings if not finding.met}
        assert (one.verdict is Verdict.WARN) == (levels <= {Level.SHOULD, Level.NOTE}), said
    record_property("caught", mutant.name)


@pytest.mark.parametrize(("kind", "name"), SCENARIOS, ids=[name for _, name in SCENARIOS])
def test_unchanged_simulator_raises_nothing(kind: Kind, name: str) -> None:
    results = play(name, kind)
    assert all(one.verdict in UNBLAMED for one in results), "\n".join(map(told, results))


def test_there_are_enough_mutants_and_each_deviates_otherwise() -> None:
    assert len(PRINTERS.mutants) >= LEAST
    assert len({mutant.name for _, mutant in MUTANTS}) == len(MUTANTS)
    assert all(mutant.deviates.endswith(".") for _, mutant in MUTANTS)


def test_each_scenario_of_the_suite_has_a_mutant() -> None:
    caught = {mutant.case.partition("[")[0] for _, mutant in MUTANTS}
    assert {name for _, name in SCENARIOS} - caught <= WITHOUT_ONE_OF_THEIR_OWN


WITHOUT_ONE_OF_THEIR_OWN = {
    *(f"scp/print/each-claimed-{name}" for name in ("border", "destination", "magnification", "orientation")),
    *(f"scp/print/each-claimed-{name}" for name in ("polarity", "priority", "trim")),
    "scp/print/session-not-printed",  # the statement of the printer simulator has sessions printed
}
"""Scenarios of the same form as one that has a mutant."""
