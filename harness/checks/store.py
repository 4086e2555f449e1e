"""The check `store`: the instances that an AE holds, against those that were sent to it."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from harness.checks.wanted import Count, Texts, Wanted


class StoreWanted(Wanted):
    """What may be wanted of the instances that `ae` holds (received in this case).

    `pixel_data: identical` wants the bytes of Pixel Data, `data_set: identical` the bytes of the whole data set, as
    they were sent. `pixels: identical` wants the same decoded pixels, whatever the transfer syntax; with `tolerance`
    they may differ by that many units. `transfer_syntax` and `sop_class` are those of every instance held.
    """

    ae: str
    instances: Count | None = None
    pixel_data: Literal["identical"] | None = None
    data_set: Literal["identical"] | None = None
    pixels: Literal["identical"] | None = None
    tolerance: int = 0
    transfer_syntax: Texts = ()
    sop_class: Texts = ()

    @model_validator(mode="after")
    def _something(self) -> StoreWanted:
        stated = (self.instances, self.pixel_data, self.data_set, self.pixels, self.transfer_syntax, self.sop_class)
        if not any(stated):
            raise ValueError("one of instances, pixel_data, data_set, pixels, transfer_syntax, sop_class is needed")
        return self
