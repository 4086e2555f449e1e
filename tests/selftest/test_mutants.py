"""Proof that the court judges: each mutant is caught, by a FAIL of the case that names the claim and nothing less."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from catalogue import MUTANTS
from dicom_conformance.judge.checks import CHECKS
from dicom_conformance.results import Verdict
from mutation import Catalogue, Mutant
from proof import Proof
from trial import case_of, play, play_unmutated

LEAST = 30

PLAYED = sorted({(mutant.case, mutant.subject) for mutant in MUTANTS})


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_mutant_is_caught(mutant: Mutant, proof: Proof) -> None:
    proof.caught(mutant, [play(mutant.case, mutant.subject, mutant)], {Verdict.FAIL})


@pytest.mark.parametrize(("case", "subject"), PLAYED, ids=[f"{case}-{subject}" for case, subject in PLAYED])
def test_unmutated_workstation_passes_the_same_case(case: str, subject: str, proof: Proof) -> None:
    proof.silent([play_unmutated(case, subject)])


def test_there_are_enough_mutants_and_each_deviates_otherwise() -> None:
    assert len(MUTANTS) >= LEAST
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    assert all(mutant.deviates.endswith(".") for mutant in MUTANTS)


def test_every_check_is_failed_by_a_mutant() -> None:
    modules = [import_module(file.stem) for file in sorted(Path(__file__).parent.glob("mutants_*.py"))]
    catalogues = [one for module in modules for one in vars(module).values() if isinstance(one, Catalogue)]
    assert {mutant.check for catalogue in catalogues for mutant in catalogue.mutants} >= set(CHECKS)


def test_every_mutant_names_a_claim() -> None:
    assert all(case_of(mutant.case).clause for mutant in MUTANTS)
