"""The state machine of one association.

Invariants: pynetdicom's table says what to do. Whatever the peer does wrong is Evt19, whatever it does at the
wrong time is what the table says, and neither is an exception.

References
----------
PS3.8 Section 9.2, Table 9-10; Section 9.3.8 (reasons of A-ABORT)
"""

from __future__ import annotations

from typing import Final

from pynetdicom.fsm import ACTIONS, TRANSITION_TABLE
from pynetdicom.fsm import StateMachine as PynetdicomStateMachine
from pynetdicom.pdu import A_ABORT_RQ
from pynetdicom.pdu_primitives import A_P_ABORT

from dicom_workstation.data_sets import is_our_mistake, suppress_warnings
from dicom_workstation.network.upper_layer.associate_items import acceptance
from dicom_workstation.network.upper_layer.faults import INVALID_PARAMETER, PEER_FAULTS, UNEXPECTED_PDU, in_words

_LOCAL_EVENTS: Final = frozenset(("Evt1", "Evt7", "Evt8", "Evt9", "Evt11", "Evt14", "Evt15"))
_NOT_SAID_BY_THE_PEER: Final = _LOCAL_EVENTS | {"Evt2", "Evt5", "Evt17", "Evt18", "Evt19"}


class StateMachine(PynetdicomStateMachine):
    """PS3.8 Table 9-10 by pynetdicom's table; a fault of the peer's is Evt19, never an exception."""

    @suppress_warnings()
    def do_action(self, event: str) -> None:
        """Execute what the table says for the event; an event that the table does not know changes nothing."""
        action = TRANSITION_TABLE.get((event, self.current_state))
        if action is None:
            if event in _LOCAL_EVENTS:
                self.dul.to_provider_queue.get_nowait()
            return
        if action == "AA-8":
            self.transition(self._abort_as_provider(event))
            return
        if action == "AE-7":
            self.dul._send(acceptance(self.dul.to_provider_queue.get_nowait(), self.dul.peer_titles))
            self.transition("Sta6")
            return
        try:
            next_state = ACTIONS[action][1](self.dul)
        except PEER_FAULTS as error:
            if event in _NOT_SAID_BY_THE_PEER or is_our_mistake(error):
                raise
            self.dul.fault(INVALID_PARAMETER, in_words(error))
            self.do_action("Evt19")
            return
        self.transition(next_state)

    def _abort_as_provider(self, event: str) -> str:
        """AA-8: A-ABORT (service-provider source) with the reason, A-P-ABORT indication, ARTIM; Sta13."""
        if event != "Evt19":
            self.dul.fault(UNEXPECTED_PDU, f"unexpected PDU ({event} in {self.current_state})")
        pdu = A_ABORT_RQ()
        pdu.source = 0x02
        pdu.reason_diagnostic = self.dul.fault_reason
        self.dul._send(pdu)
        indication = A_P_ABORT()
        indication.provider_reason = self.dul.fault_reason
        self.dul.to_user_queue.put(indication)
        self.dul.assoc.dimse.msg_queue.put((None, None))
        self.dul.artim_timer.start()
        return "Sta13"
