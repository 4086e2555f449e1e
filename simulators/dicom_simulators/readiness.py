"""Waiting for sockets: `poll` of the system, or one on `select` where the system has none (Windows).

Both have the same flags and answers, so that whoever waits need not know which it is.
"""

from __future__ import annotations

import select
from typing import Protocol

__all__ = ["POLLERR", "POLLHUP", "POLLIN", "POLLOUT", "HasDescriptor", "Poll", "SelectPoll", "make_poll"]

POLLIN = getattr(select, "POLLIN", 1)
POLLOUT = getattr(select, "POLLOUT", 4)
POLLERR = getattr(select, "POLLERR", 8)
POLLHUP = getattr(select, "POLLHUP", 16)


class HasDescriptor(Protocol):
    """A socket, or anything else with a descriptor."""

    def fileno(self) -> int:
        """Give the descriptor."""


class Poll(Protocol):
    """What `select.poll` offers, as far as it is used here."""

    def register(self, one: HasDescriptor | int, flags: int, /) -> None:
        """Wait for these events of one."""

    def unregister(self, one: HasDescriptor | int, /) -> None:
        """Wait for no event of one."""

    def poll(self, within_ms: float | None = None, /) -> list[tuple[int, int]]:
        """Wait until something happens, at most so long; give descriptors with what happened."""


class SelectPoll:
    """Waits by `select.select`."""

    def __init__(self) -> None:
        self._flags: dict[int, int] = {}

    def register(self, one: HasDescriptor | int, flags: int, /) -> None:
        """Wait for these events of one."""
        self._flags[one if isinstance(one, int) else one.fileno()] = flags

    def unregister(self, one: HasDescriptor | int, /) -> None:
        """Wait for no event of one.

        Raises
        ------
        KeyError
            It was not registered.
        """
        del self._flags[one if isinstance(one, int) else one.fileno()]

    def poll(self, within_ms: float | None = None, /) -> list[tuple[int, int]]:
        """Wait until something happens, at most so long; give descriptors with what happened."""
        reading = [one for one, flags in self._flags.items() if flags & POLLIN]
        writing = [one for one, flags in self._flags.items() if flags & POLLOUT]
        within_s = None if within_ms is None or within_ms < 0 else within_ms / 1000
        readable, writable, failed = select.select(reading, writing, [*self._flags], within_s)
        found: dict[int, int] = {}
        for descriptors, flag in ((readable, POLLIN), (writable, POLLOUT), (failed, POLLERR)):
            for one in descriptors:
                found[one] = found.get(one, 0) | flag
        return list(found.items())


def make_poll() -> Poll:
    """Make what waits for sockets on this system."""
    made: Poll = select.poll() if hasattr(select, "poll") else SelectPoll()
    return made
