"""respond: any status in answer to any message, instead of the service's own.

With `goes_on` the service does what it was asked, and its own response goes out with this status and its own data set
(a warning status at an N-CREATE, for instance); `data_set`, where it is given, takes the place of that data set.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from dicom_simulators.encoding import IMPLICIT_VR_LITTLE_ENDIAN, encode_texts
from dicom_simulators.faults.moment import BEHIND_ALL, Action, Moment, RespondAction, When
from dicom_simulators.faults.parameters import (
    LAST,
    Addressed,
    parameter,
    request_name,
    response_number,
    status,
    tags,
    text,
    truth,
    whole,
)
from dicom_wire.command_values import Value

_COUNT = whole(0, 0xFFFF)


def data_set(value: object) -> Mapping[str, object]:
    """Read a data set of keywords and values: Attribute List, Action Reply, Event Reply (PS3.7 10.1)."""
    if not isinstance(value, Mapping):
        raise ValueError(f"expected a mapping of keywords to values, not {value!r}")
    values = {str(keyword): each for keyword, each in value.items()}
    encode_texts(values, IMPLICIT_VR_LITTLE_ENDIAN)
    return values


@dataclass(frozen=True, slots=True)
class Respond(Addressed):
    """Answer a request with a status.

    References
    ----------
    PS3.7 Annex C: status codes, and the elements that go with them
    """

    to: str = parameter(request_name, "the DIMSE request that gets this answer")
    status: int = parameter(status, "four hex digits")
    after_pending: int = parameter(whole(0, 1 << 31), "the number of the service's pending responses sent first", 0)
    occurrence: int | None = parameter(
        whole(1, 1 << 31), "which such request since the fault was set; default: all", None
    )
    goes_on: bool = parameter(truth, "change only that response and continue with the service's own", False)
    ErrorComment: str | None = parameter(text, "(0000,0902)", None)
    OffendingElement: tuple[int, ...] | str | None = parameter(tags, "(0000,0901): tags of eight hex digits", None)
    ErrorID: int | None = parameter(_COUNT, "(0000,0903)", None)
    AttributeIdentifierList: tuple[int, ...] | str | None = parameter(
        tags, "(0000,1005): tags of eight hex digits", None
    )
    AffectedSOPClassUID: str | None = parameter(text, "(0000,0002)", None)
    AffectedSOPInstanceUID: str | None = parameter(text, "(0000,1000)", None)
    EventTypeID: int | None = parameter(_COUNT, "(0000,1002)", None)
    ActionTypeID: int | None = parameter(_COUNT, "(0000,1008)", None)
    data_set: Mapping[str, object] | None = parameter(data_set, "keywords and values of the response's data set", None)
    NumberOfRemainingSuboperations: int | None = parameter(_COUNT, "(0000,1020)", None)
    NumberOfCompletedSuboperations: int | None = parameter(_COUNT, "(0000,1021)", None)
    NumberOfFailedSuboperations: int | None = parameter(_COUNT, "(0000,1022)", None)
    NumberOfWarningSuboperations: int | None = parameter(_COUNT, "(0000,1023)", None)
    response: int | str | None = parameter(
        response_number, "which response to one request gets the status, or `last`; in the place of after_pending", None
    )

    def at(self, moment: Moment) -> Action | None:
        """Act when the request was received."""
        if moment.when is not When.RECEIVED or moment.name != self.to:
            return None
        if self.occurrence not in (None, moment.occurrence):
            return None
        given: list[tuple[str, Value | None]] = [
            ("ErrorComment", None if self.ErrorComment is None else _as_given(self.ErrorComment)),
            ("OffendingElement", None if self.OffendingElement is None else tags(self.OffendingElement)),
            ("ErrorID", self.ErrorID),
            (
                "AttributeIdentifierList",
                None if self.AttributeIdentifierList is None else tags(self.AttributeIdentifierList),
            ),
            ("AffectedSOPClassUID", self.AffectedSOPClassUID),
            ("AffectedSOPInstanceUID", self.AffectedSOPInstanceUID),
            ("EventTypeID", self.EventTypeID),
            ("ActionTypeID", self.ActionTypeID),
            ("NumberOfRemainingSuboperations", self.NumberOfRemainingSuboperations),
            ("NumberOfCompletedSuboperations", self.NumberOfCompletedSuboperations),
            ("NumberOfFailedSuboperations", self.NumberOfFailedSuboperations),
            ("NumberOfWarningSuboperations", self.NumberOfWarningSuboperations),
        ]
        elements = tuple([(keyword, value) for keyword, value in given if value is not None])
        values = None if self.data_set is None else functools.partial(encode_texts, self.data_set)
        return RespondAction(self.status, elements, self._first(), self.goes_on, values)

    def _first(self) -> int:
        """Give the number of responses that go before it."""
        if self.response is None:
            return self.after_pending
        return BEHIND_ALL if self.response == LAST else int(self.response) - 1


def _as_given(comment: str) -> bytes:
    """Encode a comment as it is, whatever is in it; what a service itself says is made fit for the VR LO."""
    return comment.encode("latin-1", "backslashreplace")
