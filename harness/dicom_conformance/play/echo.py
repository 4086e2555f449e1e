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
import threading
import time
from dataclasses import dataclass

from dicom_conformance.play.pdu_reader import PDUReader
from dicom_wire.command import command_set
from dicom_wire.dimse import Assembler, Message, fragment
from dicom_wire.items import (
    ApplicationContext,
    ImplementationClassUID,
    MaximumLength,
    PresentationContextRQ,
    UserInformation,
)
from dicom_wire.pdu import AAssociateAC, AAssociateRJ, AAssociateRQ, AReleaseRQ, PDataTF

VERIFICATION = "1.2.840.10008.1.1"
_IMPLICIT = "1.2.840.10008.1.2"
_APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
_IMPLEMENTATION_CLASS_UID = "2.25.193528870470212343577263310353706424065"
_MAXIMUM_LENGTH_BYTES = 16384
_LEAST_LENGTH_BYTES = 64
RELEASE_S = 2.0
PATIENCE_S = 3.0
"""How long a subject that rejects for the time being is asked again, in seconds."""
PATIENCE_AFTERWARDS_S = 35.0
"""The same for one that served before: more than an ARTIM timer of 30 s, for so long it may count a connection that
ended before its A-ASSOCIATE-RQ."""
PAUSE_S, LONGEST_PAUSE_S = 0.1, 1.0
_TRANSIENT = 2


class Reach(enum.IntEnum):
    """How far a subject answers."""

    SILENT = 0
    ASSOCIATES = 1
    ECHOES = 2


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a subject answered, and where it did not echo, why; `later` if it says that it may do so later."""

    reach: Reach
    detail: str = ""
    later: bool = False


def echo(
    address: tuple[str, int], called: str, calling: str, deadline_s: float, patience_s: float = PATIENCE_S
) -> Reached:
    """Ask an AE for an association and for C-ECHO, as far as it answers.

    One that rejects for the time being (PS3.8 9.3.4, result 2) is asked again for a while: it may not have noticed yet
    that earlier associations are over. Its answer is lawful, and no sign that it serves nobody any more.
    """
    until, pause_s = time.monotonic() + patience_s, PAUSE_S
    reached = _asked(address, called, calling, deadline_s)
    while reached.later and time.monotonic() < until:
        threading.Event().wait(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        reached = _asked(address, called, calling, deadline_s)
    return reached


def _asked(address: tuple[str, int], called: str, calling: str, deadline_s: float) -> Reached:
    deadline = time.monotonic() + deadline_s
    try:
        with socket.create_connection(address, timeout=deadline_s) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return _converse(PDUReader(sock, deadline), called, calling)
    except TimeoutError:
        return Reached(Reach.SILENT, f"no connection within {deadline_s:g} s")
    except (OSError, UnicodeError) as error:
        return Reached(Reach.SILENT, f"no connection: {getattr(error, 'strerror', None) or error}")


def _converse(reader: PDUReader, called: str, calling: str) -> Reached:
    reader.send(request(called, calling, (PresentationContextRQ(1, VERIFICATION, (_IMPLICIT,)),)))
    answer = reader.next()
    if isinstance(answer, AAssociateRJ):
        detail = f"A-ASSOCIATE-RJ {answer.result}/{answer.source}/{answer.reason}"
        return Reached(Reach.ASSOCIATES, detail, answer.result == _TRANSIENT)
    if not isinstance(answer, AAssociateAC):
        return Reached(Reach.SILENT, f"{reader.instead_of(answer)} instead of A-ASSOCIATE-AC or A-ASSOCIATE-RJ")
    detail = _echo(reader, answer)
    reader.send(AReleaseRQ())
    reader.hurry(RELEASE_S)
    reader.next()  # whatever it is, the cases about release judge it
    return Reached(Reach.ASSOCIATES if detail else Reach.ECHOES, detail)


def _echo(reader: PDUReader, acceptance: AAssociateAC) -> str:
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


def request(called: str, calling: str, contexts: tuple[PresentationContextRQ, ...]) -> AAssociateRQ:
    """Make an A-ASSOCIATE-RQ of ours with these presentation contexts."""
    us = UserInformation((MaximumLength(_MAXIMUM_LENGTH_BYTES), ImplementationClassUID(_IMPLEMENTATION_CLASS_UID)))
    return AAssociateRQ(called, calling, (ApplicationContext(_APPLICATION_CONTEXT), *contexts, us))
