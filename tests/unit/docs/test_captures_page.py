"""The page about captures is true: its two commands turn its capture into its scenario, which fails."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dicom_conformance.__main__ import main
from dicom_simulators import SIMULATORS
from dicom_simulators.faults import build
from dicom_wire import Recorder

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "captures.md").read_text(encoding="utf-8")
CONSOLE, WITH_A_FAULT, *_ = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
SCENARIO, *_ = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_two_commands_make_a_failing_scenario(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(DOCS / "captures" / "wrong-message-id.pcap", tmp_path)
    product = SIMULATORS["archive"](
        "archive", "ARCHIVE", Recorder(), faults=(build("wrong_message_id", {"of": "C-ECHO-RSP"}),)
    )
    product.start()
    try:
        reducing, running = (line[2:].split()[1:] for line in CONSOLE.splitlines() if line.startswith("$ "))
        assert main(reducing) == 0
        assert (tmp_path / "bug.yaml").read_text(encoding="utf-8") == SCENARIO
        assert len(SCENARIO.splitlines()) <= 15
        place = f"ARCHIVE@127.0.0.1:{product.address[1]}"
        assert main([*(place if word.startswith("ARCHIVE@") else word for word in running), "-n", "1"]) == 1
    finally:
        product.stop()
    told = capsys.readouterr().out
    shown = [line for line in CONSOLE.splitlines() if not line.startswith("$ ")]
    assert [line for line in shown if line not in told] == []


def test_a_simulated_archive_passes_and_fails_with_the_fault_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bug.yaml").write_text(SCENARIO)
    program = Path(sys.executable).with_name("dicom-conformance")
    archive = subprocess.Popen(
        [program, "simulate", "archive", "--port", "0"], stdout=subprocess.PIPE, text=True, cwd=tmp_path
    )
    try:
        assert archive.stdout is not None
        port = archive.stdout.readline().split("127.0.0.1:")[1].split(";")[0]
        for line in WITH_A_FAULT.splitlines():
            if line.startswith("$ "):
                words = shlex.split(line.replace("11112", port).removeprefix("$ dicom-conformance "))
                assert main([*words, "-n", "1"] if words[0] == "run" else words) in (0, 1)
    finally:
        archive.terminate()
        archive.communicate(timeout=30)
    told = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]  # how wide a column is, varies
    shown = [" ".join(line.split()) for line in WITH_A_FAULT.splitlines() if not line.startswith("$ ")]
    assert [line for line in told if line in shown] == shown, told
