"""The values of encoded elements, as the index holds them and as a query gives them.

Invariants: text is decoded by its own Specific Character Set, padding is removed, and no value is changed else; an
element of zero length has no value; what cannot be read as a number is no number.

References
----------
PS3.5 Section 6.2 (VRs), 6.4 (several values), 7.5.3 (character sets in items)
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, TypeAlias

from pydicom.datadict import keyword_for_tag

from dicom_workstation.data_sets import ENCODED_TEXT, CharacterSet, ElementNode
from dicom_workstation.osm.index.keys import vr_of

AttributeValue: TypeAlias = list[Any]
"""The values of an element as texts, or the items of a sequence, each of them `Attributes`."""
Attributes: TypeAlias = dict[str, AttributeValue]
"""Values by keyword: what JSON holds."""

MOST_VALUE_BYTES: Final = 16384
MOST_ITEMS: Final = 64
DEEPEST_ITEM: Final = 4
_WHOLE_TEXT: Final = ("LT", "ST", "UT", "UR")
_NUMBERS: Final = {"US": "H", "SS": "h", "UL": "L", "SL": "l", "FL": "f", "FD": "d", "UV": "Q", "SV": "q"}
_TEXT: Final = ("AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI")


def character_set_of(elements: Iterable[ElementNode], enclosing: CharacterSet) -> CharacterSet:
    """Return the character set that a data set or item declares; that of what is around it if it declares none."""
    declared = next((each for each in elements if each.tag == 0x00080005), None)
    if declared is None:
        return enclosing
    return CharacterSet.of(bytes(declared.value).decode("latin-1").strip(" \0"))


@lru_cache(maxsize=8192)
def keyword_of(tag: int) -> str:
    """Return the keyword of a tag by PS3.6; empty for one that has none."""
    return keyword_for_tag(tag)


def read_attributes(
    elements: Iterable[ElementNode],
    wanted: frozenset[str] | None = None,
    enclosing: CharacterSet | None = None,
    depth: int = 0,
    most_value_bytes: int = MOST_VALUE_BYTES,
    most_items: int = MOST_ITEMS,
) -> Attributes:
    """Return the values of elements by keyword.

    Parameters
    ----------
    wanted : frozenset of str, optional
        The keywords to read; all that have one if not given.
    most_value_bytes : int
        Longer values are left out.
    most_items : int
        More items of a sequence are left out.
    """
    listed = tuple(elements)
    character_set = character_set_of(listed, enclosing or CharacterSet())
    found: Attributes = {}
    for each in listed:
        keyword = keyword_of(each.tag)
        if keyword and (wanted is None or keyword in wanted) and keyword not in found:
            value = _values_of(each, keyword, character_set, depth, most_value_bytes, most_items)
            if value is not None:
                found[keyword] = value
    return found


def _values_of(
    element: ElementNode, keyword: str, character_set: CharacterSet, depth: int, most_value_bytes: int, most_items: int
) -> AttributeValue | None:
    """Return the values of an element; None for what the index does not hold."""
    vr = vr_of(keyword)
    if vr == "SQ":
        if element.items is None:
            return []
        if depth >= DEEPEST_ITEM:
            return None
        return [read_attributes(item.elements, None, character_set, depth + 1) for item in element.items[:most_items]]
    if element.items is not None or element.is_length_undefined or len(element.value) > most_value_bytes:
        return None
    raw = bytes(element.value)
    if vr in _NUMBERS:
        return _numbers(raw, element.encoding.order + _NUMBERS[vr])
    if vr in ENCODED_TEXT:
        text = character_set.decode(raw, vr).text
    elif vr in _TEXT or vr in _WHOLE_TEXT:
        text = raw.decode("latin-1")
    else:
        return None
    return split_values(text, vr)


def split_values(text: str, vr: str) -> list[str]:
    """Divide the text of an element into its values, without padding; none for an empty one."""
    if vr in _WHOLE_TEXT:
        whole = text.rstrip(" \0")
        return [whole] if whole else []
    if "\\" not in text:
        only = text.strip(" \0")
        return [only] if only else []
    values = [each.strip(" \0") for each in text.split("\\")]
    return values if any(values) else []


def _numbers(raw: bytes, form: str) -> list[str]:
    size = struct.calcsize(form)
    return [str(struct.unpack_from(form, raw, offset)[0]) for offset in range(0, len(raw) - size + 1, size)]


def texts_of(value: object) -> list[str]:
    """Return the values of an attribute, as texts; none of a sequence."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def items_of(value: object) -> list[Attributes]:
    """Return the items of a sequence; none of anything else."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def first_text(attributes: Attributes, keyword: str) -> str:
    """Return the first value of an attribute; empty where there is none."""
    found = texts_of(attributes.get(keyword))
    return found[0] if found else ""


def only_text(attributes: Attributes, keyword: str) -> str:
    """Return the value of an attribute by which SQL can find it.

    Empty, so that every key finds it and its predicate decides, where the attribute has none or several, or where a
    NUL is part of it: SQLite compares no further than that.
    """
    found = texts_of(attributes.get(keyword))
    return found[0] if len(found) == 1 and "\0" not in found[0] else ""
