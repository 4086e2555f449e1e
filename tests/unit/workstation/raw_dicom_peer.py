"""A DICOM peer for the tests of the workstation that says any bytes it likes."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import closing

DEADLINE_S = 60.0
IMPLICIT = "1.2.840.10008.1.2"
VERIFICATION = "1.2.840.10008.1.1"
CT = "1.2.840.10008.5.1.4.1.1.2"


def item(kind: int, value: bytes) -> bytes:
    return struct.pack(">BBH", kind, 0, len(value)) + value


def pdu(kind: int, body: bytes) -> bytes:
    return struct.pack(">BBL", kind, 0, len(body)) + body


def associate_rq(
    contexts: list[tuple[int, str, list[str]]],
    called: str = "DIRECTVIEW",
    calling: str = "RAW",
    maximum_length: int = 16384,
    application_context: str = "1.2.840.10008.3.1.1.1",
    version: int = 1,
) -> bytes:
    items = item(0x10, application_context.encode())
    for context_id, abstract_syntax, transfer_syntaxes in contexts:
        syntaxes = b"".join(item(0x40, syntax.encode()) for syntax in transfer_syntaxes)
        value = bytes((context_id, 0, 0, 0)) + item(0x30, abstract_syntax.encode()) + syntaxes
        items += item(0x20, value)
    items += item(0x50, item(0x51, struct.pack(">L", maximum_length)) + item(0x52, b"1.2.3.4"))
    head = struct.pack(">HH", version, 0) + called.ljust(16).encode() + calling.ljust(16).encode() + bytes(32)
    return pdu(1, head + items)


def element(tag: int, value: bytes) -> bytes:
    value += b"\0" * (len(value) % 2)
    return struct.pack("<HHL", tag >> 16, tag & 0xFFFF, len(value)) + value


def command(**elements: int | str) -> bytes:
    """Encode a command set; a number is US, a text UI or AE."""
    tags = {
        "AffectedSOPClassUID": 0x00000002,
        "CommandField": 0x00000100,
        "MessageID": 0x00000110,
        "MessageIDBeingRespondedTo": 0x00000120,
        "Priority": 0x00000700,
        "CommandDataSetType": 0x00000800,
        "Status": 0x00000900,
        "AffectedSOPInstanceUID": 0x00001000,
        "NumberOfRemainingSuboperations": 0x00001020,
        "NumberOfCompletedSuboperations": 0x00001021,
        "NumberOfFailedSuboperations": 0x00001022,
        "NumberOfWarningSuboperations": 0x00001023,
    }
    body = b"".join(
        element(tag, struct.pack("<H", value) if isinstance(value, int) else value.encode())
        for tag, value in sorted((tags[keyword], value) for keyword, value in elements.items())
    )
    return element(0, struct.pack("<L", len(body))) + body


def p_data(context_id: int, control: int, value: bytes) -> bytes:
    return pdu(4, struct.pack(">LBB", len(value) + 2, context_id, control) + value)


def echo_rq(context_id: int = 1, **changes: int | str) -> bytes:
    elements: dict[str, int | str] = {
        "AffectedSOPClassUID": VERIFICATION,
        "CommandField": 0x30,
        "MessageID": 1,
        "CommandDataSetType": 0x0101,
    }
    elements.update(changes)
    return p_data(context_id, 3, command(**elements))


def store_rq(
    data_set: bytes, sop_class: str, sop_instance: str, context_id: int = 1, fragment: int = 16000, message_id: int = 1
) -> bytes:
    out = p_data(
        context_id,
        3,
        command(
            AffectedSOPClassUID=sop_class,
            CommandField=1,
            MessageID=message_id,
            Priority=0,
            CommandDataSetType=1,
            AffectedSOPInstanceUID=sop_instance,
        ),
    )
    for offset in range(0, len(data_set), fragment):
        last = 2 if offset + fragment >= len(data_set) else 0
        out += p_data(context_id, last, data_set[offset : offset + fragment])
    return out


RELEASE_RQ = pdu(5, bytes(4))
RELEASE_RP = pdu(6, bytes(4))


def abort(source: int = 0, reason: int = 0) -> bytes:
    return pdu(7, bytes((0, 0, source, reason)))


def status_of(response: bytes) -> int:
    """Return the Status of a response in a P-DATA-TF."""
    at = response.index(b"\x00\x00\x00\x09\x02\x00\x00\x00") + 8
    return struct.unpack_from("<H", response, at)[0]


class RawPeer:
    """One connection, in bytes."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        connection.settimeout(DEADLINE_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def receive(self) -> bytes:
        """Return a whole PDU, b"" at the end of the stream; TimeoutError when nothing comes."""
        head = self._exactly(6)
        return head + self._exactly(struct.unpack(">L", head[2:])[0]) if head else b""

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            try:
                part = self.connection.recv(count - len(data))
            except ConnectionResetError:
                part = b""
            if not part:
                return b""
            data += part
        return data

    def open(self, contexts: list[tuple[int, str, list[str]]] | None = None, **more: object) -> bytes:
        """Send an A-ASSOCIATE-RQ and return the answer."""
        self.send(associate_rq(contexts or [(1, VERIFICATION, [IMPLICIT])], **more))
        return self.receive()

    def release(self) -> bytes:
        self.send(RELEASE_RQ)
        return self.receive()

    def close(self) -> None:
        self.connection.close()


