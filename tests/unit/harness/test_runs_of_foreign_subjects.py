"""Runs of a foreign subject: merged from their shards, and compared with each other, all by the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dicom_conformance.__main__ import main
from dicom_conformance.compare import runs as compare_runs
from dicom_conformance.play import reserved_port
from dicom_simulators.archive import Archive
from dicom_simulators.faults import FAULTS
from dicom_wire import Recorder

PARTS = ("scp/verification/echo", "scp/storage/again", "scp/query/read_only/study-by-uid")
SUBJECT = """
name: archive
product: {{name: Archive of a stranger, version: "{version}"}}
network_ae: {{title: ARCHIVE, host: {host}, port: {port}}}
peers:
  destination: {{title: CONFDEST, port: {destination}}}
"""
Run = Callable[..., Path]


@pytest.fixture(autouse=True)
def no_case_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long a case takes here says something of the machine; `slower` has tests of its own."""
    monkeypatch.setattr(compare_runs, "SLOWER_BY_S", float("inf"))


@contextmanager
def archive(folder: Path, version: str) -> Iterator[tuple[Archive, Path]]:
    """Serve an archive that nothing else is known of; gives it and its subject file."""
    destination = reserved_port()
    known = {"CONFDEST": ("127.0.0.1", destination)}
    with Archive("archive", "ARCHIVE", Recorder(), destinations=known) as served:
        host, port = served.address
        file = folder / f"archive-{version}.yaml"
        file.write_text(
            SUBJECT.format(version=version, host=host, port=port, destination=destination), encoding="utf-8"
        )
        yield served, file


@pytest.fixture
def judged(tmp_path: Path) -> Run:
    """Judge a subject in a folder of its own, and give the folder."""

    def run(name: str, subject: Path, *further: str, parts: tuple[str, ...] = PARTS, status: int = 0) -> Path:
        output = tmp_path / name
        words = ["run", *parts, "--subject", str(subject), "--allow-store", "--seed", "3", "--output", str(output)]
        assert main([*words, *further]) == status
        return output

    return run


def record(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "run.json").read_text(encoding="utf-8")))


def compared(capsys: pytest.CaptureFixture[str], before: Path, after: Path) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    status = main(["compare", str(before), str(after), "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_the_shards_of_a_run_merge_into_what_the_whole_run_is(
    tmp_path: Path, judged: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    with archive(tmp_path, "1") as (_, subject):
        whole = judged("whole", subject)
        shards = [judged(f"shard-{number}", subject, "--shard", f"{number}/2") for number in (1, 2)]
    merged = tmp_path / "merged"
    assert main(["merge", *map(str, shards), "--output", str(merged)]) == 0
    for key in ("counts", "product", "subject", "statement", "withheld", "exit_status", "seed"):
        assert record(merged)[key] == record(whole)[key], key
    assert record(merged)["product"] == "Archive of a stranger 1"
    assert "Archive of a stranger 1" in (merged / "index.html").read_text(encoding="utf-8")
    status, found = compared(capsys, whole, merged)
    assert (status, found["counts"]["unchanged"]) == (0, sum(record(whole)["counts"].values()))


def test_a_case_that_fails_in_the_next_version_is_a_new_failure(
    tmp_path: Path, judged: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    with archive(tmp_path, "1") as (_, subject):
        before = judged("before", subject)
    with archive(tmp_path, "2") as (served, subject):
        served.fault(FAULTS["respond"](to="C-ECHO-RQ", status="0110"))
        after = judged("after", subject, status=1)
    status, found = compared(capsys, before, after)
    assert status == 1
    assert {row["about"]: row["state"] for row in found["rows"] if row["state"] != "unchanged"} == {
        "scp/verification/echo": "new failure"
    }
    status, found = compared(capsys, after, before)
    assert (status, found["counts"]["fixed"], found["counts"]["new failure"]) == (0, 1, 0)


def test_runs_of_different_subjects_are_not_merged(
    tmp_path: Path, judged: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    with archive(tmp_path, "1") as (_, subject):
        one = judged("one", subject, "--shard", "1/2")
        other = tmp_path / "other.yaml"
        other.write_text(subject.read_text(encoding="utf-8").replace("name: archive\n", "name: other\n"))
        two = judged("two", other, "--shard", "2/2")
    capsys.readouterr()
    assert main(["merge", str(one), str(two), "--output", str(tmp_path / "merged")]) == 2
    assert "subject" in capsys.readouterr().err


def test_a_second_run_on_an_archive_that_kept_everything_judges_the_same(
    tmp_path: Path, judged: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cases store in the same study; what another case left there must not be counted."""
    parts = ("scp/storage/again", "scp/storage/sizes[one pixel,smallest,1]")
    with archive(tmp_path, "1") as (_, subject):
        first = judged("first", subject, parts=parts)
        second = judged("second", subject, parts=parts)
    status, found = compared(capsys, first, second)
    assert (status, found["counts"]["unchanged"]) == (0, sum(record(first)["counts"].values()))
