"""The page of a load run, from hand-made results."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from dicom_conformance.errors import DataError
from dicom_conformance.results import (
    Finding,
    Level,
    LoadRun,
    LoadWorker,
    OperationFigures,
    StoredFigures,
    write_load_run,
)
from dicom_reports.load_page import MOST_FINDINGS, Scale, in_bytes, in_ms, render_load

TIMES = {"50": 2.5, "90": 10.0, "95": 20.0, "99": 150.0, "100": 2500.0}
LOST = Finding("stored", False, "PS3.4 B.2.2.1", Level.SHALL, "2.25.1 is held", "it is not held")
KEPT = Finding("failures", True, "", Level.HOUSE, "no C-ECHO fails", "0 % of 10 failed")
RUN = LoadRun(
    title="A <b>busy</b> morning",
    target="ARCHIVE@127.0.0.1:104",
    calling="LOAD",
    start="2026-01-01T00:00:00+00:00",
    elapsed_s=10.0,
    ended_by="its duration was over",
    bounds={"operations": 1000, "rate_per_s": 50.0, "users": 4, "duration_s": 10.0},
    workers=(LoadWorker(0, "one", 20, True), LoadWorker(1, "two", 5, False)),
    operations=(
        OperationFigures("A-ASSOCIATE", "", 2, {}, 4.0, TIMES, 0.2, 0),
        OperationFigures("C-MOVE", "to DEST", 3, {"A801": 2, "<i>closed</i>": 1}, 0.0, {}, 0.3, 0),
        OperationFigures("C-STORE", "524,288 bytes", 20, {"A700": 1}, 12.5, TIMES, 2.0, 10_500_000),
    ),
    stored=StoredFigures(20, 19, 1, 0, 18, 1, 0, "query"),
    findings=(KEPT, LOST),
    not_judged=(),
    exit_status=1,
    versions={"locust": "2.47.0"},
    plan="plan.yaml",
)


def page(run: LoadRun, folder: Path) -> str:
    write_load_run(folder / "run.json", run)
    return render_load(folder).read_text(encoding="utf-8")


def rows(html: str, table: str) -> list[list[str]]:
    body = html.partition(f'<table id="{table}">')[2].partition("<tbody>")[2].partition("</tbody>")[0]
    cells = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in body.split("</tr>") if "<tr>" in row)
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in cells]


def test_every_operation_stands_with_its_percentiles(tmp_path: Path) -> None:
    html = page(RUN, tmp_path)
    assert rows(html, "operations") == [
        ["A-ASSOCIATE", "", "2", "0", "4 ms", "2.5 ms", "10 ms", "20 ms", "150 ms", "2.5 s", "0.2", ""],
        ["C-MOVE", "to DEST", "3", "3", "none succeeded", "0.3", ""],
        [
            "C-STORE",
            "524,288 bytes",
            "20",
            "1",
            "12.5 ms",
            "2.5 ms",
            "10 ms",
            "20 ms",
            "150 ms",
            "2.5 s",
            "2.0",
            "10 MiB",
        ],
    ]
    assert html.count('<svg class="strip"') == 2, "of a kind of which nothing succeeded no time is drawn"


def test_failures_and_findings_stand_with_what_happened_the_unmet_first(tmp_path: Path) -> None:
    html = page(RUN, tmp_path)
    assert rows(html, "failures") == [
        ["C-MOVE", "to DEST", "A801", "2"],
        ["C-MOVE", "to DEST", "&lt;i&gt;closed&lt;/i&gt;", "1"],
        ["C-STORE", "524,288 bytes", "A700", "1"],
    ]
    assert [row[0] for row in rows(html, "findings")] == ["FAIL", "PASS"]
    assert '<div class="word">Findings</div>' in html
    assert "not reported to its end" in html


def test_nothing_that_a_peer_or_a_plan_says_is_markup(tmp_path: Path) -> None:
    html = page(RUN, tmp_path)
    assert "<b>busy</b>" not in html
    assert "<i>closed</i>" not in html
    assert "<script" not in html


def test_why_a_run_is_not_judged_comes_first(tmp_path: Path) -> None:
    html = page(replace(RUN, exit_status=2, not_judged=("worker 1 was lost",)), tmp_path)
    assert (
        html.index('<div class="word">Not judged</div>') < html.index("worker 1 was lost") < html.index("By operation")
    )


def test_what_was_not_looked_at_is_not_told_as_held(tmp_path: Path) -> None:
    stored = replace(RUN.stored, held=None, lost=0, by="none")
    html = page(replace(RUN, stored=stored, findings=(KEPT,), exit_status=0), tmp_path)
    assert "What is held was not looked at" in html
    assert "What was answered as stored is held" not in html


def test_of_many_losses_some_are_shown_and_the_rest_is_counted(tmp_path: Path) -> None:
    html = page(replace(RUN, findings=(LOST,) * (MOST_FINDINGS + 7)), tmp_path)
    assert len(rows(html, "findings")) == MOST_FINDINGS
    assert f"first {MOST_FINDINGS} of {MOST_FINDINGS + 7}" in html


def test_another_run_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"statement": "x"}')
    with pytest.raises(DataError, match="is not a load run"):
        render_load(tmp_path)


def test_the_scale_has_room_for_every_time() -> None:
    scale = Scale.of([0.3, 2500.0])
    assert (scale.low_ms, scale.high_ms) == (0.1, 10_000)
    assert [text for _, text in scale.marks] == ["0.1 ms", "1 ms", "10 ms", "100 ms", "1 s", "10 s"]
    assert 0 < scale.place(0.3) < scale.place(2500.0) < 100
    assert Scale.of([1.0]).place(1.0) < Scale.of([1.0]).place(10.0)
    assert Scale.of([]).marks


@pytest.mark.parametrize(
    ("time_ms", "text"),
    [(0.0123, "0.0123 ms"), (12.34, "12.3 ms"), (999.4, "999 ms"), (1234, "1.23 s"), (125_000, "125 s")],
)
def test_times_have_three_figures(time_ms: float, text: str) -> None:
    assert in_ms(time_ms) == text


@pytest.mark.parametrize(
    ("size", "text"), [(12, "12 B"), (2048, "2 KiB"), (1 << 20, "1 MiB"), (5 << 30, "5 GiB"), (5000 << 30, "5,000 GiB")]
)
def test_sizes_have_the_unit_that_suits_them(size: int, text: str) -> None:
    assert in_bytes(size) == text
