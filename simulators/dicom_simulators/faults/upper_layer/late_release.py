"""late_release: A-RELEASE-RQ is answered late, or sent late where it is ours to send."""

from __future__ import annotations

from dataclasses import dataclass

from dicom_simulators.faults.moment import Action, DelayAction, Moment, When
from dicom_simulators.faults.parameters import Parameterized, parameter, seconds, whole


@dataclass(frozen=True, slots=True)
class LateRelease(Parameterized):
    """Wait before the release: the requestor before its A-RELEASE-RQ, the acceptor before its A-RELEASE-RP.

    References
    ----------
    PS3.8 7.2
    """

    s: float = parameter(seconds, "how long, in seconds")
    occurrence: int | None = parameter(whole(1, 1 << 31), "which release since the fault was set; default: all", None)

    def at(self, moment: Moment) -> Action | None:
        """Act before the PDU of our side is sent."""
        ours = "A-RELEASE-RQ" if moment.sender == "requestor" else "A-RELEASE-RP"
        if moment.when is not When.BEFORE or moment.name != ours:
            return None
        return DelayAction(self.s) if self.occurrence in (None, moment.occurrence) else None
