"""Work in its own thread, so that it can be awaited with a deadline and abandoned.

The code that starts a task owns its thread: `wait` joins it, or it is left behind (as a daemon) with a hanging subject.
Whatever goes wrong in it is kept for its owner; only an interrupt by the user passes through.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Generic, Self, TypeVar

from dicom_conformance.interruption import waiting

Value = TypeVar("Value")


class Capture:
    """A context manager that keeps the exception which ends its block; `error` is None if none did.

    An interrupt by the user passes through, also one that the clean-up after it has replaced by an exception.
    """

    def __init__(self) -> None:
        self.error: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        interrupt = _interrupt_before(error)
        if interrupt is not None:
            raise interrupt
        self.error = error
        return True


def _interrupt_before(error: BaseException) -> BaseException | None:
    """Give the interrupt (KeyboardInterrupt, SystemExit) during whose handling an exception was raised, if one was."""
    before = error.__context__
    while isinstance(before, Exception | GeneratorExit):
        before = before.__context__
    return before


class Task(Generic[Value]):
    """A function that runs in its own thread from the start."""

    def __init__(self, function: Callable[[], Value], name: str) -> None:
        self.name = name
        self.error: Exception | None = None
        self._function = function
        self._values: list[Value] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        capture = Capture()
        try:
            with capture:
                self._values.append(self._function())
            self.error = capture.error
        finally:
            self._ended.set()

    def wait(self, deadline_s: float) -> bool:
        """Wait for the end, at most so long; tell whether it came."""
        with waiting():  # not in a join: one that an exception interrupts takes the thread for ended (CPython 3.11)
            ended = self._ended.wait(max(deadline_s, 0.0))
        if ended:
            self._thread.join()
        return ended

    def value(self) -> Value:
        """Give what the function returned, or raise what it raised; only after `wait` was true."""
        if self.error is not None:
            raise self.error
        return self._values[0]


class HangError(Exception):
    """A requested operation did not finish within its deadline."""


def within(function: Callable[[], Value], deadline_s: float, name: str) -> Value:
    """Call a function, at most so long.

    Raises
    ------
    HangError
        It did not end; its thread is left behind.
    """
    task = Task(function, name)
    if not task.wait(deadline_s):
        raise HangError(f"{name} did not finish within {deadline_s:g} s")
    return task.value()
