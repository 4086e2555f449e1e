"""How fast films are printed, and with how much memory: workstation and simulator beside DCMTK's print programs.

Films of six images (STANDARD\\2,3), 512 x 512 pixels of 8 bits, one film box and one print each, everything deleted
afterwards; nothing is rendered on either side. The pixels are the same everywhere: the workstation reads them from six
files, dcmprscu from a Stored Print object (made by dcmpsprt; its hardcopy images are then given the same 8 bits)::

    dcmprscu -> dcmprscp         the yardstick; dcmprscu opens an association for each film, dcmprscp writes to disk
    workstation -> simulator     one association and film session for all; every print job is followed to DONE
    workstation -> dcmprscp      what our client costs
    dcmprscu -> simulator        what our printer costs

Each client is timed from before its first association to after its last; dcmprscu as a process. Simulator and dcmprscp
are processes of their own. Rounds are interleaved, every end has TCP_NODELAY, medians and ratios are printed. Resident
memory of workstation and simulator is told when film 20 and when the last film was printed, of the simulator also after
dcmprscu's associations, and threads before and after. The exit status is 1 if a promise is not kept: at least half of
the yardstick, memory that grows by less than 15 % (25 % over dcmprscu's associations), no thread left.

    python benchmarks/printing.py [--films 200] [--rounds 3]
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from machine import print_machine, with_aim
from pydicom import dcmread

from dicom_conformance.play import reserved_port
from dicom_simulators.data_sets import build, write_file
from dicom_workstation.application import Workstation
from dicom_workstation.configuration.configuration import Configuration

ROOT = Path(__file__).parent.parent
BYTE_IMAGE = "1.2.840.10008.5.1.4.1.1.7.2"
LAYOUT, IMAGES, SIDE = "STANDARD\\2,3", 6, 512
EARLY_FILM = 20
LEAST_RATIO, MOST_GROWTH, MOST_AT_LAST = 0.5, 1.15, 1.25  # a film has 1.6 MB, a process 90 and more
TITLE = "PRINTER"
YARDSTICK = "dcmprscu -> dcmprscp"
OURS = "workstation -> simulator"
TIMEOUT_S = 600


def programs() -> ModuleType:
    """The module of the interop tests that configures and runs programs that are not ours."""
    sys.path.insert(0, str(ROOT / "tests" / "interop"))
    return importlib.import_module("foreign_programs")


@dataclass(slots=True)
class Process:
    """What the system says of a process."""

    pid: int
    early_bytes: int = 0
    late_bytes: int = 0
    last_bytes: int = 0
    threads_before: int = 0
    threads_after: int = 0

    def _said(self, name: str) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split(f"{name}:", 1)[1].split()[0])

    @property
    def resident_bytes(self) -> int:
        return self._said("VmRSS") * 1024

    @property
    def threads(self) -> int:
        return self._said("Threads")

    def wait_threads(self, count: int) -> None:
        """Note how many threads there are, once there are so few, or after a while."""
        pause, deadline = threading.Event(), time.monotonic() + 5
        while self.threads > count and time.monotonic() < deadline:
            pause.wait(0.01)
        self.threads_after = self.threads

    def __str__(self) -> str:
        early, late = self.early_bytes / 1e6, self.late_bytes / 1e6
        told = f"{early:.1f} -> {late:.1f} MB, threads {self.threads_before} -> {self.threads_after}"
        return told + (f", {self.last_bytes / 1e6:.1f} MB after dcmprscu's associations" if self.last_bytes else "")

    @property
    def is_lean(self) -> bool:
        is_flat = self.late_bytes < self.early_bytes * MOST_GROWTH and self.last_bytes < self.early_bytes * MOST_AT_LAST
        return is_flat and self.threads_after <= self.threads_before


@dataclass(slots=True)
class Films:
    """What is printed: files for the workstation, a Stored Print object for dcmprscu."""

    folder: Path
    count: int
    files: list[str] = field(default_factory=list)

    def make(self) -> None:
        self.folder.mkdir()
        for index in range(IMAGES):
            instance = build("smallest", BYTE_IMAGE, seed=index, rows=SIDE, columns=SIDE, frames=1)
            self.files.append(str(write_file(instance, self.folder / f"{index}.dcm")))

    def client(self, port: int, folder: Path) -> Path:
        """Give dcmprscu's configuration for a printer on a port."""
        settings = {"Supports12Bit": "false", "SupportsPresentationLUT": "false"}
        return Path(programs().print_configuration(folder, TITLE, port, "PRINTER", **settings))

    def stored_print(self, folder: Path) -> Path:
        """Make a Stored Print object that holds the very pixels that the workstation prints."""
        configuration = self.client(1, folder)
        command = ["dcmpsprt", "-c", str(configuration), "-p", TITLE, "-l", "2", "3", *self.files]
        subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT_S)
        (stored,) = (folder / "database").glob("SP_*.dcm")
        images = {path: dcmread(path) for path in (folder / "database").glob("HG_*.dcm")}
        of_position = {
            one.ReferencedImageSequence[0].ReferencedSOPInstanceUID: one.ImageBoxPosition
            for one in dcmread(stored).ImageBoxContentSequence
        }
        for path, image in images.items():
            pixels = dcmread(self.files[of_position[image.SOPInstanceUID] - 1]).pixel_array
            image.BitsAllocated, image.BitsStored, image.HighBit = 8, 8, 7
            image.PixelData = pixels.astype("u1").tobytes()
            image["PixelData"].VR = "OB"
            image.save_as(path)
        return stored


