"""From attributes to an encoded data set.

Invariants: values are written as they are given, valid or not (that is for the recipe to decide); only a
keyword that the data dictionary does not know is refused, and text that its Specific Character Set cannot hold. A
private element is named by its tag and VR: ``(0009,1001) LO``.

References
----------
PS3.5 sections 6, 7 and Annex A; PS3.6 section 6.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Final

from dicom_simulators.data_sets.pixel_format import PixelFormat
from dicom_simulators.data_sets.plan import Attributes
from dicom_simulators.data_sets.transfer_syntaxes import TransferSyntax

if TYPE_CHECKING:  # pydicom costs 130 ms at start-up: only what writes imports it
    from pydicom import Dataset
    from pydicom.dataelem import DataElement, RawDataElement

_NUMBERS = {"US": int, "SS": int, "UL": int, "SL": int, "UV": int, "SV": int, "FL": float, "FD": float}
_BYTES = ("OB", "OW", "OD", "OF", "OL", "OV", "UN")
_LONG_BYTES: Final = 1 << 20
"""A value of so many bytes is written from where it is, without a buffer of its own."""
_PRIVATE: Final = re.compile(r"\((?P<group>[0-9A-F]{3}[13579BDF]),(?P<element>[0-9A-F]{4})\) (?P<vr>[A-Z]{2})\Z")


def encode_data_set(attributes: Attributes, form: PixelFormat, syntax: TransferSyntax) -> bytes:
    """Return the encoded data set, elements in ascending order of their tags.

    Parameters
    ----------
    attributes : Attributes
        Keyword -> value.
    form : PixelFormat
        Settles the VRs that depend on the pixels (PS3.5 Annex A, PS3.3 C.7.6.3).
    syntax : TransferSyntax
        What to encode in.
    """
    from pydicom.filebase import DicomBytesIO  # here for a quick start of programs that write nothing
    from pydicom.filewriter import write_dataset

    buffer = DicomBytesIO()
    buffer.is_implicit_VR = syntax.implicit_vr
    buffer.is_little_endian = not syntax.big_endian
    data_set = _data_set(attributes, form, syntax)
    write_dataset(buffer, data_set)
    return bytes(buffer.getvalue())


def known(keyword: str) -> bool:
    """Whether the data dictionary has this keyword."""
    from pydicom.datadict import tag_for_keyword  # here for a quick start of programs that write nothing

    return tag_for_keyword(keyword) is not None


def tag_and_vr(keyword: str) -> tuple[int, str] | None:
    """Give the tag and VR of a keyword, or of a private element; None where the data dictionary has none."""
    from pydicom.datadict import dictionary_VR, tag_for_keyword  # here for a quick start, as above

    private = _PRIVATE.match(keyword)
    if private is not None:
        return int(private["group"] + private["element"], 16), private["vr"]
    tag = tag_for_keyword(keyword)
    return None if tag is None else (tag, dictionary_VR(tag))


def _data_set(
    attributes: Attributes, form: PixelFormat, syntax: TransferSyntax, enclosing: tuple[str, ...] = ()
) -> Dataset:
    from pydicom import Dataset  # here for a quick start of programs that write nothing
    from pydicom.charset import convert_encodings

    data_set = Dataset(parent_encoding=convert_encodings(list(enclosing) or None))
    terms = _terms(attributes.get("SpecificCharacterSet"), enclosing)
    for keyword, value in attributes.items():
        found = tag_and_vr(keyword)
        if found is None:
            raise ValueError(f"no element has the keyword {keyword!r}")
        tag, vr = found[0], _settled(found[1], form, syntax)
        if vr == "SQ":
            if value and not isinstance(value, (list, tuple)):
                raise ValueError(f"{keyword} is a sequence: a list of items, not {value!r}")
            items = value if isinstance(value, (list, tuple)) else ()
            value = [_data_set(item, form, syntax, terms) for item in items if isinstance(item, Mapping)]
        else:
            value = _value(keyword, vr, value)
        encoded = _encoded_text(keyword, vr, value, terms)
        undefined = keyword == "PixelData" and syntax.encapsulated
        data_set[tag] = _raw(tag, vr, encoded) if encoded is not None else _element(tag, vr, value, undefined=undefined)
    # Nothing is left to settle or convert: pydicom then writes raw elements as they are.
    character_set = convert_encodings(data_set.get("SpecificCharacterSet") or list(enclosing) or None)
    data_set.set_original_encoding(syntax.implicit_vr, not syntax.big_endian, character_set)
    return data_set


def _terms(declared: object, enclosing: tuple[str, ...]) -> tuple[str, ...]:
    """Return the values of Specific Character Set; an item without one has those around it (PS3.5 7.5.3)."""
    if declared is None:
        return enclosing
    return tuple(map(str, declared)) if isinstance(declared, list | tuple) else tuple(str(declared).split("\\"))


def _encoded_text(keyword: str, vr: str, value: object, terms: tuple[str, ...]) -> bytes | None:
    """Return a text beyond the default repertoire in its character set; None for any other value."""
    from dicom_simulators.encoding import (
        CHARACTER_SET_VRS,  # here for a quick start of programs that write nothing
        encode_text,
    )

    if vr not in CHARACTER_SET_VRS:
        return None
    text = "\\".join(map(str, value if isinstance(value, list) else [value]))
    if text.isascii():
        return None
    try:
        return encode_text(text, terms, vr)
    except ValueError as wrong:
        raise ValueError(f"{keyword} ({vr}) cannot be {text!r}: {wrong}") from None


def _raw(tag: int, vr: str, raw: bytes) -> RawDataElement:
    from pydicom.dataelem import RawDataElement  # here for a quick start of programs that write nothing
    from pydicom.tag import BaseTag

    raw += b" " * (len(raw) % 2)
    return RawDataElement(BaseTag(tag), vr, len(raw), raw, 0, False, True)


def _value(keyword: str, vr: str, value: object) -> object:
    """Return the value as pydicom wants it: texts of scenario files are numbers or, in hex, bytes."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, (int, float)) and vr not in _NUMBERS and vr not in ("AT", "IS", "DS"):
        return str(value)
    if not isinstance(value, str) or (vr not in _NUMBERS and vr not in _BYTES):
        return value
    try:
        if vr in _BYTES:
            return bytes.fromhex(value)
        return [_NUMBERS[vr](part) for part in value.split("\\")] if value else None
    except ValueError as wrong:
        raise ValueError(f"{keyword} ({vr}) cannot be {value!r}: {wrong}") from None


def _element(tag: int, vr: str, value: object, *, undefined: bool) -> DataElement | RawDataElement:
    from pydicom.config import IGNORE  # here for a quick start of programs that write nothing
    from pydicom.dataelem import DataElement

    if vr in ("IS", "DS") and isinstance(value, str):  # pydicom insists on numbers; a recipe may want to be wrong
        return _raw(tag, vr, value.encode("ascii", "replace"))
    if vr in ("OB", "OW") and isinstance(value, bytes) and len(value) >= _LONG_BYTES and len(value) % 2 == 0:
        value = BytesIO(value)
    element = DataElement(tag, vr, value, validation_mode=IGNORE)
    element.is_undefined_length = undefined
    return element


def _settled(vr: str, form: PixelFormat, syntax: TransferSyntax) -> str:
    """Return the VR to use where the data dictionary leaves a choice."""
    if vr == "OB or OW":  # PS3.5 A.1 to A.4
        return "OW" if not syntax.encapsulated and (form.bits_allocated > 8 or syntax.implicit_vr) else "OB"
    if vr in ("US or SS", "US or SS or OW"):
        return "SS" if form.signed else "US"
    return "OW" if vr == "US or OW" else vr
