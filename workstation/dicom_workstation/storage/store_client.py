"""The store client: C-STORE as SCU.

Invariants: for the SOP Classes of the instances to be sent, each transfer syntax of the configuration is
proposed in a presentation context of its own; an instance goes out in its own transfer syntax if that was accepted,
else uncompressed, never newly compressed; the next one goes after success or warning, none after a failure; a
premature end of the association ends the operation; each instance is told as stored, stored with a warning or not.

References
----------
Conformance statement, 3.2.3; PS3.4 Annex B; PS3.7 Section 9.1.1
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Final

from pydicom.uid import UID
from pynetdicom.dimse_primitives import C_STORE, DIMSEPrimitive

from dicom_workstation.configuration import Archive, Configuration
from dicom_workstation.data_sets import DataSetError, FileError, Part10File, follow, open_part10
from dicom_workstation.instances import StoredInstance
from dicom_workstation.network import AcceptedContext, Requestor, StreamedDataSet, describe_status, result_of
from dicom_workstation.operation_register import Operation, OperationRegister
from dicom_workstation.outcome import (
    OperationEndedError,
    Progress,
    Result,
    StatusClass,
    StoreOutcome,
    status_class,
    status_text,
)
from dicom_workstation.storage.decoding import DecodingError, convert
from dicom_workstation.tables import (
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    PDU_LENGTH_BYTES,
    store_client_transfer_syntaxes,
)

STREAMED_BYTES: Final = 1 << 24
"""A data set of so many bytes is sent from its file."""
MAXIMUM_CONTEXTS: Final = 128  # PS3.8 Section 9.3.2.2: odd numbers from 1 to 255
_UNCOMPRESSED_PREFERENCE: Final = (EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN)


@dataclass(frozen=True, slots=True)
class Item:
    """An instance to be sent; `load` gives its encoded data set, or the stream of a large one."""

    SOPClassUID: str
    SOPInstanceUID: str
    TransferSyntaxUID: str
    load: Callable[[], bytes | StreamedDataSet]


def item_of_file(path: Path) -> Item:
    """Return the instance of a Part 10 file (PS3.10 Section 7.1); FileError when it is not one."""
    try:
        file = open_part10(path)
        if not (file.meta.SOPClassUID and file.meta.SOPInstanceUID):
            raise FileError("is not a complete DICOM file: its File Meta Information does not identify the instance")
    except FileError as error:
        raise FileError(f"{path}: {error}") from error
    return Item(file.meta.SOPClassUID, file.meta.SOPInstanceUID, file.transfer_syntax, lambda: _whole(file))


def _whole(file: Part10File) -> bytes | StreamedDataSet:
    """Return the data set of a file; FileError if it cannot be followed to its end, as in a file that was cut off.

    A large one is read to its end, and then sent from the file, so that it takes no memory while the archive takes it.
    """
    data_set = file.data_set()
    try:
        follow(data_set, file.transfer_syntax)
    except DataSetError as error:
        raise FileError(f"{file.path}: the data set {error}") from error
    if file.meta.is_deflated or len(data_set) < STREAMED_BYTES:
        return data_set
    return StreamedDataSet(file.open(), len(data_set))


def item_of_instance(instance: StoredInstance) -> Item:
    """Return an instance in memory as it is to be sent."""
    return Item(instance.SOPClassUID, instance.SOPInstanceUID, instance.TransferSyntaxUID, lambda: instance.data_set)


class StoreClient:
    """Sends instances to archives."""

    def __init__(self, configuration: Callable[[], Configuration], register: OperationRegister) -> None:
        self._configuration = configuration
        self._register = register

    def store_files(
        self, name: str, peer: Archive, files: Iterable[str | Path], progress: Progress | None = None
    ) -> StoreOutcome:
        """Send Part 10 files; those that cannot be read are named, and do not stop the others."""
        items, faults = [], []
        for path in files:
            try:
                items.append(item_of_file(Path(path)))
            except FileError as fault:
                faults.append(str(fault))
        if not items:
            return StoreOutcome.refused(name, "; ".join(faults) or "nothing to store")
        found = self.store(name, peer, items, progress)
        if not faults:
            return found
        is_done = found.result in (Result.SUCCESS, Result.WARNING)
        detail = "; ".join(filter(None, (found.detail, *faults)))
        return replace(found, result=Result.PARTIAL if is_done else found.result, detail=detail)

    def store(self, name: str, peer: Archive, items: Sequence[Item], progress: Progress | None = None) -> StoreOutcome:
        """Send instances, in order, over as few associations as 128 presentation contexts allow."""
        if not items:
            return StoreOutcome.refused(name, "nothing to store")
        configuration = self._configuration()
        sending = _Sending(name, items, progress)
        with self._register.entered(name) as operation:
            for group, proposed in _groups(items, configuration):
                if sending.is_over:
                    break
                if operation.is_unwanted:
                    sending.note_cancelled()
                    break
                if not proposed:
                    sending.refuse(group)
                    continue
                try:
                    opening = Requestor(configuration, peer, proposed, PDU_LENGTH_BYTES, operation.note)
                    with opening.governed_by(operation) as requestor:
                        sending.send_all(requestor, group, operation)
                except OperationEndedError as end:
                    sending.end = end
        return sending.outcome()


def _groups(items: Sequence[Item], configuration: Configuration) -> list[tuple[list[Item], list[tuple[str, str]]]]:
    """Divide instances so that the presentation contexts of each part are at most 128."""
    groups: list[tuple[list[Item], list[tuple[str, str]]]] = []
    refused: list[Item] = []
    for item in items:
        syntaxes = store_client_transfer_syntaxes(item.SOPClassUID, configuration.jpeg_configuration)
        pairs = [(item.SOPClassUID, syntax) for syntax in syntaxes]
        if not pairs:
            refused.append(item)
            continue
        if not groups or (pairs[0] not in groups[-1][1] and len(groups[-1][1]) + len(pairs) > MAXIMUM_CONTEXTS):
            groups.append(([], []))
        group, proposed = groups[-1]
        group.append(item)
        proposed.extend(pair for pair in pairs if pair not in proposed)
    return ([(refused, [])] if refused else []) + groups


class _Sending:
    """The C-STOREs of one operation, and what became of each."""

    def __init__(self, peer: str, items: Sequence[Item], progress: Progress | None) -> None:
        self._peer = peer
        self._items = items
        self._progress = progress
        self._statuses: dict[str, int] = {}
        self._notes: list[str] = []
        self._tried = False
        self.end: OperationEndedError | None = None
        self._failed: int | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be sent."""
        return self.end is not None or self._failed is not None

    def note_cancelled(self) -> None:
        """Note that the rest is not sent because nobody wants it any more."""
        if self._notes[-1:] != ["cancelled"]:
            self._notes.append("cancelled")

    def refuse(self, items: Sequence[Item]) -> None:
        """Note instances whose SOP Class the store client does not claim."""
        self._notes.extend(
            f"{item.SOPInstanceUID}: {UID(item.SOPClassUID).name} is not a SOP Class that is sent" for item in items
        )

    def send_all(self, requestor: Requestor, items: Sequence[Item], operation: Operation) -> None:
        """Send each instance for which a presentation context was accepted, until one fails."""
        for number, item in enumerate(items, start=1):
            if operation.is_unwanted:
                self.note_cancelled()
                return
            self._send(requestor, item, number)
            if self._failed is not None:
                return

    def _send(self, requestor: Requestor, item: Item, message_id: int) -> None:
        message_id = (message_id - 1) % 0xFFFF + 1
        context = _context_for(requestor.accepted, item)
        if context is None:
            self._notes.append(f"{item.SOPInstanceUID}: no presentation context was accepted")
            return
        try:
            data_set = item.load()
            if context.transfer_syntax != item.TransferSyntaxUID:
                whole = data_set.whole() if isinstance(data_set, StreamedDataSet) else data_set
                data_set = convert(whole, item.TransferSyntaxUID, context.transfer_syntax)
        except (DecodingError, FileError, OSError) as fault:
            self._notes.append(f"{item.SOPInstanceUID}: {fault}")
            return
        self._tried = True
        request = C_STORE()
        request.MessageID = message_id
        request.AffectedSOPClassUID = item.SOPClassUID
        request.AffectedSOPInstanceUID = item.SOPInstanceUID
        request.Priority = 0
        if isinstance(data_set, StreamedDataSet):
            data_set.attach(request)
        else:
            request.DataSet = BytesIO(data_set)
        requestor.send(request, context.context_id)
        response = requestor.receive_final(C_STORE, context.context_id, message_id)
        self._note_status(item, int(response.Status), response)

    def _note_status(self, item: Item, status: int, response: DIMSEPrimitive) -> None:
        self._statuses[item.SOPInstanceUID] = status
        words = describe_status(status, response)
        if words:
            self._notes.append(f"{item.SOPInstanceUID}: {words}")
        if status_class(status) not in (StatusClass.SUCCESS, StatusClass.WARNING):
            self._failed = status
        if self._progress is not None:
            self._progress({"SOPInstanceUID": item.SOPInstanceUID, "status": status_text(status)})

    def outcome(self) -> StoreOutcome:
        """Sum up."""
        classes = {uid: status_class(status) for uid, status in self._statuses.items()}
        stored = tuple(uid for uid, kind in classes.items() if kind is StatusClass.SUCCESS)
        warned = tuple(uid for uid, kind in classes.items() if kind is StatusClass.WARNING)
        missing = tuple(item.SOPInstanceUID for item in self._items if item.SOPInstanceUID not in (*stored, *warned))
        last = self._summary_status(bool(warned))
        notes = [*self._notes, self.end.detail] if self.end is not None else self._notes
        return StoreOutcome(
            peer=self._peer,
            result=self._result(bool(stored or warned), bool(warned), bool(missing)),
            status=None if last is None else status_text(last),
            detail="; ".join(notes),
            stored=stored,
            stored_with_warning=warned,
            not_stored=missing,
            statuses={uid: status_text(status) for uid, status in self._statuses.items()},
        ).ended_by(self.end)

    def _summary_status(self, is_warned: bool) -> int | None:
        """Return the failure if there was one, else the last warning, else the last status."""
        if self._failed is not None or not self._statuses:
            return self._failed
        if is_warned:
            return [status for status in self._statuses.values() if status][-1]
        return list(self._statuses.values())[-1]

    def _result(self, any_stored: bool, any_warned: bool, any_missing: bool) -> Result:
        if self.end is not None:
            return self.end.result
        if any_missing and any_stored:
            return Result.PARTIAL
        if self._failed is not None:
            return result_of(self._failed)
        if any_missing:
            if self._notes and self._notes[-1] == "cancelled":
                return Result.CANCELLED
            return Result.NOT_ACCEPTED if self._tried or not self._is_all_refused() else Result.REFUSED
        return Result.WARNING if any_warned else Result.SUCCESS

    def _is_all_refused(self) -> bool:
        return all(not store_client_transfer_syntaxes(item.SOPClassUID, "none") for item in self._items)


def _context_for(accepted: tuple[AcceptedContext, ...], item: Item) -> AcceptedContext | None:
    """Return the context for an instance: its own transfer syntax, else an uncompressed one."""
    own = {context.transfer_syntax: context for context in accepted if context.abstract_syntax == item.SOPClassUID}
    for syntax in (item.TransferSyntaxUID, *_UNCOMPRESSED_PREFERENCE):
        if syntax in own:
            return own[syntax]
    return None
