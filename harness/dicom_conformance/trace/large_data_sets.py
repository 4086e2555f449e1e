"""The large data sets of a case, each held once, however often it is seen.

Invariants: what is given for some bytes is these very bytes, compared byte by byte. Nothing here refers to the trace,
so that what it holds is gone with it, without a search for garbage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dicom_conformance.trace.held import Held
from dicom_wire.dimse import joined

LARGE_BYTES = 1 << 20
"""A data set of so many bytes is large."""


@dataclass(slots=True)
class LargeDataSets:
    """The large data sets that are known.

    Parameters
    ----------
    originals : mapping
        Instances as they were given to their senders, which may grow.
    """

    originals: Mapping[str, Held] = field(default_factory=dict)
    _seen: list[bytes] = field(default_factory=list)

    def join(self, pieces: list[bytes | memoryview]) -> bytes:
        """Give the data set that is made up of some pieces; a large one that is held already is not made again."""
        size_bytes = sum(map(len, pieces))
        if size_bytes < LARGE_BYTES:
            return joined(pieces)
        for known in (*(one.data_set for one in tuple(self.originals.values())), *self._seen):
            if len(known) == size_bytes and _is_made_up_of(known, pieces):
                return known
        self._seen.append(joined(pieces))
        return self._seen[-1]


def _is_made_up_of(whole: bytes, pieces: Sequence[bytes | memoryview]) -> bool:
    at = 0
    for piece in pieces:
        if not whole.startswith(piece, at):
            return False
        at += len(piece)
    return at == len(whole)
