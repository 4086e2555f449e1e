"""Where the instances of an OSM stand on the disk: one Part 10 file each, in folders of a bounded size.

A new file is empty and bears the suffix `.part`. Files are made many at once, and their folder is synced before the
first of them is used: each instance that comes later has a name that survives a power cut already, and needs no sync of
the folder. When its bytes are synced it loses the suffix. A power cut may undo that, so that a row of the index may
stand for a file that bears the suffix again; a start takes it away.

Invariants: each name is randomness of our own, so no byte of a peer's is ever part of a path. A file without the suffix
is whole. A folder (an *epoch*) takes at most 4,096 files and then no more; it is sealed when no file in it is being
written any more and its names are synced, and a start after a crash looks at the folders that are not sealed.

References
----------
PS3.10 Section 7.1
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dicom_workstation.osm.files.disk import Disk

EPOCH_FILES: Final = 4096
PREPARED_FILES: Final = 64
PART_SUFFIX: Final = ".part"
_NAME_BYTES: Final = 8
_IDENTITY_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class StoreFolder:
    """The folder of an OSM, and what stands in it."""

    root: Path

    @property
    def objects(self) -> Path:
        """Where the instances are, in one folder for each epoch."""
        return self.root / "objects"

    @property
    def rejected(self) -> Path:
        """Where files go that hold no whole instance, or one that is held in another file."""
        return self.root / "rejected"

    @property
    def index(self) -> Path:
        """The database."""
        return self.root / "index.sqlite"

    @property
    def has_index_elsewhere(self) -> bool:
        """Whether the index is in another place, which knows the identity of the folder."""
        return bool(self.known_identity) and not self.index.is_file()

    @property
    def known_identity(self) -> str:
        """What an index in another place knows the folder by; empty where there never was one."""
        return self._identity.read_text(encoding="ascii") if self._identity.is_file() else ""

    def identity(self, disk: Disk) -> str:
        """Return the identity of the folder: random, made once and durable."""
        known = self.known_identity
        if known:
            return known
        made = secrets.token_hex(_IDENTITY_BYTES)
        unfinished = self._identity.with_suffix(PART_SUFFIX)
        disk.unlink(unfinished)
        descriptor = disk.create(unfinished)
        try:
            disk.write(descriptor, made.encode())
            disk.sync(descriptor)
        finally:
            disk.close(descriptor)
        disk.rename(unfinished, self._identity)
        disk.sync_folder(self.root)
        return made

    @property
    def _identity(self) -> Path:
        return self.root / "identity"

    def path_of(self, file: str) -> Path:
        """Return the path of a file by the name that the index has of it (`epoch/name`)."""
        return Path(f"{self.root}/objects/{file}")

    def folder_of(self, file: str) -> Path:
        """Return the folder in which a file stands."""
        return self.path_of(file).parent

    def epochs(self) -> list[int]:
        """Return the epochs that are there, in their order."""
        return sorted(int(each.name) for each in self.objects.iterdir() if each.is_dir() and each.name.isdecimal())

    def files_in(self, epoch: int) -> Iterator[Path]:
        """Yield the files of an epoch."""
        yield from (self.objects / str(epoch)).iterdir()

    @property
    def has_instances(self) -> bool:
        """Whether it has a file with an instance in it, or with a part of one."""
        return any(file.stat().st_size for epoch in self.epochs() for file in self.files_in(epoch))


class NewFile:
    """A file that is being written."""

    def __init__(self, files: ObjectFiles, disk: Disk, folder: StoreFolder, name: str) -> None:
        self._files = files
        self._disk = disk
        self._folder = folder
        self.name = name
        self._path = folder.path_of(name + PART_SUFFIX)
        self.descriptor = disk.open(self._path)
        self._is_open = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write bytes at the end. OSError where they cannot be written."""
        self._disk.write(self.descriptor, data)

    def finish(self) -> None:
        """Sync its bytes and give it its name."""
        self._disk.sync(self.descriptor)
        self._close()
        final = self._folder.path_of(self.name)
        self._disk.rename(self._path, final)
        self._path = final

    def remove(self) -> None:
        """Remove it; what cannot be removed is found at the next start, for no row names it."""
        with suppress(OSError):
            self._close()
        with suppress(OSError):
            self._disk.unlink(self._path)

    def leave(self) -> None:
        """Nobody writes it any more, whatever became of it; to be called once."""
        with suppress(OSError):
            self._close()
        self._files.left(self.name)

    def _close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._disk.close(self.descriptor)


