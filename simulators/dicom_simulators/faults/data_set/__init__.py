"""Faults of data sets: elements that are missing, wrong or odd, and text in character sets that nobody declared.

May import: `moment`, `parameters`, `encoding`.
Begin with `change_data_set`.
"""

from dicom_simulators.faults.data_set.change_data_set import ChangeDataSet
from dicom_simulators.faults.data_set.missing_character_set import MissingCharacterSet
from dicom_simulators.faults.data_set.multi_valued_character_set import MultiValuedCharacterSet
from dicom_simulators.faults.data_set.odd_values import OddValues
from dicom_simulators.faults.data_set.truncated_character import TruncatedCharacter
from dicom_simulators.faults.data_set.unterminated_escape import UnterminatedEscape
from dicom_simulators.faults.data_set.wrong_character_set import WrongCharacterSet

__all__ = [
    "ChangeDataSet",
    "MissingCharacterSet",
    "MultiValuedCharacterSet",
    "OddValues",
    "TruncatedCharacter",
    "UnterminatedEscape",
    "WrongCharacterSet",
]
