"""Files that no row of the index names, and rows whose file is not there.

A file without the suffix `.part` was synced as a whole before it got its name. Where no row names it, a crash came
before the row, or the index is older than the file: it was restored from a backup, and perhaps the file was answered
for. Nothing tells the two apart, so each of them is taken into the index. Nobody is harmed by an instance that is held
although its sender was told nothing; whoever sends it again hears that it is held.

Invariants: no file is removed here that is whole. A row gives way to another file only where its own is lost.
"""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select

from dicom_workstation.data_sets import DataSetError, FileError, describe, open_part10
from dicom_workstation.instances import DIGEST_BYTES, Admission
from dicom_workstation.osm.files import PART_SUFFIX
from dicom_workstation.osm.index import INSTANCE, Inserted, InstanceRecord, insert_record, read_levels
from dicom_workstation.osm.store.parts import StoreParts, remove_dead_file

FILES_AT_ONCE: Final = 200


def record_of(path: Path, file: str, received_us: int) -> InstanceRecord:
    """Read one file as what it is in the index.

    Raises
    ------
    FileError, DataSetError
        If it holds no instance that can be read.
    OSError
        If it cannot be read at all.
    """
    part10 = open_part10(path)
    syntax, offset = part10.meta.TransferSyntaxUID, part10.meta.offset
    with path.open("rb") as stream:
        mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)  # unmapped when its last view is gone
    data_set = memoryview(mapped)[offset:]
    if not data_set:
        raise DataSetError("is empty")
    found = describe(data_set, syntax)
    levels = read_levels(data_set, syntax, found)
    digest = hashlib.blake2b(data_set, digest_size=DIGEST_BYTES).hexdigest()
    return InstanceRecord(
        found.SOPClassUID,
        found.SOPInstanceUID,
        found.StudyInstanceUID,
        found.SeriesInstanceUID,
        syntax,
        levels,
        file,
        offset,
        len(data_set),
        digest,
        "",
        received_us,
        found.deficiency or "",
    )


def take_back(parts: StoreParts, files: Sequence[str]) -> dict[str, str]:
    """Take files that no row names into the index; returns which were taken, each with its SOP Instance UID.

    Left out is what cannot be read, what still has the suffix `.part`, and what is held in another file already.
    """
    taken: dict[str, str] = {}
    for begin in range(0, len(files), FILES_AT_ONCE):
        found = (_readable(parts, file) for file in files[begin : begin + FILES_AT_ONCE])
        records = [record for record in found if record is not None]
        if not records:
            continue
        for record, inserted in zip(records, parts.writer.do(partial(_inserted, parts, records)), strict=True):
            if inserted.admission in (Admission.KEPT, Admission.REPLACED):
                taken[record.file] = record.SOPInstanceUID
            if inserted.admission is Admission.REPLACED:
                remove_dead_file(parts, inserted.existing)
    return taken


def _readable(parts: StoreParts, file: str) -> InstanceRecord | None:
    path = parts.folder.path_of(file)
    if file.endswith(PART_SUFFIX):
        return None
    try:
        return record_of(path, file, path.stat().st_mtime_ns // 1000)
    except (FileError, DataSetError, OSError):
        return None


def _inserted(parts: StoreParts, records: Sequence[InstanceRecord], connection: Connection) -> list[Inserted]:
    known = (Admission.ALREADY_KEPT, Admission.OTHER_CONTENT)
    return [insert_or_mend(parts, connection, record, replaces=False, mends=known) for record in records]


def insert_or_mend(
    parts: StoreParts,
    connection: Connection,
    record: InstanceRecord,
    *,
    replaces: bool,
    mends: Collection[Admission] = (Admission.ALREADY_KEPT,),
) -> Inserted:
    """Write an instance into the index; its file takes the place of one that is lost.

    Parameters
    ----------
    mends : collection of Admission
        Where the instance is known already: what has to be found of it, so that it takes the place of a lost file.
    """
    inserted = insert_record(connection, record, replaces=replaces)
    if inserted.admission not in mends or _is_whole(parts, connection, inserted.existing):
        return inserted
    parts.note(f"{record.SOPInstanceUID}: its file was lost; {record.file} takes its place")
    return insert_record(connection, record, replaces=replaces, in_place_of=inserted.existing)


def _is_whole(parts: StoreParts, connection: Connection, file: str) -> bool:
    """Whether the file of a row has the length that the row says."""
    length = select(INSTANCE.c.offset_bytes + INSTANCE.c.length_bytes).where(INSTANCE.c.file == file)
    try:
        return parts.folder.path_of(file).stat().st_size == connection.execute(length).scalar()
    except FileNotFoundError:
        return False
