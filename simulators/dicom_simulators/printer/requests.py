"""What is asked of a printer, what its services ask of it, and how data sets of both are read and worded.

Invariants: plain values and pure functions; nothing here decides whether a request is right.

References
----------
PS3.7 10.1 (DIMSE-N services); PS3.4 H.2
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from dicom_simulators.association import Request, Response
from dicom_simulators.encoding import Element, encoding_of, values, write_elements
from dicom_simulators.printer.attributes import REFERENCED_SOP_CLASS_UID, REFERENCED_SOP_INSTANCE_UID, Attributes, named
from dicom_simulators.printer.films import Film
from dicom_simulators.printer.replies import Elements, RefusedError, Status
from dicom_simulators.printer.rules import Judged


@dataclass(frozen=True, slots=True)
class PrintRequest:
    """A DIMSE-N request, as a service sees it.

    Attributes
    ----------
    service : str
        N-CREATE-RQ ...
    context : str
        The abstract syntax of its presentation context.
    sop_class, uid : str
        Affected or requested; empty where it names none.
    action : int or None
        Action Type ID.
    identifiers : tuple of int
        Attribute Identifier List.
    """

    service: str
    context: str
    transfer_syntax: str
    sop_class: str
    uid: str = ""
    data_set: bytes | None = None
    action: int | None = None
    identifiers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class JobRequest:
    """Films to be printed as one print job.

    Attributes
    ----------
    films : tuple of Film
        In order, one copy of each.
    copies : int
        How many; of the whole, 1 2 1 2 (PS3.4 H.4.1.2.4).
    session : mapping
        Attributes of the film session.
    """

    films: tuple[Film, ...]
    copies: int
    session: Mapping[str, str]


class Device(Protocol):
    """The printer itself, as its services see it."""

    def submit(self, order: JobRequest) -> str | None:
        """Take films into the print queue; give the UID of the print job, or None where the queue is full."""

    def job(self, uid: str) -> Attributes | None:
        """Give the attributes of a print job."""

    def state(self) -> Attributes:
        """Give the attributes of the printer."""


def reference(element: Element) -> tuple[str, str]:
    """Read the first item of a sequence of references."""
    item = element.items[0] if element.items else {}
    found = []
    for tag in (REFERENCED_SOP_CLASS_UID, REFERENCED_SOP_INSTANCE_UID):
        if tag not in item:
            raise RefusedError(Status.MISSING_ATTRIBUTE, f"missing: {named((tag,))}", (tag,))
        found_values = values(item[tag])
        if not found_values:
            raise RefusedError(Status.MISSING_ATTRIBUTE_VALUE, f"without a value: {named((tag,))}", (tag,))
        found.append(found_values[0])
    return found[0], found[1]


def reply(
    request: PrintRequest, judged: Judged, attributes: Mapping[int, Element], more: Elements | None = None
) -> Response:
    """Word a response: success or a warning, with the attributes in the transfer syntax of the context."""
    data_set = write_elements(attributes, encoding_of(request.transfer_syntax)) if attributes else None
    return Response(int(judged.warning), data_set, {**judged.elements, **(more or {})})


def print_request(request: Request) -> PrintRequest:
    """Read a DIMSE-N request."""
    command = request.command
    sop_class = command.text("RequestedSOPClassUID") or command.text("AffectedSOPClassUID") or ""
    uid = command.text("RequestedSOPInstanceUID") or command.text("AffectedSOPInstanceUID") or ""
    listed = command.get("AttributeIdentifierList")
    identifiers = listed if isinstance(listed, tuple) else (listed,)
    return PrintRequest(
        command.message,
        request.context.abstract_syntax,
        request.transfer_syntax,
        sop_class.strip(" \0"),
        uid.strip(" \0"),
        request.data_set,
        command.number("ActionTypeID"),
        tuple(tag for tag in identifiers if isinstance(tag, int)),
    )
