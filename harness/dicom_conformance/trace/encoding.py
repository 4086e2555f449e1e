"""The encoding of a data set, read without a library: element by element, to the last byte.

What cannot be read is a text that says why; nothing here raises. The transfer syntax decides whether VRs are written
and in which byte order; compressed syntaxes are Explicit VR Little Endian with fragments in Pixel Data.

References
----------
PS3.5 7.1 (data elements), 7.5 (sequences), 10.1 to 10.4 and A.1 to A.4 (transfer syntaxes), A.5 (deflated).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

IMPLICIT = "1.2.840.10008.1.2"
DEFLATED = frozenset(f"1.2.840.10008.1.2.{last}" for last in ("1.99", "4.95", "4.205"))
"""Deflated Explicit VR Little Endian, and the two of JPIP that deflate the data set."""
BIG_ENDIAN = "1.2.840.10008.1.2.2"
NATIVE = frozenset({IMPLICIT, "1.2.840.10008.1.2.1", BIG_ENDIAN, "1.2.840.10008.1.2.1.99"})
PIXEL_DATA = 0x7FE00010

UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_SHORT = frozenset(b"AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split())
_LONG = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_DEEPEST = 64


@dataclass(frozen=True, slots=True)
class Element:
    """One data element of the top level; `value` is a view of its bytes (with item tags where it has items)."""

    tag: int
    vr: str | None
    value: memoryview


class EncodingError(Exception):
    """The bytes are no data set in this transfer syntax; never leaves this file's callers."""


