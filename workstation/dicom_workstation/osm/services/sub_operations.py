"""What C-MOVE and C-GET have in common: what is retrieved, in which transfer syntax, and how it is counted.

Invariants: each sub-operation is in exactly one of remaining, completed, failed and warning, and together they are what
was selected; an instance goes out as it is stored where that is accepted, else uncompressed, and is never newly
compressed.

References
----------
PS3.4 Section C.4.2.1.4 to C.4.2.3, C.4.3.1.3 to C.4.3.3, Tables C.4-2 and C.4-3
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from pynetdicom.dimse_primitives import C_STORE
from sqlalchemy.exc import SQLAlchemyError

from dicom_workstation.data_sets import DataSetError, encode_identifier
from dicom_workstation.instances import Selection
from dicom_workstation.network import AcceptedContext, Counts, Reply, ServiceRequest, StreamedDataSet
from dicom_workstation.osm.index import (
    IdentifierMismatchError,
    Level,
    Model,
    RetrieveRequest,
    UnreadableIdentifierError,
    read_retrieve,
)
from dicom_workstation.osm.metrics import Figures
from dicom_workstation.osm.services.conversions import Conversions
from dicom_workstation.osm.store import DiskStore, HeldOnDisk, why
from dicom_workstation.outcome import StatusClass, status_class
from dicom_workstation.storage import DecodingError
from dicom_workstation.tables import EXPLICIT_VR_BIG_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN

SUCCESS: Final = 0x0000
PROCESSING_FAILURE: Final = 0x0110
PENDING: Final = 0xFF00
CANCELLED: Final = 0xFE00
CANNOT_COUNT: Final = 0xA701
SOME_FAILED: Final = 0xB000
NONE_DONE: Final = 0xA702
DESTINATION_UNKNOWN: Final = 0xA801
DOES_NOT_MATCH_SOP_CLASS: Final = 0xA900
CANNOT_UNDERSTAND: Final = 0xC000
UNCOMPRESSED_PREFERENCE: Final = (EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN)


def selected(
    request: ServiceRequest, model: Model, store: DiskStore, maximum: int, note: Callable[[str], None]
) -> list[HeldOnDisk] | Reply:
    """Return the instances that a retrieval asks for, in the order of arrival, or the reply that refuses it."""
    try:
        asked = read_retrieve(request.data_set, request.transfer_syntax, model)
    except UnreadableIdentifierError as error:
        return Reply(CANNOT_UNDERSTAND, comment=str(error))
    except IdentifierMismatchError as error:
        return Reply(DOES_NOT_MATCH_SOP_CLASS, comment=str(error))
    try:
        found = list(islice(store.held(_selection(asked)), maximum + 1))
    except SQLAlchemyError as error:
        note(f"the index failed: {why(error)}")
        return Reply(PROCESSING_FAILURE, comment="the index failed")
    if len(found) > maximum:
        return Reply(CANNOT_COUNT, comment=f"more than {maximum} instances")
    return found


def _selection(request: RetrieveRequest) -> Selection:
    named = {**{level: (value,) for level, value in request.above.items()}, request.level: request.values}
    patient = named.get(Level.PATIENT)
    return Selection(
        studies=named.get(Level.STUDY, ()),
        series=named.get(Level.SERIES, ()),
        instances=named.get(Level.IMAGE, ()),
        patient=None if patient is None else patient[0],
    )


def context_for(accepted: Iterable[AcceptedContext], held: HeldOnDisk) -> AcceptedContext | None:
    """Return the context in which an instance goes out: that of its own transfer syntax, else an uncompressed one."""
    own = {each.transfer_syntax: each for each in accepted if each.abstract_syntax == held.entry.SOPClassUID}
    for syntax in (held.entry.TransferSyntaxUID, *UNCOMPRESSED_PREFERENCE):
        if syntax in own:
            return own[syntax]
    return None


class UnsendableError(Exception):
    """An instance that cannot be sent; the text says why."""


@contextmanager
def store_request(
    held: HeldOnDisk, context: AcceptedContext, priority: int, conversions: Conversions
) -> Iterator[C_STORE]:
    """Make the C-STORE request of an instance; UnsendableError where its data set cannot be had in the context.

    What goes out as it is stored is read while it is sent; the memory for what is converted has a bound.
    """
    request = C_STORE()
    request.AffectedSOPClassUID = held.entry.SOPClassUID
    request.AffectedSOPInstanceUID = held.entry.SOPInstanceUID
    request.Priority = priority if priority in (0, 1, 2) else 0
    try:
        if context.transfer_syntax == held.entry.TransferSyntaxUID:
            data_set = StreamedDataSet(held.open(), held.entry.length_bytes)
        else:
            data_set = conversions.converted(held, context.transfer_syntax)
    except (DecodingError, DataSetError, OSError) as error:
        raise UnsendableError(str(error)) from error
    with data_set.stream:
        data_set.attach(request)
        yield request


@dataclass(slots=True)
class SubOperations:
    """The count of the sub-operations of one retrieval; broken where no more can be sent."""

    remaining: int
    completed: int = 0
    failed: int = 0
    warning: int = 0
    failed_uids: list[str] = field(default_factory=list)
    comment: str = ""
    is_broken: bool = False

    def count(self, SOPInstanceUID: str, status: int | None, detail: str = "") -> None:
        """Count one by the status of its C-STORE; None if it has none, for the reason given."""
        self.remaining -= 1
        kind = StatusClass.FAILURE if status is None else status_class(status)
        if kind is StatusClass.SUCCESS:
            self.completed += 1
        elif kind is StatusClass.WARNING:
            self.warning += 1
        else:
            self.failed += 1
            self.failed_uids.append(SOPInstanceUID)
            self.comment = self.comment or detail or f"a C-STORE ended with {status or 0:04X}"

    def tell(self, figures: Figures, operation: str) -> None:
        """Add them to the figures of the OSM."""
        for result in ("completed", "failed", "warning"):
            figures.sub_operations.add(getattr(self, result), operation, result)

    def pending(self) -> Reply:
        """Return how far it is."""
        return Reply(PENDING, counts=Counts(self.completed, self.failed, self.warning, self.remaining))

    def cancelled(self, transfer_syntax: str) -> Reply:
        """Return the final reply after a cancel."""
        counts = Counts(self.completed, self.failed, self.warning, self.remaining)
        return Reply(CANCELLED, self._failed_list(transfer_syntax), counts=counts)

    def final(self, transfer_syntax: str) -> Reply:
        """Return the final reply when nothing remains."""
        counts = Counts(self.completed, self.failed, self.warning)
        if not self.failed:
            return Reply(SOME_FAILED if self.warning else SUCCESS, counts=counts)
        status = SOME_FAILED if self.completed or self.warning else NONE_DONE
        return Reply(status, self._failed_list(transfer_syntax), self.comment, counts)

    def _failed_list(self, transfer_syntax: str) -> bytes | None:
        """Return the Identifier with the Failed SOP Instance UID List (PS3.4 Section C.4.2.1.4.2)."""
        if not self.failed_uids:
            return None
        most = 0xFFFF // 65  # what the length field of a UI can hold in Explicit VR
        return encode_identifier({"FailedSOPInstanceUIDList": self.failed_uids[:most]}, transfer_syntax)
