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
import struct
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from dicom_simulators.data_sets.pixel_format import PixelFormat
from dicom_simulators.data_sets.plan import Attributes
from dicom_simulators.data_sets.transfer_syntaxes import TransferSyntax

_NUMBERS = {"US": int, "SS": int, "UL": int, "SL": int, "UV": int, "SV": int, "FL": float, "FD": float}
_BYTES = ("OB", "OW", "OD", "OF", "OL", "OV", "UN")
_LUT_DESCRIPTORS: Final = frozenset({0x00281101, 0x00281102, 0x00281103, 0x00283002})
"""Only their second value is one of pixels: the first is unsigned whatever the VR (PS3.3 C.7.6.3.1.5, C.11.1.1.1)."""
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
    return _Encoder(form, syntax).data_set(attributes, ())


def known(keyword: str) -> bool:
    """Whether the data dictionary has this keyword."""
    from pydicom.datadict import tag_for_keyword  # here for a quick start of programs that write nothing

    return tag_for_keyword(keyword) is not None


@lru_cache(maxsize=4096)
def tag_and_vr(keyword: str) -> tuple[int, str] | None:
    """Give the tag and VR of a keyword, or of a private element; None where the data dictionary has none."""
    from pydicom.datadict import dictionary_VR, tag_for_keyword  # here for a quick start, as above

    private = _PRIVATE.match(keyword)
    if private is not None:
        return int(private["group"] + private["element"], 16), private["vr"]
    tag = tag_for_keyword(keyword)
    return None if tag is None else (tag, dictionary_VR(tag))


class _Encoder:
    """Encodes attributes in a transfer syntax; what pydicom alone knows how to encode, pydicom encodes."""

    def __init__(self, form: PixelFormat, syntax: TransferSyntax) -> None:
        from dicom_simulators import encoding  # here for a quick start of programs that write nothing

        self._form, self._syntax = form, syntax
        self._order = ">" if syntax.big_endian else "<"
        self._encoding, self._codec = encoding.Encoding(syntax.implicit_vr, not syntax.big_endian), encoding

    def data_set(self, attributes: Attributes, enclosing: tuple[str, ...]) -> bytes:
        """Encode a data set, or an item of one that declares the character set `enclosing`."""
        terms = _terms(attributes.get("SpecificCharacterSet"), enclosing)
        elements: dict[int, tuple[bytes, ...]] = {}  # in parts: a large value is copied once
        for keyword, value in attributes.items():
            found = tag_and_vr(keyword)
            if found is None:
                raise ValueError(f"no element has the keyword {keyword!r}")
            tag, vr = found[0], _settled(found[1], self._form, self._syntax)
            if vr == "SQ":
                elements[tag] = self._framed(tag, vr, self._items(keyword, value, terms))
                continue
            value = _value(keyword, vr, value)
            encoded = self._plain(tag, vr, value)
            encoded = self._text(keyword, vr, value, terms) if encoded is None else encoded
            undefined = keyword == "PixelData" and self._syntax.encapsulated
            elements[tag] = (
                (self._by_pydicom(tag, vr, value),) if encoded is None else self._framed(tag, vr, encoded, undefined)
            )
        return b"".join([part for tag in sorted(elements) for part in elements[tag]])

    def _items(self, keyword: str, value: object, terms: tuple[str, ...]) -> bytes:
        if value and not isinstance(value, (list, tuple)):
            raise ValueError(f"{keyword} is a sequence: a list of items, not {value!r}")
        items = value if isinstance(value, (list, tuple)) else ()
        contents = [self.data_set(item, terms) for item in items if isinstance(item, Mapping)]
        return b"".join(struct.pack(self._order + "HHI", 0xFFFE, 0xE000, len(each)) + each for each in contents)

    def _plain(self, tag: int, vr: str, value: object) -> bytes | None:
        """Encode numbers, bytes or a text of the default repertoire as they are given; None for anything else."""
        if value is None:
            return b""
        if vr in _BYTES:
            return value if isinstance(value, bytes) else None
        values = value if isinstance(value, list) else [value]
        if vr in self._codec.NUMBER_FORMATS:
            if tag in _LUT_DESCRIPTORS or not all(isinstance(each, int | float) for each in values):
                return None
            try:
                return struct.pack(f"{self._order}{len(values)}{self._codec.NUMBER_FORMATS[vr]}", *values)
            except struct.error:
                return None
        texts = [_number_string(vr, each) for each in values]
        if vr not in self._codec.TEXT_VRS or None in texts:
            return None
        text = "\\".join(each for each in texts if each is not None)
        return text.encode("ascii") if text.isascii() else None

    def _text(self, keyword: str, vr: str, value: object, terms: tuple[str, ...]) -> bytes | None:
        """Encode a text beyond the default repertoire in its character set; None for any other value."""
        if vr in ("IS", "DS") and isinstance(value, str):  # pydicom insists on numbers; a recipe may want to be wrong
            return value.encode("ascii", "replace")
        text = "\\".join(map(str, value if isinstance(value, list) else [value]))
        if vr not in self._codec.CHARACTER_SET_VRS or text.isascii():
            return None
        try:
            return self._codec.encode_text(text, terms, vr)
        except ValueError as wrong:
            raise ValueError(f"{keyword} ({vr}) cannot be {text!r}: {wrong}") from None

    def _framed(self, tag: int, vr: str, value: bytes, undefined: bool = False) -> tuple[bytes, ...]:
        """Put tag, VR and length before a value, which is padded; one of undefined length gets its delimiter."""
        if len(value) % 2:
            value += b"\0" if vr == "UI" or vr in _BYTES else b" "
        if not undefined:
            return self._codec.element_header(tag, vr, len(value), self._encoding), value
        ending = struct.pack(self._order + "HHI", 0xFFFE, 0xE0DD, 0)
        return self._codec.element_header(tag, vr, 0xFFFFFFFF, self._encoding), value, ending

    def _by_pydicom(self, tag: int, vr: str, value: object) -> bytes:
        from pydicom.config import IGNORE  # here for a quick start of programs that write nothing
        from pydicom.dataelem import DataElement
        from pydicom.filebase import DicomBytesIO
        from pydicom.filewriter import write_data_element

        buffer = DicomBytesIO()
        buffer.is_implicit_VR = self._syntax.implicit_vr
        buffer.is_little_endian = not self._syntax.big_endian
        write_data_element(buffer, DataElement(tag, vr, value, validation_mode=IGNORE))
        return bytes(buffer.getvalue())


def _number_string(vr: str, value: object) -> str | None:
    """Give a text as it is, and the number of a DS or IS as text; None for anything else."""
    if vr == "DS" and isinstance(value, int | float):
        return str(float(value))
    if vr == "IS" and isinstance(value, int):
        return str(int(value))
    return value if isinstance(value, str) else None


def _terms(declared: object, enclosing: tuple[str, ...]) -> tuple[str, ...]:
    """Return the values of Specific Character Set; an item without one has those around it (PS3.5 7.5.3)."""
    if declared is None:
        return enclosing
    return tuple(map(str, declared)) if isinstance(declared, list | tuple) else tuple(str(declared).split("\\"))


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


def _settled(vr: str, form: PixelFormat, syntax: TransferSyntax) -> str:
    """Return the VR to use where the data dictionary leaves a choice."""
    if vr == "OB or OW":  # PS3.5 A.1 to A.4
        return "OW" if not syntax.encapsulated and (form.bits_allocated > 8 or syntax.implicit_vr) else "OB"
    if vr in ("US or SS", "US or SS or OW"):
        return "SS" if form.signed else "US"
    return "OW" if vr == "US or OW" else vr
