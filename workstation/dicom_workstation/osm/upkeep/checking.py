"""Holding folder and index of an OSM against each other: every row, every file, every count.

Invariants: nothing is changed here but by `repair`, which never removes anything that was answered for; each file is
read as a whole, so that a bit that turned is found.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import func, select

from dicom_workstation.instances import DIGEST_BYTES, Selection
from dicom_workstation.osm.index import INSTANCE, TOMBSTONE
from dicom_workstation.osm.store import DiskStore, HeldOnDisk, take_back
from dicom_workstation.osm.upkeep.counts import recount, wrong_counts

_PIECE_BYTES: Final = 1 << 20


class FaultKind(StrEnum):
    """What is wrong."""

    LOST = "lost"
    DAMAGED = "damaged"
    UNKNOWN_FILE = "file without a row"
    COUNT = "wrong count"
    DATABASE = "database"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    Parameters
    ----------
    what : str
        The instance, file or row that it is about.
    """

    kind: FaultKind
    what: str
    detail: str


def count_instances(store: DiskStore) -> int:
    """Return how many instances there are to check."""
    with store.parts.database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(INSTANCE)).scalar_one())


def deficient_instances(store: DiskStore) -> dict[str, str]:
    """Return what was kept with a warning: the deficiency of each SOP Instance UID. It is no fault of the store."""
    found = select(INSTANCE.c.instance_uid, INSTANCE.c.deficiency).where(INSTANCE.c.deficiency != "")
    with store.parts.database.reading() as connection:
        rows = connection.execute(found.order_by(INSTANCE.c.instance_pk))
        return {row.instance_uid: row.deficiency for row in rows}


def check(store: DiskStore, advance: Callable[[], None] = lambda: None) -> Iterator[Fault]:
    """Yield everything that is wrong; `advance` is called after each instance."""
    for answer in store.parts.database.faults():
        yield Fault(FaultKind.DATABASE, "index", answer)
    with store.parts.database.reading() as connection:
        for wrong in wrong_counts(connection):
            detail = f"holds {wrong.held}, the rows below are {wrong.counted}"
            yield Fault(FaultKind.COUNT, f"{wrong.table} {' '.join(map(str, wrong.key))}", detail)
    for held in store.held(Selection()):
        fault = fault_of(held)
        if fault is not None:
            yield fault
        advance()
    for file in unknown_files(store):
        yield Fault(FaultKind.UNKNOWN_FILE, file, "no row of the index names it")


def fault_of(held: HeldOnDisk) -> Fault | None:
    """Return what is wrong with the file of an instance, which is read as a whole."""
    uid, path = held.entry.SOPInstanceUID, held.path
    try:
        if path.stat().st_size != held.offset_bytes + held.entry.length_bytes:
            return Fault(FaultKind.LOST, uid, f"{path} is not whole")
        digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
        with held.open() as stream:
            while piece := stream.read(_PIECE_BYTES):
                digest.update(piece)
    except FileNotFoundError:
        return Fault(FaultKind.LOST, uid, f"{path} is gone")
    except OSError as error:
        return Fault(FaultKind.LOST, uid, f"{path} cannot be read: {error.strerror or error}")
    if digest.hexdigest() != held.digest:
        return Fault(FaultKind.DAMAGED, uid, f"{path} is not what was received")
    return None


def unknown_files(store: DiskStore) -> Iterator[str]:
    """Yield the files that no row names, neither as an instance nor as one whose removal has begun."""
    folder = store.parts.folder
    prepared = store.parts.files.prepared
    for epoch in folder.epochs():
        here = (INSTANCE.c.file >= f"{epoch}/", INSTANCE.c.file < f"{epoch}0")
        with store.parts.database.reading() as connection:
            known = set(connection.execute(select(INSTANCE.c.file).where(*here)).scalars())
            known.update(connection.execute(select(TOMBSTONE.c.file)).scalars())
        yield from sorted({f"{epoch}/{path.name}" for path in folder.files_in(epoch)} - known - prepared)


def repair(store: DiskStore) -> int:
    """Count anew, and take whole files without a row into the index; returns how much was mended.

    What else has no row goes to `rejected/`, also where the instance is held in another file. What is lost or damaged
    stays as it is: only a backup can mend it, and a row that is left says what is missing.
    """
    parts = store.parts
    mended = parts.writer.do(recount)
    unknown = list(unknown_files(store))
    taken = take_back(parts, unknown)
    mended += len(taken)
    for file in [each for each in unknown if each not in taken]:
        parts.disk.rename(parts.folder.path_of(file), parts.folder.rejected / file.replace("/", "-"))
        parts.disk.sync_folder(parts.folder.folder_of(file))
        mended += 1
    parts.disk.sync_folder(parts.folder.rejected)
    return mended
