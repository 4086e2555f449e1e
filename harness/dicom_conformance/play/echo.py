"""One C-ECHO on bare bytes: what the prologue and the epilogue of a case send to a subject that claims Verification.

References
----------
PS3.4 Annex A (Verification Service Class), PS3.7 9.1.5.
"""

from __future__ import annotations

import socket
import time

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
from dicom_wire.pdu import PDU, AAssociateAC, AAssociateRQ, AReleaseRP, AReleaseRQ, PDataTF
from dicom_wire.stream import PDUStream

VERIFICATION = "1.2.840.10008.1.1"
_IMPLICIT = "1.2.840.10008.1.2"
_APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
_IMPLEMENTATION_CLASS_UID = "2.25.193528870470212343577263310353706424065"
_MAXIMUM_LENGTH_BYTES = 16384


def echo(address: tuple[str, int], called: str, calling: str, deadline_s: float) -> str:
    """Verify that an AE answers; give the reason if it does not, else nothing."""
    deadline = time.monotonic() + deadline_s
    try:
        with socket.create_connection(address, timeout=deadline_s) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return _converse(sock, called, calling, deadline)
    except TimeoutError:
        return f"no answer within {deadline_s:g} s"
    except OSError as error:
        return f"no connection: {error.strerror or error}"


def _converse(sock: socket.socket, called: str, calling: str, deadline: float) -> str:
    stream = PDUStream()
    sock.sendall(encode(_request(called, calling)))
    answer = _next(sock, stream, deadline)
    if not isinstance(answer, AAssociateAC):
        return f"{answer.NAME if answer else 'the end of the connection'} instead of A-ASSOCIATE-AC"
    if not any(context.result == 0 for context in answer.presentation_contexts):
        return "Verification was not accepted"
    command = command_set("C-ECHO-RQ", AffectedSOPClassUID=VERIFICATION, MessageID=1)
    for pdu in fragment(Message(1, command), answer.maximum_length or 0):
        sock.sendall(encode(pdu))
    assembler = Assembler()
    messages: list[Message] = []
    while not messages:
        answer_pdu = _next(sock, stream, deadline)
        if not isinstance(answer_pdu, PDataTF):
            return f"{answer_pdu.NAME if answer_pdu else 'the end of the connection'} instead of C-ECHO-RSP"
        messages.extend(assembler.feed(answer_pdu))
    status = messages[0].command.number("Status")
    if messages[0].command.message != "C-ECHO-RSP" or status != 0:
        return f"{messages[0].command.message} with status {status if status is None else format(status, '04X')}"
    sock.sendall(encode(AReleaseRQ()))
    released = _next(sock, stream, deadline)
    return "" if isinstance(released, AReleaseRP) else "no A-RELEASE-RP"


def _request(called: str, calling: str) -> AAssociateRQ:
    items = (
        ApplicationContext(_APPLICATION_CONTEXT),
        PresentationContextRQ(1, VERIFICATION, (_IMPLICIT,)),
        UserInformation((MaximumLength(_MAXIMUM_LENGTH_BYTES), ImplementationClassUID(_IMPLEMENTATION_CLASS_UID))),
    )
    return AAssociateRQ(called, calling, items)


def _next(sock: socket.socket, stream: PDUStream, deadline: float) -> PDU | None:
    """Read one PDU; None at the end of the connection. Answers come one by one, so no second one is lost."""
    while True:
        sock.settimeout(max(deadline - time.monotonic(), 0.001))
        data = sock.recv(65536)
        if not data:
            return None
        for received in stream.feed(data):
            return received.pdu
