"""pynetdicom's upper layer, made fit for the workstation: everything that replaces or tames an internal of it is here.

Invariants: one association is driven by one thread, its owner, from connection to close. No second thread
reads or writes its socket, so nothing of it can race: whoever waits (for a response, for a request, for the peer to
close) advances the protocol meanwhile. Other threads may only `call_soon`. Every wait has a deadline. pynetdicom's
state table, PDU and DIMSE codecs do the protocol; they are used by subclass, and nothing of pynetdicom is patched.

What was measured in pynetdicom 3.0.4, and what cures it (`replaced` lists each function that a cure replaces; for each
cure a test sees stock pynetdicom fail, so that it can go when pynetdicom needs it no longer):

- a PDU that stops half way blocks for ever, and so does a peer that takes no more: bytes are gathered until a PDU is
  whole, and sent with a deadline, while the ARTIM and the network time-out run (`reception`, `provider`, `connection`);
- two threads an association that poll each millisecond: one thread, woken by the socket (`provider`);
- Nagle's algorithm, 44 ms a message: TCP_NODELAY on each socket (`connection`);
- a response that the reactor thread takes away: there is no such thread (`association`);
- a reject or an abort that is never transmitted: a primitive is sent before `UpperLayer.send_pdu` returns (`provider`);
- a limit of 10 associations, and of 1024 descriptors in select(): neither is asked (`negotiation`; `provider` polls);
- A-ABORT for the eight retired SOP Classes: a request goes to its service by its message (`accepted`);
- an ARTIM timer that cannot fire, a server that needs 0.5 s to stop: `provider`, `network.listener`;
- malformed input that kills the thread: it is Evt19, and AA-8 tells the reason (`state_machine`, `faults`);
- titles that are none and items that nobody knows make a request unreadable: `titles`, `associate_items`;
- a destination or UID that is none makes a command set unreadable: `unholdable_values`;
- PDUs above the announced maximum, un-negotiated or doubled context IDs, a foreign application context, requests
  without Message ID pass unseen: `reception`, `messages`, `associate_items` and `accepted` look;
- messages wait in a queue without a bound, and are gathered without one: `messages` sends and reserves.

References
----------
PS3.8 Section 9.2 (state machine), 9.1.5 (ARTIM timer), 9.3.8 (reasons of A-ABORT), Annex D.1 (maximum length).
"""

from __future__ import annotations

from dicom_workstation.network.upper_layer.accepted import AcceptedAssociation
from dicom_workstation.network.upper_layer.acceptor import Acceptor
from dicom_workstation.network.upper_layer.association import Association
from dicom_workstation.network.upper_layer.connection import AssociationSocket, tune
from dicom_workstation.network.upper_layer.messages import DIMSE
from dicom_workstation.network.upper_layer.negotiation import ACSE
from dicom_workstation.network.upper_layer.provider import UpperLayer
from dicom_workstation.network.upper_layer.replaced import PYNETDICOM_VERSION, REPLACED, Replaced
from dicom_workstation.network.upper_layer.state_machine import StateMachine
from dicom_workstation.network.upper_layer.streamed_data_set import StreamedDataSet
from dicom_workstation.network.upper_layer.unholdable_values import MOST_UID_CHARACTERS

__all__ = [
    "ACSE",
    "DIMSE",
    "MOST_UID_CHARACTERS",
    "PYNETDICOM_VERSION",
    "REPLACED",
    "AcceptedAssociation",
    "Acceptor",
    "Association",
    "AssociationSocket",
    "Replaced",
    "StateMachine",
    "StreamedDataSet",
    "UpperLayer",
    "tune",
]
