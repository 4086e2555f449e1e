"""A data set as values: the court's own reading of Identifiers and instances, with their character sets.

Invariants: nothing here raises; what cannot be read is said by `DataSet.fault`, and a character that its set does not
define becomes U+FFFD. Padding is no part of a value. Binary values are text: numbers in decimal, bytes in hex.

References
----------
PS3.5 6.1.2 (character sets), 6.2 (padding), 6.2.2 (VR UN), 7.5.3 (the character set of an item); PS3.3 C.12.1.1.2.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pydicom.charset import convert_encodings, decode_bytes
from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword

from dicom_conformance.trace.encoding import BIG_ENDIAN, IMPLICIT, PIXEL_DATA, Element, items, reading_of

SPECIFIC_CHARACTER_SET: Final = 0x00080005
_IN_CHARACTER_SET: Final = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
_ONE_VALUE: Final = frozenset({"LT", "ST", "UR", "UT"})
"""VRs that have one value, and whose leading spaces count (PS3.5 6.2)."""
_NUMBERS: Final = {"US": "H", "SS": "h", "UL": "L", "SL": "l", "UV": "Q", "SV": "q", "FL": "f", "FD": "d"}
_BYTES: Final = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_DELIMITERS: Final = {0x5C, 0x0A, 0x0C, 0x0D, 0x09}
_NAME_DELIMITERS: Final = {*_DELIMITERS, 0x5E, 0x3D}


@dataclass(frozen=True, slots=True)
class Attribute:
    """One data element as values; `values` is empty where it has none, `items` are those of a sequence."""

    tag: int
    vr: str
    values: tuple[str, ...] = ()
    items: tuple[DataSet, ...] = ()

    @property
    def name(self) -> str:
        """Its keyword, else its tag."""
        return keyword_for_tag(self.tag) or f"({self.tag >> 16:04X},{self.tag & 0xFFFF:04X})"

    @property
    def is_empty(self) -> bool:
        """Whether it has zero length."""
        return not self.values and not self.items

    @property
    def text(self) -> str:
        """Its values as a report prints them."""
        return f"{len(self.items)} items" if self.vr == "SQ" else "\\".join(self.values)


@dataclass(frozen=True, slots=True)
class DataSet:
    """The elements of one data set or item by tag; `fault` is why it could not be read to its end."""

    attributes: Mapping[int, Attribute] = field(default_factory=dict)
    character_set: tuple[str, ...] = ()
    fault: str | None = None

    def get(self, keyword: str) -> Attribute | None:
        """Give an element by keyword; None where it is absent."""
        tag = tag_for_keyword(keyword)
        return None if tag is None else self.attributes.get(tag)

    def text(self, keyword: str) -> str | None:
        """Give the first value of an element; None where it is absent or empty."""
        found = self.get(keyword)
        return found.values[0] if found is not None and found.values else None

    def __iter__(self) -> Iterator[Attribute]:
        return iter(self.attributes.values())


def read_attributes(data_set: bytes, transfer_syntax: str) -> DataSet:
    """Read a data set as values; Pixel Data is left out."""
    reading = reading_of(data_set, transfer_syntax)
    return _data_set(reading.elements, transfer_syntax, (), reading.fault)


def _data_set(found: list[Element], syntax: str, enclosing: tuple[str, ...], fault: str | None) -> DataSet:
    declared = next((one for one in found if one.tag == SPECIFIC_CHARACTER_SET), None)
    terms = enclosing if declared is None else _ascii(declared)
    attributes = {}
    for element in found:
        if element.tag == PIXEL_DATA or not element.tag & 0xFFFF:
            continue
        vr = element.vr if element.vr not in (None, "UN") else _vr(element.tag, element.vr)
        implicit = element.vr == "UN"  # such a value is in Implicit VR Little Endian (PS3.5 6.2.2)
        attributes[element.tag] = _attribute(element, vr or "UN", IMPLICIT if implicit else syntax, terms)
    return DataSet(attributes, terms, fault)


def _attribute(element: Element, vr: str, syntax: str, terms: tuple[str, ...]) -> Attribute:
    if vr == "SQ":
        inner, _ = items(element, syntax)
        return Attribute(element.tag, vr, (), tuple(_data_set(each, syntax, terms, None) for each in inner))
    return Attribute(element.tag, vr, _values(bytes(element.value), vr, syntax, terms))


def _ascii(element: Element) -> tuple[str, ...]:
    text = bytes(element.value).decode("ascii", "replace").rstrip(" \0")
    return tuple(each.strip(" ") for each in text.split("\\")) if text else ()


def _vr(tag: int, written: str | None) -> str:
    if tag >> 16 & 1:
        return "LO" if 0x10 <= tag & 0xFFFF <= 0xFF else "UN"
    try:
        vr = dictionary_VR(tag)
    except KeyError:
        return written or "UN"
    return {"US or SS": "US", "OB or OW": "OW", "US or SS or OW": "OW", "US or OW": "OW"}.get(vr, vr)


def _values(raw: bytes, vr: str, syntax: str, terms: tuple[str, ...]) -> tuple[str, ...]:
    order = ">" if syntax == BIG_ENDIAN else "<"
    if vr in _BYTES:
        return (raw.hex(),) if raw else ()
    if vr == "AT":
        return tuple(f"{group:04X}{element:04X}" for group, element in _groups(raw, f"{order}HH"))
    if vr in _NUMBERS:
        return tuple(str(number) for (number,) in _groups(raw, f"{order}{_NUMBERS[vr]}"))
    text = decoded(raw, vr, terms)
    text = text.rstrip(" \0") if vr in _ONE_VALUE else text.strip(" \0")
    if not text:
        return ()
    return (text,) if vr in _ONE_VALUE else tuple(each.strip(" \0") for each in text.split("\\"))


def _groups(raw: bytes, form: str) -> list[tuple[int | float, ...]]:
    whole = len(raw) - len(raw) % struct.calcsize(form)
    return list(struct.iter_unpack(form, raw[:whole]))


def decoded(raw: bytes, vr: str, terms: tuple[str, ...]) -> str:
    """Decode a text by the defined terms of its Specific Character Set."""
    if vr not in _IN_CHARACTER_SET or (raw.isascii() and b"\x1b" not in raw):
        return raw.decode("ascii", "replace")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an unknown term is read as the default repertoire: no value of it will agree
        try:
            encodings = convert_encodings(list(terms) or None)
            return decode_bytes(raw, encodings, _NAME_DELIMITERS if vr == "PN" else _DELIMITERS)
        except (LookupError, UnicodeError, ValueError):
            return raw.decode("ascii", "replace")
