"""A PostgreSQL cluster that a test kills and starts again, with copies of what the server synced."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from postgresql_server import DEADLINE_S, SHARED_MEMORY, follow, owner_of_the_server
from power_cut import Synced

_LINE_OF_MEMORY = 6
SEGMENT_MB = 1
"""Size of a file of the write-ahead log: each commit has one of them copied."""
SETTINGS = (
    "listen_addresses=",
    "dynamic_shared_memory_type=mmap",
    "checkpoint_timeout=3600",
    "wal_writer_delay=10000",  # a commit that does not sync the log is not synced by another process soon
)


class Cluster:
    """A cluster in a folder of its own, on a tmpfs where there is one; stopped and removed by `remove`."""

    def __init__(self, programs: Path, library: Path) -> None:
        self._programs = programs
        self._owner = owner_of_the_server()
        parent = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None
        self.folder = Path(tempfile.mkdtemp(prefix="pg", dir=parent))  # a short path: it names the socket
        self.data = self.folder / "data"
        own = shutil.copy(library, self.folder)  # where the user of the server can read it
        self.synced = Synced(Path(own), self.folder / "synced").begin()
        self._give()
        self._server: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        made = ("--username", "osm", "--auth", "trust", "--encoding", "UTF8", "--wal-segsize", str(SEGMENT_MB))
        self._run("initdb", "--pgdata", str(self.data), "--no-sync", *made)
        self._run("initdb", "--pgdata", str(self.data), "--sync-only")  # the first copies

    @property
    def url(self) -> str:
        """The database for an OSM."""
        return f"postgresql://osm@/postgres?host={self.folder}"

    def start(self, *settings: str) -> None:
        """Start the server, with further settings; it is ready when this returns."""
        options = [word for setting in (*SETTINGS, *settings) for word in ("-c", setting)]
        self._server = subprocess.Popen(
            [self._programs / "postgres", "-D", self.data, "-k", self.folder, *options],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            **self._how,
        )
        assert self._server.stderr is not None
        is_ready = threading.Event()
        self._reader = threading.Thread(target=follow, args=(self._server.stderr, is_ready), daemon=True)
        self._reader.start()
        assert is_ready.wait(DEADLINE_S), "the server does not start"

    def kill(self) -> None:
        """End every process of the server by SIGKILL."""
        server = self._server
        assert server is not None
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text(encoding="ascii").split()
        _, memory = (self.data / "postmaster.pid").read_text(encoding="ascii").splitlines()[_LINE_OF_MEMORY].split()
        server.kill()
        for child in map(int, children):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self._ended()
        deadline = time.monotonic() + DEADLINE_S
        while any(_is_running(child) for child in children):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        subprocess.run(["ipcrm", "--shmem-id", memory], check=False)  # the server's way to know others on its files

    def stop_immediately(self) -> None:
        """End it as `pg_ctl stop --mode immediate` does: without a checkpoint, as a crash."""
        assert self._server is not None
        self._server.send_signal(signal.SIGQUIT)
        self._ended()

    def stop(self) -> None:
        """End it in order, if it runs."""
        if self._server is not None:
            self._server.send_signal(signal.SIGINT)
            self._ended()

    def lose_power(self, chance: random.Random | None = None) -> None:
        """Have the files of a killed server be what it had synced; with `chance`, half of the others survive, too."""
        left = self.folder / "left"
        self.synced.left(self.data, left, chance)
        shutil.rmtree(self.data)
        left.rename(self.data)
        self._give()

    def remove(self) -> None:
        """Stop it, and remove the folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _ended(self) -> None:
        server, self._server = self._server, None
        assert server is not None
        server.wait(DEADLINE_S)
        if self._reader is not None:
            self._reader.join(DEADLINE_S)
        if server.stderr is not None:
            server.stderr.close()

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments],
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=DEADLINE_S,
            **self._how,
        )
        assert done.returncode == 0, done.stdout

    @property
    def _how(self) -> dict[str, Any]:
        """How a program of PostgreSQL is run: as the owner of the files."""
        identity: dict[str, Any] = {"cwd": self.folder, "env": {**self.synced.environment, "LC_ALL": "C.UTF-8"}}
        if self._owner is not None:
            identity |= {"user": self._owner.pw_uid, "group": self._owner.pw_gid, "extra_groups": []}
        return identity

    def _give(self) -> None:
        """Have the files belong to the user of the server."""
        if self._owner is not None:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, self._owner.pw_uid, self._owner.pw_gid)


def _is_running(process: str) -> bool:
    """Whether a process is there, and no zombie that nobody waits for."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
