"""Stop and cancel, at each step of each operation: the peer falls silent there, and no time-out comes to help.

The peer follows a script and then says nothing more. The workstation's own time-outs are ten minutes, so that nothing
but the stop, or the cancel, can end the operation before the deadline of the test.
"""

from __future__ import annotations

import contextlib
import fcntl
import socket
import struct
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from raw_dicom_peer import (
    CT,
    DEADLINE_S,
    IMPLICIT,
    VERIFICATION,
    RawPeer,
    accept,
    associate_rq,
    command,
    echo_rq,
    p_data,
    receive_message,
    store_rq,
)

from dicom_conformance.play.certificates import of_this_run
from dicom_simulators.data_sets import build, write_file
from dicom_workstation.application import Workstation
from dicom_workstation.configuration import Configuration
from dicom_workstation.network.service_server import ServiceServer
from dicom_workstation.operation_register import NotListeningError

NEVER_S = 600.0
END_S = 15.0
REACHED_S = 120.0  # the peer reads many megabytes
STUDY = {"StudyInstanceUID": "1.2.3"}
TIMES = (
    *("association_timeout_s", "acse_timeout_s", "dimse_timeout_s", "network_timeout_s", "arrival_timeout_s"),
    *("print_job_interval_s", "print_job_timeout_s"),
)
FIND, MOVE, STUDY_ROOT_FIND, STUDY_ROOT_MOVE = (
    0x8020,
    0x8021,
    "1.2.840.10008.5.1.4.1.2.2.1",
    "1.2.840.10008.5.1.4.1.2.2.2",
)

Script = Callable[[RawPeer, threading.Event], None]


class SilentPeer:
    """Accepts every connection, and plays the same script with each; what it reads after the script is dropped."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.reached = threading.Event()
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    @property
    def known(self) -> dict[str, object]:
        host, port = self._listening.getsockname()
        return {"ae_title": "SILENT", "host": host, "port": port}

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self._connections.append(connection)
            self._threads.append(threading.Thread(target=self._play, args=(connection,)))
            self._threads[-1].start()

    def _play(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            peer = RawPeer(connection)
            connection.settimeout(NEVER_S)
            self._script(peer, self.reached)
            self.reached.set()

    def close(self) -> None:
        for each in (self._listening, *self._connections):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in (self._thread, *self._threads):
            thread.join(DEADLINE_S)
            assert not thread.is_alive()


# -- scripts: where the peer falls silent


def accepts_tcp_only(peer: RawPeer, reached: threading.Event) -> None:
    """Take the A-ASSOCIATE-RQ, or the first bytes of a TLS handshake, and say nothing."""
    assert peer.connection.recv(1)


def accepts_half(peer: RawPeer, reached: threading.Event) -> None:
    """Begin an A-ASSOCIATE-AC."""
    peer.receive()
    peer.send(b"\2\0\0\0\1\0\0\1")


def answers_no_request(peer: RawPeer, reached: threading.Event) -> None:
    accept(peer)
    receive_message(peer)


def answers_no_release(peer: RawPeer, reached: threading.Event) -> None:
    """Answer the request well, and not the release."""
    contexts = {number: syntax for number, syntax, _ in accept(peer)}
    pdu = peer.receive()
    while pdu[0] == 4:  # what follows the first fragment is of the same request
        if pdu[11] & 3 == 3:
            peer.send(final_response(pdu[10], contexts[pdu[10]], pdu))
        pdu = peer.receive()
    assert pdu[0] == 5


def final_response(context_id: int, sop_class: str, request: bytes) -> bytes:
    field = {VERIFICATION: 0x8030, STUDY_ROOT_FIND: FIND, STUDY_ROOT_MOVE: MOVE}.get(sop_class, 0x8001)
    elements: dict[str, int | str] = {"AffectedSOPClassUID": sop_class, "CommandField": field}
    elements |= {"MessageIDBeingRespondedTo": 1, "CommandDataSetType": 0x0101, "Status": 0}
    return p_data(context_id, 3, command(**elements))


def sends_nothing_that_it_announced(peer: RawPeer, reached: threading.Event) -> None:
    """Answer a C-MOVE with success and five instances that never arrive; release."""
    accept(peer)
    context_id, _, _ = receive_message(peer)
    elements: dict[str, int | str] = {"AffectedSOPClassUID": STUDY_ROOT_MOVE, "CommandField": MOVE, "Status": 0}
    elements |= {"MessageIDBeingRespondedTo": 1, "CommandDataSetType": 0x0101, "NumberOfCompletedSuboperations": 5}
    peer.send(p_data(context_id, 3, command(**elements)))
    peer.receive()
    peer.send(b"\6\0\0\0\0\4\0\0\0\0")
    peer.receive()


def reads_no_data_set(peer: RawPeer, reached: threading.Event) -> None:
    """Take the association and not a byte of the data set, which is larger than the buffers of the system."""
    accept(peer)
    peer.connection.recv(1)
    waiting, unchanged, pause = -1, 0, threading.Event()
    while unchanged < 10:  # until the system's buffers are full, so that the workstation waits
        pause.wait(0.05)
        before, waiting = waiting, struct.unpack("i", fcntl.ioctl(peer.connection, termios.FIONREAD, bytes(4)))[0]
        unchanged = unchanged + 1 if before == waiting else 0


OPENING = {"no A-ASSOCIATE-AC": accepts_tcp_only, "half an A-ASSOCIATE-AC": accepts_half}
LATER = {"no response": answers_no_request, "no A-RELEASE-RP": answers_no_release}
OPERATIONS: dict[str, dict[str, object]] = {
    "echo": {},
    "associate": {},
    "query": {"level": "STUDY", "keys": {"PatientID": "*"}},
    "retrieve": {"level": "STUDY", "keys": STUDY},
    "store": {},
    "select_printer": {},
    "print": {},
    "preview": {},
}
OF_PRINTING = ("select_printer", "print", "preview")
SILENCES: list[tuple[str, str, Script]] = [
    *((name, step, script) for name in OPERATIONS for step, script in OPENING.items()),
    *(
        (name, "no response", answers_no_request)
        for name in ("echo", "query", "retrieve", "store", "select_printer", "print")
    ),
    *((name, "no A-RELEASE-RP", answers_no_release) for name in ("echo", "query", "retrieve", "store")),
    ("associate", "no A-RELEASE-RP", answers_no_release),
    ("store", "reads no data set", reads_no_data_set),
    ("retrieve", "nothing arrives", sends_nothing_that_it_announced),
]


@pytest.fixture
def silent() -> Iterator[Callable[[Script], SilentPeer]]:
    opened: list[SilentPeer] = []

    def begin(script: Script) -> SilentPeer:
        opened.append(SilentPeer(script))
        return opened[-1]

    yield begin
    for each in opened:
        each.close()


@pytest.fixture(scope="module")
def large_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that no buffer of the system takes whole."""
    instance = build("smallest", CT, IMPLICIT, rows=2048, columns=4096)
    return write_file(instance, tmp_path_factory.mktemp("files") / "large.dcm")


