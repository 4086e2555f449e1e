"""throttle: bytes go, or are read, no faster than at a given rate, for as long as the fault is active."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dicom_simulators.faults.moment import Action, Moment, PaceAction, When
from dicom_simulators.faults.parameters import Parameterized, parameter, whole

PIECES_PER_S = 20


@dataclass(frozen=True, slots=True)
class Throttle(Parameterized):
    """Slow a connection down to a rate. A peer slows down what it sends and what it reads, a link what passes."""

    REWRITES: ClassVar[bool] = False

    bytes_per_s: int = parameter(whole(1, 1 << 31), "the rate, in bytes per second")

    def at(self, moment: Moment) -> Action | None:
        """Act before anything is sent, and after something was read."""
        if moment.when is When.READ or (moment.when is When.BEFORE and moment.name != "P-DATA-TF"):
            piece_bytes = max(1, self.bytes_per_s // PIECES_PER_S)
            return PaceAction(piece_bytes, piece_bytes / self.bytes_per_s)
        return None
