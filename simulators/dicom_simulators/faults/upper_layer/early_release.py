"""early_release: the association is released before a request has its final response."""

from __future__ import annotations

from dataclasses import dataclass

from dicom_simulators.faults.moment import Action, Moment, ReleaseAction, When
from dicom_simulators.faults.parameters import Addressed, parameter, request_name, whole


@dataclass(frozen=True, slots=True)
class EarlyRelease(Addressed):
    """Release the association while a request is still being answered.

    References
    ----------
    PS3.8 7.2: the requestor of the association releases it
    """

    to: str = parameter(request_name, "the DIMSE request that is being answered")
    after_responses: int = parameter(whole(0, 1 << 31), "the number of responses that go first", 0)
    occurrence: int | None = parameter(
        whole(1, 1 << 31), "which such request or response since the fault was set; default: all", None
    )

    def at(self, moment: Moment) -> Action | None:
        """Act once the request is there, or once that many responses are."""
        if self.occurrence not in (None, moment.occurrence) or moment.when is When.BEFORE:
            return None
        if self.after_responses == 0:
            return ReleaseAction() if moment.name == self.to else None
        if moment.when is When.RECEIVED and not moment.requestor:  # a link passes the response on first
            return None
        answered = moment.name == self.to.removesuffix("-RQ") + "-RSP" and moment.response == self.after_responses
        return ReleaseAction() if answered and not moment.is_final else None
