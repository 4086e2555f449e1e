"""A peer that sends whatever it is given over a bare socket, for tests of what simulators endure."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from dicom_simulators import VERIFICATION
from dicom_wire import (
    PDV,
    AAssociateRQ,
    ApplicationContext,
    ImplementationClassUID,
    MaximumLength,
    Message,
    PDataTF,
    PDUStream,
    PresentationContextRQ,
    Received,
    UserInformation,
    command_set,
    encode,
    encode_command,
    fragment,
)

IMPLICIT = "1.2.840.10008.1.2"
CT = "1.2.840.10008.5.1.4.1.1.2"
DEADLINE_S = 60.0
CONTEXTS = (PresentationContextRQ(1, VERIFICATION, (IMPLICIT,)), PresentationContextRQ(3, CT, (IMPLICIT,)))


def request(contexts: Iterable[PresentationContextRQ] = CONTEXTS) -> bytes:
    """An A-ASSOCIATE-RQ."""
    information = UserInformation((MaximumLength(16384), ImplementationClassUID("2.25.1")))
    return encode(AAssociateRQ("SCP", "HOSTILE", (ApplicationContext("1.2.840.10008.3.1.1.1"), *contexts, information)))


def echo(message_id: int = 1) -> bytes:
    """A C-ECHO-RQ."""
    command = command_set("C-ECHO-RQ", AffectedSOPClassUID=VERIFICATION, MessageID=message_id)
    return b"".join(encode(pdu) for pdu in fragment(Message(1, command), 16384))


def store_command() -> bytes:
    """The command set of a C-STORE-RQ in one whole PDU."""
    command = command_set(
        "C-STORE-RQ", AffectedSOPClassUID=CT, AffectedSOPInstanceUID="2.25.9", MessageID=1, Priority=0
    )
    return encode(PDataTF((PDV(3, True, True, encode_command(command)),)))


def piece(data: bytes, is_command: bool = False, is_last: bool = False, context_id: int = 3) -> bytes:
    """A P-DATA-TF with one fragment."""
    return encode(PDataTF((PDV(context_id, is_command, is_last, data),)))


class HostilePeer:
    """A connection over which anything is sent; what comes back is read as PDUs."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._socket = socket.create_connection(address, DEADLINE_S)
        self._stream = PDUStream()
        self.sent_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._socket.close()

    def send(self, data: bytes) -> bool:
        """Send; return whether the other side still took it."""
        try:
            self._socket.sendall(data)
        except ConnectionError:
            return False
        self.sent_bytes += len(data)
        return True

    def send_endlessly(self, data: bytes, most_bytes: int) -> None:
        """Send the same again and again, until it is no longer taken or so much was."""
        while self.sent_bytes < most_bytes and self.send(data):
            pass

    def associate(self) -> None:
        """Establish an association."""
        self.send(request())
        assert self.receive() == "A-ASSOCIATE-AC"

    def receive(self) -> str:
        """Return the name of the next PDU; empty where the connection was closed."""
        received = self.receive_pdu()
        return "" if received is None else received.pdu.NAME

    def receive_pdu(self) -> Received | None:
        """Return the next PDU; None where the connection was closed."""
        while True:
            try:
                data = self._socket.recv(1)
            except ConnectionError:
                return None
            if not data:
                return None
            for received in self._stream.feed(data):
                return received
