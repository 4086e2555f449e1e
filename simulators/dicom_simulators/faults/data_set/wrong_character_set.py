"""wrong_character_set: text is declared to be in another character set than it is, or in one that there is not."""

from __future__ import annotations

from dataclasses import dataclass

from dicom_simulators.encoding import Element
from dicom_simulators.faults.data_set.character_sets import CharacterSetFault, declare
from dicom_simulators.faults.parameters import parameter, text


@dataclass(frozen=True, slots=True)
class WrongCharacterSet(CharacterSetFault):
    """Declare another character set; the text stays as it is."""

    term: str = parameter(text, "the declared character set, a defined term or not", "ISO_IR 100")

    def change(self, elements: dict[int, Element]) -> None:
        """Declare it."""
        declare(elements, self.term)
