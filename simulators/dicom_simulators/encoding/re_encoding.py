"""Text of a data set: from Unicode to bytes under a Specific Character Set, the way back of `archive_text`.

Invariants: what the character sets cannot hold is a `ValueError`, never another character. A graphic set is
designated where a character needs it; before each delimiter and at the end G0 is what it was at the beginning, and
after a delimiter G1 is designated anew (PS3.5 6.1.2.5.3).

References
----------
PS3.3 C.12.1.1.2 (Tables C.12-2 to C.12-5); PS3.5 6.1.2.5.
"""

from __future__ import annotations

from typing import Final

from dicom_simulators.encoding.data_set_codec import (
    CHARACTER_SET_VRS,
    SINGLE_VALUE_VRS,
    SPECIFIC_CHARACTER_SET,
    Element,
    Elements,
    character_set,
)
from dicom_simulators.encoding.text import G0_SETS, G1_SETS, SINGLE_BYTE_CODECS, WHOLE_CODECS, decode_text, is_plain

_DESIGNATIONS: Final = {
    "ISO 2022 IR 6": b"(B",
    "ISO 2022 IR 87": b"$B",
    "ISO 2022 IR 159": b"$(D",
    "ISO 2022 IR 149": b"$)C",
    "ISO 2022 IR 58": b"$)A",
    "ISO 2022 IR 13": b")I",
}
_CODEC_DESIGNATIONS: Final = {graphic.codec: sequence for sequence, graphic in G1_SETS.items()}


def encode_text(text: str, terms: tuple[str, ...], vr: str) -> bytes:
    """Encode a whole value field.

    Parameters
    ----------
    text : str
        All values, a backslash between them.
    terms : tuple of str
        The values of (0008,0005); empty for the default repertoire.
    vr : str
        One to which character sets apply.

    Raises
    ------
    ValueError
        A character that `terms` cannot hold, or a term that is not defined.
    """
    if text.isascii():
        return text.encode("ascii")
    first = terms[0] if terms else ""
    if first in WHOLE_CODECS:
        return text.encode(WHOLE_CODECS[first])
    if len(terms) > 1 or first.startswith("ISO 2022 "):
        delimiters = "\r\n\f\t" + ("" if vr in SINGLE_VALUE_VRS else "\\") + ("^=" if vr == "PN" else "")
        return _encode_extended(text, terms, delimiters)
    if first not in SINGLE_BYTE_CODECS:
        raise ValueError(f"unknown character set {first!r}")
    raw = text.encode(SINGLE_BYTE_CODECS[first])
    if len(raw) != len(text) or any(code == 0x5C != ord(one) for code, one in zip(raw, text, strict=True)):
        raise ValueError(f"{first} cannot encode {text!r}")
    return raw


def _encode_extended(text: str, terms: tuple[str, ...], delimiters: str) -> bytes:
    first = terms[0].replace("ISO 2022 IR", "ISO_IR")
    designations = [designation for term in terms if (designation := _designation(term))]
    home = b"(J" if first == "ISO_IR 13" else b"(B"
    initial = _designation(terms[0])
    initial = initial if initial in G1_SETS and first in SINGLE_BYTE_CODECS else None
    g0, g1 = home, initial
    out = bytearray()
    for character in text:
        if character.isascii():
            if g0 != home:
                out += b"\x1b" + home
                g0 = home
            out += character.encode()
            if character in delimiters:
                g1 = initial
            continue
        for designation in filter(None, (g1, g0, *designations)):
            code = _code(character, designation)
            if code is None:
                continue
            if designation not in (g0, g1):
                out += b"\x1b" + designation
            g0, g1 = (g0, designation) if designation in G1_SETS else (designation, g1)
            out += code
            break
        else:
            raise ValueError(f"{'/'.join(terms)} cannot encode {character!r}")
    return bytes(out) + (b"\x1b" + home if g0 != home else b"")


def _designation(term: str) -> bytes | None:
    """Give the escape sequence of a defined term; None for the default repertoire."""
    if not term or term in ("ISO_IR 6", "ISO 2022 IR 6"):
        return None
    if term in _DESIGNATIONS:
        return _DESIGNATIONS[term]
    codec = SINGLE_BYTE_CODECS.get(term.replace("ISO 2022 IR", "ISO_IR"))
    if codec is None:
        raise ValueError(f"unknown character set {term!r}")
    return _CODEC_DESIGNATIONS[codec]


def _code(character: str, designation: bytes) -> bytes | None:
    graphic = G0_SETS.get(designation) or G1_SETS[designation]
    try:
        raw = character.encode(graphic.codec)
    except UnicodeEncodeError:
        return None
    if len(raw) != len(graphic.prefix) + graphic.size_bytes or not raw.startswith(graphic.prefix):
        return None
    code = raw[len(graphic.prefix) :]
    if any(byte < 0xA0 for byte in code):
        return None  # katakana of EUC, or a yen sign that becomes a backslash
    return code if designation in G1_SETS else bytes(byte & 0x7F for byte in code)


def recoded(element: Element, held: tuple[str, ...], wanted: tuple[str, ...]) -> Element:
    """Give an element in another character set.

    Items lose a Specific Character Set of their own, for all of them are then in that of the whole.

    Raises
    ------
    ValueError
        `wanted` cannot hold its text.
    """
    if element.vr == "SQ":
        items = tuple(_recoded_item(item, held, wanted) for item in element.items)
        return Element(element.tag, "SQ", items=items)
    if element.vr not in CHARACTER_SET_VRS or is_plain(element.value):
        return element
    text = decode_text(element.value, held, person_name=element.vr == "PN")
    return Element(element.tag, element.vr, encode_text(text, wanted, element.vr))


def _recoded_item(item: Elements, held: tuple[str, ...], wanted: tuple[str, ...]) -> Elements:
    own = character_set(item, held)
    return {tag: recoded(element, own, wanted) for tag, element in item.items() if tag != SPECIFIC_CHARACTER_SET}
