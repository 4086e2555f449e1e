"""A moment in a trace, as `wait` steps and the check `elapsed` name it.

An event is the n-th time that something was seen: a PDU, a DIMSE message, a turn in an association's life, or the
start or end of an operation. Exactly one of `pdu`, `dimse`, `association` and `operation` is given.
"""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from harness.checks.wanted import Part, Position, Statuses

Turn = Literal["opened", "established", "released", "rejected", "aborted", "closed", "reset", "refused", "ended"]


class Event(Part):
    """What is waited for, or measured from or to; `position` is `first` unless given (`last` and numbers otherwise)."""

    pdu: str | None = None
    dimse: str | None = None
    association: Turn | None = None
    operation: str | None = None
    sender: str | None = None
    requestor: str | None = None
    acceptor: str | None = None
    ae: str | None = None
    status: Statuses = ()
    state: Literal["started", "finished"] = "finished"
    position: Position = "first"

    @model_validator(mode="after")
    def _one_kind(self) -> Event:
        kinds = [name for name in ("pdu", "dimse", "association", "operation") if getattr(self, name) is not None]
        if len(kinds) != 1:
            raise ValueError("an event names exactly one of pdu, dimse, association, operation")
        if self.position == "each":
            raise ValueError("the position of an event is first, last or a number")
        return self
