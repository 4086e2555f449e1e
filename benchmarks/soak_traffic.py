"""Conversations of the soak: honest ones, and hostile ones that break the protocol in every way that was thought of.

A conversation is a function of the AE under test and of a random generator. It opens its own connection, ends within
seconds whatever the AE does, and closes what it opened. It raises nothing because the AE closes or aborts: that is
what a hostile peer asks for. An honest conversation raises `UnservedError` when the AE does not do what it should.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from random import Random

from dicom_simulators.data_sets import build
from dicom_wire import (
    AAbort,
    AAssociateAC,
    AAssociateRQ,
    ApplicationContext,
    Assembler,
    CommandSet,
    ImplementationClassUID,
    MaximumLength,
    Message,
    PDataTF,
    PDUStream,
    PresentationContextRQ,
    UserInformation,
    command_set,
    encode,
    encode_command,
    fragment_buffers,
)

VERIFICATION = "1.2.840.10008.1.1"
CT = "1.2.840.10008.5.1.4.1.1.2"
IMPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2"
APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
RELEASE_RQ = struct.pack(">BBL4x", 5, 0, 4)
MAXIMUM_LENGTH_BYTES = 16384
ANSWER_S = 20.0  # how long an honest peer waits for an answer
HOSTILE_S = 2.0  # how long a hostile peer stays at most
CUT_BYTES = 8 << 20


class UnservedError(Exception):
    """An honest peer was not served; the text says what it missed."""


def described(pdu: object) -> str:
    """Describe what came instead of what was awaited: who aborted or rejected, and why, matters."""
    return "the end of the connection" if pdu is None else repr(pdu)[:200]


@dataclass(frozen=True, slots=True)
class Subject:
    """The AE under test: its process, its title and the address that it listens on."""

    process_id: int
    ae_title: str
    address: tuple[str, int]


Conversation = Callable[[Subject, Random], None]


def associate_rq(subject: Subject, contexts: tuple[tuple[str, str], ...], **changes: object) -> bytes:
    """Encode an A-ASSOCIATE-RQ that proposes each pair of abstract and transfer syntax."""
    proposed = tuple(
        PresentationContextRQ(2 * index + 1, abstract, (transfer,))
        for index, (abstract, transfer) in enumerate(contexts)
    )
    about = UserInformation((MaximumLength(MAXIMUM_LENGTH_BYTES), ImplementationClassUID("1.2.3.4")))
    items = (ApplicationContext(APPLICATION_CONTEXT), *proposed, about)
    return bytes(encode(AAssociateRQ(subject.ae_title, "SOAK", items, **changes)))  # type: ignore[arg-type]


class Peer:
    """One connection to the AE under test."""

    def __init__(self, subject: Subject, timeout_s: float) -> None:
        self.subject = subject
        self.connection = socket.create_connection(subject.address, timeout_s)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._timeout_s = timeout_s
        self._stream = PDUStream()
        self._assembler = Assembler()
        self._pdus: list[object] = []
        self._messages: list[Message] = []

    def send(self, data: bytes) -> None:
        """Send bytes, whatever they are."""
        self.connection.sendall(data)

    def receive_pdu(self) -> object | None:
        """Return the next PDU, or None at the end of the stream; TimeoutError when none comes."""
        deadline = time.monotonic() + self._timeout_s
        while not self._pdus:
            self.connection.settimeout(max(0.001, deadline - time.monotonic()))
            data = self.connection.recv(1 << 16)
            if not data:
                return None
            self._pdus += [received.pdu for received in self._stream.feed(data)]
        return self._pdus.pop(0)

    def open(self, *abstract_syntaxes: str) -> None:
        """Open an association, or raise `UnservedError`."""
        pairs = tuple((each, IMPLICIT_VR_LITTLE_ENDIAN) for each in abstract_syntaxes or (VERIFICATION, CT))
        self.send(associate_rq(self.subject, pairs))
        answer = self.receive_pdu()
        if not isinstance(answer, AAssociateAC):
            raise UnservedError(f"no A-ASSOCIATE-AC but {described(answer)}")

    def send_message(self, context_id: int, command: CommandSet, data_set: bytes | None = None) -> None:
        """Send a whole DIMSE message."""
        self.send(b"".join(fragment_buffers(Message(context_id, command, data_set), MAXIMUM_LENGTH_BYTES)))

    def receive_message(self) -> Message:
        """Return the next DIMSE message, or raise `UnservedError`."""
        while not self._messages:
            pdu = self.receive_pdu()
            if not isinstance(pdu, PDataTF):
                raise UnservedError(f"no response but {described(pdu)}")
            self._messages += self._assembler.feed(pdu)
        return self._messages.pop(0)

    def ask(self, context_id: int, command: CommandSet, data_set: bytes | None = None) -> int:
        """Send a request and return the status of its response."""
        self.send_message(context_id, command, data_set)
        status = self.receive_message().command.get("Status")
        return status if isinstance(status, int) else -1

    def release(self) -> None:
        """Release the association and wait for the answer."""
        self.send(RELEASE_RQ)
        self.receive_pdu()

    def reset(self) -> None:
        """Have the connection closed with RST instead of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def linger(self, seconds: float) -> None:
        """Read what comes for a while, or until the AE closes."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.connection.settimeout(left)
            if not self.connection.recv(1 << 16):
                return


@contextmanager
def honest(subject: Subject) -> Iterator[Peer]:
    """Connect; an end of the connection that nobody asked for is `UnservedError`."""
    try:
        peer = Peer(subject, ANSWER_S)
        with peer.connection:
            yield peer
    except OSError as error:
        raise UnservedError(f"{type(error).__name__}: {error}") from error


@contextmanager
def hostile(subject: Subject) -> Iterator[Peer]:
    """Connect; whatever ends the conversation is as good as its end."""
    with suppress(OSError, UnservedError):
        peer = Peer(subject, HOSTILE_S)
        with peer.connection:
            yield peer


# -- honest


def echo_rq(message_id: int = 1) -> CommandSet:
    """Return the command set of a C-ECHO-RQ."""
    return command_set("C-ECHO-RQ", MessageID=message_id, AffectedSOPClassUID=VERIFICATION)


def store_rq(sop_class: str, uid: str) -> CommandSet:
    """Return the command set of a C-STORE-RQ."""
    return command_set("C-STORE-RQ", MessageID=1, Priority=0, AffectedSOPClassUID=sop_class, AffectedSOPInstanceUID=uid)


def echoes(subject: Subject, random: Random) -> None:
    """Open, verify a few times, release."""
    with honest(subject) as peer:
        peer.open(VERIFICATION)
        for _ in range(random.randint(1, 5)):
            if (status := peer.ask(1, echo_rq())) != 0:
                raise UnservedError(f"C-ECHO answered {status:04X}")
        peer.release()


def stores(subject: Subject, random: Random) -> None:
    """Store one CT image of 512 x 512; out of resources (A7xx) is an honest answer."""
    instance = build("ct_512", CT, IMPLICIT_VR_LITTLE_ENDIAN, seed=random.getrandbits(40))
    with honest(subject) as peer:
        peer.open(VERIFICATION, CT)
        status = peer.ask(3, store_rq(CT, instance.SOPInstanceUID), instance.data_set)
        if status != 0 and status >> 8 != 0xA7:
            raise UnservedError(f"C-STORE answered {status:04X}")
        peer.release()


# -- hostile


def leaves_at_once(subject: Subject, random: Random) -> None:
    """Connect and close."""
    with hostile(subject):
        pass


def says_nothing(subject: Subject, random: Random) -> None:
    """Connect and stay silent."""
    with hostile(subject) as peer:
        peer.linger(random.uniform(0, HOSTILE_S))


def says_noise(subject: Subject, random: Random) -> None:
    """Send random bytes."""
    with hostile(subject) as peer:
        peer.send(random.randbytes(random.randint(1, 4096)))
        peer.linger(HOSTILE_S / 4)


def stops_in_the_request(subject: Subject, random: Random) -> None:
    """Send part of an A-ASSOCIATE-RQ, then stay or go."""
    request = associate_rq(subject, ((VERIFICATION, IMPLICIT_VR_LITTLE_ENDIAN),))
    with hostile(subject) as peer:
        peer.send(request[: random.randrange(1, len(request))])
        peer.linger(random.choice((0.0, HOSTILE_S)))


def announces_too_much(subject: Subject, random: Random) -> None:
    """Send the header of a PDU of 4 GiB, and some of it."""
    with hostile(subject) as peer:
        peer.send(struct.pack(">BBL", random.choice((1, 4, 9)), 0, 0xFFFFFFFF) + bytes(random.randint(0, 1 << 18)))
        peer.linger(HOSTILE_S / 4)


def damages_the_request(subject: Subject, random: Random) -> None:
    """Send an A-ASSOCIATE-RQ of many contexts in which some bytes are wrong."""
    pairs = ((VERIFICATION, IMPLICIT_VR_LITTLE_ENDIAN), *((CT, IMPLICIT_VR_LITTLE_ENDIAN),) * random.randint(0, 127))
    damaged = bytearray(associate_rq(subject, pairs))
    for _ in range(random.randint(1, 8)):
        damaged[random.randrange(len(damaged))] = random.randrange(256)
    with hostile(subject) as peer:
        peer.send(bytes(damaged))
        peer.linger(HOSTILE_S / 4)


def sends_data_first(subject: Subject, random: Random) -> None:
    """Send P-DATA before there is an association."""
    with hostile(subject) as peer:
        peer.send_message(1, echo_rq())
        peer.linger(HOSTILE_S / 4)


def aborts(subject: Subject, random: Random) -> None:
    """Open an association and abort it."""
    with hostile(subject) as peer:
        peer.open()
        peer.send(bytes(encode(AAbort(random.randrange(4), random.randrange(8)))))


def vanishes(subject: Subject, random: Random) -> None:
    """Open an association and reset the connection."""
    with hostile(subject) as peer:
        peer.open()
        peer.reset()


def cuts_a_data_set(subject: Subject, random: Random) -> None:
    """Send some of a C-STORE data set of many megabytes, stay a while, and go."""
    with hostile(subject) as peer:
        peer.open(CT)
        whole = b"".join(fragment_buffers(Message(1, store_rq(CT, "1.2.3"), bytes(CUT_BYTES)), MAXIMUM_LENGTH_BYTES))
        peer.send(whole[: random.randrange(200, len(whole))])
        peer.linger(random.uniform(0, HOSTILE_S))
        peer.reset()


def never_ends_a_command(subject: Subject, random: Random) -> None:
    """Send fragments of a command set that has no end."""
    with hostile(subject) as peer:
        peer.open(VERIFICATION)
        piece = struct.pack(">BBLLBB", 4, 0, 8006, 8002, 1, 1) + bytes(8000)
        for _ in range(64):
            peer.send(piece)
        peer.linger(HOSTILE_S / 4)


def never_reads(subject: Subject, random: Random) -> None:
    """Send requests and read no response."""
    with hostile(subject) as peer:
        peer.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        peer.open(VERIFICATION)
        peer.send(b"".join(fragment_buffers(Message(1, echo_rq(), None), MAXIMUM_LENGTH_BYTES)) * 500)
        time.sleep(random.uniform(0, HOSTILE_S))
        peer.reset()


def damages_a_message(subject: Subject, random: Random) -> None:
    """Send a C-STORE in which some bytes are wrong."""
    instance = build("smallest", CT, IMPLICIT_VR_LITTLE_ENDIAN, seed=random.getrandbits(40))
    message = Message(1, store_rq(CT, instance.SOPInstanceUID), instance.data_set)
    damaged = bytearray(b"".join(fragment_buffers(message, MAXIMUM_LENGTH_BYTES)))
    for _ in range(random.randint(1, 8)):
        damaged[random.randrange(len(damaged))] = random.randrange(256)
    with hostile(subject) as peer:
        peer.open(CT)
        peer.send(bytes(damaged))
        peer.linger(HOSTILE_S / 4)


def uses_a_strange_context(subject: Subject, random: Random) -> None:
    """Send a request in a presentation context that was never proposed."""
    with hostile(subject) as peer:
        peer.open(VERIFICATION)
        peer.send_message(random.choice((0, 2, 77, 255)), echo_rq())
        peer.linger(HOSTILE_S / 4)


def releases_in_a_message(subject: Subject, random: Random) -> None:
    """Begin a message, and release in the middle of it, twice."""
    with hostile(subject) as peer:
        peer.open(VERIFICATION)
        body = encode_command(echo_rq())[:20]
        peer.send(struct.pack(">BBLLBB", 4, 0, len(body) + 6, len(body) + 2, 1, 1) + body + RELEASE_RQ * 2)
        peer.linger(HOSTILE_S / 4)


HONEST: tuple[Conversation, ...] = (echoes, stores)
HOSTILE: tuple[Conversation, ...] = (
    leaves_at_once,
    says_nothing,
    says_noise,
    stops_in_the_request,
    announces_too_much,
    damages_the_request,
    sends_data_first,
    aborts,
    vanishes,
    cuts_a_data_set,
    never_ends_a_command,
    never_reads,
    damages_a_message,
    uses_a_strange_context,
    releases_in_a_message,
)
