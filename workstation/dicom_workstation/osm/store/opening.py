"""Which index a folder has, and opening it.

Invariants: a folder has one index at a time. While there is an SQLite database in the folder, that is the index; else
the index is in the PostgreSQL database that knows the identity of the folder. A start with the other kind is refused:
there would be two from then on that differ. Only a rebuild moves the index.
"""

from __future__ import annotations

from dicom_workstation.osm.files import Disk, StoreFolder
from dicom_workstation.osm.index import Database, IndexUnusableError


def open_index(folder: StoreFolder, disk: Disk, url: str | None) -> Database:
    """Open the index of a folder; it is made where nothing was ever stored.

    Parameters
    ----------
    url : str, optional
        The PostgreSQL database that has the index; an SQLite database in the folder if not given.

    Raises
    ------
    IndexUnusableError
        If the index cannot be used, or the folder has its index elsewhere.
    OSError
        If the folder cannot be read or written.
    """
    if url is None and folder.has_index_elsewhere:
        raise IndexUnusableError(f"{folder.root} has its index in PostgreSQL: give its database, or run `osm rebuild`")
    if url is not None and folder.index.is_file():
        raise IndexUnusableError(
            f"{folder.root} has its index in {folder.index.name}: `osm rebuild` with the database moves it there"
        )
    database = Database(folder.index if url is None else url)
    try:
        database.create(_identity(database, folder, disk, url), must_be_used=folder.has_instances)
    except BaseException:
        database.close()
        raise
    return database


def _identity(database: Database, folder: StoreFolder, disk: Disk, url: str | None) -> str:
    """Return what the index knows the folder by, which is made only if the database can be used."""
    if url is None:
        return ""
    database.check_folder(folder.known_identity)
    return folder.identity(disk)
