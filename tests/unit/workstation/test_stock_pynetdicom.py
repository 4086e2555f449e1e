"""Each remedy of `network.upper_layer` twice: one driver, against stock pynetdicom and against the workstation.

Invariants: what stock pynetdicom does wrong is asserted. A pynetdicom that does it no longer fails its test here:
then the remedy can go. What is a race is not repeated but forced: the thread that has to lose is held until it has.
"""

from __future__ import annotations

import os
import resource
import socket
import ssl
import struct
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from queue import Queue
from typing import Any

import pydicom
import pytest
from pydicom.uid import UID
from pynetdicom import AE, _config, association, build_context, dul, evt, transport
from pynetdicom.dimse_primitives import C_ECHO, C_STORE
from pynetdicom.pdu_primitives import A_ABORT
from pynetdicom.transport import AddressInformation
from raw_dicom_peer import (
    CT,
    IMPLICIT,
    RELEASE_RQ,
    VERIFICATION,
    RawPeer,
    accept,
    associate_rq,
    command,
    echo_rq,
    item,
    p_data,
    pdu,
    receive_message,
    response,
    store_rq,
)
from steady_pynetdicom import steady

from dicom_conformance.play.certificates import of_this_run
from dicom_workstation.configuration.configuration import Archive, Configuration
from dicom_workstation.network import upper_layer
from dicom_workstation.network.pynetdicom_version import check_pynetdicom
from dicom_workstation.network.requestor import Requestor
from dicom_workstation.outcome import OperationEndedError

RETIRED = (  # of Table 3, those that pynetdicom gives no service class
    "1.2.840.10008.5.1.4.1.1.3",
    "1.2.840.10008.5.1.4.1.1.5",
    "1.2.840.10008.5.1.4.1.1.6",
    "1.2.840.10008.5.1.4.1.1.12.3",
    "1.2.840.10008.5.1.1.29",
    "1.2.840.10008.5.1.1.30",
    "1.2.840.10008.5.1.4.1.1.77.1",
    "1.2.840.10008.5.1.4.1.1.77.2",
)
TIME_OUT_S = 0.15
SILENCE_S = 0.4
DEADLINE_S = 60.0
ONE = [(1, VERIFICATION, [IMPLICIT])]

dying_threads = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")

Address = tuple[str, int]
Connect = Callable[[Address], RawPeer]


@dataclass
class Stock:
    """A server of pynetdicom's as it is."""

    ae: AE
    address: Address
    requested: Callable[[evt.Event], None] | None = None
    associations: list[Any] = field(default_factory=list)
    stop: Callable[[], None] = lambda: None


@contextmanager
def serving(**keywords: object) -> Iterator[Stock]:
    """Start a server of stock pynetdicom, and stop it."""
    ae = AE("DIRECTVIEW")
    for uid in (VERIFICATION, CT, *RETIRED):
        ae.add_supported_context(uid, [IMPLICIT])
    stock = Stock(ae, ("", 0))
    handlers = [
        (evt.EVT_C_STORE, lambda event: 0),
        (evt.EVT_CONN_OPEN, lambda event: stock.associations.append(event.assoc)),
        (evt.EVT_REQUESTED, lambda event: stock.requested and stock.requested(event)),
    ]
    server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers, **keywords)
    stock.address, stock.stop = server.server_address[:2], server.shutdown
    try:
        yield stock
    finally:
        if server in ae._servers:
            server.shutdown()


@pytest.fixture(scope="module")
def stock_server() -> Iterator[Stock]:
    check_pynetdicom()  # before any test holds a function of pynetdicom's
    before, _config.LOG_HANDLER_LEVEL = _config.LOG_HANDLER_LEVEL, "none"
    with serving() as stock:
        yield stock
    _config.LOG_HANDLER_LEVEL = before


