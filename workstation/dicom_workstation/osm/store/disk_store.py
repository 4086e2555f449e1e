"""The instances of the OSM on the disk, as an instance store.

Invariants: a row of the index means a durable file. One process at a time has the folder. A start looks at what an
earlier one may have left: a whole file without a row is taken into the index, what else has no row goes to `rejected/`,
what was being removed is removed, and a row whose file is not whole is a loss, which is reported and never hidden.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from io import SEEK_SET
from pathlib import Path
from typing import IO, BinaryIO, Final, Self, cast

from sqlalchemy import Row, Select, select

from dicom_workstation.instances import Announced, InstanceEntry, Selection
from dicom_workstation.osm.files import (
    EPOCH_FILES,
    PREPARED_FILES,
    Disk,
    FolderLock,
    ObjectFiles,
    StoreFolder,
    SystemDisk,
)
from dicom_workstation.osm.index import (
    INSTANCE,
    PATIENT,
    SERIES,
    STUDY,
    Database,
    Writer,
    remove_instances,
)
from dicom_workstation.osm.metrics import Figures
from dicom_workstation.osm.store.opening import open_index
from dicom_workstation.osm.store.parts import StoreParts, note_finished_epochs, now_us, remove_dead_file
from dicom_workstation.osm.store.receiving import DiskReceipt, Room, StoreLimits
from dicom_workstation.osm.store.recovery import Recovery, recover

UIDS_IN_A_STATEMENT: Final = 500
ROWS_AT_ONCE: Final = 500


class InstanceLostError(OSError):
    """An instance whose file is gone or not whole."""


@dataclass(frozen=True, slots=True)
class HeldOnDisk:
    """An instance on the disk."""

    entry: InstanceEntry
    path: Path
    offset_bytes: int
    digest: str

    def data_set(self) -> bytes:
        """Return the whole data set; InstanceLostError where the file does not have it."""
        with self.path.open("rb") as stream:
            stream.seek(self.offset_bytes)
            found = stream.read(self.entry.length_bytes)
        if len(found) != self.entry.length_bytes:
            raise InstanceLostError(errno.EIO, "the file is not whole", str(self.path))
        return found

    def open(self) -> BinaryIO:
        """Return the data set as a stream that can be sought; the caller closes it. OSError as of `data_set`."""
        file = self.path.open("rb")
        if os.fstat(file.fileno()).st_size != self.offset_bytes + self.entry.length_bytes:
            file.close()
            raise InstanceLostError(errno.EIO, "the file is not whole", str(self.path))
        return cast(BinaryIO, DataSetStream(file, self.offset_bytes))


class DataSetStream:
    """A file from where its data set begins."""

    def __init__(self, file: IO[bytes], offset_bytes: int) -> None:
        self._file = file
        self._offset = offset_bytes
        file.seek(offset_bytes)

    def read(self, count: int = -1, /) -> bytes:
        """Read at most so many bytes; all that are left if the count is negative."""
        return self._file.read(count)

    def seek(self, position: int, whence: int = SEEK_SET, /) -> int:
        """Go to a position of the data set."""
        return self._file.seek(position + (self._offset if whence == SEEK_SET else 0), whence) - self._offset

    def tell(self) -> int:
        """Return where in the data set it stands."""
        return self._file.tell() - self._offset

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class DiskStore:
    """Holds instances in a folder; a context manager that opens and closes it.

    Parameters
    ----------
    database : str, optional
        URL of the PostgreSQL database that has the index; an SQLite database in the folder if not given.
    """

    def __init__(
        self,
        folder: Path,
        limits: StoreLimits | None = None,
        note: Callable[[str], None] = lambda text: None,
        disk: Disk | None = None,
        database: str | None = None,
    ) -> None:
        self._database = database
        self._folder = StoreFolder(folder)
        self._limits = limits or StoreLimits()
        self._note = note
        self._disk = disk or SystemDisk()
        self._lock = FolderLock(folder)
        self._removing = threading.Lock()
        self._parts: StoreParts | None = None
        self._room: Room | None = None
        self.recovery = Recovery()
        self.figures = Figures()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> Recovery:
        """Open the folder, which is made if it is not there; returns what an earlier run had left.

        Raises
        ------
        FolderLockedError
            Another process has it.
        IndexUnusableError
            Its index cannot be used.
        OSError
            The folder cannot be used.
        """
        folder = self._folder
        folder.root.mkdir(parents=True, exist_ok=True)
        self._lock.take()
        try:
            for each in (folder.objects, folder.rejected):
                self._disk.make_folder(each)
            self._disk.sync_folder(folder.root)
            database = open_index(folder, self._disk, self._database)
            try:
                self._begin(database)
            except BaseException:
                database.close()
                raise
        except BaseException:
            self._lock.release()
            raise
        return self.recovery

    def _begin(self, database: Database) -> None:
        """Recover, and be ready."""
        folder = self._folder
        files = ObjectFiles(folder, self._disk, EPOCH_FILES, PREPARED_FILES)
        writer = Writer(database, self.figures, files.distrust_index)
        parts = StoreParts(folder, self._disk, files, database, writer, self._note, self.figures)
        writer.start()
        try:
            self.recovery = recover(parts)
        except BaseException:
            writer.stop()
            raise
        self._parts, self._room = parts, Room(parts, self._limits.keep_free_bytes)

    def close(self) -> None:
        """Write what was begun, and let the folder go."""
        parts, self._parts = self._parts, None
        if parts is not None:
            parts.files.end()
            parts.writer.stop()
            parts.database.close()
            self._lock.release()

    @property
    def parts(self) -> StoreParts:
        """Its folder, its index, its writer."""
        if self._parts is None:
            raise RuntimeError("the store is not open")
        return self._parts

    # -- the instance store

    def receive(self, announced: Announced) -> DiskReceipt:
        """Make room for an instance; a disk that fails shows in `keep`."""
        assert self._room is not None, "an open store has a room"
        note_finished_epochs(self.parts)
        return DiskReceipt(self.parts, self._limits, self._room, announced)

    def find(self, selection: Selection) -> Iterator[InstanceEntry]:
        """Yield what is held and meant, in the order of arrival."""
        for row in self._rows(selection):
            yield _entry(row)

    def get(self, SOPInstanceUID: str) -> HeldOnDisk | None:
        """Return an instance, if it is held."""
        return next(self.held(Selection(instances=(SOPInstanceUID,))), None)

    def held(self, selection: Selection) -> Iterator[HeldOnDisk]:
        """Yield the instances that are held and meant, in the order of arrival; their files are not opened."""
        for row in self._rows(selection):
            yield HeldOnDisk(_entry(row), self._folder.path_of(row.file), row.offset_bytes, row.digest)

    def remove(self, selection: Selection) -> int:
        """Forget what is meant; their files go after the rows are gone."""
        with self._removing:
            rows = list(self._rows(selection))
            for begin in range(0, len(rows), ROWS_AT_ONCE):
                part = rows[begin : begin + ROWS_AT_ONCE]
                self.parts.writer.do(partial(remove_instances, rows=part, now_us=now_us()))
                for row in part:
                    remove_dead_file(self.parts, row.file)
            return len(rows)

    def _rows(self, selection: Selection) -> Iterator[Row[tuple[object, ...]]]:
        """Yield the rows of instances, with the UIDs of study and series; each part is one short read."""
        for narrowed in _in_parts(selection):
            last = 0
            while True:
                with self.parts.database.reading() as connection:
                    statement = _selected(narrowed).where(INSTANCE.c.instance_pk > last).limit(ROWS_AT_ONCE)
                    rows = connection.execute(statement).all()
                yield from rows
                if len(rows) < ROWS_AT_ONCE:
                    break
                last = rows[-1].instance_pk


def _in_parts(selection: Selection) -> Iterator[Selection]:
    """Divide a selection of many instances, so that no statement has too many parameters."""
    instances = tuple(dict.fromkeys(selection.instances))
    if len(instances) <= UIDS_IN_A_STATEMENT:
        yield selection
        return
    for begin in range(0, len(instances), UIDS_IN_A_STATEMENT):
        part = instances[begin : begin + UIDS_IN_A_STATEMENT]
        yield Selection(selection.studies, selection.series, part, selection.patient)


def _selected(selection: Selection) -> Select[tuple[object, ...]]:
    statement = (
        select(INSTANCE, SERIES.c.series_uid, STUDY.c.study_uid)
        .join_from(INSTANCE, SERIES, INSTANCE.c.series_pk == SERIES.c.series_pk)
        .join(STUDY, SERIES.c.study_pk == STUDY.c.study_pk)
        .order_by(INSTANCE.c.instance_pk)
    )
    if selection.studies:
        statement = statement.where(STUDY.c.study_uid.in_(selection.studies))
    if selection.series:
        statement = statement.where(SERIES.c.series_uid.in_(selection.series))
    if selection.instances:
        statement = statement.where(INSTANCE.c.instance_uid.in_(selection.instances))
    if selection.patient is not None:
        known = select(PATIENT.c.patient_pk).where(PATIENT.c.patient_id == selection.patient)
        statement = statement.where(STUDY.c.patient_pk.in_(known))
    return statement


def _entry(row: Row[tuple[object, ...]]) -> InstanceEntry:
    return InstanceEntry(
        row.sop_class, row.instance_uid, row.study_uid, row.series_uid, row.transfer_syntax, row.length_bytes
    )
