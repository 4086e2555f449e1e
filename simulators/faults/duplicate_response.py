"""duplicate_response: a response is sent more than once."""

from __future__ import annotations

from dataclasses import dataclass

from simulators.faults import moment as m
from simulators.faults.parameters import Addressed, parameter, response_name, whole


@dataclass(frozen=True, slots=True)
class DuplicateResponse(Addressed):
    """Repeat a response."""

    of: str = parameter(response_name, "the DIMSE response")
    times: int = parameter(whole(1, 1000), "how many times more", 1)
    occurrence: int | None = parameter(
        whole(1, 1 << 31), "only this response, counted from when the fault became active; each if not given", None
    )
    response: int | None = parameter(
        whole(1, 1 << 31), "only this response to a request, counted from 1; each if not given", None
    )

    def at(self, moment: m.Moment) -> m.Action | None:
        """Act before the response is sent."""
        if moment.when is not m.When.BEFORE or moment.name != self.of:
            return None
        if self.occurrence not in (None, moment.occurrence) or self.response not in (None, moment.response):
            return None
        return m.Repeat(self.times)
