"""Files that the harness writes: a full disk names the file, its size and what is free.

Invariants: a file is whole or it is not there; an error that the system gives without a path gets one.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def writing(path: Path, size_bytes: int) -> Iterator[None]:
    """Have an error of the block name the file and its size.

    Parameters
    ----------
    path : Path
        What the block writes.
    size_bytes : int
        How many bytes it writes.

    Raises
    ------
    OSError
        The block raised one; this one names `path`, the bytes that were to be written and those that are free.
    """
    try:
        yield
    except OSError as error:
        text = f"{error.strerror or error}: {size_bytes:,} bytes could not be written"
        with suppress(OSError):
            text += f", {shutil.disk_usage(path.parent).free:,} bytes are free"
        raise OSError(error.errno, text, str(path)) from error


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file; one that cannot be written to its end is removed.

    Raises
    ------
    OSError
        With path and size.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        with writing(path, len(data)):
            path.write_bytes(data)
    except BaseException:  # an interrupt, too
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise
