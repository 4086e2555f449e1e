"""The check `dimse`: DIMSE messages by sender, their status, command elements, number and order."""

from __future__ import annotations

from pydantic import Field, model_validator

from harness.checks.wanted import Count, Position, Statuses, Texts, Wanted


class DimseWanted(Wanted):
    """What may be wanted of the DIMSE messages that `sender` sent.

    Messages are chosen by `sender`, `message` and `sop_class`; `position` chooses one of them (`each`: all of them,
    and there is at least one), which must have the `status` and `fields`. Without a position the number of those that
    have them is counted: `count`, 'at least 1' unless given. `fields` holds command elements by keyword against text
    (numbers in decimal, `present` and `absent` as they read). `order` wants these messages, of either side, one after
    the other on one association, others between them or not. `single_outstanding` wants no request before the final
    response to the one before (PS3.7 D.3.3.3: no asynchronous operations).
    """

    sender: str
    requestor: str | None = None
    acceptor: str | None = None
    message: Texts = ()
    sop_class: str | None = None
    position: Position | None = None
    status: Statuses = ()
    fields: dict[str, Texts] = Field(default_factory=dict)
    count: Count | None = None
    order: Texts = ()
    single_outstanding: bool = False

    @model_validator(mode="after")
    def _something(self) -> DimseWanted:
        if not (self.message or self.order or self.single_outstanding):
            raise ValueError("one of message, order, single_outstanding is needed")
        return self
