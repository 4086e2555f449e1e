"""delay: at a given moment, wait; then go on as if nothing had been.

With `up_to_s` the wait is drawn between `s` and it, from `seed` and the number of the moment: the same at each run.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import ClassVar

from dicom_simulators.faults.moment import Action, DelayAction, Moment
from dicom_simulators.faults.parameters import Timed, parameter, seconds, whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay(Timed):
    """Wait, then go on as if nothing had happened."""

    REWRITES: ClassVar[bool] = False

    s: float = parameter(seconds, "how long, in seconds")
    up_to_s: float | None = parameter(seconds, "wait a random time between s and this", None)
    seed: int = parameter(whole(0, 1 << 63), "seed of the random time", 0)

    def at(self, moment: Moment) -> Action | None:
        """Act at the moment waited for."""
        if not self.fits(moment):
            return None
        if self.up_to_s is None:
            return DelayAction(self.s)
        drawn = random.Random(f"{self.seed} {moment.name} {moment.occurrence}")
        return DelayAction(drawn.uniform(self.s, max(self.s, self.up_to_s)))
