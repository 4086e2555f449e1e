"""The listening side of a simulator: one thread listens, one thread leads each association; stop() ends and joins all.

The names of the two ends in the trace: the acceptor is the simulator; the requestor is looked up in `callers`, by the
address that the connection comes from, else by the calling AE title of the A-ASSOCIATE-RQ (looked at, not taken, in
the kernel's buffer), else under "*", else it is "?".
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

from dicom_simulators import readiness
from dicom_simulators.association.acceptor import Acceptor, Service
from dicom_simulators.association.connection import Connection
from dicom_simulators.association.deadlines import Deadlines
from dicom_simulators.association.ends import End, Unsecured
from dicom_simulators.association.memory import Budget, Share
from dicom_simulators.association.negotiation import Policy, title_of
from dicom_simulators.association.tls import HandshakeError
from dicom_simulators.association.upper_layer import UpperLayer
from dicom_simulators.faults import InForce
from dicom_simulators.journal import NOTE, Entry, Journal
from dicom_simulators.listening import Port, listen
from dicom_wire import AAssociateRJ, AAssociateRQ, Recorder, Side

ENDS_KEPT = 1000
CALLER_WAIT_MS = 250
RETRY_MS = 100

# PS3.8 Table 9-21: rejected-transient, service-provider (presentation), temporary-congestion
TEMPORARY_CONGESTION = AAssociateRJ(2, 3, 1)

# PS3.8 Table 9-21: rejected-transient, service-provider (presentation), local-limit-exceeded
LOCAL_LIMIT_EXCEEDED = AAssociateRJ(2, 3, 2)

Callers = Mapping[str | tuple[str, int], str]


class Server:
    """Accepts associations for one AE.

    Parameters
    ----------
    name : str
        The AE's name in the scenario.
    policy, services : callables
        Asked anew for each association, so that a simulator may change its mind.
    maximum_associations : int or None
        More than these at once are rejected (transient, local limit exceeded).
    tls : ssl.SSLContext, optional
        Each connection is to begin with a handshake.
    notifies : bool
        Its acceptors take notices.
    opened, closed : callable
        Called for each association that is established, and at its end.
    converse : callable
        Leads a connection in its own way and returns its end; None = the driver's way.
    announce : Journal
        Takes an entry for each thing that happens.
    logs_messages : callable
        Whether there is an entry for each message, too.
    budget : Budget, optional
        The memory that messages may take, of all associations together.
    lenient : bool
        As for `Incoming`.
    """

    def __init__(
        self,
        name: str,
        recorder: Recorder,
        policy: Callable[[], Policy],
        services: Callable[[], Mapping[str, Service]],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        deadlines: Deadlines | None = None,
        faults: InForce | None = None,
        callers: Callers | None = None,
        maximum_associations: int | None = None,
        announce: Journal = lambda entry: None,
        logs_messages: Callable[[], bool] = lambda: False,
        budget: Budget | None = None,
        lenient: bool = False,
        converse: Callable[[Connection], End | None] = lambda connection: None,
        tls: ssl.SSLContext | None = None,
        notifies: bool = False,
        opened: Callable[[Acceptor], None] = lambda acceptor: None,
        closed: Callable[[Acceptor], None] = lambda acceptor: None,
    ) -> None:
        self._name = name
        self._notifies = notifies
        self._opened, self._closed = opened, closed
        self._recorder = recorder
        self._policy = policy
        self._services = services
        self._host, self._port = host, port
        self._deadlines = deadlines or Deadlines()
        self._faults = faults or InForce()
        self._faults.watch(self._reconsider)
        self._callers = dict(callers or {})
        self._maximum_associations = maximum_associations
        self._announce = announce
        self._logs_messages = logs_messages
        self._budget = budget or Budget()
        self._lenient = lenient
        self._shared: socket.socket | None = None  # with other processes
        self._short_of = ""  # what is missing to accept connections, where something is
        self._converse = converse
        self._tls = tls
        self._lock = threading.Lock()
        self._running: dict[threading.Thread, Connection | None] = {}
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._wake: tuple[socket.socket, socket.socket] | None = None
        self._taken: Port | None = None
        self._accepted = 0
        self.ends: deque[End] = deque(maxlen=ENDS_KEPT)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens, or listened."""
        return self._host, self._port

    @property
    def stopping(self) -> threading.Event:
        """Set once `stop` was called."""
        return self._stopping

    def listen(self) -> None:
        """Take the port for the processes that come of this one: each of them accepts connections when it starts.

        Raises
        ------
        OSError
        """
        self._shared = listen(self._host, self._port)
        self._port = int(self._shared.getsockname()[1])

    def stop_listening(self) -> None:
        """Give the port up that was taken for several processes."""
        if self._shared is not None:
            self._shared.close()
            self._shared = None

    def start(self) -> None:
        """Listen.

        Raises
        ------
        OSError
        """
        self._stopping.clear()
        if self._shared is None:
            self._taken = Port(self._host, self._port, lambda: not self._faults.refuses)
            self._port = self._taken.number
        else:
            self._shared.setblocking(False)  # another process may take what this one was woken for
        self._wake = socket.socketpair()
        self._thread = threading.Thread(target=self._listen, name=f"{self._name} listener", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, end every association, join every thread. May be called twice."""
        self._stopping.set()
        if self._thread is None or self._wake is None:
            return
        self._wake[1].send(b"\0")
        self._thread.join()
        if self._taken is not None:
            self._taken.close()
            self._taken = None
        for end in self._wake:
            end.close()
        self._thread = self._wake = None
        with self._lock:
            running = list(self._running.items())
        for _, connection in running:
            if connection is not None:
                connection.interrupt()
        for thread, _ in running:
            thread.join()

    # -- the listening thread -------------------------------------------------------------------------------------

    def _listen(self) -> None:
        wake = self._wake
        if wake is None:
            return
        while not self._stopping.is_set():
            listener = self._shared if self._taken is None else self._taken.listener
            poll = readiness.make_poll()
            for waited in (wake[0], listener, None if self._taken is None else self._taken.bell):
                if waited is not None:
                    poll.register(waited, readiness.POLLIN)
            ready = {descriptor for descriptor, _ in poll.poll()}
            if self._stopping.is_set():
                return
            if self._taken is not None and self._taken.bell.fileno() in ready:
                self._taken.consider()
            elif listener is not None and not self._accept_from(listener, wake[0]):
                return

    def _accept_from(self, listener: socket.socket, wake: socket.socket) -> bool:
        """Accept a connection and have it led; False where the server stops before."""
        try:
            sock, address = listener.accept()
        except (ConnectionAbortedError, BlockingIOError):
            return True  # gone again before it was accepted, or taken by another process
        except OSError as error:
            self._wait_for(error.strerror or str(error), wake)
            return True
        if not self._begin(sock, address, wake):
            return False
        self._recovered()
        return True

    def _reconsider(self) -> None:
        """Listen or refuse, as the faults now say."""
        if self._taken is not None:
            self._taken.reconsider()

    def _begin(self, sock: socket.socket, address: tuple[str, int], wake: socket.socket) -> bool:
        """Have a connection led by a thread, as soon as there can be one; False where the server stops before."""
        self._accepted += 1
        name = f"{self._name} association {self._accepted}"
        while True:
            thread = threading.Thread(target=self._lead, args=(sock, address), name=name, daemon=True)
            with self._lock:
                self._running[thread] = None
            try:
                thread.start()
                return True
            except (RuntimeError, MemoryError) as error:
                with self._lock:
                    del self._running[thread]
                self._wait_for(str(error) or "no memory for a thread", wake)
            if self._stopping.is_set():
                sock.close()
                return False

    def _wait_for(self, missing: str, wake: socket.socket) -> None:
        """Say once what is missing, and let some time pass, unless the server is to stop."""
        if self._short_of != missing:
            self._short_of = missing
            self._note(f"cannot accept connections: {missing}; tries again until it can")
        poll = readiness.make_poll()
        poll.register(wake, readiness.POLLIN)
        poll.poll(RETRY_MS)

    def _recovered(self) -> None:
        if self._short_of:
            self._short_of = ""
            self._note("accepts connections again")

    def _note(self, text: str) -> None:
        self._announce(Entry(NOTE, detail=text))

    # -- the thread of an association -----------------------------------------------------------------------------

    def _lead(self, sock: socket.socket, peer: tuple[str, int]) -> None:
        """Lead one association, in its own thread."""
        address = peer[:2]  # of IPv6 there is more
        thread = threading.current_thread()
        connection = None
        try:
            caller = self._caller(sock, address)
            number = self._recorder.open(self._name, caller, self._name, address, self.address)
            connection = Connection(sock, self._recorder, number, Side.ACCEPTOR)
            with self._lock:
                self._running[thread] = connection
                if self._stopping.is_set():
                    connection.interrupt()
            end = self._unsecured(connection, address) or self._converse(connection) or self._accept(connection)
            self.ends.append(end)
        except Exception as error:
            self._note(f"internal error on an association with {address[0]}:{address[1]}: {error!r}")
            raise
        finally:
            (sock if connection is None else connection).close()
            with self._lock:
                del self._running[thread]

    def _unsecured(self, connection: Connection, address: tuple[str, int]) -> End | None:
        """Lead the TLS handshake, where there is to be one; its failure is an end."""
        if self._tls is None:
            return None
        try:
            connection.secure(self._tls, None, time.monotonic() + self._deadlines.artim_s)
        except HandshakeError as error:
            self._note(f"{address[0]}:{address[1]}: TLS refused: {error}")
            return Unsecured(str(error))
        return None

    def _accept(self, connection: Connection) -> End:
        policy = self._policy()
        share = Share(self._budget)
        upper_layer = UpperLayer(
            connection,
            policy.maximum_length,
            self._deadlines,
            self._faults,
            self._stopping,
            requestor=False,
            share=share,
            lenient=self._lenient,
        )
        arguments = (upper_layer, policy, self._services(), self._announce, self._logs_messages())
        try:
            acceptor = Acceptor(
                *arguments, self._admit, notifies=self._notifies, opened=self._opened, closed=self._closed
            )
        except OSError as error:  # no descriptors for notices
            self._note(f"an association is rejected: {error.strerror or error}")
            acceptor = Acceptor(*arguments, lambda request: TEMPORARY_CONGESTION)
        return acceptor.run()

    def _admit(self, request: AAssociateRQ) -> AAssociateRJ | None:
        limit = self._maximum_associations
        with self._lock:
            return LOCAL_LIMIT_EXCEEDED if limit is not None and len(self._running) > limit else None

    def _caller(self, sock: socket.socket, address: tuple[str, int]) -> str:
        callers = self._callers
        if address in callers:
            return callers[address]
        default = callers.get("*", "?")
        if self._tls is not None or all(not isinstance(key, str) or key == "*" for key in callers):
            return default  # nothing can be read ahead of TLS
        poll = readiness.make_poll()
        poll.register(sock, readiness.POLLIN)
        try:
            head = sock.recv(42, socket.MSG_PEEK) if poll.poll(CALLER_WAIT_MS) else b""
        except OSError:
            return default
        return callers.get(title_of(head[26:42].decode("latin-1")), default)
