from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from dicom_simulators.faults import build
from dicom_simulators.link import link
from dicom_simulators.link.link import Link, nobody_listens
from dicom_simulators.listening import listen
from dicom_wire import Kind, Recorder, Side


class Stage:
    """A link, and a bare target behind it."""

    def __init__(self) -> None:
        self.recorder = Recorder()
        self.listener = listen("127.0.0.1", 0)
        self.listener.settimeout(3.0)
        self.link = Link("link", "a", "b", self.listener.getsockname(), self.recorder)
        self.link.start()

    def pair(self) -> tuple[socket.socket, socket.socket]:
        near = socket.create_connection(self.link.address, 3.0)
        far, _ = self.listener.accept()
        far.settimeout(3.0)
        return near, far

    def kinds(self) -> list[tuple[Kind, Side, bool]]:
        return [(s.kind, s.sender, s.written) for s in self.recorder.sightings if s.kind is not Kind.DATA]


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.link.stop()
    made.listener.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("link ")]


def exactly(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count and (piece := sock.recv(count - len(data))):
        data += piece
    return data


def test_bytes_pass_both_ways_stamped_at_read_and_write(stage: Stage) -> None:
    near, far = stage.pair()
    with near, far:
        near.sendall(b"there")
        assert exactly(far, 5) == b"there"
        far.sendall(b"back")
        assert exactly(near, 4) == b"back"
    stage.link.stop()  # what was written is noted after it was written
    told = [(s.sender, s.data, s.written) for s in stage.recorder.sightings if s.kind is Kind.DATA]
    assert told == [
        (Side.REQUESTOR, b"there", False),
        (Side.REQUESTOR, b"there", True),
        (Side.ACCEPTOR, b"back", False),
        (Side.ACCEPTOR, b"back", True),
    ]
    (connection,) = stage.recorder.connections
    assert (connection.observer, connection.requestor, connection.acceptor) == ("link", "a", "b")


def test_a_fin_closes_one_direction_only(stage: Stage) -> None:
    near, far = stage.pair()
    with near, far:
        near.shutdown(socket.SHUT_WR)
        assert far.recv(10) == b""
        far.sendall(b"still")
        assert exactly(near, 5) == b"still"
        far.shutdown(socket.SHUT_WR)
        assert near.recv(10) == b""
    stage.link.stop()
    assert (Kind.FIN, Side.REQUESTOR, True) in stage.kinds()


@pytest.mark.parametrize("by_requestor", [True, False])
def test_a_reset_is_passed_on_as_a_reset(stage: Stage, by_requestor: bool) -> None:
    near, far = stage.pair()
    one, other = (near, far) if by_requestor else (far, near)
    with other:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.close()
        with pytest.raises(ConnectionResetError):
            other.recv(10)
    stage.link.stop()
    sender = Side.REQUESTOR if by_requestor else Side.ACCEPTOR
    assert stage.kinds()[-2:] == [(Kind.RST, sender, False), (Kind.RST, sender, True)]


def test_a_reset_before_the_link_has_seen_its_connection_is_passed_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reset_first(far: socket.socket, wake: socket.socket) -> int:
        accepted, _ = stage.listener.accept()
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        accepted.close()
        return outcome(far, wake)

    outcome = link._outcome
    monkeypatch.setattr(link, "_outcome", reset_first)
    with pytest.raises(ConnectionResetError), socket.create_connection(stage.link.address, 3.0) as near:
        near.recv(10)
    stage.link.stop()
    assert stage.kinds()[-2:] == [(Kind.RST, Side.ACCEPTOR, False), (Kind.RST, Side.ACCEPTOR, True)]


def test_a_receiver_that_does_not_read_holds_the_sender_up(stage: Stage) -> None:
    near, far = stage.pair()
    size = 32 << 20
    with near, far:
        near.settimeout(0.3)
        with pytest.raises(TimeoutError):
            near.sendall(bytes(size))
        read = sum(len(s.data) for s in stage.recorder.sightings if s.kind is Kind.DATA and not s.written)
        assert 0 < read < size


def test_a_target_that_refuses_looks_refusing(stage: Stage) -> None:
    with closing(listen("127.0.0.1", 0)) as gone:
        target = gone.getsockname()
    assert nobody_listens(target)
    link = Link("link", "a", "b", target, stage.recorder)
    link.start()
    try:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(link.address, 3.0)
    finally:
        link.stop()


def test_the_link_listens_as_soon_as_its_target_does(stage: Stage) -> None:
    with closing(listen("127.0.0.1", 0)) as gone:
        target = gone.getsockname()
    link = Link("link", "a", "b", target, stage.recorder)
    link.start()
    try:
        with closing(listen(*target)) as back, socket.socket() as near:
            back.settimeout(3.0)
            attempts = 0
            while near.connect_ex(link.address) != 0:
                attempts += 1
                assert attempts < 100_000
            far, _ = back.accept()
            far.close()
    finally:
        link.stop()


def test_asking_who_listens_leaves_no_trace_at_the_target(stage: Stage) -> None:
    assert not nobody_listens(stage.listener.getsockname())
    stage.listener.setblocking(False)
    with pytest.raises(BlockingIOError):
        stage.listener.accept()


def test_stop_ends_what_is_open(stage: Stage) -> None:
    near, far = stage.pair()
    with near, far:
        stage.link.stop()
        assert near.recv(10) == b""
        assert far.recv(10) == b""


def test_a_reset_at_the_connection(stage: Stage) -> None:
    stage.link.fault(build("reset", {"on": "connection"}))
    with pytest.raises(ConnectionResetError), socket.create_connection(stage.link.address, 3.0) as near:
        near.recv(10)


def test_a_close_at_the_connection_until_the_fault_is_lifted(stage: Stage) -> None:
    stage.link.fault(build("close", {"on": "connection"}))
    near, far = stage.pair()
    with near, far:
        near.sendall(b"lost")
        assert near.recv(10) == b""
        assert far.recv(10) == b""
    stage.link.clear()
    near, far = stage.pair()
    with near, far:
        near.sendall(b"through")
        assert exactly(far, 7) == b"through"


def test_a_connection_waits_until_there_is_a_thread_for_it(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refused(threading.Thread):
        refusals = 2

        def start(self) -> None:
            if self.name.startswith("link ") and Refused.refusals:
                Refused.refusals -= 1
                raise RuntimeError("can't start new thread")
            super().start()

    monkeypatch.setattr(link.threading, "Thread", Refused)
    for _ in range(2):
        near, far = stage.pair()
        with near, far:
            near.sendall(b"there")
            assert exactly(far, 5) == b"there"
    assert Refused.refusals == 0
