"""Identifiers of C-FIND and C-MOVE: from keywords and text to bytes, and back.

Invariants: what the user asks goes out as written (ranges, wildcards, lists of UID), padded but not validated or
repaired: judging a key is the archive's part (which levels need one is the query engine's). Text goes out in the
character set that the keys name, or else in the first of the configured ones that can hold it. What comes back
is returned as text, one entry a keyword, decoded by the answer's own Specific Character Set and, in items that have
one, by theirs; with a list of what is doubtful in it.

References
----------
PS3.4 Section C.2.2.2 and C.4.1.1.3; PS3.5 Section 6.2; DCS 3.2.1.2.1.2, Table 1 (JPEG syntaxes: Explicit VR LE)
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pydicom.datadict import dictionary_VR, tag_for_keyword

from dicom_workstation.data_sets.character_sets import (
    ENCODED_TEXT,
    LEAST_FIRST,
    CharacterSet,
    UnencodableError,
    choose,
    defined_character_set,
)
from dicom_workstation.data_sets.data_set_display import show
from dicom_workstation.tables import EXPLICIT_VR_BIG_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN

Keys = Mapping[str, object]

_NUMBERS: Final = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d", "UV": "Q", "SV": "q"}
_LONG: Final = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"))


class InvalidKeyError(Exception):
    """A key that cannot be sent; the text says why."""


def with_character_set(keys: Keys, candidates: Sequence[str] = LEAST_FIRST) -> Keys:
    """Return the keys with the Specific Character Set that they need, where they name none.

    Raises
    ------
    InvalidKeyError
        If none of the candidates can hold them.
    """
    try:
        needed = "" if keys.get("SpecificCharacterSet") else choose(_texts(keys), candidates)
    except UnencodableError as error:
        raise InvalidKeyError(str(error)) from error
    return {**keys, "SpecificCharacterSet": needed} if needed else keys


def encode_identifier(keys: Keys, transfer_syntax: str, candidates: Sequence[str] = LEAST_FIRST) -> bytes:
    """Encode keys; a value is text, a list of texts (several values), or a list of mappings (items of a sequence).

    Parameters
    ----------
    candidates
        Character sets to choose from where the keys name none, most wanted first.

    Raises
    ------
    InvalidKeyError
        If a keyword is not in the data dictionary, a value does not fit its VR or its character set.
    """
    return _encode(with_character_set(keys, candidates), transfer_syntax, CharacterSet())


def decode_identifier(raw: bytes, transfer_syntax: str) -> dict[str, str]:
    """Return keyword (or tag, where there is none) -> text; DataSetError if the bytes are not a data set."""
    return show(raw, transfer_syntax).values


def _texts(keys: Keys) -> Iterator[tuple[str, str]]:
    """Yield each text that depends on the character set of the keys, with its VR."""
    for keyword, value in keys.items():
        tag = tag_for_keyword(keyword)
        vr = dictionary_VR(tag) if tag is not None else ""
        if vr == "SQ" and isinstance(value, list | tuple):
            for item in value:
                if isinstance(item, Mapping) and not item.get("SpecificCharacterSet"):
                    yield from _texts(item)
        elif vr in ENCODED_TEXT:
            yield "\\".join(_values(value)), vr


def values_of(value: object) -> tuple[str, ...]:
    """Return the values of a key that are not empty: of a list, or of text with backslashes between them."""
    return tuple(text.strip() for text in _values(value) if text.strip())


def _values(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else str(value or "").split("\\")


def _encode(keys: Keys, transfer_syntax: str, enclosing: CharacterSet) -> bytes:
    declared = keys.get("SpecificCharacterSet")
    try:
        character_set = defined_character_set("\\".join(_values(declared))) if declared else enclosing
    except UnencodableError as error:
        raise InvalidKeyError(f"SpecificCharacterSet: {error}") from error
    tags: dict[int, tuple[str, object]] = {}
    for keyword, value in keys.items():
        tag = tag_for_keyword(keyword)
        if tag is None:
            raise InvalidKeyError(f"{keyword} is not a keyword of the data dictionary")
        tags[tag] = (keyword, value)
    parts = []
    for tag in sorted(tags):
        keyword, value = tags[tag]
        vr = dictionary_VR(tag).split(" or ")[0]
        raw = _encode_sequence(value, transfer_syntax, character_set) if vr == "SQ" else None
        raw = _encode_value(keyword, vr, value, transfer_syntax, character_set) if raw is None else raw
        parts.append(_header(tag, vr, len(raw), transfer_syntax) + raw)
    return b"".join(parts)


def _header(tag: int, vr: str, length: int, transfer_syntax: str) -> bytes:
    order = _order(transfer_syntax)
    group, element = tag >> 16, tag & 0xFFFF
    if transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN:
        return struct.pack("<HHL", group, element, length)
    if vr in _LONG:
        return struct.pack(order + "HH2sHL", group, element, vr.encode(), 0, length)
    if length > 0xFFFF:
        raise InvalidKeyError(f"a value of {length} bytes does not fit VR {vr}")
    return struct.pack(order + "HH2sH", group, element, vr.encode(), length)


def _order(transfer_syntax: str) -> str:
    return ">" if transfer_syntax == EXPLICIT_VR_BIG_ENDIAN else "<"


def _encode_sequence(value: object, transfer_syntax: str, character_set: CharacterSet) -> bytes:
    if value in ("", None):
        return b""
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(one, Mapping) for one in value):
        raise InvalidKeyError("the value of a sequence is a list of items")
    items = (_encode(item, transfer_syntax, character_set) for item in value if isinstance(item, Mapping))
    order = _order(transfer_syntax)
    return b"".join(struct.pack(order + "HHL", 0xFFFE, 0xE000, len(item)) + item for item in items)


def _encode_value(keyword: str, vr: str, value: object, transfer_syntax: str, character_set: CharacterSet) -> bytes:
    values = _values(value)
    if vr in _NUMBERS:
        try:
            numbers = [float(one) if vr in ("FL", "FD") else int(one) for one in values if one]
            return b"".join(struct.pack(_order(transfer_syntax) + _NUMBERS[vr], number) for number in numbers)
        except (ValueError, struct.error) as error:
            raise InvalidKeyError(f"{keyword}: {error}") from error
    text = "\\".join(values)
    try:
        raw = character_set.encode(text, vr) if vr in ENCODED_TEXT else text.encode("ascii")
    except (UnencodableError, UnicodeEncodeError) as error:
        raise InvalidKeyError(f"{keyword}: {error}") from error
    if len(raw) % 2:
        raw += b"\0" if vr == "UI" else b" "
    return raw
