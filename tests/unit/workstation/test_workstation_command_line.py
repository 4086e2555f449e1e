"""The command line of the workstation: clear lines for wrong input, outcomes for the rest."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from dicom_workstation.application import Workstation
from dicom_workstation.cli import command_line
from dicom_workstation.cli.command_connection import report
from dicom_workstation.cli.command_line import main, parser
from dicom_workstation.cli.log_file import following
from dicom_workstation.configuration import Configuration
from dicom_workstation.outcome import Result, RetrieveOutcome


def test_an_unreachable_peer_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["echo", "NOBODY@127.0.0.1:1", "--json"]) == 2
    told = capsys.readouterr()
    assert json.loads(told.out)["result"] == "unreachable"
    assert told.err.startswith("dicom-conformance: echo: unreachable: 127.0.0.1:1: ")
    assert told.err.count("\n") == 1


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (
            ["echo", "nobody"],
            "nobody: no archive of this name is configured (configured: none); give one of them, or AET@HOST:PORT",
        ),
        (["query", "A@127.0.0.1:1", "--key", "0010,0010"], "is not KEYWORD=VALUE"),
        (["echo", "A@127.0.0.1:99999"], "port"),
        (["serve", "--config", "missing.yaml"], "missing.yaml"),
        (["serve", "--ae-title", "X" * 17], "1 to 16 characters"),
        (["echo", "A@127.0.0.1:1", "--control", "http://127.0.0.1:1"], "WORKSTATION_CONTROL_TOKEN"),
    ],
)
def test_wrong_input_is_one_clear_line(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WORKSTATION_CONTROL_TOKEN", raising=False)
    assert main(argv) == 2
    told = capsys.readouterr().err
    assert said in told
    assert len(told.strip().splitlines()) == 1


def test_a_wrong_configuration_names_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "workstation.yaml"
    file.write_text("ae_title: MINE\ncolour: green\n")
    assert main(["serve", "--config", str(file)]) == 2
    assert f"{file}:2: colour: this key is unknown" in capsys.readouterr().err


def test_a_missing_file_to_store_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["store", "A@127.0.0.1:1", str(tmp_path / "none.dcm")]) == 2
    told = capsys.readouterr().err
    assert "none.dcm" in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 17 + "]" * 17, "1: is nested deeper than 16 levels"),
        ("[" * 5000, "1: is not YAML: exceeded maximum nesting depth"),
        ("a: &a 1\nb: *a\n", "2: alias *a: aliases are not allowed"),
        ("\x00", "is not YAML"),
    ],
)
def test_a_hostile_configuration_is_one_clear_line(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "workstation.yaml"
    file.write_text(text)
    assert main(["serve", "--config", str(file)]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


def shown(matches: list[dict[str, str]], width: int) -> str:
    console = Console(width=width, file=io.StringIO(), highlight=False)
    console.print(command_line._matches_shown(matches, console.width))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


MATCHES = [{f"Keyword{letter}": f"{letter}{number}" for letter in "ABCDEFGHIJ"} for number in (1, 2)]


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_every_attribute_of_every_match_is_shown_however_narrow_the_terminal_is(width: int) -> None:
    text = shown(MATCHES, width)
    assert all(f" {value} " in text for match in MATCHES for value in match.values())
    assert all(keyword in text for keyword in MATCHES[0])


def test_a_wide_terminal_shows_a_match_in_a_line() -> None:
    lines = [line for line in shown(MATCHES, 200).splitlines() if " A1 " in line]
    assert len(lines) == 1
    assert " J1 " in lines[0]


@pytest.mark.parametrize(("missing", "status"), [(0, 0), (None, 0), (1, 1)])
def test_a_retrieve_of_which_an_instance_is_missing_is_no_success(missing: int | None, status: int) -> None:
    outcome = RetrieveOutcome(operation="retrieve", peer="A", result=Result.WARNING, status="B000", missing=missing)
    assert report(outcome, argparse.Namespace(json=False), lambda: None) == status


def test_the_help_explains_the_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert all(f"{status} {meaning}" in said for status, meaning in command_line.EXIT_STATUSES)


def test_the_log_is_written_line_by_line_and_closed_at_the_end(tmp_path: Path) -> None:
    file = tmp_path / "workstation.log"
    with following(str(file)) as write:
        workstation = Workstation(Configuration(), write)
        workstation.note("a line with a \x1b control character")
        assert file.read_text().endswith("a line with a \\x1b control character\n")
        assert workstation.log()[-1].endswith("a line with a \x1b control character")
    workstation.note("a thread that ends late")
    assert file.read_text().count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_log_that_cannot_be_written_is_reported_once(capsys: pytest.CaptureFixture[str]) -> None:
    with contextlib.suppress(OSError), following("/dev/full") as write:
        write("one")
        write("two")
    assert capsys.readouterr().err.count("/dev/full: No space left on device") == 1


@pytest.mark.parametrize(
    ("words", "name", "listed"),
    [
        (["store", "A@127.0.0.1:1", "a", "--json", "b"], "files", [Path("a"), Path("b")]),
        (["explore", "a", "--explorer-port", "1", "b"], "files", [Path("a"), Path("b")]),
        (["protocols", "choose", "a", "--study", "1.2", "b"], "what", ["a", "b"]),
    ],
)
def test_options_divide_no_list_of_files(words: list[str], name: str, listed: list[object]) -> None:
    assert getattr(parser().parse_args(words), name) == listed
