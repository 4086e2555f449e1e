"""Files that a command writes: a full disk names the file, its size and what is free.

Invariants: a file is whole or it is not there.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file; one that cannot be written to its end is removed.

    Raises
    ------
    OSError
        With path and size.
    """
    try:
        path.write_bytes(data)
    except OSError as error:
        text = f"{error.strerror or error}: {len(data):,} bytes could not be written"
        with suppress(OSError):
            text += f", {shutil.disk_usage(path.parent).free:,} bytes are free"
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise OSError(error.errno, text, str(path)) from error
