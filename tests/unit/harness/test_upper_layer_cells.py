"""The cells of the state table: what a peer can reach, how, and that a scenario plays each of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dicom_conformance.scenario import matrix, scenario, selection
from dicom_conformance.statement import statement
from dicom_conformance.upper_layer import CELLS, Role, reachable, stimulus, unreachable
from dicom_conformance.upper_layer.page import page
from dicom_simulators.scripted.script import Send, read_script
from dicom_simulators.scripted.script_send import ReceivedSoFar
from dicom_wire import AAssociateRQ, decode
from dicom_wire.state import TABLE, Event, State, event_of

DOCS = Path(__file__).parents[3] / "docs"
FOLDERS: dict[Role, str] = {"acceptor": "scp/upper_layer", "requestor": "scu/upper_layer"}
OF_A_PDU = (*(Event(f"Evt{number}") for number in (3, 4, 6, 10, 12, 13, 16)), Event.Evt19)


def _played(role: Role) -> set[tuple[str, str]]:
    promised = statement.load("directview-5.2")
    files = sorted((selection.FOLDER / FOLDERS[role]).glob("*.yaml"))
    cases = [case for file in files for case in matrix.expand(scenario.read(file), promised)]
    return {(case.parameters["state"], case.parameters["event"]) for case in cases if "event" in case.parameters}


@pytest.mark.parametrize("role", FOLDERS)
def test_each_cell_that_a_peer_can_reach_is_played_and_no_other(role: Role) -> None:
    assert _played(role) == {(cell.state.value, cell.event.value) for cell in reachable(role)}


def test_each_cell_of_the_table_is_there_once_and_each_that_nobody_reaches_says_why() -> None:
    assert {(cell.event, cell.state) for cell in CELLS} == set(TABLE)
    assert len(CELLS) == len(TABLE)
    assert all(reason.endswith(".") for cell in unreachable() for reason in cell.why_not.values())
    assert len(reachable("acceptor")) == 48
    assert len(reachable("requestor")) == 65


def made_request() -> bytes:
    (step,) = read_script([stimulus("acceptor", Event.Evt6)])
    assert isinstance(step, Send)
    return step.make(ReceivedSoFar())


@pytest.mark.parametrize("role", FOLDERS)
@pytest.mark.parametrize("event", OF_A_PDU)
def test_a_stimulus_is_the_event_that_it_is_for(role: Role, event: Event) -> None:
    (step,) = read_script([stimulus(role, event)])
    assert isinstance(step, Send)
    requested = decode(made_request()).pdu
    assert isinstance(requested, AAssociateRQ)
    decoded = decode(step.make(ReceivedSoFar(request=requested if role == "requestor" else None)))
    assert event_of(decoded.pdu) is event
    assert not decoded.violations or event is Event.Evt19


@pytest.mark.parametrize("role", FOLDERS)
def test_an_event_of_the_connection_takes_a_close_or_no_line(role: Role) -> None:
    assert stimulus(role, Event.Evt17) == "close"
    assert [event for event in (Event.Evt2, Event.Evt5, Event.Evt18) if stimulus(role, event) is not None] == []


def test_a_release_collision_is_for_the_requestor_alone() -> None:
    collision = {cell.state for cell in reachable("requestor")} & {State.Sta9, State.Sta11}
    assert collision == {State.Sta9, State.Sta11}
    assert not {cell.state for cell in reachable("acceptor")} & {State.Sta7, State.Sta9, State.Sta10, State.Sta11}


def test_the_page_is_current() -> None:
    expected = page().rstrip("\n") + "\n"
    assert (DOCS / "upper-layer.md").read_text(encoding="utf-8") == expected, (
        "python -m dicom_conformance.upper_layer.page > docs/upper-layer.md"
    )


def test_each_transition_of_the_table_is_an_arrow_of_a_diagram() -> None:
    text = page()
    for cell in CELLS:
        for following in cell.transition.next_states:
            arrows = [line for line in text.splitlines() if f"{cell.state.value} --> {following.value}:" in line]
            assert any(cell.action in line for line in arrows), (cell.state, cell.event)


def test_the_page_names_each_scenario_that_is_of_no_cell() -> None:
    named = {line.split("`")[1] for line in page().splitlines() if line.startswith("| `sc")}
    of_no_cell = set()
    for folder in FOLDERS.values():
        for file in (selection.FOLDER / folder).glob("*.yaml"):
            if "cells:" not in file.read_text(encoding="utf-8"):
                of_no_cell.add(f"{folder}/{file.stem}")
    assert of_no_cell <= named
    assert all((selection.FOLDER / f"{name}.yaml").is_file() for name in named)
