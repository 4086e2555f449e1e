"""answer_titles: the AE titles of an A-ASSOCIATE-AC are not those of the request: others, none, or the two swapped."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dicom_simulators.faults.moment import Action, Moment
from dicom_simulators.faults.parameters import Parameterized, is_before, parameter, text, truth, whole
from dicom_simulators.faults.upper_layer.changed_pdu import Associate, changing


@dataclass(frozen=True, slots=True)
class AnswerTitles(Parameterized):
    """Change the AE titles of the A-ASSOCIATE-AC.

    References
    ----------
    PS3.8 9.3.3, Table 9-17: these fields are reserved, sent with the values of the request, and not tested
    """

    called: str | None = parameter(text, "in the place of the called AE title; default: as requested", None)
    calling: str | None = parameter(text, "in the place of the calling AE title; default: as requested", None)
    swapped: bool = parameter(truth, "send each title in the place of the other", False)
    occurrence: int | None = parameter(
        whole(1, 1 << 31), "which A-ASSOCIATE-AC since the fault was set; default: all", None
    )

    def at(self, moment: Moment) -> Action | None:
        """Act before the A-ASSOCIATE-AC is sent."""
        return changing(self._changed) if is_before(moment, "A-ASSOCIATE-AC", self.occurrence) else None

    def _changed(self, pdu: Associate) -> Associate:
        called, calling = pdu.called_ae_title, pdu.calling_ae_title
        if self.swapped:
            called, calling = calling, called
        return replace(
            pdu,
            called_ae_title=called if self.called is None else self.called,
            calling_ae_title=calling if self.calling is None else self.calling,
        )
