"""What Ctrl-C, or SIGTERM, does to an operation of the command line: it is cancelled, and ends with an outcome.

Invariants: the first signal cancels, the second does what it always did. Nothing but an event is touched within
a signal handler; the thread that cancels is joined when the operation has ended.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def cancelling(cancel: Callable[[], bool]) -> Iterator[None]:
    """Have the first signal call `cancel`; where that returns False (nothing can be cancelled), it interrupts."""
    if threading.current_thread() is not threading.main_thread():  # others hear no signals
        yield
        return
    asked, ended = threading.Event(), threading.Event()
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)

    def on_signal(*_: object) -> None:
        restore()
        asked.set()

    def wait() -> None:
        asked.wait()
        if not ended.is_set() and not cancel():
            _interrupt_main_thread()

    waiting = threading.Thread(target=wait, name="interruption")
    waiting.start()
    try:
        for number in SIGNALS:
            if before[number] is not signal.SIG_IGN:
                signal.signal(number, on_signal)
        yield
    finally:
        restore()
        ended.set()
        asked.set()
        waiting.join()


def _interrupt_main_thread() -> None:
    """Have the main thread raise KeyboardInterrupt; a signal of the system's, for it also ends a wait for a lock."""
    main = threading.main_thread().ident
    if main is not None and callable(signal.getsignal(signal.SIGINT)):
        signal.pthread_kill(main, signal.SIGINT)
