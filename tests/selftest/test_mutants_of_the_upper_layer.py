"""Proof that the scenarios of the upper layer judge: each mutant is caught, what is lawful is not."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from dicom_conformance.results import Result, Verdict
from dicom_simulators.association import Deadlines
from mutants_of_fragments import ACCEPTORS as ACCEPTORS_OF_FRAGMENTS
from mutants_of_fragments import LAWFUL_ACCEPTORS as LAWFUL_WITH_FRAGMENTS
from mutants_of_fragments import REQUESTORS as REQUESTORS_OF_FRAGMENTS
from mutants_of_the_upper_layer import ACCEPTORS as ACCEPTORS_OF_THE_TABLE
from mutants_of_the_upper_layer import LAWFUL_ACCEPTORS
from mutants_of_the_upper_layer import REQUESTORS as REQUESTORS_OF_THE_TABLE
from mutation import Mutant, Mutate
from proof import Proof
from simulator_trial import play as play_archive
from simulator_trial import scenarios_of
from trial import play as play_workstation

ACCEPTORS = (*ACCEPTORS_OF_THE_TABLE, *ACCEPTORS_OF_FRAGMENTS)
REQUESTORS = (*REQUESTORS_OF_THE_TABLE, *REQUESTORS_OF_FRAGMENTS)
FOLDERS = ("scp/upper_layer", "scu/upper_layer")
FILES = {name for folder in FOLDERS for name in scenarios_of(folder)}
UNBLAMED = (Verdict.PASS, Verdict.NOT_CLAIMED, Verdict.NOT_JUDGED)
SHORT = Deadlines(artim_s=0.3)
"""So that a connection that is left open is given up soon."""
TIMED: tuple[str, ...] = ("scp/upper_layer/request-never-comes", "scp/upper_layer/after-release-never-closed")
PLAYED_BY_THE_ARCHIVE = [*scenarios_of("scp/upper_layer"), "scp/storage/above-64-mib"]
PLAYED_BY_THE_WORKSTATION = sorted({mutant.case for mutant in REQUESTORS})
LEAST = 20


def _against_the_archive(case: str, mutant: Mutant | None = None) -> list[Result]:
    settings: dict[str, Any] = {"deadlines": SHORT} if case in TIMED else {}
    return play_archive(case, "archive", mutant, **settings)


@pytest.mark.parametrize("mutant", ACCEPTORS, ids=[mutant.name for mutant in ACCEPTORS])
def test_a_mutant_of_the_acceptor_is_caught(mutant: Mutant, proof: Proof) -> None:
    proof.caught(mutant, _against_the_archive(mutant.case, mutant))


@pytest.mark.parametrize("mutant", REQUESTORS, ids=[mutant.name for mutant in REQUESTORS])
def test_a_mutant_of_the_requestor_is_caught(mutant: Mutant, proof: Proof) -> None:
    proof.caught(mutant, [play_workstation(mutant.case, mutant.subject, mutant)])


@pytest.mark.parametrize("name", PLAYED_BY_THE_ARCHIVE)
def test_the_unchanged_archive_raises_nothing(name: str, proof: Proof) -> None:
    proof.silent(_against_the_archive(name), UNBLAMED)


@pytest.mark.parametrize("case", PLAYED_BY_THE_WORKSTATION)
def test_the_unchanged_workstation_passes(case: str, proof: Proof) -> None:
    proof.silent([play_workstation(case)])


@pytest.mark.parametrize("mutate", LAWFUL_ACCEPTORS, ids=[mutate.__name__ for mutate in LAWFUL_ACCEPTORS])
@pytest.mark.parametrize("case", ["request-awaited", "unexpected-pdu", "after-release-pdu-aborted", "wrong-data"])
def test_what_is_lawful_raises_nothing(mutate: Mutate, case: str, proof: Proof) -> None:
    lawful = partial(Mutant, "lawful", (mutate.__doc__ or "").strip(), check="pdu", mutate=mutate, lawful=True)
    results = _against_the_archive(f"scp/upper_layer/{case}", lawful(case=f"scp/upper_layer/{case}"))
    proof.silent(results, UNBLAMED)


@pytest.mark.parametrize("mutate", LAWFUL_WITH_FRAGMENTS, ids=[mutate.__name__ for mutate in LAWFUL_WITH_FRAGMENTS])
@pytest.mark.parametrize("case", ["wrong-fragments", "contexts-in-turn", "lawful-data"])
def test_what_is_lawful_with_fragments_raises_nothing(mutate: Mutate, case: str, proof: Proof) -> None:
    lawful = Mutant("lawful", (mutate.__doc__ or "").strip(), f"scp/upper_layer/{case}", "pdu", mutate, lawful=True)
    proof.silent(_against_the_archive(lawful.case, lawful), UNBLAMED)


def test_there_are_enough_mutants_and_each_has_its_own_name() -> None:
    names = [mutant.name for mutant in (*ACCEPTORS, *REQUESTORS)]
    deviations = {mutant.mutate for mutant in (*ACCEPTORS, *REQUESTORS)}
    assert len(set(names)) == len(names)
    assert len(deviations) >= LEAST
    assert all(mutant.deviates.endswith(".") for mutant in (*ACCEPTORS, *REQUESTORS))


def test_each_scenario_has_a_mutant() -> None:
    assert FILES - {mutant.case.partition("[")[0] for mutant in (*ACCEPTORS, *REQUESTORS)} <= WITHOUT_A_MUTANT


WITHOUT_A_MUTANT = {
    "scu/upper_layer/rejections",
    "scu/upper_layer/collision-and-answer",
    *TIMED,
    "scu/upper_layer/after-abort-never-closed",
}
"""`rejected` and `collision-and-another-pdu` prove the first two. The others wait for a timer: a mutant takes 75 s."""
