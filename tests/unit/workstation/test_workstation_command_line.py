"""The command line of the workstation: clear lines for wrong input, outcomes for the rest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dicom_workstation.cli.command_line import main


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
