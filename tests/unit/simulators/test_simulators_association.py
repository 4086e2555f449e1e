"""The driver against a bare socket, a peer of its own kind, and Table 9-10."""

from __future__ import annotations

import gc
import socket
import threading
from collections.abc import Generator, Iterator
from contextlib import closing

import pytest

from dicom_simulators.association.association import (
    CANCEL,
    PENDING,
    SUCCESS,
    VERIFICATION,
    Aborted,
    Closed,
    Deadlines,
    Established,
    Policy,
    Proposal,
    Rejected,
    Released,
    Request,
    Requestor,
    Response,
    Server,
    Supported,
    TimedOut,
    Unreachable,
    propose,
)
from dicom_simulators.association.connection import READ_BYTES
from dicom_simulators.encoding.transfer_syntax_uids import IMPLICIT_VR_LITTLE_ENDIAN
from dicom_simulators.listening import listen
from dicom_wire import (
    PDU,
    AAbort,
    AAssociateAC,
    AAssociateRJ,
    AReleaseRP,
    AReleaseRQ,
    Kind,
    Message,
    PDataTF,
    PDUStream,
    Recorder,
    UnknownPDU,
    command_set,
    encode,
    fragment,
)

FIND = "1.2.840.10008.5.1.4.1.2.2.1"
SHORT = Deadlines(2.0, 2.0, 2.0, 2.0, 2.0, 0.2, 2.0)
PROPOSAL = Proposal(
    "SCP", "SCU", propose((VERIFICATION, [IMPLICIT_VR_LITTLE_ENDIAN]), (FIND, [IMPLICIT_VR_LITTLE_ENDIAN]))
)


class Finder:
    """A service with matches without end, unless cancelled."""

    def __init__(self) -> None:
        self.closed = threading.Event()
        self.endless = True
        self.sizes: list[int] = []

    def echo(self, request: Request) -> Generator[Response, None, None]:
        yield Response(SUCCESS)

    def find(self, request: Request) -> Generator[Response, None, None]:
        try:
            for _ in range(1_000_000 if self.endless else 3):
                if request.cancelled:
                    yield Response(CANCEL)
                    return
                yield Response(PENDING, bytes(100))
            yield Response(SUCCESS)
        finally:
            self.closed.set()


@pytest.fixture
def finder() -> Finder:
    return Finder()


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def server(recorder: Recorder, finder: Finder) -> Iterator[Server]:
    policy = Policy((Supported(VERIFICATION), Supported(FIND)))
    made = Server(
        "scp",
        recorder,
        lambda: policy,
        lambda: {"C-ECHO-RQ": finder.echo, "C-FIND-RQ": finder.find},
        deadlines=SHORT,
        callers={"SCU": "scu"},
        maximum_associations=4,
    )
    made.start()
    yield made
    made.stop()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("scp ")]


def requestor(recorder: Recorder, address: tuple[str, int], proposal: Proposal = PROPOSAL) -> Requestor:
    return Requestor(recorder, address, proposal, name="scu", peer="scp", deadlines=SHORT)


def echo(one: Requestor) -> list[Message]:
    return list(one.request(Message(1, one.command("C-ECHO-RQ", AffectedSOPClassUID=VERIFICATION))))


def find(one: Requestor) -> Message:
    command = one.command("C-FIND-RQ", b"\0" * 8, AffectedSOPClassUID=FIND, Priority=0)
    return Message(3, command, b"\0" * 8)


def test_associate_echo_release(server: Server, recorder: Recorder) -> None:
    one = requestor(recorder, server.address)
    assert isinstance(one.associate(), Established)
    (response,) = echo(one)
    assert response.command["MessageIDBeingRespondedTo"] == 1
    assert [each.command["MessageIDBeingRespondedTo"] for each in echo(one)] == [2]
    assert one.release() == Released(by_us=True)
    server.stop()
    assert list(server.ends) == [Released(by_us=False)]
    assert {(c.observer, c.requestor, c.acceptor) for c in recorder.connections} == {
        ("scu", "scu", "scp"),
        ("scp", "scu", "scp"),
    }


def test_both_ends_saw_the_same_bytes(server: Server, recorder: Recorder) -> None:
    one = requestor(recorder, server.address)
    one.associate()
    echo(one)
    one.release()
    server.stop()
    seen: dict[tuple[int, object], bytes] = {}
    for sighting in recorder.sightings:
        if sighting.kind is Kind.DATA:
            key = (sighting.connection, sighting.sender)
            seen[key] = seen.get(key, b"") + sighting.data
    assert len(seen) == 4
    assert len(set(seen.values())) == 2


