"""Values of a request that pynetdicom's primitives refuse to hold: a title or UID that is too long, for instance.

The primitives raise on such a value, and the association would end in an abort. A request that says nonsense in a field
of its own can be answered: the service finds that no such destination, class or instance exists.

Invariants: the value reaches the service as it came, so that it never looks like another one that is known; nothing is
echoed in a response that a response may not have.

References
----------
PS3.5 Table 6.2-1 (AE: 16 characters), Section 9.1 (UI: 64 characters); PS3.7 Annex C and Table E.1-1
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydicom import config
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom.dimse_primitives import DIMSEPrimitive

from dicom_workstation.network.upper_layer.plain_store import MOST_UID_CHARACTERS as MOST_UID_CHARACTERS

_UIDS: Final = {
    "AffectedSOPClassUID": "_affected_sop_class_uid",
    "AffectedSOPInstanceUID": "_affected_sop_instance_uid",
    "RequestedSOPClassUID": "_requested_sop_class_uid",
    "RequestedSOPInstanceUID": "_requested_sop_instance_uid",
}
_MEDIUM: Final = 0  # Priority
_PRIORITIES: Final = (0, 1, 2)


def take_unholdable(command: Dataset) -> dict[str, Any]:
    """Take values out of the command set of a request; returns what `put_back` sets.

    A Priority that is none counts as medium: no status says that it is wrong (PS3.4 Tables C.4-1 to C.4-3).
    """
    taken: dict[str, Any] = {}
    if "MessageIDBeingRespondedTo" in command:
        return taken
    for keyword, attribute in _UIDS.items():
        if keyword in command and (command[keyword].VM > 1 or len(str(command[keyword].value)) > MOST_UID_CHARACTERS):
            taken[attribute] = UID(_as_it_came(command, keyword), validation_mode=config.IGNORE)
            delattr(command, keyword)
    if "MoveDestination" in command:
        taken["_move_destination"] = _as_it_came(command, "MoveDestination")
        delattr(command, "MoveDestination")
    if "ActionTypeID" in command and command["ActionTypeID"].VM > 1:
        taken["_action_type_id"] = tuple(command.ActionTypeID)
        del command.ActionTypeID
    if command.get("Priority") is not None and command.Priority not in _PRIORITIES:
        command.Priority = _MEDIUM
    return taken


def put_back(primitive: DIMSEPrimitive, taken: Mapping[str, Any]) -> None:
    """Set what was taken out behind the properties that would refuse it."""
    for attribute, value in taken.items():
        if hasattr(primitive, attribute):
            setattr(primitive, attribute, value)


def _as_it_came(command: Dataset, keyword: str) -> str:
    """Return a value with its spaces and backslashes; pydicom would strip a line feed, and split it."""
    element: object = command.get_item(keyword)
    if isinstance(element, RawDataElement):
        return (element.value or b"").decode("latin-1")
    value = command[keyword].value
    return "\\".join(map(str, value)) if command[keyword].VM > 1 else str(value or "")
