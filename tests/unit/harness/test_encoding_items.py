"""The items of a sequence, read without a library."""

from __future__ import annotations

import struct

from hand_written import EXPLICIT, IMPLICIT

from dicom_conformance.trace.encoding import elements, items

PATIENT_ID = b"\x10\x00\x20\x00LO\x02\x00P1"
ITEM, ITEM_END, END = b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0\0\0\0\0", b"\xfe\xff\xdd\xe0\0\0\0\0"
UNDEFINED = b"\xff\xff\xff\xff"


def sequence(value: bytes, length: int | None = None) -> bytes:
    told = UNDEFINED if length is None else struct.pack("<L", length)
    return b"\x08\x00\x15\x11SQ\0\0" + told + value


def read(data: bytes) -> tuple[list[list[int]], str | None]:
    found, fault = elements(data, EXPLICIT)
    assert fault is None
    inner, told = items(found[0], EXPLICIT)
    return [[element.tag for element in one] for one in inner], told


def test_lengths_may_be_defined_or_not() -> None:
    defined = ITEM + struct.pack("<L", len(PATIENT_ID)) + PATIENT_ID
    undefined = ITEM + UNDEFINED + PATIENT_ID + ITEM_END
    both = [[0x00100020], [0x00100020]]
    assert read(sequence(defined + undefined, len(defined + undefined))) == (both, None)
    assert read(sequence(undefined + defined + END)) == (both, None)
    assert read(sequence(ITEM + b"\0\0\0\0" + ITEM + UNDEFINED + ITEM_END + END)) == ([[], []], None)
    assert read(sequence(END)) == ([], None)


def test_what_is_within_an_item_does_not_end_it() -> None:
    nested = sequence(ITEM + UNDEFINED + PATIENT_ID + ITEM_END + END)
    assert read(sequence(ITEM + UNDEFINED + nested + ITEM_END + END)) == ([[0x00081115]], None)


def test_what_cannot_be_read_is_said_and_what_came_before_is_kept() -> None:
    implicit = b"\x10\x00\x20\x00\x02\0\0\0P1"
    value = ITEM + struct.pack("<L", len(implicit)) + implicit + ITEM + b"\xf0\0\0\0" + b"\0" * 4
    raw = b"\x08\x00\x15\x11" + struct.pack("<L", len(value)) + value
    (one,), fault = elements(raw, IMPLICIT)
    assert fault is None
    found, told = items(one, IMPLICIT)
    assert len(found) == 1
    assert told is not None
