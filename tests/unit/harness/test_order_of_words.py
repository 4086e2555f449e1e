"""Options stand before, between and after the other words of a command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dicom_conformance.__main__ import _parser, main
from dicom_simulators import standalone

REFUSE = "{refuse: {}}"
LIFTED = {"do": "off", "which": "respond"}
ADDED = {"do": "fault", "faults": [{"refuse": {}}]}


@pytest.fixture
def ordered(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str, dict[str, object]]]:
    """Give a list of what is ordered of a simulator: its port, its title, the order."""
    orders: list[tuple[int, str, dict[str, object]]] = []

    def order(port: int, title: str, what: dict[str, object]) -> dict[str, object]:
        orders.append((port, title, json.loads(json.dumps(what))))
        return {"ae_title": title, "faults": []}

    monkeypatch.setattr(standalone, "order", order)
    return orders


@pytest.mark.parametrize(
    "words",
    [
        ["ARCHIVE@9", REFUSE, "--off", "respond"],
        ["ARCHIVE@9", "--off", "respond", REFUSE],
        ["ARCHIVE@9", "--off=respond", REFUSE],
        ["--off", "respond", "ARCHIVE@9", REFUSE],
    ],
)
def test_faults_are_lifted_and_added_in_every_order_of_words(words, ordered):
    assert main(["fault", *words]) == 0
    assert ordered == [(9, "ARCHIVE", LIFTED), (9, "ARCHIVE", ADDED)]


def test_a_fault_after_off_is_no_name_of_what_is_lifted(ordered):
    assert main(["fault", "ARCHIVE@9", "--off", REFUSE, "{abort: {on: C-FIND-RQ}}"]) == 0
    added = {"do": "fault", "faults": [{"refuse": {}}, {"abort": {"on": "C-FIND-RQ"}}]}
    assert [what for _, _, what in ordered] == [{"do": "off", "which": None}, added]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--off", "ARCHIVE@9"],
            "ARCHIVE@9 is a simulator, and stands before --off: dicom-conformance fault",
        ),
        (["--off"], "the following arguments are required: AET@PORT; try"),
        (["ARCHIVE@9", "--of", "--nosuch", REFUSE], "unrecognized arguments: --nosuch"),
    ],
)
def test_what_is_in_no_order_is_said_in_one_line(words, said, ordered, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["fault", *words])
    assert said in capsys.readouterr().err
    assert not ordered


@pytest.mark.parametrize(
    ("words", "name", "listed"),
    [
        (["list", "association", "--kind", "claim", "query"], "select", ["association", "query"]),
        (["run", "--strict", "association", "-n", "1", "query", "--quick"], "select", ["association", "query"]),
        (["merge", "a", "--output", "out", "b"], "folders", [Path("a"), Path("b")]),
        (["check", "a", "--subject", "process", "b"], "files", [Path("a"), Path("b")]),
    ],
)
def test_options_divide_no_list(words, name, listed):
    assert getattr(_parser().parse_args(words), name) == listed


def test_a_selection_in_the_place_of_profiles_is_told_where_it_stands(capsys):
    assert main(["list", "--against-profiles", "association"]) == 2
    assert "no profile 'association'" in (said := capsys.readouterr().err)
    assert "a SELECT stands before --against-profiles" in said
