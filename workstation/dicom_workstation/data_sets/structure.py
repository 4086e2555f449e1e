"""Walking over an encoded data set: which element stands where, without reading any value.

Invariants: the structure of a data set is followed to its last byte and into every sequence; anything that does
not follow PS3.5 Section 7 is a `DataSetError`, and so is what only a hostile peer sends: a VR that there is not, a
group length beyond the end of the data set, a value out of all proportion to its VR. Values are not judged else.

References
----------
PS3.5 Section 6.2 (VRs and their lengths), 7.1 (elements), 7.2 (group length), 7.5 (sequences), Annex A.4 (encapsulated
pixel data)
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pydicom.datadict import dictionary_VR

from dicom_workstation.tables import EXPLICIT_VR_BIG_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN

UNDEFINED_LENGTH: Final = 0xFFFFFFFF
MAXIMUM_DEPTH: Final = 64
ITEM: Final = 0xFFFEE000
ITEM_DELIMITATION: Final = 0xFFFEE00D
SEQUENCE_DELIMITATION: Final = 0xFFFEE0DD
_SHORT_LENGTH_VRS: Final = frozenset(
    vr.encode()
    for vr in [
        "AE",
        "AS",
        "AT",
        "CS",
        "DA",
        "DS",
        "DT",
        "FL",
        "FD",
        "IS",
        "LO",
        "LT",
        "PN",
        "SH",
        "SL",
        "SS",
        "ST",
        "TM",
        "UI",
        "UL",
        "US",
    ]
)


_LONG_LENGTH_VRS: Final = frozenset(
    vr.encode() for vr in ["OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"]
)
_BRIEF_VRS: Final = frozenset(
    vr.encode() for vr in ["AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "PN", "SH", "TM", "UI"]
)
# Table 6.2-1 allows the longest of these, PN, 3 x 64 characters; in any character set they fit into this.
LONGEST_BRIEF_VALUE_BYTES: Final = 2048


class DataSetError(Exception):
    """A data set that cannot be understood; the text says why."""


@dataclass(frozen=True, slots=True)
class Element:
    """Where the value of an element stands; a value of undefined length ends before its delimiter."""

    offset: int
    length: int


def walk(data_set: bytes, transfer_syntax: str) -> dict[int, Element]:
    """Return tag -> place of the value, of the elements at top level.

    Raises
    ------
    DataSetError
        If the bytes are not a data set in the transfer syntax, to their end.
    """
    walker = _Walker(data_set, transfer_syntax)
    found: dict[int, Element] = {}
    offset, end = 0, len(data_set)
    while offset < end:
        tag, place, offset = walker.element(offset, end)
        if tag in found:
            raise DataSetError(f"has element {tag:08X} twice")
        found[tag] = place
        if tag & 0xFFFF == 0 and place.length == 4:
            _check_group_length(tag >> 16, offset + walker.number(place.offset), end)
    if not found:
        raise DataSetError("is empty")
    return found


def _check_group_length(group: int, declared_end: int, end: int) -> None:
    """Refuse a Group Length beyond the end; a wrong one within it is ignored, as all are (PS3.5 7.2)."""
    if declared_end > end:
        raise DataSetError(f"has a Group Length of group {group:04X} that goes beyond the end of the data set")


@lru_cache(maxsize=4096)
def _dictionary_vr(tag: int) -> bytes:
    try:
        return dictionary_VR(tag)[:2].encode()
    except KeyError:
        return b"UN"


class _Walker:
    """Follows the headers of elements and items."""

    def __init__(self, raw: bytes, transfer_syntax: str) -> None:
        order = ">" if transfer_syntax == EXPLICIT_VR_BIG_ENDIAN else "<"
        self._raw = raw
        self._is_implicit = transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN
        self._tag_and_long = struct.Struct(order + "HHL").unpack_from
        self._tag_and_vr = struct.Struct(order + "HH2sH").unpack_from
        self._long = struct.Struct(order + "L").unpack_from

    def element(
        self, offset: int, end: int, depth: int = 0, is_implicit: bool | None = None
    ) -> tuple[int, Element, int]:
        """Return tag, place of the value, and where the next element begins."""
        implicit = self._is_implicit if is_implicit is None else is_implicit
        if offset + 8 > end:
            raise DataSetError("ends within the header of an element")
        vr = b""
        if implicit:
            group, number, length = self._tag_and_long(self._raw, offset)
            offset += 8
        else:
            group, number, vr, length = self._tag_and_vr(self._raw, offset)
            offset += 8
            if vr not in _SHORT_LENGTH_VRS:
                if vr not in _LONG_LENGTH_VRS:
                    what = f"the unknown VR {vr.decode()}" if vr.isalpha() and vr.isupper() else "an invalid VR"
                    raise DataSetError(f"has {what} at element {group:04X}{number:04X}")
                if offset + 4 > end:
                    raise DataSetError("ends within the header of an element")
                length = self._long(self._raw, offset)[0]
                offset += 4
        tag = group << 16 | number
        if length == UNDEFINED_LENGTH:
            # PS3.5 6.2.2: the items of a UN of undefined length are in Implicit VR Little Endian
            after = self._items(offset, end, depth + 1, implicit or vr == b"UN", vr in (b"OB", b"OW"), False)
            return tag, Element(offset, after - offset - 8), after
        if offset + length > end:
            raise DataSetError(f"ends within element {tag:08X}")
        if implicit:
            vr = _dictionary_vr(tag)
        if vr == b"SQ":
            self._items(offset, offset + length, depth + 1, implicit, False, True)
        elif length > LONGEST_BRIEF_VALUE_BYTES and vr in _BRIEF_VRS:
            longest = max(map(len, self._raw[offset : offset + length].split(b"\\")))
            if longest > LONGEST_BRIEF_VALUE_BYTES:
                raise DataSetError(f"has a value of {longest} bytes at element {tag:08X}, VR {vr.decode()}")
        return tag, Element(offset, length), offset + length

    def number(self, offset: int) -> int:
        """Return the value of VR UL at an offset."""
        return int(self._long(self._raw, offset)[0])

    def _items(
        self, offset: int, end: int, depth: int, implicit: bool, is_encapsulated: bool, is_length_defined: bool
    ) -> int:
        """Return where the sequence or encapsulated value that begins here ends."""
        if depth > MAXIMUM_DEPTH:
            raise DataSetError("is nested too deeply")
        while not is_length_defined or offset < end:
            tag, length = self._item_header(offset, end)
            offset += 8
            if tag == SEQUENCE_DELIMITATION:
                return offset
            if tag != ITEM:
                raise DataSetError(f"has {tag:08X} where an item begins")
            if length != UNDEFINED_LENGTH:
                if offset + length > end:
                    raise DataSetError("ends within an item")
                if not is_encapsulated:
                    self._item_of_length(offset, offset + length, depth, implicit)
                offset += length
            elif is_encapsulated:
                raise DataSetError("has a fragment of undefined length")
            else:
                offset = self._item(offset, end, depth, implicit)
        return offset

    def _item_of_length(self, offset: int, end: int, depth: int, implicit: bool) -> None:
        while offset < end:
            _, _, offset = self.element(offset, end, depth, implicit)

    def _item(self, offset: int, end: int, depth: int, implicit: bool) -> int:
        while True:
            tag, _ = self._item_header(offset, end)
            if tag == ITEM_DELIMITATION:
                return offset + 8
            _, _, offset = self.element(offset, end, depth, implicit)

    def _item_header(self, offset: int, end: int) -> tuple[int, int]:
        if offset + 8 > end:
            raise DataSetError("ends within a sequence")
        group, number, length = self._tag_and_long(self._raw, offset)
        return group << 16 | number, length
