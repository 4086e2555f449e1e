"""One association, as its requestor has it.

Invariants: the thread that opens the association drives it; another thread may only `stop` it.

References
----------
PS3.8 Section 7, 9.2.3 (AA-2), Annex D.1
"""

from __future__ import annotations

import ssl
from typing import Any, Final

from pynetdicom import association
from pynetdicom.ae import ApplicationEntity
from pynetdicom.dimse_primitives import DIMSEPrimitive

from dicom_workstation.network.upper_layer.messages import DIMSE
from dicom_workstation.network.upper_layer.negotiation import ACSE
from dicom_workstation.network.upper_layer.parts import CommandSet, DataSetReceipt
from dicom_workstation.network.upper_layer.provider import UpperLayer

MINIMUM_MAXIMUM_LENGTH: Final = 8  # a PDV with two bytes of value, the least that an element can be cut into


class Association(association.Association):
    """One association; as it is, that of a requestor, driven by the thread that opens it."""

    def __init__(self, ae: ApplicationEntity, mode: str = "requestor") -> None:
        super().__init__(ae, mode)
        self.acse = ACSE(self)
        self.dul = UpperLayer(self)
        self.dimse = DIMSE(self)
        self.acse_timeout = ae.acse_timeout
        self.network_timeout = ae.network_timeout
        self.announced_maximum_length = 0
        self.peer_maximum_length = 0
        self.most_waiting: int | None = None
        self._is_paused = True
        self.tls: tuple[ssl.SSLContext | None, str] = (None, "")  # and the name that the peer's certificate must bear

    def _bind_defaults(self) -> None:
        """Bind nothing: requests go to the service, and no handler formats each PDU for a log."""

    # -- both sides

    def establish(self, ours: Any, peers: Any) -> None:
        """Take over what both say of the maximum length: we send no more than the peer takes, nor than we use.

        References
        ----------
        PS3.8 Annex D.1; conformance statement, 3.2.1.1.1, 3.2.2.1.1.1, 3.2.2.2.1.1, 3.2.3.1.1
        """
        self.announced_maximum_length = ours.maximum_length
        self.peer_maximum_length = min(peers.maximum_length or ours.maximum_length, ours.maximum_length)

    @property
    def takes_fragments(self) -> bool:
        """Whether any fragment fits into what the peer takes."""
        return self.peer_maximum_length >= MINIMUM_MAXIMUM_LENGTH

    def receipt_for(self, command: CommandSet, context_id: int) -> DataSetReceipt | None:
        """Return what takes the data set of a C-STORE while it comes: nothing, where none is asked for."""
        return None

    def takes_data_set(self, command_field: int, context_id: int) -> bool:
        """Return whether the data set of any other message is gathered."""
        return True

    def note_cancel(self, message_id: int | None) -> bool:
        """Take a C-CANCEL; False to have it wait as any other message."""
        return False

    def take_response(self, response: DIMSEPrimitive) -> bool:
        """Take a response to a request of the acceptor's; False to have it wait as any other message."""
        return False

    def kill(self) -> None:
        """End without a word to the peer."""
        self.is_established = False
        self._kill = True
        self.dul.stop_dul()

    def abort(self, block: bool = True) -> None:
        """Send A-ABORT (service-user) now; whoever owns the association then lets it `linger`."""
        if self.dul.state_machine.current_state not in ("Sta1", "Sta2", "Sta13"):
            self.acse.send_abort(0x00)
        self.is_established = False

    def linger(self, timeout_s: float | None = None) -> None:
        """Wait in Sta13 for the peer to close, at most for the ARTIM timer (PS3.8 Section 9.2.3, AA-2)."""
        if self.dul.state_machine.current_state == "Sta13":
            self.dul.wait(lambda: False, timeout_s)
        self.kill()

    def stop(self) -> None:
        """Have the owner abort and close at once; may be called by any thread."""
        self.dul.stop_soon(self._end)

    def _end(self) -> None:
        self.abort()
        self.kill()
