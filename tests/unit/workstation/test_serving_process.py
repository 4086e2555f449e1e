"""`workstation serve` as a process: what it costs when nothing happens, and what fifty associations leave behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from raw_dicom_peer import echo_rq, status_of

ASSOCIATIONS = 50
IDLE_S = 0.3
DEADLINE_S = 10.0
WAKE_UPS_PER_S = 100

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="the kernel tells nothing of processes")


@pytest.fixture
def serving() -> Iterator[tuple[int, tuple[str, int]]]:
    """Start the command, anew for each test: what one leaves would be counted in the next. Process number, address."""
    command = [sys.executable, "-m", "dicom_workstation.cli.command_line", "serve", "--until-end-of-input"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        told = json.loads(process.stdout.readline())
        yield process.pid, (told["host"], told["port"])
        process.stdin.close()
        assert process.wait(DEADLINE_S) == 0


def threads(process: int) -> int:
    return len(os.listdir(f"/proc/{process}/task"))


def descriptors(process: int) -> int:
    return len(os.listdir(f"/proc/{process}/fd"))


def times_woken(process: int) -> int:
    """Return how often its threads went to sleep, and so were woken; one that ends meanwhile counts no more."""
    total = 0
    for task in Path(f"/proc/{process}/task").iterdir():
        try:
            lines = (task / "status").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += next(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))
    return total


def processor_s(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def opened(connect, address):
    peer = connect(address)
    assert peer.open(called="DIRECTVIEW")[0] == 2
    peer.send(echo_rq())
    assert status_of(peer.receive()) == 0x0000
    return peer


def await_silence(peer) -> None:
    peer.connection.settimeout(IDLE_S)
    with pytest.raises(TimeoutError):
        peer.receive()


def come_to_rest(process: int, witness, at_most: int, descriptors_at_most: int = 1 << 20) -> int:
    """Ask the process for echoes until it has no more threads and descriptors than that, or the deadline passes."""
    deadline = time.monotonic() + DEADLINE_S
    while threads(process) > at_most or descriptors(process) > descriptors_at_most:
        if time.monotonic() > deadline:
            break
        witness.send(echo_rq())
        assert status_of(witness.receive()) == 0x0000
    return threads(process)


class TestFiftyAssociations:
    def test_open_and_idle_they_cost_a_thread_each_and_no_processor(self, serving, connect):
        process, address = serving
        witness = opened(connect, address)
        before = threads(process)
        peers = [opened(connect, address) for _ in range(ASSOCIATIONS)]
        assert threads(process) <= before + ASSOCIATIONS
        woken, used_s, begin_s = times_woken(process), processor_s(process), time.monotonic()
        await_silence(peers[-1])
        used_s, woken = processor_s(process) - used_s, times_woken(process) - woken
        elapsed_s = time.monotonic() - begin_s
        assert woken < WAKE_UPS_PER_S * elapsed_s  # by the clock of the control interface
        assert used_s < elapsed_s / 4  # stock pynetdicom: 94 % of a core
        for peer in peers:
            peer.close()
        assert come_to_rest(process, witness, before) <= before

    def test_released_they_leave_nothing(self, serving, connect):
        process, address = serving
        witness = opened(connect, address)
        before = threads(process), descriptors(process)
        for _ in range(ASSOCIATIONS):
            peer = opened(connect, address)
            assert peer.release()[0] == 6
            peer.close()
        come_to_rest(process, witness, *before)
        assert threads(process) <= before[0]
        assert descriptors(process) <= before[1]
        woken, begin_s = times_woken(process), time.monotonic()
        await_silence(witness)
        assert times_woken(process) - woken < WAKE_UPS_PER_S * (time.monotonic() - begin_s)