@pytest.fixture
def stock(stock_server: Stock) -> Iterator[Stock]:
    """pynetdicom as it is; its threads have ended before the next test begins."""
    stock_server.ae.acse_timeout, stock_server.ae.network_timeout = 0.5, 10
    stock_server.requested = None
    stock_server.associations.clear()
    yield stock_server
    for each in stock_server.associations:
        each.join(DEADLINE_S)
        each.dul.join(DEADLINE_S)
        assert not each.is_alive()


def seen(peer: RawPeer, within_s: float = SILENCE_S) -> str:
    """Say what the peer was told next."""
    peer.connection.settimeout(within_s)
    try:
        told = peer.receive()
    except TimeoutError:
        return "silence"
    names = {2: "accepted", 3: "rejected", 4: "answered", 6: "released", 7: "aborted"}
    numbers = told[7:10] if told[:1] == b"\x03" else told[8:10] if told[:1] == b"\x07" else b""
    return " ".join((names[told[0]], *map(str, numbers))) if told else "closed"


def rebuilt(more_items: bytes = b"", more_sub_items: bytes = b"") -> bytes:
    """Return an A-ASSOCIATE-RQ with more items than there are."""
    request = associate_rq(ONE)
    at = request.index(b"\x50\x00\x00", 74)
    return pdu(1, request[6:at] + item(0x50, request[at + 4 :] + more_sub_items) + more_items)


def titled(at: int, title: bytes) -> bytes:
    request = associate_rq(ONE)
    return request[:at] + title.ljust(16) + request[at + 16 :]


@dataclass(frozen=True)
class Said:
    """What a peer says, and how stock pynetdicom and ours answer."""

    name: str
    raw: bytes
    stock: str
    ours: str
    needs_time_out: bool = False


BEFORE_AN_ASSOCIATION = [
    Said("half a request", associate_rq(ONE)[:50], "silence", "closed", needs_time_out=True),  # PS3.8 AA-2
    Said("unknown type", pdu(0x42, b"abcd"), "silence", "aborted 0 0"),  # PS3.8 Table 9-10, Sta2: AA-1
    Said("endless request", b"\x01\x00\xff\xff\xff\xf0", "silence", "aborted 0 0"),
    Said("even context ID", associate_rq([(2, VERIFICATION, [IMPLICIT])]), "closed", "aborted 0 0", True),
    Said("context ID 0", associate_rq([(0, VERIFICATION, [IMPLICIT])]), "closed", "aborted 0 0", True),
    Said("context ID twice", associate_rq(ONE * 2), "accepted", "aborted 0 0"),
    Said("unknown item", rebuilt(item(0x2F, b"zz")), "aborted 0 0", "accepted"),
    Said("unknown sub-item", rebuilt(b"", item(0x99, b"zz")), "aborted 0 0", "accepted"),  # PS3.8 D.2, note 2
    Said("no transfer syntax", associate_rq([(1, VERIFICATION, []), (3, CT, [IMPLICIT])]), "silence", "accepted"),
    Said("maximum length 5", associate_rq(ONE, maximum_length=5), "accepted", "rejected 1 1 1"),
    Said("foreign application", associate_rq(ONE, application_context="1.2.3"), "accepted", "rejected 1 1 2"),
    Said("protocol version 3", associate_rq(ONE, version=3), "rejected 1 2 2", "accepted"),
    Said("blank title", titled(10, b""), "aborted 0 0", "rejected 1 1 7"),  # PS3.8 Table 9-21
    Said("title of other letters", titled(10, b"\xfcCT"), "aborted 0 0", "rejected 1 1 7"),
    Said("title with a control", titled(26, b"\tCT1"), "accepted", "rejected 1 1 3"),
]
NO_MESSAGE_ID = command(AffectedSOPClassUID=VERIFICATION, CommandField=0x30, CommandDataSetType=0x101)
UNASKED = {"CommandField": 0x8030, "MessageIDBeingRespondedTo": 1, "CommandDataSetType": 0x101, "Status": 0}
ON_AN_ASSOCIATION = [
    Said("half a PDU", echo_rq()[:20], "silence", "aborted 0 0", needs_time_out=True),
    Said("unknown type", pdu(0x42, b"abcd"), "aborted 2 0", "aborted 2 1"),  # PS3.8 Table 9-26
    Said("second request", associate_rq(ONE), "aborted 2 0", "aborted 2 2"),
    Said("release unasked", pdu(6, bytes(4)), "aborted 2 0", "aborted 2 2"),
    Said("long release", pdu(5, bytes(9)), "released", "aborted 2 6"),
    Said("no PDV", pdu(4, b""), "silence", "aborted 2 6"),
    Said("PDV of length 0", pdu(4, struct.pack(">LBB", 0, 1, 3)), "aborted 2 0", "aborted 2 6"),
    Said("PDV beyond its PDU", pdu(4, struct.pack(">LBB", 99, 1, 3) + b"ab"), "aborted 2 0", "aborted 2 6"),
    Said("context not negotiated", p_data(3, 3, command(CommandField=0x30)), "closed", "aborted 2 6"),
    Said("unknown command", p_data(1, 3, command(CommandField=0x7777)), "closed", "aborted 2 6"),
    Said("garbage command set", p_data(1, 3, b"\xff" * 30), "closed", "aborted 2 6"),
    Said("no Command Field", p_data(1, 3, command(MessageID=1)), "closed", "aborted 2 6"),
    Said("data set without command", p_data(1, 2, b"data"), "aborted 2 0", "aborted 2 6"),
    Said("no Message ID", p_data(1, 3, NO_MESSAGE_ID), "silence", "aborted 0 0"),
    Said("response unasked", p_data(1, 3, command(**UNASKED)), "silence", "aborted 0 0"),
    Said("command set without end", p_data(1, 1, b"x" * 16000) * 5, "silence", "aborted 2 6"),
    Said("PDU above the maximum", p_data(1, 1, bytes(40000)), "silence", "aborted 2 6"),  # PS3.8 Annex D.1
    Said("release", RELEASE_RQ, "released", "released"),
]


