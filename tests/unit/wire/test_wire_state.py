"""PS3.8 Table 9-10: counted, compared with pynetdicom's, and walked through."""

from __future__ import annotations

import pytest
from pynetdicom.fsm import TRANSITION_TABLE

from dicom_wire import (
    PDU,
    AAbort,
    AAssociateAC,
    AAssociateRJ,
    AAssociateRQ,
    AReleaseRP,
    AReleaseRQ,
    PDataTF,
    UnknownPDU,
)
from dicom_wire.state import TABLE, Action, Event, State, StateMachine, event_of


def test_the_table_is_that_of_pynetdicom() -> None:
    ours = {(event.value, state.value): cell.action.value for (event, state), cell in TABLE.items()}
    assert ours == TRANSITION_TABLE


def test_every_state_event_and_action_is_in_the_table() -> None:
    assert {event for event, _ in TABLE} == set(Event)
    assert {state for _, state in TABLE} == set(State)
    assert {cell.action for cell in TABLE.values()} == set(Action)
    assert (len(State), len(Event), len(Action)) == (13, 19, 28)


def test_each_action_leads_to_the_same_states_wherever_it_stands() -> None:
    following: dict[Action, set[tuple[State, ...]]] = {}
    for cell in TABLE.values():
        following.setdefault(cell.action, set()).add(cell.next_states)
    assert all(len(states) == 1 for states in following.values())


def walk(machine: StateMachine, *events: int) -> list[str]:
    return [machine.on(Event(f"Evt{number}")).value for number in events]


def test_a_requestor_associates_sends_and_releases() -> None:
    machine = StateMachine()
    assert walk(machine, 1, 2, 3, 9, 10, 11, 13) == ["AE-1", "AE-2", "AE-3", "DT-1", "DT-2", "AR-1", "AR-3"]
    assert machine.state is State.Sta1
    assert machine.is_requestor


def test_an_acceptor_is_released() -> None:
    machine = StateMachine()
    assert walk(machine, 5, 6, 7, 10, 12, 14, 17) == ["AE-5", "AE-6", "AE-7", "DT-2", "AR-2", "AR-4", "AR-5"]
    assert machine.state is State.Sta1
    assert not machine.is_requestor


def test_both_release_at_once() -> None:
    requestor, acceptor = StateMachine(State.Sta7, is_requestor=True), StateMachine(State.Sta7)
    assert walk(requestor, 12, 14, 13) == ["AR-8", "AR-9", "AR-3"]
    assert walk(acceptor, 12, 13, 14) == ["AR-8", "AR-10", "AR-4"]
    assert (requestor.state, acceptor.state) == (State.Sta1, State.Sta13)


def test_a_request_that_cannot_be_accepted_waits_for_the_end() -> None:
    machine = StateMachine(State.Sta2)
    assert machine.on(Event.Evt6, acceptable=False) is Action.AE_6
    assert machine.state is State.Sta13


def test_a_blank_of_the_table_is_refused_and_changes_nothing() -> None:
    machine = StateMachine()
    assert not machine.permits(Event.Evt9)
    with pytest.raises(ValueError, match="Evt9 cannot occur in Sta1"):
        machine.on(Event.Evt9)
    assert machine.state is State.Sta1


@pytest.mark.parametrize(
    ("pdu", "number"),
    [
        (AAssociateAC("", "", ()), 3),
        (AAssociateRJ(1, 1, 1), 4),
        (AAssociateRQ("", "", ()), 6),
        (PDataTF(()), 10),
        (AReleaseRQ(), 12),
        (AReleaseRP(), 13),
        (AAbort(0, 0), 16),
        (UnknownPDU(9), 19),
    ],
)
def test_each_pdu_received_is_its_event(pdu: PDU, number: int) -> None:
    assert event_of(pdu) is Event(f"Evt{number}")