class RawAcceptor:
    """Listens, and plays a script with the first connection in a thread of its own."""

    def __init__(self, script: Callable[[RawPeer], None]) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = self.listening.getsockname()
        self.received: list[bytes] = []
        self._script = script
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        self.listening.settimeout(DEADLINE_S)
        connection, _ = self.listening.accept()
        with closing(RawPeer(connection)) as peer:
            self._script(peer)

    def finish(self) -> None:
        self._thread.join(DEADLINE_S)
        self.listening.close()
        assert not self._thread.is_alive()


def proposed_contexts(request: bytes) -> list[tuple[int, str, str]]:
    """Return (context ID, abstract syntax, first transfer syntax) of an A-ASSOCIATE-RQ."""
    contexts, offset = [], 74
    while offset < len(request):
        kind, _, length = struct.unpack_from(">BBH", request, offset)
        value = request[offset + 4 : offset + 4 + length]
        offset += 4 + length
        if kind == 0x20:
            first = struct.unpack_from(">H", value, 6)[0]
            second = struct.unpack_from(">H", value, 10 + first)[0]
            syntaxes = value[8 : 8 + first].decode(), value[12 + first : 12 + first + second].decode()
            contexts.append((value[0], *syntaxes))
    return contexts


def associate_ac(answers: list[tuple[int, int, str]], maximum_length: int = 16384) -> bytes:
    """Encode an A-ASSOCIATE-AC of (context ID, result, transfer syntax)."""
    items = item(0x10, b"1.2.840.10008.3.1.1.1")
    for context_id, result, transfer_syntax in answers:
        items += item(0x21, bytes((context_id, 0, result, 0)) + item(0x40, transfer_syntax.encode()))
    items += item(0x50, item(0x51, struct.pack(">L", maximum_length)) + item(0x52, b"1.2.3.4"))
    return pdu(2, struct.pack(">HH", 1, 0) + b"ARCHIVE         RAW             " + bytes(32) + items)


def accept(peer: RawPeer, *, only: str | None = None, maximum_length: int = 16384) -> list[tuple[int, str, str]]:
    """Answer an A-ASSOCIATE-RQ: accept each context, or those of one transfer syntax; returns what was proposed."""
    contexts = proposed_contexts(peer.receive())
    answers = [(number, 0 if only in (None, syntax) else 4, syntax) for number, _, syntax in contexts]
    peer.send(associate_ac(answers, maximum_length))
    return contexts


def receive_message(peer: RawPeer) -> tuple[int, bytes, bytes]:
    """Return (context ID, command set, data set) of the next message; the data set is awaited if one is announced."""
    parts = {1: b"", 0: b""}
    wanted = 1
    while True:
        received = peer.receive()
        if received[:1] != b"\x04":
            return 0, received, b""
        context_id, control = received[10], received[11]
        parts[control & 1] += received[12:]
        if control & 2:
            has_data_set = b"\x00\x00\x00\x08\x02\x00\x00\x00\x01\x01" not in parts[1]
            if not wanted or not has_data_set:
                return context_id, parts[1], parts[0]
            wanted = 0


def field_of(command_set: bytes, element_number: int) -> bytes | None:
    """Return the value of an element of a command set."""
    offset = 0
    while offset < len(command_set):
        group, number, length = struct.unpack_from("<HHL", command_set, offset)
        if (group, number) == (0, element_number):
            return command_set[offset + 8 : offset + 8 + length]
        offset += 8 + length
    return None


def find_rsp(context_id: int, status: int, identifier: bytes = b"", message_id: int = 1) -> bytes:
    """Encode a C-FIND-RSP, with an Identifier if there is one."""
    return response(0x8020, context_id, status, identifier, MessageIDBeingRespondedTo=message_id)


def response(field: int, context_id: int, status: int, data_set: bytes = b"", **elements: int | str) -> bytes:
    """Encode a response message."""
    kind = 0x0001 if data_set else 0x0101
    values: dict[str, int | str] = {"MessageIDBeingRespondedTo": 1, **elements}
    out = p_data(context_id, 3, command(CommandField=field, CommandDataSetType=kind, Status=status, **values))
    return out + (p_data(context_id, 2, data_set) if data_set else b"")


def finish_release(peer: RawPeer) -> None:
    """Answer an A-RELEASE-RQ."""
    assert peer.receive()[0] == 5
    peer.send(RELEASE_RP)
