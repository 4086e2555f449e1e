"""What a start finds of an earlier run that did not end well, and what is done about it.

Invariants: nothing that was answered for is ever removed here; only folders that were not sealed are looked at, so that
a start takes no longer than those are large.
"""

from __future__ import annotations

from collections.abc import Container, Set
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, delete, func, insert, select

from dicom_workstation.data_sets import counted
from dicom_workstation.osm.files import PART_SUFFIX
from dicom_workstation.osm.index import EPOCH, INSTANCE, TOMBSTONE
from dicom_workstation.osm.store.files_without_rows import take_back
from dicom_workstation.osm.store.parts import StoreParts


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was found at a start.

    Parameters
    ----------
    rejected : tuple of str
        Files that no row names and that hold no instance, or one that is held; they are in `rejected/` now.
    removed : tuple of str
        Files whose removal had begun; they are removed.
    lost : tuple of str
        SOP Instance UIDs of instances whose file is gone or not whole.
    taken_back : tuple of str
        Whole files that no row named; they are in the index now.
    """

    rejected: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    taken_back: tuple[str, ...] = ()


def _a_file_of_each_epoch() -> Select[Any]:
    """Select a file of each epoch that rows name, then NULL; each costs one look into the index."""
    found = select(func.min(INSTANCE.c.file).label("file")).cte("found", recursive=True)
    end = func.rtrim(found.c.file, "0123456789abcdef").concat("g")  # after each name, and before the next epoch
    following = select(func.min(INSTANCE.c.file)).where(INSTANCE.c.file >= end).correlate(found).scalar_subquery()
    return select(found.union_all(select(following).where(found.c.file.is_not(None))).c.file)


_A_FILE_OF_EACH_EPOCH: Final = _a_file_of_each_epoch()


def recover(parts: StoreParts) -> Recovery:
    """Bring folder and index into agreement, and have new files go to a folder of their own; reports what is lost."""
    with parts.database.reading() as connection:
        sealed = set(connection.execute(select(EPOCH.c.epoch)).scalars())
        dead = set(connection.execute(select(TOMBSTONE.c.file)).scalars())
        named = {int(file.partition("/")[0]) for file in connection.execute(_A_FILE_OF_EACH_EPOCH).scalars() if file}
    removed = [file for file in sorted(dead) if _unlinked(parts, file)]
    found = {epoch: _compared(parts, epoch, dead) for epoch in sorted({*parts.folder.epochs(), *named} - sealed)}
    taken = take_back(parts, [file for each in found.values() for file in each.without_row])
    mended = set(taken.values())
    rejected = [file for each in found.values() for file in _set_aside(parts, each, taken)]
    lost = {epoch: [uid for uid in each.lost if uid not in mended] for epoch, each in found.items()}
    for epoch in found:
        if (parts.folder.objects / str(epoch)).is_dir():
            parts.disk.sync_folder(parts.folder.objects / str(epoch))  # before it is sealed
    recovery = Recovery(
        tuple(rejected), tuple(removed), tuple(uid for uids in lost.values() for uid in uids), tuple(taken)
    )
    _tell(parts, recovery)
    whole = [epoch for epoch, uids in lost.items() if not uids]
    if removed or whole:
        parts.writer.do(lambda connection: _settle(connection, removed, whole))
    parts.files.begin(max({*parts.folder.epochs(), *named, *sealed}, default=0))
    return recovery


def _tell(parts: StoreParts, recovery: Recovery) -> None:
    """Write what was found into the log."""
    for file in recovery.rejected:
        parts.note(f"{file}: no row names it, and it holds no instance that is missing; in {parts.folder.rejected} now")
    for uid in recovery.lost:
        parts.note(f"LOST: {uid}: its file is gone or not whole")
    if recovery.taken_back:
        parts.note(f"{counted(len(recovery.taken_back), 'file')} without a row taken into the index")
    if recovery.removed:
        parts.note(f"{counted(len(recovery.removed), 'file')} removed, as was begun before")


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


@dataclass(frozen=True, slots=True)
class _Compared:
    """What was found in an epoch.

    Parameters
    ----------
    without_row : tuple of str
        Files that no row names.
    sizes : dict
        The size of each file.
    lost : tuple of str
        SOP Instance UIDs of rows whose file is gone or not whole.
    """

    without_row: tuple[str, ...]
    sizes: dict[str, int]
    lost: tuple[str, ...]


def _compared(parts: StoreParts, epoch: int, dead: Set[str]) -> _Compared:
    """Hold the files of an epoch against its rows, and give back the names that a power cut took."""
    files = parts.folder.files_in(epoch) if (parts.folder.objects / str(epoch)).is_dir() else ()
    sizes = {f"{epoch}/{path.name}": path.stat().st_size for path in files}
    with parts.database.reading() as connection:
        rows = connection.execute(
            select(INSTANCE.c.file, INSTANCE.c.instance_uid, INSTANCE.c.offset_bytes, INSTANCE.c.length_bytes).where(
                INSTANCE.c.file >= f"{epoch}/", INSTANCE.c.file < f"{epoch}0"
            )
        ).all()
    lost = []
    for row in rows:
        length = row.offset_bytes + row.length_bytes
        if row.file not in sizes and sizes.get(row.file + PART_SUFFIX) == length:
            parts.disk.rename(parts.folder.path_of(row.file + PART_SUFFIX), parts.folder.path_of(row.file))
            sizes[row.file] = sizes.pop(row.file + PART_SUFFIX)
        if sizes.get(row.file) != length:
            lost.append(row.instance_uid)
    without_row = sorted(set(sizes) - {row.file for row in rows} - dead)
    return _Compared(tuple(without_row), sizes, tuple(lost))


def _set_aside(parts: StoreParts, found: _Compared, taken: Container[str]) -> list[str]:
    """Move what is not taken to `rejected/`, and remove what was made and not used; returns what was moved."""
    moved = []
    for file in found.without_row:
        if file in taken:
            continue
        if file.endswith(PART_SUFFIX) and not found.sizes[file]:
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
