"""The lock that keeps a second process from the folder of an OSM.

Invariants: the lock is the kernel's and ends with the process that holds it, however that ends; the file itself means
nothing and stays.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Self


class FolderLockedError(Exception):
    """Another process, or another store of this process, has the folder open."""


class FolderLock:
    """Holds a folder; a context manager that lets it go."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        self.take()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def take(self) -> None:
        """Take the lock. FolderLockedError where somebody else has it."""
        descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise FolderLockedError(f"{self._folder} is in use by another process") from error
        self._descriptor = descriptor

    def release(self) -> None:
        """Let the lock go, if it is held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
