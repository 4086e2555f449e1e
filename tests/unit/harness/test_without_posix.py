"""Other systems than POSIX: `run --subject`, `probe` and `simulate` use nothing that only POSIX has.

A program of its own blocks the modules and takes away the names, and then runs the commands against an archive.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dicom_conformance.files import file_lock
from dicom_simulators import readiness

ABSENT = """
import importlib.abc
import os
import select
import signal
import socket
import sys

BLOCKED = {"fcntl", "resource", "pwd", "grp", "termios", "pty", "tty", "syslog", "spwd", "nis", "crypt"}


class Blocker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in BLOCKED:
            raise ImportError(f"{name} is not on this system")
        return None


for name in BLOCKED:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Blocker())
sys.builtin_module_names = tuple(name for name in sys.builtin_module_names if name not in BLOCKED)
of_os = "fork forkpty killpg getpgid getpgrp setsid setpgid getsid getuid geteuid getgid getegid sched_getaffinity"
for owner, names in (
    (os, of_os + " sched_setaffinity pread pwrite preadv pwritev fchmod fchown chown chroot mkfifo nice getloadavg"),
    (select, "poll epoll devpoll kqueue"),
    (signal, "SIGCHLD SIGHUP SIGUSR1 SIGUSR2 SIGALRM setitimer pthread_kill pthread_sigmask sigwait alarm"),
    (socket, "SO_REUSEPORT SO_REUSEADDR_LB"),
):
    for one in names.split():
        if hasattr(owner, one):
            delattr(owner, one)
"""

COMMANDS = """
import threading
from pathlib import Path

from dicom_conformance.__main__ import main
from dicom_conformance.run.standalone import make_simulator

ready = threading.Event()
archive = make_simulator("archive", None, port=0)
with archive:
    host, port = archive.address
    at = f"ARCHIVE@{host}:{port}"
    folder = Path(sys.argv[1])
    (folder / "s.yaml").write_text(
        f"network_ae: {{title: ARCHIVE, host: {host}, port: {port}}}\\n"
        f"operations: {{echo: {{command: '{Path(sys.executable).as_posix()} -c 0'}}}}\\n"
    )
    written = ["--output", str(folder / "p.yaml"), "--data", str(folder / "d.yaml")]
    print("probe", main(["probe", at, "--rate", "5000", *written]))
    for select in ("scp/query/read_only/study-by-uid", "scp/verification"):
        words = ["run", select, "--subject", str(folder / "s.yaml"), "--output", str(folder / "out"), "--allow-store"]
        print("run", main(words))
print("check", main(["check", str(folder / "s.yaml"), str(folder / "d.yaml")]))


def stop():
    signal.raise_signal(signal.SIGINT)


from dicom_conformance.run import simulation
from dicom_simulators import standalone

before = simulation.serve


def serve(made, ready, **options):
    def then(simulator):
        ready(simulator)
        stop()

    before(made, then, **options)


simulation.serve = serve
print("simulate", main(["simulate", "destination", "--port", "0"]))
print("loaded", sorted(BLOCKED & set(sys.modules)))
"""


def test_the_commands_need_nothing_that_only_posix_has(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(ABSENT + COMMANDS)
    done = subprocess.run(
        [sys.executable, program, tmp_path], capture_output=True, text=True, timeout=300, check=False, cwd=tmp_path
    )
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.split()[0] in ("probe", "run", "check", "simulate", "loaded")] == [
        "probe 0",
        "run 0",
        "run 0",
        "check 0",
        "simulate 0",
        "loaded []",
    ], told
    assert "Traceback" not in told


@pytest.fixture
def pair() -> tuple[int, int]:
    return os.pipe()


def test_select_waits_as_poll_does(pair: tuple[int, int]) -> None:
    reading, writing = pair
    for made in (readiness.SelectPoll(), readiness.make_poll()):
        made.register(reading, readiness.POLLIN)
        assert made.poll(0) == []
        os.write(writing, b"x")
        assert made.poll(5000) == [(reading, readiness.POLLIN)]
        os.read(reading, 1)
        made.unregister(reading)
        made.register(writing, readiness.POLLOUT)
        assert made.poll(None) == [(writing, readiness.POLLOUT)]
    os.close(reading)
    os.close(writing)


class Bytes:
    """What `msvcrt` offers of locks, between the descriptors of one process."""

    LK_NBLCK = 2

    def __init__(self) -> None:
        self.held: dict[int, int] = {}

    def locking(self, descriptor: int, mode: int, count: int) -> None:
        at = os.lseek(descriptor, 0, os.SEEK_CUR)
        if self.held.setdefault(at, descriptor) != descriptor:
            raise PermissionError(at)


def test_a_lock_where_locks_are_on_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = {"msvcrt": Bytes()}
    monkeypatch.setattr(file_lock, "_module", system.get)
    first, second = (os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT) for _ in range(2))
    os.write(first, b"4711")
    assert file_lock.lock(first, wait=False)
    assert not file_lock.lock(second, wait=False)
    assert os.read(second, 10) == b"4711", "the content can be read, and from where it was"
    system.clear()
    assert file_lock.lock(second, wait=False), "without any locks nothing is refused"
    for one in (first, second):
        os.close(one)
