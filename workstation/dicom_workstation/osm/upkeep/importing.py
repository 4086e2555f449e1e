"""Bringing files into the store: the same way that a C-STORE takes, so that what is kept is as durable.

Invariants: a file that was imported before is known again and changes nothing, so that an import can be repeated after
whatever ended it; each file has one result. Of two files with one SOP Instance UID the first is stored first.

References
----------
PS3.10 Section 7.1
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from dicom_workstation.data_sets import UNREADABLE, DataSetError, FileError, describe, is_our_mistake, open_part10
from dicom_workstation.instances import Admission, Announced, Kept, StoreRefusedError
from dicom_workstation.osm.store import DiskStore

AT_ONCE: Final = 8  # so that they share the syncs of the index
BATCH: Final = 64
_PIECE_BYTES: Final = 1 << 20


class ImportResult(StrEnum):
    """What became of a file."""

    KEPT = "kept"
    ALREADY_KEPT = "already kept"
    REPLACED = "replaced"
    OTHER_CONTENT = "other content"
    REFUSED = "refused"


_RESULTS: Final = {
    Admission.KEPT: ImportResult.KEPT,
    Admission.ALREADY_KEPT: ImportResult.ALREADY_KEPT,
    Admission.REPLACED: ImportResult.REPLACED,
    Admission.OTHER_CONTENT: ImportResult.OTHER_CONTENT,
}


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """One file, and what became of it.

    Parameters
    ----------
    detail : str
        Why it was refused, or what is deficient of it.
    """

    path: Path
    result: ImportResult
    detail: str = ""

    @property
    def is_held(self) -> bool:
        """Whether the store holds what the file holds."""
        return self.result not in (ImportResult.OTHER_CONTENT, ImportResult.REFUSED)


def import_files(store: DiskStore, paths: Iterable[Path], calling_ae_title: str = "") -> Iterator[ImportedFile]:
    """Store files, some at once, and yield what became of each, in their order.

    Raises
    ------
    OSError
        If the disk of the store fails for another reason than that it is full.
    """
    with ThreadPoolExecutor(AT_ONCE, "osm-import") as threads:
        for batch in _batches(paths):
            yield from threads.map(lambda path: _imported(store, path, calling_ae_title), batch)


def _batches(paths: Iterable[Path]) -> Iterator[list[Path]]:
    """Divide files so that those of one batch can be stored in any order: none has the UID of another."""
    batch: list[Path] = []
    known: set[str] = set()
    for path in paths:
        uid = _uid_of(path)
        if len(batch) == BATCH or (uid and uid in known):
            yield batch
            batch, known = [], set()
        batch.append(path)
        known.add(uid)
    if batch:
        yield batch


def _uid_of(path: Path) -> str:
    """Return the SOP Instance UID by File Meta Information; empty for what is no Part 10 file."""
    try:
        return open_part10(path).meta.SOPInstanceUID
    except FileError:
        return ""


def _imported(store: DiskStore, path: Path, calling_ae_title: str) -> ImportedFile:
    try:
        file = open_part10(path)
        data_set, syntax = file.data_set(), file.transfer_syntax
        found = describe(data_set, syntax)
    except (FileError, DataSetError, *UNREADABLE) as error:
        if is_our_mistake(error):
            raise
        return ImportedFile(path, ImportResult.REFUSED, str(error))
    announced = Announced(found.SOPClassUID, found.SOPInstanceUID, syntax, calling_ae_title)
    try:
        kept = _kept(store, announced, data_set)
    except StoreRefusedError as refusal:
        return ImportedFile(path, ImportResult.REFUSED, str(refusal))
    return ImportedFile(path, _RESULTS[kept.admission], kept.deficiency or "")


def _kept(store: DiskStore, announced: Announced, data_set: bytes) -> Kept:
    receipt = store.receive(announced)
    try:
        view = memoryview(data_set)
        for begin in range(0, len(view), _PIECE_BYTES):
            receipt.write(view[begin : begin + _PIECE_BYTES])
        return receipt.keep()
    finally:
        receipt.discard()
