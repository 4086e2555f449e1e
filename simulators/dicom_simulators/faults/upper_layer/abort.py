"""abort: an A-ABORT PDU is sent at a given moment, with any source and reason, valid or not."""

from __future__ import annotations

from dataclasses import dataclass

from dicom_simulators.faults.moment import AbortAction, Action, Moment
from dicom_simulators.faults.parameters import Timed, parameter, whole


@dataclass(frozen=True, slots=True)
class Abort(Timed):
    """Abort the association.

    References
    ----------
    PS3.8 9.3.8, Table 9-26
    """

    source: int = parameter(whole(0, 255), "0 service-user, 2 service-provider; others are invalid", 0)
    reason: int = parameter(whole(0, 255), "0 not specified, 1 unrecognized PDU, 2 unexpected PDU, 4, 5, 6", 0)

    def at(self, moment: Moment) -> Action | None:
        """Act at the moment waited for."""
        return AbortAction(self.source, self.reason) if self.fits(moment) else None
