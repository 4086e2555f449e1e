"""The report of another product in headless Chromium: keyboard, links to one case, and axe's rules."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from tests.browser.test_report_in_chromium import dom

import dicom_reports
from dicom_conformance.judge.verdict import count
from dicom_conformance.results import ClaimCoverage, ClaimState, Finding, Level, Result, Run, Verdict
from dicom_conformance.results.results import write_results, write_run

CT = "1.2.840.10008.5.1.4.1.1.2"
CASE = "scp/query/date-range[archive]"


def event(name: str, sender: str, **more: Any) -> dict[str, Any]:
    plain = {"t_ms": 1.0, "sender": sender, "name": name, "summary": f"of {CT}", "detail": ["x"], "violations": []}
    return {**plain, "received": {"t_ms": 2.0}, "marks": [], **more}


MARK = {"by": "acme", "rule": "response-not-due", "clause": "PS3.7 9.3.2.2", "level": "shall", "text": "Message ID 9"}
CHANGED = {
    "t_ms": 3.5,
    "name": "C-FIND-RSP",
    "summary": "",
    "detail": [],
    "violations": [],
    "differences": ["- Status = FF00", "+ Status = A700"],
}
CONVERSATION = {
    "requestor": "archive",
    "acceptor": "acme",
    "subject": "acme",
    "end": "",
    "marks": [{**MARK, "by": "archive"}],
    "events": [
        event("C-FIND-RQ", "archive"),
        event("C-FIND-RSP", "acme", received=CHANGED, marks=[MARK], violations=["uid-syntax at offset 3 (PS3.5 9.1)"]),
        event("C-CANCEL-RQ", "archive", received=False),
        event("A-ABORT", "acme", sent=False),
        event("TCP FIN", "archive", received=None),
    ],
}


def results() -> list[Result]:
    def one(scenario: str, verdict: Verdict, *findings: Finding, **more: Any) -> Result:
        return Result(
            more.pop("id", scenario), scenario, "acme", "acme", ("PS3.4 C.4",), Level.SHALL, verdict, **more,
            findings=findings, cells=1, title=f"Title of {scenario}",
        )  # fmt: skip

    unmet = Finding("matches", False, "PS3.4 C.2.2.2.5", Level.SHALL, "2 matches", "3 matches")
    claim = Finding("association", False, "acme#identity", Level.CLAIM, "16384", "32768")
    syntaxes = {"sop_class": CT, "transfer_syntax": "1.2.840.10008.1.2.1"}
    return [
        one("scp/query/date-range", Verdict.FAIL, unmet, claim, id=CASE, evidence="evidence/one"),
        one("scp/query/names", Verdict.PASS, Finding("matches", True), unobserved=("a log",), parameters=syntaxes),
        one("scp/move/all", Verdict.NOT_JUDGED, reason="withheld: needs --allow-store"),
        one("scp/get/all", Verdict.FLAKY, unmet, attempts=(Verdict.FAIL, Verdict.PASS), parameters=syntaxes),
    ]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("product")
    evidence = folder / "evidence" / "one"
    evidence.mkdir(parents=True)
    (evidence / "timeline.json").write_text(json.dumps([CONVERSATION]))
    (evidence / "commands.json").write_text(
        json.dumps([{"program": "findscu", "status": 3, "elapsed_s": 0.1, "output": "", "errors": "E: refused"}])
    )
    write_results(folder / "results.jsonl", results())
    register = (ClaimCoverage("identity", "1", "Announces itself", "claim", cases=1, state=ClaimState.DIFFERS),)
    run = Run(
        "2026-01-01T00:00:00Z", 1.0, 1, "acme", "acme", count(results()), 4,
        register=register, names={CT: "CT Image Storage"}, product="Acme PACS 4",
    )  # fmt: skip
    write_run(folder / "run.json", run)
    return dicom_reports.render(folder)


@pytest.fixture
def after(page: Path, tmp_path: Path) -> Callable[[str, str], str]:
    """What a script says that is run in the page once it is ready: it sets `said`."""

    def said(fragment: str, script: str) -> str:
        html = page.read_text(encoding="utf-8")
        ready = f"<script type='module'>let said; {READY}; {script}; document.body.dataset.said = said;</script></body>"
        copy = tmp_path / "page.html"
        copy.write_text(html.replace("</body>", ready), encoding="utf-8")
        found = re.search(r'data-said="([^"]*)"', dom(copy, fragment, tmp_path / "profile"))
        assert found is not None, "the script of the test failed"
        return unescape(found[1])

    return said


WAIT = "const moved = () => new Promise(done => addEventListener('hashchange', () => setTimeout(done), {once: true}))"
TAB = "document.querySelector('[role=tab][aria-selected=true]').dataset.tab"
STATE = f"{TAB} + ' ' + document.querySelector('#detail').open"
READY = "while (!document.documentElement.dataset.ready) await new Promise(done => setTimeout(done, 20))"


def test_a_link_to_a_case_opens_its_tab_and_the_case(after: Callable[[str, str], str]) -> None:
    assert after(CASE, f"said = {STATE}") == "cases true"
    assert after("scp/query/date-range%5Barchive%5D", f"said = {STATE}") == "cases true"


def test_back_closes_a_case_and_forward_opens_it_again(after: Callable[[str, str], str]) -> None:
    script = f"""{WAIT}; const seen = []; const note = () => seen.push({STATE});
    let turn = moved(); location.hash = '#{CASE}'; await turn; note();
    turn = moved(); history.back(); await turn; note();
    turn = moved(); history.forward(); await turn; note(); said = seen.join(', ')"""
    assert after("claims", script) == "cases true, claims false, cases true"


def test_a_case_stays_open_that_is_addressed_before_the_event_of_its_closing_comes(
    after: Callable[[str, str], str],
) -> None:
    script = f"""{WAIT}; const late = held => {{ if (held.isTrusted) held.stopImmediatePropagation(); }};
    let turn = moved(); location.hash = '#{CASE}'; await turn;
    document.addEventListener('close', late, true);
    turn = moved(); location.hash = '#claims'; await turn;
    turn = moved(); location.hash = '#{CASE}';
    document.querySelector('#detail').dispatchEvent(new Event('close')); await turn; said = {STATE}"""
    assert after("claims", script) == "cases true"


def test_arrows_home_and_end_go_from_tab_to_tab(after: Callable[[str, str], str]) -> None:
    script = f"""{WAIT}; const seen = [];
    for (const key of ['ArrowRight', 'End', 'ArrowRight', 'ArrowLeft', 'Home']) {{
      const tab = document.querySelector('[role=tab][tabindex="0"]'); tab.focus();
      const turn = moved(); tab.dispatchEvent(new KeyboardEvent('keydown', {{key, bubbles: true}})); await turn;
      seen.push(document.activeElement.dataset.tab); }}
    said = seen.join(' ') + ' ' + document.querySelectorAll('[role=tab][tabindex="0"]').length"""
    assert after("overview", script) == "matrix environment overview environment overview 1"


def test_a_row_of_the_list_is_reached_and_opened_by_keys(after: Callable[[str, str], str]) -> None:
    script = f"""{WAIT}; const list = document.querySelector('#list'); list.focus();
    const press = key => list.dispatchEvent(new KeyboardEvent('keydown', {{key, bubbles: true}}));
    press('End'); const last = document.getElementById(list.getAttribute('aria-activedescendant')).innerText;
    press('Home'); const turn = moved(); press('Enter'); await turn;
    said = last.split(/\\s/)[0] + ' ' + document.documentElement.dataset.opened"""
    assert after("cases", script) == f"NOT_JUDGED {CASE}"


def test_a_field_of_the_heat_map_says_its_verdict_without_colour(after: Callable[[str, str], str]) -> None:
    script = "const b = document.querySelector('#matrix-table button'); said = b.innerText + '|' + b.ariaLabel"
    assert after("matrix", script).startswith(("✓ 1|CT Image Storage", "≈ 1|CT Image Storage"))


def test_a_cause_shows_conversation_and_what_the_command_wrote(after: Callable[[str, str], str]) -> None:
    script = """const cause = document.querySelector('details.cause'); cause.open = true;
    await new Promise(done => setTimeout(done, 50)); said = cause.textContent"""
    told = after("overview", script)
    assert "C-FIND-RQ" in told
    assert "exit status 3" in told
    assert "E: refused" in told
    assert f"CT Image Storage ({CT})" in told


def test_a_message_is_shown_as_sent_and_as_received_and_a_broken_clause_at_the_side_that_broke_it(
    after: Callable[[str, str], str],
) -> None:
    script = """const text = cell => cell.innerText.replace(/\\s+/g, ' ').trim();
    const rows = [...document.querySelectorAll('#detail .wire tr')];
    said = rows.map(row => [...row.cells].map(text).join(' | ')).join('\\n')"""
    head, asked, answered, cancelled, aborted, ended = after(CASE, script).split("\n")
    assert head == "archive requestor ! PS3.7 9.3.2.2 shall, response-not-due Message ID 9 | message | " + (
        "acme (the subject) acceptor"
    )
    assert asked.startswith("sent 1.00 ms | C-FIND-RQ → from archive")
    assert asked.endswith("| received 2.00 ms")
    received, message, sent = answered.split(" | ")
    assert received == "received, changed on the way 3.50 ms what was changed - Status = FF00 + Status = A700"
    assert message.endswith("uid-syntax at offset 3 (PS3.5 9.1)")
    assert sent == "sent 1.00 ms ✗ PS3.7 9.3.2.2 shall, response-not-due Message ID 9"
    assert cancelled.endswith("| not received")
    assert aborted.startswith("received, made on the way 2.00 ms |")
    assert aborted.endswith("| not sent by this side")
    assert ended.endswith("| not observed")


@pytest.mark.parametrize("place", ["overview", "matrix", "claims", "cases", "errata", "environment", CASE])
def test_axe_finds_nothing(after: Callable[[str, str], str], place: str) -> None:
    axe = files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8").replace("</", "<\\/")
    script = f"""{axe};
    const found = await axe.run(); said = found.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 90)
      + ' ' + n.any.map(a => a.message).join(' ')).slice(0, 4).join(' / ')).join('; ') || 'nothing'"""
    assert after(place, script) == "nothing"
