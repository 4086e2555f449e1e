"""The page of a judged capture, from hand-made findings."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from dicom_conformance.errors import DataError
from dicom_conformance.results import (
    CaptureConversation,
    CaptureEvent,
    CaptureFinding,
    CaptureRun,
    Level,
    read_capture_run,
    write_capture_run,
)
from dicom_reports.capture_page import MOST_PLACES, by_clause, render_capture

REQUEST = CaptureEvent(0, 0.1, "requestor", "A-ASSOCIATE-RQ", "A calls <b>B</b>", ("context 1 1.2.840.10008.1.1: 1.2",))
ANSWER = CaptureEvent(9, 1.5, "acceptor", "C-ECHO-RSP", "[1] #9, 0000")
WRONG = CaptureFinding(
    *("response-not-due", "PS3.7 9.3.5.2", Level.SHALL, "acceptor", "C-ECHO-RSP", "no <i>open</i> request"), 7, 2, 9
)
CLOSED = CaptureFinding(
    *("closed-without-release", "PS3.8 9.2.3", Level.SHOULD, "requestor", "TCP", "closed without a release"), 8, 2, None
)
QUIET = CaptureConversation(1, "127.0.0.1:1", "127.0.0.1:104", "", "2026-01-01", 0.0, "it is encrypted", (), 0)
JUDGED = CaptureConversation(
    *(2, "127.0.0.1:2", "127.0.0.1:104", "A calls B", "2026-01-01", 1.5, ""), events=(REQUEST, ANSWER), left_out=8
)
RUN = CaptureRun(
    capture="<u>a</u>.pcap",
    start="2026-01-01T00:00:00+00:00",
    judged=1,
    shall=1,
    should=1,
    exit_status=2,
    conversations=(QUIET, JUDGED),
    findings=(CLOSED, WRONG),
    findings_left_out=0,
    versions={"Python": "3.11"},
)


def page(run: CaptureRun, folder: Path) -> str:
    write_capture_run(folder / "run.json", run)
    return render_capture(folder).read_text(encoding="utf-8")


def test_findings_stand_by_clause_and_lead_to_the_timeline(tmp_path: Path) -> None:
    html = page(RUN, tmp_path)
    table = html.partition('<table id="findings">')[2].partition("</table>")[0]
    assert table.index("PS3.7 9.3.5.2") < table.index("PS3.8 9.2.3"), "requirements come before recommendations"
    for link in re.findall(r'href="#([^"]+)"', table):
        assert f'id="{link}"' in html
    assert re.findall(r'href="#([^"]+)"', table) == ["c2-9", "c2"]
    for word in ("acceptor", "C-ECHO-RSP", "response-not-due", "connection 2, PDU 7"):
        assert word in table


def test_each_side_of_a_timeline_bears_its_own_marks(tmp_path: Path) -> None:
    html = page(RUN, tmp_path)
    row = html.partition('id="c2-9"')[2].partition("</tr>")[0]
    cells = dict(re.findall(r'data-side="(\w+)">(.*?)</td>', row, re.DOTALL))
    assert [side for side, cell in cells.items() if 'class="mark' in cell] == ["acceptor"]
    head = html.partition('id="c2"')[2].partition("</thead>")[0]
    assert "closed without a release" in head
    assert "8 further messages" in html


def test_what_is_not_judged_comes_before_the_findings(tmp_path: Path) -> None:
    html = page(RUN, tmp_path)
    assert (
        html.index('<div class="word">Not judged</div>')
        < html.index("it is encrypted")
        < html.index("Findings by clause")
    )


def test_no_text_of_a_capture_becomes_markup(tmp_path: Path) -> None:
    html = page(RUN, tmp_path)
    assert "<b>B</b>" not in html
    assert "<i>open</i>" not in html
    assert "<u>a</u>" not in html
    assert "<script" not in html


@pytest.mark.parametrize(
    ("shall", "should", "word"),
    [(0, 0, "No requirement broken"), (0, 1, "Recommendations not followed"), (1, 0, "Requirements broken")],
)
def test_the_banner_says_what_the_exit_status_says(tmp_path: Path, shall: int, should: int, word: str) -> None:
    run = replace(RUN, shall=shall, should=should, exit_status=min(shall, 1))
    assert f'<div class="word">{word}</div>' in page(run, tmp_path)


def test_many_findings_of_one_clause_are_counted_and_some_are_listed() -> None:
    (group,) = by_clause([WRONG] * (MOST_PLACES + 5))
    assert (group.count, len(group.places), group.further) == (MOST_PLACES + 5, MOST_PLACES, 5)


def test_run_json_holds_everything_and_another_one_is_refused(tmp_path: Path) -> None:
    write_capture_run(tmp_path / "run.json", RUN)
    assert read_capture_run(tmp_path / "run.json") == RUN
    (tmp_path / "run.json").write_text('{"kind": "load"}')
    with pytest.raises(DataError, match="is not a judged capture"):
        render_capture(tmp_path)
