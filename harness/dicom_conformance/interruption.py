"""Signals that end a run reach its main thread only where that waits.

At any other point an exception could come between the creation of a folder and the block that removes it, or in a call
whose exceptions Python ignores. So the first signal is kept until the main thread comes to a `waiting` block; a second
one is raised at once, for a user who has lost patience.

This module imports nothing of the harness, so that every part of it may wait in this way.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass(slots=True)
class _MainThread:
    """Whether the main thread of this process waits, and what is to be raised there as soon as it does."""

    waits: bool = False
    kept: BaseException | None = None

    def raise_kept(self) -> None:
        kept, self.kept, self.waits = self.kept, None, False
        if kept is not None:
            raise kept


_main = _MainThread()


@contextmanager
def ended_by(signals: Sequence[signal.Signals], error: Callable[[int], BaseException]) -> Iterator[None]:
    """Have signals raise an exception where the block waits; a signal that the process ignores stays ignored.

    Parameters
    ----------
    signals : sequence of Signals
    error : callable
        Makes the exception of the number of the signal. One that comes where nothing waits any more is dropped with
        the end of the block.
    """
    if threading.current_thread() is not threading.main_thread():  # which alone gets signals
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        is_second, _main.kept = _main.kept is not None, error(number)
        if is_second or _main.waits:
            _main.raise_kept()

    _main.kept = None
    before = {each: signal.getsignal(each) for each in signals}
    for each, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(each, handle)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler or signal.SIG_DFL)
        _main.kept = None


@contextmanager
def waiting() -> Iterator[None]:
    """Let the main thread be interrupted within the block, and at once by a signal that came before."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _main.waits = True
    try:
        if _main.kept is not None:
            _main.raise_kept()
        yield
    finally:
        _main.waits = False
