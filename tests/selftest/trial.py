"""Playing one case against one workstation, mutated or not, and leaving nothing behind."""

from __future__ import annotations

import os
import sys
import threading
import time
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from dicom_conformance.play.case_runner import CaseRunner, RunOptions
from dicom_conformance.play.subjects import Product
from dicom_conformance.pytest_plugin import RESULTS
from dicom_conformance.results import Result, Verdict
from dicom_conformance.run import RecordedResults
from dicom_conformance.scenario import matrix, scenario, selection
from dicom_conformance.scenario.matrix import Case
from dicom_conformance.statement.statement import Statement, load
from dicom_workstation.subjects import Embedded, Process
from mutation import USUAL_DEADLINE_S, Mutant, Patch

ENTRY = Path(__file__).with_name("mutant_process.py")
END_S = 10.0
RECORDED = "embedded"
"""The subject of a run that is recorded."""


@cache
def statement() -> Statement:
    """Read the statement that the workstation is held to."""
    return load("directview-5.2")


@cache
def case_of(beginning: str) -> Case:
    """Give the first case whose id, or earlier id, begins so."""
    file = selection.FOLDER / f"{beginning.partition('[')[0]}.yaml"
    if not file.is_file():
        return selection.cases(selection.select((beginning,)), statement())[0]
    return next(case for case in matrix.expand(scenario.read(file), statement()) if case.id.startswith(beginning))


class Subjects:
    """The instances of a subject that a trial makes: each is ended, even if the court gave it up."""

    def __init__(self, kind: str, mutant: Mutant | None) -> None:
        self._kind = kind
        self._mutant = mutant
        self._made: list[Any] = []

    def make(self) -> Any:
        """Make one; what the court asks of a factory."""
        if self._kind == "embedded":
            made: Any = Embedded()
        elif self._mutant is None:
            made = Process()
        else:
            made = Process([sys.executable, str(ENTRY), self._mutant.name])
        self._made.append(made)
        return made

    def end(self) -> None:
        """End each; a process that might hang is killed."""
        for made in self._made:
            if self._mutant is not None and self._kind == "process":
                made.abandon()
            else:
                made.close()


@cache
def recorded() -> RecordedResults | None:
    """Give the results of the run of the unmutated workstation that was recorded, if one was (docs/decisions/0013)."""
    folder = os.environ.get(RESULTS)
    return RecordedResults(Path(folder), statement().id) if folder else None


def play_unmutated(beginning: str, kind: str) -> Result:
    """Give the result of a case with the unmutated workstation: the one of the recorded run if it passed there."""
    run = recorded() if kind == RECORDED else None
    found = run.get(case_of(beginning).id) if run is not None else None
    return found if found is not None and found.verdict is Verdict.PASS else play(beginning, kind)


def play(beginning: str, kind: str = "embedded", mutant: Mutant | None = None) -> Result:
    """Play a case.

    Raises
    ------
    AssertionError
        A thread or process is left behind.
    """
    before, processes = set(threading.enumerate()), set(psutil.Process().children(recursive=True))
    subjects = Subjects(kind, mutant)
    deadline_s = USUAL_DEADLINE_S if mutant is None else mutant.deadline_s
    with Patch() as patch:
        if mutant is not None and kind == "embedded":
            mutant.mutate(patch)
        runner = CaseRunner(statement(), Product(kind, subjects.make), RunOptions(case_deadline_s=deadline_s))
        try:
            result = runner.play(case_of(beginning))
        finally:
            subjects.end()
            runner.close()
    until = time.monotonic() + END_S
    for thread in set(threading.enumerate()) - before:
        thread.join(max(0.0, until - time.monotonic()))
        assert not thread.is_alive(), f"{thread.name} is left behind"
    left = set(psutil.Process().children(recursive=True)) - processes
    assert [each for each in left if not _is_of_others(each, processes)] == []
    return result


def _is_of_others(process: psutil.Process, earlier: set[psutil.Process]) -> bool:
    """Tell whether one that was there before has started a process, as a server of other tests may at any time."""
    try:
        return not earlier.isdisjoint(process.parents())
    except psutil.NoSuchProcess:  # it has ended meanwhile
        return True
