"""Proof that the scenarios for any SCU judge: each mutant is caught, and the unmutated workstation passes."""

from __future__ import annotations

import pytest

from dicom_conformance.results import Result, Verdict
from dicom_conformance.scenario import selection
from mutants_of_any_scu import ADVISED, VIOLATING
from mutation import Mutant
from trial import play

FILES = {
    path.relative_to(selection.FOLDER).with_suffix("").as_posix() for path in selection.FOLDER.glob("scu/*/*.yaml")
}
ELSEWHERE = {name for name in FILES if name.startswith("scu/upper_layer/")} | {"scu/verification/wrong-responses"}
"""Their mutants stand in `mutants_of_the_upper_layer`."""
PLAYED = sorted({mutant.case for mutant in (*VIOLATING, *ADVISED)})


def _told(result: Result) -> str:
    unmet = [f"  {one.check}: expected {one.expected}; actual {one.actual}" for one in result.findings if not one.met]
    return "\n".join([f"{result.id}: {result.verdict.value} {result.reason}", *unmet])


def _assert_caught(mutant: Mutant, verdict: Verdict) -> None:
    result = play(mutant.case, mutant.subject, mutant)
    assert result.verdict is verdict, f"{mutant.deviates}\n{_told(result)}"
    assert mutant.check in {one.check for one in result.findings if not one.met}, f"{mutant.deviates}\n{_told(result)}"


@pytest.mark.parametrize("mutant", VIOLATING, ids=[mutant.name for mutant in VIOLATING])
def test_a_mutant_that_breaks_a_rule_fails(mutant: Mutant) -> None:
    _assert_caught(mutant, Verdict.FAIL)


@pytest.mark.parametrize("mutant", ADVISED, ids=[mutant.name for mutant in ADVISED])
def test_a_mutant_that_does_not_do_what_is_recommended_is_warned_of(mutant: Mutant) -> None:
    _assert_caught(mutant, Verdict.WARN)


@pytest.mark.parametrize("case", PLAYED)
def test_the_unmutated_workstation_passes_the_same_case(case: str) -> None:
    result = play(case)
    assert result.verdict is Verdict.PASS, _told(result)


def test_every_file_has_a_mutant() -> None:
    assert {mutant.case.partition("[")[0] for mutant in (*VIOLATING, *ADVISED)} == FILES - ELSEWHERE
