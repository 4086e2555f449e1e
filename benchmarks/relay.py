"""How fast C-STORE is through the relay, beside the direct rate: `python benchmarks/relay.py [instances]`.

DCMTK's storescu sends 512 x 512 images of 16 bits to storescp, in turn directly and through the relay, which decodes
what passes; the best of five of each counts. The last line is the ratio; the relay is to keep at least half.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import ENVIRONMENT, is_installed

from dicom_conformance.relay import Witness
from dicom_simulators.data_sets import build, write_file
from dicom_simulators.link import Link

LOOPBACK = "127.0.0.1"
ROUNDS = 5
DEADLINE_S = 20.0


def rate(port: int, file: Path, instances: int) -> float:
    """Send one file so many times on one association; instances in a second, the start of the program included."""
    begun = time.perf_counter()
    subprocess.run(
        ["storescu", "--repeat", "1", LOOPBACK, str(port), *[str(file)] * instances],
        env=ENVIRONMENT,
        check=True,
        capture_output=True,
    )
    return instances / (time.perf_counter() - begun)


def main(instances: int) -> None:
    """Measure and print."""
    if not is_installed("storescu"):
        raise SystemExit("storescu is not installed: apt-get install dcmtk")
    with socket.socket() as one:
        one.bind((LOOPBACK, 0))
        port = int(one.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "image.dcm"
        write_file(build(rows=512, columns=512), file)
        server = subprocess.Popen(["storescp", "--ignore", str(port)], env=ENVIRONMENT)
        links = {
            name: Link("link", "requestor", "acceptor", (LOOPBACK, port), Witness(lambda line: None, judge=judge))
            for name, judge in (("relay", False), ("relay --judge", True))
        }
        try:
            _await(port)
            for link in links.values():
                link.start()
            _await(links["relay"].address[1])
            ports = {"direct": port, **{name: link.address[1] for name, link in links.items()}}
            rounds = [{name: rate(each, file, instances) for name, each in ports.items()} for _ in range(ROUNDS)]
            best = {name: max(each[name] for each in rounds) for name in ports}
        finally:
            for link in links.values():
                link.stop()
            server.terminate()
            server.wait()
    for name, found in best.items():
        print(f"{name:<14} {found:8.0f} instances/s {found / best['direct']:6.2f} of the direct rate")


def _await(port: int) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex((LOOPBACK, port)) == 0:
                return
    raise SystemExit(f"nothing listens on port {port}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
