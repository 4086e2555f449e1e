"""What the faults of character sets have in common: each is a change of a data set that is about to be sent."""

from __future__ import annotations

from dataclasses import dataclass

from dicom_simulators.encoding import (
    CHARACTER_SET_VRS,
    SPECIFIC_CHARACTER_SET,
    Element,
    is_plain,
    tag_of,
)
from dicom_simulators.faults.data_set.data_set_fault import DataSetFault


def keyword(value: object) -> str:
    """Read the keyword of an attribute."""
    try:
        tag_of(str(value))
    except KeyError:
        raise ValueError(f"expected the keyword of an attribute, not {value!r}") from None
    return str(value)


@dataclass(frozen=True, slots=True)
class CharacterSetFault(DataSetFault):
    """Base of the faults that change Specific Character Set, or text that depends on it."""


def declare(elements: dict[int, Element], declared: str) -> None:
    """Set Specific Character Set."""
    elements[SPECIFIC_CHARACTER_SET] = Element(SPECIFIC_CHARACTER_SET, "CS", declared.encode("latin-1", "replace"))


def extended(elements: dict[int, Element], only: str | None) -> list[Element]:
    """Give the texts beyond the default repertoire; of one attribute alone, if one is named."""
    tag = tag_of(only) if only is not None else None
    return [
        element
        for element in elements.values()
        if element.vr in CHARACTER_SET_VRS and not is_plain(element.value) and tag in (None, element.tag)
    ]
