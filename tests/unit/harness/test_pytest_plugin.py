"""The plugin in someone else's project: it collects what their ini names, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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
def project(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\ndicom_scenarios = conformance\n")
    (tmp_path / "compose.yaml").write_text("services: {}\n")
    (tmp_path / "test_own.py").write_text("def test_own():\n    assert True\n")
    folder = tmp_path / "conformance"
    folder.mkdir()
    (folder / "a.yaml").write_text(STORES.format(id="mine/later", depends_on="mine/first", status="0000"))
    (folder / "b.yaml").write_text(STORES.format(id="mine/first", depends_on="", status="A700"))
    (folder / "c.yaml").write_text(STORES.format(id="mine/alone", depends_on="", status="0000"))
    return tmp_path


def test_it_collects_what_the_ini_names_and_judges_as_a_run_does(project: Path) -> None:
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-v"]
    done = subprocess.run(words, cwd=project, capture_output=True, text=True, timeout=60, check=False)
    told = done.stdout
    assert done.returncode == 1, told
    assert "2 failed, 2 passed" in told
    assert "compose.yaml" not in told
    assert "expected at least 1 x C-STORE-RSP from workstation with A700" in told
    assert "it depends on mine/first, which did not pass" in told
    assert told.index("mine/first FAILED") < told.index("mine/later FAILED")
