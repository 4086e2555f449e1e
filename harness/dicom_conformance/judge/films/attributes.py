"""A data set of the wire as plain attributes: keyword to text, keyword to items, and the bytes of pixel data.

Invariants: it never raises, whatever the bytes; what cannot be read is absent, and `fault` says why. Text is
decoded by the Specific Character Set of the data set; what that cannot decode becomes the replacement character.

References
----------
PS3.5 6.2 (value representations), 7.1 (data elements), 7.5 (sequences).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydicom.datadict import dictionary_VR, keyword_for_tag

from dicom_conformance.trace import BIG_ENDIAN, DEFLATED, Element, elements, items
from dicom_simulators.encoding import decode_text

_NUMBERS = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d", "UV": "Q", "SV": "q"}
_BYTES = frozenset({"OB", "OW", "OF", "OD", "OL", "OV", "UN"})
_OF_A_SET = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
_CHARACTER_SET = 0x00080005
_DEEPEST = 8
_LONGEST_BYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class Attributes:
    """A data set, or an item of one.

    Attributes
    ----------
    texts : mapping of keyword to str
        Several values are joined by a backslash; trailing padding is removed.
    sequences : mapping of keyword to tuple of Attributes
    data : mapping of keyword to memoryview
        Values of VR OB, OW and the like, as they are on the wire.
    fault : str
        Why it could not be read to its end; empty if it was.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    sequences: Mapping[str, tuple[Attributes, ...]] = field(default_factory=dict)
    data: Mapping[str, memoryview] = field(default_factory=dict)
    big_endian: bool = False
    fault: str = ""

    def text(self, keyword: str) -> str:
        """Give the text of an attribute; empty where it is absent."""
        return self.texts.get(keyword, "")

    def number(self, keyword: str) -> int | None:
        """Give an attribute as a whole number, None where it is none."""
        text = self.text(keyword).strip()
        return int(text) if text.isascii() and text.removeprefix("-").isdigit() and len(text) < 12 else None

    def items(self, keyword: str) -> tuple[Attributes, ...]:
        """Give the items of a sequence; none where it is absent."""
        return self.sequences.get(keyword, ())

    def references(self, keyword: str) -> tuple[str, ...]:
        """Give the Referenced SOP Instance UIDs of a sequence, in its order."""
        found = (item.text("ReferencedSOPInstanceUID") for item in self.items(keyword))
        return tuple(uid for uid in found if uid)


def read(data_set: bytes | None, transfer_syntax: str | None) -> Attributes:
    """Read a data set."""
    if data_set is None or transfer_syntax is None:
        return Attributes(fault="" if data_set is None else "its presentation context was not accepted")
    found, fault = elements(data_set, transfer_syntax)
    return _attributes(found, transfer_syntax, (), fault, 0)


def _attributes(found: list[Element], syntax: str, terms: tuple[str, ...], fault: str | None, depth: int) -> Attributes:
    texts: dict[str, str] = {}
    sequences: dict[str, tuple[Attributes, ...]] = {}
    data: dict[str, memoryview] = {}
    faults = [fault or ""]
    for element in found:
        keyword = keyword_for_tag(element.tag)
        vr = _vr(element)
        if element.tag == _CHARACTER_SET:
            terms = tuple(term.strip(" \0") for term in bytes(element.value).decode("ascii", "replace").split("\\"))
        if not keyword:
            continue
        if vr == "SQ":
            sequences[keyword], nested_faults = _items(element, syntax, terms, depth)
            faults.append(nested_faults)
        elif vr in _BYTES:
            data[keyword] = element.value
        else:
            texts[keyword] = _text(element, vr, syntax == BIG_ENDIAN, terms)
    return Attributes(texts, sequences, data, syntax == BIG_ENDIAN, next((one for one in faults if one), ""))


def _items(element: Element, syntax: str, terms: tuple[str, ...], depth: int) -> tuple[tuple[Attributes, ...], str]:
    if depth >= _DEEPEST:
        return (), f"sequences are nested deeper than {_DEEPEST} levels"
    inner = "1.2.840.10008.1.2.1" if syntax in DEFLATED else syntax
    read_items, fault = items(element, inner)
    found = tuple(_attributes(one, inner, terms, None, depth + 1) for one in read_items)
    return found, fault or next((one.fault for one in found if one.fault), "")


def _vr(element: Element) -> str:
    """Give the VR on the wire, or that of the dictionary; of two that are possible, the one with bytes."""
    if element.vr is not None and element.vr != "UN":
        return element.vr
    try:
        known = dictionary_VR(element.tag)
    except KeyError:
        return "UN"
    return known if " or " not in known else "OW" if "OW" in known else known.split(" or ")[0]


def _text(element: Element, vr: str, big_endian: bool, terms: tuple[str, ...]) -> str:
    raw = bytes(element.value[:_LONGEST_BYTES])
    letter = _NUMBERS.get(vr)
    if letter is not None:
        size = struct.calcsize("<" + letter)
        order = ">" if big_endian else "<"
        values = struct.unpack(f"{order}{len(raw) // size}{letter}", raw[: len(raw) // size * size])
        return "\\".join(f"{value:g}" if isinstance(value, float) else str(value) for value in values)
    if vr == "AT":
        pairs = struct.unpack(f"{'>' if big_endian else '<'}{len(raw) // 4 * 2}H", raw[: len(raw) // 4 * 4])
        return "\\".join(f"{pairs[at]:04X}{pairs[at + 1]:04X}" for at in range(0, len(pairs), 2))
    raw = raw.rstrip(b" \0")
    if vr not in _OF_A_SET:
        return raw.decode("ascii", "replace")
    return decode_text(raw, terms)
