"""Attributes of the printer's objects: elements as received, texts of them, and elements made of texts.

Invariants: an object keeps its attributes as elements, by tag; a film gives them as texts, by keyword. A
text that is made into an element is of the default character repertoire, or was read from an element.

References
----------
PS3.5 6.2 (value representations)
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping

from pydicom.datadict import keyword_for_tag

from dicom_simulators.encoding import Element, character_set, tag_of, values, vr_of

Attributes = dict[int, Element]

REFERENCED_SOP_CLASS_UID = tag_of("ReferencedSOPClassUID")
REFERENCED_SOP_INSTANCE_UID = tag_of("ReferencedSOPInstanceUID")
MOST_DIGITS = 12
"""Of an IS, which is the longest whole number (PS3.5 6.2)."""

REFERENCED_PRINT_JOB_SEQUENCE = 0x21000500
"""PS3.4 Tables H.4-3 and H.4-8; its keyword in some dictionaries is that of the retired (2120,0070)."""


def made(keyword: str, value: str) -> Element:
    """Make an element of a standard attribute that has one value, US, UI or text."""
    tag = tag_of(keyword)
    vr = vr_of(tag)
    if vr == "US":
        return Element(tag, vr, struct.pack("<H", int(value)))
    return Element(tag, vr, value.encode("latin-1", "replace"))


def references(tag: int, to: Iterable[tuple[str, str]]) -> Element:
    """Make a sequence of references, each a SOP Class and a SOP Instance UID."""
    items = tuple(
        {
            REFERENCED_SOP_CLASS_UID: Element(REFERENCED_SOP_CLASS_UID, "UI", sop_class.encode("ascii", "replace")),
            REFERENCED_SOP_INSTANCE_UID: Element(REFERENCED_SOP_INSTANCE_UID, "UI", uid.encode("ascii", "replace")),
        }
        for sop_class, uid in to
    )
    return Element(tag, "SQ", items=items)


def text(attributes: Mapping[int, Element], keyword: str, terms: tuple[str, ...] = ()) -> str:
    """Return the values of an attribute as one text, joined by backslashes; empty where there is none."""
    element = attributes.get(tag_of(keyword))
    return "" if element is None or element.vr == "SQ" else "\\".join(values(element, terms))


def texts(attributes: Mapping[int, Element], inherited: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the attributes that are no sequences and have a value, by keyword; unknown ones are left out."""
    terms = character_set(attributes, inherited)
    found: dict[str, str] = {}
    for tag in sorted(attributes):
        keyword = keyword_for_tag(tag)
        if keyword and attributes[tag].vr != "SQ":
            value = "\\".join(values(attributes[tag], terms))
            if value:
                found[keyword] = value
    return found


def whole_number(value: str) -> int | None:
    """Read a whole number that is not negative; None where a text is none, or has more digits than any attribute."""
    return int(value) if value.isascii() and value.isdecimal() and len(value) <= MOST_DIGITS else None


def named(tags: Iterable[int]) -> str:
    """Name attributes by keyword, or tag, for people."""
    return ", ".join(keyword_for_tag(tag) or f"({tag >> 16:04X},{tag & 0xFFFF:04X})" for tag in sorted(set(tags)))
