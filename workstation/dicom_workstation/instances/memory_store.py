"""The memory as an instance store.

Invariants: bytes that are still coming are reserved in the memory; whatever ends a receipt gives them back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, Final

from dicom_workstation.data_sets import DataSetError, describe
from dicom_workstation.instances.instance_store import (
    Admission,
    Announced,
    InstanceEntry,
    Kept,
    RefusalReason,
    Selection,
    StoreRefusedError,
)
from dicom_workstation.instances.memory import KeepResult, Memory, StoredInstance

NO_ROOM: Final = "memory budget exceeded"
_ADMISSIONS: Final = {
    KeepResult.KEPT: Admission.KEPT,
    KeepResult.ALREADY_KEPT: Admission.ALREADY_KEPT,
    KeepResult.OTHER_CONTENT: Admission.OTHER_CONTENT,
}


@dataclass(frozen=True, slots=True)
class HeldInMemory:
    """An instance in memory."""

    instance: StoredInstance

    @property
    def entry(self) -> InstanceEntry:
        """What is known of it."""
        return entry_of(self.instance)

    def data_set(self) -> bytes:
        """Return the whole data set."""
        return self.instance.data_set

    def open(self) -> BinaryIO:
        """Return the data set as a stream."""
        return BytesIO(self.instance.data_set)


def entry_of(instance: StoredInstance) -> InstanceEntry:
    """Return what is known of an instance in memory."""
    return InstanceEntry(
        instance.SOPClassUID,
        instance.SOPInstanceUID,
        instance.StudyInstanceUID,
        instance.SeriesInstanceUID,
        instance.TransferSyntaxUID,
        len(instance.data_set),
    )


class MemoryReceipt:
    """The room of one instance in memory."""

    def __init__(self, memory: Memory, announced: Announced) -> None:
        self._memory = memory
        self._announced = announced
        self._buffer = BytesIO()
        self._reserved_bytes = 0
        self._is_refused = False

    def write(self, fragment: memoryview) -> None:
        """Take the next bytes, as long as the budget allows it."""
        if self._is_refused:
            return
        if not self._memory.reserve(len(fragment)):
            self._is_refused = True
            self.discard()
            return
        self._reserved_bytes += len(fragment)
        self._buffer.write(fragment)

    def keep(self) -> Kept:
        """Hold the instance; StoreRefusedError where it is not held."""
        if self._is_refused:
            raise StoreRefusedError(RefusalReason.OUT_OF_RESOURCES, NO_ROOM)
        try:
            return self._keep()
        finally:
            self.discard()

    def _keep(self) -> Kept:
        announced, data_set = self._announced, self._buffer.getvalue()
        try:
            found = describe(data_set, announced.TransferSyntaxUID)
        except DataSetError as error:
            raise StoreRefusedError(RefusalReason.NOT_UNDERSTOOD, f"data set {error}") from error
        check_identity(announced, found.SOPClassUID, found.SOPInstanceUID)
        reserved, self._reserved_bytes = self._reserved_bytes, 0
        result = self._memory.keep(
            StoredInstance(
                found.SOPClassUID,
                found.SOPInstanceUID,
                found.StudyInstanceUID,
                found.SeriesInstanceUID,
                announced.TransferSyntaxUID,
                data_set,
                announced.calling_ae_title,
                announced.move_originator,
                found.warnings,
            ),
            reserved,
        )
        if result is KeepResult.NO_ROOM:
            raise StoreRefusedError(RefusalReason.OUT_OF_RESOURCES, NO_ROOM)
        return Kept(_ADMISSIONS[result], found.deficiency, found.remarks)

    def discard(self) -> None:
        """Give the room back."""
        self._buffer = BytesIO()
        reserved, self._reserved_bytes = self._reserved_bytes, 0
        if reserved:
            self._memory.release(reserved)


def check_identity(announced: Announced, sop_class: str, sop_instance: str) -> None:
    """Compare an instance with what was announced; StoreRefusedError where they differ."""
    if sop_class != announced.SOPClassUID:
        raise StoreRefusedError(RefusalReason.CLASS_DIFFERS, "SOP Class UID differs between data set and command")
    if sop_instance != announced.SOPInstanceUID:
        raise StoreRefusedError(RefusalReason.INSTANCE_DIFFERS, "SOP Instance UID differs between data set and command")


class MemoryStore:
    """The memory as an `InstanceStore`."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def receive(self, announced: Announced) -> MemoryReceipt:
        """Make room for an instance; its bytes are reserved as they come."""
        return MemoryReceipt(self._memory, announced)

    def find(self, selection: Selection) -> Iterator[InstanceEntry]:
        """Yield what is held and meant, in the order of arrival."""
        return iter([entry for entry in map(entry_of, self._memory.instances()) if selection.includes(entry)])

    def get(self, SOPInstanceUID: str) -> HeldInMemory | None:
        """Return an instance, if it is held."""
        found = self._memory.get(SOPInstanceUID)
        return None if found is None else HeldInMemory(found)

    def remove(self, selection: Selection) -> int:
        """Forget what is meant; returns how many instances that were."""
        return sum(self._memory.remove(entry.SOPInstanceUID) for entry in self.find(selection))
