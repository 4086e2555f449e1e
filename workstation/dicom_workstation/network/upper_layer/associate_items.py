"""The items of an A-ASSOCIATE PDU, as far as pynetdicom's codec reads them wrongly, slowly or not at all.

Invariants: items fill their PDU exactly or are a fault; what nobody knows is left out, not refused.

References
----------
PS3.8 Section 9.3.2, 9.3.3, Annex D.2 (note 2)
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from pydicom.uid import UID
from pynetdicom.pdu_items import PDU_ITEM_TYPES
from pynetdicom.presentation import PresentationContext

PRESENTATION_CONTEXT_RQ: Final = 0x20
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
        for sub_kind, uid in _items(value[4:]):
            if sub_kind == _ABSTRACT_SYNTAX:
                context._abstract_syntax = read_uid(uid)
            elif sub_kind == _TRANSFER_SYNTAX and read_uid(uid):
                context._transfer_syntax.append(read_uid(uid))
        contexts[value[0]] = context
    return list(contexts.values())


@lru_cache(maxsize=1024)
def read_uid(raw: bytes) -> UID:
    """Read a UID as peers send it, padded or not; ValueError for what cannot be one."""
    text = raw.decode("ascii").strip("\0 ")
    if len(text) > 64:
        raise ValueError(f"a UID of {len(text)} characters")
    return UID(text)
