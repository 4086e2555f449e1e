"""The command line as outside tools rely on it: one line for what is wrong, exit statuses, where the report goes."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from rich.console import Console
from test_court import EXPECT, HEAD, STORE
from test_runner import THREE, written

from dicom_conformance.__main__ import main
from dicom_conformance.files import default_output
from dicom_conformance.play.case_runner import RunOptions
from dicom_conformance.results import Level, Result, Run, Verdict
from dicom_conformance.results.results import read_results, read_run
from dicom_conformance.run import progress, runner
from dicom_conformance.run.worker import RunRequest
from dicom_simulators.listening import listen

CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["run", "-n", "0"], "argument -n: expected auto or a number of processes from 1 to 256"),
        (["run", "--seed", "x"], "argument --seed: invalid int value: 'x'"),
        (["nosuch"], "invalid choice: 'nosuch'"),
        (["run", "--nosuch"], "unrecognized arguments: --nosuch"),
        (["workstation", "nosuch"], "invalid choice: 'nosuch'"),
        (["workstation", "echo"], "the following arguments are required: peer"),
    ],
)
def test_wrong_words_are_one_line_and_exit_status_2(words, told, capsys):
    with pytest.raises(SystemExit) as caught:
        main(words)
    on_result = capsys.readouterr().err
    assert caught.value.code == 2
    assert on_result.count("\n") == 1
    assert told in on_result


def test_the_version_is_told_without_a_command(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    told = capsys.readouterr()
    assert (caught.value.code, told.err) == (0, "")
    libraries = f"pydicom {version('pydicom')}, pynetdicom {version('pynetdicom')}"
    python = f"Python {platform.python_version()}"
    assert told.out == f"dicom-conformance {version('dicom-conformance')} ({python}, {libraries})\n"


def test_a_package_that_is_not_installed_is_said_to_be_so(capsys, monkeypatch):
    def nothing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", nothing)
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.startswith("dicom-conformance (not installed) (Python ")


def test_version_and_help_import_no_library_of_dicom():
    """Both answer at once, so they import none of what takes long."""
    heavy = "{'pydicom', 'pynetdicom', 'numpy', 'pydantic', 'jinja2', 'yaml'} & set(sys.modules)"
    for option in ("--version", "--help"):
        program = (
            "import sys, atexit; from dicom_conformance.__main__ import main\n"
            f"atexit.register(lambda: print('imported', sorted({heavy})))\nmain(['{option}'])"
        )
        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
        assert ended.stdout.splitlines()[-1] == "imported []"


def test_list_says_that_nothing_is_selected(capsys):
    assert main(["list", "no/such"]) == 2
    assert (
        capsys.readouterr().err
        == "dicom-conformance: no case is selected by no/such; dicom-conformance list shows every case\n"
    )


def test_the_report_goes_to_the_checkout_only_from_within_it(monkeypatch, tmp_path):
    monkeypatch.chdir(CHECKOUT / "scenarios")
    assert default_output() == CHECKOUT / "reports" / "out"
    monkeypatch.chdir(tmp_path)
    assert default_output() == Path("conformance-report")


@pytest.mark.parametrize("processes", [1, 2])
def test_an_interrupted_run_keeps_what_was_done_and_says_that_it_was_not_all(tmp_path, processes):
    def stop(result: Result) -> None:
        raise KeyboardInterrupt

    out = tmp_path / "out"
    text = HEAD.replace("peers:", THREE) + STORE + EXPECT
    request = RunRequest(
        subject="test_court:Tiny", seed=7, scenarios=written(tmp_path, text), options=RunOptions(output=out)
    )
    promised = request.load()
    cases = request.cases(promised)
    outcome = runner.run(request, promised, cases, processes=processes, on_result=stop)
    run = read_run(out / "run.json")
    assert outcome.interrupted
    assert (run.interrupted, run.exit_status) == (True, 2)
    assert 0 < len(list(read_results(out / "results.jsonl"))) < len(cases)
    assert json.loads((out / "run.json").read_text())["interrupted"] is True
    assert (out / "junit.xml").is_file()


def test_a_subject_that_cannot_be_reached_is_one_line_and_exit_status_2(tmp_path, capsys):
    subject = tmp_path / "subject.yaml"
    subject.write_text("network_ae: {title: NOBODY, port: 1}\n")
    assert main(["run", "--subject", str(subject), "--output", str(tmp_path / "out")]) == 2
    refused = "the services of subject cannot be found: NOBODY at 127.0.0.1:1: no connection: Connection refused"
    assert capsys.readouterr().err == f"dicom-conformance: {refused}\n"
    subject.write_text("network_ae: {title: NOBODY, port: 1}\nstatement: directview-5.2\n")
    assert main(["run", "verification", "--subject", str(subject), "--output", str(tmp_path / "out")]) == 2
    told = capsys.readouterr()
    assert told.err.count("\n") == 1
    assert "nothing could be judged: prologue: the subject does not answer: NOBODY at 127.0.0.1:1" in told.err
    assert told.out.count("INCONCLUSIVE ") == 2  # one case and the summary


def test_known_deviations_are_told_apart_in_the_summary(capsys):
    failed = Result("a", "a", "s", "t", (), Level.CLAIM, Verdict.FAIL)
    results = [failed, replace(failed, id="b", deviation="fixed in 5.3")]
    run = Run("2026-01-01", 1.0, 1, "s", "t", {"FAIL": 2}, cells=2)
    progress.summarise(run, results, None, Console(width=80))
    told = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["FAIL", "2"] in told
    assert ["of", "which", "known", "deviations", "1"] in told


def test_a_port_of_the_subject_file_in_use_is_one_line_before_any_case(tmp_path, capsys):
    taken = listen("127.0.0.1", 0)
    port = taken.getsockname()[1]
    subject = tmp_path / "subject.yaml"
    subject.write_text(f"network_ae: {{title: T, port: 1}}\npeers: {{archive: {{title: A, port: {port}}}}}\n")
    try:
        assert main(["run", "verification", "--subject", str(subject), "--output", str(tmp_path / "out")]) == 2
    finally:
        taken.close()
    told = capsys.readouterr()
    problem = f"nothing can listen on 127.0.0.1:{port}: Address already in use"
    assert told.err == f"dicom-conformance: {subject}:2: peers.archive.port: {problem}\n"
    assert not told.out


def test_an_unknown_operation_of_a_subject_file_is_one_line(tmp_path, capsys):
    subject = tmp_path / "subject.yaml"
    subject.write_text("network_ae: {title: T, port: 1}\noperations: {eco: {command: ls}}\n")
    assert main(["run", "verification", "--subject", str(subject), "--output", str(tmp_path / "out")]) == 2
    assert "subject.yaml:2: operations: there is no operation 'eco'; did you mean echo?" in capsys.readouterr().err


def test_a_claim_that_the_statement_does_not_have_is_told(tmp_path, capsys):
    scenario = tmp_path / "slip.yaml"
    sound = (CHECKOUT / "scenarios/query/association-is-closed-at-once.yaml").read_text()
    scenario.write_text(sound.replace("PS3.8 9.2", "DCS 3.2.9.9").replace("id: query/", "id: slip/"))
    assert main(["run", str(scenario), "--output", str(tmp_path / "out"), "-n", "1"]) == 0
    assert "slip/association-is-closed-at-once: DCS 3.2.9.9 is not a claim of this statement" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["list", "query/"], ["run", "query/"], ["schema"]])
def test_a_mistake_of_ours_is_no_failed_case(words, capsys, monkeypatch, tmp_path):
    """Exit status 1 would mean that the subject failed."""

    def broken(*_):
        raise KeyError("what we forgot")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("dicom_conformance.run.RunRequest.load", broken)
    monkeypatch.setattr("dicom_conformance.reference.schema.export", broken)
    assert main(words) == 2
    told = capsys.readouterr().err
    assert "in broken" in told
    assert told.splitlines()[-1].startswith("dicom-conformance: internal error: KeyError: 'what we forgot'; ")
