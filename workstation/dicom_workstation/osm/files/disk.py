"""The calls of the operating system that can fail while an instance is stored.

Invariants: each method is one call, or one that is repeated until all bytes are written; nothing else of the OSM
changes a file, so that a test can count the calls and have any of them fail.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol


class Disk(Protocol):
    """What the OSM asks of the file system; every method may raise OSError."""

    def create(self, path: Path) -> int:
        """Create a file that must not exist; returns its descriptor, for reading and writing."""

    def open(self, path: Path) -> int:
        """Open a file that is there; returns its descriptor, for reading and writing."""

    def write(self, descriptor: int, data: bytes | bytearray | memoryview) -> None:
        """Write all bytes at the end of what was written."""

    def sync(self, descriptor: int) -> None:
        """Have the bytes of a file survive a power cut."""

    def close(self, descriptor: int) -> None:
        """Close a file."""

    def rename(self, path: Path, target: Path) -> None:
        """Give a file another name at once, in the place of whatever bore it."""

    def unlink(self, path: Path) -> None:
        """Remove a file; one that is gone already is no error."""

    def make_folder(self, path: Path) -> None:
        """Make a folder, unless it is there."""

    def sync_folder(self, path: Path) -> None:
        """Have the names in a folder survive a power cut."""

    def free_bytes(self, path: Path) -> int:
        """Return how many bytes may still be written to the file system of a folder."""


class SystemDisk:
    """The file system as it is."""

    def create(self, path: Path) -> int:
        """Create a file that must not exist; returns its descriptor."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)

    def open(self, path: Path) -> int:
        """Open a file that is there; returns its descriptor."""
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)

    def write(self, descriptor: int, data: bytes | bytearray | memoryview) -> None:
        """Write all bytes at the end of what was written."""
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]

    def sync(self, descriptor: int) -> None:
        """Have the bytes of a file survive a power cut."""
        os.fdatasync(descriptor)

    def close(self, descriptor: int) -> None:
        """Close a file."""
        os.close(descriptor)

    def rename(self, path: Path, target: Path) -> None:
        """Give a file another name at once."""
        path.rename(target)

    def unlink(self, path: Path) -> None:
        """Remove a file; one that is gone already is no error."""
        path.unlink(missing_ok=True)

    def make_folder(self, path: Path) -> None:
        """Make a folder, unless it is there."""
        path.mkdir(mode=0o700, exist_ok=True)

    def sync_folder(self, path: Path) -> None:
        """Have the names in a folder survive a power cut."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def free_bytes(self, path: Path) -> int:
        """Return how many bytes may still be written to the file system of a folder."""
        found = os.statvfs(path)
        return found.f_bavail * found.f_frsize
