"""The N-services of the print client: a request of each kind, and what its response says.

Invariants: requests carry what the caller gives and nothing else; a response is reported as it came. Data sets are
encoded in the transfer syntax of the context.

References
----------
PS3.7 Section 10.1; PS3.4 Annex H.2 (SOP Classes and Meta SOP Classes)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.tag import Tag
from pynetdicom.dimse_primitives import N_ACTION, N_CREATE, N_DELETE, N_GET, N_SET, DIMSEPrimitive

from dicom_workstation.data_sets import UNREADABLE, DataSetError, encode, is_our_mistake, read, suppress_warnings
from dicom_workstation.network import AcceptedContext
from dicom_workstation.outcome import StatusClass, one_line, status_class, status_text
from dicom_workstation.printing.protocol.association import PrinterAssociation
from dicom_workstation.printing.protocol.named_attributes import named
from dicom_workstation.tables import EXPLICIT_VR_BIG_ENDIAN

MAXIMUM_UID_LENGTH: Final = 64
MOST_TEXT: Final = 1024
PRINT: Final = 1  # Action Type ID of Film Session and Film Box, PS3.4 Table H.4-3 and H.4-8


@dataclass(frozen=True, slots=True)
class Response:
    """A response: its status, the instance that it names, its attributes, and the printer's own words.

    `named` are the attributes that the status is about, in words.
    """

    status: int
    instance: str = ""
    attributes: Dataset = field(default_factory=Dataset)
    comment: str = ""
    named: tuple[str, ...] = ()

    @property
    def kind(self) -> StatusClass:
        """The class of the status (PS3.7 Annex C)."""
        return status_class(self.status)

    @property
    def is_done(self) -> bool:
        """Whether what was asked for was done, with a warning or without."""
        return self.kind in (StatusClass.SUCCESS, StatusClass.WARNING)

    @property
    def code(self) -> str:
        """The status as four hex digits."""
        return status_text(self.status)


class Services:
    """Asks a printer, one request after the other, within one presentation context."""

    def __init__(self, association: PrinterAssociation, context: AcceptedContext) -> None:
        self._association = association
        self._context = context

    @property
    def is_little_endian(self) -> bool:
        """The order of bytes in what is sent."""
        return self._context.transfer_syntax != EXPLICIT_VR_BIG_ENDIAN

    def create(self, sop_class: str, instance: str | None, attributes: Dataset) -> Response:
        """N-CREATE; without a UID the printer assigns one."""
        request = N_CREATE()
        request.AffectedSOPClassUID = sop_class
        if instance is not None:
            request.AffectedSOPInstanceUID = instance
        request.AttributeList = self._encoded(attributes)
        return self._exchange(request, "AttributeList", attributes)

    def set(self, sop_class: str, instance: str, modifications: Dataset) -> Response:
        """N-SET."""
        request = _request(N_SET, sop_class, instance)
        request.ModificationList = self._encoded(modifications)
        return self._exchange(request, "AttributeList", modifications)

    def get(self, sop_class: str, instance: str, keywords: Sequence[str]) -> Response:
        """N-GET of some attributes; of all where none is named (PS3.7 Section 10.1.2.1.5)."""
        request = _request(N_GET, sop_class, instance)
        tags = [Tag(tag) for tag in map(tag_for_keyword, keywords) if tag is not None]
        request.AttributeIdentifierList = tags or None
        return self._exchange(request, "AttributeList")

    def action(self, sop_class: str, instance: str) -> Response:
        """N-ACTION, Print."""
        request = _request(N_ACTION, sop_class, instance)
        request.ActionTypeID = PRINT
        return self._exchange(request, "ActionReply")

    def delete(self, sop_class: str, instance: str) -> Response:
        """N-DELETE."""
        return self._exchange(_request(N_DELETE, sop_class, instance), None)

    def _encoded(self, attributes: Dataset) -> BytesIO | None:
        return BytesIO(encode(attributes, self._context.transfer_syntax)) if len(attributes) else None

    def _exchange(self, request: DIMSEPrimitive, reply: str | None, sent: Dataset | None = None) -> Response:
        """Send a request and read its response, whose data set is in the field `reply`, if it has one."""
        response = self._association.exchange(request, self._context)
        status = int(response.Status)
        received = attributes_of(getattr(response, reply) if reply else None, self._association.context_of(response))
        return Response(
            status=status,
            instance=str(response.AffectedSOPInstanceUID or response.dropped.get("AffectedSOPInstanceUID", "")),
            attributes=received,
            comment=one_line(getattr(response, "ErrorComment", None) or ""),
            named=named(response.named_attributes, status, sent or Dataset(), received) if status else (),
        )


def _request(kind: type[DIMSEPrimitive], sop_class: str, instance: str) -> DIMSEPrimitive:
    """Return a request about an instance that exists."""
    request = kind()
    request.RequestedSOPClassUID = sop_class
    request.RequestedSOPInstanceUID = instance
    return request


def attributes_of(raw: BytesIO | None, context: AcceptedContext) -> Dataset:
    """Read the data set of a response or a report; nothing where there is none, or none that can be read."""
    data = b"" if raw is None else raw.getvalue()
    try:
        return read(data, context.transfer_syntax) if data else Dataset()
    except (DataSetError, *UNREADABLE) as error:
        if is_our_mistake(error):
            raise
        return Dataset()


def text_of(attributes: Dataset, keyword: str) -> str:
    """Return a value as text; nothing where it is absent or cannot be read."""
    try:
        with suppress_warnings():
            value = attributes.get(keyword)
    except UNREADABLE as error:
        if is_our_mistake(error):
            raise
        return ""
    return "" if value is None else one_line(value, MOST_TEXT)


def references(attributes: Dataset, keyword: str) -> list[tuple[str, str]]:
    """Return Referenced SOP Class UID and Instance UID of each item; either may be empty.

    There is no item where the value is no sequence, whatever a printer wrote instead.
    """
    try:
        with suppress_warnings():
            value = attributes.get(keyword)
            items = list(value) if isinstance(value, DicomSequence) else []
    except UNREADABLE as error:
        if is_our_mistake(error):
            raise
        return []
    return [(text_of(item, "ReferencedSOPClassUID"), text_of(item, "ReferencedSOPInstanceUID")) for item in items]


def reference(sop_class: str, instance: str) -> Dataset:
    """Return the item of a sequence that refers to an instance; a UID of the printer's is used as it is."""
    item = Dataset()
    with suppress_warnings():
        item.ReferencedSOPClassUID = sop_class
        item.ReferencedSOPInstanceUID = instance
    return item


def can_be_named(instance: str) -> bool:
    """Whether a request can name an instance by this UID (PS3.5 Section 9.1: at most 64 characters)."""
    return 0 < len(instance) <= MAXIMUM_UID_LENGTH and instance.isascii()
