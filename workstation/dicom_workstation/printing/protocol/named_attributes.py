"""Which attributes a response is about, by keyword: those that it lists, and those whose values it changed.

Invariants: what the printer names is reported as it came; what cannot be read is left out.

References
----------
PS3.7 Annex C.4, C.5 (Attribute Identifier List, Offending Element); PS3.4 Section H.2.4
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pydicom.datadict import keyword_for_tag
from pydicom.dataset import Dataset

from dicom_workstation.data_sets import UNREADABLE, is_our_mistake, suppress_warnings
from dicom_workstation.outcome import StatusClass, status_class

MOST: Final = 12  # a user reads no more


def named(listed: tuple[int, ...], status: int, sent: Dataset, received: Dataset) -> tuple[str, ...]:
    """Return what to report about attributes: `Keyword`, or of a warning `Keyword value instead of value`."""
    replaced = dict(_replaced(sent, received)) if status_class(status) is StatusClass.WARNING else {}
    keywords = [keyword_for_tag(tag) or f"({tag >> 16:04X},{tag & 0xFFFF:04X})" for tag in listed]
    found = [replaced.get(keyword, keyword) for keyword in keywords]
    return tuple(dict.fromkeys((*found, *replaced.values())))[:MOST]


def _replaced(sent: Dataset, received: Dataset) -> Iterator[tuple[str, str]]:
    for element in sent:
        keyword = element.keyword
        if element.VR == "SQ" or keyword not in received:
            continue
        try:
            with suppress_warnings():
                other = received[keyword].value
                is_changed = bool(other != element.value) and str(other).strip() != str(element.value).strip()
                text = f"{keyword} {_text(other)} instead of {_text(element.value)}"
        except UNREADABLE as error:
            if is_our_mistake(error):
                raise
            continue
        if is_changed:
            yield keyword, text


def _text(value: Any) -> str:
    found = str(value) if isinstance(value, str | int | float) else "\\".join(map(str, value or ()))
    return found if len(found) <= 64 else f"{found[:61]}..."
