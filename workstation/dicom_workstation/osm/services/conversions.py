"""Instances that go out in another transfer syntax than they are stored in, converted within a bound of memory.

Invariants: the conversions that run at one time need no more than the budget together; each waits until there is room
for it, and one that needs more than the whole budget is not begun. What was converted leaves the memory at once: a
large one waits in a file without a name, on the disk of the archive, until it is sent.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, Final, cast

from dicom_workstation.network import StreamedDataSet
from dicom_workstation.osm.store import HeldOnDisk
from dicom_workstation.storage import DecodingError, bytes_to_convert, convert

MOST_IN_MEMORY_BYTES: Final = 1 << 20
"""What is converted and not longer than this waits in memory."""


class Conversions:
    """Converts instances for all associations of the OSM.

    Parameters
    ----------
    budget_bytes : int
        What the conversions that run at one time may need together.
    folder : Path
        On whose disk large ones wait until they are sent.
    """

    def __init__(self, budget_bytes: int, folder: Path) -> None:
        self._budget_bytes = budget_bytes
        self._folder = folder
        self._used_bytes = 0
        self._changed = threading.Condition()

    def converted(self, held: HeldOnDisk, transfer_syntax: str) -> StreamedDataSet:
        """Convert an instance.

        Raises
        ------
        DecodingError
            If it cannot be converted, or would need more than the budget.
        OSError
            If its file cannot be read, or the disk is full.
        """
        stored = held.entry.TransferSyntaxUID
        with self._room_for(held.entry.length_bytes):
            needed_bytes = bytes_to_convert(held.data_set(), stored)
        with self._room_for(needed_bytes):
            return self._spooled(convert(held.data_set(), stored, transfer_syntax))

    def _spooled(self, data_set: bytes) -> StreamedDataSet:
        stream = cast(BinaryIO, SpooledTemporaryFile(MOST_IN_MEMORY_BYTES, dir=str(self._folder)))  # noqa: SIM115
        try:
            stream.write(data_set)
            stream.seek(0)
        except BaseException:
            stream.close()
            raise
        return StreamedDataSet(stream, len(data_set))

    @contextmanager
    def _room_for(self, count_bytes: int) -> Iterator[None]:
        if count_bytes > self._budget_bytes:
            raise DecodingError(f"converting it needs {count_bytes} bytes, and conversion_bytes is less")
        with self._changed:
            self._changed.wait_for(lambda: self._used_bytes + count_bytes <= self._budget_bytes)
            self._used_bytes += count_bytes
        try:
            yield
        finally:
            with self._changed:
                self._used_bytes -= count_bytes
                self._changed.notify_all()
