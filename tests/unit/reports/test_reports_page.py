"""The page holds what the results hold, escapes what is hostile, and stays small."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

import dicom_reports
from dicom_conformance.errors import DataError
from dicom_conformance.judge.verdict import count
from dicom_conformance.results import ClaimCoverage, Erratum, Finding, Level, Result, Run, StateCell, Verdict, read_run
from dicom_conformance.results.results import write_results, write_run
from dicom_reports.payload import in_parts

CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"


def result(number: int, verdict: Verdict = Verdict.PASS, **changes: Any) -> Result:
    values: dict[str, Any] = {
        "id": f"storage/one[{number}]",
        "scenario": "storage/one",
        "statement": "directview-5.2",
        "subject": "embedded",
        "clause": ("DCS 3.2.2.1.3.2.2", "PS3.7 D.3.2"),
        "level": Level.CLAIM,
        "verdict": verdict,
        "title": "Accepts one context",
        "parameters": {"sop_class": CT, "transfer_syntax": EXPLICIT},
        "findings": (Finding("context", verdict is Verdict.PASS, expected="accepted", actual="result 4"),),
        "cells": 1,
    }
    return Result(**{**values, **changes})


def write(folder: Path, results: list[Result], cells: tuple[StateCell, ...] = ()) -> str:
    write_results(folder / "results.jsonl", results)
    run = Run(
        start="2026-01-01T00:00:00Z",
        elapsed_s=1.5,
        seed=7,
        statement="directview-5.2",
        subject="embedded",
        counts=count(results),
        cells=sum(each.cells for each in results),
        command=("dicom-conformance", "run"),
        register=(
            ClaimCoverage("3.2.2.1.3.2.2", "3.2.2.1.3.2.2", "Accepts Table 3", "claim", cases=1),
            ClaimCoverage("4.2.1", "4.2.1", "Any medium", "claim", untested="a property of the wire"),
        ),
        errata=(Erratum("print-job-uid", "3.2.4", "one", "other", "the table says so"),),
        names={CT: "CT Image Storage", EXPLICIT: "Explicit VR Little Endian"},
        state_table=cells,
    )
    write_run(folder / "run.json", run)
    return dicom_reports.render(folder).read_text(encoding="utf-8")


def payload(html: str) -> dict[str, Any]:
    found = re.search(r'id="payload">([^<]*)<', html)
    assert found is not None
    document: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(found[1])))
    return document


def test_every_case_is_in_the_page_with_its_verdict(tmp_path: Path) -> None:
    page = payload(write(tmp_path, [result(1), result(2, Verdict.FAIL), result(3, Verdict.NOT_CLAIMED)]))
    told = {page["strings"][row[0]]: page["verdicts"][row[2]] for row in page["cases"]}
    assert told == {"storage/one[1]": "PASS", "storage/one[2]": "FAIL", "storage/one[3]": "NOT_CLAIMED"}


def test_a_case_not_claimed_reaches_no_claim(tmp_path: Path) -> None:
    page = payload(write(tmp_path, [result(1), result(2, Verdict.NOT_CLAIMED)]))
    assert [claim["cases"] for claim in page["claims"]] == [[0], []]


def test_first_tab_names_the_failure_without_a_script(tmp_path: Path) -> None:
    html = write(tmp_path, [result(1), result(2, Verdict.FAIL)])
    static = html.split('id="payload"')[0]
    assert "Does not conform" in static
    assert "storage/one[2]" in static
    assert "result 4" in static


@pytest.mark.parametrize(
    ("verdict", "word"),
    [
        (Verdict.PASS, "Conforms"),
        (Verdict.FAIL, "Does not conform"),
        (Verdict.ERROR, "Not judged"),
        (Verdict.INCONCLUSIVE, "Not judged"),
    ],
)
def test_headline_is_that_of_the_worst_verdict(tmp_path: Path, verdict: Verdict, word: str) -> None:
    html = write(tmp_path, [result(1), result(2, verdict)])
    assert f'<div class="word">{word}</div>' in html


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    evil = "</script><img src=x onerror=alert(1)>"
    bad = Finding("outcome", False, expected=evil, actual=evil)
    html = write(tmp_path, [result(1, Verdict.FAIL, title=evil, reason=evil, findings=(bad,))])
    assert evil not in html
    assert "<img src=x" not in html


def test_a_timeline_and_a_picture_travel_in_the_page(tmp_path: Path) -> None:
    folder = tmp_path / "evidence" / "one"
    folder.mkdir(parents=True)
    (folder / "timeline.json").write_text('[{"requestor": "a", "acceptor": "b", "events": []}]')
    (folder / "sent.png").write_bytes(b"\x89PNG")
    page = payload(write(tmp_path, [result(1, evidence="evidence/one")]))
    assert page["timelines"]["0"][0]["requestor"] == "a"
    assert page["pictures"]["0"][0][0] == "sent"


def test_many_findings_weigh_little(tmp_path: Path) -> None:
    findings = tuple(
        Finding("context", True, parameters={"sop_class": CT, "proposed": EXPLICIT, "configuration": "none"})
        for _ in range(128)
    )
    html = write(tmp_path, [result(number, findings=findings, cells=128) for number in range(200)])
    assert len(html) < 200_000
    assert sum(row[6] for row in payload(html)["cases"]) == 25_600


def test_page_needs_nothing_beside_it(tmp_path: Path) -> None:
    html = write(tmp_path, [result(1)])
    assert not re.search(r"""(?:src|href)=["'](?:https?:|//|[a-z]+\.(?:js|css))""", html)


