"""stall: a side stops for a while, in the middle of what it sends or before it reads on, and then goes on."""

from __future__ import annotations

from dataclasses import dataclass

from dicom_simulators.faults.moment import Action, DelayAction, Moment, PaceAction, When
from dicom_simulators.faults.parameters import Timed, parameter, seconds, whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall(Timed):
    """Neither read nor write for some time; before something that is sent, after its first bytes."""

    s: float = parameter(seconds, "how long, in seconds")
    after_bytes: int = parameter(whole(0, 1 << 31), "how many bytes of what is sent go first", 1)

    def at(self, moment: Moment) -> Action | None:
        """Act at the moment waited for."""
        if not self.fits(moment):
            return None
        if moment.when is When.BEFORE:
            return PaceAction(stall_after_bytes=self.after_bytes, stall_s=self.s)
        return DelayAction(self.s)
