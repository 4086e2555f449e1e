"""DIMSE messages of one association, to and from fragments.

Invariants: pynetdicom's codec reads command sets, `command_set` writes them; data sets are not looked at, that of a
C-STORE goes to its receipt, and any other is gathered within a bound, or dropped where nobody wants it; a receipt that
nobody kept is discarded when its message has been served, or when the association ends; a fragment that does not fit
what went before is a fault of the peer's.

References
----------
PS3.7 Section 6.3; PS3.8 Annex E
"""

from __future__ import annotations

import queue
from io import BytesIO
from typing import Any, Final

from pydicom.dataset import Dataset
from pynetdicom import dimse
from pynetdicom.dimse_messages import DIMSEMessage
from pynetdicom.dimse_primitives import C_CANCEL, DIMSEPrimitive
from pynetdicom.pdu_primitives import P_DATA

from dicom_workstation.data_sets import suppress_warnings
from dicom_workstation.network.upper_layer.command_set import encode_message
from dicom_workstation.network.upper_layer.parts import DataSetReceipt, WholeAssociation
from dicom_workstation.network.upper_layer.plain_store import (
    C_STORE_RQ,
    MOST_UID_CHARACTERS,
    PlainStoreRequest,
    read_plain_store,
)
from dicom_workstation.network.upper_layer.streamed_data_set import StreamedDataSet
from dicom_workstation.network.upper_layer.unholdable_values import put_back, take_unholdable

MAXIMUM_COMMAND_LENGTH_BYTES: Final = 1 << 16
MAXIMUM_IDENTIFIER_LENGTH_BYTES: Final = 1 << 24
_SINGLE_VALUED: Final = ("CommandField", "MessageID", "MessageIDBeingRespondedTo", "CommandDataSetType", "Status")


def _named(command: Dataset) -> tuple[int, ...]:
    """Return the attributes that a response is about; pynetdicom's primitives do not all have room for them."""
    found: list[int] = []
    with suppress_warnings():
        for keyword in ("AttributeIdentifierList", "OffendingElement"):
            value = command.get(keyword)
            found += [value] if isinstance(value, int) else value or ()
    return tuple(map(int, found))


def _check_single_values(command: Dataset) -> None:
    """Refuse a command set in which a number that decides what the message is has several values.

    References
    ----------
    PS3.7 Table E.1-1 (VM 1)
    """
    for keyword in _SINGLE_VALUED:
        count = command[keyword].VM if keyword in command else 1
        if count > 1:
            raise ValueError(f"{keyword} has {count} values")


def _leave_out_what_cannot_be_held(command: Dataset) -> dict[str, str]:
    """Drop UIDs of a response that pynetdicom's primitives refuse: a response is known by its message ID, not by them.

    Returns
    -------
    dict of str to str
        What was dropped, by keyword.

    References
    ----------
    PS3.5 Section 9.1 (at most 64 characters); PS3.7 Section 9.1 (what a response answers)
    """
    dropped = {}
    if "MessageIDBeingRespondedTo" in command:
        for keyword in ("AffectedSOPClassUID", "AffectedSOPInstanceUID"):
            value = str(command.get(keyword, ""))
            if len(value) > MOST_UID_CHARACTERS:
                dropped[keyword] = value
                delattr(command, keyword)
    return dropped


def _primitive_of(message: DIMSEMessage) -> DIMSEPrimitive:
    """Have pynetdicom make the primitive of a message that it read, with what its primitives have no room for."""
    with suppress_warnings():
        dropped = _leave_out_what_cannot_be_held(message.command_set)
        taken = take_unholdable(message.command_set)
        primitive = message.message_to_primitive()
    put_back(primitive, taken)
    primitive.named_attributes = _named(message.command_set)
    primitive.dropped = dropped
    return primitive


