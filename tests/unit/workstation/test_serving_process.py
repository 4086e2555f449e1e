"""`workstation serve` as a process: what it costs when nothing happens, and what fifty associations leave behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from raw_dicom_peer import CT, IMPLICIT, echo_rq, status_of

from dicom_simulators.data_sets import build, write_file

ASSOCIATIONS = 50
IDLE_S = 0.3
DEADLINE_S = 60.0
END_S = 40.0  # twice what `serve` allows itself
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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("operation", ["echo", "query", "retrieve", "store", "print"])
def test_it_ends_while_operations_and_clients_hang(number, operation, tmp_path):
    """An archive that is silent, a client of the control interface that stops half way, and one that waits."""
    with ExitStack() as stack:
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        host, port = silent.getsockname()
        known = {"silent": {"ae_title": "SILENT", "host": host, "port": port}}
        times = dict.fromkeys((f"{name}_timeout_s" for name in ("association", "acse", "dimse", "network")), 600)
        configuration = tmp_path / "workstation.yaml"
        configuration.write_text(json.dumps({**times, "archives": known, "printers": known}))
        image = write_file(build("smallest", CT, IMPLICIT), tmp_path / "image.dcm")
        command = [sys.executable, "-m", "dicom_workstation.cli.command_line", "serve", "--config", str(configuration)]
        process = stack.enter_context(
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        )
        stack.callback(process.kill)
        told = json.loads(process.stdout.readline())
        arguments = {
            "query": {"level": "STUDY", "keys": {"PatientID": "*"}},
            "retrieve": {"level": "STUDY", "keys": {"StudyInstanceUID": "1.2.3"}},
            "store": {"files": [str(image)]},
            "print": {"files": [str(image)]},
        }.get(operation, {})
        headers = {"Authorization": f"Bearer {told['token']}"}
        body = {"operation": operation, "peer": "silent", "arguments": arguments}
        begun = httpx.post(f"{told['control']}/operations", json=body, headers=headers, trust_env=False).json()
        assert begun["state"] == "running", begun
        silent.settimeout(DEADLINE_S)
        stack.enter_context(silent.accept()[0])  # the workstation waits for the answer now
        control = told["control"].removeprefix("http://").split(":")
        half = stack.enter_context(socket.create_connection((control[0], int(control[1]))))
        half.sendall(b"POST /operations HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n" + b"\r\n{")
        waits = stack.enter_context(socket.create_connection((control[0], int(control[1]))))
        path = f"/operations/{begun['id']}?wait_s=60&seen=0"
        waits.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {told['token']}\r\n\r\n".encode()
        )
        process.send_signal(number)
        assert process.wait(END_S) == 0, process.stderr.read()
        assert process.stderr.read() == ""


def test_what_hangs_is_named_and_ended_by_force():
    """A thread that never ends stands for a fault of the workstation's own."""
    program = (
        "import threading\n"
        "from dicom_workstation.cli.ending import ending_in_time\n"
        "threading.Thread(target=threading.Event().wait, name='never ends').start()\n"
        "with ending_in_time(threading.Event(), 0.2):\n    pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )
    assert done.returncode == 3
    assert done.stderr == "dicom-conformance: ended by force after 0.2 s; still busy: never ends\n"
