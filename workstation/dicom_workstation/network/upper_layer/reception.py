"""From the bytes that have come to whole PDUs, and to the state machine.

Invariants: bytes are gathered until a PDU is whole, and nothing here waits for more. A PDU that cannot be taken
is Evt19 with its reason, as soon as its header says so.

References
----------
PS3.8 Section 9.3 (PDUs), Table 9-26 (reasons), Annex D.1 (maximum length), Annex E.2 (P-DATA-TF)
"""

from __future__ import annotations

import ssl
import struct
import time
from typing import Any, Final

from pynetdicom import dul
from pynetdicom.pdu import A_ABORT_RQ, A_ASSOCIATE_RJ, A_ASSOCIATE_RQ
from pynetdicom.presentation import PresentationContext

from dicom_workstation.data_sets import is_our_mistake, suppress_warnings
from dicom_workstation.network.upper_layer.associate_items import (
    PRESENTATION_CONTEXT_RQ,
    check_required_items,
    known_items,
    proposed_contexts,
)
from dicom_workstation.network.upper_layer.faults import (
    INVALID_PARAMETER,
    NOT_SPECIFIED,
    PEER_FAULTS,
    UNRECOGNIZED_PDU,
    in_words,
)
from dicom_workstation.network.upper_layer.parts import WholeAssociation
from dicom_workstation.network.upper_layer.titles import with_lawful_titles

MAXIMUM_ASSOCIATE_LENGTH_BYTES: Final = 1 << 20  # of an A-ASSOCIATE PDU; 128 contexts with all syntaxes need 60 kB
RECEIVE_BYTES: Final = 1 << 17
PDUS_AT_ONCE: Final = 64

P_DATA_TF: Final = 0x04
_FIXED_LENGTH_TYPES: Final = (0x03, 0x05, 0x06, 0x07)  # A-ASSOCIATE-RJ, A-RELEASE-RQ and -RP, A-ABORT: 4 bytes
_LAWFUL_REJECTIONS: Final = frozenset(
    (result, source, reason)
    for result in (1, 2)
    for source, reasons in ((1, (1, 2, 3, 7)), (2, (1, 2)), (3, (1, 2)))
    for reason in reasons
)


