"""Tiny subjects for tests of the court: a product made from our own Destination, and one that ends associations."""

from __future__ import annotations

import socket
import threading

from dicom_simulators import SIMULATORS
from dicom_simulators.listening import listen
from dicom_wire import PDUStream, encode
from dicom_wire.capture.sighting import Recorder
from dicom_wire.items import (
    ApplicationContext,
    ImplementationClassUID,
    MaximumLength,
    PresentationContextAC,
    UserInformation,
)
from dicom_wire.pdu import AAbort, AAssociateAC, AAssociateRQ, AReleaseRP, AReleaseRQ, PDataTF

APPLICATION = ApplicationContext("1.2.840.10008.3.1.1.1")
OURS = UserInformation((MaximumLength(0), ImplementationClassUID("2.25.1")))


class Tiny:
    """A product that accepts what the Destination accepts."""

    operations = frozenset({"query", "store"})
    configurations = frozenset({"none"})

    def __init__(self) -> None:
        self.destination = SIMULATORS["destination"]("tiny", "TINY", Recorder())
        self.destination.start()

    def prepare(self, configuration, peers, settings):
        if settings:
            raise ValueError("no settings here")
        self.destination.forget()
        host, port = self.destination.address
        return {"ae_title": "TINY", "host": host, "port": port}

    def perform(self, operation, peer, arguments):
        return {"operation": operation, "peer": peer, "result": "success", "status": "0000", "detail": ""}

    def instances(self):
        return [
            {
                "SOPClassUID": one.SOPClassUID,
                "SOPInstanceUID": one.SOPInstanceUID,
                "TransferSyntaxUID": one.transfer_syntax,
                "data_set": one.data_set,
            }
            for one in self.destination.stored
        ]

    def log(self):
        return ["started"]

    def close(self):
        self.destination.stop()


class Breaking(Tiny):
    """It accepts an association, and aborts, closes or resets it at the first message."""

    how = "abort"

    def __init__(self) -> None:
        self.sock = listen("127.0.0.1", 0)
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def prepare(self, configuration, peers, settings):
        host, port = self.sock.getsockname()[:2]
        return {"ae_title": "TINY", "host": host, "port": port}

    def close(self):
        self.sock.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self.sock.accept()
            except OSError:
                return
            with connection:
                self._converse(connection)

    def _converse(self, connection):
        stream = PDUStream()
        while data := connection.recv(1 << 16):
            for received in stream.feed(data):
                pdu = received.pdu
                if isinstance(pdu, AAssociateRQ):
                    contexts = tuple(
                        PresentationContextAC(each.context_id, 0, each.transfer_syntaxes[0])
                        for each in pdu.presentation_contexts
                    )
                    items = (APPLICATION, *contexts, OURS)
                    connection.sendall(encode(AAssociateAC(pdu.called_ae_title, pdu.calling_ae_title, items)))
                elif isinstance(pdu, PDataTF):
                    if self.how == "abort":
                        connection.sendall(encode(AAbort(0, 0)))
                    elif self.how == "reset":
                        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    return
                elif isinstance(pdu, AReleaseRQ):
                    connection.sendall(encode(AReleaseRP()))


class Closing(Breaking):
    how = "close"


class Resetting(Breaking):
    how = "reset"
