"""What the commands print of an outcome, with which exit status, and what they do with files; no network."""

from __future__ import annotations

import argparse
import io
import json
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
from test_own_mistakes import IMAGE

from dicom_workstation.cli import command_line, protocols_command_line, worklist_command_line
from dicom_workstation.cli.command_connection import CommandError, OwnWorkstation, check_begun, report
from dicom_workstation.cli.command_line import _counted, _files_in, _matches_shown, _progress_bar, _watch_input, main
from dicom_workstation.cli.explorer_command_line import _files_in as files_to_explore
from dicom_workstation.configuration import Configuration
from dicom_workstation.operations import CHOOSE_PROTOCOL, PRIORS, RETRIEVE, WORKLIST
from dicom_workstation.outcome import Outcome, QueryOutcome, Result, RetrieveOutcome, StoreOutcome
from dicom_workstation.protocols.outcomes import (
    BoxEntry,
    ChoiceOutcome,
    ImageSetEntry,
    PriorsOutcome,
    ProtocolEntry,
)
from dicom_workstation.worklist.outcomes import WorklistEntry, WorklistOutcome

Told = pytest.CaptureFixture[str]


def options(**given: object) -> argparse.Namespace:
    return argparse.Namespace(**{"json": False, "output": Path("folder"), "control": None, **given})


def summary(told: Told, outcome: Outcome, written: int | None = None) -> list[str]:
    command_line._summarise(outcome, options(), written)
    return told.readouterr().out.splitlines()


# -- archives ---------------------------------------------------------------------------------------------------------


def test_a_retrieve_tells_its_counts(capsys: Told) -> None:
    outcome = RetrieveOutcome(
        operation="retrieve",
        result=Result.PARTIAL,
        status="B000",
        completed=1,
        failed=2,
        warning=0,
        arrived=1,
        missing=2,
        detail="no [bold]room[/bold]",
        display_protocol="Chest",
        display_protocol_why="it fits",
    )
    assert summary(capsys, outcome, 1) == [
        "retrieve: partial, status B000, completed 1, failed 2, warning 0, arrived 1, missing 2, written 1 to folder",
        "display protocol: Chest: it fits",
        "no [bold]room[/bold]",
    ]


def test_what_there_is_not_is_not_told(capsys: Told) -> None:
    assert summary(capsys, RetrieveOutcome(operation="retrieve", result=Result.SUCCESS)) == [
        "retrieve: success, arrived 0"
    ]
    assert summary(capsys, Outcome(operation="echo", result=Result.SUCCESS)) == ["echo: success"]


def test_a_query_tells_its_matches_and_what_is_doubtful(capsys: Told) -> None:
    outcome = QueryOutcome(
        operation="query",
        result=Result.SUCCESS,
        matches=({"PatientID": "1"}, {"PatientID": "2"}),
        pending=2,
        doubtful=((), ("the date is none", "odd")),
    )
    lines = summary(capsys, outcome)
    assert lines[-3:] == [
        "query: success, pending 2",
        "match 2 is doubtful: the date is none",
        "match 2 is doubtful: odd",
    ]
    assert any("PatientID" in line for line in lines[:-3])
    assert summary(capsys, QueryOutcome(operation="query", result=Result.SUCCESS)) == ["query: success, pending 0"]


def test_what_was_stored_is_counted() -> None:
    outcome = StoreOutcome(result=Result.FAILURE, stored=("1",), stored_with_warning=("2", "3"), not_stored=())
    assert _counted(outcome) == ["stored 1", "stored with warning 2", "not stored 0"]
    assert _counted(Outcome(result=Result.SUCCESS)) == []


def shown(matches: list[Mapping[str, str]], width: int) -> list[str]:
    from rich.console import Console

    written = io.StringIO()
    Console(file=written, width=80).print(_matches_shown(matches, width))
    return written.getvalue().splitlines()


def test_matches_are_lines_where_they_fit_and_else_attributes_are() -> None:
    matches = [{"PatientID": "1", "Rows": "7"}, {"PatientID": "2", "Columns": "8"}]
    wide = shown(matches, 30)
    assert all(keyword in wide[1] for keyword in ("PatientID", "Rows", "Columns"))
    assert len(wide) == 6
    narrow = shown(matches, 29)
    assert all(title in narrow[1] for title in ("match", "attribute", "value"))
    assert sum("Columns" in line for line in narrow) == 2
    assert sum("├" in line for line in narrow) >= 1  # a rule between the matches


