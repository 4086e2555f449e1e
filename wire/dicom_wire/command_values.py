"""The values of command elements by VR, to bytes and back (PS3.5 6.2, PS3.7 Annex E).

Invariants: reading never raises; bytes that have not the form of the VR stay bytes. Writing takes a value of
the VR's form, or bytes as they are to be written.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

from dicom_wire.command_elements import BY_ELEMENT
from dicom_wire.uid import read_uid, uid_field
from dicom_wire.violations import Violation, count_bytes, violation

Value: TypeAlias = int | str | bytes | tuple[int, ...] | None
"""US, UL: int (a tuple if several); AT: tuple of tags; UI and text: str; unknown or malformed: bytes; empty: None."""

_NUMBER_BYTES = {"US": 2, "UL": 4}
_TEXT_MAXIMUM = {"AE": 16, "LO": 64, "SH": 16, "CS": 16, "IS": 12, "LT": 10240}  # PS3.5 Table 6.2-1


def value_field(tag: int, value: Value) -> bytes:
    """Return the value field of an element.

    Raises
    ------
    ValueError
        The value has not the form of the element's VR, or the element is unknown and the value is not bytes.
    """
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    row = BY_ELEMENT.get(tag)
    vr = row.vr if row is not None else "UN"
    if isinstance(value, str):
        return _text_field(tag, vr, value)
    numbers = (value,) if isinstance(value, int) else value
    try:
        if vr == "AT":
            return b"".join([_tag_field(number) for number in numbers])
        width = _NUMBER_BYTES[vr]
        return b"".join([number.to_bytes(width, "little") for number in numbers])
    except (KeyError, OverflowError) as error:
        raise ValueError(f"element {tag:08X}H of VR {vr} cannot hold {value!r}") from error


@lru_cache(maxsize=8192)
def _text_field(tag: int, vr: str, text: str) -> bytes:
    if vr == "UI":
        field = uid_field(text)
        return field + b"\0" if len(field) % 2 else field
    if vr not in _TEXT_MAXIMUM:
        raise ValueError(f"element {tag:08X}H of VR {vr} cannot hold {text!r}")
    field = text.encode("latin-1")
    return field + b" " if len(field) % 2 else field


def _tag_field(tag: int) -> bytes:
    return (tag >> 16).to_bytes(2, "little") + (tag & 0xFFFF).to_bytes(2, "little")


def read_value(tag: int, field: bytes, offset: int) -> tuple[Value, tuple[Violation, ...]]:
    """Return the value of an element, and what is wrong with it (`offset`: where the value field begins)."""
    row = BY_ELEMENT.get(tag)
    if row is None:
        return field, ()
    if not field:
        return None, ()
    if row.vr == "UI":
        return _read_uid(field, offset)
    if row.vr in _TEXT_MAXIMUM:
        return _read_text(row.keyword, row.vr, field, offset)
    width = _NUMBER_BYTES.get(row.vr, 4)
    if len(field) % width or (row.vm == "1" and len(field) != width):
        found = violation("command-value-length", offset, f"{row.keyword} ({row.vr}) of {count_bytes(len(field))}")
        return field, (found,)
    if row.vr == "AT":
        return tuple([_read_tag(field, at) for at in range(0, len(field), 4)]), ()
    if len(field) == width:
        return int.from_bytes(field, "little"), ()
    return tuple([int.from_bytes(field[at : at + width], "little") for at in range(0, len(field), width)]), ()


def _read_tag(field: bytes, at: int) -> int:
    return int.from_bytes(field[at : at + 2], "little") << 16 | int.from_bytes(field[at + 2 : at + 4], "little")


@lru_cache(maxsize=8192)
def _unpadded_uid(field: bytes) -> tuple[str, tuple[Violation, ...]]:
    """One trailing NUL makes the length even (PS3.5 9.1); more, or a space, is not allowed."""
    return read_uid(field[:-1] if len(field) % 2 == 0 and field.endswith(b"\0") else field)


def _read_uid(field: bytes, offset: int) -> tuple[str, tuple[Violation, ...]]:
    uid, found = _unpadded_uid(field)
    return uid, tuple([each.shifted(offset) for each in found]) if found else ()


def _read_text(keyword: str, vr: str, field: bytes, offset: int) -> tuple[str, tuple[Violation, ...]]:
    text = field.decode("latin-1").rstrip(" \0")
    found = []
    if field.endswith(b"\0"):
        found.append(violation("command-value", offset + len(text), f"{keyword} ({vr}) padded with NUL"))
    if len(text) > _TEXT_MAXIMUM[vr]:
        found.append(violation("command-value", offset, f"{keyword} ({vr}) of {len(text)} characters"))
    if vr == "AE" and not text.strip():
        found.append(violation("command-value", offset, f"{keyword} ({vr}) of spaces only"))
    return text, tuple(found)
