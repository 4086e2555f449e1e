"""How fast the simulators move SOP Instances, beside DCMTK on the same machine, in the same minute.

Three pairings on one association each, 512 x 512 x 16 bit CT, TCP_NODELAY at every end::

    storescu -> storescp        the yardstick
    storescu -> destination     what our receiving costs
    modality -> storescp        what our sending costs

The repetitions are interleaved, so that a busy moment of the machine hits all three; medians and ratios are printed.
Time is taken from the association's request to its end, process start left out: of the yardstick by the difference
of a long and a short run, likewise of storescu into ours.

Run: ``python benchmarks/throughput.py [--instances 200] [--repetitions 7]``
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from machine import ENVIRONMENT, print_machine, with_aim

from dicom_conformance.play import reserved_port, wait_until_it_listens
from dicom_simulators.data_sets import Instance, build
from dicom_simulators.destination import Destination
from dicom_simulators.scu.modality import Modality
from dicom_simulators.standalone import Forgetful
from dicom_wire import Recorder

CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
YARDSTICK = "storescu -> storescp"
AIM = 1.0  # as fast as DCMTK
LISTENS_WITHIN_S = 60.0


def ct_image() -> Instance:
    """Build the instance that is sent: 512 x 512, 16 bit."""
    return build(
        "smallest", sop_class=CT_IMAGE_STORAGE, transfer_syntax=EXPLICIT_VR_LITTLE_ENDIAN, seed=1, rows=512, columns=512
    )


@contextmanager
def storescp() -> Iterator[int]:
    port = reserved_port()
    process = subprocess.Popen(
        ["storescp", "--ignore", "+xa", str(port)],
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_it_listens(process, port, LISTENS_WITHIN_S)
        yield port
    finally:
        process.terminate()
        process.wait()


def storescu_s(port: int, path: Path, count: int) -> float:
    """Time a storescu that sends one file so many times on one association."""
    begun = time.perf_counter()
    subprocess.run(
        ["storescu", "-xe", "--repeat", str(count), "127.0.0.1", str(port), str(path)],
        env=ENVIRONMENT,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - begun


def storescu_rate(port: int, path: Path, count: int) -> float:
    """Instances a second, process start and association taken out."""
    return (count - 1) / (storescu_s(port, path, count) - storescu_s(port, path, 1))


def modality_rate(modality: Modality, port: int, instance: Instance, count: int) -> float:
    begun = time.perf_counter()
    arguments = {"called_ae_title": "ANY-SCP", "instances": [instance] * count}
    outcome = modality.perform("store", ("127.0.0.1", port), arguments)
    seconds = time.perf_counter() - begun
    if outcome["result"] != "success":
        raise RuntimeError(f"modality: {outcome}")
    return count / seconds


def measure(instances: int, repetitions: int, recording: bool, keeps: bool) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {
        name: [] for name in ("storescu -> storescp", "storescu -> destination", "modality -> storescp")
    }
    instance = ct_image()
    with tempfile.TemporaryDirectory() as folder, storescp() as port:
        path = Path(folder) / "ct.dcm"
        path.write_bytes(instance.file_bytes())
        for _ in range(repetitions):
            recorder = Recorder() if recording else Forgetful()
            destination = Destination("destination", "DEST", recorder, keeps=keeps)
            modality = Modality("modality", "MODALITY", recorder)
            destination.start()
            rates["storescu -> storescp"].append(storescu_rate(port, path, instances))
            rates["storescu -> destination"].append(storescu_rate(destination.address[1], path, instances))
            rates["modality -> storescp"].append(modality_rate(modality, port, instance, instances))
            destination.stop()
            modality.stop()
    return rates


def main() -> int:
    parser = argparse.ArgumentParser(description="Throughput of the simulators beside DCMTK.")
    parser.add_argument("--instances", type=int, default=200)
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--recording", action="store_true", help="keep every byte in the recorder, as in a case")
    parser.add_argument("--keeping", action="store_true", help="let the destination keep what it receives")
    options = parser.parse_args()
    print_machine()
    rates = measure(options.instances, options.repetitions, options.recording, options.keeping)
    yardstick = statistics.median(rates[YARDSTICK])
    print(
        f"{options.instances} instances of {len(ct_image().data_set)} bytes, {options.repetitions} repetitions, medians"
    )
    for name, values in rates.items():
        median = statistics.median(values)
        spread = f"{min(values):6.0f} .. {max(values):6.0f}"
        print(f"{name:26s} {median:7.0f} instances/s   ({spread})   {relative(name, median / yardstick)}")
    return 0


def relative(name: str, ratio: float) -> str:
    """The ratio to the yardstick, with its aim where it is not the yardstick itself."""
    return f"{ratio:.2f} x" if name == YARDSTICK else with_aim(ratio, AIM)


if __name__ == "__main__":
    sys.exit(main())
