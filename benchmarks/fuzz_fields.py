"""The fields of an encoded PDU: where each begins and ends, as far as the PDU can be read.

Numbers (types, lengths, IDs, tags), values, and whole items, PDV items and elements, so that a mutation hits what means
something. What cannot be read has no fields but those of its header.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

HEADER_BYTES = 6
FIXED_BYTES = 74
"""Up to the items of an A-ASSOCIATE-RQ (PS3.8 9.3.2)."""
A_ASSOCIATE_RQ, P_DATA_TF = 1, 4
PRESENTATION_CONTEXT, USER_INFORMATION = 0x20, 0x50


@dataclass(frozen=True, slots=True)
class Field:
    """A part of a PDU: from `begin` to before `end`; whether it is read as one number."""

    begin: int
    end: int
    is_number: bool = False


def fields(raw: bytes) -> tuple[Field, ...]:
    """Find the fields of a PDU; there are some even in a broken one."""
    found = [Field(0, 1, True), Field(1, 2, True), Field(2, HEADER_BYTES, True), Field(HEADER_BYTES, len(raw))]
    if len(raw) > HEADER_BYTES and raw[0] == A_ASSOCIATE_RQ:
        found += [Field(6, 8, True), Field(10, 26), Field(26, 42), Field(42, FIXED_BYTES)]
        found += _items(raw, FIXED_BYTES, len(raw))
    elif len(raw) > HEADER_BYTES and raw[0] == P_DATA_TF:
        found += _pdvs(raw)
    return tuple(field for field in found if field.begin < field.end <= len(raw))


def _items(raw: bytes, at: int, end: int) -> Iterator[Field]:
    while at + 4 <= end:
        (length,) = struct.unpack_from(">H", raw, at + 2)
        behind = min(at + 4 + length, end)
        yield from (Field(at, at + 1, True), Field(at + 2, at + 4, True), Field(at + 4, behind), Field(at, behind))
        if raw[at] == PRESENTATION_CONTEXT:
            yield Field(at + 4, at + 5, True)
            yield from _items(raw, at + 8, behind)
        elif raw[at] == USER_INFORMATION:
            yield from _items(raw, at + 4, behind)
        at = behind


def _pdvs(raw: bytes) -> Iterator[Field]:
    at = HEADER_BYTES
    while at + 6 <= len(raw):
        (length,) = struct.unpack_from(">L", raw, at)
        behind = min(at + 4 + length, len(raw))
        yield from (Field(at, at + 4, True), Field(at + 4, at + 5, True), Field(at + 5, at + 6, True))
        yield from (Field(at + 6, behind), Field(at, behind))
        yield from _elements(raw, at + 6, behind)
        at = max(behind, at + 6)


def _elements(raw: bytes, at: int, end: int) -> Iterator[Field]:
    """Find the elements of a command set, or of a data set in Implicit VR Little Endian."""
    while at + 8 <= end:
        (length,) = struct.unpack_from("<L", raw, at + 4)
        behind = min(at + 8 + length, end)
        yield from (Field(at, at + 4, True), Field(at + 4, at + 8, True), Field(at + 8, behind), Field(at, behind))
        at = behind


def repaired(raw: bytes) -> bytes:
    """Make the PDU length true again, and that of a PDV item where there is one alone."""
    if len(raw) < HEADER_BYTES:
        return raw
    whole = bytearray(raw)
    struct.pack_into(">L", whole, 2, len(raw) - HEADER_BYTES)
    if raw[0] == P_DATA_TF and len(raw) >= HEADER_BYTES + 6:
        struct.pack_into(">L", whole, HEADER_BYTES, len(raw) - HEADER_BYTES - 4)
    return bytes(whole)
