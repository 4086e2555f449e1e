"""truncated_character: a text ends within a character of several bytes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dicom_simulators.encoding import Element
from dicom_simulators.faults.data_set.character_sets import CharacterSetFault, extended, keyword
from dicom_simulators.faults.parameters import parameter


@dataclass(frozen=True, slots=True)
class TruncatedCharacter(CharacterSetFault):
    """Cut a text off after the first byte of its last character beyond the default repertoire."""

    element: str | None = parameter(keyword, "the attribute to cut; default: every text that can be cut", None)

    def change(self, elements: dict[int, Element]) -> None:
        """Cut before the second byte of the last two-byte code, whatever escape sequence follows it."""
        for element in extended(elements, self.element):
            value = element.value.rstrip(b" ")
            end = value.rfind(b"\x1b") if value.endswith((b"\x1b(B", b"\x1b(J")) else len(value)
            elements[element.tag] = replace(element, value=value[: end - 1])