def elements(data_set: bytes | bytearray, transfer_syntax: str) -> tuple[list[Element], str | None]:
    """Read a data set.

    Returns
    -------
    tuple
        The elements of the top level as far as they could be read, and what is wrong (None: nothing, to the last byte).
    """
    reading = reading_of(data_set, transfer_syntax)
    return reading.elements, reading.fault


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read of a data set.

    Attributes
    ----------
    elements : list of Element
        Of the top level.
    fault : str or None
        What is wrong with the encoding.
    whole : bool
        Whether it was read to its last byte nevertheless: a value of odd length breaks PS3.5 7.1.1, and hides nothing.
    """

    elements: list[Element]
    fault: str | None
    whole: bool


def reading_of(data_set: bytes | bytearray, transfer_syntax: str) -> Reading:
    """Read a data set as far as it can be read; of a `bytearray` the values of the elements can be written."""
    raw: bytes | bytearray = data_set
    if transfer_syntax in DEFLATED:
        try:
            raw = zlib.decompress(data_set, wbits=-15)
        except zlib.error as error:
            return Reading([], f"the deflated bytes cannot be inflated: {error}", False)
    reader = _Reader(memoryview(raw), transfer_syntax)
    try:
        for _ in reader.level(0, len(raw), 0):
            pass
    except EncodingError as error:
        return Reading(reader.top, "; ".join((*reader.faults, str(error))), False)
    return Reading(reader.top, "; ".join(reader.faults) or None, True)


def pixel_data(data_set: bytes, transfer_syntax: str) -> bytes | None:
    """Give the bytes of Pixel Data (7FE0,0010), None where there is none."""
    found, _ = elements(data_set, transfer_syntax)
    return next((bytes(one.value) for one in found if one.tag == PIXEL_DATA), None)


def items(element: Element, transfer_syntax: str) -> tuple[list[list[Element]], str | None]:
    """Read the items of a sequence, each as the elements of its top level, and why it went no further."""
    syntax = "1.2.840.10008.1.2.1" if transfer_syntax in DEFLATED else transfer_syntax
    reader = _Reader(element.value, syntax)
    found: list[list[Element]] = []
    try:
        for begin, end in reader.spans():
            inner = _Reader(element.value[begin:end], syntax)
            found.append(list(inner.level(0, end - begin, 0)))
    except EncodingError as error:
        return found, str(error)
    return found, None


class _Reader:
    def __init__(self, raw: memoryview, transfer_syntax: str) -> None:
        self.raw = raw
        self.explicit = transfer_syntax != IMPLICIT
        order = ">" if transfer_syntax == BIG_ENDIAN else "<"
        self.tag_format = struct.Struct(order + "HH")
        self.short_format = struct.Struct(order + "H")
        self.long_format = struct.Struct(order + "L")
        self.encapsulated = transfer_syntax not in NATIVE
        self.top: list[Element] = []
        self.faults: list[str] = []

    def level(self, at: int, end: int, depth: int) -> Iterator[Element]:
        """Yield the elements of one data set (or item) of known end."""
        last = -1
        while at < end:
            tag, vr, begin, length = self.header(at, end)
            if tag <= last:
                raise EncodingError(f"{_shown(tag)} at byte {at} does not come after {_shown(last)}")
            last = tag
            after = self.skip(tag, vr, begin, length, end, depth)
            element = Element(tag, vr, self.raw[begin : after if length == UNDEFINED else begin + length])
            if depth == 0:
                self.top.append(element)
            yield element
            at = after

    def header(self, at: int, end: int) -> tuple[int, str | None, int, int]:
        """Read tag, VR and length; give where the value begins."""
        if end - at < 8:
            raise EncodingError(f"a data element at byte {at} is cut off: bytes left: {end - at}")
        group, element = self.tag_format.unpack_from(self.raw, at)
        tag = group << 16 | element
        if not self.explicit or group == 0xFFFE:
            return tag, None, at + 8, self.long_format.unpack_from(self.raw, at + 4)[0]
        vr = bytes(self.raw[at + 4 : at + 6])
        if vr in _SHORT:
            return tag, vr.decode(), at + 8, self.short_format.unpack_from(self.raw, at + 6)[0]
        if vr not in _LONG:
            raise EncodingError(f"{_shown(tag)} at byte {at} has an unknown VR: {vr!r}")
        if end - at < 12:
            raise EncodingError(f"{_shown(tag)} at byte {at} is cut off in its header")
        return tag, vr.decode(), at + 12, self.long_format.unpack_from(self.raw, at + 8)[0]

    def skip(self, tag: int, vr: str | None, begin: int, length: int, end: int, depth: int) -> int:
        """Give where the next element begins, reading items on the way."""
        if depth > _DEEPEST:
            raise EncodingError(f"{_shown(tag)} is nested deeper than {_DEEPEST} levels")
        if length == UNDEFINED:
            fragments = tag == PIXEL_DATA and self.encapsulated
            return self.items(begin, end, True, depth, fragments, _shown(tag))
        if length % 2 and begin + length <= end:
            self.faults.append(f"{_shown(tag)} at byte {begin} has the odd length {length}")
        if begin + length > end:
            raise EncodingError(
                f"{_shown(tag)} at byte {begin} declares {length} bytes, of which {end - begin} are present"
            )
        if vr == "SQ":
            self.items(begin, begin + length, False, depth, False, _shown(tag))
        return begin + length

    def items(self, at: int, end: int, delimited: bool, depth: int, fragments: bool, name: str) -> int:
        """Read the items of a sequence (or the fragments of Pixel Data); give where what follows begins."""
        while delimited or at < end:
            tag, _, begin, length = self.header(at, end)
            if delimited and tag == _SEQUENCE_END:
                return begin
            if tag != _ITEM:
                raise EncodingError(f"{name} holds {_shown(tag)} at byte {at} instead of an item")
            if length == UNDEFINED and not fragments:
                at = self.item(begin, end, depth, name)
                continue
            if begin + length > end:
                raise EncodingError(f"an item of {name} at byte {at} declares more bytes than are present")
            if not fragments:
                for _ in self.level(begin, begin + length, depth + 1):
                    pass
            at = begin + length
        return at

    def spans(self) -> Iterator[tuple[int, int]]:
        """Yield where each item of a sequence's value begins and ends, without its tags."""
        at, end = 0, len(self.raw)
        while at < end:
            tag, _, begin, length = self.header(at, end)
            if tag == _SEQUENCE_END:
                return
            if tag != _ITEM:
                raise EncodingError(f"{_shown(tag)} at byte {at} is not an item")
            at = begin + length if length != UNDEFINED else self.item(begin, end, 0, "the sequence")
            if at > end:
                raise EncodingError(
                    f"an item at byte {begin} declares {length} bytes, of which {end - begin} are present"
                )
            yield begin, at if length != UNDEFINED else at - 8

    def item(self, at: int, end: int, depth: int, name: str) -> int:
        """Read an item of undefined length; give where what follows its delimiter begins."""
        while True:
            tag, vr, begin, length = self.header(at, end)
            if tag == _ITEM_END:
                return begin
            at = self.skip(tag, vr, begin, length, end, depth + 1)
            if at > end:
                raise EncodingError(f"an item of {name} has no end")


def _shown(tag: int) -> str:
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})" if tag >= 0 else "the beginning"
