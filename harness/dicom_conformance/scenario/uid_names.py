"""UIDs by name: where a scenario names a SOP Class or a transfer syntax, its keyword stands for its UID.

A keyword that nobody knows would never be found on the wire, and the subject would be blamed. It is refused, but in the
script of a scripted peer, which may send anything.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydicom._uid_dict import UID_dictionary

from dicom_conformance.files import Document, Location, Plain, has_variable, suggestion

UID_FIELDS = frozenset(
    {
        *("sop_class", "sop_classes", "sample", "abstract_syntax", "transfer_syntax", "transfer_syntaxes", "proposed"),
        *("SOPClassUID", "AffectedSOPClassUID", "RequestedSOPClassUID", "ReferencedSOPClassUID", "TransferSyntaxUID"),
    }
)
"""Keys below which a text is a UID."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*\Z")
_NOT_UIDS = frozenset({"absent", "present", "none", "empty"})
_FREE = "script"


@functools.cache
def uids() -> Mapping[str, str]:
    """Give the UID of each keyword of PS3.6 Annex A."""
    return {keyword: uid for uid, (_, _, _, _, keyword) in UID_dictionary.items() if keyword}


def resolved(document: Document) -> Document:
    """Give the document with UIDs in the place of their keywords.

    Raises
    ------
    DataError
        A keyword is not known.
    """
    mistakes = list(_mistakes(document.data, (), False))
    if mistakes:
        location, name = mistakes[0]
        raise document.error(
            location, f"{name!r} is neither a UID nor the keyword of one{suggestion(name, (*uids(),))}"
        )
    return Document(document.path, _replaced(document.data, False), document.lines)


def _names(value: str) -> bool:
    return _NAME.match(value) is not None and value not in _NOT_UIDS and not has_variable(value)


def _mistakes(value: Plain, location: Location, is_uid: bool) -> Iterator[tuple[Location, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key != _FREE:
                yield from _mistakes(inner, (*location, key), key in UID_FIELDS or (is_uid and key == "not"))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _mistakes(inner, (*location, index), is_uid)
    elif is_uid and isinstance(value, str) and _names(value) and value not in uids():
        yield location, value


def _replaced(value: Any, is_uid: bool) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(inner, key in UID_FIELDS or (is_uid and key == "not")) for key, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, is_uid) for inner in value]
    return uids().get(value, value) if is_uid and isinstance(value, str) else value
