"""Proof that the tests of load and stop judge: each mutant is caught by the test that it names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mutant_in_tests import VARIABLE
from mutants_under_load import UNDER_LOAD
from mutation import Mutant
from proof import Proof

ROOT = Path(__file__).parents[2]
TESTS_FAILED = 1  # exit status of pytest; another one is no verdict
DEADLINE_S = 180.0


@pytest.mark.parametrize("mutant", UNDER_LOAD.mutants, ids=[mutant.name for mutant in UNDER_LOAD.mutants])
def test_mutant_is_caught(mutant: Mutant, proof: Proof) -> None:
    proof.seeded(mutant)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "-p",
        "mutant_in_tests",
        mutant.case,
    ]
    path = os.pathsep.join(filter(None, (str(Path(__file__).parent), os.environ.get("PYTHONPATH"))))
    environment = {**os.environ, "PYTHONPATH": path, VARIABLE: mutant.name}
    environment.pop("PYTEST_ADDOPTS", None)
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )
    assert done.returncode == TESTS_FAILED, f"{mutant.deviates}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    assert "1 failed" in done.stdout or "1 error" in done.stdout, done.stdout[-2000:]
    proof.noticed(mutant)


def test_there_are_enough_of_them() -> None:
    assert len(UNDER_LOAD.mutants) >= 6
    assert len({mutant.name for mutant in UNDER_LOAD.mutants}) == len(UNDER_LOAD.mutants)
    assert all(mutant.deviates.endswith(".") for mutant in UNDER_LOAD.mutants)
