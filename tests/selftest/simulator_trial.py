"""Playing the cases of a general scenario against one of our simulators, mutated or not, as a foreign subject.

The simulator runs in this process, so that it can be mutated; it is judged over the network by its own statement, as
any product is, with everything allowed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Literal

from dicom_conformance.play.case_runner import CaseRunner, RunOptions
from dicom_conformance.play.subjects import Foreign
from dicom_conformance.play.subjects.foreign import SubjectFile
from dicom_conformance.results import Result
from dicom_conformance.scenario import matrix, scenario, selection
from dicom_conformance.scenario.matrix import Case
from dicom_conformance.statement.statement import Statement, load
from dicom_simulators.archive import Archive
from dicom_simulators.association import Simulator
from dicom_simulators.printer import Printer
from dicom_wire import Recorder
from mutation import Mutant, Patch

Kind = Literal["archive", "printer"]
END_S = 10.0


@cache
def statement(kind: Kind) -> Statement:
    """Read what a simulator claims."""
    return load(f"dicom-conformance-{kind}")


@cache
def cases_of(identifier: str, kind: Kind) -> tuple[Case, ...]:
    """Give the cases of a scenario, or the one case that is named, in the order of the scenario."""
    file = selection.FOLDER / f"{identifier.partition('[')[0]}.yaml"
    cases = matrix.expand(scenario.read(file), statement(kind))
    return tuple(case for case in cases if "[" not in identifier or case.id == identifier)


def scenarios_of(folder: str) -> list[str]:
    """Give the ids of the scenarios below a folder of the catalogue."""
    return sorted(
        file.relative_to(selection.FOLDER).with_suffix("").as_posix()
        for file in (selection.FOLDER / folder).rglob("*.yaml")
    )


@contextmanager
def served(kind: Kind, **settings: Any) -> Iterator[Foreign]:
    """Serve a simulator, with its usual settings unless some are given; give it as a subject."""
    title, recorder = kind.upper(), Recorder()
    made: Simulator = (
        Archive(kind, title, recorder, **settings) if kind == "archive" else Printer(kind, title, recorder, **settings)
    )
    with made:
        host, port = made.address
        known = {"network_ae": {"title": title, "host": host, "port": port}, "statement": statement(kind).id}
        subject = Foreign(kind, SubjectFile.model_validate(known))
        yield subject


def play(identifier: str, kind: Kind, mutant: Mutant | None = None, **settings: Any) -> list[Result]:
    """Play the cases of a scenario against a simulator with these settings.

    Raises
    ------
    AssertionError
        There is no such case, or a thread is left behind.
    """
    before = set(threading.enumerate())
    cases = cases_of(identifier, kind)
    assert cases, identifier
    with Patch() as patch:
        if mutant is not None:
            mutant.mutate(patch)
        with served(kind, **settings) as subject:
            runner = CaseRunner(statement(kind), subject, RunOptions())
            try:
                results = [runner.play(case) for case in cases]
            finally:
                runner.close()
    until = time.monotonic() + END_S
    for thread in set(threading.enumerate()) - before:
        thread.join(max(0.0, until - time.monotonic()))
        assert not thread.is_alive(), f"{thread.name} is left behind"
    return results
