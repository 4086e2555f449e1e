"""What the soak is run against: each target starts one process, and says what is done to it meanwhile.

To add a target: write a context manager that starts the process and yields what it is (`Soaked`), and put it into
`TARGETS` with its name. The process must listen for associations, because the echo of an honest peer is measured there.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import soak_simulators
from soak_adversary import Adversary
from soak_traffic import HONEST, HOSTILE, Conversation, Subject, UnservedError

from dicom_simulators.archive import Archive
from dicom_simulators.data_sets import build_study, write_file
from dicom_simulators.printer import Printer
from dicom_simulators.standalone import Forgetful
from dicom_workstation.control import ControlClient

ROOT = Path(__file__).parent.parent
STOP_S = 15.0
BUDGET_BYTES = 64 << 20
KEEP_S = 5
EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
CT = "1.2.840.10008.5.1.4.1.1.2"


def nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Soaked:
    """A process under test, and the conversations that are held with it: each worker picks one after the other.

    `give_back` is called before each look at its threads and descriptors: it has the process give back what it only
    keeps for the next request. `log` gives what it has noted so far, where it can be asked.
    """

    subject: Subject
    hostile: tuple[Conversation, ...] = HOSTILE
    honest: tuple[Conversation, ...] = HONEST
    give_back: Callable[[], object] = nothing
    log: Callable[[], list[str]] = list


@dataclass(frozen=True, slots=True)
class Target:
    """What can be soaked: `start` gets an empty folder for its files."""

    name: str
    start: Callable[[Path], AbstractContextManager[Soaked]]


@contextmanager
def started(command: list[str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a program and yield it with the first line that it prints; SIGTERM ends it, within `STOP_S`."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "TCP_NODELAY": "1"}
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline()
        if process.poll() is not None:
            raise SystemExit(f"{command[-1]}: the process ended by itself with status {process.returncode}")
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise SystemExit(f"the process did not end within {STOP_S:.0f} s of SIGTERM") from None
        finally:
            process.stdout.close()


@contextmanager
def workstation(folder: Path, **changes: object) -> Iterator[tuple[Subject, ControlClient]]:
    """`dicom-conformance workstation serve`, with a small memory and short time-outs."""
    settings: dict[str, object] = {
        "memory_budget_bytes": BUDGET_BYTES,
        "keep_s": KEEP_S,
        "network_timeout_s": 5,
        "acse_timeout_s": 5,
    }
    settings |= {f"{name}_timeout_s": 1 for name in ("association", "dimse", "arrival")}
    settings |= {"print_job_interval_s": 0.1, "print_job_timeout_s": 2} | changes
    file = folder / "workstation.yaml"
    file.write_text(json.dumps(settings), encoding="utf-8")  # JSON is YAML
    command = [sys.executable, "-m", "dicom_workstation.cli.command_line", "serve", "--config", str(file)]
    with started(command) as (process, line):
        told = json.loads(line)
        with ControlClient(told["control"], told["token"]) as client:
            yield Subject(process.pid, told["ae_title"], (told["host"], told["port"])), client


@contextmanager
def loader(folder: Path) -> Iterator[Soaked]:
    """The loader: peers come to it."""
    with workstation(folder) as (subject, client):
        yield Soaked(subject, give_back=client.status, log=client.log)


Peers = dict[str, dict[str, object]]


@contextmanager
def requestors(
    folder: Path, honest_peer: Archive | Printer, asks: Callable[[Random], tuple[str, dict[str, object]]]
) -> Iterator[Soaked]:
    """An AE of the workstation that opens associations: it is sent to an honest peer and to a hostile one.

    Its operations are also cancelled, at any moment. The loader of the same process answers the echo.
    """
    with ExitStack() as stack:
        adversary = stack.enter_context(Adversary())
        honest_peer.start()
        stack.callback(honest_peer.stop)
        peers = {name: _known(address) for name, address in (("good", honest_peer.address), ("bad", adversary.address))}
        subject, client = stack.enter_context(workstation(folder, archives=peers))

        def asks_bad(_: Subject, random: Random) -> None:
            operation, arguments = asks(random)
            later = threading.Timer(random.uniform(0, 2), client.perform, ("cancel", "bad", {}))
            if random.random() < 0.3:
                later.start()
            _check(client.perform(operation, "bad", arguments))
            if later.ident is not None:
                later.join()

        def asks_good(_: Subject, random: Random) -> None:
            operation, arguments = asks(random)
            _check(client.perform(operation, "good", arguments))

        # a request has the web framework end the threads that it has not needed for ten seconds
        hostile = (*HOSTILE, *(asks_bad,) * len(HOSTILE))
        yield Soaked(subject, hostile, (*HONEST, asks_good), client.status)


def _check(outcome: dict[str, object]) -> None:
    """Whatever a peer does, it is no fault of the workstation itself."""
    if outcome["result"] == "internal_error":
        raise UnservedError(f"{outcome['operation']}: {outcome['detail']}")


def _known(address: tuple[str, int]) -> dict[str, object]:
    return {"ae_title": "PEER", "host": address[0], "port": address[1]}


def _study(folder: Path) -> list[Path]:
    instances = build_study(seed=1)
    files = [folder / f"{number}.dcm" for number in range(len(instances))]
    for instance, file in zip(instances, files, strict=True):
        write_file(instance, file)
    return files


def query_engine(folder: Path) -> AbstractContextManager[Soaked]:
    """The query engine: C-FIND to archives."""
    archive = Archive("archive", "PEER", Forgetful(), instances=build_study(seed=1))
    return requestors(folder, archive, lambda _: ("query", {"level": "STUDY", "keys": {"PatientID": ""}}))


def store_client(folder: Path) -> AbstractContextManager[Soaked]:
    """The store client: C-STORE to archives."""
    files = [str(file) for file in _study(folder)]
    archive = Archive("archive", "PEER", Forgetful(), instances=build_study(seed=1))
    return requestors(folder, archive, lambda random: ("store", {"files": random.sample(files, min(3, len(files)))}))


def loader_client(folder: Path) -> AbstractContextManager[Soaked]:
    """The loader as a client: C-MOVE. The archive does not know the workstation, and says so (A801)."""
    study = build_study(seed=1)
    archive = Archive("archive", "PEER", Forgetful(), instances=study)
    keys = {"StudyInstanceUID": str(study[0].read().StudyInstanceUID)}
    return requestors(folder, archive, lambda _: ("retrieve", {"level": "STUDY", "keys": keys}))


def print_client(folder: Path) -> AbstractContextManager[Soaked]:
    """The print client: Print Management to printers."""
    files = [str(file) for file in _study(folder)]
    printer = Printer("printer", "PEER", Forgetful(), keeps=False)
    return requestors(folder, printer, lambda random: ("print", {"files": [random.choice(files)]}))


def simulator(name: str) -> Callable[[Path], AbstractContextManager[Soaked]]:
    """A simulator: peers come to it."""

    @contextmanager
    def serving(folder: Path) -> Iterator[Soaked]:
        with started(soak_simulators.command_of(name, folder)) as (process, line):
            subject = soak_simulators.subject_of(name, process.pid, line)
            yield Soaked(subject, honest=soak_simulators.conversations(name))

    return serving


TARGETS: tuple[Target, ...] = (
    Target("workstation loader", loader),
    Target("workstation query engine", query_engine),
    Target("workstation loader client", loader_client),
    Target("workstation store client", store_client),
    Target("workstation print client", print_client),
    *(Target(f"simulator {name}", simulator(name)) for name in ("archive", "destination", "printer", "scripted")),
)
