"""What happened on the wire, ordered for the judge: associations, messages, evidence.

May import: `files`, `results`, `dicom_wire`.
Begin with `trace`, then `conversation`.
"""

from dicom_conformance.trace import evidence
from dicom_conformance.trace.association_view import View
from dicom_conformance.trace.conversation import Context, Conversation, SeenMessage, SeenPDU
from dicom_conformance.trace.decoding import LOSSLESS, UNDECODABLE, decoded_pixels, pixels_of
from dicom_conformance.trace.element_difference import element_differences
from dicom_conformance.trace.encoding import (
    BIG_ENDIAN,
    DEFLATED,
    IMPLICIT,
    NATIVE,
    Element,
    elements,
    items,
    pixel_data,
    reading_of,
)
from dicom_conformance.trace.evidence import timeline
from dicom_conformance.trace.trace import Held, Operation, Trace, simultaneous

__all__ = [
    "BIG_ENDIAN",
    "DEFLATED",
    "IMPLICIT",
    "LOSSLESS",
    "NATIVE",
    "UNDECODABLE",
    "Context",
    "Conversation",
    "Element",
    "Held",
    "Operation",
    "SeenMessage",
    "SeenPDU",
    "Trace",
    "View",
    "decoded_pixels",
    "element_differences",
    "elements",
    "evidence",
    "items",
    "pixel_data",
    "pixels_of",
    "reading_of",
    "simultaneous",
    "timeline",
]
