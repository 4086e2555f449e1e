"""respond: any status at any message, whatever the service would have said."""

from __future__ import annotations

from dataclasses import dataclass

from simulators.faults import moment as m
from simulators.faults.parameters import Parameterized, parameter, request_name, status, tags, text, truth, whole
from wire.command_values import Value

_COUNT = whole(0, 0xFFFF)


@dataclass(frozen=True, slots=True)
class Respond(Parameterized):
    """Answer a request with a status.

    References
    ----------
    PS3.7 Annex C: status codes, and the elements that go with them
    """

    to: str = parameter(request_name, "the DIMSE request that is answered so")
    status: int = parameter(status, "four hex digits")
    after_pending: int = parameter(whole(0, 1 << 31), "how many of the service's pending responses go first", 0)
    occurrence: int | None = parameter(whole(1, 1 << 31), "which such request since the fault is in force; all", None)
    goes_on: bool = parameter(truth, "change that one response only, and go on with the service's own", False)
    ErrorComment: str | None = parameter(text, "(0000,0902)", None)
    OffendingElement: tuple[int, ...] | str | None = parameter(tags, "(0000,0901): tags of eight hex digits", None)
    ErrorID: int | None = parameter(_COUNT, "(0000,0903)", None)
    NumberOfRemainingSuboperations: int | None = parameter(_COUNT, "(0000,1020)", None)
    NumberOfCompletedSuboperations: int | None = parameter(_COUNT, "(0000,1021)", None)
    NumberOfFailedSuboperations: int | None = parameter(_COUNT, "(0000,1022)", None)
    NumberOfWarningSuboperations: int | None = parameter(_COUNT, "(0000,1023)", None)

    def at(self, moment: m.Moment) -> m.Action | None:
        """Act when the request was received."""
        if moment.when is not m.When.RECEIVED or moment.name != self.to:
            return None
        if self.occurrence not in (None, moment.occurrence):
            return None
        given: list[tuple[str, Value | None]] = [
            ("ErrorComment", self.ErrorComment),
            ("OffendingElement", None if self.OffendingElement is None else tags(self.OffendingElement)),
            ("ErrorID", self.ErrorID),
            ("NumberOfRemainingSuboperations", self.NumberOfRemainingSuboperations),
            ("NumberOfCompletedSuboperations", self.NumberOfCompletedSuboperations),
            ("NumberOfFailedSuboperations", self.NumberOfFailedSuboperations),
            ("NumberOfWarningSuboperations", self.NumberOfWarningSuboperations),
        ]
        elements = tuple([(keyword, value) for keyword, value in given if value is not None])
        return m.Respond(self.status, elements, self.after_pending, self.goes_on)
