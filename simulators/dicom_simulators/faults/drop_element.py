"""drop_element: a command set lacks an element, Status for instance."""

from __future__ import annotations

from dataclasses import dataclass

from dicom_simulators.faults.moment import Action, Moment, ReplaceAction
from dicom_simulators.faults.parameters import Addressed, is_before, parameter, whole
from dicom_simulators.faults.parameters import message_name as message
from dicom_wire import ABSENT
from dicom_wire.command_elements import BY_KEYWORD


def element(value: object) -> str:
    """Read the keyword of a command element."""
    if value not in BY_KEYWORD:
        raise ValueError(f"expected the keyword of a command element, not {value!r}")
    return str(value)


@dataclass(frozen=True, slots=True)
class DropElement(Addressed):
    """Leave an element out; the group length is made to fit."""

    of: str = parameter(message, "the DIMSE message that is sent without the element")
    element: str = parameter(element, "the element's keyword")
    occurrence: int | None = parameter(
        whole(1, 1 << 31), "which such message since the fault was set; default: all", None
    )

    def at(self, moment: Moment) -> Action | None:
        """Act before the message is sent."""
        if moment.message is None or not is_before(moment, self.of, self.occurrence):
            return None
        return ReplaceAction(moment.message.command.changed(**{self.element: ABSENT}))
