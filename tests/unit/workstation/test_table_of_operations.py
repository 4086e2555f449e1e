"""The table of operations: the only place of their names, and what every door makes of it."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import pytest

from dicom_workstation.application import Workstation
from dicom_workstation.cli import command_line
from dicom_workstation.cli.command_line import main, parser
from dicom_workstation.configuration.configuration import Configuration
from dicom_workstation.control.control_openapi import operation_schemas
from dicom_workstation.operations import OPERATIONS, PRINT, QUERY, Door, ask, find, names, table
from dicom_workstation.outcome import Outcome
from dicom_workstation.subjects import Embedded, Process

ROOM = Path(command_line.__file__).parent.parent
TABLE = "operations.py"
# The same word with another meaning.
OTHER_MEANINGS = {
    ("printer_events.py", "printer"): "what an event is about, beside a print job",
    ("__init__.py", "render"): "a function that `presentation_states` exports",
    ("__init__.py", "show"): "a function that `data_sets` exports",
    ("__init__.py", "echo"): "a function that `network` exports",
    ("__init__.py", "preview"): "a module of `printing.films`",
    ("operation.py", "printer"): "a kind of peer",
    ("print_pages.py", "printer"): "a field of the form",
    ("print_pages.py", "preview"): "a button of the form",
    ("__init__.py", "worklist"): "a module of `configuration`",
    ("pages.py", "worklist"): "a parameter of the viewer's address",
}


def words_in(path: Path) -> Iterator[tuple[int, str]]:
    """Give each text constant of a module, but for docstrings and the words inside longer texts."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def strangers(folder: Path) -> list[str]:
    """Give each place outside the table where the name of an operation stands."""
    known = {each.name for each in OPERATIONS}
    return [
        f"{path.relative_to(folder)}:{line}: {word}"
        for path in sorted(folder.rglob("*.py"))
        if path.name != TABLE
        for line, word in words_in(path)
        if word in known and (path.name, word) not in OTHER_MEANINGS
    ]


def test_no_name_of_an_operation_stands_outside_the_table() -> None:
    assert strangers(ROOM) == []


def test_a_name_outside_the_table_is_seen(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(f"WORD = {QUERY.name!r}\n", encoding="utf-8")
    assert strangers(tmp_path) == [f"module.py:1: {QUERY.name}"]


def test_each_name_stands_once_and_is_the_method_that_performs_it() -> None:
    assert len({each.name for each in OPERATIONS}) == len(OPERATIONS) == 24
    for each in OPERATIONS:
        method = getattr(Workstation, each.name)
        hints = get_type_hints(method)
        assert hints["return"] is each.outcome, each.name
        assert hints["request"] == each.request | None, each.name
        assert each.has_progress == ("progress" in hints), each.name
        assert find(each.name) is each


def test_every_door_offers_what_the_table_says() -> None:
    assert Embedded.operations == Process.operations == names(Door.SUBJECT)
    bodies = [body["properties"].get("operation", {}) for body in operation_schemas().values()]
    assert {body["const"] for body in bodies if body} == names(Door.HTTP)
    usage = parser().format_help()
    assert all(name.replace("_", "-") in usage for name in names(Door.COMMAND_LINE))


def test_the_table_of_the_manual_has_a_row_for_each() -> None:
    rows = table().splitlines()
    assert [row.split("|")[1].strip() for row in rows[2:]] == [f"`{each.name}`" for each in OPERATIONS]


def test_the_manual_has_the_table_as_it_is() -> None:
    assert (Path(__file__).parents[3] / "docs" / "operations.md").read_text(encoding="utf-8").endswith(f"\n\n{table()}")


@pytest.fixture
def workstation() -> Workstation:
    return Workstation(Configuration.from_keywords())


@pytest.mark.parametrize(
    ("name", "peer", "arguments", "detail"),
    [
        ("query", "a", {"colour": "green"}, "colour: this key is unknown"),
        ("query", "a", {"level": "WARD"}, "level: must be 'PATIENT', 'STUDY', 'SERIES' or 'IMAGE', not 'WARD'"),
        ("query", "", {}, "peer: is missing"),
        ("show", None, {}, "SOPInstanceUID: is missing"),
        ("render", None, {"SOPInstanceUID": "1.2", "viewport": {"rows": 1}}, "viewport.columns: is missing"),
        ("print", "p", {"files": "a.dcm", "copies": "none"}, "copies: must be a valid integer, not 'none'"),
        ("echo", "a", {"level": "STUDY"}, "level: this key is unknown"),
        ("configure", None, {"query_pdu_length_bytes": "32767"}, "query_pdu_length_bytes: "),
        ("configure", None, {"colour": "green"}, "colour: "),
    ],
)
def test_a_wrong_argument_is_named_in_one_line(
    workstation: Workstation, name: str, peer: str | None, arguments: dict[str, object], detail: str
) -> None:
    outcome = ask(workstation, name, peer, arguments)
    assert outcome.result == "refused"
    assert outcome.detail.startswith(detail)
    assert "\n" not in outcome.detail
    assert (outcome.operation, outcome.peer) == (name, peer)
    assert workstation.log()[-1].endswith(outcome.detail)


@pytest.mark.parametrize("error", [TypeError("a fault of ours"), AttributeError("a fault of ours")])
def test_a_fault_of_the_workstation_is_an_internal_error(
    workstation: Workstation, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(*_: object, **__: object) -> Outcome:
        raise error

    monkeypatch.setattr(Workstation, PRINT.name, broken)
    outcome = ask(workstation, PRINT.name, "p", {"files": ["a.dcm"]})
    assert outcome.result == "internal_error"
    assert outcome.detail == f"internal error: {type(error).__name__}: a fault of ours; see the log"
    log = "\n".join(workstation.log())
    assert "Traceback" in log
    assert "in broken" in log


def test_on_the_command_line_an_internal_error_has_its_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> Outcome:
        raise TypeError("a fault of ours")

    monkeypatch.setattr(Workstation, QUERY.name, broken)
    assert main([QUERY.name, "A@127.0.0.1:1", "--json"]) == 1
    told = capsys.readouterr()
    assert json.loads(told.out)["result"] == "internal_error"
    assert "Traceback" in told.err
