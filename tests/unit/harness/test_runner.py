"""Runs of several processes, and the command line around them, over the reference workstation's own names."""

from __future__ import annotations

import itertools
import json
import os
from collections import Counter
from pathlib import Path

import pytest
from test_court import EXPECT, HEAD, STORE, Tiny

from dicom_conformance.__main__ import main
from dicom_conformance.play.case_runner import RunOptions
from dicom_conformance.results import Verdict
from dicom_conformance.run import runner
from dicom_conformance.run.dispatch import Dispatch
from dicom_conformance.run.worker import Pool, RunRequest, broken

THREE = """for_each: {statuses: {list: [
  {status: "0000", class: success, expected: success},
  {status: "0001", class: warning, expected: warning},
  {status: "A700", class: failure, expected: failure}]}}
peers:"""


class Mortal(Tiny):
    """Dies with its whole process at the first query."""

    def perform(self, operation, peer, arguments):
        os._exit(3)


def written(folder: Path, text: str) -> Path:
    scenarios = folder / "scenarios"
    scenarios.mkdir(exist_ok=True)
    (scenarios / "tiny.yaml").write_text(text)
    return scenarios


def played(folder: Path, text: str, subject: str, processes: int) -> runner.Outcome:
    options = RunOptions(output=folder / "out")
    request = RunRequest(subject=subject, seed=7, scenarios=written(folder, text), options=options)
    promised = request.load()
    return runner.run(request, promised, request.cases(promised), processes=processes)


