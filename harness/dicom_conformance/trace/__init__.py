"""What happened on the wire, ordered for the judge: associations, messages, evidence.

May import: `files`, `results`, `dicom_wire`.
Begin with `trace`, then `conversation`.
"""

from dicom_conformance.trace import evidence
from dicom_conformance.trace.association_view import View
from dicom_conformance.trace.attributes import Attribute, DataSet, read_attributes
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
from dicom_conformance.trace.exchanges import Exchange, exchanges
from dicom_conformance.trace.held import Held
from dicom_conformance.trace.known import LEVELS, UNIQUE_KEYS, Known, KnownInstance
from dicom_conformance.trace.marks import Mark
from dicom_conformance.trace.page_seen import PageSeen, Violation
from dicom_conformance.trace.redaction import Redaction
from dicom_conformance.trace.stored_instances import StoredInstance, instances_stored_at
from dicom_conformance.trace.timeline import timeline, timeline_lines
from dicom_conformance.trace.trace import Operation, Trace, simultaneous

__all__ = [
    "BIG_ENDIAN",
    "DEFLATED",
    "IMPLICIT",
    "LEVELS",
    "LOSSLESS",
    "NATIVE",
    "UNDECODABLE",
    "UNIQUE_KEYS",
    "Attribute",
    "Context",
    "Conversation",
    "DataSet",
    "Element",
    "Exchange",
    "Held",
    "Known",
    "KnownInstance",
    "Mark",
    "Operation",
    "PageSeen",
    "Redaction",
    "SeenMessage",
    "SeenPDU",
    "StoredInstance",
    "Trace",
    "View",
    "Violation",
    "decoded_pixels",
    "element_differences",
    "elements",
    "evidence",
    "exchanges",
    "instances_stored_at",
    "items",
    "pixel_data",
    "pixels_of",
    "read_attributes",
    "reading_of",
    "simultaneous",
    "timeline",
    "timeline_lines",
]
