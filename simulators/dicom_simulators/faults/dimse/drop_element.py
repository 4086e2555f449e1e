"""drop_element: a command set lacks an element, Status for instance."""

from __future__ import annotations

from dataclasses import dataclass

from dicom_simulators.faults.dimse.change_command import ChangeCommand
from dicom_simulators.faults.moment import Action, Moment
from dicom_simulators.faults.parameters import Addressed, message_name, parameter, response_number, whole
from dicom_wire.command_elements import BY_KEYWORD


def element(value: object) -> str:
    """Read the keyword of a command element."""
    if value not in BY_KEYWORD:
        raise ValueError(f"expected the keyword of a command element, not {value!r}")
    return str(value)


@dataclass(frozen=True, slots=True)
class DropElement(Addressed):
    """Leave an element out; the group length is made to fit."""

    of: str = parameter(message_name, "the DIMSE message that is sent without the element")
    element: str = parameter(element, "the element's keyword")
    occurrence: int | None = parameter(
        whole(1, 1 << 31), "which such message since the fault was set; default: all", None
    )
    response: int | str | None = parameter(
        response_number, "which response to one request, or `last`; default: all", None
    )

    def at(self, moment: Moment) -> Action | None:
        """Act before the message is sent."""
        change = ChangeCommand(of=self.of, remove=self.element, occurrence=self.occurrence, response=self.response)
        return change.at(moment)
