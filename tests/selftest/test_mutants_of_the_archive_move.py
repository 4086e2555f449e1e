"""Proof that the scenarios of retrieval, storage and commitment catch these further mutants of the archive."""

from __future__ import annotations

import pytest

from mutants_of_the_archive_move import MORE
from mutation import Mutant
from proof import Proof
from simulator_trial import play


@pytest.mark.parametrize("mutant", MORE.mutants, ids=[mutant.name for mutant in MORE.mutants])
def test_mutant_is_caught(mutant: Mutant, proof: Proof) -> None:
    proof.caught(mutant, play(mutant.case, "archive", mutant))
