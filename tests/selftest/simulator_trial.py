"""Playing the cases of a general scenario against a simulator or the OSM, mutated or not, as a foreign subject.

It runs in this process, so that it can be mutated; it is judged over the network by its own statement, as
any product is, with everything allowed.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from dicom_conformance.play import reserved_port
from dicom_conformance.play.case_runner import CaseRunner, RunOptions
from dicom_conformance.play.fixture_store import fixture_store
from dicom_conformance.play.subjects import Foreign
from dicom_conformance.play.subjects.foreign import SubjectFile
from dicom_conformance.results import Result
from dicom_conformance.scenario import fixtures, matrix, scenario, selection
from dicom_conformance.scenario.demand import EVERY_KIND
from dicom_conformance.scenario.demand import Kind as Kinds
from dicom_conformance.scenario.matrix import Case
from dicom_conformance.statement.statement import Statement, load
from dicom_simulators.archive import Archive
from dicom_simulators.association import Simulator
from dicom_simulators.printer import Printer
from dicom_wire import Recorder
from dicom_workstation.configuration import Configuration
from dicom_workstation.osm import OSMServer
from mutation import Mutant, Patch, wait_briefly
from proof import is_caught

Kind = Literal["archive", "osm", "printer"]
LOOPBACK = "127.0.0.1"
END_S = 10.0
QUICK_S = 16.0
"""What a case with a mutant may take: one that says nothing is waited for half as long."""
FILMED = "scp/print/films"
"""The scenarios whose printer leaves its films in a folder, which takes it some time."""
CALLED = ("destination", "scu")
"""The peers that an archive calls: to move instances, and to report on a commitment."""


@cache
def statement(kind: Kind) -> Statement:
    """Read what it claims."""
    return load("osm-1" if kind == "osm" else f"dicom-conformance-{kind}")


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


def studies_of(cases: Iterable[Case]) -> tuple[str, ...]:
    """Name the studies of the fixtures that are stored for some cases, in the order of their file."""
    names = [name for case in cases for name in case.scenario.header.needs.fixture]
    held = set(fixtures.standard().stored_for(names))
    return tuple(study for study in fixtures.standard().all_studies if study in held)


@cache
def folder_with(studies: tuple[str, ...]) -> tempfile.TemporaryDirectory[str]:
    """Give a folder of an OSM that was given the fixtures of some studies over the network."""
    folder = tempfile.TemporaryDirectory(prefix="osm-with-fixtures-")
    with served("osm", folder=folder.name) as subject:
        assert subject.address is not None, "it is served"
        refusal = fixture_store(statement("osm"), subject, None).refusal(studies, subject.address)
    assert not refusal, refusal
    return folder


@contextmanager
def served(kind: Kind, **settings: Any) -> Iterator[Foreign]:
    """Serve a simulator or the OSM, with its usual settings unless some are given; give it as a subject.

    An archive has a fixed table of our peers that it calls, as real ones do.
    """
    title, recorder = kind.upper(), Recorder()
    peers = {name: {"title": f"CONF{name.upper()}", "port": reserved_port()} for name in CALLED}
    made: Simulator | OSMServer
    if kind == "osm":
        settings = {"keep_free_bytes": 0, **settings}
        archives = {
            name: {"ae_title": one["title"], "host": LOOPBACK, "port": one["port"]} for name, one in peers.items()
        }
        made = OSMServer(Configuration.from_keywords(archives=archives, osm=settings))
    elif kind == "archive":
        destinations = {one["title"]: (LOOPBACK, one["port"]) for one in peers.values()}
        made = Archive(kind, title, recorder, **{"destinations": destinations, **settings})
    else:
        made = Printer(kind, title, recorder, **settings)
    with made:
        assert made.address is not None, "it has been started"
        host, port = made.address
        known: dict[str, Any] = {
            "network_ae": {"title": title, "host": host, "port": port},
            "statement": statement(kind).id,
        }
        if kind != "printer":
            known["peers"] = peers
        if "output" in settings:
            known["films"] = settings["output"]
        yield Foreign(kind, SubjectFile.model_validate(known))


def play(
    identifier: str, kind: Kind, mutant: Mutant | None = None, kinds: frozenset[Kinds] = EVERY_KIND, **settings: Any
) -> list[Result]:
    """Play the cases of a scenario against a simulator with these settings; of a mutant, until a case catches it.

    It holds the fixtures from the start, because to store them anew takes longer than the cases.

    Parameters
    ----------
    kinds : frozenset of Kinds
        Expectations of other kinds are left out; so are cases that have none left.

    Raises
    ------
    AssertionError
        There is no such case, or a thread is left behind.
    """
    before = set(threading.enumerate())
    cases = [replace(case, kinds=kinds) for case in cases_of(identifier, kind)]
    assert cases, identifier
    cases = [case for case in cases if case.reason or case.setup().kinds]
    held = studies_of(cases)
    if kind == "archive":
        settings = {"instances": fixtures.standard().instances(held), **settings}
    template = folder_with(held).name if kind == "osm" and held else ""
    with Patch() as patch, tempfile.TemporaryDirectory(prefix="films-") as folder:
        if identifier.startswith(FILMED):
            settings["output"] = Path(folder)
        if kind == "osm":
            settings["folder"] = folder
            if template:
                shutil.copytree(template, folder, dirs_exist_ok=True)
        if mutant is not None and not mutant.lawful:
            wait_briefly(patch)
        if mutant is not None:
            mutant.mutate(patch)
        with served(kind, **settings) as subject:
            options = RunOptions() if mutant is None or mutant.lawful else RunOptions(case_deadline_s=QUICK_S)
            runner = CaseRunner(statement(kind), subject, options)
            runner.subject_holds(held)
            try:
                results = _played(runner, cases, mutant)
            finally:
                runner.close()
    until = time.monotonic() + END_S
    for thread in set(threading.enumerate()) - before:
        thread.join(max(0.0, until - time.monotonic()))
        assert not thread.is_alive(), f"{thread.name} is left behind"
    return results


def _played(runner: CaseRunner, cases: list[Case], mutant: Mutant | None) -> list[Result]:
    """Play cases; those after the one that catches a mutant would mostly wait for answers that do not come."""
    results: list[Result] = []
    for case in cases:
        results.append(runner.play(case))
        if mutant is not None and is_caught(mutant, results[-1]):
            break
    return results
