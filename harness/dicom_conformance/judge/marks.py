"""Marks for the timeline: each broken clause at the PDU that shows it, on the side that broke it.

Invariants: a side is held against what it was given, never against what the other side sent: a relay may have changed
that on the way. Nothing marked here changes a verdict. The time is linear in the length of a conversation, however
many clauses a peer breaks in it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import islice

from dicom_conformance.judge.standing import breaches
from dicom_conformance.results import Finding, Level
from dicom_conformance.trace import Conversation, Mark, Trace
from dicom_wire.capture import Side

LONGEST_TEXT = 300
MOST_MARKS = 500
"""How many breaches of one side are marked in a conversation: the first ones."""
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
    places: _Places | None = None  # most conversations break nothing
    for breach in islice((one for one in breaches(seen) if one.side is side), MOST_MARKS):
        places = places or _Places(seen)
        said = (breach.rule, breach.clause, breach.level.value, breach.text[:LONGEST_TEXT])
        at = None if breach.message == "TCP" else places.of(breach.pdu)
        yield Mark(number, side, *said, at, breach.message, at_end=breach.message == "TCP")


class _Places:
    """Where the PDUs of a conversation stand among those of their side."""

    def __init__(self, seen: Conversation) -> None:
        self._pdus = seen.pdus
        self._loose = frozenset(seen.loose_fragments())
        self._completing: dict[Side, list[int]] = {side: [] for side in Side}
        for message in seen.messages:
            self._completing[message.side].append(message.pdu)
        for each in self._completing.values():
            each.sort()
        counts = dict.fromkeys(Side, 0)
        self._ranks: list[int] = []
        for pdu in seen.pdus:
            self._ranks.append(counts[pdu.side])
            counts[pdu.side] += 1

    def of(self, number: int) -> tuple[Side, int] | None:
        """Give the side and the place of a PDU, counted from 1, or of the PDU that completes its message."""
        if not 0 < number <= len(self._pdus):
            return None
        first = last = number - 1
        pdu = self._pdus[first]
        if pdu.name == "P-DATA-TF" and not pdu.violations and first not in self._loose:
            completing = self._completing[pdu.side]
            at = bisect_left(completing, first)
            last = completing[at] if at < len(completing) else first
        return pdu.side, self._ranks[last]


def _of_finding(
    finding: Finding, subject: str, conversations: dict[int, Conversation], clause: str, level: Level
) -> Iterator[Mark]:
    text = f"expected {finding.expected}; actual {finding.actual}"[:LONGEST_TEXT]
    clauses, binding = finding.clause or clause, (finding.level or level).value
    places: dict[int, _Places] = {}
    for pointer in dict.fromkeys(finding.evidence):
        _, number, *pdu = pointer.split("/")
        one = conversations.get(int(number))
        side = None if one is None else one.side(subject)
        if one is not None and side is not None:
            if pdu and one.number not in places:
                places[one.number] = _Places(one)
            at = places[one.number].of(int(pdu[0])) if pdu else None
            yield Mark(one.number, side, finding.check, clauses, binding, text, at)
