"""Data sets as the archive needs them: elements read from bytes without interpretation, and written back.

Invariants: what was received is kept as bytes (little endian, unpadded or not, in its own character set) and
goes out again as the same bytes, so that the archive never improves what it was given. Interpretation (`values`) is
asked for separately. Reading stops before Pixel Data; a data set that cannot be read raises `DataSetError`, nothing
else, and nothing here warns.

References
----------
PS3.5 7.1 (data elements), 7.5 (nesting), 6.2 (value representations), Annex A (transfer syntaxes).
"""

from __future__ import annotations

import functools
import mmap
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydicom.datadict import dictionary_VR, tag_for_keyword

from dicom_simulators.encoding.text import decode_text
from dicom_simulators.encoding.transfer_syntax_uids import (
    DEFLATED,
    EXPLICIT_VR_BIG_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
)

SPECIFIC_CHARACTER_SET: Final = 0x00080005
FIRST_PIXEL_TAG: Final = 0x7FE00008
_ITEM: Final = 0xFFFEE000
_ITEM_END: Final = 0xFFFEE00D
_SEQUENCE_END: Final = 0xFFFEE0DD
_UNDEFINED: Final = 0xFFFFFFFF
_DEEPEST: Final = 32
MOST_INFLATED_BYTES: Final = 1 << 28
"""What a deflated data set may become; a few hundred kilobytes can become any amount."""

LONG_FORM_VRS: Final = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"})
"""VRs with a 32-bit length field in Explicit VR (PS3.5 Table 7.1-1)."""
CHARACTER_SET_VRS: Final = frozenset({"SH", "LO", "ST", "LT", "UC", "UT", "PN"})
"""VRs that Specific Character Set applies to (PS3.5 6.1.2.2)."""
SINGLE_VALUE_VRS: Final = frozenset({"LT", "ST", "UT", "UR"})
"""VRs in whose values the backslash is no delimiter (PS3.5 6.4)."""
SIGNIFICANT_LEADING_SPACE_VRS: Final = frozenset({"LT", "ST", "UC", "UT", "UR"})
"""VRs that only trailing spaces pad; leading ones belong to the value (PS3.5 6.2)."""
_ASCII_VRS: Final = frozenset({"AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI", "UR"})
TEXT_VRS: Final = CHARACTER_SET_VRS | _ASCII_VRS
"""VRs whose values are text."""
NUMBER_FORMATS: Final = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d", "UV": "Q", "SV": "q"}
"""VRs whose values are numbers of one size, with the format of each as `struct` has it."""
_WORD_BYTES: Final = {
    **dict.fromkeys(("US", "SS", "OW", "AT"), 2),
    **dict.fromkeys(("UL", "SL", "FL", "OF", "OL"), 4),
    **dict.fromkeys(("FD", "OD", "UV", "SV", "OV"), 8),
}


class DataSetError(ValueError):
    """A data set that is not one: cut short, or with a length that leads out of it."""


@dataclass(frozen=True, slots=True)
class Element:
    """One data element.

    Attributes
    ----------
    tag : int
        Group and element number, as ``0xggggeeee``.
    vr : str
        Two letters.
    value : bytes
        The value field in little endian; empty for a sequence. Encapsulated, the items as they stood, without the
        sequence delimiter.
    items : tuple of mappings
        The items of a sequence (VR SQ).
    """

    tag: int
    vr: str
    value: bytes = b""
    items: tuple[Mapping[int, Element], ...] = ()


Elements = Mapping[int, Element]


@dataclass(frozen=True, slots=True)
class Encoding:
    """How elements become bytes: the part of a transfer syntax that does not concern Pixel Data."""

    implicit: bool
    little_endian: bool


def encoding_of(transfer_syntax: str) -> Encoding:
    """Give the encoding of an Identifier or data set under `transfer_syntax`.

    Everything but Implicit VR Little Endian and Explicit VR Big Endian is Explicit VR Little Endian, the encapsulated
    transfer syntaxes among them (PS3.5 A.4).
    """
    return Encoding(transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN, transfer_syntax != EXPLICIT_VR_BIG_ENDIAN)


