"""missing_character_set: text goes out as it is, and nothing says in which character set."""

from __future__ import annotations

from dataclasses import dataclass

from dicom_simulators.encoding import Element
from dicom_simulators.faults.data_set.change_data_set import ChangeDataSet
from dicom_simulators.faults.data_set.character_sets import CharacterSetFault


@dataclass(frozen=True, slots=True)
class MissingCharacterSet(CharacterSetFault):
    """Leave Specific Character Set out."""

    def change(self, elements: dict[int, Element]) -> None:
        """Remove it."""
        ChangeDataSet(of=self.of, remove="SpecificCharacterSet").change(elements)
