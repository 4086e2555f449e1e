"""unterminated_escape: an escape sequence begins at the end of a text and does not end."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dicom_simulators.encoding import Element
from dicom_simulators.faults.data_set.character_sets import CharacterSetFault, extended, keyword
from dicom_simulators.faults.parameters import parameter


@dataclass(frozen=True, slots=True)
class UnterminatedEscape(CharacterSetFault):
    """End a text with ESC and the first byte of what would follow."""

    element: str | None = parameter(keyword, "the attribute to change; default: every text that can be changed", None)

    def change(self, elements: dict[int, Element]) -> None:
        """Put ESC and a dollar sign at the end, in the place of a return to the first character set."""
        for element in extended(elements, self.element):
            value = element.value.rstrip(b" ")
            if value.endswith((b"\x1b(B", b"\x1b(J")):
                value = value[:-3]
            elements[element.tag] = replace(element, value=value + b"\x1b$")