class ObjectFiles:
    """Gives out new files; any thread may ask.

    Parameters
    ----------
    epoch_files : int
        How many files a folder takes.
    prepared_files : int
        How many are made at once.
    """

    def __init__(
        self, folder: StoreFolder, disk: Disk, epoch_files: int = EPOCH_FILES, prepared_files: int = PREPARED_FILES
    ) -> None:
        self._folder = folder
        self._disk = disk
        self._epoch_files = epoch_files
        self._prepared_files = prepared_files
        self._lock = threading.Lock()
        self._epoch = 0
        self._count = epoch_files  # the first file begins an epoch
        self._is_own_epoch = False
        self._prepared: list[str] = []
        self._writing: dict[int, int] = {}
        self._full: set[int] = set()
        self._distrusted = 0

    def begin(self, epoch: int) -> None:
        """Let the next epoch be a new one after this, which an earlier run has left and recovery has sealed."""
        with self._lock:
            self._epoch, self._count, self._is_own_epoch = epoch, self._epoch_files, False

    def end(self) -> None:
        """Remove the files that were made and not used; what cannot be removed is found at the next start."""
        with self._lock:
            self._remove_prepared()

    @property
    def prepared(self) -> frozenset[str]:
        """The files that were made and not used yet, as they stand in their folder."""
        with self._lock:
            return frozenset(name + PART_SUFFIX for name in self._prepared)

    def create(self) -> NewFile:
        """Return a new file in the epoch of the moment. OSError where there can be none."""
        with self._lock:
            if not self._prepared:
                self._prepare()
            name = self._prepared.pop()
            epoch = _epoch_of(name)
            self._writing[epoch] = self._writing.get(epoch, 0) + 1
        try:
            return NewFile(self, self._disk, self._folder, name)
        except BaseException:
            self.left(name)
            with self._lock:
                self._prepared.append(name)
            raise

    def _prepare(self) -> None:
        """Make empty files, and have their names survive a power cut."""
        if self._count >= self._epoch_files:
            self._begin_next()
        count = min(self._prepared_files, self._epoch_files - self._count)
        try:
            for _ in range(count):
                name = f"{self._epoch}/{secrets.token_hex(_NAME_BYTES)}"
                self._disk.close(self._disk.create(self._folder.path_of(name + PART_SUFFIX)))
                self._prepared.append(name)
            self._disk.sync_folder(self._folder.objects / str(self._epoch))
        except BaseException:
            self._remove_prepared()
            raise
        self._count += count

    def _remove_prepared(self) -> None:
        for name in self._prepared:
            with suppress(OSError):
                self._disk.unlink(self._folder.path_of(name + PART_SUFFIX))
        self._prepared.clear()

    def _begin_next(self) -> None:
        following = self._epoch + 1
        self._disk.make_folder(self._folder.objects / str(following))
        self._disk.sync_folder(self._folder.objects)
        if self._is_own_epoch:
            self._full.add(self._epoch)
        self._epoch, self._count, self._is_own_epoch = following, 0, True

    def left(self, name: str) -> None:
        """Count a file as no longer written."""
        with self._lock:
            self._writing[_epoch_of(name)] -= 1

    def distrust_index(self) -> None:
        """Never return the epochs up to this one: the next start looks whether the index still knows their files."""
        with self._lock:
            self._distrusted = self._epoch

    def take_finished_epochs(self) -> tuple[int, ...]:
        """Return the epochs that are full and in which nothing is written any more; each is returned once."""
        with self._lock:
            finished = tuple(each for each in self._full if not self._writing.get(each))
            self._full.difference_update(finished)
            for each in finished:
                self._writing.pop(each, None)
            return tuple(each for each in finished if each > self._distrusted)


def _epoch_of(name: str) -> int:
    return int(name.partition("/")[0])
