"""How fast several associations at once store into the destination simulator, beside `storescp --fork`.

Everything is a process of its own: storescu sends one 512 x 512 x 16 bit CT image again and again; storescp ignores
what it receives, the destination keeps nothing and logs each message. TCP_NODELAY at every end. The receivers are
measured in turn within each round, so that a busy moment of the machine hits all of them; medians and ratios are
printed.

Run: ``python benchmarks/many_associations.py [--associations 1 16] [--instances 400] [--rounds 5] [--processes 2]``
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from machine import ENVIRONMENT, print_machine, with_aim
from throughput import LISTENS_WITHIN_S, ct_image

from dicom_conformance.play import reserved_port, wait_until_it_listens

YARDSTICK = "storescp --fork"
AIMS = {1: 1.0, 16: 0.9}
Receiver = Callable[[], AbstractContextManager[int]]


@contextmanager
def served(*words: str) -> Iterator[int]:
    """Run a receiver; `PORT` in the words is a free port."""
    port = reserved_port()
    command = [str(port) if word == "PORT" else word for word in words]
    process = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_it_listens(process, port, LISTENS_WITHIN_S)
        yield port
    finally:
        process.terminate()
        process.wait()


def storescp() -> AbstractContextManager[int]:
    return served("storescp", "--fork", "--ignore", "+xa", "PORT")


def destination(processes: int) -> Receiver:
    simulate = (sys.executable, "-m", "dicom_conformance", "simulate", "destination", "--port", "PORT")
    return lambda: served(*simulate, "--processes", str(processes))


def rate(port: int, path: Path, associations: int, instances: int) -> float:
    """Instances a second, over all associations, from the first process start to the last end."""
    each = max(1, instances // associations)
    command = ["storescu", "-xe", "--repeat", str(each), "127.0.0.1", str(port), str(path)]
    begun = time.perf_counter()
    senders = [
        subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in range(associations)
    ]
    said = [one.communicate()[1] for one in senders]
    failed = [text for one, text in zip(senders, said, strict=True) if one.returncode]
    if failed:
        raise RuntimeError(f"{len(failed)} of {associations} storescu failed: {failed[0].strip()}")
    return each * associations / (time.perf_counter() - begun)


def measure(receivers: dict[str, Receiver], associations: int, instances: int, rounds: int) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {name: [] for name in receivers}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ct.dcm"
        path.write_bytes(ct_image().file_bytes())
        for _ in range(rounds):
            for name, receiver in receivers.items():
                with receiver() as port:
                    rate(port, path, associations, associations)  # the first association of a process loads code
                    rates[name].append(rate(port, path, associations, instances))
    return rates


def main() -> int:
    parser = argparse.ArgumentParser(description="Several associations at once, beside storescp --fork.")
    parser.add_argument("--associations", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--instances", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()
    print_machine()
    several = f"destination --processes {options.processes}"
    receivers = {YARDSTICK: storescp, "destination": destination(1), several: destination(options.processes)}
    for associations in options.associations:
        rates = measure(receivers, associations, options.instances, options.rounds)
        print(f"{associations} associations at once, {options.instances} instances, {options.rounds} rounds, medians")
        yardstick = statistics.median(rates[YARDSTICK])
        for name, values in rates.items():
            median = statistics.median(values)
            aim = AIMS.get(associations) if name == several else None
            ratio = f"{median / yardstick:.2f} x" if aim is None else with_aim(median / yardstick, aim)
            print(f"{name:28s} {median:7.0f} instances/s   ({min(values):6.0f} .. {max(values):6.0f})   {ratio}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