def named(said: list[Said]) -> Any:
    return pytest.mark.parametrize("said", [pytest.param(each, id=each.name) for each in said])


class TestWhatAPeerSays:
    def before(self, said: Said, address: Address, connect: Connect, within_s: float) -> str:
        peer = connect(address)
        peer.send(said.raw)
        return seen(peer, within_s)

    def on_an_association(self, said: Said, address: Address, connect: Connect, within_s: float) -> str:
        peer = connect(address)
        assert peer.open()[0] == 2
        peer.send(said.raw)
        return seen(peer, within_s)

    @dying_threads
    @named(BEFORE_AN_ASSOCIATION)
    def test_stock_before_an_association(self, stock, connect, said):
        is_silent = said.stock == "silence"
        longer_s = 2.0 if is_silent else 0.5  # it ends by A-ABORT, which must not come within the silence
        stock.ae.acse_timeout = TIME_OUT_S if said.needs_time_out else longer_s
        within_s = SILENCE_S if is_silent else DEADLINE_S
        assert self.before(said, stock.address, connect, within_s) == said.stock

    @named(BEFORE_AN_ASSOCIATION)
    def test_ours_before_an_association(self, start, connect, said):
        address = start(acse_timeout_s=TIME_OUT_S if said.needs_time_out else 2.0).address
        assert self.before(said, address, connect, DEADLINE_S) == said.ours

    @dying_threads
    @named(ON_AN_ASSOCIATION)
    def test_stock_on_an_association(self, stock, connect, said):
        stock.ae.network_timeout = TIME_OUT_S if said.needs_time_out else 10
        within_s = SILENCE_S if said.stock == "silence" else DEADLINE_S
        assert self.on_an_association(said, stock.address, connect, within_s) == said.stock

    @named(ON_AN_ASSOCIATION)
    def test_ours_on_an_association(self, start, connect, said):
        address = start(network_timeout_s=TIME_OUT_S if said.needs_time_out else 10.0).address
        assert self.on_an_association(said, address, connect, DEADLINE_S) == said.ours


