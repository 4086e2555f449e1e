"""reset: the TCP connection is reset (RST) at a given moment."""

from __future__ import annotations

from dataclasses import dataclass

from simulators.faults import moment as m
from simulators.faults.parameters import Timed


@dataclass(frozen=True, slots=True)
class Reset(Timed):
    """Reset the TCP connection (RST)."""

    def at(self, moment: m.Moment) -> m.Action | None:
        """Act at the moment waited for."""
        return m.Reset() if self.fits(moment) else None
