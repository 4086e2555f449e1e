"""What the faults of data sets have in common: elements of a data set that is about to be sent are changed.

Invariants: what is not changed goes out as it was, Pixel Data and what follows it byte for byte; a data set
that cannot be read goes out as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from dicom_simulators.encoding import DataSetError, Element, deflated, encoding_of, inflated, read_head, write_element
from dicom_simulators.faults.moment import Action, ChangeDataSetAction, Moment
from dicom_simulators.faults.parameters import (
    Addressed,
    is_before,
    message_name,
    parameter,
    response_number,
    whole,
)


@dataclass(frozen=True, slots=True)
class DataSetFault(Addressed):
    """Base of the faults that change the data set of a message."""

    of: str = parameter(message_name, "the DIMSE message whose data set is changed")
    occurrence: int | None = parameter(
        whole(1, 1 << 31), "which such message since the fault was set; default: all", None
    )
    response: int | str | None = parameter(
        response_number, "which response to one request, or `last`; default: all", None
    )

    def at(self, moment: Moment) -> Action | None:
        """Act before the message is sent, if it has a data set."""
        if not is_before(moment, self.of, self.occurrence, self.response):
            return None
        if moment.message is None or moment.message.data_set is None:
            return None
        return ChangeDataSetAction(lambda data_set: self._changed(data_set, moment.transfer_syntax))

    def change(self, elements: dict[int, Element]) -> None:
        """Change the elements before Pixel Data; one with a tag of Pixel Data takes its place."""
        raise NotImplementedError

    def is_padded(self, element: Element) -> bool:
        """Tell whether a value of odd length gets its padding (PS3.5 6.2)."""
        return True

    def drops_pixel_data(self) -> bool:
        """Tell whether Pixel Data, and what follows it, is left out."""
        return False

    def _changed(self, data_set: bytes, transfer_syntax: str) -> bytes:
        try:
            elements, rest = read_head(inflated(data_set, transfer_syntax), transfer_syntax)
        except DataSetError:
            return data_set
        self.change(elements)
        encoding = encoding_of(transfer_syntax)
        head = [write_element(elements[tag], encoding, self.is_padded(elements[tag])) for tag in sorted(elements)]
        return deflated(b"".join(head) + (b"" if self.drops_pixel_data() else rest), transfer_syntax)