class Asked:
    """An operation that runs in a thread, and the threads that were there before the workstation."""

    def __init__(self, peer: SilentPeer | None, large_file: Path, **changes: object) -> None:
        self.before = set(threading.enumerate())
        known = {} if peer is None else {"silent": peer.known}
        settings = {**dict.fromkeys(TIMES, NEVER_S), "archives": known, "printers": known, **changes}
        self.workstation = Workstation(Configuration.from_keywords(**settings))
        self.workstation.start()
        self._file = large_file
        self.outcomes: list[object] = []
        self._threads: list[threading.Thread] = []

    def begin(self, operation: str) -> None:
        arguments = dict(OPERATIONS[operation])
        if operation in ("store", "print", "preview"):
            arguments["files"] = [str(self._file)]

        def perform() -> None:
            self.outcomes.append(getattr(self.workstation, operation)("silent", **arguments))

        self._threads.append(threading.Thread(target=perform, daemon=True))
        self._threads[-1].start()

    def ended(self) -> list[str]:
        """Wait for the operations to end; returns their results."""
        for thread in self._threads:
            thread.join(END_S)
            assert not thread.is_alive(), "the operation has not ended"
        return [str(outcome.result) for outcome in self.outcomes]  # type: ignore[attr-defined]

    def stop(self) -> None:
        """Stop the workstation; no thread is left of it, nor of the operations."""
        stopping = threading.Thread(target=self.workstation.stop, daemon=True)
        stopping.start()
        stopping.join(END_S)
        assert not stopping.is_alive(), "the workstation does not stop"
        self.ended()
        assert not [line for line in self.workstation.log() if "have not ended" in line]
        assert {each for each in threading.enumerate() if not each.name.startswith("Thread-")} <= self.before


NAMES = [f"{name}, {step}" for name, step, _ in SILENCES]


@pytest.mark.parametrize(("operation", "step", "script"), SILENCES, ids=NAMES)
def test_stop(operation, step, script, silent, large_file):
    peer = silent(script)
    asked = Asked(peer, large_file)
    asked.begin(operation)
    assert peer.reached.wait(REACHED_S)
    asked.stop()
    assert asked.ended() != ["internal_error"]


WITHOUT_CANCEL_OF_DIMSE = [each for each in SILENCES if each[1] not in ("no response", "reads no data set")]