def test_cancel_is_seen_between_responses(server: Server, recorder: Recorder, finder: Finder) -> None:
    one = requestor(recorder, server.address)
    one.associate()
    message = find(one)
    statuses = []
    for response in one.request(message):
        statuses.append(response.command["Status"])
        if len(statuses) == 2:
            one.cancel(message)
    assert statuses[-1] == CANCEL
    assert set(statuses[:-1]) == {PENDING}
    assert one.release() == Released(by_us=True)


def test_an_abort_ends_the_service(server: Server, recorder: Recorder, finder: Finder) -> None:
    one = requestor(recorder, server.address)
    one.associate()
    responses = one.request(find(one))
    next(responses)
    assert one.abort() == Aborted(0, 0, by_us=True)
    assert finder.closed.wait(2.0)


def test_a_release_while_busy_is_answered_after_the_last_response(server: Server, finder: Finder) -> None:
    finder.endless = False
    with closing(Bare(server.address)) as bare:
        bare.associate()
        command = command_set("C-FIND-RQ", AffectedSOPClassUID=FIND, MessageID=1, Priority=0)
        bare.send(*(encode(pdu) for pdu in _fragments(Message(3, command, b"\0" * 8))), encode(AReleaseRQ()))
        names = bare.names_until_closed(close_after="A-RELEASE-RP")
    assert names[-1] == "A-RELEASE-RP"
    assert names.count("P-DATA-TF") == 2 * 3 + 1


def test_peer_maximum_length_is_never_exceeded(server: Server, recorder: Recorder, finder: Finder) -> None:
    finder.endless = False
    one = requestor(recorder, server.address, Proposal("SCP", "SCU", PROPOSAL.contexts, maximum_length=40))
    one.associate()
    assert len(list(one.request(find(one)))) == 4
    one.release()
    stream = PDUStream()
    lengths = [
        len(received.raw) - 6
        for sighting in recorder.sightings
        if sighting.connection == 0 and sighting.kind is Kind.DATA and not sighting.written
        for received in stream.feed(sighting.data)
        if isinstance(received.pdu, PDataTF)
    ]
    assert max(lengths) <= 40
    assert len(lengths) > 12


def test_a_peer_to_which_no_fragment_fits_is_rejected(server: Server, recorder: Recorder) -> None:
    for length in (1, 7):
        one = requestor(recorder, server.address, Proposal("SCP", "SCU", PROPOSAL.contexts, maximum_length=length))
        assert one.associate() == Rejected(1, 1, 1)
    one = requestor(recorder, server.address, Proposal("SCP", "SCU", PROPOSAL.contexts, maximum_length=8))
    assert isinstance(one.associate(), Established)
    assert [each.command["Status"] for each in echo(one)] == [0]
    one.release()


def test_an_acceptor_to_which_no_fragment_fits_is_aborted(recorder: Recorder) -> None:
    policy = Policy((Supported(VERIFICATION),), maximum_length=7)
    made = Server("scp", recorder, lambda: policy, dict, deadlines=SHORT)
    made.start()
    end = requestor(recorder, made.address).associate()
    made.stop()
    assert end == Aborted(0, 0, by_us=True, detail="no fragment fits the maximum length announced")


def test_what_has_ended_holds_no_buffer(server: Server, recorder: Recorder) -> None:
    """An ended association waits for the garbage collector, which may come late; its buffers must not."""
    kept = [each for each in gc.get_objects() if isinstance(each, memoryview)]
    gc.disable()
    try:
        for _ in range(5):
            one = requestor(recorder, server.address)
            one.associate()
            one.release()
        one = requestor(recorder, server.address)
        one.associate()
        one.abort()
        server.stop()
        left = [each for each in gc.get_objects() if isinstance(each, memoryview) and not any(each is k for k in kept)]
        assert not [each for each in left if each.nbytes >= READ_BYTES]
    finally:
        gc.enable()


def test_more_associations_than_allowed_are_rejected(server: Server, recorder: Recorder) -> None:
    open_ones = [requestor(recorder, server.address) for _ in range(4)]
    assert all(isinstance(one.associate(), Established) for one in open_ones)
    assert requestor(recorder, server.address).associate() == Rejected(2, 3, 2)
    assert all(one.release() == Released(by_us=True) for one in open_ones)


def test_stop_ends_what_is_open(server: Server, recorder: Recorder) -> None:
    one = requestor(recorder, server.address)
    one.associate()
    server.stop()
    assert echo(one) == []
    assert isinstance(one.ended, Closed)


def test_nobody_there(recorder: Recorder) -> None:
    listener = listen("127.0.0.1", 0)
    address = listener.getsockname()
    listener.close()
    assert isinstance(requestor(recorder, address).associate(), Unreachable)
    assert [sighting.kind for sighting in recorder.sightings] == [Kind.REFUSED]


