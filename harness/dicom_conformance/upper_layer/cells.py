"""Every cell of PS3.8 Table 9-10, and for each role of an AE whether a peer outside it can reach the cell.

Invariants: actions and next states are those of `dicom_wire.state.TABLE`; here is only what a peer can bring about. A
cell that no peer can reach has its reason. An acceptor is an AE that was called, a requestor one that calls.

References
----------
PS3.8 Tables 9-1 to 9-5 (states), 9.2.1 (events), 9.2.2 (actions), Table 9-10.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from dicom_wire.state import TABLE, Event, State, Transition

Role = Literal["acceptor", "requestor"]
ROLES: tuple[Role, ...] = get_args(Role)

STATE_TEXTS: Mapping[State, str] = MappingProxyType(
    {
        State.Sta1: "idle",
        State.Sta2: "connected, awaits A-ASSOCIATE-RQ",
        State.Sta3: "its user decides on the request",
        State.Sta4: "awaits the connection",
        State.Sta5: "awaits A-ASSOCIATE-AC or -RJ",
        State.Sta6: "association established",
        State.Sta7: "awaits A-RELEASE-RP",
        State.Sta8: "its user decides on the release",
        State.Sta9: "collision, the requestor's user decides on the release",
        State.Sta10: "collision, the acceptor awaits A-RELEASE-RP",
        State.Sta11: "collision, the requestor awaits A-RELEASE-RP",
        State.Sta12: "collision, the acceptor's user decides on the release",
        State.Sta13: "awaits the end of the connection",
    }
)

EVENT_TEXTS: Mapping[Event, str] = MappingProxyType(
    {
        Event.Evt1: "A-ASSOCIATE request of the user",
        Event.Evt2: "connection confirmed",
        Event.Evt3: "A-ASSOCIATE-AC received",
        Event.Evt4: "A-ASSOCIATE-RJ received",
        Event.Evt5: "connection indicated",
        Event.Evt6: "A-ASSOCIATE-RQ received",
        Event.Evt7: "the user accepts",
        Event.Evt8: "the user rejects",
        Event.Evt9: "P-DATA request of the user",
        Event.Evt10: "P-DATA-TF received",
        Event.Evt11: "A-RELEASE request of the user",
        Event.Evt12: "A-RELEASE-RQ received",
        Event.Evt13: "A-RELEASE-RP received",
        Event.Evt14: "A-RELEASE response of the user",
        Event.Evt15: "A-ABORT request of the user",
        Event.Evt16: "A-ABORT received",
        Event.Evt17: "connection closed",
        Event.Evt18: "ARTIM timer expired",
        Event.Evt19: "unrecognized or invalid PDU received",
    }
)

OF_THE_USER = frozenset(
    (Event.Evt1, Event.Evt7, Event.Evt8, Event.Evt9, Event.Evt11, Event.Evt14, Event.Evt15),
)
"""Events that the user of the AE causes, not its peer."""

_USER = "The user of the AE causes this event. A peer sees only its effect."
_REQUESTOR_ALONE = "Only the requestor of an association is in this state."
_ACCEPTOR_ALONE = "Only the acceptor of an association is in this state."
_RELEASING_ACCEPTOR = (
    "An acceptor is in this state only after its own user asked for the release, and no peer can make it ask."
)

_NOT_ENTERED: Mapping[Role, Mapping[State, str]] = MappingProxyType(
    {
        "acceptor": MappingProxyType(
            {
                State.Sta4: _REQUESTOR_ALONE,
                State.Sta5: _REQUESTOR_ALONE,
                State.Sta9: _REQUESTOR_ALONE,
                State.Sta11: _REQUESTOR_ALONE,
                State.Sta7: _RELEASING_ACCEPTOR,
                State.Sta10: _RELEASING_ACCEPTOR,
                State.Sta12: _RELEASING_ACCEPTOR,
            }
        ),
        "requestor": MappingProxyType(
            {
                State.Sta2: _ACCEPTOR_ALONE,
                State.Sta3: _ACCEPTOR_ALONE,
                State.Sta10: _ACCEPTOR_ALONE,
                State.Sta12: _ACCEPTOR_ALONE,
            }
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the table that is not blank.

    Parameters
    ----------
    why_not : Mapping of Role to str
        For each role the reason why no peer can reach the cell; empty where one can.
    """

    state: State
    event: Event
    transition: Transition
    why_not: Mapping[Role, str]

    @property
    def action(self) -> str:
        """Name of the action, such as `AA-8`."""
        return self.transition.action.value

    @property
    def following(self) -> str:
        """Names of the states that may follow, such as `Sta3 or Sta13`."""
        return " or ".join(state.value for state in self.transition.next_states)


def _why_not(role: Role, event: Event, state: State) -> str:
    if state in _NOT_ENTERED[role]:
        return _NOT_ENTERED[role][state]
    if event in OF_THE_USER:
        return _USER
    if event is Event.Evt5 and role == "requestor":
        return "A peer that connects makes the AE the acceptor."
    if event is Event.Evt17 and state is State.Sta4:
        return "Where a peer listens, its system confirms the connection before the peer can close it."
    return ""


CELLS: tuple[Cell, ...] = tuple(
    Cell(state, event, transition, MappingProxyType({role: _why_not(role, event, state) for role in ROLES}))
    for (event, state), transition in TABLE.items()
)
"""Every cell of the table that is not blank, event by event as the standard prints them."""


def enters(role: Role, state: State) -> bool:
    """Tell whether an AE of this role is ever in the state, whatever brings it there."""
    return _NOT_ENTERED[role].get(state, _RELEASING_ACCEPTOR) is _RELEASING_ACCEPTOR


def reachable(role: Role) -> tuple[Cell, ...]:
    """Give the cells that a peer can reach in an AE of this role."""
    return tuple(cell for cell in CELLS if not cell.why_not[role])


def unreachable() -> tuple[Cell, ...]:
    """Give the cells that no peer can reach, whatever the role of the AE."""
    return tuple(cell for cell in CELLS if all(cell.why_not.values()))
