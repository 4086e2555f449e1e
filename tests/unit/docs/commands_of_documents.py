"""The commands of a document, run as a reader runs them: in their order, in one folder, simulators beside them."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

DEADLINE_S = 600.0
PROGRAM = Path(sys.executable).with_name("dicom-conformance")


def commands(text: str) -> list[str]:
    """Give the commands of the indented blocks and of those fenced as `console` or `sh`, in their order."""
    found = []
    language: str | None = None
    for line in text.splitlines():
        fence = re.match(r"```(\w*)", line)
        if fence:
            language = None if language is not None else fence[1]
            continue
        shown = language in ("sh", "console") or (language is None and line.startswith("    "))
        command = line.strip().removeprefix("$ ")
        if shown and command.startswith("dicom-conformance "):
            found.append(command)
    return found


def words_of(command: str) -> list[str]:
    """Split a command as a shell does; what follows ` #` is a comment."""
    return shlex.split(command, comments=True)


class Shell:
    """Runs commands in a folder; a simulator goes on until the shell is closed.

    Parameters
    ----------
    instead : mapping
        Text to what takes its place in every command, such as ports.
    """

    def __init__(self, folder: Path, instead: Mapping[str, str]) -> None:
        self.folder = folder
        self._instead = instead
        self._simulators: list[tuple[subprocess.Popen[str], threading.Thread]] = []

    def run(self, command: str, further: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self._words(command, further),
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )

    def start(self, command: str, further: Sequence[str] = ()) -> str:
        """Start a simulator; give its first line, with which it says that it listens."""
        process = subprocess.Popen(
            self._words(command, further), cwd=self.folder, env=self._environment(), stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        reader = threading.Thread(target=process.stdout.read)
        reader.start()
        self._simulators.append((process, reader))
        return line

    def close(self) -> None:
        """End the simulators as Ctrl-C does."""
        for process, _ in self._simulators:
            process.send_signal(signal.SIGINT)
        for process, reader in self._simulators:
            process.wait(DEADLINE_S)
            reader.join(DEADLINE_S)
            if process.stdout is not None:
                process.stdout.close()

    def _words(self, command: str, further: Sequence[str]) -> list[str]:
        for text, other in self._instead.items():
            command = command.replace(text, other)
        return [str(PROGRAM), *words_of(command)[1:], *further]

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "COLUMNS": "200"}
