"""The command set of a C-STORE-RQ as almost every peer writes it, read at once.

pynetdicom makes a pydicom data set of a command set and checks each value several times, which takes longer than to
store a small instance. Whatever is not written as plainly as here is left to it.

Invariants: what is read here is what pynetdicom reads; nothing is read that it would refuse, or warn of.

References
----------
PS3.7 Section 6.3.1 (Implicit VR Little Endian), 9.3.1 (C-STORE) and Annex E; PS3.5 Section 9.1 (UIDs)
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final

from pydicom import config
from pydicom.uid import UID
from pynetdicom.dimse_primitives import C_STORE

from dicom_workstation.network.upper_layer.command_set import NO_DATA_SET

C_STORE_RQ: Final = 0x0001  # Command Field, PS3.7 Table E.1-1
MOST_UID_CHARACTERS: Final = 64
_NUMBERS: Final = {
    0x0100: "CommandField",
    0x0110: "MessageID",
    0x0700: "Priority",
    0x0800: "CommandDataSetType",
    0x1031: "MoveOriginatorMessageID",
}
_TEXTS: Final = {
    0x0002: "AffectedSOPClassUID",
    0x1000: "AffectedSOPInstanceUID",
    0x1030: "MoveOriginatorApplicationEntityTitle",
}
_REQUIRED: Final = {*_NUMBERS.values(), *_TEXTS.values()} - {
    "MoveOriginatorMessageID",
    "MoveOriginatorApplicationEntityTitle",
}
_PRIORITIES: Final = (0, 1, 2)
_UID: Final = re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))*")
_TITLE: Final = re.compile(r"[!-\[\]-~](?:[ -\[\]-~]{0,14}[!-\[\]-~])?")
_header = struct.Struct("<HHL").unpack_from


@dataclass(slots=True)
class PlainStoreRequest:
    """A C-STORE-RQ; it has what the assembly of messages asks of a message of pynetdicom's.

    Parameters
    ----------
    command_set : dict
        Values by keyword: UIDs and titles without padding, and numbers.
    """

    context_id: int
    command_set: dict[str, Any]
    data_set: BytesIO = field(default_factory=BytesIO)

    def message_to_primitive(self) -> C_STORE:
        """Make the request as the services get it."""
        request, command = C_STORE(), self.command_set
        # Set behind the properties, which look at a UID as `_is_plain` did.
        request._affected_sop_class_uid = _uid(command["AffectedSOPClassUID"])
        request._affected_sop_instance_uid = _uid(command["AffectedSOPInstanceUID"])
        request.MessageID = command["MessageID"]
        request.Priority = command["Priority"]
        request.MoveOriginatorApplicationEntityTitle = command.get("MoveOriginatorApplicationEntityTitle")
        request.MoveOriginatorMessageID = command.get("MoveOriginatorMessageID")
        request.DataSet = self.data_set
        request._context_id = self.context_id
        return request


def _uid(text: str) -> UID:
    return UID(text, validation_mode=config.IGNORE)


def read_plain_store(context_id: int, raw: bytes) -> PlainStoreRequest | None:
    """Read a command set; None if it is not a C-STORE-RQ with a data set, or in any way unusual."""
    command: dict[str, Any] = {}
    offset, last, end = 0, -1, len(raw)
    while offset + 8 <= end:
        group, tag, length = _header(raw, offset)
        begin, offset = offset + 8, offset + 8 + length
        if group or tag <= last or offset > end:
            return None
        last = tag
        if tag in _NUMBERS and length == 2:
            command[_NUMBERS[tag]] = raw[begin] | raw[begin + 1] << 8
        elif tag in _TEXTS and not length % 2:
            command[_TEXTS[tag]] = raw[begin:offset].decode("latin-1")
        elif tag != 0 or length != 4:  # Command Group Length, which nobody needs
            return None
    return PlainStoreRequest(context_id, command) if offset == end and _is_plain(command) else None


def _is_plain(command: dict[str, Any]) -> bool:
    """Take the padding away, and say whether each value is there and what it has to be."""
    if not command.keys() >= _REQUIRED or command["CommandField"] != C_STORE_RQ:
        return False
    if command["CommandDataSetType"] == NO_DATA_SET or command["Priority"] not in _PRIORITIES:
        return False
    for keyword in ("AffectedSOPClassUID", "AffectedSOPInstanceUID"):
        command[keyword] = uid = command[keyword].removesuffix("\0")
        if len(uid) > MOST_UID_CHARACTERS or _UID.fullmatch(uid) is None:
            return False
    title = command.get("MoveOriginatorApplicationEntityTitle")
    if title is not None:
        command["MoveOriginatorApplicationEntityTitle"] = title = title.rstrip(" ")
        return _TITLE.fullmatch(title) is not None
    return True
