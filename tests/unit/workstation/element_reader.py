"""A small reader of encoded data sets for tests.

It shares nothing with the code under test, and nothing with pydicom but the VRs of PS3.6.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pydicom.datadict import dictionary_VR

SHORT = frozenset(["AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT"]) | frozenset(
    ["PN", "SH", "SL", "SS", "ST", "TM", "UI", "UL", "US"]
)
UNDEFINED = 0xFFFFFFFF
WIDTH = {"AT": 2, "OW": 2, "SS": 2, "US": 2, "FL": 4, "OF": 4, "OL": 4, "SL": 4, "UL": 4} | dict.fromkeys(
    ("FD", "OD", "OV", "SV", "UV"), 8
)


@dataclass(frozen=True)
class Seen:
    """An element: its VR as written ("" in Implicit VR), its bytes, or its items as lists of elements."""

    tag: int
    vr: str
    is_length_undefined: bool
    value: bytes
    items: list[list[Seen]] | None = None
    items_undefined: tuple[bool, ...] = ()


def parse(raw: bytes, implicit: bool, order: str = "<") -> list[Seen]:
    """Read a whole data set; zero bytes at its end are left out."""
    found, at = _elements(raw, 0, len(raw), implicit, order)
    assert not any(raw[at:])
    return found


def _elements(raw: bytes, at: int, end: int, implicit: bool, order: str) -> tuple[list[Seen], int]:
    found: list[Seen] = []
    while at < end:
        group, number, length = struct.unpack_from(order + "HHI", raw, at)
        if (group, number) in ((0xFFFE, 0xE00D), (0, 0)):
            break
        tag, vr = group << 16 | number, ""
        at += 8
        if not implicit:
            vr = raw[at - 4 : at - 2].decode("ascii")
            if vr in SHORT:
                length = struct.unpack_from(order + "H", raw, at - 2)[0]
            else:
                length = struct.unpack_from(order + "I", raw, at)[0]
                at += 4
        if length == UNDEFINED and vr in ("OB", "OW"):
            after = _after_fragments(raw, at)
            found.append(Seen(tag, vr, True, raw[at:after]))
        elif length == UNDEFINED or vr == "SQ" or (implicit and _vr(tag) == "SQ"):
            until = end if length == UNDEFINED else at + length
            if vr == "UN":
                items, undefined, after = _items(raw, at, until, True, "<", length == UNDEFINED)
            else:
                items, undefined, after = _items(raw, at, until, implicit, order, length == UNDEFINED)
            found.append(Seen(tag, vr, length == UNDEFINED, raw[at:after], items, undefined))
        else:
            after = at + length
            assert after <= end, f"{tag:08X} goes beyond the end"
            found.append(Seen(tag, vr, False, raw[at:after]))
        at = after
    return found, at


def _items(
    raw: bytes, at: int, end: int, implicit: bool, order: str, undefined: bool
) -> tuple[list[list[Seen]], tuple[bool, ...], int]:
    items, forms = [], []
    while undefined or at < end:
        group, number, length = struct.unpack_from(order + "HHI", raw, at)
        at += 8
        if (group, number) == (0xFFFE, 0xE0DD):
            break
        assert (group, number) == (0xFFFE, 0xE000)
        elements, after = _elements(raw, at, end if length == UNDEFINED else at + length, implicit, order)
        items.append(elements)
        forms.append(length == UNDEFINED)
        at = after + 8 if length == UNDEFINED else at + length
    return items, tuple(forms), at


def _after_fragments(raw: bytes, at: int) -> int:
    while raw[at : at + 4] == b"\xfe\xff\x00\xe0":
        at += 8 + struct.unpack_from("<I", raw, at + 4)[0]
    assert raw[at : at + 4] == b"\xfe\xff\xdd\xe0"
    return at + 8


def _vr(tag: int) -> str:
    try:
        return str(dictionary_VR(tag))
    except KeyError:
        return "UN"


def size(element: Seen, implicit: bool) -> int:
    """How many bytes an element takes, header and all."""
    return (8 if implicit or element.vr in SHORT else 12) + len(element.value)
