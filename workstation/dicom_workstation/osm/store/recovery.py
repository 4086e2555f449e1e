"""What a start finds of an earlier run that did not end well, and what is done about it.

Invariants: nothing that was answered for is ever removed here; only folders that were not sealed are looked at, so that
a start takes no longer than those are large.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select

from dicom_workstation.data_sets import counted
from dicom_workstation.osm.files import PART_SUFFIX
from dicom_workstation.osm.index import EPOCH, INSTANCE, TOMBSTONE
from dicom_workstation.osm.store.receiving import StoreParts


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was found at a start.

    Parameters
    ----------
    rejected : tuple of str
        Files that nobody was answered for; they are in `rejected/` now.
    removed : tuple of str
        Files whose removal had begun; they are removed.
    lost : tuple of str
        SOP Instance UIDs of instances whose file is gone or not whole.
    """

    rejected: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


def recover(parts: StoreParts) -> Recovery:
    """Bring folder and index into agreement; what is lost is reported."""
    with parts.database.reading() as connection:
        sealed = set(connection.execute(select(EPOCH.c.epoch)).scalars())
        dead = list(connection.execute(select(TOMBSTONE.c.file)).scalars())
    removed = [file for file in dead if _unlinked(parts, file)]
    rejected: list[str] = []
    lost: list[str] = []
    unsealed = sorted({*parts.folder.epochs(), *_epochs_of_rows(parts)} - sealed)
    for epoch in unsealed:
        _compare(parts, epoch, rejected, lost)
    for file in rejected:
        parts.note(f"{file}: a file that was never answered for; moved to {parts.folder.rejected}")
    for uid in lost:
        parts.note(f"LOST: {uid}: its file is gone or not whole")
    if removed:
        parts.note(f"{counted(len(removed), 'file')} removed, as was begun before")
    if removed or unsealed:
        parts.writer.do(lambda connection: _settle(connection, removed, [] if lost else unsealed))
    return Recovery(tuple(rejected), tuple(removed), tuple(lost))


def _epochs_of_rows(parts: StoreParts) -> Iterator[int]:
    """Yield the epochs that rows name; each costs one look into the index, however many rows it has."""
    last = ""
    with parts.database.reading() as connection:
        while True:
            following = select(func.min(INSTANCE.c.file)).where(INSTANCE.c.file >= last)
            file = connection.execute(following).scalar()
            if file is None:
                return
            epoch = file.partition("/")[0]
            yield int(epoch)
            last = f"{epoch}0"  # the first text after all that begin with "epoch/"


def _unlinked(parts: StoreParts, file: str) -> bool:
    """Remove a file that has a tombstone; False where it cannot be removed now."""
    try:
        for name in (file, file + PART_SUFFIX):
            parts.disk.unlink(parts.folder.path_of(name))
        if parts.folder.folder_of(file).is_dir():
            parts.disk.sync_folder(parts.folder.folder_of(file))
    except OSError as error:
        parts.note(f"{file} cannot be removed now: {error.strerror}")
        return False
    return True


def _compare(parts: StoreParts, epoch: int, rejected: list[str], lost: list[str]) -> None:
    """Hold the files of an epoch against its rows."""
    here = parts.folder.objects / str(epoch)
    files = parts.folder.files_in(epoch) if here.is_dir() else ()
    sizes = {f"{epoch}/{path.name}": path.stat().st_size for path in files}
    with parts.database.reading() as connection:
        rows = connection.execute(
            select(INSTANCE.c.file, INSTANCE.c.instance_uid, INSTANCE.c.offset_bytes, INSTANCE.c.length_bytes).where(
                INSTANCE.c.file >= f"{epoch}/", INSTANCE.c.file < f"{epoch}0"
            )
        ).all()
    for row in rows:
        length = row.offset_bytes + row.length_bytes
        if row.file not in sizes and sizes.get(row.file + PART_SUFFIX) == length:
            parts.disk.rename(parts.folder.path_of(row.file + PART_SUFFIX), parts.folder.path_of(row.file))
            sizes[row.file] = sizes.pop(row.file + PART_SUFFIX)
        if sizes.get(row.file) != length:
            lost.append(row.instance_uid)
    rejected += _set_aside(parts, sorted(set(sizes) - {row.file for row in rows}), sizes)
    if here.is_dir():
        parts.disk.sync_folder(here)  # before it is sealed


def _set_aside(parts: StoreParts, files: list[str], sizes: dict[str, int]) -> list[str]:
    """Move files without a row to `rejected/`, but for those that were made and not used; returns the moved ones."""
    moved = []
    for file in files:
        if file.endswith(PART_SUFFIX) and not sizes[file]:
            parts.disk.unlink(parts.folder.path_of(file))
        else:
            parts.disk.rename(parts.folder.path_of(file), parts.folder.rejected / file.replace("/", "-"))
            moved.append(file)
    if moved:
        parts.disk.sync_folder(parts.folder.rejected)
    return moved


def _settle(connection: Connection, removed: list[str], sealed: list[int]) -> None:
    """Forget the tombstones of what is removed, and seal what was looked at: new files go to a new epoch."""
    for file in removed:
        connection.execute(delete(TOMBSTONE).where(TOMBSTONE.c.file == file))
    for epoch in sealed:
        connection.execute(insert(EPOCH), {"epoch": epoch})
