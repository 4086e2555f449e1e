"""reset: the TCP connection is reset (RST) at a given moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dicom_simulators.faults.moment import Action, Moment, ResetAction
from dicom_simulators.faults.parameters import Timed


@dataclass(frozen=True, slots=True)
class Reset(Timed):
    """Reset the TCP connection (RST)."""

    REWRITES: ClassVar[bool] = False

    def at(self, moment: Moment) -> Action | None:
        """Act at the moment waited for."""
        return ResetAction() if self.fits(moment) else None