@pytest.mark.parametrize("processes", [1, 2])
def test_results_stand_in_the_order_of_the_cases(tmp_path, processes):
    text = HEAD.replace("peers:", THREE) + STORE + EXPECT
    outcome = played(tmp_path, text, "test_court:Tiny", processes)
    assert [result.verdict for result in outcome.results] == [Verdict.PASS] * 3
    lines = [json.loads(line) for line in (tmp_path / "out" / "results.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == [result.id for result in outcome.results]
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    assert (run["seed"], run["counts"]["PASS"], run["exit_status"]) == (7, 3, 0)
    assert (tmp_path / "out" / "junit.xml").is_file()


def test_a_worker_that_dies_costs_its_case_alone(tmp_path):
    ask = "  - do: {ae: workstation, operation: query, peer: modality}\n"
    text = HEAD.replace("peers:", THREE) + ask + EXPECT
    outcome = played(tmp_path, text, "test_runner:Mortal", 2)
    assert [result.verdict for result in outcome.results] == [Verdict.ERROR] * 3
    assert all("died" in result.reason for result in outcome.results)
    assert outcome.run.exit_status == 2


@pytest.mark.parametrize("processes", [1, 2])
def test_the_peak_memory_of_each_process_is_written(tmp_path, processes):
    text = HEAD.replace("peers:", THREE) + STORE + EXPECT
    played(tmp_path, text, "test_court:Tiny", processes)
    peaks = json.loads((tmp_path / "out" / "run.json").read_text())["peak_rss_bytes"]
    assert list(peaks) == ["main"] if processes == 1 else ["main", "worker 1", "worker 2"]
    assert 20e6 < peaks["main"] < 5e9
    assert any(20e6 < peak < 1e9 for name, peak in peaks.items() if name != "main") or processes == 1


class Crowded:
    """A dispatch that notes how many batches that do not take long are out at a time."""

    def __init__(self, cases):
        self._dispatch, self.out, self.most = Dispatch(cases), set(), 0

    def __getattr__(self, name):
        return getattr(self._dispatch, name)

    def next(self, configuration=None, *, only_long=False):
        batch = self._dispatch.next(configuration, only_long=only_long)
        if batch is not None and not self._dispatch.takes_long(batch):
            self.out.update(batch)
            self.most = max(self.most, len(self.out))
        return batch


def test_processes_that_wait_play_what_takes_long_and_nothing_else(tmp_path):
    text = HEAD.replace("peers:", THREE) + STORE + EXPECT
    own = [text.replace("id: ", f"id: {name}-", 1) for name in "abcd"]
    folder = tmp_path / "scenarios"
    folder.mkdir()
    for number, each in enumerate(own):
        (folder / f"{number}.yaml").write_text(each if number else "takes_s: 9\n" + each)
    request = RunRequest(subject="test_court:Tiny", scenarios=folder, options=RunOptions(output=tmp_path / "out"))
    promised = request.load()
    dispatch = Crowded(request.cases(promised))
    pool = Pool(request, dispatch, 1, lambda case, reason: broken(request, promised, case, reason), 2)
    played = set()
    try:
        for number, result in pool.results():
            played.add(number)
            dispatch.out.discard(number)
            dispatch.took(number, result)
    finally:
        pool.close()
    assert len(pool.peak_rss_bytes) == 3
    assert len(played) == len(dispatch.cases) == 12
    assert dispatch.most == 3  # a batch: one process plays what does not take long


def test_a_file_that_changes_during_a_run_changes_nothing(tmp_path):
    text = HEAD.replace("peers:", THREE) + STORE + EXPECT
    request = RunRequest(
        subject="test_court:Tiny", scenarios=written(tmp_path, text), options=RunOptions(output=tmp_path / "out")
    )
    promised = request.load()
    cases = request.cases(promised)
    written(tmp_path, "no scenario")
    outcome = runner.run(request, promised, cases, processes=2)
    assert [result.verdict for result in outcome.results] == [Verdict.PASS] * 3


def test_a_quick_run_says_what_it_left_out(tmp_path, capsys):
    (tmp_path / "three.yaml").write_text(HEAD.replace("peers:", THREE) + STORE + EXPECT)
    words = [str(tmp_path / "three.yaml"), "--subject", "test_court:Tiny", "--output", str(tmp_path / "out")]
    assert main(["run", "--quick", *words]) == 0
    told = capsys.readouterr().out
    assert "1 case, seed " in told
    assert "--quick leaves out 2 cases" in told
    command = f"dicom-conformance run {' '.join(words)}"
    assert f"to play every case: {command}" in told
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    assert (run["left_out"], run["run_all"], run["counts"]["PASS"]) == (2, command, 1)
    page = (tmp_path / "out" / "index.html").read_text()
    assert "it left out 2 of 3 cases" in page
    assert command in page
    assert main(["run", *words]) == 0
    assert "left out" not in capsys.readouterr().out
    assert 'id="left-out"' not in (tmp_path / "out" / "index.html").read_text()


def families(cases):
    return Counter((case.scenario.id.rpartition("/")[0], case.clause) for case in cases)


def test_a_quick_run_plays_one_case_of_each_family_and_every_pair_of_the_priorities():
    request = RunRequest(quick=True)
    promised = request.load()
    every = request.cases(promised)
    quick = request.played(every)
    assert families(quick).keys() == families(every).keys()
    without_proposals = [case for case in quick if case.scenario.header.for_each.proposals is None]
    assert set(families(without_proposals).values()) == {1}
    assert {clause for case in quick for clause in case.clause} == {clause for case in every for clause in case.clause}
    counted = Counter(case.scenario.id for case in quick)
    assert set(counted.values()) == {1}
    matrix = [case for case in quick if case.scenario.header.for_each.proposals is not None]
    assert matrix
    for case in matrix:
        proposed = {tuple(each["transfer_syntaxes"]) for each in case.bindings["proposed"]}
        syntaxes = {uid for each in proposed for uid in each}
        assert proposed >= {(uid,) for uid in syntaxes}
        assert proposed >= set(itertools.permutations(syntaxes, 2))


def test_wrong_input_is_one_line_and_exit_status_2(tmp_path, capsys):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("id: a\nid: b\n")
    for words in (
        ["run", str(wrong)],
        ["run", str(tmp_path / "absent.yaml")],
        ["run", "--statement", "no-such"],
        ["run", "--subject", "no-such"],
        ["run", "no-such/scenario", "--output", str(tmp_path / "out")],
        ["simulate", "archive", "--config", str(wrong)],
        ["run", "--known-deviations", str(wrong)],
    ):
        assert main(words) == 2, words
        told = capsys.readouterr().err
        assert told.count("\n") == 1, told
        assert "Traceback" not in told


def test_a_port_in_use_is_one_line(tmp_path, capsys):
    subject = Tiny()
    try:
        config = tmp_path / "archive.yaml"
        config.write_text(f"port: {subject.destination.address[1]}\n")
        assert main(["simulate", "archive", "--config", str(config)]) == 2
        port = subject.destination.address[1]
        assert capsys.readouterr().err == f"dicom-conformance: 127.0.0.1:{port}: Address already in use\n"
    finally:
        subject.close()


def test_list_names_the_cases(capsys):
    assert main(["list", "verification"]) == 0
    assert "verification/" in capsys.readouterr().out
