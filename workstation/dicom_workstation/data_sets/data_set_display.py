"""Data sets as their user sees them: keyword and text, and what is doubtful in the text.

Invariants: nothing is changed and only bytes that are not a data set raise an error; a value that does not fit its VR
is shown as bytes, and doubtful. Text is decoded by the
Specific Character Set of the data set that it stands in; an item without one has that of the data set around it
(PS3.5 Section 7.5.3).

References
----------
PS3.3 Section C.12.1.1.2; PS3.5 Section 6.1.2 and 7.5.3
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from dicom_workstation.data_sets.character_sets import ENCODED_TEXT, CharacterSet
from dicom_workstation.data_sets.data_set_encoding import UNREADABLE, is_our_mistake, read
from dicom_workstation.data_sets.data_set_text import SINGLE_VALUED, declared_in, name_of, trimmed, vr_of
from dicom_workstation.data_sets.pydicom_warnings import suppress_warnings
from dicom_workstation.data_sets.structure import DataSetError

_UID = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*")
# PS3.5 Table 6.2-1, in characters; of PN, each component group
_LONGEST = {"LO": 64, "LT": 10240, "PN": 64, "SH": 16, "ST": 1024}


@dataclass(frozen=True, slots=True)
class DisplayedDataSet:
    """A data set as text.

    Attributes
    ----------
    values : dict
        Keyword, or tag where there is none -> text, several values joined by a backslash.
    doubts : tuple of str
        Each begins with the keyword that it is about.
    """

    values: dict[str, str] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()


def show(raw: bytes, transfer_syntax: str, last_tag: int = 0xFFFFFFFF) -> DisplayedDataSet:
    """Show a data set, up to a tag.

    Raises
    ------
    DataSetError
        If the bytes are not a data set, or a value does not fit its VR.
    """
    found = read(raw, transfer_syntax)
    viewer = _TextReader(transfer_syntax)
    try:
        with suppress_warnings():
            values = viewer.texts(found, CharacterSet(), last_tag)
    except UNREADABLE as error:
        if is_our_mistake(error):
            raise
        raise DataSetError(f"has a value that cannot be read: {error}") from error
    return DisplayedDataSet(values, tuple(viewer.doubts))


class _TextReader:
    """Reads the text of a data set, and gathers doubts."""

    def __init__(self, transfer_syntax: str) -> None:
        self._transfer_syntax = transfer_syntax
        self.doubts: list[str] = []

    def texts(self, data_set: Dataset, enclosing: CharacterSet, last_tag: int = 0xFFFFFFFF) -> dict[str, str]:
        character_set = declared_in(data_set, enclosing)
        return {
            name_of(tag): self._text(data_set, tag, character_set) for tag in sorted(data_set.keys()) if tag <= last_tag
        }

    def _text(self, data_set: Dataset, tag: BaseTag, character_set: CharacterSet) -> str:
        element: Any = data_set.get_item(tag)
        vr = vr_of(tag, str(element.VR or "UN"))
        if vr in ENCODED_TEXT and isinstance(element, RawDataElement):
            text = character_set.decode(bytes(element.value or b""), vr)
            name = name_of(tag)
            self.doubts.extend(f"{name}: {doubt}" for doubt in text.doubts)
            found = trimmed(text.text, vr)
            self.doubts.extend(f"{name}: {doubt}" for doubt in _too_long(found, vr))
            return found
        try:
            found = self._value(data_set[tag].value, character_set)
        except UNREADABLE as error:
            self.doubts.append(f"{name_of(tag)}: cannot be read: {str(error)[:100]}")
            return bytes(element.value or b"").hex() if isinstance(element, RawDataElement) else ""
        if vr == "UI" and not all(_UID.fullmatch(uid) and len(uid) <= 64 for uid in found.split("\\") if uid):
            self.doubts.append(f"{name_of(tag)}: {found[:80]!r} is not a valid UID")
        return found

    def _value(self, value: object, character_set: CharacterSet) -> str:
        if value is None:
            return ""
        if isinstance(value, bytes):
            return value.hex()
        if isinstance(value, Dataset):
            texts = self.texts(value, character_set)
            return "{" + ", ".join(f"{name}: {text}" for name, text in texts.items()) + "}"
        if isinstance(value, Sequence) and not isinstance(value, str):
            items = [self._value(item, character_set) for item in value]
            return f"[{', '.join(items)}]" if any(isinstance(item, Dataset) for item in value) else "\\".join(items)
        return str(value)


def _too_long(text: str, vr: str) -> Iterator[str]:
    """Say what is longer than its VR allows; such a value is shown as it is."""
    if vr not in _LONGEST:
        return
    pieces = [text] if vr in SINGLE_VALUED else text.split("\\")
    if vr == "PN":
        pieces = [group for piece in pieces for group in piece.split("=")]
    longest = max(map(len, pieces))
    if longest > _LONGEST[vr]:
        yield f"{longest} characters, but VR {vr} allows at most {_LONGEST[vr]}"
