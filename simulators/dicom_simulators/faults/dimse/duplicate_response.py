"""duplicate_response: a response is sent more than once."""

from __future__ import annotations

from dataclasses import dataclass

from dicom_simulators.faults.moment import Action, Moment, RepeatAction
from dicom_simulators.faults.parameters import Addressed, is_before, parameter, response_name, response_number, whole


@dataclass(frozen=True, slots=True)
class DuplicateResponse(Addressed):
    """Repeat a response."""

    of: str = parameter(response_name, "the DIMSE response")
    times: int = parameter(whole(1, 1000), "the number of extra copies", 1)
    occurrence: int | None = parameter(
        whole(1, 1 << 31), "which such response since the fault was set; default: all", None
    )
    response: int | str | None = parameter(
        response_number, "which response to one request, or `last`; default: all", None
    )

    def at(self, moment: Moment) -> Action | None:
        """Act before the response is sent."""
        return RepeatAction(self.times) if is_before(moment, self.of, self.occurrence, self.response) else None
