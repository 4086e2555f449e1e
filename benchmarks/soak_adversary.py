"""A hostile peer that is called: it accepts connections and does something different with each of them."""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress
from random import Random
from typing import Self

from dicom_wire import AAssociateAC as AssociateAC
from dicom_wire import (
    AAssociateRQ,
    ApplicationContext,
    ImplementationClassUID,
    MaximumLength,
    PDUStream,
    PresentationContextAC,
    UserInformation,
    encode,
)

STAYS_S = 3.0
MANNERS = (
    "closes",
    "silent",
    "noise",
    "rejects",
    "aborts",
    "half",
    "accepts",
    "accepts and aborts",
    "accepts and noise",
)


class Adversary:
    """Listens on a free port of the loopback; a context manager that starts and stops it."""

    def __init__(self, seed: int = 0) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.address: tuple[str, int] = self._listening.getsockname()
        self._random = Random(seed)
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()

    def __enter__(self) -> Self:
        self._threads.append(threading.Thread(target=self._accept))
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            random = Random(self._random.getrandbits(32))
            thread = threading.Thread(target=self._misbehave, args=(connection, random))
            self._threads.append(thread)
            thread.start()

    def _misbehave(self, connection: socket.socket, random: Random) -> None:
        with connection, suppress(OSError):
            connection.settimeout(STAYS_S)
            manner = random.choice(MANNERS)
            if manner == "closes":
                return
            if manner.startswith("accepts"):
                self._accept_association(connection)
            if manner == "rejects":
                connection.sendall(
                    struct.pack(">BBLBBBB", 3, 0, 4, 0, random.choice((1, 2, 9)), 1, random.randrange(9))
                )
            if manner == "half":
                connection.sendall(struct.pack(">BBL", 2, 0, 400) + bytes(random.randrange(200)))
            if manner.endswith("aborts"):
                connection.sendall(struct.pack(">BBLBBBB", 7, 0, 4, 0, 0, random.randrange(4), random.randrange(8)))
            if manner.endswith("noise"):
                connection.sendall(random.randbytes(random.randint(1, 4096)))
            deadline = time.monotonic() + STAYS_S
            while connection.recv(1 << 16) and time.monotonic() < deadline and not self._stopping.is_set():
                pass

    def _accept_association(self, connection: socket.socket) -> None:
        stream = PDUStream()
        while True:
            data = connection.recv(1 << 16)
            if not data:
                return
            for received in stream.feed(data):
                if isinstance(received.pdu, AAssociateRQ):
                    connection.sendall(_acceptance(received.pdu))
                    return


def _acceptance(request: AAssociateRQ) -> bytes:
    contexts = tuple(
        PresentationContextAC(each.context_id, 0, each.transfer_syntaxes[0]) for each in request.presentation_contexts
    )
    about = UserInformation((MaximumLength(16384), ImplementationClassUID("1.2.3.4")))
    items = (ApplicationContext("1.2.840.10008.3.1.1.1"), *contexts, about)
    return bytes(encode(AssociateAC(request.called_ae_title, request.calling_ae_title, items)))
