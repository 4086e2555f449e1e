"""The relay that an association is led through: it sees every byte and changes none.

What is read in one piece is written in one piece, at once, with a stamp at the read and one at the write; while a write
waits, its direction is not read (backpressure). A FIN is passed on as a FIN, the other direction stays open; a RST as a
RST. One thread listens; one leads each connection, both directions.

*A target that refuses looks refusing.* The kernel accepts before we can ask the target, so the question is put earlier:
while nothing listens at a target on this host, the link's port is bound but does not listen, and whoever connects is
refused. Whether somebody listens is found without a connection that the target would see: binding its address with
SO_REUSEADDR fails exactly then. It is asked at `start` and every 50 ms. In the moment between, and with a target on
another host, a connection is accepted and then reset as soon as the onward connection is refused. A target that
answers nothing leaves the requestor connected to silence.

Faults act at connections, and at PDUs and DIMSE messages that pass; these are read along only while faults are in
force. While all of them only delay, slow down, end or silence the connection, bytes still pass as they come, and a
message is held up by its last piece. A fault that changes what passes has PDUs and messages held until they are whole.

TLS passes through as the bytes that it is. With a `Termination` the link ends it on both sides instead: it shows the
requestor a certificate of its own, and what it sees, tells and misbehaves on is plain.
"""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Callable, Iterable

from dicom_simulators import readiness
from dicom_simulators.association import HandshakeError, Termination
from dicom_simulators.faults import Fault, InForce
from dicom_simulators.link.relay import Relay, reset
from dicom_simulators.listening import Port, family_of
from dicom_wire import Kind, Recorder, Side

WATCH_MS = 50
CONNECT_S = 10.0


