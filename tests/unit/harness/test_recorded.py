"""The results of an earlier run: found by id, and refused where the run does not count."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

from dicom_conformance.errors import DataError
from dicom_conformance.results import Level, Result, Run, Verdict
from dicom_conformance.results.results import write_results, write_run
from dicom_conformance.run.recorded import RecordedResults

RUN = Run(
    start="2026-01-01T00:00:00+00:00",
    elapsed_s=1.0,
    seed=1,
    statement="directview-5.2",
    subject="embedded",
    counts={},
    cells=2,
    versions={"dicom-conformance": version("dicom-conformance")},
)
CASES = [
    Result(name, "a", "directview-5.2", "embedded", ("DCS 1",), Level.CLAIM, Verdict.PASS, title="ä")
    for name in ('a["quoted"]', "a[second]")
]


def folder_of(path: Path, run: Run) -> Path:
    write_run(path / "run.json", run)
    write_results(path / "results.jsonl", CASES)
    return path


def test_each_case_is_found_by_its_id(tmp_path: Path) -> None:
    recorded = RecordedResults(folder_of(tmp_path, RUN), "directview-5.2")
    assert len(recorded) == 2
    assert [recorded.get(case.id) for case in CASES] == CASES
    assert recorded.get("a[third]") is None


@pytest.mark.parametrize(
    ("run", "told"),
    [
        (replace(RUN, interrupted=True), "the run was interrupted"),
        (replace(RUN, statement="another"), "the run is of the statement another, not of directview-5.2"),
        (replace(RUN, left_out=7, run_all="play all"), "the run left out 7 cases; play every case: play all"),
        (replace(RUN, versions={"dicom-conformance": "0.0.1"}), "the run is of version 0.0.1, installed is "),
    ],
    ids=["interrupted", "statement", "quick", "version"],
)
def test_a_run_that_does_not_count_is_refused(tmp_path: Path, run: Run, told: str) -> None:
    with pytest.raises(DataError, match=told):
        RecordedResults(folder_of(tmp_path, run), "directview-5.2")


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"run\.json"):
        RecordedResults(tmp_path, "directview-5.2")
