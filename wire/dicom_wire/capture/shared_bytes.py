"""Bytes that several observers saw, kept once.

Both ends of a connection and the link between them see the same bytes, cut into other pieces. Once a direction has
brought much, what a further observer sees of it is kept as pieces of what the first one saw.

Invariants: the pieces, joined, are the very bytes that were given, compared byte by byte; what is not found among the
bytes that were seen before, because it was changed on its way, is kept as it is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

Pieces = tuple[bytes | memoryview, ...]

KEPT_BY_EACH_BYTES = 1 << 20
"""So many bytes of each direction are kept by every observer: less is not worth the search."""


@dataclass(slots=True)
class _Flow:
    """The bytes of one direction, from where they began to be shared."""

    chunks: list[bytes] = field(default_factory=list)
    begins: list[int] = field(default_factory=list)
    end: int = 0

    def pieces(self, begin: int, data: bytes) -> Pieces:
        """Give bytes as what is known of them; those that follow on what is known become known themselves."""
        end = begin + len(data)
        if not self.chunks or begin == self.end:
            self.chunks.append(data)
            self.begins.append(begin)
            self.end = end
            return (data,)
        if begin < self.begins[0] or end > self.end:
            return (data,)
        return self._known(begin, memoryview(data)) or (data,)

    def _known(self, begin: int, data: memoryview) -> Pieces:
        """Give the pieces that make up these bytes; none where other bytes are known there."""
        found: list[bytes | memoryview] = []
        number = bisect_right(self.begins, begin) - 1
        while data:
            chunk, at = self.chunks[number], begin - self.begins[number]
            size = min(len(chunk) - at, len(data))
            if not chunk.startswith(data[:size], at):
                return ()
            found.append(chunk if size == len(chunk) else memoryview(chunk)[at : at + size])
            data, begin, number = data[size:], begin + size, number + 1
        return tuple(found)


class SharedBytes:
    """The bytes of all directions of all connections; not safe for several threads."""

    def __init__(self) -> None:
        self._seen_bytes: dict[Hashable, int] = {}
        self._flows: dict[Hashable, _Flow] = {}

    def pieces(self, observation: Hashable, flow: Callable[[], Hashable], data: bytes) -> Pieces:
        """Take the next bytes that one observer saw of one direction.

        Parameters
        ----------
        observation : hashable
            Names the observer and the direction.
        flow : callable
            Names the direction, whoever observes it; asked once much has come.
        """
        begin = self._seen_bytes.get(observation, 0)
        self._seen_bytes[observation] = begin + len(data)
        if begin < KEPT_BY_EACH_BYTES or not data:
            return (data,)
        return self._flows.setdefault(flow(), _Flow()).pieces(begin, data)