def nobody_listens(address: tuple[str, int]) -> bool:
    """Tell whether an address of this host certainly has no listener; leaves no trace there."""
    with socket.socket(family_of(address[0]), socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError:
            return False  # in use; or not an address of this host, or not ours to bind: unknown
    return True


class Link:
    """A relay between two AEs.

    Parameters
    ----------
    name : str
        The observer's name in the trace.
    requestor, acceptor : str
        The names in the scenario of the AEs on either side.
    target : (str, int)
        Where the acceptor listens.
    tls : Termination, optional
        TLS is ended on both sides.
    turns : threading.Semaphore, optional
        Taken before the target is called, and given back at the end of the connection: it limits how many there are.
    most : int, optional
        So many connections are led at a time; more wait until they are accepted.
    on_lost : callable, optional
        Called, instead of an error in the thread that listens, where another program listens at the port when the link
        is to open it again. The link accepts nothing then.
    """

    def __init__(
        self,
        name: str,
        requestor: str,
        acceptor: str,
        target: tuple[str, int],
        recorder: Recorder,
        host: str = "127.0.0.1",
        port: int = 0,
        faults: Iterable[Fault] = (),
        tls: Termination | None = None,
        turns: threading.Semaphore | None = None,
        most: int | None = None,
        on_lost: Callable[[OSError], None] | None = None,
    ) -> None:
        self._tls = tls
        self._turns = turns
        self._most = most
        self._on_lost = on_lost
        self._name, self._requestor, self._acceptor = name, requestor, acceptor
        self._target = target
        self._recorder = recorder
        self._host, self._port = host, port
        self._faults = InForce(faults)
        self._faults.watch(self._reconsider)
        self._stopping = threading.Event()
        self._running: set[threading.Thread] = set()
        self._lock = threading.Lock()
        self._taken: Port | None = None
        self._wake: tuple[socket.socket, socket.socket] | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens in the acceptor's place."""
        return self._host, self._port

    def start(self) -> None:
        """Take the port and listen, if the target does.

        Raises
        ------
        OSError
            The port cannot be had.
        """
        self._stopping.clear()
        self._taken = Port(self._host, self._port, self._is_open)
        self._port = self._taken.number
        self._wake = socket.socketpair()
        self._thread = threading.Thread(
            target=self._listen,
            args=(self._taken, self._wake[0]),
            name=f"{self._name} to {self._acceptor}",
            daemon=True,
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, close every connection, join every thread. May be called twice."""
        self._stopping.set()
        if self._thread is None or self._wake is None or self._taken is None:
            return
        self._wake[1].send(b"\0")  # never read: it wakes every thread
        self._thread.join()
        with self._lock:
            running = list(self._running)
        for thread in running:
            thread.join()
        self._taken.close()
        for end in self._wake:
            end.close()
        self._thread = self._wake = self._taken = None

    @property
    def faults(self) -> InForce:
        """The faults in force."""
        return self._faults

    def fault(self, fault: Fault) -> None:
        """Bring a fault in force."""
        self._faults.add(fault)

    def clear(self) -> None:
        """Lift every fault."""
        self._faults.clear()

    # -- listening ------------------------------------------------------------------------------------------------

    def _is_open(self) -> bool:
        """Tell whether connections are accepted: the target listens, and no fault refuses them."""
        return not self._faults.refuses and not nobody_listens(self._target)

    def _reconsider(self) -> None:
        """Listen or refuse, as the faults now say."""
        if self._taken is not None:
            self._taken.reconsider()

    def _listen(self, taken: Port, wake: socket.socket) -> None:
        try:
            self._watch(taken, wake)
        except OSError as error:
            if self._on_lost is None:
                raise
            self._on_lost(error)

    def _watch(self, taken: Port, wake: socket.socket) -> None:
        while not self._stopping.is_set():
            poll = readiness.make_poll()
            for waited in (wake, taken.bell, taken.listener if self._has_room() else None):
                if waited is not None:
                    poll.register(waited, readiness.POLLIN)
            ready = {descriptor for descriptor, _ in poll.poll(WATCH_MS)}
            if self._stopping.is_set():
                break
            if taken.listener is not None and taken.listener.fileno() in ready:
                self._accept(taken.listener, wake)
            else:
                taken.consider()

    def _has_room(self) -> bool:
        with self._lock:
            return self._most is None or len(self._running) < self._most

    def _accept(self, listener: socket.socket, wake: socket.socket) -> None:
        try:
            near, caller = listener.accept()
        except (ConnectionAbortedError, BlockingIOError):
            return  # gone again before it was accepted
        except OSError:
            _pause(wake)  # no descriptors: the connection waits until there are
            return
        while not self._stopping.is_set():
            thread = threading.Thread(
                target=self._lead, args=(near, caller, wake), name=f"{self._name} {caller[1]}", daemon=True
            )
            with self._lock:
                self._running.add(thread)
            try:
                thread.start()
                return
            except (RuntimeError, MemoryError):  # no thread: it waits until there can be one
                with self._lock:
                    self._running.discard(thread)
                _pause(wake)
        near.close()

    def _lead(self, near: socket.socket, caller: tuple[str, int], wake: socket.socket) -> None:
        has_turn = False
        try:
            has_turn = self._has_turn()
            if not has_turn:
                return
            with socket.socket(family_of(self._target[0]), socket.SOCK_STREAM) as far:
                self._lead_on(near, far, caller, wake)
        finally:
            if has_turn and self._turns is not None:
                self._turns.release()
            near.close()
            with self._lock:
                self._running.discard(threading.current_thread())

    def _has_turn(self) -> bool:
        """Wait until the target may be called; false if the link stops before that."""
        while self._turns is not None and not self._turns.acquire(timeout=WATCH_MS / 1000):
            if self._stopping.is_set():
                return False
        return True

    def _lead_on(self, near: socket.socket, far: socket.socket, caller: tuple[str, int], wake: socket.socket) -> None:
        """Call the target and relay. Our end of the onward connection is recorded before the acceptor records it."""
        far.setblocking(False)
        with self._recorder.undisturbed():
            refused = far.connect_ex(self._target)
            ends = (self.address, far.getsockname()[:2])
            number = self._recorder.open(self._name, self._requestor, self._acceptor, caller[:2], self._target, ends)
        try:
            self._lead_between(number, near, far, refused, wake)
        finally:
            self._recorder.closed(number)

    def _lead_between(
        self, number: int, near: socket.socket, far: socket.socket, refused: int, wake: socket.socket
    ) -> None:
        """Relay, once the target has answered the call; `refused` is the number of the error, or that of a wait."""
        if refused == errno.EINPROGRESS:
            refused = _outcome(far, wake)
        if refused == errno.ECONNRESET:  # it was accepted, and reset before we looked
            self._recorder.saw(number, Kind.OPENED, Side.REQUESTOR)
            self._recorder.saw(number, Kind.RST, Side.ACCEPTOR)
            reset(near)
            self._recorder.saw(number, Kind.RST, Side.ACCEPTOR, written=True)
            return
        if refused:
            self._recorder.saw(number, Kind.REFUSED, Side.ACCEPTOR)
            if refused == errno.ECONNREFUSED:
                reset(near)
            return
        far.setblocking(True)
        self._recorder.saw(number, Kind.OPENED, Side.REQUESTOR)
        self._relay(number, near, far, wake)

    def _relay(self, number: int, near: socket.socket, far: socket.socket, wake: socket.socket) -> None:
        if self._tls is None:
            Relay(number, near, far, self._recorder, self._faults, self._stopping, wake).run()
            return
        try:
            near_end, far_end = self._tls.secure(near, far, self._target[0], wake, CONNECT_S)
        except HandshakeError:
            self._recorder.saw(number, Kind.FIN, Side.ACCEPTOR)
            return
        with near_end, far_end:
            Relay(number, near_end, far_end, self._recorder, self._faults, self._stopping, wake).run()


def _outcome(sock: socket.socket, wake: socket.socket) -> int:
    """Wait for the outcome of a connect under way: 0, or the error's number. A call to stop ends the wait."""
    poll = readiness.make_poll()
    poll.register(sock, readiness.POLLOUT)
    poll.register(wake, readiness.POLLIN)
    ready = {descriptor for descriptor, _ in poll.poll(CONNECT_S * 1000)}
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) if sock.fileno() in ready else errno.ETIMEDOUT


def _pause(wake: socket.socket) -> None:
    """Let some time pass, unless the link is to stop."""
    poll = readiness.make_poll()
    poll.register(wake, readiness.POLLIN)
    poll.poll(WATCH_MS)
