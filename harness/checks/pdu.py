"""The check `pdu`: the protocol data units of one sender, their number, fields and lawfulness."""

from __future__ import annotations

from pydantic import Field, model_validator

from harness.checks.wanted import Count, Position, Texts, Wanted


class PduWanted(Wanted):
    """What may be wanted of the PDUs that `sender` sent.

    `type` is a name ("A-ASSOCIATE-RJ", "P-DATA-TF", ...) or a list of names. `fields` holds attributes of the PDU
    (result, source, reason, called_ae_title, maximum_length...) against their text. `violations: none` wants every
    PDU of the sender lawful; a list names the violations that alone are admitted. `within_maximum_length` wants no
    P-DATA-TF longer than its receiver announced (PS3.8 D.1).
    """

    sender: str
    requestor: str | None = None
    acceptor: str | None = None
    type: Texts = ()
    position: Position | None = None
    count: Count | None = None
    fields: dict[str, Texts] = Field(default_factory=dict)
    violations: Texts = ()
    within_maximum_length: bool = False

    @model_validator(mode="after")
    def _something(self) -> PduWanted:
        if not (self.type or self.violations or self.within_maximum_length):
            raise ValueError("one of type, violations, within_maximum_length is needed")
        return self
