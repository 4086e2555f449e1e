"""Faults of DIMSE: which responses come, and what their command sets say.

May import: `moment`, `parameters`, `encoding`.
Begin with `respond`.
"""

from dicom_simulators.faults.dimse.change_command import ChangeCommand
from dicom_simulators.faults.dimse.drop_element import DropElement
from dicom_simulators.faults.dimse.duplicate_response import DuplicateResponse
from dicom_simulators.faults.dimse.respond import Respond
from dicom_simulators.faults.dimse.silence import Silence
from dicom_simulators.faults.dimse.wrong_message_id import WrongMessageID

__all__ = ["ChangeCommand", "DropElement", "DuplicateResponse", "Respond", "Silence", "WrongMessageID"]
