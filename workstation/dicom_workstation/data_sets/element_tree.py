"""An encoded data set as a tree of elements whose values are the bytes that stand there.

Invariants: no value is interpreted, so that none can change; the tree says all that an encoding leaves open (which
lengths are defined), so that the same bytes could be written from it again. Zero bytes that end a data set are no
elements.

References
----------
PS3.5 Section 6.2.2 (VR UN), 7.1 (elements), 7.5 (sequences), Annex A.4 (encapsulated Pixel Data)
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pydicom.datadict import dictionary_VR

from dicom_workstation.data_sets.structure import (
    ITEM,
    ITEM_DELIMITATION,
    MAXIMUM_DEPTH,
    SEQUENCE_DELIMITATION,
    UNDEFINED_LENGTH,
    DataSetError,
)
from dicom_workstation.tables import EXPLICIT_VR_BIG_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN

SHORT_LENGTH_VRS: Final = frozenset(
    {*("AE", "AS", "AT", "CS", "DA", "DS", "DT"), *("FD", "FL", "IS", "LO", "LT", "PN", "SH")}
    | {"SL", "SS", "ST", "TM", "UI", "UL", "US"}
)
LONG_LENGTH_VRS: Final = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"))
_ITEM_IN_LITTLE_ENDIAN: Final = b"\xfe\xff\x00\xe0"
_END_IN_LITTLE_ENDIAN: Final = b"\xfe\xff\xdd\xe0"
_HEADERS: Final = {
    order == ">": tuple(struct.Struct(order + form).unpack_from for form in ("HHL", "HH2sH", "L")) for order in "<>"
}
"""By whether the byte order is big, what reads: tag and long length; tag, VR and short length; a long length."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How elements are written."""

    is_implicit: bool
    is_big: bool = False

    @classmethod
    def of(cls, transfer_syntax: str) -> Encoding:
        """Return that of a transfer syntax."""
        return cls(transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN, transfer_syntax == EXPLICIT_VR_BIG_ENDIAN)

    @property
    def order(self) -> str:
        """Its byte order, as `struct` writes it."""
        return ">" if self.is_big else "<"


