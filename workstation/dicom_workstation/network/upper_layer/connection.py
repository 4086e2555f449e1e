"""The TCP connection of one association, in plain or under TLS.

Invariants: nothing blocks without a deadline, no message waits for an acknowledgement (TCP_NODELAY), and an error
of the connection is kept for whoever has to tell it.

References
----------
PS3.8 Section 9.1 (use of TCP), Table 9-10 (Evt2, Evt17)
"""

from __future__ import annotations

import time
from contextlib import suppress
from errno import EINPROGRESS, EINTR
from os import strerror
from socket import IPPROTO_TCP, SHUT_RDWR, SO_ERROR, SOCK_STREAM, SOL_SOCKET, TCP_NODELAY
from socket import socket as new_socket
from typing import Any

from pynetdicom import transport
from pynetdicom.pdu_primitives import A_ASSOCIATE

from dicom_workstation.configuration import TLSSocket


def tune(connection: new_socket) -> None:
    """Set what each connection needs: no delay by Nagle's algorithm, and no blocking call."""
    connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    connection.setblocking(False)


class AssociationSocket(transport.AssociationSocket):
    """A connection that never blocks its association: sends and connects have deadlines, and end when it is stopped."""

    socket: Any
    error: OSError | None = None
    handshake_failed = False

    def _create_socket(self, address: transport.AddressInformation) -> new_socket:
        self._is_connected = False
        return new_socket(address.address_family, SOCK_STREAM)

    def connect(self, primitive: A_ASSOCIATE) -> None:
        """Connect within the connection time-out and tell the state machine (Evt2, or Evt17)."""
        try:
            tune(self.socket)
            self._connect(primitive.address_info.as_tuple)
            self._secure()
            self.assoc.requestor.address_info = transport.AddressInformation.from_tuple(self.socket.getsockname())
            self._is_connected = True
            primitive.result = "Evt2"
        except OSError as error:
            self.error = error
            self._shutdown_socket()
            self.socket = None
            primitive.result = "Evt17"
        self._ready.set()
        self.provider_queue.put(primitive)

    def _connect(self, address: tuple[Any, ...]) -> None:
        """Connect within the connection time-out; OSError if it fails, or the association is stopped meanwhile."""
        timeout_s = self.assoc.connection_timeout
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        number = self.socket.connect_ex(address)
        if number in (EINPROGRESS, EINTR):
            self.assoc.dul.wait_writable(deadline, "timed out")
            number = self.socket.getsockopt(SOL_SOCKET, SO_ERROR)
        if number:
            raise OSError(number, strerror(number))

    def _secure(self) -> None:
        """Lead the handshake, where the association is to have TLS; OSError says why there is none."""
        context, host = self.assoc.tls
        if context is not None:
            plain = self.socket
            self.socket = context.wrap_socket(plain, do_handshake_on_connect=False, server_hostname=host)
            timeout_s = self.assoc.connection_timeout
            deadline = time.monotonic() + (float("inf") if timeout_s is None else timeout_s)
            try:
                self.assoc.dul.do_handshake_in_time(self.socket, deadline)
            except OSError:
                self.handshake_failed = True
                raise

    def send(self, bytestream: bytes) -> None:
        """Send all, or within the network time-out give the connection up (Evt17 follows what was still received)."""
        if self.socket is None:
            return
        timeout_s = self.assoc.network_timeout
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        view = memoryview(bytestream)
        try:
            while view:
                try:
                    view = view[self.socket.send(view) :]
                except BlockingIOError:
                    self.assoc.dul.wait_writable(deadline)
        except OSError as error:
            self.error = error
            self.assoc.dul.write_failed = True

    def _shutdown_socket(self) -> None:
        connection = self.socket
        if connection is None:
            return
        if isinstance(connection, TLSSocket):
            connection.send_close_notify()
        with suppress(OSError):  # the peer was quicker; closing is all that remains
            connection.shutdown(SHUT_RDWR)
        connection.close()
