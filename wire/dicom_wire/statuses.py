"""Status codes of DIMSE responses and the class each belongs to (PS3.7 Annex C).

Invariants: a class follows from the number alone, by the ranges of PS3.7 C.1 to C.5, whatever the service;
a number that no range covers is `UNKNOWN`. What a service (PS3.4) calls its own codes is no business of this file.
"""

from __future__ import annotations

import enum


class StatusClass(enum.Enum):
    """The classes of PS3.7 Annex C, and the lack of one."""

    SUCCESS = "success"
    WARNING = "warning"
    FAILURE = "failure"
    CANCEL = "cancel"
    PENDING = "pending"
    UNKNOWN = "unknown"


# PS3.7 Annex C.1 to C.5: the codes that have a name for every service
STATUS_NAMES: dict[int, str] = {
    0x0000: "Success",
    0x0105: "No such Attribute",
    0x0106: "Invalid Attribute Value",
    0x0107: "Attribute List Error",
    0x0110: "Processing failure",
    0x0111: "Duplicate SOP Instance",
    0x0112: "No such SOP Instance",
    0x0113: "No such Event Type",
    0x0114: "No such argument",
    0x0115: "Invalid argument value",
    0x0116: "Attribute Value Out of Range",
    0x0117: "Invalid SOP Instance",
    0x0118: "No such SOP Class",
    0x0119: "Class-Instance conflict",
    0x0120: "Missing Attribute",
    0x0121: "Missing Attribute Value",
    0x0122: "SOP Class not supported",
    0x0123: "No such Action",
    0x0124: "Not authorized",
    0x0210: "Duplicate invocation",
    0x0211: "Unrecognized operation",
    0x0212: "Mistyped argument",
    0x0213: "Resource limitation",
    0xFE00: "Cancel",
    0xFF00: "Pending",
    0xFF01: "Pending",
}

_WARNINGS = frozenset({0x0001, 0x0107, 0x0116})


def status_class(status: int) -> StatusClass:
    """Return the class of a status code (0000H to FFFFH).

    References
    ----------
    PS3.7 C: success 0000; warning 0001, 0107, 0116, Bxxx; failure Axxx, Cxxx, 01xx (but 0107, 0116), 02xx; cancel
    FE00; pending FF00, FF01
    """
    if status == 0x0000:
        return StatusClass.SUCCESS
    if status in _WARNINGS or status >> 12 == 0xB:
        return StatusClass.WARNING
    if status >> 12 in (0xA, 0xC) or status >> 8 in (0x01, 0x02):
        return StatusClass.FAILURE
    if status == 0xFE00:
        return StatusClass.CANCEL
    if status in (0xFF00, 0xFF01):
        return StatusClass.PENDING
    return StatusClass.UNKNOWN


def status_name(status: int) -> str:
    """Return the standard's name of a code that has one for every service, else its class and number."""
    return STATUS_NAMES.get(status, f"{status_class(status).value} {status:04X}H")
