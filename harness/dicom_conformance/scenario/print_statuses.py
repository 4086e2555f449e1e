"""The statuses that PS3.4 H.4 gives to the services of the Print Management SOP Classes, as data.

One row for each status of each table; a status is listed only at the service whose table names it. The general statuses
of PS3.7 Annex C that an N-service may bring are `GENERAL`. Those of N-CREATE were compared with PS3.2 N.7.3.2.8, which
lists neither 0119 nor 0122; they are asked for at every service all the same, for Annex C ties them to none. A status
of one service is an unassigned code at another (`elsewhere`).

References
----------
PS3.4 H.4.1.2 (Basic Film Session), H.4.2.2 (Basic Film Box), H.4.3.1.2 and H.4.3.2.2 (Basic Grayscale and Basic Color
Image Box), H.4.9.2 (Presentation LUT); PS3.7 10.1.2 to 10.1.6, Annex C.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Class = Literal["warning", "failure"]

SOP_CLASSES = {
    "film_session": "1.2.840.10008.5.1.1.1",
    "film_box": "1.2.840.10008.5.1.1.2",
    "grayscale_image_box": "1.2.840.10008.5.1.1.4",
    "color_image_box": "1.2.840.10008.5.1.1.4.1",
    "print_job": "1.2.840.10008.5.1.1.14",
    "annotation_box": "1.2.840.10008.5.1.1.15",
    "printer": "1.2.840.10008.5.1.1.16",
    "presentation_lut": "1.2.840.10008.5.1.1.23",
}

MEANINGS = {
    "B600": "Memory allocation is not supported",
    "B601": "Printing of a film session (collation) is not supported",
    "B602": "The film session has no image box (empty page)",
    "B603": "The film box has no image box (empty page)",
    "B604": "The image is larger than its box and has been demagnified",
    "B605": "Min or Max Density lies outside of the printer's range; the printer takes its own",
    "B609": "The image is larger than its box and has been cropped",
    "B60A": "The image or combined print image is larger than its box and has been decimated",
    "C600": "The film session has no film box",
    "C601": "No print job could be created: the queue is full",
    "C602": "No print job could be created: the queue is full",
    "C603": "The image is larger than its box",
    "C605": "The printer has too little memory for the image",
    "C613": "The combined print image is larger than its box",
    "C616": "A film box has not been printed, and film sessions cannot be",
}

_SIZES = ("B604", "B609", "B60A")

TABLE: dict[tuple[str, str], tuple[str, ...]] = {
    ("N-CREATE", "film_session"): ("B600",),
    ("N-SET", "film_session"): ("B600",),
    ("N-ACTION", "film_session"): ("B601", "B602", *_SIZES, "C600", "C601", "C603", "C613"),
    ("N-CREATE", "film_box"): ("B605", "C616"),
    ("N-SET", "film_box"): ("B605", "C616"),
    ("N-ACTION", "film_box"): ("B603", *_SIZES, "C602", "C603", "C613"),
    ("N-SET", "grayscale_image_box"): ("B604", "B605", "B609", "B60A", "C603", "C605", "C613"),
    ("N-SET", "color_image_box"): ("B604", "B609", "B60A", "C603", "C605", "C613"),
    ("N-CREATE", "presentation_lut"): ("B605",),
}
"""Service and SOP Class to the statuses of its table, except 0000."""

GENERAL: dict[str, tuple[str, ...]] = {
    "N-GET": ("0107", "0112", "0117", "0118", "0119", "0122", "0124", "0210", "0211", "0212", "0213", "0110"),
    "N-CREATE": (
        *("0105", "0106", "0107", "0110", "0111", "0116", "0117", "0118", "0119", "0120", "0121", "0122", "0124"),
        *("0210", "0211", "0212", "0213"),
    ),
    "N-SET": (
        *("0105", "0106", "0107", "0110", "0112", "0116", "0117", "0118", "0119", "0121", "0122", "0124"),
        *("0210", "0211", "0212", "0213"),
    ),
    "N-ACTION": (
        *("0110", "0112", "0114", "0115", "0117", "0118", "0119", "0122", "0123", "0124"),
        *("0210", "0211", "0212", "0213"),
    ),
    "N-DELETE": ("0110", "0112", "0117", "0118", "0119", "0122", "0124", "0210", "0211", "0212", "0213"),
}
"""Service to the general statuses that its response may bring (PS3.7 Annex C)."""

GENERAL_MEANINGS = {
    "0105": "No such attribute",
    "0106": "Invalid attribute value",
    "0107": "Attribute list error",
    "0110": "Processing failure",
    "0111": "Duplicate SOP Instance",
    "0112": "No such SOP Instance",
    "0113": "No such event type",
    "0114": "No such argument",
    "0115": "Invalid argument value",
    "0116": "Attribute value out of range",
    "0117": "Invalid SOP Instance",
    "0118": "No such SOP Class",
    "0119": "Class-instance conflict",
    "0120": "Missing attribute",
    "0121": "Missing attribute value",
    "0122": "SOP Class not supported",
    "0123": "No such action type",
    "0124": "Not authorized",
    "0210": "Duplicate invocation",
    "0211": "Unrecognized operation",
    "0212": "Mistyped argument",
    "0213": "Resource limitation",
}

GENERAL_WARNINGS = frozenset({"0107", "0116"})
"""Of the general statuses, those with which the operation was performed (PS3.7 C.4)."""

SERVICES: dict[str, tuple[str, ...]] = {
    "film_session": ("N-CREATE", "N-SET", "N-ACTION", "N-DELETE"),
    "film_box": ("N-CREATE", "N-SET", "N-ACTION", "N-DELETE"),
    "grayscale_image_box": ("N-SET",),
    "color_image_box": ("N-SET",),
    "annotation_box": ("N-SET",),
    "printer": ("N-GET",),
    "print_job": ("N-GET",),
    "presentation_lut": ("N-CREATE", "N-DELETE"),
}
"""SOP Class to the operations that an SCU may ask of it (the DIMSE service groups of PS3.4 H.4)."""

OCCURRENCES: dict[tuple[str, str], int] = {
    ("N-CREATE", "film_box"): 2,
    ("N-DELETE", "film_session"): 2,
    ("N-GET", "print_job"): 2,
}
"""Which of the requests of a service is for the SOP Class when one film is printed; the first unless listed here."""


@dataclass(frozen=True, slots=True)
class PrintStatus:
    """One status at one service of one SOP Class.

    Attributes
    ----------
    of : str
        A key of `SOP_CLASSES`.
    kind : str
        specific (of the table of PS3.4 H.4), general (PS3.7 Annex C), or elsewhere: a specific status of another
        service, which is unassigned at this one.
    """

    service: str
    of: str
    status: str
    status_class: Class
    meaning: str
    kind: str

    @property
    def sop_class(self) -> str:
        """The UID of the SOP Class."""
        return SOP_CLASSES[self.of]


def rows() -> Iterator[PrintStatus]:
    """Yield every status of every service: the specific ones, the general ones, then those from elsewhere."""
    for of, services in SERVICES.items():
        for service in services:
            own = TABLE.get((service, of), ())
            for status in own:
                yield PrintStatus(service, of, status, _class(status), MEANINGS[status], "specific")
            for status in GENERAL[service]:
                kind: Class = "warning" if status in GENERAL_WARNINGS else "failure"
                yield PrintStatus(service, of, status, kind, GENERAL_MEANINGS[status], "general")
            for status, meaning in MEANINGS.items():
                if status not in own:
                    yield PrintStatus(
                        service, of, status, _class(status), f"{meaning} (of another service)", "elsewhere"
                    )


def _class(status: str) -> Class:
    """Give the class of a specific status: Bxxx warns, Cxxx is a failure (PS3.7 C.1, C.4, C.5)."""
    return "warning" if status.startswith("B") else "failure"
