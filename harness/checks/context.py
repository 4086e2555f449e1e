"""The check `context`: what was proposed in a negotiation, and what came of each presentation context."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from harness.checks.wanted import ContextResults, Part, Position, Texts, Wanted


class ExpectedContext(Part):
    """One presentation context of a negotiation: what is proposed and what must come of it.

    `transfer_syntax` is the one that must be accepted (judged only where the result is acceptance).
    """

    sop_class: str
    proposed: Texts
    result: ContextResults
    transfer_syntax: str | None = None
    configuration: str | None = None
    table: str | None = None


class ContextWanted(Wanted):
    """What may be wanted of the presentation contexts of associations.

    With `contexts`, the n-th entry is held against the n-th context that was proposed, one finding each. Otherwise
    the contexts of `sop_class` (all, if left out) are judged: `result` and `transfer_syntax` of what the acceptor
    answered, `proposed` against what the requestor proposed: `match` says whether the named transfer syntaxes must be
    among the proposed (`at_least`), be all of them (`exactly`), or whether nothing but them may be proposed (`only`).
    `sop_classes` is held against the abstract syntaxes of the whole proposal in the same way.
    """

    requestor: str | None = None
    acceptor: str | None = None
    position: Position | None = None
    sop_class: str | None = None
    result: ContextResults = ()
    transfer_syntax: str | None = None
    contexts: tuple[ExpectedContext, ...] = ()
    proposed: Texts = ()
    sop_classes: Texts = ()
    match: Literal["at_least", "exactly", "only"] = "at_least"

    @model_validator(mode="after")
    def _something(self) -> ContextWanted:
        if self.requestor is None and self.acceptor is None:
            raise ValueError("the negotiation is chosen by requestor, acceptor or both")
        if not (self.result or self.transfer_syntax or self.contexts or self.proposed or self.sop_classes):
            raise ValueError("one of result, transfer_syntax, contexts, proposed, sop_classes is needed")
        return self
