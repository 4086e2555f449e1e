"""From attributes to an encoded data set.

The law of this file: values are written as they are given, lawful or not (that is for the recipe to decide); only a
keyword that the data dictionary does not know is refused.

References
----------
PS3.5 sections 6, 7 and Annex A; PS3.6 section 6.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .pixel_format import PixelFormat
from .plan import Attributes
from .transfer_syntaxes import TransferSyntax

if TYPE_CHECKING:  # pydicom costs 130 ms at start-up: only what writes imports it
    from pydicom import Dataset
    from pydicom.dataelem import DataElement, RawDataElement

_NUMBERS = {"US": int, "SS": int, "UL": int, "SL": int, "UV": int, "SV": int, "FL": float, "FD": float}
_BYTES = ("OB", "OW", "OD", "OF", "OL", "OV", "UN")


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


def _data_set(attributes: Attributes, form: PixelFormat, syntax: TransferSyntax) -> Dataset:
    from pydicom import Dataset  # here for a quick start of programs that write nothing
    from pydicom.charset import convert_encodings
    from pydicom.datadict import dictionary_VR, tag_for_keyword

    data_set = Dataset()
    for keyword, value in attributes.items():
        tag = tag_for_keyword(keyword)
        if tag is None:
            raise ValueError(f"no element has the keyword {keyword!r}")
        vr = _settled(dictionary_VR(tag), form, syntax)
        if vr == "SQ":
            if value and not isinstance(value, (list, tuple)):
                raise ValueError(f"{keyword} is a sequence: a list of items, not {value!r}")
            items = value if isinstance(value, (list, tuple)) else ()
            value = [_data_set(item, form, syntax) for item in items if isinstance(item, Mapping)]
        else:
            value = _value(keyword, vr, value)
        data_set[tag] = _element(tag, vr, value, undefined=keyword == "PixelData" and syntax.encapsulated)
    # Nothing is left to settle or convert: pydicom then writes raw elements as they are.
    character_set = convert_encodings(data_set.get("SpecificCharacterSet"))
    data_set.set_original_encoding(syntax.implicit_vr, not syntax.big_endian, character_set)
    return data_set


def _value(keyword: str, vr: str, value: object) -> object:
    """Return the value as pydicom wants it: texts of scenario files stand for numbers and, in hex, for bytes."""
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
    from pydicom.dataelem import DataElement, RawDataElement
    from pydicom.tag import BaseTag

    if vr in ("IS", "DS") and isinstance(value, str):  # pydicom insists on numbers; a recipe may want to be wrong
        raw = value.encode("ascii", "replace")
        raw += b" " * (len(raw) % 2)
        return RawDataElement(BaseTag(tag), vr, len(raw), raw, 0, False, True)
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
