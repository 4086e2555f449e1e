"""Accepting connections: one thread that listens, and one a connection.

Invariants: each thread that is started here is joined here; `stop` takes no longer than the associations need to say
A-ABORT; there is no limit to the number of associations but the kernel's.

References
----------
Conformance statement, 3.2.2.1.1.2
"""

from __future__ import annotations

import select
import socket
import ssl
import threading
from typing import Final

from pynetdicom.ae import ApplicationEntity
from pynetdicom.transport import AddressInformation

from dicom_workstation.network.upper_layer import AcceptedAssociation, Acceptor, AssociationSocket, tune

BACKLOG: Final = 1024
RETRY_MS: Final = 50


class Listener:
    """Accepts TCP connections; each association gets a thread of its own, without a limit on their number.

    References
    ----------
    Conformance statement, 3.2.2.1.1.2
    """

    def __init__(
        self,
        ae: ApplicationEntity,
        service: Acceptor,
        maximum_length: int,
        tls: ssl.SSLContext | None = None,
        name: str = "loader",
    ) -> None:
        self._name = name
        self._ae = ae
        self._tls = tls
        self._service = service
        self._maximum_length = maximum_length
        self._associations: set[AcceptedAssociation] = set()
        self._stopping = False
        self._woken, self._waker = socket.socketpair()
        self._thread: threading.Thread | None = None

    def start(self, host: str, port: int) -> tuple[str, int]:
        """Bind and listen; returns the address. OSError when the port is taken."""
        listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((host, port))
            listening.listen(BACKLOG)
            listening.setblocking(False)
        except OSError:
            listening.close()
            self._close()
            raise
        bound = listening.getsockname()
        self._thread = threading.Thread(target=self._run, args=(listening,), name=f"{self._name}-listener", daemon=True)
        self._thread.start()
        return str(bound[0]), int(bound[1])

    def reconfigure(self, ae: ApplicationEntity, tls: ssl.SSLContext | None = None) -> None:
        """Use another AE (title, time-outs), and TLS or none, for associations from now on."""
        self._ae, self._tls = ae, tls

    def stop(self) -> None:
        """Accept no more, abort what is open, and join each thread."""
        self._stopping = True
        self._waker.send(b"\0")
        if self._thread is not None:
            self._thread.join()
        for open_association in self._associations:
            open_association.stop()
        for open_association in self._associations:
            open_association.join()
        self._associations.clear()
        self._close()

    def _close(self) -> None:
        self._woken.close()
        self._waker.close()

    def _run(self, listening: socket.socket) -> None:
        with listening:
            self._accept(listening)

    def _accept(self, listening: socket.socket) -> None:
        poll = select.poll()
        poll.register(listening, select.POLLIN)
        poll.register(self._woken, select.POLLIN)
        exhausted = select.poll()
        exhausted.register(self._woken, select.POLLIN)
        while not self._stopping:
            poll.poll()
            try:
                connection, address = listening.accept()
            except BlockingIOError:
                continue
            except OSError as error:  # no descriptor left: the kernel's limit; try again soon
                self._service.note(f"cannot accept a connection: {error}")
                exhausted.poll(RETRY_MS)
                continue
            try:
                self._open(connection, address)
            except (OSError, RuntimeError) as error:  # no descriptor or no thread left: the kernel's limit
                self._service.note(f"cannot serve a connection: {error}")
                connection.close()

    def _open(self, connection: socket.socket, address: tuple[str, int]) -> None:
        tune(connection)
        self._associations = {known for known in self._associations if known.is_alive()}
        opened = AcceptedAssociation(self._ae, self._service)
        opened.set_socket(AssociationSocket(opened, client_socket=connection))
        opened.name = f"{self._name}-{address[0]}:{address[1]}"
        opened.acceptor.maximum_length = self._maximum_length
        opened.acceptor.ae_title = self._ae.ae_title
        opened.acceptor.implementation_version_name = self._ae.implementation_version_name
        opened.requestor.address_info = AddressInformation(str(address[0]), int(address[1]))
        opened.announced_maximum_length = self._maximum_length
        opened.tls = (self._tls, "")
        self._associations.add(opened)
        opened.start()
