"""The rules of DIMSE messages: requests and the responses that they are owed.

References
----------
PS3.7 9.1 and 10.1 (services), 9.3 and 10.3 (protocol), D.3.3.3 (window), Annex C (statuses); PS3.8 7.6.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from dicom_conformance.trace import SeenMessage, reading_of
from dicom_wire.capture import Side
from dicom_wire.statuses import StatusClass, status_class

Problem = tuple[str, str, str]
"""The rule that is broken, what happened, and the clause; empty for the rule's own."""

UNLIMITED = 0
KNEW_AFTER_NS = 1_000_000_000
"""After this long a side has read what was sent to it."""
_NOTIFICATIONS = ("N-EVENT-REPORT-RQ",)


_PROTOCOL: Mapping[str, str] = MappingProxyType(
    {
        "C-STORE": "PS3.7 9.3.1.2",
        "C-FIND": "PS3.7 9.3.2.2",
        "C-GET": "PS3.7 9.3.3.2",
        "C-MOVE": "PS3.7 9.3.4.2",
        "C-ECHO": "PS3.7 9.3.5.2",
        "N-EVENT-REPORT": "PS3.7 10.3.1.2",
        "N-GET": "PS3.7 10.3.2.2",
        "N-SET": "PS3.7 10.3.3.2",
        "N-ACTION": "PS3.7 10.3.4.2",
        "N-CREATE": "PS3.7 10.3.5.2",
        "N-DELETE": "PS3.7 10.3.6.2",
    }
)
_SERVICE: Mapping[str, str] = MappingProxyType(
    {
        "C-STORE": "PS3.7 9.1.1",
        "C-FIND": "PS3.7 9.1.2",
        "C-GET": "PS3.7 9.1.3",
        "C-MOVE": "PS3.7 9.1.4",
        "C-ECHO": "PS3.7 9.1.5",
        "N-EVENT-REPORT": "PS3.7 10.1.1",
        "N-GET": "PS3.7 10.1.2",
        "N-SET": "PS3.7 10.1.3",
        "N-ACTION": "PS3.7 10.1.4",
        "N-CREATE": "PS3.7 10.1.5",
        "N-DELETE": "PS3.7 10.1.6",
    }
)
"""Service to the clause of its responses' fields, and to that of its parameters."""


@dataclass(slots=True)
class _Open:
    """A request that is owed a final response."""

    message: SeenMessage
    was_answered: bool = False


class MessageRules:
    """The DIMSE messages of one association, one by one."""

    def __init__(self) -> None:
        self._open: dict[Side, dict[int, _Open]] = {side: {} for side in Side}
        self._begun: dict[Side, set[int]] = {side: set() for side in Side}
        self._windows = dict.fromkeys(Side, 1)

    def negotiated(self, invoked: int, performed: int) -> None:
        """Take the window of an A-ASSOCIATE-AC: operations that the requestor may invoke, and perform (0: any)."""
        self._windows = {Side.REQUESTOR: invoked, Side.ACCEPTOR: performed}

    def message(self, seen: SeenMessage) -> Iterator[Problem]:
        """Take a message; yield what it breaks."""
        if seen.name.startswith("unknown"):
            return
        if seen.name == "C-CANCEL-RQ":
            named = seen.command.number("MessageIDBeingRespondedTo")
            if named is not None and named not in self._begun[seen.side]:
                yield "cancel-of-nothing", f"message {named} is no operation of its sender", ""
        elif seen.is_request:
            yield from self._request(seen)
        else:
            yield from self._response(seen)
        yield from _data_set(seen)

    def _request(self, seen: SeenMessage) -> Iterator[Problem]:
        number = seen.command.number("MessageID")
        opened = self._open[seen.side]
        if number is not None:
            if number in opened:
                yield "message-id-in-use", f"Message ID {number} is that of an open {opened[number].message.name}", ""
            opened[number] = _Open(_without_data(seen))
            self._begun[seen.side].add(number)
        limit = self._windows[seen.side]
        count = sum(1 for each in opened.values() if each.message.name not in _NOTIFICATIONS)
        if limit != UNLIMITED and count > limit and seen.name not in _NOTIFICATIONS:
            yield "window-exceeded", f"{count} operations are open, where {limit} may be", ""
        named = _uid(seen, "AffectedSOPClassUID")
        if seen.name.startswith("C-") and named and seen.abstract_syntax and named != seen.abstract_syntax:
            yield "class-of-another-context", f"SOP Class {named} in a context of {seen.abstract_syntax}", ""

    def _response(self, seen: SeenMessage) -> Iterator[Problem]:
        service = seen.name.removesuffix("-RSP")
        number = seen.command.number("MessageIDBeingRespondedTo")
        owed = self._open[seen.side.other]
        request = None if number is None else owed.get(number)
        if number is not None and request is None:
            yield "response-not-due", f"no open request has Message ID {number}", _PROTOCOL[service]
        elif request is not None and request.message.name != f"{service}-RQ":
            yield "response-of-another-kind", f"to {request.message.name} with Message ID {number}", _PROTOCOL[service]
        elif request is not None:
            yield from _against_request(seen, request.message, _SERVICE[service])
        if request is not None:
            request.was_answered = True
            if number is not None and seen.is_final_response:
                del owed[number]
        if seen.status is not None and status_class(seen.status) is StatusClass.UNKNOWN:
            yield "status-undefined", f"status {seen.status:04X} is of no class", ""
        if seen.name == "C-FIND-RSP" and seen.status is not None:
            pending = not seen.is_final_response
            if pending and not seen.command.has_data_set:
                yield "pending-without-identifier", f"status {seen.status:04X} without an Identifier", ""
            elif not pending and seen.command.has_data_set:
                yield "identifier-at-the-end", f"status {seen.status:04X} with an Identifier", ""

    def release(self, side: Side, t_ns: int) -> Iterator[Problem]:
        """Take the A-RELEASE-RQ of a side: it owes nothing that it knew of."""
        for number, request in self._open[side.other].items():
            if request.was_answered or t_ns - request.message.t_ns > KNEW_AFTER_NS:
                name = request.message.name
                yield "released-while-owing", f"the final response to {name} with Message ID {number} is owed", ""


def _without_data(seen: SeenMessage) -> SeenMessage:
    return replace(seen, data_set=None)


def _uid(seen: SeenMessage, keyword: str) -> str:
    return (seen.command.text(keyword) or "").strip(" \0")


def _named(seen: SeenMessage, what: str) -> str:
    return _uid(seen, f"Affected{what}") or _uid(seen, f"Requested{what}")


def _against_request(seen: SeenMessage, request: SeenMessage, clause: str) -> Iterator[Problem]:
    """Yield where a response does not fit its request; what it leaves out is lawful."""
    pairs = (
        ("response-for-another-class", "SOPClassUID", "SOP Class"),
        ("response-for-another-instance", "SOPInstanceUID", "SOP Instance"),
    )
    for rule, what, words in pairs:
        answered, asked = _named(seen, what), _named(request, what)
        if answered and asked and answered != asked:
            yield rule, f"{words} {answered}, where the request names {asked}", clause
    if seen.context_id != request.context_id:
        text = f"in presentation context {seen.context_id}, the request in {request.context_id}"
        yield "response-in-another-context", text, ""


def _data_set(seen: SeenMessage) -> Iterator[Problem]:
    if seen.data_set is None or seen.transfer_syntax is None:
        return
    fault = reading_of(seen.data_set, seen.transfer_syntax).fault
    if fault is not None:
        yield "data-set-unreadable", fault, ""
