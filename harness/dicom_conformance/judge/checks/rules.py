"""The check `rules`: the standing rules of the standard, over every conversation of one sender."""

from __future__ import annotations

from pydantic import Field, field_validator

from dicom_conformance.files import Texts, counted, suggestion
from dicom_conformance.judge.checks.choice import finding, listed, pointer
from dicom_conformance.judge.checks.wanted import Wanted
from dicom_conformance.judge.standing import RULES, Breach, breaches
from dicom_conformance.results import EMPTY, Finding, Level
from dicom_conformance.trace import Conversation, Trace
from dicom_wire.violations import CLAUSES

CHECK = "rules"


class RulesWanted(Wanted):
    """What may be wanted of everything that `sender` sent: that it breaks no standing rule.

    The rules are those of `dicom-conformance judge`, and the violations of the wire. Without `rules` every one of them
    is judged that the standard says `shall` of; with `rules` these alone, whatever their level. `besides` names rules
    that are not judged.
    """

    sender: str = Field(description="AE that sends")
    requestor: str | None = Field(default=None, description="AE that opened the association")
    acceptor: str | None = Field(default=None, description="AE that the association was opened to")
    rules: Texts = Field(default=(), description="the rules that are judged, by name (all if not given)")
    besides: Texts = Field(default=(), description="rules that are not judged, by name")

    @field_validator("rules", "besides")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = (*RULES, *CLAUSES)
        for name in names:
            if name not in known:
                raise ValueError(f"no rule {name!r}{suggestion(name, known)}")
        return names


def judge(trace: Trace, wanted: RulesWanted) -> Finding:
    """Judge what one AE sent by the standing rules."""
    broken: list[tuple[Conversation, Breach]] = []
    sent = 0
    for one in trace.select(wanted.requestor, wanted.acceptor):
        side = one.side(wanted.sender)
        if side is not None:
            sent += sum(1 for seen in one.pdus if seen.side is side)
            broken.extend((one, each) for each in breaches(one) if each.side is side and _is_judged(each, wanted))
    expected = (
        f"{wanted.sender} breaks no rule" if not wanted.rules else f"{wanted.sender} keeps {listed(wanted.rules)}"
    )
    actual = listed((_text(each) for _, each in broken), none=counted(sent, "PDU") if sent else "nothing was sent")
    evidence = [pointer(one, each.pdu) for one, each in broken[:5]]
    return finding(CHECK, bool(sent) and not broken, expected, actual, EMPTY, evidence)


def _is_judged(found: Breach, wanted: RulesWanted) -> bool:
    if found.rule in wanted.besides:
        return False
    return found.rule in wanted.rules if wanted.rules else found.level is Level.SHALL


def _text(found: Breach) -> str:
    return f"{found.rule} in {found.message} ({found.clause}): {found.text}"
