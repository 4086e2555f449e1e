"""The state machine of the DICOM upper layer: PS3.8 Table 9-10, readable as the standard prints it.

Invariants: the grid below is the table; nothing about transitions is anywhere else. A cell is an action
and the number of the next state (`AE-6:3|13`: one or the other, as the action finds); a dot is a blank of the
standard's table, an event that cannot occur in that state.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from dicom_wire.pdu import PDU, AAbort, AAssociateAC, AAssociateRJ, AAssociateRQ, AReleaseRP, AReleaseRQ, PDataTF


class State(enum.Enum):
    """The states of PS3.8 Tables 9-1 to 9-5."""

    Sta1 = "Sta1"  # idle
    Sta2 = "Sta2"  # transport connection open, awaiting A-ASSOCIATE-RQ
    Sta3 = "Sta3"  # awaiting the local A-ASSOCIATE response
    Sta4 = "Sta4"  # awaiting the transport connection to open
    Sta5 = "Sta5"  # awaiting A-ASSOCIATE-AC or A-ASSOCIATE-RJ
    Sta6 = "Sta6"  # association established, ready for data
    Sta7 = "Sta7"  # awaiting A-RELEASE-RP
    Sta8 = "Sta8"  # awaiting the local A-RELEASE response
    Sta9 = "Sta9"  # release collision, requestor: awaiting the local A-RELEASE response
    Sta10 = "Sta10"  # release collision, acceptor: awaiting A-RELEASE-RP
    Sta11 = "Sta11"  # release collision, requestor: awaiting A-RELEASE-RP
    Sta12 = "Sta12"  # release collision, acceptor: awaiting the local A-RELEASE response
    Sta13 = "Sta13"  # awaiting the transport connection to close


class Event(enum.Enum):
    """The events of PS3.8 Table 9-10."""

    Evt1 = "Evt1"  # A-ASSOCIATE request (local user)
    Evt2 = "Evt2"  # transport connection confirmed
    Evt3 = "Evt3"  # A-ASSOCIATE-AC received
    Evt4 = "Evt4"  # A-ASSOCIATE-RJ received
    Evt5 = "Evt5"  # transport connection indicated
    Evt6 = "Evt6"  # A-ASSOCIATE-RQ received
    Evt7 = "Evt7"  # A-ASSOCIATE response: accept
    Evt8 = "Evt8"  # A-ASSOCIATE response: reject
    Evt9 = "Evt9"  # P-DATA request
    Evt10 = "Evt10"  # P-DATA-TF received
    Evt11 = "Evt11"  # A-RELEASE request
    Evt12 = "Evt12"  # A-RELEASE-RQ received
    Evt13 = "Evt13"  # A-RELEASE-RP received
    Evt14 = "Evt14"  # A-RELEASE response
    Evt15 = "Evt15"  # A-ABORT request
    Evt16 = "Evt16"  # A-ABORT received
    Evt17 = "Evt17"  # transport connection closed
    Evt18 = "Evt18"  # ARTIM timer expired
    Evt19 = "Evt19"  # unrecognized or invalid PDU received


class Action(enum.Enum):
    """The actions of PS3.8 Tables 9-6 to 9-9."""

    AE_1 = "AE-1"  # open the transport connection
    AE_2 = "AE-2"  # send A-ASSOCIATE-RQ
    AE_3 = "AE-3"  # confirm: accepted
    AE_4 = "AE-4"  # confirm: rejected; close the transport connection
    AE_5 = "AE-5"  # answer the transport connection; start ARTIM
    AE_6 = "AE-6"  # stop ARTIM; indicate, or send A-ASSOCIATE-RJ and start ARTIM
    AE_7 = "AE-7"  # send A-ASSOCIATE-AC
    AE_8 = "AE-8"  # send A-ASSOCIATE-RJ; start ARTIM
    DT_1 = "DT-1"  # send P-DATA-TF
    DT_2 = "DT-2"  # indicate P-DATA
    AR_1 = "AR-1"  # send A-RELEASE-RQ
    AR_2 = "AR-2"  # indicate A-RELEASE
    AR_3 = "AR-3"  # confirm A-RELEASE; close the transport connection
    AR_4 = "AR-4"  # send A-RELEASE-RP; start ARTIM
    AR_5 = "AR-5"  # stop ARTIM
    AR_6 = "AR-6"  # indicate P-DATA
    AR_7 = "AR-7"  # send P-DATA-TF
    AR_8 = "AR-8"  # indicate A-RELEASE: release collision
    AR_9 = "AR-9"  # send A-RELEASE-RP
    AR_10 = "AR-10"  # confirm A-RELEASE
    AA_1 = "AA-1"  # send A-ABORT (service-user); start (restart) ARTIM
    AA_2 = "AA-2"  # stop ARTIM; close the transport connection
    AA_3 = "AA-3"  # indicate A-ABORT or A-P-ABORT; close the transport connection
    AA_4 = "AA-4"  # indicate A-P-ABORT
    AA_5 = "AA-5"  # stop ARTIM
    AA_6 = "AA-6"  # ignore the PDU
    AA_7 = "AA-7"  # send A-ABORT
    AA_8 = "AA-8"  # send A-ABORT (service-provider); indicate A-P-ABORT; start ARTIM


# PS3.8 Table 9-10, DICOM Upper Layer Protocol State Transition Table
GRID = """
      Sta1   Sta2      Sta3    Sta4   Sta5    Sta6    Sta7      Sta8    Sta9    Sta10    Sta11   Sta12   Sta13
