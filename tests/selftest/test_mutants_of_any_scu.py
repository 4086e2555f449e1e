"""Proof that the scenarios for any SCU judge: each mutant is caught, and the unmutated workstation passes."""

from __future__ import annotations

import pytest

from dicom_conformance.results import Verdict
from dicom_conformance.scenario import selection
from mutants_of_any_scu import ADVISED, VIOLATING
from mutation import Mutant
from proof import Proof
from trial import play

FILES = {
    path.relative_to(selection.FOLDER).with_suffix("").as_posix()
    for path in selection.FOLDER.glob("scu/*/*.yaml")
    if path.parent.name != "get"  # which the workstation does not do: test_mutants_of_a_get_client.py
}
ELSEWHERE = {name for name in FILES if name.startswith("scu/upper_layer/")} | {
    "scu/storage/above-64-mib",
    "scu/storage/response-twice",
    "scu/verification/doubtful-responses",
    "scu/verification/response-twice",
    "scu/verification/wrong-responses",
}
"""Their mutants stand in `mutants_of_the_upper_layer` and `mutants_of_fragments`."""
PLAYED = sorted({mutant.case for mutant in (*VIOLATING, *ADVISED)})


@pytest.mark.parametrize("mutant", VIOLATING, ids=[mutant.name for mutant in VIOLATING])
def test_a_mutant_that_breaks_a_rule_fails(mutant: Mutant, proof: Proof) -> None:
    proof.caught(mutant, [play(mutant.case, mutant.subject, mutant)], {Verdict.FAIL})


@pytest.mark.parametrize("mutant", ADVISED, ids=[mutant.name for mutant in ADVISED])
def test_a_mutant_that_does_not_do_what_is_recommended_is_warned_of(mutant: Mutant, proof: Proof) -> None:
    proof.caught(mutant, [play(mutant.case, mutant.subject, mutant)], {Verdict.WARN})


@pytest.mark.parametrize("case", PLAYED)
def test_the_unmutated_workstation_passes_the_same_case(case: str, proof: Proof) -> None:
    proof.silent([play(case)])


def test_every_file_has_a_mutant() -> None:
    assert {mutant.case.partition("[")[0] for mutant in (*VIOLATING, *ADVISED)} == FILES - ELSEWHERE
