"""A lock on an open file. It belongs to the process, so that a process that crashed leaves none."""

from __future__ import annotations

import os
import time
from importlib import import_module
from typing import Any, Final

_FAR: Final = 1 << 30
"""The byte that is locked where locks are on bytes: one beyond the content, which others may read."""
_RETRY_S: Final = 0.05


def lock(descriptor: int, *, wait: bool) -> bool:
    """Lock a file until it is closed; give whether that was possible.

    Parameters
    ----------
    descriptor : int
        Of the open file.
    wait : bool
        Whether to wait for another process that holds the lock.

    Notes
    -----
    `fcntl` on POSIX, `msvcrt` on Windows. A system with neither has no locks: there nothing keeps two runs apart.
    """
    fcntl, msvcrt = _module("fcntl"), _module("msvcrt")
    if fcntl is not None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True
    return msvcrt is None or _locked_byte(msvcrt, descriptor, wait=wait)


def _locked_byte(msvcrt: Any, descriptor: int, *, wait: bool) -> bool:
    while True:
        before = os.lseek(descriptor, 0, os.SEEK_CUR)
        try:
            os.lseek(descriptor, _FAR, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            if not wait:
                return False
        else:
            return True
        finally:
            os.lseek(descriptor, before, os.SEEK_SET)
        time.sleep(_RETRY_S)


def _module(name: str) -> Any:
    """Import a module that some systems do not have; None there."""
    try:
        return import_module(name)
    except ImportError:
        return None