class TestAcceptance:
    def eleven(self, address: Address, connect: Connect) -> set[int]:
        return {connect(address).open()[0] for _ in range(11)}

    def test_stock_rejects_the_eleventh_association(self, stock, connect):
        assert self.eleven(stock.address, connect) == {2, 3}

    def test_ours_has_no_limit_of_its_own(self, start, connect):
        assert self.eleven(start().address, connect) == {2}

    def stored(self, address: Address, connect: Connect, instance: Any, sop_class: str) -> str:
        data_set, _, uid = instance(sop_class=sop_class)
        peer = connect(address)
        peer.open([(1, sop_class, [IMPLICIT])])
        peer.send(store_rq(data_set, sop_class, uid))
        return seen(peer, DEADLINE_S)

    @pytest.mark.parametrize("sop_class", RETIRED)
    def test_stock_aborts_a_retired_sop_class(self, stock, connect, instance, sop_class):
        assert self.stored(stock.address, connect, instance, sop_class).startswith("aborted")

    @pytest.mark.parametrize("sop_class", RETIRED)
    def test_ours_serves_a_retired_sop_class(self, start, connect, instance, sop_class):
        assert self.stored(start().address, connect, instance, sop_class) == "answered"

    def uids_made(self, address: Address, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> int:
        made: list[object] = []
        new = UID.__new__
        monkeypatch.setattr(UID, "__new__", lambda *values, **more: made.append(values) or new(*values, **more))
        contexts = [(2 * index + 1, f"1.2.840.10008.{index}", [IMPLICIT, f"{IMPLICIT}.1"]) for index in range(128)]
        assert connect(address).open(contexts)[0] == 2
        return len(made)

    def test_stock_makes_each_uid_again_and_again(self, stock, connect, monkeypatch):
        assert self.uids_made(stock.address, connect, monkeypatch) > 1500

    def test_ours_makes_it_for_its_answer(self, start, connect, monkeypatch):
        assert self.uids_made(start().address, connect, monkeypatch) < 700


@contextmanager
def high_descriptors() -> Iterator[None]:
    """Have the next descriptors be above 1023."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 1200:
        pytest.skip("the kernel allows fewer than 1200 descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1200), hard))
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(1050)]
    try:
        yield
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class TestDescriptors:
    def opened(self, address: Address, connect: Connect) -> str:
        with high_descriptors():
            peer = connect(address)
            peer.send(associate_rq(ONE))
            return seen(peer, DEADLINE_S)

    @dying_threads
    def test_stock_cannot_select_above_1023(self, stock, connect):
        assert self.opened(stock.address, connect) != "accepted"

    def test_ours_can(self, start, connect):
        assert self.opened(start().address, connect) == "accepted"


class TestThreads:
    def threads_an_association(self, address: Address, connect: Connect) -> int:
        before = threading.active_count()
        with closing(connect(address)) as peer:
            peer.open()
            peer.send(echo_rq())
            peer.receive()
            return threading.active_count() - before

    def test_stock_has_two(self, stock, connect):
        assert self.threads_an_association(stock.address, connect) == 2

    def test_ours_has_one(self, start, connect):
        assert self.threads_an_association(start().address, connect) == 1

    def times_woken(self, address: Address, connect: Connect) -> int:
        """Return how often threads of this process slept and woke while five associations were idle for 0.2 s."""
        peers = [connect(address) for _ in range(5)]
        for peer in peers:
            assert peer.open()[0] == 2
            peer.send(echo_rq())
            assert seen(peer, DEADLINE_S) == "answered"
        before = resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw
        assert seen(peers[0], 0.2) == "silence"
        return resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw - before

    def test_stock_wakes_all_the_time(self, stock, connect):
        assert self.times_woken(stock.address, connect) > 200

    def test_ours_sleeps(self, start, connect):
        assert self.times_woken(start().address, connect) < 20


class TestDelay:
    def quickest_exchange_s(self, address: Address, connect: Connect) -> float:
        """Return the seconds of an exchange whose response is several PDUs, the peer not acknowledging at once."""
        peer = connect(address)
        assert peer.open(maximum_length=40)[0] == 2
        return min(self.exchange_s(peer) for _ in range(4))

    def exchange_s(self, peer: RawPeer) -> float:
        peer.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
        begun = time.monotonic()
        peer.send(echo_rq())
        while not peer.receive()[11] & 2:
            peer.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
        return time.monotonic() - begun

    def test_stock_waits_for_acknowledgements(self, stock, connect):
        assert self.quickest_exchange_s(stock.address, connect) > 0.03  # Nagle's algorithm, and 40 ms of delay

    def test_ours_does_not_wait(self, start, connect):
        assert self.quickest_exchange_s(start().address, connect) < 0.03


class HeldCheckpoint(threading.Event):
    """The point where pynetdicom's reactor pauses; it goes on from there when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.set()
        self.reached, self.go_on = threading.Event(), threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        was_set = super().wait(timeout)
        self.reached.set()
        self.go_on.wait(DEADLINE_S)
        return was_set


class SeenQueue(Queue):
    """A queue that tells when something came, and when the thread of an association took it."""

    def __init__(self, thread: threading.Thread) -> None:
        super().__init__()
        self.came, self.taken, self._taker = threading.Event(), threading.Event(), thread

    def put(self, *values: Any, **more: Any) -> None:
        super().put(*values, **more)
        self.came.set()

    def get(self, *values: Any, **more: Any) -> Any:
        got = super().get(*values, **more)
        if threading.current_thread() is self._taker:
            self.taken.set()
        return got


def disturb(open_association: Any) -> None:
    """Have the reactor, if there is one, pass its checkpoint before a request and run before its sender waits."""
    if not open_association.is_alive():
        return
    checkpoint = open_association._reactor_checkpoint = HeldCheckpoint()
    messages = open_association.dimse.msg_queue = SeenQueue(open_association)
    send_msg = open_association.dimse.send_msg
    assert checkpoint.reached.wait(DEADLINE_S)

    def slowly(primitive: Any, context_id: int) -> None:
        send_msg(primitive, context_id)
        assert messages.came.wait(DEADLINE_S)
        checkpoint.go_on.set()
        assert messages.taken.wait(DEADLINE_S)

    open_association.dimse.send_msg = slowly


TOO_LONG = "1.2.840." + "1234567890." * 6 + "1"


def answer_echo(message_id: int = 1, context_id: int = 1, sop_class: str = VERIFICATION) -> Callable[[RawPeer], None]:
    """Return the script of a peer that answers an echo, and whatever comes then."""

    def script(peer: RawPeer) -> None:
        accept(peer)
        receive_message(peer)
        elements = {"MessageIDBeingRespondedTo": message_id, "AffectedSOPClassUID": sop_class}
        peer.send(response(0x8030, context_id, 0x0000, **elements))
        if peer.receive()[:1] == b"\x05":
            peer.send(pdu(6, bytes(4)))

    return script


class TestResponses:
    def ask_stock(self, address: Address, prepare: Callable[[Any], None]) -> str:
        ae = AE("RAW")
        ae.dimse_timeout = TIME_OUT_S
        opened = ae.associate(*address, contexts=[build_context(VERIFICATION, IMPLICIT)])
        assert opened.is_established
        prepare(opened)
        status = opened.send_c_echo()
        opened.release()
        opened.join(DEADLINE_S)
        return f"{status.Status:04X}" if status else "no response"

    def ask_ours(self, address: Address, prepare: Callable[[Any], None], timeout_s: float = DEADLINE_S) -> str:
        configuration = Configuration.from_keywords(dimse_timeout_s=timeout_s)
        peer = Archive(ae_title="ARCHIVE", host=address[0], port=address[1])
        try:
            with Requestor(configuration, peer, [(VERIFICATION, IMPLICIT)], 16384) as requestor:
                prepare(requestor._association)
                request = C_ECHO()
                request.MessageID, request.AffectedSOPClassUID = 1, VERIFICATION
                requestor.send(request, 1)
                return f"{requestor.receive_final(C_ECHO, 1).Status:04X}"
        except OperationEndedError as error:
            return str(error)

    def test_stock_loses_a_response(self, acceptor):
        assert self.ask_stock(acceptor(answer_echo()).address, disturb) == "no response"

    def test_ours_has_nobody_who_could_take_it(self, acceptor):
        assert self.ask_ours(acceptor(answer_echo()).address, disturb) == "0000"

    @pytest.mark.parametrize("wrong", [{"message_id": 4242}, {"context_id": 3}])
    def test_stock_takes_a_response_to_another_request(self, acceptor, wrong):
        assert self.ask_stock(acceptor(answer_echo(**wrong)).address, steady) == "0000"

    @pytest.mark.parametrize("wrong", [{"message_id": 4242}, {"context_id": 3}])
    def test_ours_does_not(self, acceptor, wrong):
        assert "response" in self.ask_ours(acceptor(answer_echo(**wrong)).address, lambda _: None)

    @dying_threads
    def test_stock_cannot_hold_a_response_of_a_long_uid(self, acceptor):
        assert self.ask_stock(acceptor(answer_echo(sop_class=TOO_LONG)).address, steady) == "no response"

    def test_ours_takes_it_by_its_status(self, acceptor):
        assert self.ask_ours(acceptor(answer_echo(sop_class=TOO_LONG)).address, lambda _: None) == "0000"

    def half_an_answer(self, told: list[str]) -> Callable[[RawPeer], None]:
        def script(peer: RawPeer) -> None:
            accept(peer)
            receive_message(peer)
            peer.send(response(0x8030, 1, 0x0000)[:20])
            told.append(seen(peer, SILENCE_S))

        return script

    def test_stock_cannot_abort_within_a_pdu(self, acceptor):
        told: list[str] = []
        self.ask_stock(acceptor(self.half_an_answer(told)).address, lambda _: None)
        assert told == ["silence"]

    def test_ours_can(self, acceptor):
        told: list[str] = []
        self.ask_ours(acceptor(self.half_an_answer(told)).address, lambda _: None, TIME_OUT_S)
        assert told == ["aborted 0 0"]


class TestTransmission:
    def hold_other_threads(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have any thread but the association's own be late, until the association's own has ended."""
        process = dul.DULServiceProvider._process_recv_primitive

        def late(self: Any) -> bool:
            primitive = None if self.to_provider_queue.empty() else self.to_provider_queue.queue[0]
            is_end = isinstance(primitive, A_ABORT) or getattr(primitive, "result", None) not in (None, 0)
            if is_end and threading.current_thread() is not self.assoc:
                self.assoc.join(DEADLINE_S)
            return process(self)

        monkeypatch.setattr(dul.DULServiceProvider, "_process_recv_primitive", late)

    def test_stock_never_transmits_a_rejection(self, stock, connect, monkeypatch):
        self.hold_other_threads(monkeypatch)
        stock.requested = lambda event: event.assoc.acse.send_reject(1, 1, 7)
        peer = connect(stock.address)
        peer.send(associate_rq(ONE, called="OTHER"))
        assert seen(peer, DEADLINE_S) == "closed"

    def test_ours_does(self, start, connect, monkeypatch):
        address = start().address
        self.hold_other_threads(monkeypatch)
        peer = connect(address)
        peer.send(associate_rq(ONE, called="OTHER"))
        assert seen(peer, DEADLINE_S) == "rejected 1 1 7"

    def test_stock_never_transmits_an_abort(self, stock, connect, monkeypatch):
        self.hold_other_threads(monkeypatch)
        stock.requested = lambda event: event.assoc.abort(block=False) or setattr(event.assoc, "is_aborted", True)
        peer = connect(stock.address)
        peer.send(associate_rq(ONE))
        assert seen(peer, DEADLINE_S) == "closed"

    def test_ours_transmits_its_abort(self, start, connect, monkeypatch):
        address = start().address
        self.hold_other_threads(monkeypatch)
        peer = connect(address)
        peer.open()
        peer.send(p_data(1, 3, NO_MESSAGE_ID))
        assert seen(peer, DEADLINE_S) == "aborted 0 0"


class TestEnd:
    def told_after_a_release(self, address: Address, connect: Connect) -> str:
        peer = connect(address)
        peer.open()
        assert peer.release()[0] == 6
        return seen(peer, 0.2)

    def test_stock_closes_at_once(self, stock, connect):
        assert self.told_after_a_release(stock.address, connect) == "closed"

    def test_ours_awaits_the_peers_close(self, start, connect):
        assert self.told_after_a_release(start().address, connect) == "silence"  # PS3.8 Table 9-10, Sta13

    def seconds(self, end: Callable[[], object]) -> float:
        begun = time.monotonic()
        end()
        return time.monotonic() - begun

    def test_stock_stops_after_its_next_poll(self, stock_server, connect):
        with serving() as stock:
            with closing(connect(stock.address)) as peer:
                peer.open()
                peer.release()
            assert self.seconds(stock.stop) > 0.3

    def test_ours_stops_at_once(self, start, connect):
        workstation = start()
        with closing(connect(workstation.address)) as peer:
            peer.open()
            peer.release()
        assert self.seconds(workstation.stop) < 0.3

    def test_stock_sleeps_while_it_aborts(self, acceptor):
        opened = AE("RAW").associate(*acceptor(await_the_end).address, contexts=[build_context(VERIFICATION, IMPLICIT)])
        assert self.seconds(opened.abort) >= 0.1

    def test_ours_does_not(self, acceptor):
        address = acceptor(await_the_end).address
        peer = Archive(ae_title="ARCHIVE", host=address[0], port=address[1])
        with Requestor(Configuration(), peer, [(VERIFICATION, IMPLICIT)], 16384) as requestor:
            assert self.seconds(requestor.abort) < 0.1


def await_the_end(peer: RawPeer) -> None:
    accept(peer)
    peer.receive()


def stock_association(connection: socket.socket) -> association.Association:
    made = association.Association(AE("RAW"), "acceptor")
    made.set_socket(transport.AssociationSocket(made, client_socket=connection))
    return made


def our_association(connection: socket.socket) -> upper_layer.Association:
    upper_layer.tune(connection)
    made = upper_layer.Association(AE("RAW"), "acceptor")
    made.requestor.address_info = AddressInformation("127.0.0.1", 0)
    made.set_socket(upper_layer.AssociationSocket(made, client_socket=connection))
    return made


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a TCP connection, whose buffers are small."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        far = socket.create_connection(listening.getsockname())
        near, _ = listening.accept()
    with near, far:
        for end in (near, far):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        yield near, far


Ends = tuple[socket.socket, socket.socket]


class TestConnection:
    def is_still_sending(self, made: Any, far: socket.socket) -> bool:
        """Whether a peer that takes nothing holds the sender longer than the network time-out."""
        made.network_timeout = TIME_OUT_S
        sender = threading.Thread(target=made.dul.socket.send, args=(bytes(1 << 23),))
        sender.start()
        sender.join(SILENCE_S)
        held = sender.is_alive()
        far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        far.close()
        sender.join(DEADLINE_S)
        assert not sender.is_alive()
        return held

    def test_stock_sends_for_ever(self, ends):
        assert self.is_still_sending(stock_association(ends[0]), ends[1])

    def test_ours_gives_up(self, ends):
        made = our_association(ends[0])
        assert not self.is_still_sending(made, ends[1])
        made.dul.dispose()

    def left_open(self, made: Any, near: socket.socket, far: socket.socket) -> bool:
        """Whether the descriptor is kept when the peer has reset the connection."""
        far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        far.close()
        made.dul.socket._shutdown_socket()
        return near.fileno() >= 0

    def test_stock_keeps_the_descriptor_of_a_reset_connection(self, ends):
        assert self.left_open(stock_association(ends[0]), *ends)

    def test_ours_closes_it(self, ends):
        made = our_association(ends[0])
        assert not self.left_open(made, *ends)
        made.dul.dispose()

    def queued(self, made: Any) -> int:
        """Return how many PDUs of a message wait in memory, while the peer takes nothing."""
        made.network_timeout = TIME_OUT_S
        made.dul.state_machine.current_state = "Sta6"
        made.acceptor.maximum_length = made.requestor.maximum_length = 16384
        request = C_STORE()
        request.MessageID, request.Priority = 1, 0
        request.AffectedSOPClassUID, request.AffectedSOPInstanceUID = CT, "2.25.1"
        request.DataSet = BytesIO(bytes(1 << 24))
        made.dimse.send_msg(request, 1)
        return made.dul.to_provider_queue.qsize()

    def test_stock_queues_the_whole_message(self, ends):
        assert self.queued(stock_association(ends[0])) > 1000

    def test_ours_queues_nothing(self, ends):
        made = our_association(ends[0])
        made.establish(made.acceptor, made.requestor)
        assert self.queued(made) == 0
        made.dul.dispose()

    def port_before_connecting(self, made: Any, kind: type[Any]) -> int:
        with kind(made, address=AddressInformation("127.0.0.1", 0)).socket as connection:
            return connection.getsockname()[1]

    def test_stock_takes_a_port_before_it_connects(self):
        made = association.Association(AE("RAW"), "requestor")
        made.requestor.address_info = AddressInformation("127.0.0.1", 0)
        assert self.port_before_connecting(made, transport.AssociationSocket) != 0

    def test_ours_leaves_that_to_the_kernel(self):
        made = upper_layer.Association(AE("RAW"))
        assert self.port_before_connecting(made, upper_layer.AssociationSocket) == 0
        made.dul.dispose()


class TestTLS:
    def is_served_beside_a_silent_client(self, address: Address) -> bool:
        context = ssl.create_default_context(cafile=of_this_run().filled({})["authorities"])
        silent = socket.create_connection(address, DEADLINE_S)
        other = socket.create_connection(address, SILENCE_S)
        with silent, other:
            try:
                context.wrap_socket(other, server_hostname="127.0.0.1").close()
            except TimeoutError:
                return False
        return True

    def test_stock_serves_nobody_beside_a_silent_client(self):
        files = of_this_run().filled({})
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files["certificate"], files["key"])
        with serving(ssl_context=context) as stock:
            assert not self.is_served_beside_a_silent_client(stock.address)

    def test_ours_serves_everybody(self, start):
        tls = of_this_run().filled({"client_authentication": "off"})
        assert self.is_served_beside_a_silent_client(start(tls=tls).address)


class TestWarnings:
    def warned_of(self, address: Address, connect: Connect) -> list[str]:
        """Return the warnings of this process while a peer proposes a UID that is none."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            peer = connect(address)
            peer.open([(1, "1.2.840.10008.01", [IMPLICIT]), (3, VERIFICATION, [IMPLICIT])])
            peer.send(echo_rq(3, AffectedSOPClassUID="1.2.01"))
            seen(peer, DEADLINE_S)
        return [str(each.message) for each in caught if each.category is UserWarning]

    def test_stock_warns_the_whole_process(self, stock, connect, monkeypatch):
        monkeypatch.setattr(pydicom.config.settings, "reading_validation_mode", pydicom.config.WARN)
        assert self.warned_of(stock.address, connect) != []

    def test_ours_does_not(self, start, connect):
        assert self.warned_of(start().address, connect) == []
