"""The text of whole data sets: read by our own character sets, and written by one that can hold it.

Invariants: what came from the network stays the bytes that came as long as its character set stays; text that is
changed to another character set, or doubtful in its own, is reported. Nothing is written that its character set cannot
hold.

References
----------
PS3.3 Section C.12.1.1.2; PS3.5 Section 6.1.2 and 7.5.3
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from pydicom.datadict import dictionary_VR, keyword_for_tag
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.filewriter import correct_ambiguous_vr
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag

from dicom_workstation.data_sets.character_sets import (
    ENCODED_TEXT,
    CharacterSet,
    Text,
    UnencodableError,
    defined_character_set,
)

SPECIFIC_CHARACTER_SET: Final = 0x00080005
UTF_8: Final = "ISO_IR 192"
SINGLE_VALUED: Final = frozenset(("LT", "ST", "UT"))


def declared_in(data_set: Dataset, enclosing: CharacterSet) -> CharacterSet:
    """Return the character set that a data set declares; that of the data set around it if it declares none."""
    if SPECIFIC_CHARACTER_SET not in data_set:
        return enclosing
    value = data_set.get_item(SPECIFIC_CHARACTER_SET).value
    if isinstance(value, bytes):
        return CharacterSet.of(value.decode("latin-1").strip(" \0"))
    several = isinstance(value, Sequence) and not isinstance(value, str)
    return CharacterSet.of("\\".join(map(str, value)) if several else str(value or ""))


def name_of(tag: BaseTag) -> str:
    """Return the keyword of an element, or its tag where there is none."""
    return keyword_for_tag(tag) or f"{int(tag):08X}"


def vr_of(tag: BaseTag, vr: str) -> str:
    """Return the VR of an element; that of the data dictionary where none was sent (PS3.5 Section 6.2.2)."""
    if vr != "UN":
        return vr
    try:
        return dictionary_VR(tag)
    except KeyError:
        return vr


def trimmed(text: str, vr: str) -> str:
    """Take the padding off each value."""
    parts = [text] if vr in SINGLE_VALUED else text.split("\\")
    return "\\".join(part.rstrip(" \0") for part in parts)


def decode_texts(data_set: Dataset, enclosing: CharacterSet | None = None) -> tuple[str, ...]:
    """Put decoded text in the place of what is still bytes, in the items of sequences too; returns what is doubtful."""
    character_set = declared_in(data_set, enclosing or CharacterSet())
    doubts: list[str] = []
    for tag in tuple(data_set.keys()):
        element: Any = data_set.get_item(tag)
        vr = vr_of(tag, str(element.VR or "UN"))
        if vr in ENCODED_TEXT and isinstance(element, RawDataElement):
            decoded = _decoded(element, vr, character_set)
            doubts += [f"{name_of(tag)}: {doubt}" for doubt in decoded.doubts]
            text = trimmed(decoded.text, vr)
            data_set[tag] = DataElement(tag, vr, text if vr in SINGLE_VALUED else text.split("\\"))
        elif vr == "SQ":
            for item in data_set[tag].value or ():
                doubts += decode_texts(item, character_set)
    return tuple(dict.fromkeys(doubts))


def copy_element(made: Dataset, source: Dataset, keyword: str) -> None:
    """Copy an element; text stays the bytes that came, until `encode_texts` knows their character set."""
    element: Any = source.get_item(keyword)
    vr = vr_of(element.tag, str(element.VR or "UN"))
    if vr in ENCODED_TEXT and isinstance(element, RawDataElement):
        made[element.tag] = _raw_element(element.tag, vr, bytes(element.value or b""))
    else:
        made[keyword] = source[keyword]


def encode_texts(made: Dataset, source: Dataset, requested: str | None) -> tuple[str, ...]:
    """Choose the Specific Character Set of a new data set, and encode all of its text.

    Parameters
    ----------
    made
        Text that was taken over is still bytes, in the character set of `source`; what the user wrote is text.
    asked
        The character set that the user wants; None: that of `source`, where it can hold what the user wrote, else
        UTF-8.

    Returns
    -------
    tuple of str
        What is doubtful in text that was brought from one character set to another.

    Raises
    ------
    UnencodableError
        The character set asked for does not exist, or cannot hold the text.
    """
    own = declared_in(source, CharacterSet())
    wanted = own if requested is None else defined_character_set(requested)
    doubts: list[str] = []
    if wanted.declared != own.declared or own.doubts or not _can_hold(own, made):
        if requested is None:
            wanted = defined_character_set(UTF_8)
        for tag in tuple(made.keys()):
            element: Any = made.get_item(tag)
            if isinstance(element, RawDataElement) and element.VR in ENCODED_TEXT:
                decoded = _decoded(element, element.VR, own)
                doubts += [f"{name_of(tag)}: {doubt}" for doubt in decoded.doubts]
                made[tag] = _raw_element(
                    tag, element.VR, _encoded(wanted, tag, element.VR, trimmed(decoded.text, element.VR))
                )
    correct_ambiguous_vr(made, True)
    _encode(made, wanted)
    if wanted.declared:
        made.SpecificCharacterSet = wanted.declared.split("\\")
    elif "SpecificCharacterSet" in made:
        del made.SpecificCharacterSet
    _keep_encoding(made)
    return tuple(dict.fromkeys(doubts))


def _decoded(element: RawDataElement, vr: str, character_set: CharacterSet) -> Text:
    return character_set.decode(bytes(element.value or b""), vr)


def _can_hold(character_set: CharacterSet, made: Dataset) -> bool:
    try:
        for _, vr, text in _user_texts(made):
            character_set.encode(text, vr)
    except UnencodableError:
        return False
    return True


def _user_texts(made: Dataset) -> Iterator[tuple[tuple[Dataset, BaseTag], str, str]]:
    """Yield what the user wrote, in ASCII or not, and where it is."""
    for tag in tuple(made.keys()):
        element: Any = made.get_item(tag)
        if isinstance(element, RawDataElement):
            continue
        if element.VR == "SQ":
            for item in element.value or ():
                yield from _user_texts(item)
        elif element.VR in ENCODED_TEXT:
            value = element.value
            several = value if isinstance(value, MultiValue | list) else [value]
            yield (made, tag), element.VR, "\\".join("" if one is None else str(one) for one in several)


def _encode(made: Dataset, character_set: CharacterSet) -> None:
    for (data_set, tag), vr, text in tuple(_user_texts(made)):
        data_set[tag] = _raw_element(tag, vr, _encoded(character_set, tag, vr, text))


def _encoded(character_set: CharacterSet, tag: BaseTag, vr: str, text: str) -> bytes:
    try:
        return character_set.encode(text, vr)
    except UnencodableError as error:
        raise UnencodableError(f"{name_of(tag)}: {error}") from error


def _keep_encoding(made: Dataset) -> None:
    """Have pydicom write what is encoded as it is, here and in the items of sequences."""
    made.set_original_encoding(False, True, made._character_set)
    for element in made.values():
        if not isinstance(element, RawDataElement) and element.VR == "SQ":
            for item in element.value or ():
                _keep_encoding(item)


def _raw_element(tag: BaseTag, vr: str, value: bytes) -> RawDataElement:
    value += b" " * (len(value) % 2)
    return RawDataElement(tag, vr, len(value), value, 0, False, True)