class DIMSE(dimse.DIMSEServiceProvider):
    """Assembles and sends DIMSE messages; pynetdicom's codec reads the command sets.

    References
    ----------
    PS3.7 Section 6.3, PS3.8 Annex E
    """

    def __init__(self, assoc: WholeAssociation) -> None:
        super().__init__(assoc)
        self._command = bytearray()
        self._data_set = BytesIO()  # gives its bytes away without a copy
        self._received_bytes = 0
        self._is_gathered = False
        self._is_store = False
        self._receipt: DataSetReceipt | None = None

    def get_msg(self, block: bool = False) -> Any:
        """Return (context ID, primitive), or (None, None) when none came in time or the association ended."""
        if block:
            self.dul.wait(lambda: not self.msg_queue.empty(), self.dimse_timeout)
        try:
            return self.msg_queue.get_nowait()
        except queue.Empty:
            return None, None

    def receive_fragment(self, context_id: int, control: int, fragment: memoryview) -> None:
        """Take a fragment of a message; ValueError when it does not fit what went before."""
        if context_id not in self.assoc._accepted_cx:
            raise ValueError(f"PDV in presentation context {context_id}, which was not accepted")
        is_command, is_last = control & 1, control & 2
        if self.message is not None and (is_command or context_id != self.message.context_id):
            raise ValueError("the data set of a message is interrupted by another message")
        if is_command:
            self._command += fragment
            if len(self._command) > MAXIMUM_COMMAND_LENGTH_BYTES:
                raise ValueError("a command set that does not end")
            if is_last:
                self._begin_message(context_id)
        elif self.message is None:
            raise ValueError("a data set without a command set")
        else:
            self._gather(fragment)
            if is_last:
                self._end_message()

    def _begin_message(self, context_id: int) -> None:
        raw, self._command = bytes(self._command), bytearray()
        self._data_set, self._received_bytes, self._is_gathered = BytesIO(), 0, False
        message: Any = read_plain_store(context_id, raw)
        is_whole, self._is_store = False, True
        if message is None:
            message, is_whole = self._read_message(context_id, raw)
            self._is_store = message.command_set.CommandField == C_STORE_RQ
        self.message = message
        if is_whole:
            self._end_message()
        elif isinstance(message, PlainStoreRequest):
            self._receipt = self.assoc.receipt_for(message.command_set, context_id)
        elif self._is_store:
            with suppress_warnings():  # a UID that is none is refused when the request is served
                self._receipt = self.assoc.receipt_for(message.command_set, context_id)
        else:
            self._is_gathered = self.assoc.takes_data_set(message.command_set.CommandField, context_id)

    def _read_message(self, context_id: int, raw: bytes) -> tuple[DIMSEMessage, bool]:
        """Have pynetdicom read a command set; returns the message, and whether it has no data set."""
        message, primitive = DIMSEMessage(), P_DATA()
        primitive.presentation_data_value_list = [[context_id, b"\x03" + raw]]
        with suppress_warnings():
            is_whole = message.decode_msg(primitive, self.assoc)
            _check_single_values(message.command_set)
        return message, is_whole

    def _gather(self, fragment: memoryview) -> None:
        if self._receipt is not None:
            self._receipt.write(fragment)
        elif not self._is_store:
            self._received_bytes += len(fragment)
            if self._received_bytes > MAXIMUM_IDENTIFIER_LENGTH_BYTES:
                raise ValueError(f"an Identifier of more than {MAXIMUM_IDENTIFIER_LENGTH_BYTES} bytes")
            if self._is_gathered:
                self._data_set.write(fragment)

    def release(self) -> None:
        """Forget what was received of a message that has no end yet."""
        self._data_set = BytesIO()
        receipt, self._receipt = self._receipt, None
        if receipt is not None:
            receipt.discard()

    def close(self) -> None:
        """Forget every message that nobody took, when the association has ended."""
        self.release()
        while not self.msg_queue.empty():
            _, message = self.msg_queue.get_nowait()
            if message is not None and message.receipt is not None:
                message.receipt.discard()

    def _end_message(self) -> None:
        message: Any = self.message
        self.message = None
        message.data_set, self._data_set = self._data_set, BytesIO()
        is_plain = isinstance(message, PlainStoreRequest)
        primitive: Any = message.message_to_primitive() if is_plain else _primitive_of(message)
        primitive.receipt, self._receipt = self._receipt, None  # until the message has been served
        if self._is_taken(primitive):
            return
        self.msg_queue.put((message.context_id, primitive))
        limit = self.assoc.most_waiting
        if limit is not None and self.msg_queue.qsize() > limit:
            raise ValueError(f"more than {limit} requests wait, although no asynchronous operations were agreed")

    def _is_taken(self, primitive: DIMSEPrimitive) -> bool:
        """Give C-CANCEL and responses to whoever waits for them; False for what waits in the queue."""
        if isinstance(primitive, C_CANCEL):
            return bool(self.assoc.note_cancel(primitive.MessageIDBeingRespondedTo))
        return primitive.MessageIDBeingRespondedTo is not None and bool(self.assoc.take_response(primitive))

    def send_msg(self, primitive: DIMSEPrimitive, context_id: int) -> None:
        """Send a message, fragmented to the peer's maximum length."""
        command, data_set = encode_message(primitive)
        limit = self.assoc.peer_maximum_length
        self.dul.send_fragments(context_id, 0x01, command, limit)
        if isinstance(data_set, StreamedDataSet):
            self._send_stream(context_id, data_set, limit)
        elif data_set is not None:
            self.dul.send_fragments(context_id, 0x00, data_set.getvalue(), limit)  # `getbuffer` may copy

    def _send_stream(self, context_id: int, data_set: StreamedDataSet, limit: int) -> None:
        """Send a data set from its stream; one that breaks off cannot be taken back, and ends the association."""
        with data_set.stream:
            try:
                self.dul.send_stream(context_id, data_set, limit)
            except OSError:
                self.assoc.abort()
