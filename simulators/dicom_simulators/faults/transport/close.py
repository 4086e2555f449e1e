"""close: the TCP connection is closed (FIN) at a given moment, without release or abort."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dicom_simulators.faults.moment import Action, CloseAction, Moment
from dicom_simulators.faults.parameters import Timed


@dataclass(frozen=True, slots=True)
class Close(Timed):
    """Close the TCP connection (FIN)."""

    REWRITES: ClassVar[bool] = False

    def at(self, moment: Moment) -> Action | None:
        """Act at the moment waited for."""
        return CloseAction() if self.fits(moment) else None
