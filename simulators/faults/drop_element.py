"""drop_element: a command set lacks an element, Status for instance."""

from __future__ import annotations

from dataclasses import dataclass

from simulators.faults import moment as m
from simulators.faults.parameters import Addressed, parameter, whole
from simulators.faults.parameters import message_name as message
from wire import ABSENT
from wire.command_elements import BY_KEYWORD


def element(value: object) -> str:
    """Read the keyword of a command element."""
    if value not in BY_KEYWORD:
        raise ValueError(f"the keyword of a command element is wanted, not {value!r}")
    return str(value)


@dataclass(frozen=True, slots=True)
class DropElement(Addressed):
    """Leave an element out; the group length is made to fit."""

    of: str = parameter(message, "the DIMSE message that is sent without it")
    element: str = parameter(element, "the element's keyword")
    occurrence: int | None = parameter(
        whole(1, 1 << 31), "only this message, counted from when the fault became active; each if not given", None
    )

    def at(self, moment: m.Moment) -> m.Action | None:
        """Act before the message is sent."""
        if moment.when is not m.When.BEFORE or moment.name != self.of or moment.message is None:
            return None
        if self.occurrence not in (None, moment.occurrence):
            return None
        return m.Replace(moment.message.command.changed(**{self.element: ABSENT}))
