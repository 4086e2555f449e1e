"""The items of an A-ASSOCIATE PDU, as far as pynetdicom's codec reads them wrongly, slowly or not at all.

Invariants: items fill their PDU exactly or are a fault; what nobody knows is left out, not refused.

References
----------
PS3.8 Section 9.3.2, 9.3.3, Annex D.2 (note 2)
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pydicom.uid import UID
from pynetdicom.pdu import A_ASSOCIATE_AC
from pynetdicom.pdu_items import PDU_ITEM_TYPES
from pynetdicom.pdu_primitives import A_ASSOCIATE
from pynetdicom.presentation import PresentationContext

PRESENTATION_CONTEXT_RQ: Final = 0x20
_PRESENTATION_CONTEXT_AC: Final = 0x21
_USER_INFORMATION: Final = 0x50
_ABSTRACT_SYNTAX, _TRANSFER_SYNTAX = 0x30, 0x40


def _items(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield type and value of each item (PS3.8 Section 9.3.2); ValueError where they do not fill the bytes exactly."""
    offset = 0
    while offset < len(raw):
        if offset + 4 > len(raw):
            raise ValueError("ends within the header of an item")
        kind, length = raw[offset], int.from_bytes(raw[offset + 2 : offset + 4], "big")
        value = raw[offset + 4 : offset + 4 + length]
        if len(value) != length:
            raise ValueError(f"ends within an item of type 0x{kind:02X}")
        yield kind, value
        offset += 4 + length


def known_items(raw: bytes, without: int | None = None) -> bytes:
    """Leave out a type of item, and the items and user information sub-items that pynetdicom does not know.

    References
    ----------
    PS3.8 Annex D.2, note 2: unrecognized user information sub-items are ignored.
    """
    parts = []
    for kind, value in _items(raw):
        known = known_items(value) if kind == _USER_INFORMATION else value
        if kind in PDU_ITEM_TYPES and kind != without:
            parts.append(struct.pack(">BBH", kind, 0, len(known)) + known)
    return b"".join(parts)


def proposed_contexts(raw: bytes) -> list[PresentationContext]:
    """Read the presentation context items of an A-ASSOCIATE-RQ (PS3.8 Section 9.3.2.2).

    pynetdicom makes and checks a UID five times over for each syntax: ten of the fourteen milliseconds of a request
    with 128 contexts.
    """
    contexts: dict[int, PresentationContext] = {}
    for kind, value in _items(raw):
        if kind != PRESENTATION_CONTEXT_RQ:
            continue
        if len(value) < 4 or value[0] in contexts:
            raise ValueError("a presentation context item is too short, or its ID occurs twice")
        context = PresentationContext()
        context.context_id = value[0]  # odd, or ValueError
        for sub_kind, sub_value in _items(value[4:]):
            if sub_kind == _ABSTRACT_SYNTAX:
                context._abstract_syntax = read_uid(sub_value)
            elif sub_kind == _TRANSFER_SYNTAX and (uid := read_uid(sub_value)):
                context._transfer_syntax.append(uid)
        contexts[value[0]] = context
    return list(contexts.values())


def check_required_items(raw: bytes) -> None:
    """Refuse an A-ASSOCIATE-RQ without a presentation context item, or without user information.

    Raises
    ------
    ValueError
        One of them is missing.

    References
    ----------
    PS3.8 Section 9.3.2, Table 9-11
    """
    kinds = {kind for kind, _ in _items(raw)}
    for required, name in ((PRESENTATION_CONTEXT_RQ, "presentation context"), (_USER_INFORMATION, "user information")):
        if required not in kinds:
            raise ValueError(f"an A-ASSOCIATE-RQ without a {name} item")


@lru_cache(maxsize=1024)
def read_uid(raw: bytes) -> UID:
    """Read a UID as peers send it, padded or not; ValueError for what cannot be one."""
    text = raw.decode("ascii").strip("\0 ")
    if len(text) > 64:
        raise ValueError(f"a UID of {len(text)} characters")
    return UID(text)


@dataclass(frozen=True, slots=True)
class ContextResult:
    """The result of one presentation context in an A-ASSOCIATE-AC, as pynetdicom's PDU takes its items.

    References
    ----------
    PS3.8 Section 9.3.3.2, Table 9-18
    """

    context_id: int
    result: int
    transfer_syntax: str

    def encode(self) -> bytes:
        """Encode the item with its one sub-item."""
        uid = self.transfer_syntax.encode("ascii")
        length = len(uid) + 8
        header = struct.pack(">BBHBBBB", _PRESENTATION_CONTEXT_AC, 0, length, self.context_id, 0, self.result, 0)
        return header + struct.pack(">BBH", _TRANSFER_SYNTAX, 0, len(uid)) + uid

    def __len__(self) -> int:
        return len(self.transfer_syntax) + 12


def acceptance(primitive: A_ASSOCIATE, peer_titles: tuple[bytes, bytes] = (b"", b"")) -> A_ASSOCIATE_AC:
    """Make the PDU that accepts an association; it repeats the called and the calling title as they came.

    pynetdicom checks the UID of each presentation context several times over: most of the time of an answer to 128.
    """
    contexts = primitive.presentation_context_definition_results_list
    primitive._presentation_context_definition_results_list = []
    try:
        pdu = A_ASSOCIATE_AC(primitive)
    finally:
        primitive._presentation_context_definition_results_list = contexts
    if all(peer_titles):  # PS3.8 Table 9-17: as received, whatever pads them
        pdu._reserved_aet, pdu._reserved_aec = (title.decode("ascii") for title in peer_titles)
    pdu.variable_items[1:1] = [
        ContextResult(context.context_id, context.result, str(context.transfer_syntax[0])) for context in contexts
    ]  # after the application context
    return pdu