def test_a_port_in_use_is_an_error(server: Server, recorder: Recorder) -> None:
    second = Server("second", recorder, Policy, dict, port=server.address[1])
    with pytest.raises(OSError, match="in use"):
        second.start()


class Bare:
    """A bare requestor, which sends what it is told."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.sock = socket.create_connection(address, 3.0)
        self.stream = PDUStream()

    def close(self) -> None:
        self.sock.close()

    def send(self, *raw: bytes) -> None:
        self.sock.sendall(b"".join(raw))

    def associate(self) -> None:
        self.send(encode(PROPOSAL.request()))
        assert isinstance(self.next(), AAssociateAC)

    def next(self) -> PDU | None:
        while data := self.sock.recv(4096):
            received = self.stream.feed(data)
            if received:
                return received[0].pdu
        return None

    def names_until_closed(self, close_after: str = "") -> list[str]:
        names: list[str] = []
        while data := self.sock.recv(4096):
            names.extend(received.pdu.NAME for received in self.stream.feed(data))
            if close_after in names:
                self.sock.shutdown(socket.SHUT_WR)
        return names


def _fragments(message: Message) -> list[PDataTF]:
    return list(fragment(message, 0))


@pytest.mark.parametrize(
    ("raw", "source", "reason"),
    [
        (encode(AAssociateAC("A", "B", ())), 2, 2),
        (encode(AAssociateRJ(1, 1, 1)), 2, 2),
        (encode(PROPOSAL.request()), 2, 2),
        (encode(AReleaseRP()), 2, 2),
        (encode(UnknownPDU(0x4A, b"")), 2, 1),
        (b"\x04\x00\x00\x00\x00\x08\x00\x00\x00\x99\x01\x03\x00\x00", 2, 6),
    ],
    ids=["AC", "RJ", "RQ", "RP", "unknown", "invalid"],
)
def test_what_may_not_come_in_sta6_is_aborted_by_the_provider(
    server: Server, raw: bytes, source: int, reason: int
) -> None:
    with closing(Bare(server.address)) as bare:
        bare.associate()
        bare.send(raw)
        pdu = bare.next()
        assert isinstance(pdu, AAbort)
        assert (pdu.source, pdu.reason) == (source, reason)
        assert bare.names_until_closed() == []  # ARTIM closes, though we do not


@pytest.mark.parametrize("raw", [encode(AReleaseRQ()), encode(UnknownPDU(0x4A, b""))], ids=["RELEASE", "unknown"])
def test_what_may_not_come_in_sta2_is_aborted(server: Server, raw: bytes) -> None:
    with closing(Bare(server.address)) as bare:
        bare.send(raw)
        assert isinstance(bare.next(), AAbort)


def test_artim_closes_a_connection_without_request(server: Server) -> None:
    with closing(Bare(server.address)) as bare:
        assert bare.next() is None
    server.stop()
    assert list(server.ends) == [TimedOut("ARTIM")]


def test_protocol_version_that_is_not_supported_is_rejected(server: Server) -> None:
    with closing(Bare(server.address)) as bare:
        request = PROPOSAL.request()
        bare.send(encode(type(request)("SCP", "SCU", request.items, protocol_version=2)))
        pdu = bare.next()
    assert isinstance(pdu, AAssociateRJ)
    assert (pdu.result, pdu.source, pdu.reason) == (1, 2, 2)


def test_a_message_of_no_service_is_answered_unrecognized(server: Server, recorder: Recorder) -> None:
    one = requestor(recorder, server.address)
    one.associate()
    command = one.command("C-STORE-RQ", b"\0" * 8, AffectedSOPClassUID=FIND, AffectedSOPInstanceUID="1.2", Priority=0)
    (response,) = one.request(Message(3, command, b"\0" * 8))
    assert response.command["Status"] == 0x0211
    one.release()


def test_a_release_collision_ends_released_on_both_sides(recorder: Recorder) -> None:
    with closing(listen("127.0.0.1", 0)) as listener:
        one = requestor(recorder, listener.getsockname())
        ends: list[object] = []
        thread = threading.Thread(target=lambda: ends.extend([one.associate(), one.release()]))
        thread.start()
        sock, _ = listener.accept()
        with sock:
            sock.settimeout(3.0)
            sock.recv(4096)
            contexts = [item for item in PROPOSAL.request().items if item.TYPE != 0x20]
            sock.sendall(encode(AAssociateAC("SCP", "SCU", tuple(contexts))))
            assert sock.recv(4096) == encode(AReleaseRQ())
            sock.sendall(encode(AReleaseRQ()))  # Sta7, Evt12: AR-8, collision
            assert sock.recv(4096) == encode(AReleaseRP())
            sock.sendall(encode(AReleaseRP()))
            assert sock.recv(4096) == b""
        thread.join(3.0)
    assert ends[1] == Released(by_us=True)
