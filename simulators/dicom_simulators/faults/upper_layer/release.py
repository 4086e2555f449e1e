"""release: at a given moment the association is released (A-RELEASE-RQ), unless the peer has requested it before."""

from __future__ import annotations

from dataclasses import dataclass

from dicom_simulators.faults.moment import Action, Moment, ReleaseAction
from dicom_simulators.faults.parameters import Timed


@dataclass(frozen=True, slots=True)
class Release(Timed):
    """Release the association, though only the requestor should release it.

    References
    ----------
    PS3.8 7.2
    """

    def at(self, moment: Moment) -> Action | None:
        """Act at the moment waited for."""
        return ReleaseAction() if self.fits(moment) else None
