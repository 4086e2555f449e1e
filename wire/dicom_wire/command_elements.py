"""The elements of a command set: PS3.7 Table E.1-1 (command fields) and Table E.2-1 (retired command fields).

Invariants: the rows of the tables and nothing else, in the order of their tags. The group is 0000H
throughout; `element` is the element number. `vm` is the standard's value multiplicity, "1" or "1-n".
"""

from __future__ import annotations

from typing import NamedTuple


class CommandElement(NamedTuple):
    """One row: element number, keyword, VR, VM."""

    element: int
    keyword: str
    vr: str
    vm: str


# PS3.7 Table E.1-1, Command Fields
COMMAND_FIELDS: tuple[CommandElement, ...] = (
    CommandElement(0x0000, "CommandGroupLength", "UL", "1"),
    CommandElement(0x0002, "AffectedSOPClassUID", "UI", "1"),
    CommandElement(0x0003, "RequestedSOPClassUID", "UI", "1"),
    CommandElement(0x0100, "CommandField", "US", "1"),
    CommandElement(0x0110, "MessageID", "US", "1"),
    CommandElement(0x0120, "MessageIDBeingRespondedTo", "US", "1"),
    CommandElement(0x0600, "MoveDestination", "AE", "1"),
    CommandElement(0x0700, "Priority", "US", "1"),
    CommandElement(0x0800, "CommandDataSetType", "US", "1"),
    CommandElement(0x0900, "Status", "US", "1"),
    CommandElement(0x0901, "OffendingElement", "AT", "1-n"),
    CommandElement(0x0902, "ErrorComment", "LO", "1"),
    CommandElement(0x0903, "ErrorID", "US", "1"),
    CommandElement(0x1000, "AffectedSOPInstanceUID", "UI", "1"),
    CommandElement(0x1001, "RequestedSOPInstanceUID", "UI", "1"),
    CommandElement(0x1002, "EventTypeID", "US", "1"),
    CommandElement(0x1005, "AttributeIdentifierList", "AT", "1-n"),
    CommandElement(0x1008, "ActionTypeID", "US", "1"),
    CommandElement(0x1020, "NumberOfRemainingSuboperations", "US", "1"),
    CommandElement(0x1021, "NumberOfCompletedSuboperations", "US", "1"),
    CommandElement(0x1022, "NumberOfFailedSuboperations", "US", "1"),
    CommandElement(0x1023, "NumberOfWarningSuboperations", "US", "1"),
    CommandElement(0x1030, "MoveOriginatorApplicationEntityTitle", "AE", "1"),
    CommandElement(0x1031, "MoveOriginatorMessageID", "US", "1"),
)

# PS3.7 Table E.2-1, Retired Command Fields
RETIRED_COMMAND_FIELDS: tuple[CommandElement, ...] = (
    CommandElement(0x0001, "CommandLengthToEnd", "UL", "1"),
    CommandElement(0x0010, "CommandRecognitionCode", "SH", "1"),
    CommandElement(0x0200, "Initiator", "AE", "1"),
    CommandElement(0x0300, "Receiver", "AE", "1"),
    CommandElement(0x0400, "FindLocation", "AE", "1"),
    CommandElement(0x0850, "NumberOfMatches", "US", "1"),
    CommandElement(0x0860, "ResponseSequenceNumber", "US", "1"),
    CommandElement(0x4000, "DialogReceiver", "LT", "1"),
    CommandElement(0x4010, "TerminalType", "LT", "1"),
    CommandElement(0x5010, "MessageSetID", "SH", "1"),
    CommandElement(0x5020, "EndMessageID", "SH", "1"),
    CommandElement(0x5110, "DisplayFormat", "LT", "1"),
    CommandElement(0x5120, "PagePositionID", "LT", "1"),
    CommandElement(0x5130, "TextFormatID", "CS", "1"),
    CommandElement(0x5140, "NormalReverse", "CS", "1"),
    CommandElement(0x5150, "AddGrayScale", "CS", "1"),
    CommandElement(0x5160, "Borders", "CS", "1"),
    CommandElement(0x5170, "Copies", "IS", "1"),
    CommandElement(0x5180, "CommandMagnificationType", "CS", "1"),
    CommandElement(0x5190, "Erase", "CS", "1"),
    CommandElement(0x51A0, "Print", "CS", "1"),
    CommandElement(0x51B0, "Overlays", "US", "1-n"),
)

BY_ELEMENT: dict[int, CommandElement] = {row.element: row for row in COMMAND_FIELDS + RETIRED_COMMAND_FIELDS}
BY_KEYWORD: dict[str, CommandElement] = {row.keyword: row for row in COMMAND_FIELDS + RETIRED_COMMAND_FIELDS}
