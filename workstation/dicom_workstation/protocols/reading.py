"""The attributes of a data set that display protocols look at.

Invariants: bytes that are no data set have no attributes, and raise no error. An attribute that is empty has no values.

References
----------
PS3.3 Section C.23.4.1.1 (an attribute may be in the items of a sequence, or of a functional group)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from pydicom.dataset import Dataset

from dicom_workstation.data_sets import UNREADABLE, DataSetError, decode_texts, is_our_mistake, read, suppress_warnings
from dicom_workstation.protocols.codes import CodedValue
from dicom_workstation.protocols.facts import Attributes, Values

_SHARED: Final = "SharedFunctionalGroupsSequence"
_PER_FRAME: Final = "PerFrameFunctionalGroupsSequence"
MOST_VALUES: Final = 64
"""How many values of an attribute are looked at; further ones never decide."""


def attributes_of(raw: bytes, transfer_syntax: str, keys: Sequence[str]) -> Attributes:
    """Return those attributes that a data set has, by their paths; an empty one has no values."""
    try:
        data_set = read(raw, transfer_syntax)
        with suppress_warnings():
            decode_texts(data_set)
            return {key: found for key in keys if (found := values_at(data_set, key)) is not None}
    except (DataSetError, *UNREADABLE) as error:
        if is_our_mistake(error):
            raise
        return {}


def values_at(data_set: Dataset, key: str) -> Values | None:
    """Return the values of an attribute by its path, of every item that has it; None if none does."""
    *path, attribute = key.split(".")
    items = _items(data_set, path)
    if path and path[0] == _SHARED and not any(attribute in each for each in items):
        items = _items(data_set, [_PER_FRAME, *path[1:]])
    found = [each[attribute] for each in items if attribute in each]
    if not found:
        return None
    return tuple(value for element in found for value in _values(element))[:MOST_VALUES]


def _items(data_set: Dataset, path: Sequence[str]) -> list[Dataset]:
    items = [data_set]
    for keyword in path:
        items = [
            item
            for each in items
            if keyword in each and each[keyword].VR == "SQ"
            for item in (each[keyword].value or ())
        ]
    return items


def _values(element: Any) -> Iterator[str | CodedValue]:
    value = element.value
    if element.VR == "SQ":
        yield from (code for item in value or () if (code := _code(item)) is not None)
        return
    if value is None or isinstance(value, bytes):
        return
    several = value if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
    for each in several:
        if text := str(each).strip(" \0"):
            yield text


def _code(item: Dataset) -> CodedValue | None:
    texts = [
        str(item.get(keyword) or "").strip()
        for keyword in ("CodeValue", "CodingSchemeDesignator", "CodeMeaning", "CodingSchemeVersion")
    ]
    texts[0] = texts[0] or str(item.get("LongCodeValue") or "").strip()
    return CodedValue(*texts) if texts[0] else None
