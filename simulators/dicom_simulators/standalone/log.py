"""Writes the entries of a simulator's log, line by line, without ever holding the simulator up.

Invariants: each output has a thread of its own and a queue of bounded length; what an output does not take in time is
dropped and counted, and the log says how many lines were. Several processes may write to the same output: lines go out
whole, as portions that a pipe takes at once and a file appends.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol, TextIO

from dicom_simulators.journal import Entry

QUEUED_LINES = 10_000
PORTION_BYTES = 4096
"""What Linux writes to a pipe at once (PIPE_BUF)."""
CLOSE_WAIT_S = 2.0


class Writable(Protocol):
    """What a log writes: something that is one line of text, or one of JSON."""

    @property
    def line(self) -> str:
        """The line of text."""
        ...

    @property
    def json(self) -> str:
        """The line of JSON."""
        ...


def open_log(path: Path) -> int:
    """Open a log file to append to; return its descriptor.

    Raises
    ------
    OSError
    """
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)


def descriptors_of(stream: TextIO) -> tuple[int, ...]:
    """Return the descriptor of a stream; none of one that is not a file."""
    try:
        return (stream.fileno(),)
    except OSError:
        return ()


class Log:
    """A log in one or several outputs.

    Parameters
    ----------
    descriptors : iterable of int
        Open for writing.
    as_json : bool
        Whether lines are JSON.
    """

    def __init__(self, descriptors: Iterable[int], as_json: bool = False) -> None:
        self._descriptors = tuple(descriptors)
        self._as_json = as_json
        self._outputs: tuple[_Output, ...] | None = None

    def start(self) -> None:
        """Begin to write; to be called in the process that writes."""
        self._outputs = tuple(_Output(one, self._as_json) for one in self._descriptors)

    def stop(self) -> None:
        """Write what is left, as far as it is taken, and end the threads."""
        for output in self._outputs or ():
            output.close()
        self._outputs = None

    def take(self, entry: Writable) -> None:
        """Write an entry: soon, or at once where the log was not started."""
        if self._outputs is None:
            for descriptor in self._descriptors:
                _write(descriptor, _line(entry, self._as_json))
            return
        for output in self._outputs:
            output.put(entry)


class _Output:
    def __init__(self, descriptor: int, as_json: bool) -> None:
        self._descriptor = descriptor
        self._as_json = as_json
        self._changed = threading.Condition()
        self._waiting: deque[Writable] = deque()
        self._dropped = 0
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=f"log to descriptor {descriptor}", daemon=True)
        self._thread.start()

    def put(self, entry: Writable) -> None:
        with self._changed:
            if len(self._waiting) >= QUEUED_LINES:
                self._dropped += 1
            else:
                self._waiting.append(entry)
                if len(self._waiting) == 1:
                    self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(CLOSE_WAIT_S)

    def _run(self) -> None:
        while entries := self._next():
            for portion in _portions(_line(entry, self._as_json) for entry in entries):
                if not _write(self._descriptor, portion):
                    return

    def _next(self) -> list[Writable]:
        """Wait for entries; none where the log is closed and everything was written."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            entries = list(self._waiting)
            self._waiting.clear()
            if self._dropped:
                entries.append(
                    Entry("note", detail=f"{self._dropped:,} lines of the log were dropped: they were not read in time")
                )
                self._dropped = 0
            return entries


def _line(entry: Writable, as_json: bool) -> bytes:
    return ((entry.json if as_json else entry.line) + "\n").encode("utf-8", "replace")


def _portions(lines: Iterable[bytes]) -> Iterable[bytes]:
    """Join lines to portions that go out at once."""
    portion = b""
    for line in lines:
        if portion and len(portion) + len(line) > PORTION_BYTES:
            yield portion
            portion = b""
        portion += line
    if portion:
        yield portion


def _write(descriptor: int, data: bytes) -> bool:
    """Write all of it; return whether somebody still takes it."""
    rest = memoryview(data)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except OSError:
        return False
    return True