Evt1  AE-1:4 .         .       .      .       .       .         .       .       .        .       .       .
Evt2  .      .         .       AE-2:5 .       .       .         .       .       .        .       .       .
Evt3  .      AA-1:13   AA-8:13 .      AE-3:6  AA-8:13 AA-8:13   AA-8:13 AA-8:13 AA-8:13  AA-8:13 AA-8:13 AA-6:13
Evt4  .      AA-1:13   AA-8:13 .      AE-4:1  AA-8:13 AA-8:13   AA-8:13 AA-8:13 AA-8:13  AA-8:13 AA-8:13 AA-6:13
Evt5  AE-5:2 .         .       .      .       .       .         .       .       .        .       .       .
Evt6  .      AE-6:3|13 AA-8:13 .      AA-8:13 AA-8:13 AA-8:13   AA-8:13 AA-8:13 AA-8:13  AA-8:13 AA-8:13 AA-7:13
Evt7  .      .         AE-7:6  .      .       .       .         .       .       .        .       .       .
Evt8  .      .         AE-8:13 .      .       .       .         .       .       .        .       .       .
Evt9  .      .         .       .      .       DT-1:6  .         AR-7:8  .       .        .       .       .
Evt10 .      AA-1:13   AA-8:13 .      AA-8:13 DT-2:6  AR-6:7    AA-8:13 AA-8:13 AA-8:13  AA-8:13 AA-8:13 AA-6:13
Evt11 .      .         .       .      .       AR-1:7  .         .       .       .        .       .       .
Evt12 .      AA-1:13   AA-8:13 .      AA-8:13 AR-2:8  AR-8:9|10 AA-8:13 AA-8:13 AA-8:13  AA-8:13 AA-8:13 AA-6:13
Evt13 .      AA-1:13   AA-8:13 .      AA-8:13 AA-8:13 AR-3:1    AA-8:13 AA-8:13 AR-10:12 AR-3:1  AA-8:13 AA-6:13
Evt14 .      .         .       .      .       .       .         AR-4:13 AR-9:11 .        .       AR-4:13 .
Evt15 .      .         AA-1:13 AA-2:1 AA-1:13 AA-1:13 AA-1:13   AA-1:13 AA-1:13 AA-1:13  AA-1:13 AA-1:13 .
Evt16 .      AA-2:1    AA-3:1  .      AA-3:1  AA-3:1  AA-3:1    AA-3:1  AA-3:1  AA-3:1   AA-3:1  AA-3:1  AA-2:1
Evt17 .      AA-5:1    AA-4:1  AA-4:1 AA-4:1  AA-4:1  AA-4:1    AA-4:1  AA-4:1  AA-4:1   AA-4:1  AA-4:1  AR-5:1
Evt18 .      AA-2:1    .       .      .       .       .         .       .       .        .       .       AA-2:1
Evt19 .      AA-1:13   AA-8:13 .      AA-8:13 AA-8:13 AA-8:13   AA-8:13 AA-8:13 AA-8:13  AA-8:13 AA-8:13 AA-7:13
"""


@dataclass(frozen=True, slots=True)
class Transition:
    """One cell: what is done, and which state follows (two where the action decides)."""

    action: Action
    next_states: tuple[State, ...]


def _read_grid(grid: str) -> dict[tuple[Event, State], Transition]:
    header, *rows = [line.split() for line in grid.strip().splitlines()]
    states = [State(name) for name in header]
    table: dict[tuple[Event, State], Transition] = {}
    for event, *cells in rows:
        for state, cell in zip(states, cells, strict=True):
            if cell != ".":
                action, _, following = cell.partition(":")
                next_states = tuple([State(f"Sta{number}") for number in following.split("|")])
                table[Event(event), state] = Transition(Action(action), next_states)
    return table


TABLE: dict[tuple[Event, State], Transition] = _read_grid(GRID)

_RECEIVED: dict[type, Event] = {
    AAssociateAC: Event.Evt3,
    AAssociateRJ: Event.Evt4,
    AAssociateRQ: Event.Evt6,
    PDataTF: Event.Evt10,
    AReleaseRQ: Event.Evt12,
    AReleaseRP: Event.Evt13,
    AAbort: Event.Evt16,
}


def event_of(pdu: PDU) -> Event:
    """Return the event that receiving a PDU is; Evt19 for what is none of the seven."""
    return _RECEIVED.get(type(pdu), Event.Evt19)


class StateMachine:
    """The state of one side of an association. It does nothing itself: `on` returns the action to take.

    Parameters
    ----------
    state
        The initial state.
    is_requestor
        Whether this side requested the association: decides a release collision (AR-8). Evt1 and Evt5 set it.
    """

    def __init__(self, state: State = State.Sta1, is_requestor: bool = False) -> None:
        self.state = state
        self.is_requestor = is_requestor

    def permits(self, event: Event) -> bool:
        """Return whether the event can occur in the present state."""
        return (event, self.state) in TABLE

    def on(self, event: Event, *, acceptable: bool = True) -> Action:
        """Take an event: pass to the next state and return the action.

        Parameters
        ----------
        acceptable
            Of an A-ASSOCIATE-RQ (AE-6): whether the service-provider can accept it, or rejects it itself.

        Raises
        ------
        ValueError
            The standard's table is blank there; the state remains.
        """
        transition = TABLE.get((event, self.state))
        if transition is None:
            raise ValueError(f"{event.value} cannot occur in {self.state.value} (PS3.8 Table 9-10)")
        if event in (Event.Evt1, Event.Evt5):
            self.is_requestor = event is Event.Evt1
        first, *others = transition.next_states
        stays_first = acceptable if transition.action is Action.AE_6 else self.is_requestor
        self.state = others[0] if others and not stays_first else first
        return transition.action
