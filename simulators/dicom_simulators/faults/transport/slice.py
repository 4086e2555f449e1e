"""slice: a PDU or message is written in many small pieces, each of them a TCP segment of its own."""

from __future__ import annotations

from dataclasses import dataclass

from dicom_simulators.faults.moment import Action, Moment, PaceAction
from dicom_simulators.faults.parameters import Addressed, is_before, parameter, seconds, sent_name, whole


@dataclass(frozen=True, slots=True)
class Slice(Addressed):
    """Write in small pieces, wherever they cut a PDU."""

    bytes: int = parameter(whole(1, 1 << 31), "the length of a piece, in bytes")
    pause_s: float = parameter(seconds, "the wait before each piece, in seconds", 0.0)
    of: str | None = parameter(sent_name, "the PDU or DIMSE message that is cut; default: all", None)
    occurrence: int | None = parameter(whole(1, 1 << 31), "which such PDU or message; default: all", None)

    def at(self, moment: Moment) -> Action | None:
        """Act before it is sent; P-DATA-TF PDUs are cut with their message unless they are named."""
        if self.of is None and moment.name == "P-DATA-TF":
            return None
        return PaceAction(self.bytes, self.pause_s) if is_before(moment, self.of, self.occurrence) else None
