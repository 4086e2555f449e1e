"""odd_values: texts of a data set have values of odd length, without the padding that makes them even."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dicom_simulators.encoding import Element, tag_of_name
from dicom_simulators.faults.data_set.data_set_fault import DataSetFault
from dicom_simulators.faults.parameters import parameter, words

_TEXT_VRS = frozenset(
    ("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT")
)


def names(value: object) -> tuple[str, ...]:
    """Read the keyword or tag of an attribute, or a list of them."""
    given = words(value)
    for name in given:
        tag_of_name(name, "elements")
    return given


@dataclass(frozen=True, slots=True)
class OddValues(DataSetFault):
    """Send text values of odd length: unpadded, and where they are even with one padding character more.

    References
    ----------
    PS3.5 6.2, 7.1.1: values have even length
    """

    elements: tuple[str, ...] | str | None = parameter(names, "the attributes; default: every text", None)

    def change(self, elements: dict[int, Element]) -> None:
        """Make the values odd."""
        for tag, element in tuple(elements.items()):
            value = element.value.rstrip(b" \0")
            if self._is_meant(element) and value:
                padding = b"\0" if element.vr == "UI" else b" "
                elements[tag] = replace(element, value=value if len(value) % 2 else value + padding)

    def is_padded(self, element: Element) -> bool:
        """Leave the values odd that were made so."""
        return not self._is_meant(element)

    def _is_meant(self, element: Element) -> bool:
        tags = {tag_of_name(name, "elements") for name in self.elements or ()}
        return element.vr in _TEXT_VRS and (not tags or element.tag in tags)
