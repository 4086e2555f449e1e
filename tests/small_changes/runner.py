"""Runs chosen tests in a copy of the project, each run in a process of its own; reads orders from its standard input.

What is slow to import is imported once, here; each order is played by a fork. None of the project's own modules is
imported here, so that each fork reads them as they are at that moment.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

MEMORY_BYTES = 6 << 30
SLOW_TO_IMPORT = ("numpy", "pydicom", "pynetdicom", "pydantic", "yaml", "jinja2", "cryptography", "imagecodecs", "PIL")


class Order:
    """What pytest is told in a fork: the order of the tests, and to note what each reaches and how it ends."""

    def __init__(self, first: list[str], folder: Path) -> None:
        self.reached: dict[str, list[int]] = {}
        self.duration_s: dict[str, float] = {}
        self.failed: list[str] = []
        self._place = {test: place for place, test in enumerate(first)}
        self._folder = folder

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the tests that reach the change first."""
        items.sort(key=lambda item: self._place.get(item.nodeid, len(self._place)))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[Any]:
        """Note the blocks that a test reaches, in this process and in those that it starts."""
        here = getattr(sys.modules.get("reached_blocks"), "reached", set())
        collected = set() if self.reached else set(here)
        here.clear()
        result = yield
        found = set(here) | collected
        for file in self._folder.iterdir():
            found.update(map(int, file.read_text().split()))
            file.unlink()
        self.reached[item.nodeid] = sorted(found)
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how long a test took, and whether it failed."""
        self.duration_s[report.nodeid] = self.duration_s.get(report.nodeid, 0.0) + report.duration
        if report.failed:
            self.failed.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a module that cannot be imported."""
        if report.failed:
            self.failed.append(report.nodeid)


def play(order: dict[str, Any]) -> None:
    """Run the tests of an order in this process, which ends afterwards, and leave what was found in a file."""
    os.setsid()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    folder = Path(order["folder"])
    folder.mkdir(exist_ok=True)
    os.environ["REACHED_BLOCKS"] = str(folder)
    plugin = Order(order["first"], folder)
    arguments = ["-q", "-p", "no:cacheprovider", "-p", "no:terminalreporter", *order["options"], *order["modules"]]
    status = int(pytest.main(arguments, plugins=[plugin]))
    held = {
        "status": status,
        "failed": plugin.failed,
        "reached": plugin.reached,
        "duration_s": plugin.duration_s,
    }
    Path(order["record"]).write_text(json.dumps(held))
    os._exit(0)


def ended(pid: int, deadline_s: float) -> bool:
    """Wait until a fork ends; end it, and what it started, when the time is up.

    Returns
    -------
    bool
        Whether it ended by itself.
    """
    end = os.pidfd_open(pid)
    by_itself = bool(select.select([end], [], [], deadline_s)[0])
    os.close(end)
    if not by_itself:
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    return by_itself


def main() -> None:
    """Play orders, one a line, until there are no more; answer each with whether it ended by itself."""
    for name in SLOW_TO_IMPORT:
        import_module(name)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            try:
                play(order)
            finally:
                os._exit(1)
        print(json.dumps(ended(pid, order["deadline_s"])), flush=True)


if __name__ == "__main__":
    main()
