"""A third of the scenarios once: tshark reads the wire as we do. An eighth of all again: links change no verdict.

Simulators and judge share `wire`, and would share its mistakes: the captures of a run are read by a dissector that
shares nothing with it. The cases are those of the command line, played by its runner.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from dicom_conformance.play.case_runner import RunOptions
from dicom_conformance.results import Result, Verdict
from dicom_conformance.run import RecordedResults, runner
from dicom_conformance.run.worker import RunRequest
from dicom_conformance.scenario.matrix import Case
from dicom_wire.capture.pcap import read
from foreign_programs import require
from tshark_capture import merged
from tshark_witness import compare

SEED = 20
RESULTS = "DICOM_CONFORMANCE_RESULTS"
LACKING = ("this machine has no IPv6 loopback address", "no browser: ")
"""How the reason of a case begins that could not be played where the run was made: CI's has no extra installed."""
PRIORITY_STEP = 32
"""Of the negotiations of the priority matrix, each of so many is played."""
WITHOUT_LINKS_STEP = 8
"""Of the cases played over links, each of so many is played again without."""
DISSECTED_STEP = 3
"""Of the scenarios, each of so many is read by tshark, unless all of them are (the mark `long`)."""
LARGE_BYTES = 1 << 20
"""Captures above this are compared without their data sets."""
SMALL = ("association/loader-client", "query/study-root", "retrieve/pending", "security/loader-", "workflow/")


def sample() -> tuple[str, ...]:
    """Name the first case of every scenario, and some of each that asks for priorities."""
    request = RunRequest(seed=SEED)
    chosen: dict[str, list[Case]] = {}
    for case in request.cases(request.load()):
        chosen.setdefault(case.scenario.id, []).append(case)
    step = {name: PRIORITY_STEP if "-priority-" in name else len(cases) for name, cases in chosen.items()}
    return tuple(case.id for name, cases in chosen.items() for case in cases[:: step[name]])


def play(selects: Sequence[str], output: Path | None, processes: int = 1, links: bool = True) -> list[Result]:
    request = RunRequest(tuple(selects), seed=SEED, options=RunOptions(links=links, output=output))
    promised = request.load()
    return runner.run(request, promised, request.cases(promised), processes=processes).results


def told(results: Sequence[Result]) -> set[tuple[str, Verdict, str, int]]:
    """Give what must not depend on how a case was played."""
    return {(one.id, one.verdict, one.reason, one.cells) for one in results}


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(os.environ[RESULTS]) if RESULTS in os.environ else tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def played(output: Path) -> list[Result]:
    """Every scenario once, over links: of the run whose results CI names (docs/decisions/0013), or in this process."""
    if RESULTS not in os.environ:
        return play(sample(), output)
    recorded = RecordedResults(output, "directview-5.2")
    found = [recorded.get(name) for name in sample()]
    assert None not in found, "the recorded run did not play every case"
    return [one for one in found if one is not None]


MANY_PDVS = "scu/query/answer-in-fragments[true]"
"""A command and a data set, in 25 PDVs of one PDU: tshark 4.0.17 shows 18 of them, though each length is right."""


def asks_what_is_not_claimed(result: Result) -> bool:
    """Tell whether a case asks an archive, a printer or a client of C-GET, none of which the workstation is."""
    return result.verdict is Verdict.NOT_CLAIMED and result.scenario.startswith(("scp/", "scu/get/"))


def is_possible(result: Result) -> bool:
    """Tell whether a case could be played where the run was made, and asks for what is claimed."""
    return not result.reason.startswith(LACKING) and not asks_what_is_not_claimed(result)


def test_every_scenario_is_played(played: list[Result]) -> None:
    request = RunRequest(seed=SEED)
    assert {one.scenario for one in played} == {case.scenario.id for case in request.cases(request.load())}
    possible = [one for one in played if is_possible(one)]
    assert len(possible) > len(played) // 2
    assert [(one.id, one.verdict, one.reason) for one in possible if one.verdict is not Verdict.PASS] == []
    assert sum(one.cells for one in played if "-priority-" in one.scenario) > 1000


@pytest.mark.peer("tshark")
@pytest.mark.parametrize("step", [DISSECTED_STEP, pytest.param(1, marks=pytest.mark.long)])
def test_tshark_reads_the_run_as_we_do(played: list[Result], output: Path, tmp_path: Path, step: int) -> None:
    require("tshark", package="tshark")
    shown = [one for one in played if is_possible(one) and one.id != MANY_PDVS][::step]
    captures = [output / one.evidence / "trace.pcap" for one in shown]
    assert sum(len(read(capture)) for capture in captures) >= len(captures)
    large = [capture for capture in captures if capture.stat().st_size > LARGE_BYTES]
    files = merged([capture for capture in captures if capture not in large], tmp_path)
    assert [line for file in files for line in compare(file)] == []
    assert [line for file in large for line in compare(file, with_data_sets=False)] == []


def test_the_same_without_links(played: list[Result]) -> None:
    again = {one.id for one in played[::WITHOUT_LINKS_STEP] if not one.reason.startswith(LACKING)}
    without = [one for one in play(sorted(again), None, links=False) if one.id in again]  # an id selects what it begins
    assert len(without) == len(again)
    assert told(without) ^ told([one for one in played if one.id in again]) == set()


def test_the_same_in_parallel() -> None:
    serial, parallel = play(SMALL, None), play(SMALL, None, processes=2)
    assert len(serial) > 20
    assert [one.id for one in parallel] == [one.id for one in serial]
    assert told(parallel) ^ told(serial) == set()
