"""change_data_set: elements of a data set have other values or another VR, are missing, or the end is cut off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dicom_simulators.encoding import (
    EXPLICIT_VR_LITTLE_ENDIAN,
    FIRST_PIXEL_TAG,
    Element,
    character_set,
    encode_attributes,
    read_elements,
    tag_of_name,
    vr_of,
)
from dicom_simulators.faults.data_set.data_set_fault import DataSetFault
from dicom_simulators.faults.parameters import hexadecimal, parameter, whole, words

_UTF_8 = ("ISO_IR 192",)
_ALL_TAGS = 1 << 32
Raw = bytes
"""Bytes, in a class that has a field of that name."""


def attributes(value: object) -> Mapping[str, object]:
    """Read attributes: keywords, or tags as (gggg,eeee), and values; items of a sequence are mappings."""
    if not isinstance(value, Mapping):
        raise ValueError(f"expected a mapping of keywords to values, not {value!r}")
    given = {str(name): each for name, each in value.items()}
    encode_attributes(given, EXPLICIT_VR_LITTLE_ENDIAN, _UTF_8, "set")
    return given


def attribute_names(value: object) -> tuple[str, ...]:
    """Read the keyword or tag of an attribute, or a list of them."""
    names = words(value)
    for name in names:
        tag_of_name(name, "remove")
    return names


def vrs(value: object) -> Mapping[str, str]:
    """Read attributes, by keyword or tag, and the two letters that are sent as their VR."""
    if not isinstance(value, Mapping):
        raise ValueError(f"expected a mapping of keywords to VRs, not {value!r}")
    for name, vr in value.items():
        tag_of_name(str(name), "wrong_vr")
        if len(str(vr).encode("latin-1", "replace")) != 2:
            raise ValueError(f"{name}: expected two letters, not {vr!r}")
    return {str(name): str(vr) for name, vr in value.items()}


def values_in_hex(value: object) -> Mapping[str, str]:
    """Read attributes, by keyword or tag, and the hex digits of their values."""
    if not isinstance(value, Mapping):
        raise ValueError(f"expected a mapping of keywords to hex digits, not {value!r}")
    for name, digits in value.items():
        tag_of_name(str(name), "bytes")
        hexadecimal(digits)
    return {str(name): hexadecimal(digits) for name, digits in value.items()}


@dataclass(frozen=True, slots=True)
class ChangeDataSet(DataSetFault):
    """Change a data set about to be sent. Without Pixel Data, what follows it is missing as well.

    References
    ----------
    PS3.5 7.1: data elements; a VR is sent in Explicit VR only
    """

    set: Mapping[str, object] | None = parameter(attributes, "attributes that are put in, and their values", None)
    remove: tuple[str, ...] | str | None = parameter(attribute_names, "attributes that are left out", None)
    wrong_vr: Mapping[str, str] | None = parameter(vrs, "attributes sent with another VR, the value unchanged", None)
    bytes: Mapping[str, str] | None = parameter(values_in_hex, "attributes sent with these bytes as their value", None)
    truncate: int = parameter(whole(0, 1 << 31), "the number of bytes left out at the end of the data set", 0)

    def change(self, elements: dict[int, Element]) -> None:
        """Remove, put in, and rename VRs, in this order."""
        for name in self.remove or ():
            elements.pop(tag_of_name(name, "remove"), None)
        for tag, element in _elements(self.set or {}, elements).items():
            elements[tag] = element
        for name, digits in (self.bytes or {}).items():
            tag = tag_of_name(name, "bytes")
            known = elements.get(tag)
            vr = known.vr if known is not None and known.vr != "SQ" else vr_of(tag)
            elements[tag] = Element(tag, vr, Raw.fromhex(digits))
        for name, vr in (self.wrong_vr or {}).items():
            tag = tag_of_name(name, "wrong_vr")
            if tag in elements:
                elements[tag] = replace(elements[tag], vr=vr)

    def drops_pixel_data(self) -> bool:
        """Tell whether Pixel Data is among what is removed or put in."""
        named = (*(self.remove or ()), *(self.set or {}), *(self.bytes or {}))
        return any(tag_of_name(name, "") >= FIRST_PIXEL_TAG for name in named)

    def _changed(self, data_set: Raw, transfer_syntax: str) -> Raw:
        changed = DataSetFault._changed(self, data_set, transfer_syntax)
        return changed[: len(changed) - self.truncate] if self.truncate < len(changed) else b""


def _elements(given: Mapping[str, object], elements: Mapping[int, Element]) -> dict[int, Element]:
    """Encode values in the character set of the data set, or in UTF-8 where that cannot hold them."""
    if not given:
        return {}
    try:
        encoded = encode_attributes(given, EXPLICIT_VR_LITTLE_ENDIAN, character_set(elements), "set")
    except ValueError:
        encoded = encode_attributes(given, EXPLICIT_VR_LITTLE_ENDIAN, _UTF_8, "set")
    found = read_elements(encoded, EXPLICIT_VR_LITTLE_ENDIAN, stop_tag=_ALL_TAGS)
    named = {tag_of_name(name, "set") for name in given}
    return {tag: element for tag, element in found.items() if tag in named}
