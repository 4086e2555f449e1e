"""One C-ECHO on bare bytes: what the prologue and the epilogue of a case send to a subject.

A subject is reached when it answers an A-ASSOCIATE-RQ, by acceptance or by rejection; that it answers C-ECHO, too, is
noted, and for the cases about it to judge. PDUs may come many in one segment, or in pieces.

References
----------
PS3.4 Annex A (Verification Service Class), PS3.7 9.1.5.
"""

from __future__ import annotations

import enum
import socket
import time
from collections import deque
from dataclasses import dataclass

from dicom_wire.codec import encode
from dicom_wire.command import command_set
from dicom_wire.dimse import Assembler, Message, fragment
from dicom_wire.items import (
    ApplicationContext,
    ImplementationClassUID,
    MaximumLength,
    PresentationContextRQ,
    UserInformation,
)
from dicom_wire.pdu import PDU, AAssociateAC, AAssociateRJ, AAssociateRQ, AReleaseRQ, PDataTF
from dicom_wire.stream import PDUStream

VERIFICATION = "1.2.840.10008.1.1"
_IMPLICIT = "1.2.840.10008.1.2"
_APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
_IMPLEMENTATION_CLASS_UID = "2.25.193528870470212343577263310353706424065"
_MAXIMUM_LENGTH_BYTES = 16384
_LEAST_LENGTH_BYTES = 64
_RELEASE_S = 2.0
_MOST_BYTES = 1 << 20


class Reach(enum.IntEnum):
    """How far a subject answers."""

    SILENT = 0
    ASSOCIATES = 1
    ECHOES = 2


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a subject answered, and where it did not echo, why."""

    reach: Reach
    detail: str = ""


def echo(address: tuple[str, int], called: str, calling: str, deadline_s: float) -> Reached:
    """Ask an AE for an association and for C-ECHO, as far as it answers."""
    deadline = time.monotonic() + deadline_s
    try:
        with socket.create_connection(address, timeout=deadline_s) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return _converse(_Reader(sock, deadline), called, calling)
    except TimeoutError:
        return Reached(Reach.SILENT, f"no connection within {deadline_s:g} s")
    except (OSError, UnicodeError) as error:
        return Reached(Reach.SILENT, f"no connection: {getattr(error, 'strerror', None) or error}")


def _converse(reader: _Reader, called: str, calling: str) -> Reached:
    reader.send(_request(called, calling))
    answer = reader.next()
    if isinstance(answer, AAssociateRJ):
        return Reached(Reach.ASSOCIATES, f"A-ASSOCIATE-RJ {answer.result}/{answer.source}/{answer.reason}")
    if not isinstance(answer, AAssociateAC):
        return Reached(Reach.SILENT, f"{reader.instead_of(answer)} instead of A-ASSOCIATE-AC or A-ASSOCIATE-RJ")
    detail = _echo(reader, answer)
    reader.send(AReleaseRQ())
    reader.hurry(_RELEASE_S)
    reader.next()  # whatever it is, the cases about release judge it
    return Reached(Reach.ASSOCIATES if detail else Reach.ECHOES, detail)


def _echo(reader: _Reader, acceptance: AAssociateAC) -> str:
    """Verify; give the reason if it is not answered by success."""
    if not any(context.result == 0 for context in acceptance.presentation_contexts):
        return "Verification was not accepted"
    command = command_set("C-ECHO-RQ", AffectedSOPClassUID=VERIFICATION, MessageID=1)
    for pdu in fragment(Message(1, command), max(acceptance.maximum_length or 0, _LEAST_LENGTH_BYTES)):
        reader.send(pdu)
    assembler = Assembler()
    messages: list[Message] = []
    while not messages:
        came = reader.next()
        if not isinstance(came, PDataTF):
            return f"{reader.instead_of(came)} instead of C-ECHO-RSP"
        messages = assembler.feed(came)
    name, status = messages[0].command.message, messages[0].command.number("Status")
    if name != "C-ECHO-RSP" or status != 0:
        return f"{name} with status {status if status is None else format(status, '04X')}"
    return ""


def _request(called: str, calling: str) -> AAssociateRQ:
    items = (
        ApplicationContext(_APPLICATION_CONTEXT),
        PresentationContextRQ(1, VERIFICATION, (_IMPLICIT,)),
        UserInformation((MaximumLength(_MAXIMUM_LENGTH_BYTES), ImplementationClassUID(_IMPLEMENTATION_CLASS_UID))),
    )
    return AAssociateRQ(called, calling, items)


class _Reader:
    """The PDUs of a connection, one after the other, until a deadline and up to a number of bytes."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline
        self._stream = PDUStream(_MOST_BYTES)
        self._waiting: deque[PDU] = deque()
        self._left_bytes = _MOST_BYTES
        self._end = "the end of the connection"

    def send(self, pdu: PDU) -> None:
        """Send a PDU; one that the peer no longer takes is missed by its answer."""
        try:
            self._sock.settimeout(max(self._deadline - time.monotonic(), 0.001))
            self._sock.sendall(encode(pdu))
        except OSError:
            return

    def next(self) -> PDU | None:
        """Give the next PDU; None where none comes any more: `instead_of` says why."""
        while not self._waiting:
            data = self._read()
            if not data:
                return None
            self._waiting.extend(received.pdu for received in self._stream.feed(data))
        return self._waiting.popleft()

    def hurry(self, within_s: float) -> None:
        """Wait no longer than so many seconds from now."""
        self._deadline = min(self._deadline, time.monotonic() + within_s)

    def instead_of(self, pdu: PDU | None) -> str:
        """Name what came in the place of what was awaited."""
        return self._end if pdu is None else pdu.NAME

    def _read(self) -> bytes:
        left_s = self._deadline - time.monotonic()
        if left_s <= 0 or self._left_bytes <= 0:
            self._end = "no answer in time" if left_s <= 0 else f"more than {_MOST_BYTES} bytes"
            return b""
        try:
            self._sock.settimeout(left_s)
            data = self._sock.recv(65536)
        except TimeoutError:
            self._end = "no answer in time"
            return b""
        except OSError as error:
            self._end = f"{error.strerror or error}"
            return b""
        self._left_bytes -= len(data)
        return data
