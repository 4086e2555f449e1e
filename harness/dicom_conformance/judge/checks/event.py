"""A moment in a trace, as `wait` steps and the check `elapsed` name it.

An event is the n-th time that something was seen: a PDU, a DIMSE message, a turn in an association's life, or the
start or end of an operation. Exactly one of `pdu`, `dimse`, `association` and `operation` is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from dicom_conformance.files import Part
from dicom_conformance.judge.checks.choice import pick
from dicom_conformance.judge.checks.wanted import Position, Statuses, status_admitted
from dicom_conformance.trace import Conversation, SeenPDU, Trace
from dicom_wire.pdu import AAssociateAC

AssociationChange = Literal[
    "opened", "established", "released", "rejected", "aborted", "closed", "reset", "refused", "ended"
]


_CHOOSING: Mapping[str, tuple[str, ...]] = {
    "pdu": ("sender", "requestor", "acceptor"),
    "dimse": ("sender", "requestor", "acceptor", "status"),
    "association": ("requestor", "acceptor"),
    "operation": ("ae", "state"),
}
"""What chooses among events of each kind."""


class Event(Part):
    """What is waited for, or measured from or to; `position` is `first` unless given (`last` and numbers otherwise)."""

    pdu: str | None = Field(default=None, description="the PDU that is seen, by its name (`A-ABORT`)")
    dimse: str | None = Field(default=None, description="the DIMSE message that is seen, by its name (`C-MOVE-RSP`)")
    association: AssociationChange | None = Field(
        default=None, description="what happens to an association; `ended` is any end"
    )
    operation: str | None = Field(default=None, description="the operation that starts or finishes")
    sender: str | None = Field(default=None, description="AE that sends the PDU or message")
    requestor: str | None = Field(default=None, description="AE that opened the association")
    acceptor: str | None = Field(default=None, description="AE that the association was opened to")
    ae: str | None = Field(default=None, description="AE that performs the operation")
    status: Statuses = Field(default=(), description="statuses that the message may have")
    state: Literal["started", "finished"] = Field(default="finished", description="which end of the operation is meant")
    position: Position = Field(
        default="first", description="which of several such events: `first`, `last`, or a number counted from 1"
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Event:
        kinds = [name for name in ("pdu", "dimse", "association", "operation") if getattr(self, name) is not None]
        if len(kinds) != 1:
            raise ValueError("an event names exactly one of pdu, dimse, association, operation")
        if self.position == "each":
            raise ValueError("the position of an event is first, last or a number")
        for name in sorted(self.model_fields_set - {kinds[0], "position", *_CHOOSING[kinds[0]]}):
            raise ValueError(f"{name} has no effect on an event of kind {kinds[0]}")
        return self


def moment_ns(trace: Trace, event: Event) -> int | None:
    """Give when the event was seen (monotonic nanoseconds), None if it was not yet."""
    if event.pdu is not None:
        times = [seen.t_ns for _, seen in _by_sender(trace, event) if seen.name == event.pdu]
    elif event.dimse is not None:
        times = [
            seen.t_ns
            for _, seen in trace.messages(event.requestor, event.acceptor)
            if event.sender in (None, seen.sender)
            and seen.name == event.dimse
            and (not event.status or status_admitted(seen.status, event.status))
        ]
    elif event.association is not None:
        times_of_change = [_change_ns(one, event.association) for one in trace.select(event.requestor, event.acceptor)]
        times = sorted(time_ns for time_ns in times_of_change if time_ns is not None)
    else:
        times = _operation_times(trace, event)
    chosen = pick(times, event.position)
    return chosen[0] if chosen else None


def _by_sender(trace: Trace, event: Event) -> list[tuple[Conversation, SeenPDU]]:
    return [pair for pair in trace.pdus(event.requestor, event.acceptor) if event.sender in (None, pair[1].sender)]


def _operation_times(trace: Trace, event: Event) -> list[int]:
    named = [one for one in trace.operations if one.operation == event.operation and event.ae in (None, one.ae)]
    if event.state == "started":
        return [one.started_ns for one in named]
    return sorted(one.finished_ns for one in named if one.finished_ns is not None)


def _change_ns(conversation: Conversation, change: AssociationChange) -> int | None:
    if change == "opened":
        return conversation.opened_ns
    if change == "established":
        accepted = conversation.first(AAssociateAC)
        return None if accepted is None else accepted.t_ns
    end = conversation.end
    return end.t_ns if change in ("ended", end.how) else None


def described(event: Event) -> str:
    """Write an event as reports do."""
    what = event.pdu or event.dimse or event.association or f"{event.operation} {event.state}"
    parts = [f"of {event.sender or event.ae}"] if event.sender or event.ae else []
    parts += [f"from {event.requestor}"] if event.requestor else []
    parts += [f"to {event.acceptor}"] if event.acceptor else []
    return " ".join([f"{event.position} {what}", *parts])
