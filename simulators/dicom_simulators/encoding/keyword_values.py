"""Attributes as keywords and texts, to a data set and back: what an operation is given, and what its outcome gives.

Invariants: values are not judged, only encoded; text that the character set cannot hold is a `ValueError`, never
another character. Several values are a list; a sequence is a list of mappings, and a single mapping is one item.

References
----------
PS3.5 6.2 (value representations), 6.4 (value multiplicity), 7.5 (sequences); PS3.3 C.12.1.1.2 (Specific Character Set)
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from typing import Final

from pydicom.datadict import keyword_for_tag

from dicom_simulators.encoding.data_set_codec import (
    CHARACTER_SET_VRS,
    SPECIFIC_CHARACTER_SET,
    Element,
    Elements,
    character_set,
    encoding_of,
    read_elements,
    tag_of,
    values,
    vr_of,
    write_elements,
)
from dicom_simulators.encoding.re_encoding import encode_text

_TAG: Final = re.compile(r"\(?([0-9A-Fa-f]{4}),?([0-9A-Fa-f]{4})\)?")
_WHOLE: Final = {"US": "<H", "SS": "<h", "UL": "<I", "SL": "<i", "UV": "<Q", "SV": "<q"}
_REAL: Final = {"FL": "<f", "FD": "<d"}
_BYTES: Final = frozenset({"OB", "OW", "OF", "OD", "OL", "OV"})


def encode_attributes(
    attributes: Mapping[str, object], transfer_syntax: str, terms: Sequence[str] = (), place: str = "keys"
) -> bytes:
    """Encode attributes.

    Parameters
    ----------
    attributes : mapping
        Keyword, or tag as ``(gggg,eeee)``, to value. Bytes are `bytes` or hex digits.
    terms : sequence of str
        The values of Specific Character Set, which is added unless the attributes have it.
    place : str
        Where the attributes stand, for errors.

    Raises
    ------
    ValueError
        No such keyword, or a value that its VR or the character set cannot hold.
    """
    elements = _elements(attributes, tuple(terms), place)
    if terms and SPECIFIC_CHARACTER_SET not in elements:
        elements[SPECIFIC_CHARACTER_SET] = Element(SPECIFIC_CHARACTER_SET, "CS", "\\".join(terms).encode("ascii"))
    return write_elements(elements, encoding_of(transfer_syntax))


def _elements(attributes: Mapping[str, object], terms: tuple[str, ...], place: str) -> dict[int, Element]:
    elements = {}
    for name, value in attributes.items():
        where = f"{place}.{name}"
        tag = tag_of_name(name, where)
        try:
            elements[tag] = _element(tag, vr_of(tag), value, terms, where)
        except (ValueError, OverflowError, struct.error) as error:
            said = str(error)
            wrong = f"{value!r} is not a value of VR {vr_of(tag)}: {said}"
            raise ValueError(said if said.startswith(place) else f"{where}: {wrong}") from None
    return elements


def tag_of_name(name: str, where: str) -> int:
    """Give the tag of an attribute by its keyword, or of any by its tag as ``(gggg,eeee)``.

    Raises
    ------
    ValueError
        PS3.6 has no such keyword; the message begins with `where`.
    """
    written = _TAG.fullmatch(name)
    if written is not None:
        return int(written[1] + written[2], 16)
    try:
        return tag_of(name)
    except KeyError:
        raise ValueError(f"{where}: unknown keyword") from None


def _element(tag: int, vr: str, value: object, terms: tuple[str, ...], where: str) -> Element:
    if vr == "SQ" or isinstance(value, Mapping):
        return Element(tag, "SQ", items=_items(value, terms, where))
    if isinstance(value, bytes):
        return Element(tag, vr, value)
    if isinstance(value, list | tuple) and any(isinstance(one, Mapping | list | tuple) for one in value):
        raise ValueError(f"{where}: items belong to sequences, but its VR is {vr}")
    texts = ["" if one is None else str(one) for one in (value if isinstance(value, list | tuple) else [value])]
    if vr in _WHOLE or vr in _REAL:
        return Element(tag, vr, b"".join(_number(vr, one) for one in texts if one))
    if vr in _BYTES:
        return Element(tag, vr, bytes.fromhex("".join(texts)))
    if vr == "AT":
        return Element(tag, vr, b"".join(_pointer(one, where) for one in texts if one))
    text = "\\".join(texts)
    if vr in CHARACTER_SET_VRS:
        return Element(tag, vr, encode_text(text, terms, vr))
    return Element(tag, vr, text.encode("latin-1"))


def _items(value: object, terms: tuple[str, ...], where: str) -> tuple[Elements, ...]:
    given = value if isinstance(value, list | tuple) else [value]
    if any(not isinstance(one, Mapping) and one not in (None, "") for one in given):
        raise ValueError(f"{where}: a sequence is a list of items, each a mapping")
    mappings = [one for one in given if isinstance(one, Mapping)]
    return tuple(_elements(one, terms, f"{where}[{number}]") for number, one in enumerate(mappings))


def _number(vr: str, text: str) -> bytes:
    return struct.pack(_WHOLE[vr], int(text, 0)) if vr in _WHOLE else struct.pack(_REAL[vr], float(text))


def _pointer(text: str, where: str) -> bytes:
    tag = tag_of_name(text, where)
    return struct.pack("<HH", tag >> 16, tag & 0xFFFF)


def decode_attributes(data_set: bytes, transfer_syntax: str) -> dict[str, object]:
    """Give a data set as keywords and texts; several values are a list, a sequence is a list of items.

    What PS3.6 does not know bears its tag, as ``(gggg,eeee)``. Pixel Data and bulk values are left out.

    Raises
    ------
    DataSetError
        The bytes are no data set in that transfer syntax.
    """
    return _texts(read_elements(data_set, transfer_syntax), ())


def _texts(elements: Elements, inherited: tuple[str, ...]) -> dict[str, object]:
    terms = character_set(elements, inherited)
    found: dict[str, object] = {}
    for tag, element in elements.items():
        name = keyword_for_tag(tag) or f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
        if element.vr == "SQ":
            found[name] = [_texts(item, terms) for item in element.items]
            continue
        given = values(element, terms)
        found[name] = list(given) if len(given) > 1 else "".join(given)
    return found