@functools.lru_cache(maxsize=4096)
def vr_of(tag: int) -> str:
    """Give the VR that the data dictionary (PS3.6) lists for `tag`; of several, the first; UN where it knows none."""
    if tag & 0xFFFF == 0:
        return "UL"
    if (tag >> 16) & 1:
        return "LO" if 0x10 <= tag & 0xFFFF <= 0xFF else "UN"
    try:
        vr = str(dictionary_VR(tag))
    except KeyError:
        return "UN"
    return "OW" if vr.startswith("OB or") else vr[:2]


def tag_of(keyword: str) -> int:
    """Give the tag of a standard attribute by its keyword.

    Raises
    ------
    KeyError
        If PS3.6 has no such keyword.
    """
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(keyword)
    return int(tag)


def text_element(tag: int, vr: str, value: str) -> Element:
    """Make an element of the default character repertoire."""
    return Element(tag, vr, value.encode("ascii"))


def read_elements(
    data: bytes | mmap.mmap,
    transfer_syntax: str,
    offset_bytes: int = 0,
    stop_tag: int = FIRST_PIXEL_TAG,
    *,
    whole: bool = False,
) -> dict[int, Element]:
    """Read the elements of a data set, which begins at an offset into `data`, up to Pixel Data or another tag.

    With `whole`, Pixel Data that is cut short is an error too; it is not read for that.

    Raises
    ------
    DataSetError
        If the bytes are no data set in that transfer syntax.
    """
    if transfer_syntax in DEFLATED:
        try:
            inflater = zlib.decompressobj(-zlib.MAX_WBITS)
            data = inflater.decompress(data[offset_bytes:], MOST_INFLATED_BYTES)
            offset_bytes = 0
        except zlib.error as error:
            raise DataSetError(f"not deflated: {error}") from error
        if whole and not inflater.eof:
            raise DataSetError("deflated data set cut short")
        if inflater.unconsumed_tail:
            raise DataSetError(f"inflates to more than {MOST_INFLATED_BYTES} bytes")
    reader = _Reader(data, encoding_of(transfer_syntax))
    elements, end = reader.elements(offset_bytes, len(data), stop_tag, 0)
    if whole:
        reader.check_pixel_data(end, len(data))
    return elements


def read_head(data: bytes, transfer_syntax: str) -> tuple[dict[int, Element], bytes]:
    """Read the elements before Pixel Data, and give the bytes that follow them as they are.

    Raises
    ------
    DataSetError
        If the bytes are no data set in that transfer syntax.
    """
    elements, end = _Reader(data, encoding_of(transfer_syntax)).elements(0, len(data), FIRST_PIXEL_TAG, 0)
    return elements, data[end:]


def inflated(data: bytes, transfer_syntax: str) -> bytes:
    """Return a data set as its elements are encoded: inflated under a deflated transfer syntax (PS3.5 A.5).

    Raises
    ------
    DataSetError
        It is not deflated, or becomes too large.
    """
    if transfer_syntax not in DEFLATED:
        return data
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        whole = inflater.decompress(data, MOST_INFLATED_BYTES)
    except zlib.error as error:
        raise DataSetError(f"not deflated: {error}") from error
    if inflater.unconsumed_tail:
        raise DataSetError(f"inflates to more than {MOST_INFLATED_BYTES} bytes")
    return whole


def deflated(data: bytes, transfer_syntax: str) -> bytes:
    """Return a data set as it is sent: deflated and of even length under a deflated transfer syntax (PS3.5 A.5)."""
    if transfer_syntax not in DEFLATED:
        return data
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    whole = deflater.compress(data) + deflater.flush()
    return whole + b"\0" * (len(whole) % 2)


