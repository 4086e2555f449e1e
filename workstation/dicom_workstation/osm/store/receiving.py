"""Receiving one instance: its bytes go to the disk as they come, and it is kept when file and row are durable.

Invariants: nothing of a peer's is in a path; of a data set no more than 256 KiB and a fragment are in memory; when
`keep` returns, both the file and its row survive a power cut, and when it raises, neither is there.
"""

from __future__ import annotations

import errno
import hashlib
import mmap
import threading
import time
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from dicom_workstation.data_sets import DataSetError, Description, describe
from dicom_workstation.instances import (
    DIGEST_BYTES,
    Admission,
    Announced,
    Kept,
    RefusalReason,
    StoreRefusedError,
    check_identity,
    file_head,
    has_same_content,
)
from dicom_workstation.osm.files import NewFile
from dicom_workstation.osm.index import (
    INSTANCE,
    Attributes,
    IndexAwayError,
    Inserted,
    InstanceRecord,
    Level,
    is_out_of_space,
    read_levels,
)
from dicom_workstation.osm.store.files_without_rows import insert_or_mend
from dicom_workstation.osm.store.parts import StoreParts, now_us, read_data_set, remove_dead_file

NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class StoreLimits:
    """What an operator allows.

    Parameters
    ----------
    keep_free_bytes : int
        What stays free of the file system.
    maximum_instance_bytes : int
        Size of the largest data set.
    replaces : bool
        Whether another content of a known SOP Instance UID takes the place of what is held.
    """

    keep_free_bytes: int = 0
    maximum_instance_bytes: int = 1 << 32
    replaces: bool = False


class Room:
    """How many bytes may still be written: what is free, less what must stay free and what others were promised."""

    def __init__(self, parts: StoreParts, keep_free_bytes: int) -> None:
        self._parts = parts
        self._keep_free_bytes = keep_free_bytes
        self._lock = threading.Lock()
        self._promised = 0

    def promise(self, count_bytes: int) -> bool:
        """Promise so many bytes, if they are there."""
        with self._lock:
            free = self._parts.disk.free_bytes(self._parts.folder.root)
            if free - self._promised - count_bytes < self._keep_free_bytes:
                return False
            self._promised += count_bytes
            return True

    def give_back(self, count_bytes: int) -> None:
        """Take a promise back: the bytes were written, or will not be."""
        with self._lock:
            self._promised -= count_bytes


PROMISE_BYTES: Final = 1 << 22
"""How much is promised at once."""
GATHERED_BYTES: Final = 1 << 18
"""How much is written at once: each call of the system lets other threads of the interpreter go first."""


