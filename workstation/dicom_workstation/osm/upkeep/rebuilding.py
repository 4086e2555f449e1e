"""A new index from the files alone, for an OSM whose index is lost or cannot be used.

Invariants: the new index is made beside the old one and takes its place when it is whole, so that a rebuild that is
cut short changes nothing; no file is removed. Who sent an instance is not known any more, and of two files with the
same SOP Instance UID the one that the policy would have kept is kept; the other goes to `rejected/`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, delete, insert

from dicom_workstation.data_sets import DataSetError, FileError
from dicom_workstation.instances import Admission
from dicom_workstation.osm.files import PART_SUFFIX, Disk, FolderLock, StoreFolder, SystemDisk
from dicom_workstation.osm.index import (
    EPOCH,
    SCHEMA,
    TOMBSTONE,
    Database,
    drop_schema,
    insert_record,
    move_schema,
)
from dicom_workstation.osm.store import record_of

_JOURNALS = ("", "-wal", "-shm")
_FILES_AT_ONCE = 200
_NEW_FILE = "index.new.sqlite"
_NEW_SCHEMA = f"{SCHEMA}_new"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild found.

    Parameters
    ----------
    instances : int
        How many the new index has.
    rejected : tuple of str
        Files that are not in it, each with the reason; they are in `rejected/` now.
    """

    instances: int
    rejected: tuple[str, ...]


def rebuild(
    root: Path,
    *,
    replaces: bool = False,
    advance: Callable[[], None] = lambda: None,
    disk: Disk | None = None,
    url: str | None = None,
) -> Rebuilt:
    """Make the index anew, wherever it was before.

    Parameters
    ----------
    url : str, optional
        The PostgreSQL database that gets the index; an SQLite database in the folder if not given.

    Raises
    ------
    FolderLockedError
        Another process has the folder.
    IndexUnusableError
        The database cannot have the index, or has that of another folder.
    OSError
        The folder cannot be read or written.
    """
    folder, used = StoreFolder(root), disk or SystemDisk()
    with FolderLock(root):
        used.make_folder(folder.rejected)
        index = _InFolder(folder, used) if url is None else _InPostgreSQL(folder, used, url)
        database = index.open()
        try:
            index.create(database)
            instances, refused = _filled(database, folder, used, replaces, advance)
        finally:
            database.close()
        for epoch in folder.epochs():  # the new index has them sealed
            used.sync_folder(folder.objects / str(epoch))
        index.take_its_place()
        for file in refused:
            used.rename(folder.path_of(file), folder.rejected / file.replace("/", "-"))
            used.sync_folder(folder.folder_of(file))
        used.sync_folder(folder.rejected)
    return Rebuilt(instances, tuple(f"{file}: {reason}" for file, reason in refused.items()))


@dataclass(frozen=True, slots=True)
class _InFolder:
    """A new index in the folder."""

    folder: StoreFolder
    disk: Disk

    def open(self) -> Database:
        """Open a new database beside the old one."""
        for suffix in _JOURNALS:
            self.disk.unlink(self.folder.root / f"{_NEW_FILE}{suffix}")
        return Database(self.folder.root / _NEW_FILE)

    def create(self, database: Database) -> None:
        """Make its tables."""
        database.create()

    def take_its_place(self) -> None:
        """Put it in the place of the old one; its log was written into it when it was closed."""
        index = self.folder.index
        for suffix in _JOURNALS[1:]:
            self.disk.unlink(index.with_name(index.name + suffix))
        self.disk.rename(self.folder.root / _NEW_FILE, index)
        self.disk.sync_folder(self.folder.root)


@dataclass(frozen=True, slots=True)
class _InPostgreSQL:
    """A new index in a schema of a PostgreSQL database."""

    folder: StoreFolder
    disk: Disk
    url: str

    def open(self) -> Database:
        """Open a new schema beside the old one; IndexUnusableError where the old one is of another folder."""
        old = Database(self.url)
        try:
            old.check_folder(self.folder.known_identity)
        finally:
            old.close()
        drop_schema(self.url, _NEW_SCHEMA)
        return Database(self.url, _NEW_SCHEMA)

    def create(self, database: Database) -> None:
        """Make its tables."""
        database.create(self.folder.identity(self.disk))

    def take_its_place(self) -> None:
        """Put it in the place of the old one, and remove an index in the folder: a folder has one index."""
        move_schema(self.url, _NEW_SCHEMA, SCHEMA)
        for suffix in _JOURNALS:
            self.disk.unlink(self.folder.index.with_name(self.folder.index.name + suffix))
        self.disk.sync_folder(self.folder.root)


def _filled(
    database: Database, folder: StoreFolder, disk: Disk, replaces: bool, advance: Callable[[], None]
) -> tuple[int, dict[str, str]]:
    """Put every file into the index, oldest first; returns how many are in it, and why others are not."""
    refused: dict[str, str] = {}
    count = 0
    files = _files_of(folder, disk)
    with database.inserting() as connection:
        for begin in range(0, len(files), _FILES_AT_ONCE):
            with connection.begin():
                for time_ns, file in files[begin : begin + _FILES_AT_ONCE]:
                    advance()
                    try:
                        count += _inserted(connection, folder, disk, file, time_ns // 1000, replaces, refused)
                    except (FileError, DataSetError) as error:
                        refused[file] = str(error)
    with database.writing() as connection:
        connection.execute(delete(TOMBSTONE))  # what was replaced is moved, not removed
        sealed = [{"epoch": epoch} for epoch in folder.epochs()]
        if sealed:
            connection.execute(insert(EPOCH), sealed)
    return count, refused


def _inserted(
    connection: Connection,
    folder: StoreFolder,
    disk: Disk,
    file: str,
    received_us: int,
    replaces: bool,
    refused: dict[str, str],
) -> bool:
    """Put a file into the index; whether there is one instance more."""
    record = record_of(folder.path_of(file), file.removesuffix(PART_SUFFIX), received_us)
    if file != record.file:  # it is whole: a power cut gave it the suffix again
        disk.rename(folder.path_of(file), folder.path_of(record.file))
    inserted = insert_record(connection, record, replaces=replaces)
    if inserted.admission is Admission.REPLACED:
        refused[inserted.existing] = "a newer file has its SOP Instance UID"
    elif inserted.admission is not Admission.KEPT:
        refused[record.file] = "an older file has its SOP Instance UID"
    return inserted.admission is Admission.KEPT


def _files_of(folder: StoreFolder, disk: Disk) -> list[tuple[int, str]]:
    """Return when each file was written, and which it is, oldest first; what was made and not used is removed."""
    found = []
    for epoch in folder.epochs():
        for path in folder.files_in(epoch):
            state = path.stat()
            if path.name.endswith(PART_SUFFIX) and not state.st_size:
                disk.unlink(path)
            else:
                found.append((state.st_mtime_ns, f"{epoch}/{path.name}"))
    return sorted(found)