class _Reader:
    """Reads elements at offsets; keeps no position of its own."""

    __slots__ = ("_data", "_encoding", "_header", "_order")

    def __init__(self, data: bytes | mmap.mmap, encoding: Encoding) -> None:
        self._data = data
        self._encoding = encoding
        self._order = "<" if encoding.little_endian else ">"
        self._header = struct.Struct(self._order + "HHI")

    def elements(self, at: int, end: int, stop_tag: int, depth: int) -> tuple[dict[int, Element], int]:
        """Read elements from `at` until `end`, an item delimiter or `stop_tag`; give them and where reading ended."""
        if depth > _DEEPEST:
            raise DataSetError(f"sequences nested deeper than {_DEEPEST}")
        elements: dict[int, Element] = {}
        while at < end:
            if at + 8 > end:
                raise DataSetError(f"{end - at} bytes left at offset {at}")
            begin = at
            tag, vr, length, at = self._element_header(at)
            if tag == _ITEM_END:
                return elements, at
            if depth == 0 and tag >= stop_tag:
                return elements, begin
            element, at = self._element(tag, vr, length, at, end, depth)
            elements[tag] = element
        return elements, at

    def check_pixel_data(self, at: int, end: int) -> None:
        """Raise DataSetError where Pixel Data, which begins at `at`, does not end before `end`."""
        while at + 8 <= end:
            tag, _, length, at = self._element_header(at)
            if tag >> 16 != FIRST_PIXEL_TAG >> 16:
                return
            if length == _UNDEFINED:
                at = self._after_fragments(at, end)
            elif at + length > end:
                raise DataSetError(
                    f"({tag >> 16:04x},{tag & 0xFFFF:04x}) declares {length} bytes, but only {end - at} are left"
                )
            else:
                at += length

    def _element_header(self, at: int) -> tuple[int, str, int, int]:
        group, number, length = self._header.unpack_from(self._data, at)
        tag = group << 16 | number
        if self._encoding.implicit or group == 0xFFFE:
            return tag, vr_of(tag), length, at + 8
        vr = self._data[at + 4 : at + 6].decode("latin-1")
        if vr not in LONG_FORM_VRS:
            return tag, vr, struct.unpack_from(self._order + "H", self._data, at + 6)[0], at + 8
        if at + 12 > len(self._data):
            raise DataSetError(f"cut short at offset {at}")
        return tag, vr, struct.unpack_from(self._order + "I", self._data, at + 8)[0], at + 12

    def _element(self, tag: int, vr: str, length: int, at: int, end: int, depth: int) -> tuple[Element, int]:
        if length != _UNDEFINED and at + length > end:
            raise DataSetError(
                f"({tag >> 16:04x},{tag & 0xFFFF:04x}) declares {length} bytes, but only {end - at} are left"
            )
        if vr == "SQ" or (length == _UNDEFINED and vr == "UN"):
            # an unknown VR of undefined length holds a sequence in Implicit VR Little Endian (PS3.5 6.2.2)
            reader = self if vr == "SQ" else _Reader(self._data, Encoding(implicit=True, little_endian=True))
            items, at = reader._items(at, end if length == _UNDEFINED else at + length, depth)
            return Element(tag, "SQ", items=items), at
        if vr == "UN" and vr_of(tag) != "SQ":
            vr = vr_of(tag)  # a known attribute that passed through an AE that did not know it (PS3.5 6.2.2)
        if length == _UNDEFINED:
            after = self._after_fragments(at, end)
            return Element(tag, vr, bytes(self._data[at : after - 8])), after
        value = bytes(self._data[at : at + length])
        if not self._encoding.little_endian:
            value = _swap(value, vr)
        return Element(tag, vr, value), at + length

    def _items(self, at: int, end: int, depth: int) -> tuple[tuple[Elements, ...], int]:
        items: list[Elements] = []
        while at < end:
            if at + 8 > end:
                raise DataSetError(f"sequence cut short at offset {at}")
            group, number, length = self._header.unpack_from(self._data, at)
            tag, at = group << 16 | number, at + 8
            if tag == _SEQUENCE_END:
                break
            if tag != _ITEM:
                raise DataSetError(f"({group:04x},{number:04x}) instead of an item, at offset {at - 8}")
            if length != _UNDEFINED and at + length > end:
                raise DataSetError(f"item declares {length} bytes, but only {end - at} are left")
            item, at = self.elements(at, end if length == _UNDEFINED else at + length, _UNDEFINED, depth + 1)
            items.append(item)
        return tuple(items), at

    def _after_fragments(self, at: int, end: int) -> int:
        """Skip the fragments of an encapsulated value; give the offset behind them."""
        while at + 8 <= end:
            group, number, length = self._header.unpack_from(self._data, at)
            at += 8
            if group << 16 | number == _SEQUENCE_END:
                return at
            at += length
        raise DataSetError("fragments without a sequence delimiter")


