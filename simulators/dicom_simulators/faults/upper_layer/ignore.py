"""ignore: what was received is read and has no effect: a C-CANCEL-RQ, an A-RELEASE-RQ, or any other request."""

from __future__ import annotations

from dataclasses import dataclass

from dicom_simulators.faults.moment import Action, IgnoreAction, Moment, When
from dicom_simulators.faults.parameters import Addressed, parameter, sent_name, whole


@dataclass(frozen=True, slots=True)
class Ignore(Addressed):
    """Go on as if a PDU or message had not come. A link does not pass it on."""

    what: str = parameter(sent_name, "the PDU or DIMSE message that is ignored")
    occurrence: int | None = parameter(
        whole(1, 1 << 31), "which such PDU or message since the fault was set; default: all", None
    )

    def at(self, moment: Moment) -> Action | None:
        """Act when it was received."""
        if moment.when is not When.RECEIVED or moment.name != self.what:
            return None
        return IgnoreAction() if self.occurrence in (None, moment.occurrence) else None
