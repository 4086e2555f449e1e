"""The check `data_set`: the Identifier or instance that a DIMSE message carried, element by element."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from harness.checks.wanted import Count, Position, Statuses, Texts, Wanted


class DataSetWanted(Wanted):
    """What may be wanted of the data sets that `sender` sent.

    Messages are chosen as in `dimse`. Elements are named by keyword; inside a sequence `SequenceKeyword.Keyword`
    (its first item) or `SequenceKeyword[2].Keyword`. `contains` holds values against text (several values: a list).
    `encoding: valid` wants the data set to read to its last byte in the transfer syntax of its presentation context;
    `transfer_syntax` wants that context to have been accepted in it. `data_set: none` wants no data set at all.
    """

    sender: str
    requestor: str | None = None
    acceptor: str | None = None
    message: Texts
    status: Statuses = ()
    position: Position = "each"
    count: Count | None = None
    contains: dict[str, Texts] = Field(default_factory=dict)
    present: Texts = ()
    empty: Texts = ()
    absent: Texts = ()
    only: Texts = ()
    encoding: Literal["valid"] | None = None
    transfer_syntax: Texts = ()
    data_set: Literal["none", "present"] | None = None

    @model_validator(mode="after")
    def _something(self) -> DataSetWanted:
        stated = (self.contains, self.present, self.empty, self.absent, self.only, self.encoding)
        if not any((*stated, self.transfer_syntax, self.data_set)):
            raise ValueError(
                "one of contains, present, empty, absent, only, encoding, transfer_syntax, data_set is needed"
            )
        return self
