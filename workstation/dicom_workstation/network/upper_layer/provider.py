"""The upper layer of one association, advanced by the thread that owns the association.

Invariants: whoever waits, for whatever, advances the protocol meanwhile; a wait ends with its condition, its
deadline or the association, and sleeps in the kernel until one of them can have come. Other threads may `call_soon`.

References
----------
PS3.8 Section 9.1.5 (ARTIM timer), 9.2 (state machine), 9.3.5, Annex D.1 and E.2 (P-DATA-TF)
"""

from __future__ import annotations

import select
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from socket import socketpair
from typing import Any

from dicom_workstation.configuration import (
    StoppedError,
    client_speaks_tls,
    close_unwanted,
    describe_tls_error,
    handshake,
)
from dicom_workstation.network.upper_layer.parts import WholeAssociation
from dicom_workstation.network.upper_layer.reception import P_DATA_TF, Reception
from dicom_workstation.network.upper_layer.state_machine import StateMachine
from dicom_workstation.network.upper_layer.streamed_data_set import StreamedDataSet


class UpperLayer(Reception):
    """The upper layer of one association, advanced by the thread that owns the association."""

    def __init__(self, assoc: WholeAssociation) -> None:
        super().__init__(assoc)
        self.state_machine = StateMachine(self)
        self.write_failed = False
        self.is_stopping = False
        self._calls: deque[Callable[[], None]] = deque()
        self._wake_lock = threading.Lock()
        self._woken, self._waker = socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)

    # -- what pynetdicom expects of the thread that this no longer is

    def start(self) -> None:
        """Do nothing: the association's owner advances the upper layer."""

    def is_alive(self) -> bool:
        """Whether the association may still go on."""
        return not self._kill_thread

    def stop_dul(self) -> bool:
        """End at once."""
        self._kill_thread = True
        return True

    def dispose(self) -> None:
        """Close whatever is still open; to be called by the owner, once."""
        self._kill_thread = True
        if self.socket is not None:
            self.socket._shutdown_socket()
            self.socket.socket = None
        with self._wake_lock:
            self._woken.close()
            self._waker.close()

    # -- other threads

    def call_soon(self, call: Callable[[], None]) -> None:
        """Have the owner call this as soon as it waits; may be called by any thread."""
        with self._wake_lock:
            self._calls.append(call)
            if self._waker.fileno() < 0:
                return
            with suppress(BlockingIOError):  # many calls wait already: it will wake
                self._waker.send(b"\0")

    # -- the owner

    def stop_soon(self, call: Callable[[], None]) -> None:
        """Have the owner call this at once, even while the connection takes no bytes; may be called by any thread."""
        self.is_stopping = True
        self.call_soon(call)

    def send_pdu(self, primitive: Any) -> None:
        """Send the primitive's PDU now."""
        super().send_pdu(primitive)
        while not self._kill_thread and (not self.event_queue.empty() or self._process_recv_primitive()):
            self.state_machine.do_action(self.event_queue.get_nowait())

    def receive_pdu(self, wait: bool = False, timeout: float | None = None) -> Any | None:
        """Return the next primitive of the peer, waiting at most `timeout` seconds."""
        if wait:
            self.wait(lambda: not self.to_user_queue.empty(), timeout)
        return super().receive_pdu(wait=False)

    def wait(self, until: Callable[[], bool], timeout_s: float | None) -> bool:
        """Advance the association until the condition holds; False when the time or the association came to its end."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while not until():
            if self._kill_thread:
                return False
            if self._step():
                continue
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return False
            self._await(left)
        return True

    def advance(self) -> None:
        """Do what can be done without waiting."""
        while not self._kill_thread and self._step():
            pass

    @property
    def idle_s(self) -> float:
        """Seconds since the last whole PDU came."""
        return time.monotonic() - self._last_pdu

    def send_fragments(self, context_id: int, control: int, data: bytes | memoryview, maximum_length: int) -> None:
        """Send a command (control 1) or data set (control 0) as P-DATA-TF PDUs of one PDV, none above the maximum.

        Each fragment has an even number of bytes, also where the peer announced an odd length.

        References
        ----------
        PS3.8 Section 9.3.5, Annex D.1, E.1 and E.2
        """
        view = memoryview(data)
        self._send_pieces(context_id, control, len(view), lambda at, size: view[at : at + size], maximum_length)

    def send_stream(self, context_id: int, data_set: StreamedDataSet, maximum_length: int) -> None:
        """Send a data set likewise, each fragment as it is read. OSError where it cannot be read."""
        self._send_pieces(context_id, 0x00, data_set.length_bytes, lambda _, size: data_set.read(size), maximum_length)

    def _send_pieces(
        self,
        context_id: int,
        control: int,
        total: int,
        piece: Callable[[int, int], bytes | memoryview],
        maximum_length: int,
    ) -> None:
        size = (maximum_length - 6) // 2 * 2
        for offset in range(0, total, size):
            while self._step():
                pass
            if self._kill_thread or self.state_machine.current_state not in ("Sta6", "Sta8"):
                return
            length = min(size, total - offset)
            last = 0x02 if offset + size >= total else 0x00
            header = struct.pack(">BBLLBB", P_DATA_TF, 0, length + 6, length + 2, context_id, control | last)
            self.socket.send(b"".join((header, piece(offset, length))))

    def wait_writable(self, deadline: float | None, otherwise: str = "the peer accepts no more data") -> None:
        """Wait until the connection is there, or takes more bytes.

        Raises
        ------
        TimeoutError
            The deadline passes first; its text is `otherwise`.
        StoppedError
            The association was stopped meanwhile.
        """
        poll = select.poll()
        poll.register(self.socket.socket, select.POLLOUT)
        poll.register(self._woken, select.POLLIN)
        while not self.is_stopping:
            left_ms = None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000
            ready = {descriptor for descriptor, _ in poll.poll(left_ms)}
            if not ready:
                raise TimeoutError(otherwise)
            if self.socket.socket.fileno() in ready:
                return
            self._woken.recv(4096)  # a call that can wait: it is made when the owner waits for the peer
        raise StoppedError("the association is stopped")

    def do_handshake_in_time(self, connection: ssl.SSLSocket, deadline: float) -> None:
        """Lead a TLS handshake; OSError if it fails, or the association is stopped meanwhile."""
        handshake(connection, self._woken, deadline)

    def accept_tls(self, context: ssl.SSLContext, timeout_s: float | None) -> str:
        """Secure an accepted connection; says why it cannot be, else nothing."""
        deadline = time.monotonic() + (float("inf") if timeout_s is None else timeout_s)
        plain = self.socket.socket
        try:
            if not client_speaks_tls(plain, self._woken, deadline):
                return "the peer does not speak TLS"
            secured = context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
            self.socket.socket = secured
            self.do_handshake_in_time(secured, deadline)
        except StoppedError:
            return "stopped by the workstation"
        except OSError as error:
            return describe_tls_error(error)
        return ""

    def close_unsecured(self) -> None:
        """End a connection that could not be secured."""
        close_unwanted(self.socket.socket, self._woken)

    def _step(self) -> bool:
        """Do one thing that can be done without waiting; False when there is none."""
        if self._calls:
            self._calls.popleft()()
            return True
        if self.event_queue.empty():
            if self.state_machine.current_state in ("Sta2", "Sta13") and self.artim_timer.expired:
                self.event_queue.put("Evt18")
            elif not self._process_recv_primitive() and not self._next_pdu() and self.event_queue.empty():
                if not self.write_failed:
                    return False
                self.write_failed = False
                self._lose_connection()
        if not self.event_queue.empty():
            self.state_machine.do_action(self.event_queue.get_nowait())
        return True

    def _await(self, timeout_s: float | None) -> None:
        """Sleep until bytes, a call, the ARTIM timer or the time-out comes."""
        if self.state_machine.current_state in ("Sta2", "Sta13") and self.artim_timer.timeout is not None:
            artim_s = max(0.0, self.artim_timer.remaining) + 0.001
            timeout_s = artim_s if timeout_s is None else min(timeout_s, artim_s)
        poll = select.poll()
        poll.register(self._woken, select.POLLIN)
        if self.socket.socket is not None and not self._end_of_stream:
            poll.register(self.socket.socket, select.POLLIN)
        for descriptor, _ in poll.poll(None if timeout_s is None else timeout_s * 1000 + 1):
            if descriptor == self._woken.fileno():
                self._woken.recv(4096)
