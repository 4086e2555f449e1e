"""reject: an A-ASSOCIATE-RQ is answered with an A-ASSOCIATE-RJ of any result, source and reason, valid or not."""

from __future__ import annotations

from dataclasses import dataclass

from dicom_simulators.faults.moment import Action, Moment, RejectAction, When
from dicom_simulators.faults.parameters import Parameterized, parameter, whole


@dataclass(frozen=True, slots=True)
class Reject(Parameterized):
    """Reject the association.

    References
    ----------
    PS3.8 9.3.4, Table 9-21
    """

    result: int = parameter(whole(0, 255), "1 rejected-permanent, 2 rejected-transient", 1)
    source: int = parameter(whole(0, 255), "1 service-user, 2 service-provider (ACSE), 3 (presentation)", 1)
    reason: int = parameter(whole(0, 255), "depends on source; 1 no reason given (source 1)", 1)
    occurrence: int | None = parameter(
        whole(1, 1 << 31), "which A-ASSOCIATE-RQ since the fault was set; default: all", None
    )

    def at(self, moment: Moment) -> Action | None:
        """Act when the A-ASSOCIATE-RQ was received."""
        if moment.when is not When.RECEIVED or moment.name != "A-ASSOCIATE-RQ":
            return None
        if self.occurrence not in (None, moment.occurrence):
            return None
        return RejectAction(self.result, self.source, self.reason)