@contextmanager
def simulator(folder: Path) -> Iterator[tuple[int, int]]:
    """The printer simulator, standing alone; its port and process id."""
    configuration = folder / "simulator.yaml"
    configuration.write_text(f"ae_title: {TITLE}\nsettings: {{film_s: 0, queue: 100000}}\n")
    command = [sys.executable, "-m", "dicom_conformance", "simulate", "printer", "--config", str(configuration)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    first = process.stdout.readline()
    found = re.search(r":(\d+)", first)
    if found is None:
        raise SystemExit(f"the simulator does not listen: {first}")
    reader = threading.Thread(target=process.stdout.read)
    reader.start()
    try:
        yield int(found[1]), process.pid
    finally:
        programs().end(process)
        reader.join()
        process.stdout.close()


@contextmanager
def dcmprscp(folder: Path) -> Iterator[int]:
    """DCMTK's printer with an empty database; its port."""
    shutil.rmtree(folder, ignore_errors=True)
    port = reserved_port()
    configuration = programs().print_configuration(folder, TITLE, port, "LOCALPRINTER")
    with programs().serve("dcmprscp", "-c", configuration, "-p", TITLE, "-q", port=port):
        yield port
    shutil.rmtree(folder)


def dcmprscu_s(films: Films, stored: Path, folder: Path, port: int) -> float:
    """Seconds of dcmprscu, which is told the same film so many times."""
    configuration = films.client(port, folder)
    command = ["dcmprscu", "-q", "-c", str(configuration), "-p", TITLE, *[str(stored)] * films.count]
    begin = time.perf_counter()
    done = subprocess.run(
        command, env=programs().ENVIRONMENT, check=False, capture_output=True, text=True, timeout=TIMEOUT_S
    )
    seconds = time.perf_counter() - begin
    if done.returncode != 0 or "E:" in done.stderr:
        raise SystemExit(f"dcmprscu: {done.stdout}{done.stderr}")
    return seconds


def workstation_s(films: Films, port: int, printer_pid: int | None = None) -> tuple[float, list[Process]]:
    """Seconds of the workstation; what its process and the printer's took, where the printer is ours."""
    printer = {"ae_title": TITLE, "host": "127.0.0.1", "port": port, "bits": 8}
    configuration = Configuration.from_keywords(ae_title="WORKSTATION", printers={"printer": printer})
    processes = [Process(pid) for pid in (os.getpid(), printer_pid) if pid is not None]
    images = [{"file": films.files[index % IMAGES]} for index in range(films.count * IMAGES)]

    def progress(told: dict[str, Any]) -> None:
        if told.get("number") in (EARLY_FILM, films.count) and told["execution_status"] != "DONE":
            for process in processes:
                name = "early_bytes" if told["number"] == EARLY_FILM else "late_bytes"
                setattr(process, name, process.resident_bytes)

    with Workstation(configuration) as client:
        for process in processes:
            process.threads_before = process.threads
        begin = time.perf_counter()
        outcome = client.print("printer", images=images, layout=LAYOUT, progress=progress)
        client.leave_printer()
        seconds = time.perf_counter() - begin
        for process in processes:
            process.wait_threads(process.threads_before)
    if outcome.films_printed != films.count or outcome.not_deleted or outcome.result != "success":
        raise SystemExit(f"workstation: {outcome.result} {outcome.detail}")
    if printer_pid is not None and any(film.execution_status != "DONE" for film in outcome.films):
        raise SystemExit("workstation: a print job is not done")
    return seconds, processes


def measure(films: Films, scratch: Path, rounds: int) -> tuple[dict[str, list[float]], list[list[Process]]]:
    """Seconds of each pairing, and what processes of ours took, round after round."""
    taken: dict[str, list[float]] = {}
    memory: list[list[Process]] = []
    films.make()
    stored = films.stored_print(scratch / "dcmprscu")
    print_by_dcmtk = partial(dcmprscu_s, films, stored, scratch / "dcmprscu")

    def note(pairing: str, action: Callable[[int], float], port: int) -> None:
        taken.setdefault(pairing, []).append(action(port))

    for _ in range(rounds):
        with dcmprscp(scratch / "dcmprscp") as port:
            note(YARDSTICK, print_by_dcmtk, port)
            kept = list((scratch / "dcmprscp" / "database").glob("HG_*.dcm"))
            if len(kept) != films.count * IMAGES or dcmread(kept[0]).BitsStored != 8:
                raise SystemExit(f"dcmprscp kept {len(kept)} images")
        with simulator(scratch) as (port, pid):
            seconds, processes = workstation_s(films, port, pid)
            taken.setdefault(OURS, []).append(seconds)
            memory.append(processes)
            note("dcmprscu -> simulator", print_by_dcmtk, port)
            processes[-1].last_bytes = processes[-1].resident_bytes
        with dcmprscp(scratch / "dcmprscp") as port:
            note("workstation -> dcmprscp", lambda port: workstation_s(films, port)[0], port)
    return taken, memory


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for tool in ("dcmprscu", "dcmprscp", "dcmpsprt"):
        if shutil.which(tool) is None:
            raise SystemExit(f"{tool} is not installed: apt-get install dcmtk")
    with tempfile.TemporaryDirectory() as folder:
        films = Films(Path(folder) / "films", options.films)
        taken, memory = measure(films, Path(folder), options.rounds)
    rates = {name: [options.films / seconds for seconds in values] for name, values in taken.items()}
    yardstick = statistics.median(rates[YARDSTICK])
    print_machine()
    print(f"{options.films} films of {IMAGES} images, {SIDE} x {SIDE} x 8 bit, {options.rounds} rounds, medians")
    for name, values in rates.items():
        median = statistics.median(values)
        spread = f"{min(values):.1f} to {max(values):.1f}"
        print(f"{name:26} {median:6.1f} films/s  (median; {spread})  {relative(name, median / yardstick)}")
    for number, (client, printer) in enumerate(memory, start=1):
        print(f"round {number}: workstation {client}; simulator {printer}")
    ratio = statistics.median(rates[OURS]) / yardstick
    return 0 if ratio >= LEAST_RATIO and all(process.is_lean for round_ in memory for process in round_) else 1


def relative(name: str, ratio: float) -> str:
    """The ratio to the yardstick, with its aim where there is one."""
    return with_aim(ratio, LEAST_RATIO) if name == OURS else f"{ratio:.2f} x"


if __name__ == "__main__":
    sys.exit(main())
