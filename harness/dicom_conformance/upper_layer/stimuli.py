"""How a scripted peer causes each event of the state table in an AE: one line of a script for each.

Invariants: each line is lawful but for the state that it comes in, except for that of Evt19.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dicom_conformance.upper_layer.cells import Role
from dicom_wire.state import Event

VERIFICATION, IMPLICIT_VR = "1.2.840.10008.1.1", "1.2.840.10008.1.2"
_REQUESTED = [{"sop_class": VERIFICATION, "transfer_syntaxes": [IMPLICIT_VR]}]
_ACCEPTED = [{"context_id": "1", "result": "0", "transfer_syntax": IMPLICIT_VR}]

_OF_A_PDU: Mapping[Event, Any] = MappingProxyType(
    {
        Event.Evt4: {"send": {"pdu": "A-ASSOCIATE-RJ"}},
        Event.Evt6: {"send": {"pdu": "A-ASSOCIATE-RQ", "contexts": _REQUESTED}},
        Event.Evt12: {"send": {"pdu": "A-RELEASE-RQ"}},
        Event.Evt13: {"send": {"pdu": "A-RELEASE-RP"}},
        Event.Evt16: {"send": {"pdu": "A-ABORT"}},
        Event.Evt17: "close",
        Event.Evt19: {"send": {"pdu": "0x2A", "data": "00 00 00 00"}},
    }
)
_BY_ROLE: Mapping[Role, Mapping[Event, Any]] = MappingProxyType(
    {
        "acceptor": MappingProxyType(
            {
                Event.Evt3: {"send": {"pdu": "A-ASSOCIATE-AC", "contexts": _ACCEPTED}},
                Event.Evt10: {
                    "send": {
                        "dimse": "C-ECHO-RQ",
                        "context_id": "1",
                        "MessageID": "7",
                        "AffectedSOPClassUID": VERIFICATION,
                    }
                },
            }
        ),
        "requestor": MappingProxyType(
            {
                Event.Evt3: {"send": {"pdu": "A-ASSOCIATE-AC"}},
                Event.Evt10: {"send": {"dimse": "C-ECHO-RSP", "Status": "0000"}},
            }
        ),
    }
)


def stimulus(role: Role, event: Event) -> Any:
    """Give the line of a script that causes the event in an AE of this role; None where it takes no line.

    The events without a line are those of the connection and of timers: the peer connects, listens or waits.
    """
    return _BY_ROLE[role].get(event, _OF_A_PDU.get(event))
