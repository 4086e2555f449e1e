"""The AEs of the workstation that open associations, as targets of the fuzzing.

Between such an AE and an honest archive or printer stands a peer that passes on what the AE says, and mutates what it
is answered. The AE is asked for its operation again and again; whatever it is answered, its outcome is no mistake of
its own. The loader of the same process answers the honest echo.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from typing import Self

from fuzz_mutations import Script
from fuzz_seeds import Turn
from soak_targets import Soaked, Target, workstation

from dicom_simulators.archive import Archive
from dicom_simulators.data_sets import Instance, build_study, write_file
from dicom_simulators.printer import Printer
from dicom_simulators.standalone import Forgetful
from dicom_wire import PDUStream

SPAN = 8
"""Among how many PDUs of a conversation the mutations are spread."""
STAYS_S = 5.0
STEP_BYTES = 1 << 16
PEERS = 16
"""Ports of the mutating peer: an AE has one association with an archive at a time."""
TIMEOUT_S = 0.3
TIMEOUTS = ("association", "dimse", "arrival", "acse", "network")
UNCHANGED = Script("echo", ())


def mutated(script: Script, number: int, raw: bytes) -> tuple[list[bytes], bool]:
    """Give what is said in the place of the `number`th PDU, and whether the conversation ends with it."""
    turns: tuple[Turn, ...] = (Turn(raw, False),)
    ends = False
    for mutation in script.mutations:
        if mutation.at % SPAN == number:
            turns = replace(mutation, at=0).apply(turns)
            ends = ends or mutation.kind == "end"
    return [turn.raw for turn in turns], ends


class MutatingPeer:
    """Listens on loopback ports; leads each connection to an honest peer, and mutates what that one answers."""

    def __init__(self, honest: tuple[str, int], ports: int) -> None:
        self._honest = honest
        self._listening = [socket.create_server(("127.0.0.1", 0), backlog=64) for _ in range(ports)]
        self.addresses: list[tuple[str, int]] = [each.getsockname() for each in self._listening]
        self._threads: list[threading.Thread] = []
        self._scripts = cycle((UNCHANGED,))
        self._lock = threading.Lock()
        self.said: list[bytes] = []
        """What was said on the connection that was led last."""

    def __enter__(self) -> Self:
        accepting = [threading.Thread(target=self._accept, args=(each,)) for each in self._listening]
        for thread in accepting:
            thread.start()
        self._threads += accepting
        return self

    def __exit__(self, *_: object) -> None:
        for listening in self._listening:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
        for thread in self._threads:
            thread.join()

    def play(self, scripts: Sequence[Script]) -> None:
        """Take these scripts in turn, one for each connection that comes."""
        with self._lock:
            self._scripts = cycle(scripts)

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listening.accept()
                thread = threading.Thread(target=self._lead, args=(near,))
                with self._lock:
                    self._threads = [each for each in self._threads if each.is_alive()]
                    self._threads.append(thread)
                    thread.start()

    def _lead(self, near: socket.socket) -> None:
        with self._lock:
            script = next(self._scripts)
        with near, suppress(OSError), socket.create_connection(self._honest, STAYS_S) as far:
            for end in (near, far):
                end.settimeout(STAYS_S)
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            onward = threading.Thread(target=_pass_on, args=(near, far))
            onward.start()
            try:
                self._answer(near, far, script)
            finally:
                if script.ends == "reset":
                    near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                with suppress(OSError):
                    far.shutdown(socket.SHUT_RDWR)
                with suppress(OSError):
                    near.shutdown(socket.SHUT_WR)
                onward.join()

    def _answer(self, near: socket.socket, far: socket.socket, script: Script) -> None:
        stream, number = PDUStream(), 0
        self.said = said = []
        while data := far.recv(STEP_BYTES):
            for received in stream.feed(data):
                pieces, ends = mutated(script, number, bytes(received.raw))
                for raw in pieces:
                    said.append(raw)
                    near.sendall(raw)
                number += 1
                if ends:
                    return


def _pass_on(near: socket.socket, far: socket.socket) -> None:
    """Pass on what the AE says; it may leave, or say nothing for a while."""
    with suppress(OSError):
        while data := near.recv(STEP_BYTES):
            far.sendall(data)
    with suppress(OSError):
        far.shutdown(socket.SHUT_WR)


@dataclass(frozen=True, slots=True)
class Asked(Soaked):
    """A process that is asked for an operation with the mutating peer; `ask` gives its outcome."""

    peer: MutatingPeer | None = None
    ask: Callable[[int], dict[str, object]] = lambda number: {}
    operation: str = ""

    def hold(self, scripts: Sequence[Script]) -> str:
        """Have each script played; say which outcome is a mistake of the process itself."""
        assert self.peer is not None
        self.peer.play(scripts)
        with ThreadPoolExecutor(PEERS) as workers:
            outcomes = list(workers.map(self.ask, range(len(scripts))))
        wrong = [one for one in outcomes if one["result"] == "internal_error"]
        return f"{wrong[0]['operation']}: {wrong[0]['detail']}" if wrong else ""


def _study() -> list[Instance]:
    return list(build_study(seed=1))


def _files(folder: Path) -> list[str]:
    files = []
    for number, instance in enumerate(_study()):
        files.append(str(folder / f"{number}.dcm"))
        write_file(instance, folder / f"{number}.dcm")
    return files


def _archive() -> Archive:
    return Archive("archive", "PEER", Forgetful(), instances=_study())


def _printer() -> Printer:
    return Printer("printer", "PEER", Forgetful(), keeps=False)


Arguments = Callable[[Path], dict[str, object]]
OPERATIONS: dict[str, tuple[Callable[[], Archive | Printer], str, Arguments]] = {
    "query engine": (_archive, "query", lambda folder: {"level": "STUDY", "keys": {"PatientID": ""}}),
    "loader client": (
        _archive,
        "retrieve",
        lambda folder: {
            "level": "STUDY",
            "keys": {"StudyInstanceUID": str(build_study(seed=1)[0].read().StudyInstanceUID)},
        },
    ),
    "store client": (_archive, "store", lambda folder: {"files": _files(folder)[:2]}),
    "print client": (_printer, "print", lambda folder: {"files": _files(folder)[:1], "follow": False}),
}
"""AE to the peer that it asks, its operation and the arguments."""


def _target(name: str) -> Target:
    make, operation, arguments = OPERATIONS[name]

    @contextmanager
    def start(folder: Path) -> Iterator[Soaked]:
        with ExitStack() as stack:
            honest = make()
            honest.start()
            stack.callback(honest.stop)
            peer = stack.enter_context(MutatingPeer(honest.address, PEERS))
            archives = {
                f"peer{number}": {"ae_title": "PEER", "host": host, "port": port}
                for number, (host, port) in enumerate(peer.addresses)
            }
            short = {f"{name}_timeout_s": TIMEOUT_S for name in TIMEOUTS}
            subject, client = stack.enter_context(workstation(folder, archives=archives, **short))
            given = arguments(folder)
            yield Asked(
                subject,
                give_back=client.status,
                log=client.log,
                peer=peer,
                ask=lambda number: client.perform(operation, f"peer{number % PEERS}", given),
                operation=operation,
            )

    starting: Callable[[Path], AbstractContextManager[Soaked]] = start
    return Target(f"workstation {name}", starting)


TARGETS: tuple[Target, ...] = tuple(map(_target, OPERATIONS))
