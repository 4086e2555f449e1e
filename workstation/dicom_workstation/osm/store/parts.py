"""What the parts of a store share, and what they do to a file that the index knows.

Invariants: nothing here raises because something cannot be done now that the next start does.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from dicom_workstation.osm.files import Disk, ObjectFiles, StoreFolder
from dicom_workstation.osm.index import EPOCH, INSTANCE, TOMBSTONE, Database, Writer
from dicom_workstation.osm.metrics import Figures


@dataclass(frozen=True, slots=True)
class StoreParts:
    """What a receipt needs of its store."""

    folder: StoreFolder
    disk: Disk
    files: ObjectFiles
    database: Database
    writer: Writer
    note: Callable[[str], None]
    figures: Figures


def now_us() -> int:
    """Return the time, in microseconds since 1970."""
    return time.time_ns() // 1000


def read_data_set(parts: StoreParts, file: str) -> bytes:
    """Return the data set of a file that the index names. OSError where it cannot be read."""
    with parts.database.reading() as connection:
        place = connection.execute(
            select(INSTANCE.c.offset_bytes, INSTANCE.c.length_bytes).where(INSTANCE.c.file == file)
        ).one_or_none()
    if place is None:
        raise FileNotFoundError(errno.ENOENT, "no longer held", file)
    with parts.folder.path_of(file).open("rb") as stream:
        stream.seek(place.offset_bytes)
        return stream.read(place.length_bytes)


def remove_dead_file(parts: StoreParts, file: str) -> None:
    """Remove a file that has a tombstone, then the tombstone; what fails is done at the next start.

    Also if it is the index that fails: what the file made room for is committed.
    """
    try:
        parts.disk.unlink(parts.folder.path_of(file))
        parts.disk.sync_folder(parts.folder.folder_of(file))
        gone = delete(TOMBSTONE).where(TOMBSTONE.c.file == file)
        parts.writer.do(lambda connection: connection.execute(gone).rowcount)
    except Exception as error:
        parts.note(f"{file} cannot be removed now: {why(error)}")


def note_finished_epochs(parts: StoreParts) -> None:
    """Write down the folders in which nothing will be written any more; what fails is done at the next start."""
    finished = parts.files.take_finished_epochs()
    if not finished:
        return
    try:
        for epoch in finished:  # a start looks no more at files that still have to lose their suffix
            parts.disk.sync_folder(parts.folder.objects / str(epoch))
        rows = [{"epoch": epoch} for epoch in finished]
        parts.writer.do(lambda connection: connection.execute(insert(EPOCH), rows).rowcount)
    except Exception as error:  # of the disk, or of the index
        parts.note(f"{finished} cannot be sealed now: {why(error)}")


def why(error: Exception) -> str:
    """Return what a failure of the disk or of the index says, in one line."""
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(said.split())
