"""How much memory what peers send may take: one budget for all associations of a simulator.

Invariants: what is on its way, what waits to be answered and what is kept are counted together, each byte once; what is
taken is given back when it is dropped. Safe for several threads.
"""

from __future__ import annotations

import threading

MEMORY_BYTES = 256 << 20
COMMAND_BYTES = 1 << 20
"""The longest command set that is gathered; lawful ones have some hundred bytes."""

MESSAGE_BYTES = 4096
"""What a message counts besides its data set."""

FRAGMENT_BYTES = 256
"""What a fragment counts besides its bytes, so that many small ones cost what they take."""


class Budget:
    """Counts bytes against a limit.

    Parameters
    ----------
    limit_bytes : int
        How many may be taken at once.
    """

    def __init__(self, limit_bytes: int = MEMORY_BYTES) -> None:
        if limit_bytes < 1:
            raise ValueError(f"memory_bytes: {limit_bytes} is no size")
        self.limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._taken_bytes = 0
        self._refused = 0

    @property
    def taken_bytes(self) -> int:
        """How many bytes are taken."""
        with self._lock:
            return self._taken_bytes

    @property
    def refused(self) -> int:
        """How many messages found no room."""
        with self._lock:
            return self._refused

    def take(self, size_bytes: int) -> bool:
        """Take bytes if they fit; return whether they did."""
        with self._lock:
            if self._taken_bytes + size_bytes > self.limit_bytes:
                return False
            self._taken_bytes += size_bytes
            return True

    def give_back(self, size_bytes: int) -> None:
        """Give bytes back that were taken."""
        with self._lock:
            self._taken_bytes -= size_bytes

    def count_refusal(self) -> None:
        """Count a message that found no room."""
        with self._lock:
            self._refused += 1


class Share:
    """What one association has taken of a budget; given back as a whole when the association ends."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self._bytes = 0

    def take(self, size_bytes: int) -> bool:
        """Take bytes if they fit; return whether they did."""
        taken = self.budget.take(size_bytes)
        if taken:
            self._bytes += size_bytes
        return taken

    def give_back(self, size_bytes: int) -> None:
        """Give back some of them."""
        self._bytes -= size_bytes
        self.budget.give_back(size_bytes)

    def hand_over(self, size_bytes: int) -> None:
        """Leave bytes taken though the association ends: somebody else keeps them, and gives them back."""
        self._bytes -= size_bytes

    def close(self) -> None:
        """Give back all that is left."""
        self.give_back(self._bytes)
