"""Statuses of the Print Management Service Class, and how a refusal is worded.

Invariants: a status is returned only by the services whose table names it (`STATUSES`); whatever is refused says
why in Error Comment, and names the attributes in the element that PS3.7 Annex C has for that status.

References
----------
PS3.4 H.4.1.2, H.4.2.2, H.4.3.1.2, H.4.3.2.2, H.4.9.2 (status tables); PS3.7 Annex C
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from types import MappingProxyType

from dicom_simulators.association import Response
from dicom_simulators.journal import printable
from dicom_simulators.printer.sop_classes import (
    COLOR_IMAGE_BOX,
    FILM_BOX,
    FILM_SESSION,
    GRAYSCALE_IMAGE_BOX,
    PRESENTATION_LUT,
)
from dicom_wire.command import Absent
from dicom_wire.command_values import Value

COMMENT_LENGTH = 64


class Status(IntEnum):
    """What a printer answers."""

    SUCCESS = 0x0000
    NO_SUCH_ATTRIBUTE = 0x0105
    INVALID_ATTRIBUTE_VALUE = 0x0106
    ATTRIBUTE_LIST_ERROR = 0x0107
    PROCESSING_FAILURE = 0x0110
    DUPLICATE_SOP_INSTANCE = 0x0111
    NO_SUCH_SOP_INSTANCE = 0x0112
    ATTRIBUTE_VALUE_OUT_OF_RANGE = 0x0116
    INVALID_SOP_INSTANCE = 0x0117
    NO_SUCH_SOP_CLASS = 0x0118
    CLASS_INSTANCE_CONFLICT = 0x0119
    MISSING_ATTRIBUTE = 0x0120
    MISSING_ATTRIBUTE_VALUE = 0x0121
    NO_SUCH_ACTION = 0x0123
    UNRECOGNIZED_OPERATION = 0x0211
    RESOURCE_LIMITATION = 0x0213
    MEMORY_ALLOCATION_NOT_SUPPORTED = 0xB600
    COLLATION_NOT_SUPPORTED = 0xB601
    EMPTY_SESSION = 0xB602
    EMPTY_FILM = 0xB603
    DEMAGNIFIED = 0xB604
    DENSITY_OUT_OF_RANGE = 0xB605
    CROPPED = 0xB609
    DECIMATED = 0xB60A
    NO_FILM_BOX = 0xC600
    QUEUE_FULL_SESSION = 0xC601
    QUEUE_FULL_FILM = 0xC602
    IMAGE_TOO_LARGE = 0xC603
    INSUFFICIENT_MEMORY = 0xC605
    COMBINED_IMAGE_TOO_LARGE = 0xC613
    UNPRINTED_FILM_BOX = 0xC616


_SIZES = (Status.DEMAGNIFIED, Status.CROPPED, Status.DECIMATED, Status.IMAGE_TOO_LARGE, Status.COMBINED_IMAGE_TOO_LARGE)

STATUSES: Mapping[tuple[str, str], frozenset[int]] = MappingProxyType(
    {
        # Table H.4.1.2.1.2-1
        (FILM_SESSION, "N-CREATE-RQ"): frozenset({Status.MEMORY_ALLOCATION_NOT_SUPPORTED}),
        (FILM_SESSION, "N-SET-RQ"): frozenset({Status.MEMORY_ALLOCATION_NOT_SUPPORTED}),
        # Table H.4-4
        (FILM_SESSION, "N-ACTION-RQ"): frozenset(
            {
                Status.COLLATION_NOT_SUPPORTED,
                Status.EMPTY_SESSION,
                Status.NO_FILM_BOX,
                Status.QUEUE_FULL_SESSION,
                *_SIZES,
            }
        ),
        # Table H.4.2.2.1.2-1
        (FILM_BOX, "N-CREATE-RQ"): frozenset({Status.DENSITY_OUT_OF_RANGE, Status.UNPRINTED_FILM_BOX}),
        (FILM_BOX, "N-SET-RQ"): frozenset({Status.DENSITY_OUT_OF_RANGE, Status.UNPRINTED_FILM_BOX}),
        # Table H.4-9
        (FILM_BOX, "N-ACTION-RQ"): frozenset({Status.EMPTY_FILM, Status.QUEUE_FULL_FILM, *_SIZES}),
        # Tables H.4.3.1.2.1.2-1 and H.4.3.2.2.1.2
        (GRAYSCALE_IMAGE_BOX, "N-SET-RQ"): frozenset(
            {Status.DENSITY_OUT_OF_RANGE, Status.INSUFFICIENT_MEMORY, *_SIZES}
        ),
        (COLOR_IMAGE_BOX, "N-SET-RQ"): frozenset({Status.INSUFFICIENT_MEMORY, *_SIZES}),
        # Table H.4.9.2.1.2-1
        (PRESENTATION_LUT, "N-CREATE-RQ"): frozenset({Status.DENSITY_OUT_OF_RANGE}),
    }
)
"""The codes of the service class that may be returned, by SOP Class and request; the general ones always may."""

# PS3.7 C.4.2, C.5: those whose related field is Attribute Identifier List; the others name Offending Elements
_IDENTIFYING = frozenset(
    {
        Status.NO_SUCH_ATTRIBUTE,
        Status.ATTRIBUTE_LIST_ERROR,
        Status.MISSING_ATTRIBUTE,
        Status.MISSING_ATTRIBUTE_VALUE,
    }
)

Elements = dict[str, Value | Absent]


class RefusedError(Exception):
    """A request is refused; `response` says how. It never leaves `printer`."""

    def __init__(self, status: Status, comment: str, tags: Iterable[int] = ()) -> None:
        super().__init__(comment)
        self.response = Response(int(status), None, worded(status, comment, tags))


def worded(status: Status, comment: str, tags: Iterable[int] = ()) -> Elements:
    """Give the elements that go with a status: Error Comment, and the attributes that it is about."""
    said = printable(comment.encode("ascii", "backslashreplace").decode("ascii"))
    elements: Elements = {"ErrorComment": said[:COMMENT_LENGTH]}
    listed = tuple(sorted(set(tags)))
    if listed:
        elements["AttributeIdentifierList" if status in _IDENTIFYING else "OffendingElement"] = listed
    return elements