IMPLICIT: Final = Encoding(is_implicit=True)


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a sequence, or a whole data set."""

    elements: tuple[ElementNode, ...]
    is_length_undefined: bool = False

    def find(self, tag: int) -> ElementNode | None:
        """Return the first element of a tag."""
        return next((element for element in self.elements if element.tag == tag), None)


@dataclass(frozen=True, slots=True)
class ElementNode:
    """One element.

    Parameters
    ----------
    vr : str
        As it is written; empty in Implicit VR, except SQ.
    value : memoryview
        The bytes of the value; of an undefined length with the delimiter that ends it.
    items : tuple of Item or None
        Of a sequence.
    encoding : Encoding
        That of the value: in VR UN of undefined length it is Implicit VR Little Endian, wherever that stands.
    """

    tag: int
    vr: str
    value: memoryview
    encoding: Encoding
    items: tuple[Item, ...] | None = None
    is_length_undefined: bool = False

    @property
    def is_encapsulated(self) -> bool:
        """Whether the value is a sequence of fragments."""
        return self.is_length_undefined and self.items is None


def read_tree(data_set: bytes, transfer_syntax: str) -> Item:
    """Read a data set.

    Raises
    ------
    DataSetError
        If the bytes are not a data set in the transfer syntax, to their end.
    """
    encoding = Encoding.of(transfer_syntax)
    if not encoding.is_implicit and not _is_vr(data_set[4:6]):
        encoding = IMPLICIT  # as pydicom forgives it
    return Item(tuple(_Reader(memoryview(data_set)).elements(0, len(data_set), encoding, 0)))


def read_nodes(data_set: bytes | memoryview, transfer_syntax: str, begins: Iterable[int]) -> list[ElementNode]:
    """Read the elements of a data set whose headers begin at some offsets.

    Raises
    ------
    DataSetError
        If there is no element in the transfer syntax.
    """
    encoding, reader, end = Encoding.of(transfer_syntax), _Reader(memoryview(data_set)), len(data_set)
    return [reader.element(begin, end, encoding, 0)[0] for begin in begins]


def read_items(value: bytes | memoryview, encoding: Encoding) -> tuple[Item, ...]:
    """Read the value of a sequence; DataSetError if it is none."""
    found, _ = _Reader(memoryview(value)).items(0, len(value), encoding, 1, is_length_undefined=False)
    return found


@lru_cache(maxsize=4096)
def dictionary_vr(tag: int) -> str:
    """Return the VR of a tag by PS3.6, which may be several ("US or SS"); UN where it is not in there."""
    try:
        return dictionary_VR(tag)
    except KeyError:
        return "UN"


def _is_vr(raw: bytes | memoryview) -> bool:
    name = bytes(raw).decode("latin-1")
    return name in SHORT_LENGTH_VRS or name in LONG_LENGTH_VRS


class _Reader:
    """Follows the headers of elements and items."""

    def __init__(self, raw: memoryview) -> None:
        self._raw = raw

    def elements(self, offset: int, end: int, encoding: Encoding, depth: int) -> Iterator[ElementNode]:
        """Yield the elements between two offsets."""
        while offset < end:
            if depth == 0 and self._raw[offset] == 0 and not any(self._raw[offset:end]):
                return
            element, offset = self.element(offset, end, encoding, depth)
            yield element

    def element(self, offset: int, end: int, encoding: Encoding, depth: int) -> tuple[ElementNode, int]:
        """Return the element that begins here, and where the next one does."""
        tag, vr, length, offset = self._header(offset, end, encoding)
        is_undefined = length == UNDEFINED_LENGTH
        if not is_undefined and offset + length > end:
            raise DataSetError(f"ends within element {tag:08X}")
        inner = IMPLICIT if vr == "UN" and is_undefined else encoding
        if encoding.is_implicit and (is_undefined or dictionary_vr(tag) == "SQ"):
            vr = "SQ"
        if vr == "SQ" or (vr == "UN" and is_undefined):
            until = end if is_undefined else offset + length
            items, after = self.items(offset, until, inner, depth + 1, is_undefined)
            return ElementNode(tag, vr, self._raw[offset:after], inner, items, is_undefined), after
        if is_undefined:
            after = self._end_of_fragments(offset, end, tag)
            return ElementNode(tag, vr, self._raw[offset:after], encoding, None, True), after
        return ElementNode(tag, vr, self._raw[offset : offset + length], encoding), offset + length

    def _header(self, offset: int, end: int, encoding: Encoding) -> tuple[int, str, int, int]:
        """Return tag, VR, length, and where the value begins."""
        if offset + 8 > end:
            raise DataSetError("ends within the header of an element")
        tag_and_long, tag_and_vr, long = _HEADERS[encoding.is_big]
        if encoding.is_implicit:
            group, number, length = tag_and_long(self._raw, offset)
            return group << 16 | number, "", length, offset + 8
        group, number, raw_vr, length = tag_and_vr(self._raw, offset)
        tag, vr = group << 16 | number, raw_vr.decode("latin-1")
        if vr in SHORT_LENGTH_VRS:
            return tag, vr, length, offset + 8
        if vr not in LONG_LENGTH_VRS:
            raise DataSetError(f"has an invalid VR at element {tag:08X}")
        if offset + 12 > end:
            raise DataSetError("ends within the header of an element")
        return tag, vr, long(self._raw, offset + 8)[0], offset + 12

    def items(
        self, offset: int, end: int, encoding: Encoding, depth: int, is_length_undefined: bool
    ) -> tuple[tuple[Item, ...], int]:
        """Return the items of a sequence, and where it ends."""
        if depth > MAXIMUM_DEPTH:
            raise DataSetError("is nested too deeply")
        found: list[Item] = []
        while is_length_undefined or offset < end:
            tag, length = self._item_header(offset, end, encoding)
            offset += 8
            if tag == SEQUENCE_DELIMITATION:
                break
            if tag != ITEM:
                raise DataSetError(f"has {tag:08X} where an item begins")
            if length == UNDEFINED_LENGTH:
                item, offset = self._item_of_undefined_length(offset, end, encoding, depth)
            elif offset + length > end:
                raise DataSetError("ends within an item")
            else:
                item = Item(tuple(self.elements(offset, offset + length, encoding, depth)))
                offset += length
            found.append(item)
        return tuple(found), offset

    def _item_of_undefined_length(self, offset: int, end: int, encoding: Encoding, depth: int) -> tuple[Item, int]:
        elements: list[ElementNode] = []
        while True:
            tag, _ = self._item_header(offset, end, encoding)
            if tag == ITEM_DELIMITATION:
                return Item(tuple(elements), True), offset + 8
            element, offset = self.element(offset, end, encoding, depth)
            elements.append(element)

    def _item_header(self, offset: int, end: int, encoding: Encoding) -> tuple[int, int]:
        if offset + 8 > end:
            raise DataSetError("ends within a sequence")
        group, number, length = struct.unpack_from(encoding.order + "HHL", self._raw, offset)
        return group << 16 | number, length

    def _end_of_fragments(self, offset: int, end: int, tag: int) -> int:
        """Return where encapsulated Pixel Data ends, which is always in Little Endian."""
        while offset + 8 <= end:
            head, length = bytes(self._raw[offset : offset + 4]), struct.unpack_from("<L", self._raw, offset + 4)[0]
            offset += 8
            if head == _END_IN_LITTLE_ENDIAN:
                return offset
            if head != _ITEM_IN_LITTLE_ENDIAN or offset + length > end:
                break
            offset += length
        raise DataSetError(f"has no whole fragments in element {tag:08X}")
