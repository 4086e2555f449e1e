"""The report as a person opens it: from a file, in headless Chromium, offline."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

import dicom_reports
from dicom_conformance.judge.verdict import count
from dicom_conformance.results import ClaimCoverage, Finding, Level, Result, Run, Verdict
from dicom_conformance.results.results import write_results, write_run

ANNOUNCED_CASES = 150_000
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=20000",
    "--dump-dom",
)


def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        text = "no Chromium: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(text)
        pytest.skip(text)
    return found


def dom(page: Path, fragment: str, profile: Path) -> str:
    """The document after the script ran."""
    command = [chromium(), *FLAGS, f"--user-data-dir={profile}", f"{page.as_uri()}#{fragment}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    results = [
        Result(
            id=f"storage/many[{number}]",
            scenario="storage/many",
            statement="directview-5.2",
            subject="embedded",
            clause=("DCS 3.2.2.1.3.2.2",),
            level=Level.CLAIM,
            verdict=Verdict.FAIL if number == 777 else Verdict.PASS,
            title="One of very many",
            parameters={"sop_class": f"1.2.3.{number % 33}", "transfer_syntax": f"1.2.840.10008.1.2.{number % 9}"},
            findings=(Finding("context", number != 777, expected="accepted", actual="rejected"),),
            cells=1,
        )
        for number in range(ANNOUNCED_CASES)
    ]
    write_results(folder / "results.jsonl", results)
    register = (ClaimCoverage("3.2.2.1.3.2.2", "3.2.2.1.3.2.2", "Accepts Table 3", "claim", cases=len(results)),)
    run = Run("2026-01-01T00:00:00Z", 1.0, 1, "directview-5.2", "embedded", count(results), len(results))
    run = replace(run, register=register)
    write_run(folder / "run.json", run)
    return dicom_reports.render(folder)


def test_a_report_of_150_000_cases_draws_itself(page: Path, tmp_path: Path) -> None:
    text = dom(page, "cases", tmp_path)
    assert 'data-ready="yes"' in text
    assert "150,000 of 150,000 cases" in text
    assert text.index("storage/many[777]") < text.index("storage/many[0]"), "what failed stands first"
    assert text.count('class="row"') < 100, "only what is looked at is drawn"


def test_a_case_opens_by_its_address(page: Path, tmp_path: Path) -> None:
    text = dom(page, "case=storage/many%5B777%5D", tmp_path)
    dialog = text[text.index('id="detail-in"') :]
    assert "rejected" in dialog
    assert "dicom-conformance run 'storage/many[777]'" in dialog


def test_the_heat_map_is_complete(page: Path, tmp_path: Path) -> None:
    text = dom(page, "matrix", tmp_path)
    table = text[text.index('id="matrix-table"') : text.index('id="tab-priority"')]
    assert table.count("<button") == 99
    assert table.count('class="FAIL"') == 1


def test_the_cases_of_a_claim_are_counted_under_their_own_verdicts(page: Path, tmp_path: Path) -> None:
    text = dom(page, "claims", tmp_path)
    table = text[text.index('id="claims-table"') :]
    assert '<span class="v FAIL">1 FAIL</span> <span class="v PASS">149,999 PASS</span>' in table