def test_the_bar_tells_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[tuple[object, ...]] = []
    from rich import progress

    monkeypatch.setattr(progress.Progress, "update", lambda self, task, **told: noted.append(("update", told)))
    monkeypatch.setattr(progress.Progress, "advance", lambda self, task: noted.append(("advance",)))
    with _progress_bar(RETRIEVE, "PACS") as advance:
        advance({"completed": 2, "failed": 1, "warning": 0, "remaining": 4, "arrived": 3})
        advance({"completed": 3})
        advance({"SOPInstanceUID": "1.2", "completed": None})
    assert noted == [
        ("update", {"total": 7, "completed": 3}),
        ("update", {"total": 3, "completed": 3}),
        ("advance",),
    ]


def test_files_are_those_in_folders_at_any_depth(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name in ("z", "a/y", "a/b/x"):
        (tmp_path / name).write_bytes(b"")
    inside = [tmp_path / "a" / "b" / "x", tmp_path / "a" / "y", tmp_path / "z"]
    assert _files_in(tmp_path) == inside
    assert _files_in(tmp_path / "z") == [tmp_path / "z"]
    assert files_to_explore([tmp_path / "z", tmp_path / "a"]) == [tmp_path / "z", *inside[:2]]


def test_what_is_in_memory_is_written_as_files(tmp_path: Path) -> None:
    assert command_line._write({"1.2": b"one", "1.3": b"two"}, tmp_path / "new" / "folder") == 2
    assert (tmp_path / "new" / "folder" / "1.3.dcm").read_bytes() == b"two"


def test_the_end_of_input_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a line\nanother\n"))
    stop = threading.Event()
    _watch_input(stop)
    assert stop.is_set()


# -- reporting --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (Outcome(result=Result.SUCCESS), 0),
        (Outcome(result=Result.WARNING), 0),
        (Outcome(result=Result.FAILURE), 1),
        (Outcome(result=Result.PARTIAL), 1),
        (RetrieveOutcome(result=Result.SUCCESS, missing=0), 0),
        (RetrieveOutcome(result=Result.SUCCESS, missing=None), 0),
        (RetrieveOutcome(result=Result.SUCCESS, missing=1), 1),
    ],
)
def test_the_exit_status_says_whether_all_went_well(outcome: Outcome, status: int, capsys: Told) -> None:
    assert report(outcome, options(json=True), lambda: None) == status
    assert json.loads(capsys.readouterr().out)["result"] == str(outcome.result)
    asked: list[int] = []
    assert report(outcome, options(), lambda: asked.append(1)) == status
    assert asked == [1]
    assert capsys.readouterr().out == ""


def test_what_was_not_begun_is_an_error(capsys: Told) -> None:
    refused = Outcome(operation="echo", result=Result.REFUSED, detail="not\n  now")
    with pytest.raises(CommandError, match="echo: refused: not now"):
        check_begun(refused, options())
    assert capsys.readouterr().out == ""
    with pytest.raises(CommandError):
        check_begun(refused, options(json=True))
    assert json.loads(capsys.readouterr().out)["result"] == "refused"
    check_begun(Outcome(result=Result.FAILURE), options())


# -- worklists --------------------------------------------------------------------------------------------------------


