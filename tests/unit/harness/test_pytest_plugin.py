"""The plugin in someone else's project: it collects what their ini names, and nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

from dicom_conformance.pytest_plugin import RESULTS

STORES = """id: {id}
title: The loader stores what a modality sends
clause: [DCS 3.2.2]
level: claim
depends_on: [{depends_on}]
peers:
  modality: {{simulator: modality, holds: [{{recipe: smallest}}]}}
steps:
  - do: {{ae: modality, operation: store, peer: workstation}}
  - expect:
      - dimse: {{sender: workstation, message: C-STORE-RSP, status: "{status}"}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(RESULTS, raising=False)
    (tmp_path / "pytest.ini").write_text("[pytest]\ndicom_scenarios = conformance\n")
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    (tmp_path / "test_own.py").write_text("def test_own():\n    assert True\n")
    folder = tmp_path / "conformance"
    folder.mkdir()
    (folder / "a.yaml").write_text(STORES.format(id="mine/later", depends_on="mine/first", status="0000"))
    (folder / "b.yaml").write_text(STORES.format(id="mine/first", depends_on="", status="A700"))
    (folder / "c.yaml").write_text(STORES.format(id="mine/alone", depends_on="", status="0000"))
    return tmp_path


def pytest_in(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-v", *words]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=120, check=False)


def run_in(project: Path, *words: str) -> None:
    program = [sys.executable, "-m", "dicom_conformance"]
    command = [*program, "run", "./conformance", "--output", "played", "--seed", "1", *words]
    subprocess.run(command, cwd=project, capture_output=True, timeout=120, check=False)


def test_it_collects_what_the_ini_names_and_judges_as_a_run_does(project: Path) -> None:
    done = pytest_in(project)
    told = done.stdout
    assert done.returncode == 1, told
    assert "2 failed, 2 passed" in told
    assert "compose.yaml" not in told
    assert "expected at least 1 x C-STORE-RSP from workstation with A700" in told
    assert "it depends on mine/first, which did not pass" in told
    assert told.index("mine/first FAILED") < told.index("mine/later FAILED")


def test_each_case_has_a_row_in_the_html_report_with_a_link_to_its_evidence(project: Path) -> None:
    pytest_in(project, "conformance", "--html=out/report.html", "-n", "2")
    page = (project / "out" / "report.html").read_text(encoding="utf-8")
    found = re.search(r'data-jsonblob="([^"]*)"', page)
    assert found is not None
    rows = json.loads(found[1].replace("&#34;", '"').replace("&amp;", "&").replace("&#39;", "'"))["tests"]
    links = {
        row.split("::")[-1]: extra["content"]
        for row, outcomes in rows.items()
        for extra in outcomes[-1]["extras"]
        if extra["name"] == "evidence"
    }
    assert set(links) == {"mine/first", "mine/later", "mine/alone"}
    for link in links.values():
        assert (project / "out" / unquote(link) / "trace.pcap").is_file()


def test_the_results_of_a_run_are_taken_without_playing_the_cases_again(project: Path) -> None:
    run_in(project)
    lines = (project / "played" / "results.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line.replace('"PASS"', '"WARN"') for line in lines if '"id":"mine/first"' not in line]
    (project / "played" / "results.jsonl").write_text("".join(kept), encoding="utf-8")
    done = pytest_in(project, "conformance", "--dicom-results=played")
    assert "2 failed, 1 passed" in done.stdout
    assert "has no result of mine/first: play it again" in done.stdout
    assert "it depends on mine/first, which did not pass" in done.stdout


def test_a_marker_whose_settings_have_no_names_is_refused(project: Path) -> None:
    lines = [
        "import pytest",
        "",
        "",
        "@pytest.mark.dicom_archive('PACS')",
        "def test_own(dicom_archive):",
        "    pass",
        "",
    ]
    (project / "test_own.py").write_text("\n".join(lines))
    told = pytest_in(project, "test_own.py").stdout
    assert "dicom_archive: its settings are given by keyword, as in dicom_archive(ae_title='PACS')" in told
