"""The check `elapsed`: how long an operation took, or how far two events lie apart."""

from __future__ import annotations

from pydantic import Field, model_validator

from harness.checks.event import Event
from harness.checks.wanted import Position, Wanted


class ElapsedWanted(Wanted):
    """Bounds, in seconds, on an operation (`ae`, `operation`) or on the time between two events (`from`, `to`)."""

    ae: str = "workstation"
    operation: str | None = None
    position: Position = "last"
    from_: Event | None = Field(default=None, alias="from")
    to: Event | None = None
    at_most_s: float | None = None
    at_least_s: float | None = None

    @model_validator(mode="after")
    def _something(self) -> ElapsedWanted:
        if (self.operation is None) == (self.from_ is None or self.to is None):
            raise ValueError("either operation, or both from and to, are needed")
        if self.at_most_s is None and self.at_least_s is None:
            raise ValueError("one of at_most_s, at_least_s is needed")
        return self
