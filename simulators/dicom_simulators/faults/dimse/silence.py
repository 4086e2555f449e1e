"""silence: from a given moment on, nothing is answered; what comes is read until the peer gives up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dicom_simulators.faults.moment import Action, Moment, SilenceAction
from dicom_simulators.faults.parameters import Timed


@dataclass(frozen=True, slots=True)
class Silence(Timed):
    """Say nothing more on the association, and keep it open."""

    REWRITES: ClassVar[bool] = False

    def at(self, moment: Moment) -> Action | None:
        """Act at the moment waited for."""
        return SilenceAction() if self.fits(moment) else None
