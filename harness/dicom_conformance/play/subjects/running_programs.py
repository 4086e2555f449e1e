"""The programs of a subject file while they run: each ends in its time, and none is left when a run ends.

Invariants: a program leads a process group of its own; where it is ended, so is what it started and left in its group.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress

from dicom_conformance.play.subjects.subject import UnsupportedError


class RunningPrograms:
    """Runs programs, from any thread, and ends those that still run."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()

    def run(self, words: Sequence[str], within_s: float) -> None:
        """Run a program to its end, which comes after `within_s` seconds at the latest; its output is dropped.

        Raises
        ------
        UnsupportedError
            It cannot be started.
        """
        with self._lock:
            try:
                program = subprocess.Popen(
                    words,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            except OSError as error:
                raise UnsupportedError(f"{words[0]}: {error.strerror or error}") from error
            self._running.add(program)
        try:
            program.wait(within_s)
        except subprocess.TimeoutExpired:
            _kill(program)
        finally:
            with self._lock:
                self._running.discard(program)

    def end(self) -> None:
        """End the programs that run."""
        with self._lock:
            running = list(self._running)
        for program in running:
            _kill(program)


def _kill(program: subprocess.Popen[bytes]) -> None:
    if program.poll() is not None:
        return
    with suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGKILL)
    program.wait()
