"""The workstation as a program of its own.

Invariants: it is driven over the control interface and over nothing else; the process ends with its owner, even
if the owner is killed (its standard input closes); what it printed last is told when it does not start.
"""

from __future__ import annotations

import json
import os
import secrets
import selectors
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import ClassVar, Final

from dicom_workstation.control import TOKEN_VARIABLE, ControlClient, ControlError
from dicom_workstation.operations import QUERY
from dicom_workstation.outcome import Outcome, Result
from dicom_workstation.subjects import preparation
from dicom_workstation.subjects.preparation import CONFIGURATIONS, OPERATIONS, OSMFolders, defaults, with_addresses

START_S: Final = 60.0
STOP_S: Final = 10.0


class Process:
    """One workstation process, brought into each configuration in turn."""

    operations: ClassVar[frozenset[str]] = OPERATIONS
    configurations: ClassVar[frozenset[str]] = CONFIGURATIONS
    command: ClassVar[tuple[str, ...]] = (sys.executable, "-m", "dicom_workstation.cli.command_line")

    def __init__(self, command: Sequence[str] | None = None) -> None:
        self._command = tuple(command or self.command)
        self._process: subprocess.Popen[str] | None = None
        self._open = ExitStack()
        self._client: ControlClient | None = None
        self._starting = threading.RLock()
        self._is_closed = False
        self._folders = OSMFolders()
        self._explorer = ""  # its link
        self._host = ""
        self._port = 0

    @staticmethod
    def argument_names(operation: str) -> tuple[str, ...]:
        """Return the names of an operation's arguments; none for an operation that there is not."""
        return preparation.argument_names(operation)

    @staticmethod
    def setting_names() -> tuple[str, ...]:
        """Return the names of the settings that a case may give."""
        return preparation.setting_names()

    def prepare(
        self, configuration: str, peers: Mapping[str, Mapping[str, object]], settings: Mapping[str, object]
    ) -> dict[str, object]:
        """As `Embedded.prepare`; starts the process if it does not run (any more)."""
        client = self._running()
        fresh = defaults()
        fresh["host"], fresh["port"] = self._host, self._port  # where a case moved it, it does not stay
        try:
            client.forget()
            placed = self._folders.placed(with_addresses(settings, peers))
            wanted = {"jpeg_configuration": configuration, "archives": peers, **placed}
            client.reconfigure(**{**fresh, **wanted})
            client.forget()
            status = client.status()
        except ControlError as error:
            raise ValueError(str(error)) from error
        return {key: status[key] for key in ("ae_title", "host", "port", "osm") if status[key] is not None}

    def perform(self, operation: str, peer: str | None, arguments: Mapping[str, object]) -> dict[str, object]:
        """Perform an operation; a process that dies meanwhile leaves the outcome `connection_lost`."""
        # there is no other way in here than the control interface; paths are given as text, for JSON knows none
        plain = {key: _as_text(value) for key, value in arguments.items() if key != "through"}
        if arguments.get("through") == "explorer" and operation == QUERY.name:
            return self._query_on_pages(peer, plain)
        try:
            return self._running().perform(operation, peer, plain)
        except ControlError as error:
            lost = Outcome(operation=operation, peer=peer, result=Result.CONNECTION_LOST, detail=str(error))
            return lost.as_dict()

    def _query_on_pages(self, peer: str | None, arguments: Mapping[str, object]) -> dict[str, object]:
        from dicom_workstation.subjects import explorer_visit  # it is asked seldom, and brings an HTML parser

        self._running()
        return explorer_visit.query(self._explorer, peer, arguments)

    @contextmanager
    def pages(self) -> Iterator[str]:
        """Serve the pages of the Archive Explorer; gives the link that opens them."""
        self._running()
        yield self._explorer

    def instances(self) -> list[dict[str, object]]:
        """Return what is in memory, with `data_set`; nothing if the process is gone."""
        keys = ("SOPClassUID", "SOPInstanceUID", "TransferSyntaxUID")
        try:
            client = self._running()
            return [
                {**{key: each[key] for key in keys}, "data_set": client.data_set(str(each["SOPInstanceUID"]))}
                for each in client.instances()
            ]
        except ControlError:
            return []

    def log(self) -> list[str]:
        """Return the log since `prepare`."""
        try:
            return self._running().log()
        except ControlError:
            return []

    def abandon(self) -> None:
        """End the process by force: it hangs, or nobody waits for it."""
        self._kill()
        self.close()

    def close(self) -> None:
        """End the process, also one that another thread is about to start; no other is started afterwards."""
        self._is_closed = True
        if not self._starting.acquire(blocking=False):
            self._kill()  # so that whoever starts it need not wait until it has started
            self._starting.acquire()
        try:
            self._end()
        finally:
            self._starting.release()

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def _end(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
        process, self._process = self._process, None
        if process is not None:
            _end_process(process)
        self._open.close()
        self._folders.remove()

    def _running(self) -> ControlClient:
        with self._starting:
            if self._process is not None and self._process.poll() is None and self._client is not None:
                return self._client
            self._end()
            if self._is_closed:
                raise ControlError("the workstation was ended")
            return self._start()

    def _start(self) -> ControlClient:
        token = secrets.token_urlsafe(24)
        folder = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="workstation-")))
        errors = self._open.enter_context((folder / "stderr").open("w+", encoding="utf-8"))
        self._process = subprocess.Popen(
            [*self._command, "serve", "--until-end-of-input", "--explorer-port", "0"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, TOKEN_VARIABLE: token},
        )
        if self._is_closed:
            self._kill()
        announced = _first_line(self._process, START_S)
        if not announced:
            errors.seek(0)
            lines = errors.read().strip().splitlines()
            self._end()
            raise ControlError("the workstation did not start" + (f": {lines[-1]}" if lines else ""))
        told = json.loads(announced)
        self._client, self._explorer = ControlClient(told["control"], token), str(told["explorer"])
        self._host = str(self._client.status()["host"])
        self._port = int(str(self._client.configuration()["port"]))
        return self._client


def _end_process(process: subprocess.Popen[str]) -> None:
    """End a process by the end of its input, and by force where that takes too long."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_S)


def _as_text(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    return [_as_text(each) for each in value] if isinstance(value, list | tuple) else value


def _first_line(process: subprocess.Popen[str], timeout_s: float) -> str:
    """The line in which the process tells where it listens; empty if it ends, or says nothing in time."""
    if process.stdout is None:
        return ""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if selector.select(max(0.0, deadline - time.monotonic())):
                return process.stdout.readline()
    return ""
