"""Identifiers of C-FIND and C-MOVE: from keywords and text to bytes, and back.

Law of this file: what the user asks goes out as written (ranges, wildcards, lists of UID), padded but not validated or
repaired: judging a key is the archive's part (which levels need one is the query engine's). What comes back is told as
text, one entry a keyword.

References
----------
PS3.4 Section C.2.2.2 and C.4.1.1.3; PS3.5 Section 6.2; DCS 3.2.1.2.1.2, Table 1 (JPEG syntaxes: Explicit VR LE)
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Final

from pydicom.charset import python_encoding
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataset import Dataset

from workstation.elements import DataSetError
from workstation.images import UNREADABLE, read
from workstation.silence import silence
from workstation.tables import EXPLICIT_VR_BIG_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN

Keys = Mapping[str, object]

_NUMBERS: Final = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d", "UV": "Q", "SV": "q"}
_LONG: Final = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"))
_ENCODED_TEXT: Final = frozenset(("LO", "LT", "PN", "SH", "ST", "UC", "UT"))
_UTF_8: Final = "ISO_IR 192"


class InvalidKeyError(Exception):
    """A key that cannot be sent; the text says why."""


def encode_identifier(keys: Keys, transfer_syntax: str) -> bytes:
    """Encode keys; a value is text, a list of texts (several values), or a list of mappings (items of a sequence).

    Raises
    ------
    InvalidKeyError
        If a keyword is not in the data dictionary or a value does not fit its VR.
    """
    complete = dict(keys)
    if "SpecificCharacterSet" not in complete and not _is_ascii(keys):
        complete["SpecificCharacterSet"] = _UTF_8
    character_set = str(complete.get("SpecificCharacterSet") or "").split("\\")[0]
    encoding = python_encoding.get(character_set, "ascii") if character_set else "ascii"
    return _encode(complete, transfer_syntax, encoding)


def decode_identifier(raw: bytes, transfer_syntax: str) -> dict[str, str]:
    """Return keyword (or tag, where there is none) -> text; DataSetError if the bytes are no data set."""
    found = read(raw, transfer_syntax)
    try:
        with silence():
            found.decode()
            return {element.keyword or f"{int(element.tag):08X}": _text(element.value) for element in found}
    except UNREADABLE as error:
        raise DataSetError(f"has a value that cannot be read: {error}") from error


def values_of(value: object) -> tuple[str, ...]:
    """Return the values of a key that are not empty: of a list, or of text with backslashes between them."""
    texts = [str(one) for one in value] if isinstance(value, list | tuple) else str(value or "").split("\\")
    return tuple(text.strip() for text in texts if text.strip())


def _is_ascii(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(_is_ascii(part) for part in value.values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return all(_is_ascii(part) for part in value)
    return str(value).isascii()


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = [_text(item) for item in value]
        return f"[{', '.join(items)}]" if any(isinstance(item, Dataset) for item in value) else "\\".join(items)
    if isinstance(value, Dataset):
        parts = (f"{element.keyword or element.tag}: {_text(element.value)}" for element in value)
        return "{" + ", ".join(parts) + "}"
    return str(value)


def _encode(keys: Keys, transfer_syntax: str, encoding: str) -> bytes:
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
        raw = _encode_sequence(value, transfer_syntax, encoding) if vr == "SQ" else None
        raw = _encode_value(keyword, vr, value, transfer_syntax, encoding) if raw is None else raw
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


def _encode_sequence(value: object, transfer_syntax: str, encoding: str) -> bytes:
    if value in ("", None):
        return b""
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(one, Mapping) for one in value):
        raise InvalidKeyError("the value of a sequence is a list of items")
    items = (_encode(item, transfer_syntax, encoding) for item in value if isinstance(item, Mapping))
    order = _order(transfer_syntax)
    return b"".join(struct.pack(order + "HHL", 0xFFFE, 0xE000, len(item)) + item for item in items)


def _encode_value(keyword: str, vr: str, value: object, transfer_syntax: str, encoding: str) -> bytes:
    values = [str(one) for one in value] if isinstance(value, list | tuple) else str(value or "").split("\\")
    if vr in _NUMBERS:
        try:
            numbers = [float(one) if vr in ("FL", "FD") else int(one) for one in values if one]
            return b"".join(struct.pack(_order(transfer_syntax) + _NUMBERS[vr], number) for number in numbers)
        except (ValueError, struct.error) as error:
            raise InvalidKeyError(f"{keyword}: {error}") from error
    text = "\\".join(values)
    try:
        raw = text.encode(encoding if vr in _ENCODED_TEXT else "ascii")
    except UnicodeEncodeError as error:
        raise InvalidKeyError(f"{keyword}: {error}") from error
    if len(raw) % 2:
        raw += b"\0" if vr == "UI" else b" "
    return raw