def _swap(value: bytes, vr: str) -> bytes:
    """Reverse the byte order of each word of `value`."""
    size = _WORD_BYTES.get(vr, 1)
    if size == 1 or len(value) % size:
        return value
    return b"".join(value[at : at + size][::-1] for at in range(0, len(value), size))


def write_element(element: Element, encoding: Encoding, padded: bool = True) -> bytes:
    """Encode one element; sequences and items get explicit lengths, values of odd length their padding if `padded`."""
    order = "<" if encoding.little_endian else ">"
    if element.vr == "SQ":
        bodies = [write_elements(item, encoding) for item in element.items]
        value = b"".join(struct.pack(order + "HHI", 0xFFFE, 0xE000, len(body)) + body for body in bodies)
    else:
        value = element.value if encoding.little_endian else _swap(element.value, element.vr)
    if len(value) % 2 and padded:
        value += b"\0" if element.vr in ("UI", "OB", "UN") else b" "
    return element_header(element.tag, element.vr, len(value), encoding) + value


def element_header(tag: int, vr: str, length: int, encoding: Encoding) -> bytes:
    """Encode tag, VR and length of an element; a length of ``0xFFFFFFFF`` is undefined (PS3.5 7.1)."""
    order = "<" if encoding.little_endian else ">"
    group, number = tag >> 16, tag & 0xFFFF
    if encoding.implicit:
        return struct.pack(order + "HHI", group, number, length)
    if vr not in LONG_FORM_VRS:
        if length <= 0xFFFF:
            return struct.pack(order + "HH2sH", group, number, vr.encode("latin-1"), length)
        vr = "UN"  # what a length of 16 bits cannot hold (PS3.5 6.2.2)
    return struct.pack(order + "HH2sHI", group, number, vr.encode("latin-1"), 0, length)


def write_elements(elements: Elements, encoding: Encoding) -> bytes:
    """Encode a data set, its elements in the order of their tags (PS3.5 7.1)."""
    return b"".join(write_element(elements[tag], encoding) for tag in sorted(elements))


def character_set(elements: Elements, inherited: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Give the values of Specific Character Set, or those of the enclosing data set where it is absent."""
    element = elements.get(SPECIFIC_CHARACTER_SET)
    if element is None:
        return inherited
    return tuple(term.strip(" \0") for term in element.value.decode("latin-1").split("\\"))


def values(element: Element, terms: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Give the values of an element as text; empty for a value of zero length or of bulk data.

    Parameters
    ----------
    element : Element
        Not a sequence.
    terms : tuple of str
        The Specific Character Set in force.
    """
    vr, raw = element.vr, element.value
    if not raw:
        return ()
    if vr in NUMBER_FORMATS:
        form = NUMBER_FORMATS[vr]
        count = len(raw) // struct.calcsize("<" + form)
        return tuple(
            f"{number:.9g}" if form == "f" else str(number) for number in struct.unpack_from(f"<{count}{form}", raw)
        )
    if vr == "AT":
        words = struct.unpack_from(f"<{len(raw) // 4 * 2}H", raw)
        return tuple(f"{words[at]:04X}{words[at + 1]:04X}" for at in range(0, len(words), 2))
    if vr in CHARACTER_SET_VRS:
        text = decode_text(raw, terms, person_name=vr == "PN")
    elif vr in _ASCII_VRS:
        text = raw.decode("latin-1")
    else:
        return ()
    parts = (text,) if vr in SINGLE_VALUE_VRS else tuple(text.split("\\"))
    keep_leading = vr in SIGNIFICANT_LEADING_SPACE_VRS
    stripped = tuple(part.rstrip(" \0") if keep_leading else part.strip(" \0") for part in parts)
    return stripped if any(stripped) else ()