@pytest.mark.parametrize(
    ("operation", "step", "script"),
    WITHOUT_CANCEL_OF_DIMSE,
    ids=[f"{name}, {step}" for name, step, _ in WITHOUT_CANCEL_OF_DIMSE],
)
def test_cancel(operation, step, script, silent, large_file):
    peer = silent(script)
    asked = Asked(peer, large_file)
    asked.begin(operation)
    assert peer.reached.wait(REACHED_S)
    assert asked.workstation.cancel("silent").result == "success"
    (result,) = asked.ended()
    if script in OPENING.values():
        assert result == "cancelled"
    asked.stop()


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("end", ["stop", "cancel"])
def test_while_the_connection_opens(operation, end, large_file, unanswered):
    """The peer's system answers no SYN, for its queue of connections is full."""
    asked = Asked(unanswered, large_file)
    asked.begin(operation)
    while not asked.workstation._register._operations:
        time.sleep(0.005)
    if end == "cancel":
        asked.workstation.cancel()
        assert asked.ended() == ["cancelled"]
    asked.stop()


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("end", ["stop", "cancel"])
def test_while_a_handshake_is_not_answered(operation, end, silent, large_file, certificates):
    peer = silent(accepts_tcp_only)
    asked = Asked(peer, large_file, tls=certificates)
    asked.begin(operation)
    assert peer.reached.wait(REACHED_S)
    if end == "cancel":
        asked.workstation.cancel()
        assert asked.ended() == ["cancelled"]
    asked.stop()


@pytest.mark.parametrize(
    ("operation", "end"),
    [
        *((operation, end) for operation in ("query", "retrieve", "print") for end in ("stop", "cancel")),
        ("select_printer", "stop"),  # its cancel would end what is printed: it waits for one response at most
    ],
)
def test_while_it_waits_for_the_one_before(operation, end, silent, large_file):
    peer = silent(answers_no_request)
    asked = Asked(peer, large_file, parallel_retrieves=1)
    asked.begin("print" if operation in OF_PRINTING else operation)
    assert peer.reached.wait(REACHED_S)
    asked.begin(operation)
    while len(asked.workstation._register._operations) < 2:
        time.sleep(0.005)
    if end == "cancel":
        asked.workstation._register._operations[1].cancel()
        asked._threads[1].join(END_S)
        assert [str(each.result) for each in asked.outcomes] == ["cancelled"]
    asked.stop()


@pytest.fixture
def unanswered() -> Iterator[SilentPeer]:
    """A listener whose queue is full: Linux drops each further SYN."""

    class Full:
        def __init__(self, listening: socket.socket) -> None:
            host, port = listening.getsockname()
            self.known = {"ae_title": "FULL", "host": host, "port": port}

    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listening.getsockname())
        yield Full(listening)  # type: ignore[misc]


@pytest.fixture
def certificates() -> dict[str, object]:
    return dict(of_this_run().filled({"client_authentication": "off"}))


# -- the loader, and what comes after the end


def half_a_request(peer: RawPeer) -> None:
    peer.send(associate_rq([(1, VERIFICATION, [IMPLICIT])])[:40])


def an_idle_association(peer: RawPeer) -> None:
    assert peer.open()[0] == 2


def half_a_data_set(peer: RawPeer) -> None:
    assert peer.open([(1, CT, [IMPLICIT])])[0] == 2
    peer.send(store_rq(bytes(1 << 20), CT, "1.2.3")[: 1 << 19])


def responses_that_nobody_reads(peer: RawPeer) -> None:
    """Ask until the workstation can write no more: it waits for us to read."""
    peer.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    assert peer.open()[0] == 2
    peer.connection.settimeout(0.5)
    with contextlib.suppress(TimeoutError):
        while True:
            peer.send(echo_rq() * 100)


@pytest.mark.parametrize(
    "begin", [lambda peer: None, half_a_request, an_idle_association, half_a_data_set, responses_that_nobody_reads]
)
def test_stop_while_a_peer_of_the_loader_is_silent(begin, connect, large_file, monkeypatch):
    monkeypatch.setattr(ServiceServer, "most_waiting", None)  # else requests that pile up end the association
    asked = Asked(None, large_file)
    begin(connect(asked.workstation.address))
    asked.stop()


def test_reading_the_address_never_listens(large_file):
    before = set(threading.enumerate())
    workstation = Workstation(Configuration.from_keywords())
    with pytest.raises(NotListeningError):
        _ = workstation.address
    with workstation:
        assert workstation.address[1] > 0
    with pytest.raises(NotListeningError):
        _ = workstation.address
    assert set(threading.enumerate()) == before


def test_nothing_begins_after_the_stop(silent, large_file):
    peer = silent(accepts_tcp_only)
    asked = Asked(peer, large_file)
    asked.stop()
    for operation in OPERATIONS:
        asked.begin(operation)
    results = asked.ended()
    assert set(results) <= {"aborted", "cancelled", "refused"}
    assert not peer.reached.is_set()
    assert set(threading.enumerate()) <= asked.before