class DiskReceipt:
    """One instance whose data set is coming."""

    def __init__(self, parts: StoreParts, limits: StoreLimits, room: Room, announced: Announced) -> None:
        self._parts = parts
        self._limits = limits
        self._room = room
        self._announced = announced
        self._hash = hashlib.blake2b(digest_size=DIGEST_BYTES)
        self._length = 0
        self._promised = 0
        self._refusal: StoreRefusedError | None = None
        self._error: OSError | None = None
        self._is_over = False
        self._head = file_head(announced.SOPClassUID, announced.SOPInstanceUID, announced.TransferSyntaxUID)
        self._offset = len(self._head)
        self._gathered = bytearray()
        self._file: NewFile | None = None
        try:
            self._file = parts.files.create()
        except OSError as error:
            self._fail(error)

    @property
    def length_bytes(self) -> int:
        """How many bytes of the data set came before it was refused, if it was."""
        return self._length

    def write(self, fragment: memoryview) -> None:
        """Take the next bytes; after a refusal they are dropped."""
        if self._file is None or self._refusal is not None or self._error is not None:
            return
        self._length += len(fragment)
        if self._length > self._limits.maximum_instance_bytes:
            self._refuse(StoreRefusedError(RefusalReason.TOO_LARGE, "larger than an instance may be here"))
            return
        self._gathered += fragment
        if len(self._gathered) >= GATHERED_BYTES:
            self._write_gathered()

    def _write_gathered(self) -> None:
        """Write and hash what has been gathered."""
        if self._file is None:
            return
        gathered, self._gathered = self._gathered, bytearray()
        head, self._head = self._head, b""
        try:
            if not self._has_room(len(gathered)):
                self._refuse(StoreRefusedError(RefusalReason.OUT_OF_RESOURCES, "not enough free space"))
                return
            self._file.write(head + gathered if head else gathered)
        except OSError as error:
            self._fail(error)
            return
        self._hash.update(gathered)

    def _has_room(self, count_bytes: int) -> bool:
        if self._promised >= count_bytes:
            self._promised -= count_bytes
            self._room.give_back(count_bytes)
            return True
        self._room.give_back(self._promised)
        self._promised = 0
        wanted = PROMISE_BYTES if GATHERED_BYTES <= count_bytes < PROMISE_BYTES else count_bytes
        if not self._room.promise(wanted) and not self._room.promise(wanted := count_bytes):
            return False
        self._room.give_back(count_bytes)
        self._promised = wanted - count_bytes
        return True

    def keep(self) -> Kept:
        """Make file and row durable.

        Raises
        ------
        StoreRefusedError
            The instance is not kept, for a reason that its sender is told.
        OSError
            The disk failed otherwise.
        """
        try:
            self._write_gathered()
            if self._refusal is not None:
                raise self._refusal
            if self._error is not None:
                raise self._error
            return self._keep()
        except StoreRefusedError:
            raise
        except Exception as error:
            if is_out_of_space(error) or (isinstance(error, OSError) and error.errno in NO_ROOM):
                raise StoreRefusedError(RefusalReason.OUT_OF_RESOURCES, "the disk is full") from error
            raise
        finally:
            self.discard()

    def _keep(self) -> Kept:
        file = self._file
        assert file is not None, "without a file there is a refusal or an error"
        description, levels = self._read(file)
        check_identity(self._announced, description.SOPClassUID, description.SOPInstanceUID)
        begin = time.monotonic()
        file.finish()
        self._parts.figures.sync.observe(time.monotonic() - begin)
        record = self._record(file.name, description, levels)
        inserted = self._insert(record)
        if inserted.admission in (Admission.KEPT, Admission.REPLACED):
            self._file = None
            file.leave()
        self._parts.figures.contradictions.add(len(inserted.contradictions))
        for keyword in inserted.contradictions:
            self._parts.note(f"{record.SOPInstanceUID}: {keyword} is not what earlier instances say; the first stays")
        admission = self._settled(inserted, record)
        return Kept(admission, description.deficiency, description.remarks)

    def _read(self, file: NewFile) -> tuple[Description, dict[Level, Attributes]]:
        """Follow the data set where it stands; StoreRefusedError if it cannot be understood."""
        if not self._length:
            raise StoreRefusedError(RefusalReason.NOT_UNDERSTOOD, "data set is empty")
        mapped = mmap.mmap(file.descriptor, 0, access=mmap.ACCESS_READ)  # unmapped when its last view is gone
        data_set = memoryview(mapped)[self._offset :]
        syntax = self._announced.TransferSyntaxUID
        try:
            description = describe(data_set, syntax)
            return description, read_levels(data_set, syntax, description)
        except DataSetError as error:
            raise StoreRefusedError(RefusalReason.NOT_UNDERSTOOD, f"data set {error}") from None

    def _record(self, name: str, description: Description, levels: dict[Level, Attributes]) -> InstanceRecord:
        return InstanceRecord(
            description.SOPClassUID,
            description.SOPInstanceUID,
            description.StudyInstanceUID,
            description.SeriesInstanceUID,
            self._announced.TransferSyntaxUID,
            levels,
            name,
            self._offset,
            self._length,
            self._hash.hexdigest(),
            self._announced.calling_ae_title,
            now_us(),
            description.deficiency or "",
        )

    def _insert(self, record: InstanceRecord) -> Inserted:
        """Have the row written; a file whose row may be there after all is left where it is."""
        parts = self._parts
        try:
            return parts.writer.do(
                lambda connection: insert_or_mend(parts, connection, record, replaces=self._limits.replaces)
            )
        except IndexAwayError:  # there is no row, and the disk does not fill while the index is away
            raise
        except Exception:
            if self._file is not None and self._may_be_written(record):
                self._file.leave()
                self._file = None
            raise

    def _may_be_written(self, record: InstanceRecord) -> bool:
        """Whether the row of a failed transaction is there all the same, or nobody can say.

        The writer asks: its new connection has the lock only when the server has ended the one that was lost, with
        whatever that was still committing.
        """
        wanted = select(INSTANCE.c.instance_pk).where(INSTANCE.c.file == record.file)
        try:
            return self._parts.writer.do(lambda connection: connection.execute(wanted).first() is not None)
        except Exception:  # an index that cannot even be asked: the next start decides
            return True

    def _settled(self, inserted: Inserted, record: InstanceRecord) -> Admission:
        """Compare the contents of what is held and what came, where their bytes differ."""
        parts = self._parts
        if inserted.admission is Admission.REPLACED:
            remove_dead_file(parts, inserted.existing)
        if inserted.admission is not Admission.OTHER_CONTENT or self._file is None:
            return inserted.admission
        try:
            held = read_data_set(parts, inserted.existing)
            came = parts.folder.path_of(record.file).read_bytes()[self._offset :]
        except OSError:
            return Admission.OTHER_CONTENT
        is_same = has_same_content(held, inserted.existing_syntax, came, record.TransferSyntaxUID)
        return Admission.ALREADY_KEPT if is_same else Admission.OTHER_CONTENT

    def discard(self) -> None:
        """Give the room back, and remove the file unless it is kept."""
        if self._is_over:
            return
        self._is_over = True
        self._room.give_back(self._promised)
        self._promised = 0
        if self._file is not None:
            self._file.remove()
            self._file.leave()
            self._file = None

    def _refuse(self, refusal: StoreRefusedError) -> None:
        self._refusal = refusal
        self._drop()

    def _fail(self, error: OSError) -> None:
        self._error = error
        self._drop()

    def _drop(self) -> None:
        """Remove what was written, so that its room is free while the rest is still coming."""
        self._room.give_back(self._promised)
        self._promised = 0
        self._gathered = bytearray()
        if self._file is not None:
            self._file.remove()
            self._file.leave()
            self._file = None
