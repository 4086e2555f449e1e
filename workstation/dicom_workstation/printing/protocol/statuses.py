"""What the statuses of the print services mean, in words for the user.

Invariants: a code has a meaning only at the service whose table names it; elsewhere, and where no table names it,
it is reported as undefined and classed by PS3.7 Annex C.

References
----------
PS3.4 Section H.4.1.2 (film session), H.4.2.2 (film box), H.4.3 (image boxes), H.4.9 (Presentation LUT);
PS3.7 Annex C
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from dicom_workstation.outcome import StatusClass
from dicom_workstation.printing.protocol.services import Response


class Service(StrEnum):
    """An N-service at a SOP Class, in the words that the user reads."""

    CREATE_SESSION = "creating the film session (N-CREATE)"
    ACT_ON_SESSION = "printing the film session (N-ACTION)"
    DELETE_SESSION = "deleting the film session (N-DELETE)"
    CREATE_FILM = "creating the film box (N-CREATE)"
    ACT_ON_FILM = "printing the film box (N-ACTION)"
    DELETE_FILM = "deleting the film box (N-DELETE)"
    SET_IMAGE = "setting the image box (N-SET)"
    SET_COLOR_IMAGE = "setting the color image box (N-SET)"
    SET_ANNOTATION = "setting the annotation box (N-SET)"
    CREATE_LUT = "creating the Presentation LUT (N-CREATE)"
    DELETE_LUT = "deleting the Presentation LUT (N-DELETE)"
    GET_PRINTER = "asking the printer (N-GET)"
    GET_JOB = "asking for the print job (N-GET)"


_DEMAGNIFIED: Final = {
    0xB604: "the image is larger than its place on the film and was demagnified to fit",
    0xB609: "the image is larger than its place on the film and was cropped to fit",
    0xB60A: "the image is larger than its place on the film and was decimated to fit",
}
_TOO_LARGE: Final = {
    0xC603: "the image is too large for its place on the film",
    0xC613: "the combined print image is too large for its place on the film",
}
_DENSITY: Final = {0xB605: "the minimum or maximum density is out of the printer's range; its own limit is used"}
_NO_MEMORY: Final = {0xC605: "the printer has too little memory to keep the image"}

SPECIFIC: Final[dict[Service, dict[int, str]]] = {
    Service.CREATE_SESSION: {0xB600: "the printer does not support memory allocation"},
    Service.ACT_ON_SESSION: {
        0xB601: "the printer does not collate the films of a session",
        0xB602: "a page of the film session is empty: it has no image boxes",
        **_DEMAGNIFIED,
        0xC600: "the film session has no film boxes",
        0xC601: "the printer could not make a print job: its queue is full",
        **_TOO_LARGE,
    },
    Service.CREATE_FILM: {
        **_DENSITY,
        0xC616: "an earlier film box is not printed yet, and the printer does not print whole film sessions",
    },
    Service.ACT_ON_FILM: {
        0xB603: "the film is empty: it has no image boxes",
        **_DEMAGNIFIED,
        0xC602: "the printer could not make a print job: its queue is full",
        **_TOO_LARGE,
    },
    Service.SET_IMAGE: {**_DEMAGNIFIED, **_DENSITY, **_TOO_LARGE, **_NO_MEMORY},
    Service.SET_COLOR_IMAGE: {**_DEMAGNIFIED, **_TOO_LARGE, **_NO_MEMORY},
    Service.CREATE_LUT: _DENSITY,
}

GENERAL: Final = {
    0x0105: "no such attribute",
    0x0106: "invalid attribute value",
    0x0107: "attribute list error: the printer ignored attributes that it does not know",
    0x0110: "processing failure",
    0x0111: "duplicate SOP Instance",
    0x0112: "no such SOP Instance",
    0x0113: "no such event type",
    0x0114: "no such argument",
    0x0115: "invalid argument value",
    0x0116: "attribute value out of range: the printer took another value",
    0x0117: "invalid SOP Instance",
    0x0118: "no such SOP Class",
    0x0119: "class and instance conflict",
    0x0120: "missing attribute",
    0x0121: "missing attribute value",
    0x0122: "SOP Class not supported",
    0x0123: "no such action type",
    0x0124: "not authorized",
    0x0210: "duplicate invocation",
    0x0211: "unrecognized operation",
    0x0212: "mistyped argument",
    0x0213: "resource limitation",
}

# Of the service as such, whatever film it is asked for: the next one would fail too.
OF_THE_SERVICE: Final = frozenset((0x0118, 0x0119, 0x0122, 0x0123, 0x0124, 0x0210, 0x0211, 0x0212))

_CLASSED: Final = {StatusClass.CANCEL: "a cancel", StatusClass.WARNING: "a warning", StatusClass.FAILURE: "a failure"}


def meaning(service: Service, response: Response) -> str:
    """Return status and meaning of a response that was not 0000, what it is about, and the printer's own words."""
    words = SPECIFIC.get(service, {}).get(response.status) or GENERAL.get(response.status)
    if words is None:
        words = f"not defined for {service}, treated as {_CLASSED.get(response.kind, 'a failure')}"
    attributes = f" [{', '.join(response.named)}]" if response.named else ""
    return f"{response.code}: {words}{attributes}" + (f" ({response.comment})" if response.comment else "")
