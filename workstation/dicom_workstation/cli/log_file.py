"""The log of `serve`, line by line, as it is written."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

STANDARD_ERROR = "-"


@contextlib.contextmanager
def following(name: str) -> Iterator[Callable[[str], None]]:
    """Yield what takes a line of the log and writes it at once.

    The workstation goes on when a line cannot be written: a full disk says so once on standard error.

    Parameters
    ----------
    name : str
        A file, to whose end lines are added, or `-` for standard error.

    Raises
    ------
    OSError
        The file cannot be opened.
    """
    if name == STANDARD_ERROR:
        yield _Writer(sys.stderr, name)
        return
    with Path(name).open("a", encoding="utf-8", errors="backslashreplace") as file:
        writer = _Writer(file, name)
        try:
            yield writer
        finally:
            writer.end()


class _Writer:
    def __init__(self, file: TextIO, name: str) -> None:
        self._file = file
        self._name = name
        self._lock = threading.Lock()
        self._failed = False
        self._ended = False

    def __call__(self, line: str) -> None:
        shown = "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in line)
        with self._lock:
            if self._ended:
                return
            try:
                self._file.write(shown + "\n")
                self._file.flush()
            except OSError as error:
                if not self._failed and self._file is not sys.stderr:
                    print(f"dicom-conformance: {self._name}: {error.strerror}", file=sys.stderr)
                self._failed = True

    def end(self) -> None:
        """Write nothing any more: a thread that ends later finds the file closed."""
        with self._lock:
            self._ended = True
