"""How fast the workstation's loader receives, beside Orthanc and stock pynetdicom, in one run.

DCMTK's storescu sends the same 512 x 512 x 16 bit CT instances on one association to each receiver in turn, round after
round; every receiver keeps its own habits (the workstation keeps instances in memory, Orthanc on disk, pynetdicom's
storescp throws them away), all take PDUs of 32 KiB, all with TCP_NODELAY. Ratios of the medians are printed.

    python benchmarks/loader.py [--instances 200] [--rounds 5]
"""

from __future__ import annotations

import argparse
import importlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType

from machine import ENVIRONMENT, is_installed, print_machine, with_aim

from dicom_conformance.play import reserved_port, wait_until_it_listens
from dicom_simulators.data_sets import build, write_file

ROOT = Path(__file__).parent.parent
CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
PDU_BYTES = 32768
AIM = 1.0  # as fast as the other


def real_peers() -> ModuleType:
    """The module of the interop tests that starts Orthanc and finds free ports."""
    sys.path.insert(0, str(ROOT / "tests" / "interop"))
    return importlib.import_module("orthanc")


def make_folder(folder: Path, instances: int, number: int) -> Path:
    """Instances that no other round sends: nobody may recognise one as known."""
    folder.mkdir()
    for index in range(instances):
        instance = build("ct_512", CT, EXPLICIT_VR_LITTLE_ENDIAN, seed=number * instances + index)
        write_file(instance, folder / f"{index:04}.dcm")
    return folder


def send(title: str, port: int, folder: Path) -> float:
    """Send the folder once; seconds of storescu as a whole process."""
    command = ["storescu", "-aec", title, "--max-pdu", str(PDU_BYTES), "+sd", "127.0.0.1", str(port), str(folder)]
    begin = time.perf_counter()
    subprocess.run(command, env=ENVIRONMENT, check=True, capture_output=True, timeout=300)
    return time.perf_counter() - begin


def await_echo(title: str, port: int) -> None:
    """Wait until the receiver answers C-ECHO."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        command = ["echoscu", "-aec", title, "127.0.0.1", str(port)]
        if subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=False).returncode == 0:
            return
    raise SystemExit(f"{title} on port {port} does not answer")


@contextmanager
def workstation(budget_bytes: int) -> Iterator[tuple[str, int]]:
    """The workstation, as its own process."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(f"memory_budget_bytes: {budget_bytes}\n")
        file.flush()
        command = [sys.executable, "-m", "dicom_workstation.cli.command_line", "serve", "--until-end-of-input"]
        with subprocess.Popen(
            [*command, "--config", file.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        ) as process:
            assert process.stdout is not None
            assert process.stdin is not None
            told = json.loads(process.stdout.readline())
            yield told["ae_title"], told["port"]
            process.stdin.close()


LISTENS_WITHIN_S = 30.0


@contextmanager
def stock_pynetdicom() -> Iterator[tuple[str, int]]:
    """pynetdicom's own storescp application, which ignores what it receives."""
    port = reserved_port()
    command = [sys.executable, "-m", "pynetdicom", "storescp", str(port), "--ignore", "--max-pdu", str(PDU_BYTES), "-q"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_it_listens(process, port, LISTENS_WITHIN_S)
        yield "STORESCP", port
    finally:
        process.terminate()
        process.wait(20)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--instances", type=int, default=200)
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    for tool in ("storescu", "echoscu", "Orthanc"):
        if not is_installed(tool):
            raise SystemExit(f"{tool} is not installed: apt-get install dcmtk orthanc")
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folders = [
            make_folder(scratch / f"round-{number}", given.instances, number) for number in range(given.rounds + 1)
        ]
        size_bytes = sum(path.stat().st_size for path in folders[0].iterdir())
        (scratch / "orthanc").mkdir()
        real = stack.enter_context(real_peers().orthanc(scratch / "orthanc", {}))
        receivers = {
            "workstation": stack.enter_context(workstation(size_bytes * (given.rounds + 2))),
            "Orthanc": (real.ae_title, real.port),
            "pynetdicom storescp": stack.enter_context(stock_pynetdicom()),
        }
        seconds: dict[str, list[float]] = {name: [] for name in receivers}
        for title, port in receivers.values():
            await_echo(title, port)
            send(title, port, folders[0])
        for folder in folders[1:]:
            for name, (title, port) in receivers.items():
                seconds[name].append(send(title, port, folder))
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    print_machine()
    print(f"{given.instances} instances, {size_bytes / 1e6:.1f} MB, {given.rounds} rounds, storescu as a process")
    for name, median in medians.items():
        spread = f"{min(seconds[name]):.3f} to {max(seconds[name]):.3f}"
        rate = f"{given.instances / median:7.0f} instances/s  {size_bytes / median / 1e6:6.0f} MB/s"
        print(f"{name:22} {median:7.3f} s (median; {spread})  {rate}")
    for name in list(receivers)[1:]:
        print(f"workstation / {name}: {with_aim(medians[name] / medians['workstation'], AIM)} as fast")


if __name__ == "__main__":
    main()
