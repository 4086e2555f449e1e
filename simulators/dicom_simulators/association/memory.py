"""How much memory what peers send may take: one budget for all associations of a simulator.

Invariants: what is on its way, what waits to be answered and what is kept are counted together, each byte once; what is
taken is given back when it is dropped. Safe for several threads.
"""

from __future__ import annotations

import threading

MEMORY_BYTES = 256 << 20
OWN_BYTES = 1 << 19
"""What each association may take besides: more than one read, and than the longest command set."""

COMMAND_BYTES = 1 << 18
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
            raise ValueError(f"memory_bytes: {limit_bytes} is not a size")
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
    """What one association has taken of a budget; given back as a whole when the association ends.

    The first bytes are its own and are not taken from the budget, so that an echo and a query are still answered when
    others have filled it.

    Parameters
    ----------
    budget : Budget
    own_bytes : int
        How many they are.
    """

    def __init__(self, budget: Budget, own_bytes: int = OWN_BYTES) -> None:
        self.budget = budget
        self._own_bytes = own_bytes
        self._bytes = 0

    def take(self, size_bytes: int) -> bool:
        """Take bytes if they fit; return whether they did."""
        more = self._beyond(self._bytes + size_bytes) - self._beyond(self._bytes)
        if more and not self.budget.take(more):
            return False
        self._bytes += size_bytes
        return True

    def give_back(self, size_bytes: int) -> None:
        """Give back some of them."""
        less = self._beyond(self._bytes) - self._beyond(self._bytes - size_bytes)
        self._bytes -= size_bytes
        self.budget.give_back(less)

    def hand_over(self, size_bytes: int) -> bool:
        """Leave bytes to somebody who keeps them, and takes all of them from the budget; return whether they fit."""
        missing = size_bytes - (self._beyond(self._bytes) - self._beyond(self._bytes - size_bytes))
        if not self.budget.take(missing):
            return False
        self._bytes -= size_bytes
        return True

    def close(self) -> None:
        """Give back all that is left."""
        self.give_back(self._bytes)

    def _beyond(self, size_bytes: int) -> int:
        return max(0, size_bytes - self._own_bytes)
