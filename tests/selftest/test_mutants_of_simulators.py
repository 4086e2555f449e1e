"""Proof that the general suites judge: each mutant of a simulator is caught, the unchanged one raises nothing."""

from __future__ import annotations

from typing import Any

import pytest

import simulator_trial
from dicom_conformance.results import Verdict
from dicom_conformance.scenario.demand import Kind
from mutants_of_the_films import FILMS
from mutants_of_the_printer import PRINTERS
from mutation import Mutant
from proof import Proof
from simulator_trial import Kind as Simulated
from simulator_trial import play, scenarios_of

MUTANTS: tuple[tuple[Simulated, Mutant], ...] = tuple(
    ("printer", mutant) for mutant in (*PRINTERS.mutants, *FILMS.mutants)
)
SCENARIOS: tuple[tuple[Simulated, str], ...] = tuple(("printer", name) for name in scenarios_of("scp/print"))
UNBLAMED = (Verdict.PASS, Verdict.NOT_CLAIMED, Verdict.NOT_JUDGED)
LEAST = 30
STANDARD = frozenset({Kind.STANDARD})
LAWFUL: tuple[dict[str, Any], ...] = (
    {"replaces": True},
    {"collates": False},
    {"allocates_memory": False},
    {"judges_sizes_at": "print"},
    {"queue": 1, "film_s": 0.2},
    {"job_ends": "FAILURE"},
    {"bits": (8,), "layouts": ("STANDARD\\",), "film_sizes": ("A4",), "media": ("PAPER",)},
    {"condition": "WARNING", "condition_info": "CHECK PRINTER"},
    {"densities": (0, 400), "last_only": False, "memory_bytes": 100_000},
)
"""Settings of a printer that does otherwise, and nothing that is forbidden."""


@pytest.mark.parametrize(("kind", "mutant"), MUTANTS, ids=[mutant.name for _, mutant in MUTANTS])
def test_mutant_is_caught(kind: Simulated, mutant: Mutant, proof: Proof) -> None:
    proof.caught(mutant, play(mutant.case, kind, mutant))


@pytest.mark.parametrize(("kind", "name"), SCENARIOS, ids=[name for _, name in SCENARIOS])
def test_unchanged_simulator_raises_nothing(kind: Simulated, name: str, proof: Proof) -> None:
    proof.silent(play(name, kind), UNBLAMED)


@pytest.mark.parametrize("settings", LAWFUL, ids=[",".join(one) for one in LAWFUL])
def test_lawful_variations_violate_nothing(settings: dict[str, Any], proof: Proof) -> None:
    """By the standard alone, for the statement of the simulator is that of its usual settings."""
    results = [one for _, name in SCENARIOS for one in play(name, "printer", kinds=STANDARD, **settings)]
    proof.silent(results, set(Verdict) - {Verdict.FAIL, Verdict.WARN, Verdict.ERROR})
    assert sum(one.verdict is Verdict.PASS for one in results) >= LEAST


def test_no_film_is_used_where_none_can_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulator_trial, "FILMED", "nothing")
    results = [one for name in scenarios_of("scp/print") if "/films" in name for one in play(name, "printer")]
    assert {(one.verdict, one.reason) for one in results} == {(Verdict.NOT_CLAIMED, "unobserved: films")}


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
