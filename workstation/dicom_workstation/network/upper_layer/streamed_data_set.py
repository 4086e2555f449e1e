"""A data set that is sent from a stream, so that no more than one fragment of it is in memory.

Invariants: what is sent has the length that was announced, or the association is aborted.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import BinaryIO

from pynetdicom.dimse_primitives import C_STORE


@dataclass(frozen=True, slots=True)
class StreamedDataSet:
    """A data set that stands in a stream.

    Parameters
    ----------
    stream : BinaryIO
        Closed by whoever sends the message.
    length_bytes : int
        How much of it is sent.
    """

    stream: BinaryIO
    length_bytes: int

    def attach(self, request: C_STORE) -> None:
        """Have a request send this data set."""
        request.streamed = self

    def whole(self) -> bytes:
        """Return all of it, and close the stream. OSError where it cannot be had."""
        with self.stream:
            return self.read(self.length_bytes)

    def read(self, count: int) -> bytes:
        """Return the next bytes, exactly so many. OSError where they cannot be had."""
        pieces: list[bytes] = []
        missing = count
        while missing:
            piece = self.stream.read(missing)
            if not piece:
                raise OSError(errno.EIO, "the data set ends too early")
            pieces.append(piece)
            missing -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)