class Running:
    """Stands for a workstation that runs."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.calls: list[tuple[object, str | None, Mapping[str, object]]] = []

    def ask(self, operation: object, peer: str | None, arguments: Mapping[str, object]) -> Outcome:
        """Note what is asked, and answer."""
        self.calls.append((operation, peer, arguments))
        return self.outcomes.pop(0)


LISTED = WorklistOutcome(
    operation="worklist",
    result=Result.SUCCESS,
    name="mine",
    reader="DR^WHO",
    listed_at="2026-01-01T10:00:00",
    opened="1.2",
    problem="the archive [did] not answer",
    display_protocol="Chest",
    display_protocol_why="it fits",
    detail="more of it",
    studies=(
        WorklistEntry("1.2", "open", 3, 2, True, "", {"PatientName": "DOE^JANE", "StudyDate": "20260101"}),
        WorklistEntry("1.3", "failed", None, 0, False),
    ),
)


@pytest.mark.parametrize("name", ["mine", None])
def test_a_worklist_is_told_study_by_study(name: str | None, monkeypatch: pytest.MonkeyPatch, capsys: Told) -> None:
    running = Running(LISTED)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr(worklist_command_line, "connect_running", lambda options, stack: running)
    assert worklist_command_line.run(options(operation=WORKLIST, name=name)) == 0
    assert running.calls == [(WORKLIST, None, {"name": "mine"} if name else {})]
    told = capsys.readouterr().out
    for line in (
        "mine for DR^WHO: studies 2, listed at 2026-01-01T10:00:00",
        "open: 1.2",
        "display protocol: Chest: it fits",
        "problem: the archive [did] not answer",
        "more of it",
    ):
        assert line in told.splitlines()
    assert "DOE^JANE" in told
    assert "2 of 3" in told


def test_an_empty_worklist_has_no_table(capsys: Told) -> None:
    worklist_command_line._summarise(WorklistOutcome(result=Result.SUCCESS, name="mine"))
    assert capsys.readouterr().out == "mine: studies 0, not listed yet\n"
    worklist_command_line._summarise(Outcome(result=Result.SUCCESS, detail="the clock stands"))
    assert capsys.readouterr().out == "the clock stands\n"


def test_a_row_of_a_worklist() -> None:
    assert worklist_command_line._row(LISTED.studies[0]) == ["open", "2 of 3", "DOE^JANE", "20260101", "", "1.2"]
    assert worklist_command_line._row(LISTED.studies[1])[:2] == ["failed, not listed any more", "0 of ?"]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["worklist"], "this belongs to a running workstation: start"),
        (["next-study"], "this belongs to a running workstation: start"),
        (["protocols", "choose", "1.2", "--peer", "PACS"], "only a running workstation asks an archive"),
    ],
)
def test_what_belongs_to_a_running_workstation_says_so(command: list[str], told: str, capsys: Told) -> None:
    assert main(command) == 2
    assert told in capsys.readouterr().err


# -- display protocols ------------------------------------------------------------------------------------------------

CHOICE = ChoiceOutcome(
    operation="choose_protocol",
    peer="PACS",
    result=Result.WARNING,
    protocol="Chest",
    why="it is the only one that fits",
    image_sets=(ImageSetEntry(1, "now", 4, ("1.2",)), ImageSetEntry(2, "", 0)),
    boxes=(
        BoxEntry(1, 2, 3, 1, "STACK", "0\\1\\1\\0", ("1", "2", "3", "4"), 9, ""),
        BoxEntry(2, 1, 1, 1, "TILED", "0\\1\\1\\0", ("5", "6", "7"), 9, ""),
    ),
    to_load=("1.2.9",),
    protocols=(
        ProtocolEntry("Chest", "SITE", True, ""),
        ProtocolEntry("Head", "SITE", False, "another part"),
        ProtocolEntry("Other", "SITE", True, "it comes later"),
    ),
    series_queries=2,
    image_queries=1,
    unanswered="the query for images ended",
)


def test_a_choice_is_told_line_by_line(capsys: Told) -> None:
    protocols_command_line._summarise(CHOICE)
    told = capsys.readouterr().out.splitlines()
    assert told[:6] == [
        "display protocol: Chest: it is the only one that fits",
        "image set 1 (now): images 4, studies 1.2",
        "image set 2: images 0, studies none",
        "to be loaded: series 1.2.9",
        "asked PACS: series 2, images 1",
        "not known: the query for images ended",
    ]
    assert told[-2:] == ["Head does not fit: another part", "Other fits: it comes later"]
    assert any("1 2 3 and 6 more" in line for line in told)
    assert any("5 6 7 " in line and "more" not in line for line in told)
    protocols_command_line._summarise(Outcome(result=Result.SUCCESS, detail="nothing"))
    assert capsys.readouterr().out == "nothing\n"
    assert list(protocols_command_line._lines(ChoiceOutcome(result=Result.SUCCESS, why="none fits"))) == [
        "display protocol: none: none fits"
    ]


@pytest.mark.parametrize(
    ("priors", "status", "asked"),
    [
        (PriorsOutcome(result=Result.SUCCESS), 0, [PRIORS, CHOOSE_PROTOCOL]),
        (PriorsOutcome(result=Result.FAILURE, detail="no disk"), 0, [PRIORS, CHOOSE_PROTOCOL]),
        (PriorsOutcome(operation="priors", result=Result.REFUSED, detail="unknown"), 2, [PRIORS]),
        (None, 0, [CHOOSE_PROTOCOL]),
    ],
)
def test_the_priors_are_asked_for_before_the_choice(
    priors: Outcome | None, status: int, asked: list, monkeypatch: pytest.MonkeyPatch, capsys: Told
) -> None:
    running = Running(*(() if priors is None else (priors,)), CHOICE)
    monkeypatch.setattr(protocols_command_line, "connect_running", lambda options, stack: running)
    peer = [] if priors is None else ["--peer", "PACS"]
    assert main(["protocols", "choose", "1.2", "--control", "http://127.0.0.1:1", *peer]) == status
    assert [operation for operation, _, _ in running.calls] == asked
    assert {name for _, name, _ in running.calls} == ({None} if priors is None else {"PACS"})
    assert all(arguments == {"StudyInstanceUID": "1.2"} for _, _, arguments in running.calls)
    failed = priors is not None and priors.result is Result.FAILURE
    assert ("the priors are not known: failure: no disk" in capsys.readouterr().err) == failed


def test_one_study_is_named_to_a_running_workstation(capsys: Told) -> None:
    assert main(["protocols", "choose", "1.2", "1.3", "--control", "http://127.0.0.1:1"]) == 2
    assert "give one Study Instance UID with --control" in capsys.readouterr().err


def test_a_folder_without_dicom_files_is_said(tmp_path: Path, capsys: Told) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "notes.txt").write_text("not DICOM")
    assert main(["protocols", "choose", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert "no DICOM file was found" in told
    assert "left out: " in told
    assert main(["protocols", "choose", str(tmp_path / "inner" / "notes.txt")]) == 2
    assert "no DICOM file was found" not in capsys.readouterr().err  # a file that is named is the fault


def test_one_protocol_is_exported(tmp_path: Path, capsys: Told) -> None:
    (tmp_path / "none.yaml").write_text("display_protocols: []\n")
    assert main(["protocols", "export", str(tmp_path / "none.yaml"), "-o", str(tmp_path / "x.dcm")]) == 2
    assert not (tmp_path / "x.dcm").exists()
    assert capsys.readouterr().err


# -- an own workstation -----------------------------------------------------------------------------------------------


def test_a_workstation_of_the_command_holds_files(tmp_path: Path) -> None:
    from dicom_workstation.application import Workstation

    own = OwnWorkstation(Workstation(Configuration.from_keywords()))
    (tmp_path / "a.dcm").write_bytes(IMAGE.file_bytes())
    assert own.studies() == []
    assert own.add(str(tmp_path / "a.dcm")) == IMAGE.SOPInstanceUID
    assert own.studies() == [IMAGE.read().StudyInstanceUID]
    assert list(own.files()) == [IMAGE.SOPInstanceUID]
    assert own.file(IMAGE.SOPInstanceUID) == own.files()[IMAGE.SOPInstanceUID]
    assert own.file(IMAGE.SOPInstanceUID)[128:132] == b"DICM"
    with pytest.raises(CommandError, match=r"9\.9 is not in memory"):
        own.file("9.9")
    (tmp_path / "b.dcm").write_text("not DICOM")
    with pytest.raises(CommandError, match=r"b\.dcm"):
        own.add(str(tmp_path / "b.dcm"))


def test_files_to_explore_have_to_fit(tmp_path: Path, capsys: Told) -> None:
    (tmp_path / "a.dcm").write_bytes(IMAGE.file_bytes())
    (tmp_path / "config.yaml").write_text("memory_budget_bytes: 16\n")
    assert main(["explore", str(tmp_path / "a.dcm"), "--config", str(tmp_path / "config.yaml")]) == 2
    assert "a.dcm: the memory budget does not allow it (memory_budget_bytes)" in capsys.readouterr().err


def test_what_is_no_dicom_is_not_explored(tmp_path: Path, capsys: Told) -> None:
    (tmp_path / "a.dcm").write_text("not DICOM")
    assert main(["explore", str(tmp_path / "a.dcm")]) == 2
    assert "a.dcm" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["nothing"], ["protocols"], ["echo"], ["osm"]])
def test_a_command_is_needed(command: list[str], capsys: Told) -> None:
    with pytest.raises(SystemExit) as ended:
        main(command)
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1
    assert "--help" in told
