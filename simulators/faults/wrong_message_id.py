"""wrong_message_id: a response claims to answer another request than the one that was made."""

from __future__ import annotations

from dataclasses import dataclass

from simulators.faults import moment as m
from simulators.faults.parameters import Addressed, parameter, response_name, whole


@dataclass(frozen=True, slots=True)
class WrongMessageID(Addressed):
    """Change MessageIDBeingRespondedTo (0000,0120).

    References
    ----------
    PS3.7 9.3: it shall be the Message ID (0000,0110) of the request
    """

    of: str = parameter(response_name, "the DIMSE response")
    add: int = parameter(whole(1, 0xFFFF), "what is added to the right one, modulo 65536", 1)
    occurrence: int | None = parameter(
        whole(1, 1 << 31), "only this response, counted from when the fault became active; each if not given", None
    )
    response: int | None = parameter(
        whole(1, 1 << 31), "only this response to a request, counted from 1; each if not given", None
    )

    def at(self, moment: m.Moment) -> m.Action | None:
        """Act before the response is sent."""
        if moment.when is not m.When.BEFORE or moment.name != self.of or moment.message is None:
            return None
        if self.occurrence not in (None, moment.occurrence) or self.response not in (None, moment.response):
            return None
        command = moment.message.command
        right = command.number("MessageIDBeingRespondedTo") or 0
        return m.Replace(command.changed(MessageIDBeingRespondedTo=(right + self.add) % 0x10000))
