"""The end of `serve`: it comes in time, whatever hangs.

Invariants: nothing is done by force before the time is over; what then hangs is named on standard error.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

END_S: Final = 30.0
FORCED: Final = 3  # exit status


@contextmanager
def ending_in_time(timeout_s: float = END_S) -> Iterator[None]:
    """End the process `timeout_s` seconds after the body was left by a signal, if it has not ended by itself.

    The body is to contain, as its last step, what waits to be asked to stop: see `begin`.
    """
    yield
