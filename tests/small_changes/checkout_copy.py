"""A copy of the project in which changed code runs, and the process that runs tests in it."""

from __future__ import annotations

import compileall
import json
import os
import py_compile
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sample import ROOMS_ON_THE_PATH

ROOT = Path(__file__).resolve().parents[2]
RUNNER = Path(__file__).with_name("runner.py")


def copy_of_the_project(folder: Path) -> Path:
    """Copy what git knows or would add, and compile it.

    The compiled modules hold a hash of their source: by time and size, Python would take a module for unchanged that
    was changed within the same second.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    compiled(folder)
    return folder


def compiled(folder: Path) -> None:
    """Compile the modules of the rooms, checked by the hash of their source."""
    for room in ROOMS_ON_THE_PATH:
        compileall.compile_dir(
            folder / room, quiet=2, force=True, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH
        )


@dataclass(frozen=True, slots=True)
class Played:
    """How the run of some tests ended: whether by itself, which tests failed, and the file that says the rest."""

    by_itself: bool
    failed: tuple[str, ...]
    record: Path

    @property
    def noticed(self) -> bool:
        """Whether something failed: a test, or the run as a whole."""
        return not self.by_itself or bool(self.failed) or not self.record.exists()


class Runner:
    """The process that runs tests in a copy of the project; a context manager."""

    def __init__(self, copy: Path, own: Path) -> None:
        self._own = own
        self._own.mkdir(parents=True, exist_ok=True)
        path = os.pathsep.join(str(copy / room) for room in ROOMS_ON_THE_PATH)
        self._process = subprocess.Popen(
            [sys.executable, str(RUNNER)],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": os.pathsep.join((path, str(copy))), "TCP_NODELAY": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def play(
        self, modules: list[str], deadline_s: float, first: list[str] | None = None, options: tuple[str, ...] = ()
    ) -> Played:
        """Run the tests of some modules, the `first` ones first, at most so long."""
        record = self._own / "record.json"
        record.unlink(missing_ok=True)
        order: dict[str, Any] = {
            "modules": modules,
            "first": first or [],
            "options": list(options),
            "deadline_s": deadline_s,
            "record": str(record),
            "output": str(self._own / "output.txt"),
            "folder": str(self._own / "reached"),
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        by_itself = json.loads(self._process.stdout.readline())
        failed = tuple(json.loads(record.read_text())["failed"]) if record.exists() else ()
        return Played(by_itself, failed, record)
