"""The SOP Classes of the Print Management Service Class, and which DIMSE-N services apply to each.

Invariants: names, UIDs and tables of the standard, nothing else. A service that a table does not name is no
operation that was agreed for that SOP Class.

References
----------
PS3.4 H.3.2.2 (meta SOP Classes), H.3.3.2 (optional SOP Classes), H.4.1 to H.4.9 (DIMSE service groups); PS3.6 Annex A
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

FILM_SESSION: Final = "1.2.840.10008.5.1.1.1"
FILM_BOX: Final = "1.2.840.10008.5.1.1.2"
GRAYSCALE_IMAGE_BOX: Final = "1.2.840.10008.5.1.1.4"
COLOR_IMAGE_BOX: Final = "1.2.840.10008.5.1.1.4.1"
GRAYSCALE_META: Final = "1.2.840.10008.5.1.1.9"
COLOR_META: Final = "1.2.840.10008.5.1.1.18"
PRINT_JOB: Final = "1.2.840.10008.5.1.1.14"
ANNOTATION_BOX: Final = "1.2.840.10008.5.1.1.15"
PRINTER: Final = "1.2.840.10008.5.1.1.16"
PRINTER_INSTANCE: Final = "1.2.840.10008.5.1.1.17"
PRESENTATION_LUT: Final = "1.2.840.10008.5.1.1.23"

NAMES: Mapping[str, str] = MappingProxyType(
    {
        FILM_SESSION: "film session",
        FILM_BOX: "film box",
        GRAYSCALE_IMAGE_BOX: "image box",
        COLOR_IMAGE_BOX: "image box",
        PRINT_JOB: "print job",
        ANNOTATION_BOX: "annotation box",
        PRINTER: "printer",
        PRESENTATION_LUT: "presentation LUT",
    }
)

# PS3.4 Tables H.3.2.2.1-1 and H.3.2.2.2-1; a SOP Class that is negotiated for itself is a group of one
OF_CONTEXT: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        GRAYSCALE_META: frozenset({FILM_SESSION, FILM_BOX, GRAYSCALE_IMAGE_BOX, PRINTER}),
        COLOR_META: frozenset({FILM_SESSION, FILM_BOX, COLOR_IMAGE_BOX, PRINTER}),
        PRINT_JOB: frozenset({PRINT_JOB}),
        ANNOTATION_BOX: frozenset({ANNOTATION_BOX}),
        PRINTER: frozenset({PRINTER}),
        PRESENTATION_LUT: frozenset({PRESENTATION_LUT}),
    }
)

# PS3.4 Tables H.4-1, H.4-5, H.4.3.1.2-1, H.4.3.2.2-1, H.4.4.2-1, H.4.5.2, H.4.6.2 and H.4.9.2: what an SCU may ask
SERVICES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        FILM_SESSION: frozenset({"N-CREATE-RQ", "N-SET-RQ", "N-DELETE-RQ", "N-ACTION-RQ"}),
        FILM_BOX: frozenset({"N-CREATE-RQ", "N-SET-RQ", "N-DELETE-RQ", "N-ACTION-RQ"}),
        GRAYSCALE_IMAGE_BOX: frozenset({"N-SET-RQ"}),
        COLOR_IMAGE_BOX: frozenset({"N-SET-RQ"}),
        ANNOTATION_BOX: frozenset({"N-SET-RQ"}),
        PRINT_JOB: frozenset({"N-GET-RQ"}),
        PRINTER: frozenset({"N-GET-RQ"}),
        PRESENTATION_LUT: frozenset({"N-CREATE-RQ", "N-DELETE-RQ"}),
    }
)
