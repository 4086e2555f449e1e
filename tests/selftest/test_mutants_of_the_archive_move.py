"""Proof that the scenarios of retrieval, storage and commitment catch these further mutants of the archive."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dicom_conformance.results import Verdict
from mutants_of_the_archive_move import MORE
from mutation import Mutant
from simulator_trial import play


@pytest.mark.parametrize("mutant", MORE.mutants, ids=[mutant.name for mutant in MORE.mutants])
def test_mutant_is_caught(mutant: Mutant, record_property: Callable[[str, object], None]) -> None:
    record_property("mutant", mutant.name)
    results = play(mutant.case, "archive", mutant)
    said = "\n".join(f"{one.id}: {one.verdict.value} {one.reason}" for one in results)
    assert {Verdict.FAIL, Verdict.WARN} & {one.verdict for one in results}, f"{mutant.deviates}\n{said}"
    unmet = {finding.check for one in results for finding in one.findings if not finding.met}
    assert mutant.check in unmet, f"{mutant.deviates}\n{said}\n{unmet}"
    record_property("caught", mutant.name)
