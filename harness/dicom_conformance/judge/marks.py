"""Marks for the timeline: each broken clause at the PDU that shows it, on the side that broke it.

Invariants: a side is held against what it was given, never against what the other side sent: a relay may have changed
that on the way. Nothing marked here changes a verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dicom_conformance.judge.standing import Breach, breaches
from dicom_conformance.results import Finding, Level
from dicom_conformance.trace import Conversation, Mark, Trace
from dicom_wire.capture import Side

LONGEST_TEXT = 300
RULES_CHECK = "rules"
"""The check that judges by the standing rules, each of which is marked already."""


def marks(trace: Trace, findings: Iterable[Finding], clause: str, level: Level) -> list[Mark]:
    """Give what both sides of every conversation broke: standing rules, and what the findings of a case say.

    Parameters
    ----------
    findings : iterable of Finding
        Those of the case; the ones that were not met are marked at the subject.
    clause, level : str, Level
        Those of the case, for findings that bear none of their own.
    """
    seen = trace.seen_by_sides()
    found: list[Mark] = []
    for one in trace.conversations:
        sides = seen.get(one.number, {})
        for side in Side:
            found.extend(of_side(sides.get(side, one), side, one.number))
    conversations = {one.number: one for one in trace.conversations}
    for finding in findings:
        if finding.unmet and finding.check != RULES_CHECK and (finding.level or level) is not Level.NOTE:
            found.extend(_of_finding(finding, trace.subject, conversations, clause, level))
    return found


def of_side(seen: Conversation, side: Side, number: int) -> Iterator[Mark]:
    """Mark the standing rules that a side broke, in the conversation as that side saw it."""
    for breach in breaches(seen):
        if breach.side is side:
            said = (breach.rule, breach.clause, breach.level.value, breach.text[:LONGEST_TEXT])
            yield Mark(number, side, *said, _place(seen, breach), breach.message, at_end=breach.message == "TCP")


def _place(seen: Conversation, breach: Breach) -> tuple[Side, int] | None:
    """Give the place of a breach among the PDUs of its side: where a message needs several, that of the last one."""
    if breach.message == "TCP" or not 0 < breach.pdu <= len(seen.pdus):
        return None
    return _whole(seen, breach.pdu - 1)


def _whole(seen: Conversation, number: int) -> tuple[Side, int]:
    """Give the place of a PDU of a conversation, counted from 0, or of the PDU that completes its message."""
    side = seen.pdus[number].side
    completing = (each.pdu for each in seen.messages if each.side is side and each.pdu >= number)
    loose = seen.loose_fragments()
    last = number if seen.pdus[number].violations or number in loose else min(completing, default=number)
    if seen.pdus[number].name != "P-DATA-TF":
        last = number
    return side, sum(1 for each in seen.pdus[:last] if each.side is side)


def _of_finding(
    finding: Finding, subject: str, conversations: dict[int, Conversation], clause: str, level: Level
) -> Iterator[Mark]:
    text = f"expected {finding.expected}; actual {finding.actual}"[:LONGEST_TEXT]
    clauses, binding = finding.clause or clause, (finding.level or level).value
    for pointer in dict.fromkeys(finding.evidence):
        _, number, *pdu = pointer.split("/")
        one = conversations.get(int(number))
        side = None if one is None else one.side(subject)
        if one is not None and side is not None:
            at = _whole(one, int(pdu[0]) - 1) if pdu and 0 < int(pdu[0]) <= len(one.pdus) else None
            yield Mark(one.number, side, finding.check, clauses, binding, text, at)
