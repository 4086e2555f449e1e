"""A tree of elements written in another encoding.

Invariants: what the encoding demands changes (headers, byte order, lengths of what became longer or shorter) and
nothing else: every element stays, in its order, and its value is the same bytes, numbers in the byte order of the
encoding. A group length says what is true afterwards.

References
----------
PS3.5 Section 6.2.2 (VR UN), 7.1 to 7.3, 7.5, 7.8.1 (private creators), Annex A.1 to A.3
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from dicom_workstation.data_sets.element_tree import (
    SHORT_LENGTH_VRS,
    ElementNode,
    Encoding,
    Item,
    dictionary_vr,
)
from dicom_workstation.data_sets.structure import (
    ITEM,
    ITEM_DELIMITATION,
    SEQUENCE_DELIMITATION,
    UNDEFINED_LENGTH,
    DataSetError,
)
from dicom_workstation.tables import EXPLICIT_VR_LITTLE_ENDIAN

PIXEL_DATA: Final = 0x7FE00010
_PIXEL_REPRESENTATION: Final = 0x00280103
_BITS_ALLOCATED: Final = 0x00280100
_LUT_DESCRIPTOR: Final = 0x00283002
_WAVEFORM_BITS_ALLOCATED: Final = 0x54001004
_WORD_BYTES: Final = {
    "AT": 2, "OW": 2, "SS": 2, "US": 2,
    "FL": 4, "OF": 4, "OL": 4, "SL": 4, "UL": 4,
    "FD": 8, "OD": 8, "OV": 8, "SV": 8, "UV": 8,
}  # fmt: skip
_LONGEST_SHORT_VALUE_BYTES: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class Scope:
    """The item in which an element stands, and those around it, where attributes are looked up that decide a VR."""

    item: Item
    outer: Scope | None = None

    def number(self, tag: int) -> int | None:
        """Return the first value of an element of VR US, of the innermost item that has one."""
        found = self.item.find(tag)
        if found is not None and len(found.value) >= 2:
            return int(struct.unpack_from(found.encoding.order + "H", found.value)[0])
        return self.outer.number(tag) if self.outer is not None else None


def write_tree(item: Item, encoding: Encoding) -> bytes:
    """Write a data set.

    Raises
    ------
    DataSetError
        If it holds fragments, which only a transfer syntax of its own can.
    """
    return b"".join(_elements(Scope(item), encoding))


def encapsulated_data_set(item: Item, pixels: ElementNode, transfer_syntax: str) -> tuple[bytes, str]:
    """Write an item as a data set that ends with its Pixel Data, so that they can be decoded.

    Returns
    -------
    bytes, str
        The data set, and the transfer syntax in which it is: Explicit VR Little Endian where Pixel Data is native.
    """
    native = Encoding.of(EXPLICIT_VR_LITTLE_ENDIAN)
    if not pixels.is_encapsulated:
        return write_tree(item, native), EXPLICIT_VR_LITTLE_ENDIAN
    before = Item(tuple(each for each in item.elements if each.tag < PIXEL_DATA and each.items is None))
    header = _header(PIXEL_DATA, "OB", UNDEFINED_LENGTH, native)
    return b"".join([write_tree(before, native), header, pixels.value]), transfer_syntax


def settled_vr(element: ElementNode, scope: Scope) -> str:
    """Return the VR of an element; where it is not written, the one that its tag and other attributes settle."""
    if element.vr:
        return element.vr
    group, number = element.tag >> 16, element.tag & 0xFFFF
    if number == 0:
        return "UL"
    if group % 2:
        return "LO" if 0x10 <= number <= 0xFF else "UN"
    found = dictionary_vr(element.tag)
    return found if " " not in found else _chosen(element.tag, found, scope)


def _chosen(tag: int, found: str, scope: Scope) -> str:
    """Choose where PS3.6 names several VRs."""
    if "SS" in found:
        return "SS" if scope.number(_PIXEL_REPRESENTATION) == 1 else "US"
    if found == "US or OW":  # (0028,3006) LUT Data: PS3.3 Section C.11.1.1.1
        return "US" if scope.number(_LUT_DESCRIPTOR) == 1 else "OW"
    bits = {PIXEL_DATA: _BITS_ALLOCATED}.get(tag, _WAVEFORM_BITS_ALLOCATED if tag >> 16 == 0x5400 else None)
    is_bytes = bits is not None and (scope.number(bits) or 16) <= 8
    return "OB" if is_bytes else "OW"


def word_bytes(element: ElementNode, vr: str, scope: Scope) -> int:
    """Return how many bytes of a value change places between the byte orders; 1 where none do."""
    width = _WORD_BYTES.get(vr, 1)
    if element.tag == PIXEL_DATA and vr == "OW":  # pixel cells of 32 and 64 bits are numbers of that size
        return max(width, (scope.number(_BITS_ALLOCATED) or 16) // 8)
    return width


def swapped(value: bytes | memoryview, width: int) -> bytes:
    """Turn the byte order of whole words round; bytes that are left over at the end stay."""
    whole = len(value) // width * width
    return np.frombuffer(value, f"u{width}", whole // width).byteswap().tobytes() + bytes(value[whole:])


Parts: TypeAlias = list[bytes | memoryview]
"""What is written one after the other; joined once, so that a large value is copied once."""


def _elements(scope: Scope, encoding: Encoding) -> Parts:
    written = [(element.tag, _element(element, scope, encoding)) for element in scope.item.elements]
    return [part for parts in _with_group_lengths(written, encoding) for part in parts]


def _with_group_lengths(written: list[tuple[int, Parts]], encoding: Encoding) -> Iterator[Parts]:
    """Yield elements; the value of a group length is how long the elements of its group are that follow it."""
    for place, (tag, parts) in enumerate(written):
        if tag & 0xFFFF or len(parts) != 2 or len(parts[1]) != 4:
            yield parts
            continue
        following = (each for other, each in written[place + 1 :] if other >> 16 == tag >> 16)
        yield [parts[0], struct.pack(encoding.order + "L", sum(map(_length, following)))]


def _length(parts: Parts) -> int:
    return sum(map(len, parts))


def _element(element: ElementNode, scope: Scope, encoding: Encoding) -> Parts:
    if element.is_encapsulated:
        raise DataSetError(f"has compressed data in element {element.tag:08X}")
    vr = settled_vr(element, scope)
    if vr == "SQ" and element.items is not None:
        body = [part for item in element.items for part in _item(item, scope, encoding)]
        if element.is_length_undefined:
            body.append(_delimiter(SEQUENCE_DELIMITATION, encoding))
        length = UNDEFINED_LENGTH if element.is_length_undefined else _length(body)
        return [_header(element.tag, vr, length, encoding), *body]
    if element.is_length_undefined:  # UN: its items stay as they are, in Implicit VR Little Endian
        return [_header(element.tag, vr, UNDEFINED_LENGTH, encoding), element.value]
    value: bytes | memoryview = element.value
    if not encoding.is_implicit and vr in SHORT_LENGTH_VRS and len(value) > _LONGEST_SHORT_VALUE_BYTES:
        vr = "UN"  # PS3.5 6.2.2: what does not fit into a length of two bytes
    width = word_bytes(element, vr, scope)
    if element.encoding.is_big != encoding.is_big and width > 1:
        value = swapped(value, width)
    return [_header(element.tag, vr, len(value), encoding), value]


def _item(item: Item, scope: Scope, encoding: Encoding) -> Parts:
    body = _elements(Scope(item, scope), encoding)
    if item.is_length_undefined:
        body.append(_delimiter(ITEM_DELIMITATION, encoding))
    length = UNDEFINED_LENGTH if item.is_length_undefined else _length(body)
    return [struct.pack(encoding.order + "HHL", ITEM >> 16, ITEM & 0xFFFF, length), *body]


def _delimiter(tag: int, encoding: Encoding) -> bytes:
    return struct.pack(encoding.order + "HHL", tag >> 16, tag & 0xFFFF, 0)


def _header(tag: int, vr: str, length: int, encoding: Encoding) -> bytes:
    group, number = tag >> 16, tag & 0xFFFF
    if encoding.is_implicit:
        return struct.pack(encoding.order + "HHL", group, number, length)
    if vr in SHORT_LENGTH_VRS:
        return struct.pack(encoding.order + "HH2sH", group, number, vr.encode(), length)
    return struct.pack(encoding.order + "HH2sHL", group, number, vr.encode(), 0, length)
