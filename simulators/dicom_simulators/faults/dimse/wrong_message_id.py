"""wrong_message_id: a response claims to answer another request than the one that was made."""

from __future__ import annotations

from dataclasses import dataclass

from dicom_simulators.faults.moment import Action, Moment, ReplaceAction
from dicom_simulators.faults.parameters import Addressed, is_before, parameter, response_name, response_number, whole


@dataclass(frozen=True, slots=True)
class WrongMessageID(Addressed):
    """Change MessageIDBeingRespondedTo (0000,0120).

    References
    ----------
    PS3.7 9.3: it shall be the Message ID (0000,0110) of the request
    """

    of: str = parameter(response_name, "the DIMSE response")
    add: int = parameter(whole(1, 0xFFFF), "the number added to the correct Message ID, modulo 65536", 1)
    occurrence: int | None = parameter(
        whole(1, 1 << 31), "which such response since the fault was set; default: all", None
    )
    response: int | str | None = parameter(
        response_number, "which response to one request, or `last`; default: all", None
    )

    def at(self, moment: Moment) -> Action | None:
        """Act before the response is sent."""
        if moment.message is None or not is_before(moment, self.of, self.occurrence, self.response):
            return None
        command = moment.message.command
        right = command.number("MessageIDBeingRespondedTo") or 0
        return ReplaceAction(command.changed(MessageIDBeingRespondedTo=(right + self.add) % 0x10000))
