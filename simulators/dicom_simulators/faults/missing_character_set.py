"""missing_character_set: text goes out as it is, and nothing says in which character set."""

from __future__ import annotations

from dataclasses import dataclass

from dicom_simulators.encoding import SPECIFIC_CHARACTER_SET, Element
from dicom_simulators.faults.character_sets import CharacterSetFault


@dataclass(frozen=True, slots=True)
class MissingCharacterSet(CharacterSetFault):
    """Leave Specific Character Set out."""

    def change(self, elements: dict[int, Element]) -> None:
        """Remove it."""
        elements.pop(SPECIFIC_CHARACTER_SET, None)
