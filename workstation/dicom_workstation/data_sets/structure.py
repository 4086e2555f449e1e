"""Walking over an encoded data set: which element stands where, without reading any value.

Invariants: the structure of a data set is followed to its last byte and into every sequence; anything that does
not follow PS3.5 Section 7 is a `DataSetError`, and so is what only a hostile peer sends: a VR that there is not, a
value out of all proportion to its VR. Values are not judged else. What many archives hold and every other system reads
(a stale group length, a repeated element, zero bytes at the end) is an error for `walk`, and a remark for `follow`.

References
----------
PS3.5 Section 6.2 (VRs and their lengths), 7.1 (elements), 7.2 (group length), 7.5 (sequences), Annex A.4 (encapsulated
pixel data)
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pydicom.datadict import dictionary_VR

from dicom_workstation.data_sets.wording import counted
from dicom_workstation.tables import EXPLICIT_VR_BIG_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN

UNDEFINED_LENGTH: Final = 0xFFFFFFFF
MAXIMUM_DEPTH: Final = 64
MOST_REMARKS: Final = 16
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
_VRS: Final = _SHORT_LENGTH_VRS | _LONG_LENGTH_VRS
_BRIEF_VRS: Final = frozenset(
    vr.encode() for vr in ["AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "PN", "SH", "TM", "UI"]
)
# Table 6.2-1 allows the longest of these, PN, 3 x 64 characters; in any character set they fit into this.
LONGEST_BRIEF_VALUE_BYTES: Final = 2048


class DataSetError(Exception):
    """A data set that cannot be understood; the text says why."""


@dataclass(frozen=True, slots=True)
class Element:
    """Where an element stands; a value of undefined length ends before its delimiter.

    Parameters
    ----------
    offset : int
        Where its value begins.
    length : int
        Size of its value.
    begin : int
        Where its header begins.
    """

    offset: int
    length: int
    begin: int


@dataclass(frozen=True, slots=True)
class Structure:
    """The elements at top level, and what is wrong with the encoding although it can be read.

    Parameters
    ----------
    elements : dict
        Tag -> place of the value; of a repeated element, the first.
    remarks : tuple of str
        Each completes a sentence that begins with "the data set"; at most 16.
    """

    elements: dict[int, Element]
    remarks: tuple[str, ...] = ()


def walk(data_set: bytes | memoryview, transfer_syntax: str) -> dict[int, Element]:
    """Return tag -> place of the value, of the elements at top level.

    Raises
    ------
    DataSetError
        If the bytes are not a data set in the transfer syntax, to their end.
    """
    return _walked(_Walker(data_set, transfer_syntax), None)


def follow(data_set: bytes | memoryview, transfer_syntax: str) -> Structure:
    """Follow a data set that somebody else keeps: errors that leave no doubt about any value become remarks.

    Raises
    ------
    DataSetError
        If the bytes cannot be understood as a data set in the transfer syntax.
    """
    remarks = _Remarks()
    found = _walked(_Walker(data_set, transfer_syntax, remarks), remarks)
    return Structure(found, tuple(remarks.texts))


class _Remarks:
    """Gathers what is wrong, each kind once, and no more than a user reads."""

    def __init__(self) -> None:
        self.texts: dict[str, None] = {}

    def add(self, text: str) -> None:
        if len(self.texts) < MOST_REMARKS:
            self.texts[text] = None


def _walked(walker: _Walker, remarks: _Remarks | None) -> dict[int, Element]:
    """Return the elements at top level; without `remarks` every error is a DataSetError."""
    found: dict[int, Element] = {}
    groups = _GroupLengths(walker)
    offset, end, last = 0, walker.end, -1
    while offset < end:
        if remarks is not None and found and walker.is_zero_from(offset):
            remarks.add(f"ends with {counted(end - offset, 'zero byte')}")
            break
        begin = offset
        tag, place, offset = walker.element(offset, end)
        if tag in found:
            if remarks is None:
                raise DataSetError(f"has element {tag:08X} twice")
            remarks.add(f"has element {tag:08X} more than once: the first one counts")
        elif tag < last and remarks is not None:
            remarks.add("has elements that are not in ascending order")
        if tag >> 16 == 0 and remarks is not None:
            remarks.add("has elements of group 0000, which belongs to commands")
        found.setdefault(tag, place)
        last = max(last, tag)
        groups.see(tag, place, begin)
    if not found:
        raise DataSetError("is empty")
    for text in groups.errors(end, only_beyond_end=remarks is None):
        if remarks is None:
            raise DataSetError(text)
        remarks.add(text)
    return found


class _GroupLengths:
    """What Group Lengths declare, held against where the groups end (PS3.5 7.2: retired, and often stale)."""

    def __init__(self, walker: _Walker) -> None:
        self._walker = walker
        self._declared: dict[int, int] = {}
        self._begins: list[tuple[int, int]] = []

    def see(self, tag: int, place: Element, begin: int) -> None:
        """Note an element that begins at an offset."""
        group = tag >> 16
        if not self._begins or self._begins[-1][0] != group:
            self._begins.append((group, begin))
        if tag & 0xFFFF == 0 and place.length == 4:
            self._declared.setdefault(group, place.offset + 4 + self._walker.number(place.offset))

    def errors(self, end: int, only_beyond_end: bool) -> Iterator[str]:
        """Say which Group Lengths are wrong; all of them, or those that go beyond the end of the data set."""
        ends = [begin for _, begin in self._begins[1:]] + [end]
        for (group, _), really in zip(self._begins, ends, strict=True):
            declared = self._declared.get(group, really)
            if declared > end:
                yield f"has a Group Length of group {group:04X} that goes beyond the end of the data set"
            elif declared != really and not only_beyond_end:
                yield f"has a Group Length of group {group:04X} that is wrong"


@lru_cache(maxsize=4096)
def _dictionary_vr(tag: int) -> bytes:
    try:
        return dictionary_VR(tag)[:2].encode()
    except KeyError:
        return b"UN"


class _Walker:
    """Follows the headers of elements and items."""

    def __init__(self, raw: bytes | memoryview, transfer_syntax: str, remarks: _Remarks | None = None) -> None:
        order = ">" if transfer_syntax == EXPLICIT_VR_BIG_ENDIAN else "<"
        self._raw = raw
        self.end = len(raw)
        self._remarks = remarks
        self._zeros_from: int | None = None
        self._is_big_endian = order == ">"
        self._is_implicit = transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN
        self._tag_and_long = struct.Struct(order + "HHL").unpack_from
        self._tag_and_vr = struct.Struct(order + "HH2sH").unpack_from
        self._long = struct.Struct(order + "L").unpack_from

    def element(
        self, offset: int, end: int, depth: int = 0, is_implicit: bool | None = None
    ) -> tuple[int, Element, int]:
        """Return tag, place of the value, and where the next element begins."""
        implicit = self._is_implicit if is_implicit is None else is_implicit
        begin = offset
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
            if vr == b"UN":
                after = self._unknown_items(tag, offset, end, depth + 1)
            else:
                after = self._items(offset, end, depth + 1, implicit, vr in (b"OB", b"OW"), False)
            return tag, Element(offset, after - offset - 8, begin), after
        if offset + length > end:
            raise DataSetError(f"ends within element {tag:08X}")
        if length % 2 and self._remarks is not None:
            self._remarks.add(f"has a value of odd length at element {tag:08X}")
        if implicit:
            vr = _dictionary_vr(tag)
        if vr == b"SQ":
            self._items(offset, offset + length, depth + 1, implicit, False, True)
        elif length > LONGEST_BRIEF_VALUE_BYTES and vr in _BRIEF_VRS:
            longest = max(map(len, bytes(self._raw[offset : offset + length]).split(b"\\")))
            if longest > LONGEST_BRIEF_VALUE_BYTES:
                raise DataSetError(f"has a value of {longest} bytes at element {tag:08X}, VR {vr.decode()}")
        return tag, Element(offset, length, begin), offset + length

    def _unknown_items(self, tag: int, offset: int, end: int, depth: int) -> int:
        """Follow the items of a UN of undefined length, in Implicit VR Little Endian in any syntax (PS3.5 6.2.2)."""
        if self._remarks is not None and self._is_item_explicit(offset):
            self._remarks.add(f"has a sequence of VR UN in Explicit VR at element {tag:08X}")
            return self._items(offset, end, depth, False, False, False)
        if not self._is_big_endian:
            return self._items(offset, end, depth, True, False, False)
        walker = _Walker(self._raw, IMPLICIT_VR_LITTLE_ENDIAN, self._remarks)
        return walker._items(offset, end, depth, True, False, False)

    def _is_item_explicit(self, offset: int) -> bool:
        """Whether the first element of the item that begins here has a VR, in the byte order of the data set."""
        tag = self._tag_and_long(self._raw, offset)[:2] if offset + 14 <= self.end else ()
        return tag == (ITEM >> 16, ITEM & 0xFFFF) and bytes(self._raw[offset + 12 : offset + 14]) in _VRS

    def is_zero_from(self, offset: int) -> bool:
        """Whether only zero bytes are left."""
        if self._raw[offset] or any(self._raw[offset : offset + 8]):
            return False
        if self._zeros_from is None:  # looked for once: data sets with many zeros cannot make this slow
            self._zeros_from = offset + len(bytes(self._raw[offset:]).rstrip(b"\0"))
        return offset >= self._zeros_from

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
        last = -1
        while offset < end:
            tag, _, offset = self.element(offset, end, depth, implicit)
            if tag == last:
                self._note_repetition(tag)
            last = tag

    def _item(self, offset: int, end: int, depth: int, implicit: bool) -> int:
        last = -1
        while True:
            tag, _ = self._item_header(offset, end)
            if tag == ITEM_DELIMITATION:
                return offset + 8
            _, _, offset = self.element(offset, end, depth, implicit)
            if tag == last:
                self._note_repetition(tag)
            last = tag

    def _note_repetition(self, tag: int) -> None:
        """Note that an item repeats an element: the library that reads it takes the last."""
        if self._remarks is not None:
            self._remarks.add(f"has an item with element {tag:08X} more than once: the last one counts")

    def _item_header(self, offset: int, end: int) -> tuple[int, int]:
        if offset + 8 > end:
            raise DataSetError("ends within a sequence")
        group, number, length = self._tag_and_long(self._raw, offset)
        return group << 16 | number, length
