"""The workstation at its limits, as a process of its own: what it holds, what it takes, and what it gives back.

    python benchmarks/load.py [--associations 1000] [--jobs 200]

- associations: so many are opened and held, each is asked for an echo, then all are closed at once;
- jobs: so many renderings of 16 MiB are asked for over the control interface, which keeps 256 MiB of them;
- budget: four data sets of 300 MB are cut off in the middle, with a budget of 1 GiB; then more is stored than fits.

Stop at every step is a test: `pytest tests/unit/workstation/test_stop_at_every_step.py --durations 5`. Linux only.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random

from machine import print_machine
from soak import percentile, sample
from soak_targets import workstation
from soak_traffic import (
    CT,
    IMPLICIT_VR_LITTLE_ENDIAN,
    MAXIMUM_LENGTH_BYTES,
    VERIFICATION,
    Peer,
    Subject,
    echo_rq,
    store_rq,
    stores,
)

from dicom_simulators.data_sets import build
from dicom_wire import Message, fragment_buffers
from dicom_workstation.control import ControlClient

MIB = 1 << 20
DEADLINE_S = 60.0
CUT_BYTES = 300 * MIB


def memory_mib(subject: Subject) -> float:
    """Return the memory of the process, in mebibytes."""
    return sample(subject.process_id).memory_kib / 1024


def await_condition(holds: Callable[[], bool]) -> bool:
    """Wait until something holds; False when the deadline passes first."""
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def hold_associations(subject: Subject, count: int) -> None:
    """Open so many associations, ask each, close all."""
    before, memory = sample(subject.process_id), memory_mib(subject)
    times_ms = []
    begin = time.perf_counter()
    with ExitStack() as stack:
        peers = []
        for _ in range(count):
            peer = Peer(subject, DEADLINE_S)
            stack.enter_context(peer.connection)
            peer.open(VERIFICATION)
            peers.append(peer)
        opened_s = time.perf_counter() - begin
        held = sample(subject.process_id)
        for peer in peers:
            begin = time.perf_counter()
            assert peer.ask(1, echo_rq()) == 0
            times_ms.append((time.perf_counter() - begin) * 1000)
        taken = memory_mib(subject) - memory
    begin = time.perf_counter()
    is_back = await_condition(lambda: sample(subject.process_id).threads <= before.threads)
    closed_s = time.perf_counter() - begin
    print(f"{count} associations: opened in {opened_s:.1f} s, {taken * 1024 / count:.0f} KiB each")
    print(f"  threads {before.threads}, held {held.threads}; descriptors {before.descriptors}, held {held.descriptors}")
    print(
        f"  echo on each: median {percentile(times_ms, 50):.1f} ms, 99th percentile {percentile(times_ms, 99):.1f} ms"
    )
    print(f"  threads back {'after' if is_back else 'NOT after'} {closed_s:.1f} s")


def keep_jobs(subject: Subject, client: ControlClient, count: int) -> None:
    """Ask for so many renderings."""
    instance = build("smallest", CT, IMPLICIT_VR_LITTLE_ENDIAN, rows=4096, columns=4096)
    peer = Peer(subject, DEADLINE_S)
    with peer.connection:
        peer.open(CT)
        assert peer.ask(1, store_rq(CT, instance.SOPInstanceUID), instance.data_set) == 0
        peer.release()
    before, highest = memory_mib(subject), 0.0
    for _ in range(count):
        asked = {"operation": "render", "peer": None, "arguments": {"SOPInstanceUID": instance.SOPInstanceUID}}
        state = client._ask("POST", "/operations", json=asked).json()
        state = client._ask("GET", f"/operations/{state['id']}", params={"wait_s": 30, "seen": 0}).json()
        assert state["outcome"]["result"] == "success", state["outcome"]
        highest = max(highest, memory_mib(subject))
    print(f"{count} renderings of 16 MiB: memory {before:.0f} MiB before, {highest:.0f} MiB at most, ", end="")
    print(f"{memory_mib(subject):.0f} MiB after")


def fill_the_budget(subject: Subject, budget: int) -> None:
    """Cut four large data sets off, then store more than fits."""
    before = memory_mib(subject)
    whole = b"".join(fragment_buffers(Message(1, store_rq(CT, "1.2.3"), bytes(CUT_BYTES)), MAXIMUM_LENGTH_BYTES))
    peers = [Peer(subject, DEADLINE_S) for _ in range(4)]
    for peer in peers:
        peer.open(CT)
        peer.send(whole[: len(whole) * 2 // 3])
    await_condition(lambda: memory_mib(subject) > before + 500)
    highest = memory_mib(subject)
    for peer in peers:
        peer.reset()
        peer.connection.close()
    begin = time.perf_counter()
    await_condition(lambda: memory_mib(subject) < before + 64)
    cut_s, after = time.perf_counter() - begin, memory_mib(subject)
    print(f"four data sets of 300 MiB, cut at two thirds: {before:.0f} MiB before, {highest:.0f} MiB, {after:.0f} MiB")
    print(f"  {cut_s:.2f} s after the cut")
    stored, refused = 0, 0
    random = Random(1)
    for number in range(budget // (16 * MIB) + 20):
        instance = build("smallest", CT, IMPLICIT_VR_LITTLE_ENDIAN, seed=number, rows=2048, columns=4096)
        peer = Peer(subject, DEADLINE_S)
        with peer.connection:
            peer.open(VERIFICATION, CT)
            status = peer.ask(3, store_rq(CT, instance.SOPInstanceUID), instance.data_set)
            stored, refused = stored + (status == 0), refused + (status == 0xA700)
            assert peer.ask(1, echo_rq()) == 0
            peer.release()
    stores(subject, random)
    print(f"  then {stored} stored and {refused} refused with A700, each echo after them answered;", end=" ")
    print(f"{memory_mib(subject):.0f} MiB for a budget of {budget // MIB} MiB")


def main() -> int:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--associations", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=200)
    options = parser.parse_args()
    wanted = options.associations + 100
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4 * wanted, hard), hard))  # the workstation inherits it
    print_machine()
    lasting = {"network_timeout_s": 600, "acse_timeout_s": 60, "keep_s": 3600}
    with tempfile.TemporaryDirectory(prefix="load-") as folder:
        with workstation(Path(folder), **lasting) as (subject, _):
            hold_associations(subject, options.associations)
        with workstation(Path(folder), **lasting) as (subject, client):
            keep_jobs(subject, client, options.jobs)
        with workstation(Path(folder), **lasting, memory_budget_bytes=1 << 30) as (subject, _):
            fill_the_budget(subject, 1 << 30)
    return 0


if __name__ == "__main__":
    sys.exit(main())
