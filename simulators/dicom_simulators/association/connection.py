"""One TCP connection: reads and writes with deadlines, each reported to the recorder as it happens.

Every byte read or written, every FIN and RST, passes here and nowhere else. A read goes into one buffer that is used
again and again, and leaves it as one `bytes` that recorder, parser and data set share. A write is reported to the
recorder just before it is handed to the kernel, so that no answer to it can come before it in the trace; the recorder's
copy is what is sent. Nagle's algorithm is off. Over TLS the recorder gets the plain bytes.
"""

from __future__ import annotations

import socket
import ssl
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from dicom_simulators import readiness
from dicom_simulators.association.tls import HandshakeError, in_words
from dicom_wire import Kind, Recorder, Side

READ_BYTES = 1 << 18
WRITE_BYTES = 1 << 20
DRAINED_READS = 64


class DeadlineError(Exception):
    """Nothing came, or nothing could be sent, before the deadline."""


class ConnectionLostError(Exception):
    """The peer ended the TCP connection: by FIN, or where `reset`, by RST."""

    def __init__(self, reset: bool) -> None:
        super().__init__("RST" if reset else "FIN")
        self.reset = reset


def prepare(sock: socket.socket) -> None:
    """Turn Nagle's algorithm off: PDUs are small and answered one by one."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Connection:
    """A connected TCP socket, seen by a recorder.

    Parameters
    ----------
    sock : socket.socket
        Connected; owned by this object from now on.
    recorder : Recorder
    number : int
        What `recorder.open` returned for this connection.
    side : Side
        Ours: requestor (we connected) or acceptor.
    """

    def __init__(self, sock: socket.socket, recorder: Recorder, number: int, side: Side) -> None:
        prepare(sock)
        self._sock = sock
        self._recorder = recorder
        self._number = number
        self.peer = _written(sock)
        """Address and port of the other end, as text; empty where it has gone already."""
        self.side = side
        self.other = side.other
        self._buffer = memoryview(bytearray(READ_BYTES))
        self._open = True
        self._gathered: list[bytes | memoryview] | None = None
        self._interrupted = False
        self.tls_problem = ""
        self._ended = False  # our FIN was reported to the recorder
        self._late_for = float("-inf")  # the deadline after which one read was allowed
        recorder.saw(number, Kind.OPENED, Side.REQUESTOR)

    @property
    def number(self) -> int:
        """The connection's number in the recorder."""
        return self._number

    @property
    def peer_address(self) -> tuple[str, int]:
        """Where the peer's end is."""
        host, port = self._sock.getpeername()[:2]
        return str(host), int(port)

    def secure(self, context: ssl.SSLContext, host: str | None, deadline: float) -> None:
        """Lead a TLS handshake: as requestor with the name that is called, as acceptor with None.

        Raises
        ------
        HandshakeError
        """
        try:
            self._sock.settimeout(max(deadline - time.monotonic(), 0.001))
            self._sock = context.wrap_socket(
                self._sock, server_side=host is None, do_handshake_on_connect=False, server_hostname=host
            )
            if self._interrupted:
                raise ConnectionResetError
            self._sock.do_handshake()
        except OSError as error:
            self.tls_problem = in_words(error)
            raise HandshakeError(self.tls_problem) from None

    def read(self, deadline: float) -> bytes:
        """Return what came, at least one byte.

        What came before the deadline may be read after it, once: a peer that never stops sending gains no time.

        Parameters
        ----------
        deadline : float
            On the clock of `time.monotonic`.

        Raises
        ------
        DeadlineError, ConnectionLostError
            `ConnectionLostError` also where the recorder is full: the connection is of no more use.
        """
        left = deadline - time.monotonic()
        if left <= 0:
            if self._late_for >= deadline or not self.readable():
                raise DeadlineError
            self._late_for = deadline
        try:
            self._sock.settimeout(max(left, 0.001))
            count = self._sock.recv_into(self._buffer)
        except TimeoutError:
            raise DeadlineError from None
        except OSError as error:
            if isinstance(error, ssl.SSLError):
                self.tls_problem = in_words(error)
            raise self._lost(reset=not isinstance(error, ssl.SSLError)) from None
        if count == 0:
            raise self._lost(reset=False)
        data = bytes(self._buffer[:count])
        self._recorder.saw(self._number, Kind.DATA, self.other, data)
        if self._recorder.full:
            raise ConnectionLostError(reset=False)
        return data

    def readable(self) -> bool:
        """Tell, without waiting, whether a read would return at once."""
        if not self._open or self._sock.fileno() < 0:
            return True
        if isinstance(self._sock, ssl.SSLSocket) and self._sock.pending():
            return True
        poll = readiness.make_poll()
        poll.register(self._sock, readiness.POLLIN)
        return bool(poll.poll(0))

    def await_either(self, waker: socket.socket, deadline: float) -> bool:
        """Wait until a read would return, `waker` can be read, or the deadline is past.

        Returns
        -------
        bool
            Whether a read would return at once; if not, the waker or the clock ended the wait.
        """
        if (
            not self._open
            or self._sock.fileno() < 0
            or (isinstance(self._sock, ssl.SSLSocket) and self._sock.pending())
        ):
            return True
        poll = readiness.make_poll()
        poll.register(self._sock, readiness.POLLIN)
        poll.register(waker, readiness.POLLIN)
        ready = dict(poll.poll(max(0.0, deadline - time.monotonic()) * 1000))
        return self._sock.fileno() in ready

    def write(self, parts: Sequence[bytes | memoryview], deadline: float) -> None:
        """Send these parts, one after the other, as one write.

        Raises
        ------
        DeadlineError, ConnectionLostError
            `ConnectionLostError` is not recorded here: what the peer sent before it left may still be read.
        """
        if self._gathered is not None:
            self._gathered.extend(parts)
            return
        data = parts[0] if len(parts) == 1 and isinstance(parts[0], bytes) else b"".join(parts)
        self._recorder.saw(self._number, Kind.DATA, self.side, data, written=True)
        rest = memoryview(data)
        try:
            while rest:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise DeadlineError
                self._sock.settimeout(left)
                rest = rest[self._sock.send(rest) :]
        except TimeoutError:
            raise DeadlineError from None
        except OSError:
            raise ConnectionLostError(reset=True) from None

    @contextmanager
    def gathering(self) -> Iterator[list[bytes | memoryview]]:
        """Hold back what is written meanwhile; give the parts, for whoever then writes them as one."""
        gathered: list[bytes | memoryview] = []
        self._gathered = gathered
        try:
            yield gathered
        finally:
            self._gathered = None

    def close(self, linger_s: float = 0.0) -> None:
        """Close the connection (FIN). What the peer had sent is read first, or the kernel would turn FIN into RST.

        For `linger_s` at most, what the peer still sends is read too, until it closes its side.
        """
        if self._open:
            if not self._interrupted:
                self._ended = True
                self._recorder.saw(self._number, Kind.FIN, self.side, written=True)
                self._drain(time.monotonic() + linger_s)
            self._end()

    def reset(self) -> None:
        """Reset the connection (RST)."""
        if self._open:
            self._recorder.saw(self._number, Kind.RST, self.side, written=True)
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._end()

    def _end(self) -> None:
        """Close the socket, and give the buffer back: what has ended may wait for the garbage collector."""
        self._open = False
        self._sock.close()
        self._buffer = memoryview(b"")

    def interrupt(self) -> None:
        """End the connection from another thread; a blocked read or write returns."""
        if self._open and not self._interrupted:
            self._interrupted = True
            if not self._ended:
                self._recorder.saw(self._number, Kind.FIN, self.side, written=True)
            try:
                socket.socket.shutdown(self._sock, socket.SHUT_RDWR)  # below TLS, where another thread may be reading
            except OSError:
                return  # the peer was quicker

    def _drain(self, until: float) -> None:
        try:
            if isinstance(self._sock, ssl.SSLSocket):
                self._end_session(self._sock, until)
                return
            self._sock.shutdown(socket.SHUT_WR)
            for _ in range(DRAINED_READS):
                self._sock.settimeout(max(until - time.monotonic(), 0.0))
                count = self._sock.recv_into(self._buffer)
                if count == 0:
                    return
                self._recorder.saw(self._number, Kind.DATA, self.other, bytes(self._buffer[:count]))
        except OSError:
            return  # nothing (more) was there, or the peer is gone

    def _end_session(self, sock: ssl.SSLSocket, until: float) -> None:
        """Send close_notify and FIN; what came before in the session is recorded, what is not part of it is dropped."""
        with suppress(OSError, ValueError):  # nothing (more) was there, or there was no session
            while True:
                sock.settimeout(max(until - time.monotonic(), 0.0))
                count = sock.recv_into(self._buffer)
                if count == 0:
                    break
                self._recorder.saw(self._number, Kind.DATA, self.other, bytes(self._buffer[:count]))
        sock.setblocking(False)
        with suppress(OSError, ValueError):
            sock.unwrap()
        socket.socket.shutdown(sock, socket.SHUT_WR)
        for _ in range(DRAINED_READS):
            if socket.socket.recv_into(sock, self._buffer) == 0:
                return

    def _lost(self, reset: bool) -> ConnectionLostError:
        if not self._interrupted:
            self._recorder.saw(self._number, Kind.RST if reset else Kind.FIN, self.other)
        return ConnectionLostError(reset)


def _written(sock: socket.socket) -> str:
    try:
        host, port = sock.getpeername()[:2]
    except (OSError, ValueError):
        return ""
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"
