"""multi_valued_character_set: a character set that must be alone is one of several."""

from __future__ import annotations

from dataclasses import dataclass

from dicom_simulators.encoding import SPECIFIC_CHARACTER_SET, Element
from dicom_simulators.faults.data_set.character_sets import CharacterSetFault, declare
from dicom_simulators.faults.parameters import parameter, text


@dataclass(frozen=True, slots=True)
class MultiValuedCharacterSet(CharacterSetFault):
    """Declare a further character set after the true one; the text stays as it is."""

    added: str = parameter(text, "the character set declared after the true one", "ISO 2022 IR 87")

    def change(self, elements: dict[int, Element]) -> None:
        """Add to what is declared."""
        held = elements.get(SPECIFIC_CHARACTER_SET)
        true = held.value.decode("latin-1").strip(" ") if held is not None else ""
        declare(elements, f"{true}\\{self.added}")
