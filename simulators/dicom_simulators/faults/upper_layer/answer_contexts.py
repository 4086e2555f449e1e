"""answer_contexts: presentation contexts are answered otherwise than the peer would; what it serves follows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from dicom_simulators.faults.moment import Action, Moment
from dicom_simulators.faults.parameters import (
    Parameterized,
    is_before,
    parameter,
    sop_class_uid,
    text,
    truth,
    whole,
)
from dicom_simulators.faults.upper_layer.changed_pdu import Associate, changing
from dicom_wire import AAssociateRQ, PresentationContextAC

ABSENT = "absent"
EMPTY = "empty"


def answered(value: object) -> str:
    """Read how contexts that are left alone are put: `as_proposed`, `reversed`, `twice` or `left_out`."""
    if value not in ("as_proposed", "reversed", "twice", "left_out"):
        raise ValueError(f"expected as_proposed, reversed, twice or left_out, not {value!r}")
    return str(value)


@dataclass(frozen=True, slots=True)
class AnswerContexts(Parameterized):
    """Change the presentation contexts of the A-ASSOCIATE-AC.

    References
    ----------
    PS3.8 9.3.3.2, Table 9-18: the result; the transfer syntax is not significant unless it is acceptance
    """

    result: int | None = parameter(whole(0, 255), "the result of each context; default: the peer's own", None)
    transfer_syntax: str | None = parameter(
        text, "the transfer syntax, a UID, of each context; `absent` leaves the sub-item out, `empty` its value", None
    )
    context_id: int | None = parameter(whole(0, 255), "the presentation context ID that is sent", None)
    put: str = parameter(
        answered, "`as_proposed`; `reversed` order; `twice`, each of them; `left_out`, none of them", "as_proposed"
    )
    abstract_syntax: str | None = parameter(
        sop_class_uid, "only contexts of this SOP Class: UID, name or keyword; default: all", None
    )
    rejected_only: bool = parameter(truth, "only contexts that the peer itself does not accept", False)
    occurrence: int | None = parameter(
        whole(1, 1 << 31), "which A-ASSOCIATE-AC since the fault was set; default: all", None
    )

    def at(self, moment: Moment) -> Action | None:
        """Act before the A-ASSOCIATE-AC is sent."""
        if not is_before(moment, "A-ASSOCIATE-AC", self.occurrence):
            return None
        request = moment.request
        return changing(lambda pdu: self._changed(pdu, request))

    def _changed(self, pdu: Associate, request: AAssociateRQ | None) -> Associate:
        asked = {one.context_id: one.abstract_syntax for one in request.presentation_contexts} if request else {}
        answers: list[PresentationContextAC] = []
        first = next((at for at, item in enumerate(pdu.items) if isinstance(item, PresentationContextAC)), 0)
        others = [item for item in pdu.items if not isinstance(item, PresentationContextAC)]
        for item in pdu.items:
            if isinstance(item, PresentationContextAC):
                answers += self._answer(item) if self._is_meant(item, asked) else [item]
        if self.put == "reversed":
            answers.reverse()
        return replace(pdu, items=(*others[:first], *answers, *others[first:]))

    def _is_meant(self, answer: PresentationContextAC, asked: dict[int, str | None]) -> bool:
        if self.rejected_only and answer.result == 0:
            return False
        return self.abstract_syntax in (None, asked.get(answer.context_id))

    def _answer(self, answer: PresentationContextAC) -> list[PresentationContextAC]:
        if self.put == "left_out":
            return []
        result = answer.result if self.result is None else self.result
        number = answer.context_id if self.context_id is None else self.context_id
        changed = PresentationContextAC(number, result, self._syntax(answer.transfer_syntax))
        return [changed, changed] if self.put == "twice" else [changed]

    def _syntax(self, own: str | None) -> str | None:
        given: dict[str | None, str | Literal[""] | None] = {None: own, ABSENT: None, EMPTY: ""}
        return given.get(self.transfer_syntax, self.transfer_syntax)
