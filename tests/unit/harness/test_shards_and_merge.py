"""Parts of a run: divided by scenario, and put together as one."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from test_court import EXPECT, HEAD, STORE

from dicom_conformance.__main__ import main
from dicom_conformance.errors import DataError
from dicom_conformance.results import (
    ClaimCoverage,
    ClaimState,
    Finding,
    Level,
    Result,
    Run,
    Verdict,
    read_results,
    read_run,
    write_results,
    write_run,
)
from dicom_conformance.run import RunRequest, merge, read_shard
from dicom_conformance.run.recorded import RecordedResults

REGISTER = (ClaimCoverage("1", "3", "first", "shall"), ClaimCoverage("2", "3", "second", "shall"))


def case(scenario: str, number: int = 0, depends_on: tuple[str, ...] = ()) -> SimpleNamespace:
    header = SimpleNamespace(depends_on=depends_on)
    return SimpleNamespace(id=f"{scenario}[{number}]", scenario=SimpleNamespace(id=scenario, header=header))


def result(identifier: str, verdict: Verdict = Verdict.PASS, **more: object) -> Result:
    named = {"statement": "s", "subject": "p", "clause": ("c",), "level": Level.SHALL, "cells": 1, **more}
    return Result(identifier, identifier.partition("[")[0], verdict=verdict, **named)


def run(folder, *results: Result, reached: dict[str, int] | None = None, **more: object):
    folder.mkdir(exist_ok=True)
    register = tuple(replace(claim, cases=(reached or {}).get(claim.id, 0)) for claim in REGISTER)
    told = {"versions": {"dicom-conformance": "1"}, "register": register, **more}
    summary = Run("2026-01-01", 1.0, told.pop("seed", 7), told.pop("statement", "s"), told.pop("subject", "p"), {}, 0)
    write_run(folder / "run.json", replace(summary, **told))
    write_results(folder / "results.jsonl", results)
    return folder


class TestShards:
    def test_every_case_is_in_exactly_one_shard_and_scenarios_stay_whole(self):
        cases = [case(f"a/{name}", number) for name in "abcdefg" for number in range(ord(name) - 95)]
        for count in (1, 2, 3, 7):
            parts = [read_shard(f"{number}/{count}").chooses(cases) for number in range(1, count + 1)]
            assert sorted(each.id for part in parts for each in part) == sorted(each.id for each in cases)
            names = [{each.scenario.id for each in part} for part in parts]
            assert sum(len(part) for part in names) == 7
            assert max(map(len, parts)) - min(map(len, parts)) <= 8

    def test_scenarios_that_depend_on_each_other_stay_together(self):
        cases = [case("a"), case("b", depends_on=("a",)), case("c"), case("d", depends_on=("b",)), case("e")]
        parts = [[each.scenario.id for each in read_shard(f"{number}/2").chooses(cases)] for number in (1, 2)]
        assert sorted(parts) == [["a", "b", "d"], ["c", "e"]]

    def test_the_catalogue_is_divided_whole(self):
        request = RunRequest(selects=("verification/", "query/"), seed=1)
        cases = request.cases(request.load())
        parts = [replace(request, shard=read_shard(f"{number}/3")).played(cases) for number in (1, 2, 3)]
        assert sorted(each.id for part in parts for each in part) == sorted(each.id for each in cases)
        assert all(parts)

    @pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/0", "a/b", "1/2/3", "-1/2", "1/2000"])
    def test_what_is_no_shard(self, text, capsys):
        with pytest.raises(ValueError, match="expected i/n"):
            read_shard(text)
        with pytest.raises(SystemExit) as ended:
            main(["run", f"--shard={text}"])
        assert ended.value.code == 2
        assert "expected i/n" in capsys.readouterr().err


class TestMerge:
    def test_counts_coverage_and_exit_status_are_those_of_the_whole(self, tmp_path):
        failed = Finding("dimse", False, expected="e", actual="a")
        one = run(tmp_path / "1", result("b/x"), result("b/y"), reached={"1": 2}, shard="1/2", exit_status=0)
        two = run(
            tmp_path / "2", result("a/x", Verdict.FAIL, findings=(failed,)), reached={"1": 1, "2": 1}, shard="2/2"
        )
        merged = merge([one, two], tmp_path / "out")
        assert [each.id for each in merged.results] == ["a/x", "b/x", "b/y"]
        assert [each.id for each in read_results(tmp_path / "out" / "results.jsonl")] == ["a/x", "b/x", "b/y"]
        told = read_run(tmp_path / "out" / "run.json")
        assert (told.counts["PASS"], told.counts["FAIL"], told.cells, told.exit_status) == (2, 1, 3, 1)
        assert [(claim.id, claim.cases) for claim in told.register] == [("1", 3), ("2", 1)]
        assert (told.shard, told.elapsed_s) == ("", 2.0)
        assert 'tests="3" failures="1"' in (tmp_path / "out" / "junit.xml").read_text()
        assert "a/x" in (tmp_path / "out" / "summary.md").read_text()

    def test_known_deviations_count_as_in_the_runs(self, tmp_path):
        one = run(tmp_path / "1", result("a/x", Verdict.FAIL, deviation="later"))
        two = run(tmp_path / "2", result("a/y", Verdict.PASS, deviation="no longer so"))
        assert merge([one], tmp_path / "known").run.exit_status == 0
        stale = merge([one, two], tmp_path / "stale").run
        assert (stale.exit_status, stale.stale_deviations) == (1, ("a/y",))

    def test_an_interrupted_part_leaves_the_whole_not_judged(self, tmp_path):
        parts = [run(tmp_path / "1", result("a/x")), run(tmp_path / "2", result("a/y"), interrupted=True)]
        told = merge(parts, tmp_path / "out").run
        assert (told.interrupted, told.exit_status) == (True, 2)

    def test_a_claim_has_its_worst_state_and_what_was_withheld_is_added_up(self, tmp_path):
        states = [(ClaimState.PROVED, ClaimState.NOT_JUDGED), (ClaimState.DIFFERS, ClaimState.NOT_OBSERVED)]
        parts = []
        for number, pair in enumerate(states):
            register = tuple(replace(claim, state=state) for claim, state in zip(REGISTER, pair, strict=True))
            more = {"register": register, "withheld": {"withheld: needs --allow-store": number + 1}}
            more["notes"] = (f"scp/mine: {number + 1} more",)
            parts.append(run(tmp_path / str(number), result(f"a/{number}"), **more))
        told = merge(parts, tmp_path / "out").run
        assert [claim.state for claim in told.register] == [ClaimState.DIFFERS, ClaimState.NOT_OBSERVED]
        assert told.withheld == {"withheld: needs --allow-store": 3}
        assert told.notes == ("scp/mine: 1 more", "scp/mine: 2 more")

    def test_evidence_is_taken_along(self, tmp_path):
        one = run(tmp_path / "1", result("a/x", evidence="evidence/a-x"))
        (one / "evidence" / "a-x").mkdir(parents=True)
        (one / "evidence" / "a-x" / "trace.pcap").write_bytes(b"bytes")
        merge([one], tmp_path / "out")
        assert (tmp_path / "out" / "evidence" / "a-x" / "trace.pcap").read_bytes() == b"bytes"

    def test_what_was_stored_is_listed_once(self, tmp_path):
        parts = [run(tmp_path / name, result(f"a/{name}")) for name in ("1", "2", "3")]
        (parts[0] / "cleanup.txt").write_text("study A  (scp/first)\n")
        (parts[2] / "cleanup.txt").write_text("study A  (scp/second)\nstudy B  (scp/second)\n")
        merge(parts, tmp_path / "out")
        assert (tmp_path / "out" / "cleanup.txt").read_text() == "study A  (scp/first)\nstudy B  (scp/second)\n"
        merge(parts[1:2], tmp_path / "out")
        assert "study B" in (tmp_path / "out" / "cleanup.txt").read_text()
        merge(parts[1:2], tmp_path / "none")
        assert not (tmp_path / "none" / "cleanup.txt").exists()

    def test_evidence_outside_its_folder_is_refused(self, tmp_path):
        (tmp_path / "other").mkdir()
        one = run(tmp_path / "1", result("a/x", evidence="../other"))
        with pytest.raises(DataError, match="lies outside the folder"):
            merge([one], tmp_path / "out")

    @pytest.mark.parametrize(
        ("more", "message"),
        [
            ({"versions": {"dicom-conformance": "2"}}, "the version of the harness is 2, but 1 in "),
            ({"statement": "t"}, "the statement is t, but s in "),
            ({"subject": "q"}, "the subject is q, but p in "),
            ({"seed": 8}, "the seed is 8, but 7 in "),
            ({"strict": True}, "--strict is given, but not given in "),
            ({"register": REGISTER[:1]}, "the claims are not those of "),
        ],
    )
    def test_runs_of_something_else_are_refused(self, tmp_path, more, message):
        one = run(tmp_path / "1", result("a/x"))
        other = run(tmp_path / "2", result("a/y"), **more)
        with pytest.raises(DataError, match=message) as caught:
            merge([one, other], tmp_path / "out")
        assert caught.value.path == other / "run.json"
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize(
        ("shards", "message"),
        [
            (("1/3", "3/3"), "shard 2/3 is missing"),
            (("1/2", "1/3"), "it is shard 1/3, but .* is shard 1/2"),
        ],
    )
    def test_an_incomplete_division_is_refused(self, tmp_path, shards, message):
        parts = [run(tmp_path / name[0:3:2], result(f"a/{name}"), shard=name) for name in shards]
        with pytest.raises(DataError, match=message):
            merge(parts, tmp_path / "out")

    def test_a_case_twice_is_refused(self, tmp_path):
        parts = [run(tmp_path / "1", result("a/x")), run(tmp_path / "2", result("a/x"))]
        with pytest.raises(DataError, match=r"the case 'a/x' is in .*1 too"):
            merge(parts, tmp_path / "out")
        with pytest.raises(DataError, match="this folder is given twice"):
            merge([parts[0], parts[0]], tmp_path / "out")

    def test_the_output_may_be_none_of_the_folders(self, tmp_path):
        one = run(tmp_path / "1", result("a/x"))
        with pytest.raises(DataError, match="one of the folders to be merged"):
            merge([one], one)
        assert len([*read_results(one / "results.jsonl")]) == 1


def test_shards_of_a_run_merge_into_the_run(tmp_path, capsys):
    for name in ("one", "two", "three"):
        (tmp_path / f"{name}.yaml").write_text(HEAD.replace("id: storage/tiny", f"id: storage/{name}") + STORE + EXPECT)
    files = [str(tmp_path / f"{name}.yaml") for name in ("one", "two", "three")]
    ids = [read_id(path) for path in files]
    assert len(set(ids)) == 3
    words = ["run", *files, "--subject", "test_court:Tiny", "--seed", "5"]
    assert main([*words, "--output", str(tmp_path / "whole")]) == 0
    for number in (1, 2):
        assert main([*words, "--shard", f"{number}/2", "--output", str(tmp_path / str(number))]) == 0
    assert "shard 2/2" in capsys.readouterr().out
    with pytest.raises(DataError, match="it is shard 1/2 of a run; merge all its shards first"):
        RecordedResults(tmp_path / "1", "directview-5.2")
    capsys.readouterr()
    out = tmp_path / "merged"
    assert main(["merge", str(tmp_path / "1"), str(tmp_path / "2"), "--output", str(out)]) == 0
    assert f"report: {out / 'index.html'}" in capsys.readouterr().out
    whole, merged = (json.loads((tmp_path / name / "run.json").read_text()) for name in ("whole", "merged"))
    for key in ("counts", "cells", "claims", "exit_status", "seed", "names", "errata"):
        assert merged[key] == whole[key], key


def read_id(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return next(line for line in file if line.startswith("id: "))
