"""The end of `serve`: it comes in time, whatever hangs.

Invariants: nothing is ended by force before the time is over; the threads that hang then are named.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

END_S: Final = 20.0
FORCED: Final = 3  # exit status


@contextmanager
def ending_in_time(asked_to_end: threading.Event, timeout_s: float = END_S) -> Iterator[None]:
    """End the process by force when it still runs `timeout_s` seconds after the event was set.

    Where the body has ended, and every thread with it, nothing is done by force any more.
    """
    ended = threading.Event()

    def watch() -> None:
        asked_to_end.wait()
        if not ended.wait(timeout_s):
            _end_by_force(timeout_s)

    threading.Thread(target=watch, daemon=True, name="watch over the end").start()
    try:
        yield
    finally:
        asked_to_end.set()
        if not hanging_threads():
            ended.set()


def hanging_threads() -> list[str]:
    """Return the names of the threads for which the process would wait at its end."""
    return [
        each.name
        for each in threading.enumerate()
        if not each.daemon and each not in (threading.main_thread(), threading.current_thread())
    ]


def _end_by_force(timeout_s: float) -> None:
    what = ", ".join(hanging_threads()) or "the main thread"
    print(f"dicom-conformance: ended by force after {timeout_s:g} s; still busy: {what}", file=sys.stderr, flush=True)
    os._exit(FORCED)