class Reception(dul.DULServiceProvider):
    """What one association receives: the half of its upper layer that takes PDUs out of the bytes that came."""

    def __init__(self, assoc: WholeAssociation) -> None:
        super().__init__(assoc)
        self.fault_reason = NOT_SPECIFIED
        self.fault_text: str | None = None
        self.peer_abort: tuple[int, int] | None = None
        self.peer_rejection: tuple[int, int, int] | None = None
        self.proposed_contexts: list[PresentationContext] = []
        self.peer_titles = (b"", b"")  # called and calling, as they came
        self.connection_lost = False
        self._buffer = bytearray()
        self._begin = 0  # of what was not taken yet
        self._skip = 0
        self._end_of_stream = False
        self._last_pdu = time.monotonic()

    def fault(self, reason: int, text: str) -> None:
        """Remember the first fault of the peer's: the reason for A-ABORT, and words."""
        if self.fault_text is None:
            self.fault_reason, self.fault_text = reason, text

    def _next_pdu(self) -> bool:
        """Take whole PDUs out of what has come: one, or many of a data set that goes on; False when there is none."""
        taken = 0
        while True:
            self._drop_skipped()
            buffer, begin = self._buffer, self._begin
            if len(buffer) - begin >= 6:
                pdu_type, length = buffer[begin], int.from_bytes(buffer[begin + 2 : begin + 6], "big")
                reason = self._header_fault(pdu_type, length)
                if reason is not None:
                    self._skip = 6 + length
                    self._invalid(reason, f"PDU of type 0x{pdu_type:02X} and length {length}")
                    return True
                end = begin + 6 + length
                if end <= len(buffer):
                    raw = bytes(memoryview(buffer)[begin:end])
                    self._drop_until(end)
                    self._last_pdu = time.monotonic()
                    self._take(pdu_type, raw)
                    taken += 1
                    if taken == PDUS_AT_ONCE or not self._goes_on():
                        return True
                    continue
            if not self._fill():
                return taken > 0

    def _goes_on(self) -> bool:
        """Whether a data set is still coming, so that nobody waits for what has come of it."""
        return self.assoc.dimse.message is not None and self.event_queue.empty()

    def _drop_until(self, end: int) -> None:
        """Forget bytes that were taken; those that follow are moved when more come, and not for each PDU."""
        if end == len(self._buffer):
            self._buffer.clear()
            end = 0
        self._begin = end

    def _drop_skipped(self) -> None:
        """Forget what has come of a PDU that cannot be taken."""
        if self._skip:
            skipped = min(self._skip, len(self._buffer) - self._begin)
            self._skip -= skipped
            self._drop_until(self._begin + skipped)

    def _header_fault(self, pdu_type: int, length: int) -> int | None:
        """Return the reason why a PDU with this header cannot be taken."""
        if not 0x01 <= pdu_type <= 0x07:
            return UNRECOGNIZED_PDU
        if pdu_type == P_DATA_TF:
            limit = self.assoc.announced_maximum_length
            return INVALID_PARAMETER if limit and length > limit else None
        if pdu_type in _FIXED_LENGTH_TYPES:
            return INVALID_PARAMETER if length != 4 else None
        return INVALID_PARAMETER if length > MAXIMUM_ASSOCIATE_LENGTH_BYTES else None

    def _fill(self) -> bool:
        if self._end_of_stream or self.socket.socket is None:
            return False
        try:
            data = self.socket.socket.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return False
        except OSError as error:
            if isinstance(
                error, ssl.SSLError
            ):  # in TLS 1.3 a refused client certificate shows only now (RFC 8446, 4.4)
                self.socket.error = error
            data = b""
        if not data:
            self._lose_connection()
            return False
        if self._begin:
            del self._buffer[: self._begin]
            self._begin = 0
        self._buffer += data
        return True

    def _lose_connection(self) -> None:
        """Evt17: the transport connection is closed."""
        self._end_of_stream = True
        if self.state_machine.current_state not in ("Sta1", "Sta13"):
            self.connection_lost = True
        self.event_queue.put("Evt17")

    def _invalid(self, reason: int, text: str) -> None:
        self.fault(reason, text)
        self.event_queue.put("Evt19")

    def _take(self, pdu_type: int, raw: bytes) -> None:
        """Give a whole PDU to the state machine; P-DATA in data transfer straight to DIMSE."""
        try:
            if pdu_type == P_DATA_TF:
                if self.state_machine.current_state in ("Sta6", "Sta7"):  # DT-2, AR-6
                    self._take_p_data(memoryview(raw))
                else:
                    self.event_queue.put("Evt10")
                return
            pdu_class, event = dul._PDU_TYPES[raw[:1]]
            pdu = pdu_class()
            with suppress_warnings():
                self._decode(pdu, raw)
            self._note_fields(pdu, raw)
        except PEER_FAULTS as error:
            if is_our_mistake(error):
                raise
            self._invalid(INVALID_PARAMETER, in_words(error))
            return
        self._recv_pdu.put(pdu)
        self.event_queue.put(event)

    def _decode(self, pdu: Any, raw: bytes) -> None:
        """Have pynetdicom decode what it can decode of a PDU."""
        if isinstance(pdu, A_ASSOCIATE_RQ):
            fixed, self.peer_titles = with_lawful_titles(raw[:74])
            check_required_items(raw[74:])
            self.proposed_contexts = proposed_contexts(raw[74:])
            pdu.decode(fixed + known_items(raw[74:], without=PRESENTATION_CONTEXT_RQ))
        else:
            pdu.decode(raw[:74] + known_items(raw[74:]))  # all but A-ASSOCIATE-AC end long before

    def _note_fields(self, pdu: Any, raw: bytes) -> None:
        """Keep what a primitive cannot hold, and make the PDU such that it can be held."""
        if isinstance(pdu, A_ASSOCIATE_RQ) and pdu.protocol_version & 1:
            pdu.protocol_version = 1  # PS3.8 Table 9-11: only bit 0 is tested
        elif isinstance(pdu, A_ASSOCIATE_RJ):
            self.peer_rejection = (raw[7], raw[8], raw[9])
            if self.peer_rejection not in _LAWFUL_REJECTIONS:
                pdu.result, pdu.source, pdu.reason_diagnostic = 1, 1, 1
        elif isinstance(pdu, A_ABORT_RQ):
            self.peer_abort = (raw[8], raw[9])
            if raw[8] == 2 and raw[9] not in (0, 1, 2, 4, 5, 6):
                pdu.reason_diagnostic = 0
            elif raw[8] not in (0, 2):
                pdu.source, pdu.reason_diagnostic = 0, 0

    def _take_p_data(self, raw: memoryview) -> None:
        """Take the PDVs of a P-DATA-TF; ValueError when they do not fill it exactly (PS3.8 Section 9.3.5)."""
        offset = 6
        if len(raw) == offset:
            raise ValueError("P-DATA-TF without a PDV")
        while offset < len(raw):
            length, context_id, control = struct.unpack_from(">LBB", raw, offset)
            end = offset + 4 + length
            if length < 2 or end > len(raw):
                raise ValueError(f"PDV of length {length} in a P-DATA-TF of {len(raw)} bytes")
            self.assoc.dimse.receive_fragment(context_id, control, raw[offset + 6 : end])
            offset = end
