"""silence: from a given moment on, nothing is answered; what comes is read until the peer gives up."""

from __future__ import annotations

from dataclasses import dataclass

from simulators.faults import moment as m
from simulators.faults.parameters import Timed


@dataclass(frozen=True, slots=True)
class Silence(Timed):
    """Say nothing more on the association, and keep it open."""

    def at(self, moment: m.Moment) -> m.Action | None:
        """Act at the moment waited for."""
        return m.Silence() if self.fits(moment) else None
