"""The DIMSE messages: their CommandField, and what each must contain (PS3.7 9.3, 10.3, Table E.1-1).

Invariants: one row a message. `required` are the elements beyond CommandGroupLength, CommandField and
CommandDataSetType that the service's parameter table marks M (PS3.7 Tables 9.1-1 to 9.1-5 and 10.1-1 to 10.1-6);
`data_set` says whether a data set must, may or must not follow.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class DataSetRule(enum.Enum):
    """Whether a data set follows the command set."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class MessageType:
    """One DIMSE message type."""

    name: str
    command_field: int
    required: tuple[str, ...]
    data_set: DataSetRule

    @property
    def is_response(self) -> bool:
        """Whether it answers a request: bit 15 of CommandField (PS3.7 E.1)."""
        return bool(self.command_field & 0x8000)


_REQUIRED, _OPTIONAL, _FORBIDDEN = DataSetRule.REQUIRED, DataSetRule.OPTIONAL, DataSetRule.FORBIDDEN
_AFFECTED = ("AffectedSOPClassUID", "MessageID")
_REQUESTED = ("RequestedSOPClassUID", "MessageID", "RequestedSOPInstanceUID")
_ANSWER = ("MessageIDBeingRespondedTo", "Status")

MESSAGE_TYPES: tuple[MessageType, ...] = (
    # PS3.7 9.3.1 to 9.3.5
    MessageType("C-STORE-RQ", 0x0001, (*_AFFECTED, "Priority", "AffectedSOPInstanceUID"), _REQUIRED),
    MessageType("C-STORE-RSP", 0x8001, _ANSWER, _FORBIDDEN),
    MessageType("C-FIND-RQ", 0x0020, (*_AFFECTED, "Priority"), _REQUIRED),
    MessageType("C-FIND-RSP", 0x8020, _ANSWER, _OPTIONAL),
    MessageType("C-GET-RQ", 0x0010, (*_AFFECTED, "Priority"), _REQUIRED),
    MessageType("C-GET-RSP", 0x8010, _ANSWER, _OPTIONAL),
    MessageType("C-MOVE-RQ", 0x0021, (*_AFFECTED, "Priority", "MoveDestination"), _REQUIRED),
    MessageType("C-MOVE-RSP", 0x8021, _ANSWER, _OPTIONAL),
    MessageType("C-ECHO-RQ", 0x0030, _AFFECTED, _FORBIDDEN),
    MessageType("C-ECHO-RSP", 0x8030, _ANSWER, _FORBIDDEN),
    MessageType("C-CANCEL-RQ", 0x0FFF, ("MessageIDBeingRespondedTo",), _FORBIDDEN),
    # PS3.7 10.3.1 to 10.3.6
    MessageType("N-EVENT-REPORT-RQ", 0x0100, (*_AFFECTED, "AffectedSOPInstanceUID", "EventTypeID"), _OPTIONAL),
    MessageType("N-EVENT-REPORT-RSP", 0x8100, _ANSWER, _OPTIONAL),
    MessageType("N-GET-RQ", 0x0110, _REQUESTED, _FORBIDDEN),
    MessageType("N-GET-RSP", 0x8110, _ANSWER, _OPTIONAL),
    MessageType("N-SET-RQ", 0x0120, _REQUESTED, _REQUIRED),
    MessageType("N-SET-RSP", 0x8120, _ANSWER, _OPTIONAL),
    MessageType("N-ACTION-RQ", 0x0130, (*_REQUESTED, "ActionTypeID"), _OPTIONAL),
    MessageType("N-ACTION-RSP", 0x8130, _ANSWER, _OPTIONAL),
    MessageType("N-CREATE-RQ", 0x0140, _AFFECTED, _OPTIONAL),
    MessageType("N-CREATE-RSP", 0x8140, _ANSWER, _OPTIONAL),
    MessageType("N-DELETE-RQ", 0x0150, _REQUESTED, _FORBIDDEN),
    MessageType("N-DELETE-RSP", 0x8150, _ANSWER, _FORBIDDEN),
)

BY_COMMAND_FIELD: dict[int, MessageType] = {row.command_field: row for row in MESSAGE_TYPES}
BY_NAME: dict[str, MessageType] = {row.name: row for row in MESSAGE_TYPES}
