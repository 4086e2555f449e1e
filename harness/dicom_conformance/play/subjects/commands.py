"""The commands of a subject file: each has a deadline, its output is bounded, and nothing of it outlives its case.

A command is the leader of a process group of its own. What it leaves behind, in that group or (on Linux) anywhere with
the case's mark in its environment, is ended with the case, so that no association comes late into the next one.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from dicom_conformance.play.subjects.subject import CommandEnd, UnsupportedError

KEPT_BYTES = 1 << 15
"""Of the output and of the error output of a command so many bytes are kept from the beginning, and from the end."""
MARK = "DICOM_CONFORMANCE_CASE"
_READ_BYTES = 1 << 16
_END_S = 2.0


class Commands:
    """The commands of one subject, case by case."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._ends: list[CommandEnd] = []
        self._readers: list[_Kept] = []
        self._mark = uuid.uuid4().hex

    def run(self, words: Sequence[str], within_s: float) -> None:
        """Run a command to its end, or end it when its time is over; `settle` tells how it ended.

        Raises
        ------
        UnsupportedError
            It cannot be started.
        """
        started_ns = time.monotonic_ns()
        with self._lock:  # whoever ends the programs meanwhile ends this one, too
            mark = self._mark
            process = _started(words, mark)
            assert process.stdout is not None
            assert process.stderr is not None
            output, errors = _Kept(process.stdout), _Kept(process.stderr)
            self._processes.append(process)
            self._readers += [output, errors]
        status: int | None
        try:
            status = process.wait(within_s)
        except subprocess.TimeoutExpired:
            status = None
            _end_group(process.pid)
            process.kill()
            process.wait()
        ended_ns = time.monotonic_ns()
        for kept in (output, errors):
            kept.wait(_END_S if status is None else 0.2)  # a process that it left behind may keep the pipe open
        end = CommandEnd(words[0], started_ns, ended_ns, status, output.text(), errors.text())
        with self._lock:
            if mark == self._mark:  # else its case is over, and ended it
                self._ends.append(end)

    def settle(self) -> tuple[CommandEnd, ...]:
        """End what the commands of the case left behind; tell how each of them ended."""
        with self._lock:
            processes, self._processes = self._processes, []
            readers, self._readers = self._readers, []
            mark, self._mark = self._mark, uuid.uuid4().hex
        for process in processes:
            (_end_group if process.poll() is None else _end_rest)(process.pid)
        if processes:
            _end_marked(mark)
        for kept in readers:
            kept.wait(_END_S)
        with self._lock:
            ends, self._ends = self._ends, []
        return tuple(ends)


def _started(words: Sequence[str], mark: str) -> subprocess.Popen[bytes]:
    """Start a program; the words are the subject file's own, and there is no shell."""
    try:
        return subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, MARK: mark},
        )
    except (OSError, ValueError) as error:
        raise UnsupportedError(f"{words[0]}: {getattr(error, 'strerror', None) or error}") from error


class _Kept:
    """Reads a pipe to its end in a thread of its own, and keeps the beginning and the end of what came."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()
        self._head, self._tail = bytearray(), bytearray()
        self._dropped = 0
        self._thread = threading.Thread(target=self._read, name="output of a command", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._pipe, contextlib.suppress(OSError, ValueError):
            while data := os.read(self._pipe.fileno(), _READ_BYTES):
                with self._lock:
                    self._take(data)

    def _take(self, data: bytes) -> None:
        room = KEPT_BYTES - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        over = len(self._tail) - KEPT_BYTES
        if over > 0:
            del self._tail[:over]
            self._dropped += over

    def wait(self, within_s: float) -> None:
        """Wait for the end of the pipe, at most so long."""
        self._thread.join(within_s)

    def text(self) -> str:
        """Give what is kept."""
        with self._lock:
            gap = f"\n... {self._dropped:,} bytes ...\n".encode() if self._dropped else b""
            return bytes(self._head + gap + self._tail).decode(errors="replace")


def _end_rest(leader: int) -> None:
    """End what is left of a group whose leader has ended; another process of the leader's id is not touched."""
    if hasattr(os, "killpg"):
        try:
            os.kill(leader, 0)
        except ProcessLookupError:
            _end_group(leader)
        except PermissionError:
            return


def _end_group(leader: int) -> None:
    """End every process of a group."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGKILL)


def _end_marked(mark: str) -> None:
    """End every process that has the mark in its environment, where the system shows environments (Linux)."""
    wanted = f"{MARK}={mark}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                os.kill(int(folder.name), signal.SIGKILL)
