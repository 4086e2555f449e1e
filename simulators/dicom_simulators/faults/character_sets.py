"""What the faults of character sets have in common: elements of a data set that is about to be sent are changed.

Invariants: what is not changed goes out as it was, Pixel Data and what follows it byte for byte; a data set
that cannot be read goes out as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from dicom_simulators.encoding import (
    CHARACTER_SET_VRS,
    SPECIFIC_CHARACTER_SET,
    DataSetError,
    Element,
    encoding_of,
    is_plain,
    read_head,
    tag_of,
    write_elements,
)
from dicom_simulators.faults.moment import Action, ChangeDataSetAction, Moment
from dicom_simulators.faults.parameters import Addressed, is_before, message_name, parameter, whole


def keyword(value: object) -> str:
    """Read the keyword of an attribute."""
    try:
        tag_of(str(value))
    except KeyError:
        raise ValueError(f"expected the keyword of an attribute, not {value!r}") from None
    return str(value)


@dataclass(frozen=True, slots=True)
class CharacterSetFault(Addressed):
    """Base of the faults that change Specific Character Set, or text that depends on it."""

    of: str = parameter(message_name, "the DIMSE message whose data set is changed")
    occurrence: int | None = parameter(
        whole(1, 1 << 31), "which such message since the fault was set; default: all", None
    )
    response: int | None = parameter(whole(1, 1 << 31), "which response to one request; default: all", None)

    def at(self, moment: Moment) -> Action | None:
        """Act before the message is sent, if it has a data set."""
        if not is_before(moment, self.of, self.occurrence, self.response):
            return None
        if moment.message is None or moment.message.data_set is None:
            return None
        return ChangeDataSetAction(lambda data_set: self._changed(data_set, moment.transfer_syntax))

    def change(self, elements: dict[int, Element]) -> None:
        """Change the elements before Pixel Data."""
        raise NotImplementedError

    def _changed(self, data_set: bytes, transfer_syntax: str) -> bytes:
        try:
            elements, rest = read_head(data_set, transfer_syntax)
        except DataSetError:
            return data_set
        self.change(elements)
        return write_elements(elements, encoding_of(transfer_syntax)) + rest


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
