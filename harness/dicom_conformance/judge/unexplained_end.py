"""Whether the subject ended an association for no reason that lies with our peers.

A case whose `given` is not met says nothing about the subject, unless it was the subject that kept our peer from doing
its part: by an abort, a close or a reset of the connection, before any peer deviated from the standard. Whoever has a
lawful reason for an end is not blamed: a response that is no success, a context that was not accepted, a peer that
said nothing for a while, a user who cancels.
"""

from __future__ import annotations

from collections.abc import Iterator

from dicom_conformance.judge.checks import end_pointer
from dicom_conformance.results import Finding, Level
from dicom_conformance.trace import Conversation, SeenMessage, Trace, reading_of

IDLE_NS = 1_000_000_000
"""An AE that hears nothing for this long may have run into a time-out of its own."""
_ENDS = ("aborted", "closed", "reset")
_BEGINNINGS = ("A-ASSOCIATE-RQ", "A-ASSOCIATE-AC")
_PENDING = (0xFF00, 0xFF01)
_POSITIVE = (0x0000, *_PENDING)
_ASKING = ("A-ASSOCIATE-RQ", "A-RELEASE-RQ")
_ANSWERING = {"A-ASSOCIATE-AC": "A-ASSOCIATE-RQ", "A-RELEASE-RP": "A-RELEASE-RQ"}
_CANCELLING = ("cancel", "stop")


def unexplained_end(trace: Trace, first_fault_ns: int | None, scripted: frozenset[str]) -> Finding | None:
    """Give a finding that the subject ended an association for no reason; None where it did not.

    Parameters
    ----------
    trace : Trace
        What was seen.
    first_fault_ns : int or None
        When a fault of a peer or a link first had an effect (ns, clock of the recorder).
    scripted : frozenset of str
        Peers that play a script: what they send after the association is established counts as a deviation.
    """
    if any(one.ae == trace.subject and one.operation in _CANCELLING for one in trace.operations):
        return None
    deviations = [t_ns for one in trace.conversations for t_ns in _deviations(one, trace.subject, scripted)]
    if first_fault_ns is not None:
        deviations.append(first_fault_ns)
    first_ns = min(deviations, default=None)
    for one in trace.conversations:
        end = one.end
        if end.by != trace.subject or end.how not in _ENDS or end.t_ns is None or one.request is None:
            continue
        if (first_ns is None or end.t_ns < first_ns) and not _has_reason(one, trace.subject, end.t_ns):
            peer = one.acceptor if one.requestor == trace.subject else one.requestor
            expected = f"the association with {peer} goes on as long as {peer} conforms to the standard"
            return Finding("association", False, "", Level.SHALL, expected, str(end), evidence=(end_pointer(one),))
    return None


def _deviations(one: Conversation, subject: str, scripted: frozenset[str]) -> list[int]:
    """Give the times at which the peer of a conversation deviated, or ended it by itself."""
    found = []
    has_begun = False
    for seen in one.pdus:
        if seen.sender != subject:
            of_script = seen.sender in scripted and (has_begun or seen.name not in _BEGINNINGS)
            if seen.violations or of_script or seen.name == "A-ASSOCIATE-RJ":
                found.append(seen.t_ns)
            has_begun = True
    found.extend(_wrong_messages(one, subject))
    end = one.end
    if end.by not in (None, subject) and end.t_ns is not None and end.how != "released":
        found.append(end.t_ns)
    return found


def _wrong_messages(one: Conversation, subject: str) -> Iterator[int]:
    """Yield when the peer sent a message that does not fit: its context, its request, its status or its data set."""
    asked: dict[object, str] = {}
    for seen in one.messages:
        if seen.sender == subject:
            if seen.is_request:
                asked[seen.command.get("MessageID")] = seen.name
            continue
        answered = seen.command.get("MessageIDBeingRespondedTo")
        if seen.violations or seen.transfer_syntax is None or not _is_readable(seen):
            yield seen.t_ns
        elif seen.name.endswith("-RSP"):
            if asked.get(answered) != seen.name.replace("-RSP", "-RQ") or seen.status is None:
                yield seen.t_ns
            elif seen.is_final_response:
                del asked[answered]
        elif not isinstance(seen.command.get("MessageID"), int) and seen.is_request:
            yield seen.t_ns


def _is_readable(seen: SeenMessage) -> bool:
    """Tell whether a data set can be read to its end; a pending response of C-FIND has to have one."""
    if seen.data_set is None or seen.transfer_syntax is None:
        return not (seen.name == "C-FIND-RSP" and seen.status in _PENDING)
    reading = reading_of(seen.data_set, seen.transfer_syntax)
    return reading.fault is None


def _has_reason(one: Conversation, subject: str, ended_ns: int) -> bool:
    """Tell whether something lawful explains that the subject ended the association."""
    if any(context.result not in (0, None) for context in one.contexts):
        return True
    heard = [seen for seen in one.messages if seen.sender != subject and seen.t_ns <= ended_ns]
    if any(seen.status not in (None, *_POSITIVE) for seen in heard):
        return True
    if one.requestor == subject and any(seen.data_set is not None for seen in heard):
        return True  # what it asked for came, and may not be to its liking
    if _owes(one, subject, False):
        return True  # it waited for our peer as long as it wanted to
    last_ns = max((seen.t_ns for seen in one.pdus if seen.t_ns < ended_ns), default=ended_ns)
    return not _owes(one, subject, True) and ended_ns - last_ns >= IDLE_NS


def _owes(one: Conversation, subject: str, by_subject: bool) -> bool:
    """Tell whether an answer is owed: by the subject, or by its peer."""
    owed: set[object] = set()
    for pdu in one.pdus:
        if (pdu.sender == subject) is not by_subject and pdu.name in _ASKING:
            owed.add(pdu.name)
        elif (pdu.sender == subject) is by_subject and pdu.name in _ANSWERING:
            owed.discard(_ANSWERING[pdu.name])
    for seen in one.messages:
        if (seen.sender == subject) is not by_subject and seen.is_request:
            owed.add(seen.command.get("MessageID"))
        elif (seen.sender == subject) is by_subject and seen.is_final_response:
            owed.discard(seen.command.get("MessageIDBeingRespondedTo"))
    return bool(owed)
