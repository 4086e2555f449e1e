"""What bounds how fast the OSM stores: the processor time of each part, and what the syncs cost in other ways.

Eight processes of storescu send to the OSM, to an OSM whose syncs do nothing (a library before the C library answers
them at once) and to Orthanc with `SyncStorageArea`, in turn. Processor milliseconds an instance are those that the
kernel counts for the receiver and for storescu; time of the kernel's own threads is in none of them. Cores divided by
their sum is the ceiling: what would come through if every core were always busy with nothing else.

Then `sync_ways.c`, a receiver without DICOM and without Python, makes as many bytes durable in several ways:

- `receive`: not at all;
- `files`: each thread syncs its file, and all that wait share the sync of an index (the OSM's way);
- `leader`: whoever leads syncs the files of all that wait, whose writing was begun before;
- `journal`: all are written into one file that was written before, and share its sync: the least there can be;
- `journal-and-files`: the same, and the files are written, too, and synced when all have been answered;
- `syncfs`: one sync of the whole file system for all that wait.

    python benchmarks/osm_ceiling.py [--instances 100] [--rounds 3] [--associations 8]
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from loader import await_echo, real_peers
from machine import is_installed, print_machine
from osm import make_series, osm, send_at_once

from dicom_workstation.instances import DIGEST_BYTES

WAYS = ("receive", "files", "leader", "journal", "journal-and-files", "syncfs")
NO_SYNC = "int fsync(int file) { return 0; } int fdatasync(int file) { return 0; }"
INSTANCE_BYTES = 525_000  # as in sync_ways.c
HERE = Path(__file__).parent


def compiled(source: Path, target: Path, *flags: str) -> Path:
    """Compile a C source."""
    subprocess.run(["cc", "-O2", *flags, "-o", target, source], check=True)
    return target


@contextmanager
def preloaded(library: Path | None) -> Iterator[None]:
    """Have a library before the C library in processes that are started meanwhile."""
    if library is not None:
        os.environ["LD_PRELOAD"] = str(library)
    try:
        yield
    finally:
        os.environ.pop("LD_PRELOAD", None)


def busy_s(pid: int) -> float:
    """Return how long the processor has worked for a process."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def busy_children_s() -> float:
    """Return how long it has worked for children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def children() -> set[int]:
    """Return the processes that this one has started."""
    own = os.getpid()
    return {int(pid) for pid in Path(f"/proc/{own}/task/{own}/children").read_text(encoding="ascii").split()}


def measure_processor(associations: int, instances: int, rounds: int, library: Path, scratch: Path) -> None:
    """Print what the processor does for one instance."""
    with ExitStack() as stack:
        receivers: dict[str, tuple[int, str, int]] = {}
        for name, preload in (("OSM", None), ("OSM without syncs", library)):
            with preloaded(preload):
                process, title, port = stack.enter_context(osm(scratch / name, None))
            receivers[name] = (process.pid, title, port)
        before = children()
        (scratch / "orthanc").mkdir()
        real = stack.enter_context(real_peers().orthanc(scratch / "orthanc", {}, SyncStorageArea=True))
        (orthanc,) = children() - before
        receivers["Orthanc"] = (orthanc, real.ae_title, real.port)
        found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in receivers}
        for number in range(rounds + 1):
            begin = number * associations
            folders = [
                make_series(scratch / f"{begin + each}", instances, begin + each) for each in range(associations)
            ]
            total = associations * instances
            for name, (pid, title, port) in receivers.items():
                await_echo(title, port)
                own, others = busy_s(pid), busy_children_s()
                taken = send_at_once(title, port, folders)
                figures = (busy_s(pid) - own, busy_children_s() - others)
                if number:  # the first is for the caches
                    found[name].append((figures[0] * 1e3 / total, figures[1] * 1e3 / total, total / taken))
            for folder in folders:
                shutil.rmtree(folder)
        for name, rows in found.items():
            receiver_ms, storescu_ms, rate = (statistics.median(each) for each in zip(*rows, strict=True))
            ceiling = (os.cpu_count() or 1) * 1e3 / (receiver_ms + storescu_ms)
            print(f"{name:18} {receiver_ms:5.2f} ms, storescu {storescu_ms:5.2f} ms: ", end="")
            print(f"at most {ceiling:4.0f} instances/s; {rate:4.0f} came through", flush=True)


def measure_ways(associations: int, instances: int, rounds: int, program: Path, scratch: Path) -> None:
    """Print what each way of making bytes durable costs."""
    found: dict[str, list[tuple[float, ...]]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way in WAYS:
            with tempfile.TemporaryDirectory(dir=scratch) as folder:
                command = [str(program), way, str(associations), str(instances), folder]
                said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
                found[way].append(tuple(map(float, said.split())))
    for way, rows in found.items():
        rates = [row[0] for row in rows]
        _, batch, busy_ms = (statistics.median(each) for each in zip(*rows, strict=True))
        print(f"{way:18} {statistics.median(rates):5.0f} instances/s ({min(rates):.0f} to {max(rates):.0f}), ", end="")
        print(f"{batch:.1f} a batch, {busy_ms:.2f} ms of the processor", flush=True)


def digest_ms() -> float:
    """Return what the digest of as many bytes costs the processor, at the least."""
    data = bytes(INSTANCE_BYTES)
    taken = []
    for _ in range(100):
        begin = time.thread_time()
        hashlib.blake2b(data, digest_size=DIGEST_BYTES).hexdigest()
        taken.append(time.thread_time() - begin)
    return min(taken) * 1e3


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--associations", type=int, default=8)
    options.add_argument("--instances", type=int, default=100, help="instances on each association")
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    for tool in ("storescu", "echoscu", "Orthanc", "cc"):
        if not is_installed(tool):
            raise SystemExit(f"{tool} is not installed: apt-get install dcmtk orthanc gcc")
    print_machine()
    print()
    with tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        source = scratch / "no_sync.c"
        source.write_text(NO_SYNC, encoding="ascii")
        library = compiled(source, scratch / "no_sync.so", "-shared", "-fPIC")
        program = compiled(HERE / "sync_ways.c", scratch / "sync_ways", "-Wall", "-Werror", "-pthread")
        measure_processor(given.associations, given.instances, given.rounds, library, scratch)
        print()
        measure_ways(given.associations, given.instances, given.rounds, program, scratch)
    print(f"the digest of an instance: {digest_ms():.2f} ms of the processor")


if __name__ == "__main__":
    main()
