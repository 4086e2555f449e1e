"""close: the TCP connection is closed (FIN) at a given moment, without release or abort."""

from __future__ import annotations

from dataclasses import dataclass

from simulators.faults import moment as m
from simulators.faults.parameters import Timed


@dataclass(frozen=True, slots=True)
class Close(Timed):
    """Close the TCP connection (FIN)."""

    def at(self, moment: m.Moment) -> m.Action | None:
        """Act at the moment waited for."""
        return m.Close() if self.fits(moment) else None
