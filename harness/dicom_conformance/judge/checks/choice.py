"""Choosing what is judged, and saying in words what was chosen: shared by the checks of the wire.

Every finding says in plain words what was expected and what was there; a crash, a hang or a bare close of TCP is
called what it is, and never counts as an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from dicom_conformance.judge.checks.wanted import Abort, Position, Rejection
from dicom_conformance.results import EMPTY, Finding
from dicom_conformance.trace import Conversation, SeenMessage, SeenPDU, Trace
from dicom_wire.capture import Side
from dicom_wire.pdu import AAbort, AAssociateAC, AAssociateRJ, AAssociateRQ, AReleaseRQ

Thing = TypeVar("Thing")


def finding(
    check: str,
    met: bool,
    expected: str,
    actual: str,
    parameters: Mapping[str, str] = EMPTY,
    evidence: Sequence[str] = (),
) -> Finding:
    """Make a finding; the caller that knows the expectation adds clause, level and requirement."""
    return Finding(check, met, expected=expected, actual=actual, parameters=parameters, evidence=tuple(evidence))


def not_judged(check: str, expected: str, reason: str, evidence: Sequence[str] = ()) -> Finding:
    """Make the finding of an expectation that cannot be judged, with the reason."""
    return Finding(
        check, True, expected=expected, actual=f"not judged: {reason}", evidence=tuple(evidence), judged=False
    )


def associations(trace: Trace, requestor: str | None, acceptor: str | None) -> list[Conversation]:
    """Give the connections that count as associations: the requestor sent something, or was refused."""
    return [
        chosen
        for chosen in trace.select(requestor, acceptor)
        if chosen.view.has_sent(Side.REQUESTOR) or chosen.end.how == "refused"
    ]


def pick(things: Sequence[Thing], position: Position | None) -> list[Thing]:
    """Choose by position; None and `each` are all of them, and a number beyond the last is none."""
    if position is None or position == "each":
        return list(things)
    if position == "first":
        return list(things[:1])
    if position == "last":
        return list(things[-1:])
    return list(things[int(position) - 1 : int(position)])


def between(requestor: str | None, acceptor: str | None) -> str:
    """Name the choice of associations."""
    if requestor and acceptor:
        return f"from {requestor} to {acceptor}"
    return f"from {requestor}" if requestor else f"to {acceptor}" if acceptor else "of any AE"


def listed(items: Iterable[object], most: int = 6, none: str = "none") -> str:
    """Write a list for people: the same thing several times is counted, and a long list is cut."""
    counted: dict[str, int] = {}
    for item in items:
        counted[str(item)] = counted.get(str(item), 0) + 1
    written = [f"{count} x {text}" if count > 1 else text for text, count in counted.items()]
    if len(written) > most:
        written = [*written[:most], f"and {len(written) - most} more"]
    return ", ".join(written) if written else none


def pointer(conversation: Conversation, number: int | None = None) -> str:
    """Point into the timeline: observer, connection, and the number of the PDU counted from 1."""
    place = f"{conversation.view.connection.observer}/{conversation.number}"
    return place if number is None else f"{place}/{number}"


def pdu_pointer(conversation: Conversation, seen: SeenPDU) -> str:
    """Point at one PDU."""
    return pointer(conversation, 1 + next(n for n, other in enumerate(conversation.pdus) if other is seen))


def message_pointer(conversation: Conversation, message: SeenMessage) -> str:
    """Point at the PDU that completes a message."""
    return pointer(conversation, message.pdu + 1)


def answer_pointer(conversation: Conversation) -> str:
    """Point at the A-ASSOCIATE-AC, else at what else began or ended the association."""
    kinds = (AAssociateAC, AAssociateRJ, AAbort, AAssociateRQ)
    answer = next((seen for seen in map(conversation.first, kinds) if seen is not None), None)
    return pointer(conversation) if answer is None else pdu_pointer(conversation, answer)


def end_pointer(conversation: Conversation) -> str:
    """Point at the PDU that ended the association; at the whole conversation where none did."""
    end = conversation.end
    kinds = {"released": AReleaseRQ, "rejected": AAssociateRJ, "aborted": AAbort}
    last = conversation.first(kinds[end.how]) if end.how in kinds else None
    return pointer(conversation) if last is None else pdu_pointer(conversation, last)


def message_text(message: SeenMessage) -> str:
    """Write a message as reports do: its name and status."""
    status = message.status
    return message.name if status is None else f"{message.name} {status:04X}"


def rejection_differs(wanted: Rejection, result: int | None, source: int | None, reason: int | None) -> bool:
    """Tell whether an A-ASSOCIATE-RJ says something else than wanted."""
    pairs = ((wanted.result, result), (wanted.source, source), (wanted.reason, reason))
    return any(admitted and value not in admitted for admitted, value in pairs)


def abort_differs(wanted: Abort, by: str | None, source: int | None, reason: int | None) -> bool:
    """Tell whether an A-ABORT came from someone else, or says something else, than wanted."""
    if wanted.by is not None and by != wanted.by:
        return True
    return any(
        admitted and value not in admitted for admitted, value in ((wanted.source, source), (wanted.reason, reason))
    )


def wanted_fields(part: Rejection | Abort) -> str:
    """Write the wanted fields of a rejection or abort."""
    parts = []
    for name, value in part:
        if value:
            parts.append(f"{name} {' or '.join(str(item) for item in value) if isinstance(value, tuple) else value}")
    return ", ".join(parts) if parts else "any"
