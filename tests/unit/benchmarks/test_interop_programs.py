"""How the command of the interop page finds the programs of a product, and tells a run that failed."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))

import interop
from interop_page import read_products

from dicom_conformance.__main__ import main
from dicom_conformance.results import read_run


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("python -m pynetdicom storescp 1", [sys.executable, "-m", "pynetdicom", "storescp", "1"]),
        ("python -c 'print(1)'", [sys.executable, "-c", "print(1)"]),
        ("storescp --fork 1", ["storescp", "--fork", "1"]),
        ("/opt/python -m x", ["/opt/python", "-m", "x"]),
    ],
)
def test_python_is_that_of_this_environment(text, words):
    assert shlex.split(interop.in_this_environment(text)) == words


def test_programs_of_dcmtk_are_not_those_that_pynetdicom_installs_beside_us():
    folders = interop.ENVIRONMENT["PATH"].split(os.pathsep)
    assert folders[-1] == str(Path(sys.executable).parent)
    assert folders.count(folders[-1]) == 1


def test_each_server_of_pynetdicom_is_said_to_be_one():
    for name, product in read_products().items():
        assert ("pynetdicom" in (product.server or "")) == name.startswith("pynetdicom")


ONE_CASE = ["verification/pending-is-no-answer", "--seed", "1", "-n", "1"]


def test_a_refused_output_folder_is_no_run(tmp_path):
    (tmp_path / "thesis.txt").write_text("not a report")
    with pytest.raises(interop.RunError, match=r"exit status 2, and no report: .* holds thesis\.txt"):
        interop.judged(ONE_CASE, tmp_path, 60)


def test_the_report_of_an_earlier_run_is_not_that_of_one_that_failed(tmp_path):
    assert main(["run", *ONE_CASE, "--output", str(tmp_path)]) == 0
    with pytest.raises(interop.RunError, match=r"exit status 2, and no report: .* no case is selected by no/such"):
        interop.judged(["no/such"], tmp_path, 60)


def test_a_run_that_ends_otherwise_than_its_report_says_failed(tmp_path, monkeypatch):
    monkeypatch.setattr(interop, "read_run", lambda path: replace(read_run(path), exit_status=1))
    with pytest.raises(interop.RunError, match="exit status 0, and 1 in the report"):
        interop.judged(ONE_CASE, tmp_path, 60)
    monkeypatch.undo()
    assert interop.judged(ONE_CASE, tmp_path, 60)


def test_a_failed_run_keeps_the_last_results_and_is_told(monkeypatch, capsys):
    def failing(*given):
        raise interop.RunError("exit status 2, and no report: the disk is full")

    monkeypatch.setattr(interop, "play", failing)
    monkeypatch.setattr(interop, "missing_program", lambda product: None)
    monkeypatch.setattr(interop, "write_played", lambda played: pytest.fail("results of a run that failed"))
    monkeypatch.setattr(interop, "unexplained", lambda results, findings: [])
    before = interop.PAGE.read_text()
    assert interop.main([next(iter(read_products()))]) == 1
    assert "the run failed: exit status 2, and no report: the disk is full" in capsys.readouterr().err
    assert interop.PAGE.read_text() == before