def test_missing_results_are_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"run\.json"):
        dicom_reports.render(tmp_path)


def test_when_there_is_no_room_the_pictures_of_failures_travel_and_others_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicom_reports.page.PICTURES_BYTES", 10)
    results = [result(1, evidence="evidence/one"), result(2, Verdict.FAIL, evidence="evidence/t w")]
    for each in results:
        (tmp_path / each.evidence).mkdir(parents=True)
        (tmp_path / each.evidence / "film-1.png").write_bytes(b"12345678")
    pictures = payload(write(tmp_path, results))["pictures"]
    assert pictures["1"][0][1].startswith("data:image/png;base64,")
    assert pictures["0"] == [["film-1", "evidence/one/film-1.png"]]


def _cell(state: str, event: str, action: str, acceptor: str = "", requestor: str = "") -> StateCell:
    return StateCell(state, event, action, "Sta13", f"text of {state}", f"text of {event}", acceptor, requestor)


CELLS = (
    _cell("Sta2", "Evt3", "AA-1", requestor="Only the acceptor is in this state."),
    _cell("Sta2", "Evt10", "AA-1", requestor="Only the acceptor is in this state."),
    _cell("Sta5", "Evt3", "AE-3", acceptor="Only the requestor is in this state."),
)


def _of_cell(number: int, verdict: Verdict, event: str = "Evt3", state: str = "Sta2", role: str = "SCP") -> Result:
    parameters = {"state": state, "event": event, "action": "AA-1", "role": role}
    return result(number, verdict, id=f"scp/upper_layer/one[{number}]", parameters=parameters)


def test_a_field_of_the_state_table_bears_the_worst_verdict_and_links_to_its_case(tmp_path: Path) -> None:
    page = write(tmp_path, [_of_cell(1, Verdict.PASS), _of_cell(2, Verdict.FAIL)], CELLS)
    assert 'data-tab="states"' in page
    (link,) = re.findall(r'<a class="(\w+)" href="#([^"]*)" title="([^"]*)"[^>]*>([^<]*)</a>', page)
    assert link == (
        "FAIL",
        "scp/upper_layer/one%5B2%5D",
        "Sta2 (text of Sta2), Evt3 (text of Evt3): AA-1. FAIL, the worst of 2 cases",
        "✗ AA-1",
    )
    assert "1 of 2 cells that a peer can reach" in page
    assert "not played" in page


def test_what_no_peer_can_reach_stands_in_the_report_with_its_reason(tmp_path: Path) -> None:
    page = write(tmp_path, [_of_cell(1, Verdict.PASS, state="Sta5", role="SCU")], CELLS)
    assert "As requestor: 1 of 1 cells" in page
    assert "As acceptor" not in page
    assert re.search(r"<dt>2</dt><dd>Only the acceptor is in this state\. <span[^>]*>Sta2 Evt3, Sta2 Evt10<", page)


def test_a_run_without_cells_has_no_state_table(tmp_path: Path) -> None:
    assert 'data-tab="states"' not in write(tmp_path, [result(1)], CELLS)


def test_the_state_table_outlives_its_file(tmp_path: Path) -> None:
    write(tmp_path, [result(1)], CELLS)
    assert read_run(tmp_path / "run.json").state_table == CELLS


def test_the_data_in_parts_are_the_json_of_the_whole() -> None:
    document = {
        "cases": [[1, "Müller", {"inner": {}}], []],
        "timelines": {7: [{"a": None}], 12: []},
        "names": {"1.2.840": 'a "name"', "1.2": ""},
        "nothing": {},
        "number": 1.5,
    }
    parts = list(in_parts(document))
    assert "".join(parts) == json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    assert len(parts) > len(document)
