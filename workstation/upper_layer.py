"""pynetdicom's upper layer, made fit for the workstation: everything that replaces or tames an internal of it is here.

Law of this file: one association is driven by one thread, its owner, from connection to close. No second thread reads
or writes its socket, so nothing of it can race: whoever waits (for a response, for a request, for the peer to close)
advances the protocol meanwhile. Other threads may only `call_soon`. Every wait has a deadline. pynetdicom's state
table, PDU and DIMSE codecs do the protocol; they are used by subclass, and nothing of pynetdicom is patched.

What was measured in pynetdicom 3.0.4, and what cures it (`REPLACED` lists each function that a cure replaces):

- a PDU that stops half way blocks for ever: bytes are gathered until a PDU is whole, while the ARTIM and the network
  time-out run (`UpperLayer.wait`);
- two threads an association that poll each millisecond: one thread, woken by the socket (`UpperLayer.wait`);
- Nagle's algorithm, 44 ms a message: TCP_NODELAY on each socket (`tune`);
- a response that the reactor thread takes away: there is no such thread (`Association`);
- a reject or an abort that is never transmitted: a primitive is sent before `UpperLayer.send_pdu` returns;
- a limit of 10 associations, and of 1024 descriptors in select(): neither is asked (`ACSE`, `UpperLayer` uses poll());
- A-ABORT for the eight retired SOP Classes: a request goes to its service by its message (`Association.serve`);
- an ARTIM timer that cannot fire, a server that needs 0.5 s to stop and leaves threads: `UpperLayer.wait`, `Listener`;
- malformed input that kills the thread: it is Evt19 (`StateMachine`), and AA-8 tells the reason;
- PDUs above the announced maximum, un-negotiated or doubled context IDs, a foreign application context, requests
  without Message ID pass unseen: `UpperLayer`, `DIMSE`, `ACSE` and `Association.serve` look.

References
----------
PS3.8 Section 9.2 (state machine), 9.1.5 (ARTIM timer), 9.3.8 (reasons of A-ABORT), Annex D.1 (maximum length).
"""

from __future__ import annotations

import queue
import select
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from socket import IPPROTO_TCP, SHUT_RDWR, SOCK_STREAM, TCP_NODELAY, socketpair
from socket import socket as new_socket
from typing import Any, Final, Protocol

from pydicom.uid import UID
from pynetdicom import acse as association_control
from pynetdicom import association, dimse, dul, transport
from pynetdicom.ae import ApplicationEntity
from pynetdicom.dimse_messages import DIMSEMessage
from pynetdicom.dimse_primitives import C_CANCEL
from pynetdicom.dsutils import encode
from pynetdicom.fsm import ACTIONS, TRANSITION_TABLE
from pynetdicom.fsm import StateMachine as PynetdicomStateMachine
from pynetdicom.pdu import A_ABORT_RQ, A_ASSOCIATE_RJ, A_ASSOCIATE_RQ
from pynetdicom.pdu_items import PDU_ITEM_TYPES
from pynetdicom.pdu_primitives import A_ABORT, A_ASSOCIATE, A_P_ABORT, A_RELEASE, P_DATA
from pynetdicom.presentation import PresentationContext

from workstation.images import UNREADABLE
from workstation.silence import silence
from workstation.tables import APPLICATION_CONTEXT_NAME, IMPLICIT_VR_LITTLE_ENDIAN
from workstation.tls import StoppedError, TLSSocket, dismiss, greet, handshake, in_words, names_of

MAXIMUM_ASSOCIATE_LENGTH_BYTES: Final = 1 << 20  # of an A-ASSOCIATE PDU; 128 contexts with all syntaxes need 60 kB
MAXIMUM_COMMAND_LENGTH_BYTES: Final = 1 << 16
MAXIMUM_IDENTIFIER_LENGTH_BYTES: Final = 1 << 24
RECEIVE_BYTES: Final = 1 << 17
C_STORE_RQ: Final = 0x0001  # Command Field, PS3.7 Table E.1-1
MINIMUM_MAXIMUM_LENGTH: Final = 8  # a PDV with two bytes of value, the least that an element can be cut into

# What pynetdicom's and pydicom's decoders raise on the bytes of a peer.
PEER_FAULTS: Final = (*UNREADABLE, AssertionError, queue.Empty)

# PS3.8 Table 9-26, reasons of a provider's A-ABORT.
NOT_SPECIFIED, UNRECOGNIZED_PDU, UNEXPECTED_PDU, INVALID_PARAMETER = 0, 1, 2, 6

_FIXED_LENGTH_TYPES: Final = (0x03, 0x05, 0x06, 0x07)  # A-ASSOCIATE-RJ, A-RELEASE-RQ and -RP, A-ABORT: 4 bytes
_P_DATA_TF: Final = 0x04
_USER_INFORMATION: Final = 0x50
_PRESENTATION_CONTEXT_RQ, _ABSTRACT_SYNTAX, _TRANSFER_SYNTAX = 0x20, 0x30, 0x40
_LOCAL_EVENTS: Final = frozenset(("Evt1", "Evt7", "Evt8", "Evt9", "Evt11", "Evt14", "Evt15"))


@dataclass(frozen=True, slots=True)
class Replaced:
    """A function of pynetdicom that is replaced or relied on: the hash of its source, and why."""

    sha256: str
    reason: str


REPLACED: Final = {
    "transport.AssociationSocket._create_socket": Replaced("bf8b92b106c8aa07", "no bind() before connect()"),
    "transport.AssociationSocket.connect": Replaced("aeeeae413bd339dc", "TCP_NODELAY; the error is kept"),
    "transport.AssociationSocket.send": Replaced("1ea8158c0b51faca", "has a deadline; then Evt17"),
    "transport.AssociationSocket._shutdown_socket": Replaced("e2b2628faa81a578", "closes also when shutdown() fails"),
    "fsm.StateMachine.do_action": Replaced("9a883f44c7f31641", "a peer's fault is Evt19, not the end of a thread"),
    "fsm.AA_8": Replaced("06c83317f08831fd", "tells the reason of the A-P-ABORT"),
    "dul.DULServiceProvider.__init__": Replaced("c82dafa9438ddf70", "its queues are used, its thread is not"),
    "dul.DULServiceProvider.run_reactor": Replaced("e3a10eb3a0931e48", "not used: `UpperLayer.wait`"),
    "dul.DULServiceProvider._is_transport_event": Replaced("8725ed03bb8fbdef", "not used: `UpperLayer._step`"),
    "dul.DULServiceProvider._read_pdu_data": Replaced("19f2d4e38c13c835", "not used: `UpperLayer._next_pdu`"),
    "dul.DULServiceProvider._process_recv_primitive": Replaced("4c0ebbb3e646e35e", "relied on as it is"),
    "dul.DULServiceProvider.send_pdu": Replaced("7cbce5da8594124e", "sends before it returns"),
    "dul.DULServiceProvider.receive_pdu": Replaced("fa67339834ca998c", "advances the association while it waits"),
    "dul.DULServiceProvider.stop_dul": Replaced("28a7e0be126e7b30", "there is no thread to wait for"),
    "dimse.DIMSEServiceProvider.get_msg": Replaced("890e3e04283f5aeb", "advances the association while it waits"),
    "dimse.DIMSEServiceProvider.receive_primitive": Replaced("5f99c86b14a15cef", "not used: `receive_fragment`"),
    "dimse.DIMSEServiceProvider.send_msg": Replaced("a839cf2fb46976d9", "no queue without a bound"),
    "dimse_messages.DIMSEMessage.decode_msg": Replaced("f51c777e841a76be", "relied on for command sets"),
    "dimse_messages.DIMSEMessage.message_to_primitive": Replaced("f8f43d34e43450ef", "relied on as it is"),
    "dimse_messages.DIMSEMessage.primitive_to_message": Replaced("71fd61d5997f0f0c", "relied on as it is"),
    "acse.ACSE._negotiate_as_acceptor": Replaced("fffd360957c42a8e", "no limit of 10; asks its service"),
    "acse.ACSE.send_request": Replaced("3608921809cbe3a5", "relied on as it is"),
    "association.Association.__init__": Replaced("eb07516b8009ad8f", "its providers are replaced"),
    "association.Association._bind_defaults": Replaced("4cada43c3a193724", "no handler that formats each PDU"),
    "association.Association._abort_blocking": Replaced("10b43ef8c63c6764", "no 0.1 s of sleep, no race"),
    "association.Association.kill": Replaced("8f9713666a7f4cff", "there is no thread to wait for"),
    "association.Association.run_reactor": Replaced("ed8bbbe3b3d6ddae", "one thread; Sta13 waits for the peer's close"),
    "association.Association._run_reactor": Replaced("f28838c5559e462a", "not used: `AcceptedAssociation._serve_next`"),
    "association.Association._serve_request": Replaced("2f24c1759cdf6c8c", "not used: `AcceptedAssociation.serve`"),
}


def tune(connection: new_socket) -> None:
    """Set what each connection needs: no delay by Nagle's algorithm, and no blocking call."""
    connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    connection.setblocking(False)


class Acceptor(Protocol):
    """What an accepted association asks of the service that listens."""

    @property
    def transfer_syntaxes(self) -> Mapping[str, tuple[str, ...]]:
        """Abstract syntax -> transfer syntaxes that are accepted, most wanted first."""

    def rejection(self, request: Any, address: str) -> tuple[int, int, int] | None:
        """Result, source and reason of an A-ASSOCIATE-RJ, or None to accept the request."""

    def certificate_rejection(self, request: Any, address: str, names: tuple[str, ...]) -> tuple[int, int, int] | None:
        """Likewise, by the names in the peer's certificate."""

    def enter(self, request: Any, address: str, association: Association) -> tuple[int, int, int] | None:
        """Likewise, by the limits that are set; whoever is let in counts until `leave`."""

    def leave(self, association: Association) -> None:
        """An association has ended, whether it was let in or not."""

    def reserve(self, count_bytes: int) -> bool:
        """Whether so many more bytes of a C-STORE data set may be gathered; they are then reserved."""

    def release(self, count_bytes: int) -> None:
        """Give back what was reserved."""

    def serve(self, request: Any, context: Any, association: Association) -> Any | None:
        """Perform a DIMSE request; the response primitive, or None where none is due."""

    def note(self, text: str) -> None:
        """Write a line into the log."""


class AssociationSocket(transport.AssociationSocket):
    """A connection that never blocks its association: sends and connects have deadlines."""

    socket: Any
    error: OSError | None = None
    handshake_failed = False

    def _create_socket(self, address: Any) -> Any:
        self._is_connected = False
        return new_socket(address.address_family, SOCK_STREAM)

    def connect(self, primitive: Any) -> None:
        """Connect within the connection time-out and tell the state machine (Evt2, or Evt17)."""
        try:
            self.socket.settimeout(self.assoc.connection_timeout)
            self.socket.connect(primitive.address_info.as_tuple)
            tune(self.socket)
            self._secure()
            self.assoc.requestor.address_info = transport.AddressInformation.from_tuple(self.socket.getsockname())
            self._is_connected = True
            primitive.result = "Evt2"
        except OSError as error:
            self.error = error
            self._shutdown_socket()
            self.socket = None
            primitive.result = "Evt17"
        self._ready.set()
        self.provider_queue.put(primitive)

    def _secure(self) -> None:
        """Lead the handshake, where the association is to have TLS; OSError says why there is none."""
        context, host = self.assoc.tls
        if context is not None:
            plain = self.socket
            self.socket = context.wrap_socket(plain, do_handshake_on_connect=False, server_hostname=host)
            timeout_s = self.assoc.connection_timeout
            deadline = time.monotonic() + (float("inf") if timeout_s is None else timeout_s)
            try:
                self.assoc.dul.lead_handshake(self.socket, deadline)
            except OSError:
                self.handshake_failed = True
                raise

    def send(self, bytestream: bytes) -> None:
        """Send all, or within the network time-out give the connection up (Evt17 follows what was still received)."""
        if self.socket is None:
            return
        timeout_s = self.assoc.network_timeout
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        view = memoryview(bytestream)
        try:
            while view:
                try:
                    view = view[self.socket.send(view) :]
                except BlockingIOError:
                    self.assoc.dul.wait_writable(deadline)
        except OSError as error:
            self.error = error
            self.assoc.dul.write_failed = True

    def _shutdown_socket(self) -> None:
        connection = self.socket
        if connection is None:
            return
        if isinstance(connection, TLSSocket):
            connection.say_goodbye()
        with suppress(OSError):  # the peer was quicker; closing is all that remains
            connection.shutdown(SHUT_RDWR)
        connection.close()


class StateMachine(PynetdicomStateMachine):
    """PS3.8 Table 9-10 by pynetdicom's table; a fault of the peer's is Evt19, never an exception."""

    def do_action(self, event: str) -> None:
        """Execute what the table says for the event; an event that the table does not know changes nothing."""
        action = TRANSITION_TABLE.get((event, self.current_state))
        if action is None:
            if event in _LOCAL_EVENTS:
                self.dul.to_provider_queue.get_nowait()
            return
        if action == "AA-8":
            self.transition(self._abort_as_provider(event))
            return
        try:
            next_state = ACTIONS[action][1](self.dul)
        except PEER_FAULTS as error:
            if event in _LOCAL_EVENTS or event == "Evt19":
                raise
            self.dul.fault(INVALID_PARAMETER, f"{type(error).__name__}: {error}")
            self.do_action("Evt19")
            return
        self.transition(next_state)

    def _abort_as_provider(self, event: str) -> str:
        """AA-8: A-ABORT (service-provider source) with the reason, A-P-ABORT indication, ARTIM; Sta13."""
        if event != "Evt19":
            self.dul.fault(UNEXPECTED_PDU, f"unexpected PDU ({event} in {self.current_state})")
        pdu = A_ABORT_RQ()
        pdu.source = 0x02
        pdu.reason_diagnostic = self.dul.fault_reason
        self.dul._send(pdu)
        indication = A_P_ABORT()
        indication.provider_reason = self.dul.fault_reason
        self.dul.to_user_queue.put(indication)
        self.dul.assoc.dimse.msg_queue.put((None, None))
        self.dul.artim_timer.start()
        return "Sta13"


class UpperLayer(dul.DULServiceProvider):
    """The upper layer of one association, advanced by the thread that owns the association."""

    def __init__(self, assoc: Association) -> None:
        super().__init__(assoc)
        self.state_machine = StateMachine(self)
        self.write_failed = False
        self.fault_reason = NOT_SPECIFIED
        self.fault_text: str | None = None
        self.peer_abort: tuple[int, int] | None = None
        self.peer_rejection: tuple[int, int, int] | None = None
        self.proposed_contexts: list[PresentationContext] = []
        self.peer_titles = (b"", b"")  # called and calling, as they came
        self.connection_lost = False
        self._buffer = bytearray()
        self._skip = 0
        self._end_of_stream = False
        self._last_pdu = time.monotonic()
        self._calls: deque[Callable[[], None]] = deque()
        self._wake_lock = threading.Lock()
        self._woken, self._waker = socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)

    # -- what pynetdicom expects of the thread that this no longer is

    def start(self) -> None:
        """Do nothing: the association's owner advances the upper layer."""

    def is_alive(self) -> bool:
        """Whether the association may still go on."""
        return not self._kill_thread

    def stop_dul(self) -> bool:
        """End at once."""
        self._kill_thread = True
        return True

    def dispose(self) -> None:
        """Close whatever is still open; to be called by the owner, once."""
        self._kill_thread = True
        if self.socket is not None:
            self.socket._shutdown_socket()
            self.socket.socket = None
        with self._wake_lock:
            self._woken.close()
            self._waker.close()

    # -- other threads

    def call_soon(self, call: Callable[[], None]) -> None:
        """Have the owner call this as soon as it waits; may be called by any thread."""
        with self._wake_lock:
            self._calls.append(call)
            if self._waker.fileno() < 0:
                return
            with suppress(BlockingIOError):  # many calls wait already: it will wake
                self._waker.send(b"\0")

    # -- the owner

    def send_pdu(self, primitive: Any) -> None:
        """Send the primitive's PDU now."""
        super().send_pdu(primitive)
        while not self._kill_thread and (not self.event_queue.empty() or self._process_recv_primitive()):
            self.state_machine.do_action(self.event_queue.get_nowait())

    def receive_pdu(self, wait: bool = False, timeout: float | None = None) -> Any | None:
        """Return the next primitive of the peer, waiting at most `timeout` seconds."""
        if wait:
            self.wait(lambda: not self.to_user_queue.empty(), timeout)
        return super().receive_pdu(wait=False)

    def wait(self, until: Callable[[], bool], timeout_s: float | None) -> bool:
        """Advance the association until the condition holds; False when the time or the association came to its end."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while not until():
            if self._kill_thread:
                return False
            if self._step():
                continue
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return False
            self._await(left)
        return True

    @property
    def idle_s(self) -> float:
        """Seconds since the last whole PDU came."""
        return time.monotonic() - self._last_pdu

    def fault(self, reason: int, text: str) -> None:
        """Remember the first fault of the peer's: the reason for A-ABORT, and words."""
        if self.fault_text is None:
            self.fault_reason, self.fault_text = reason, text

    def send_fragments(self, context_id: int, control: int, data: bytes | memoryview, maximum_length: int) -> None:
        """Send a command (control 1) or data set (control 0) as P-DATA-TF PDUs of one PDV, none above the maximum.

        References
        ----------
        PS3.8 Section 9.3.5, Annex D.1 and E.2
        """
        size = maximum_length - 6
        view = memoryview(data)
        for offset in range(0, len(view), size):
            while self._step():
                pass
            if self._kill_thread or self.state_machine.current_state not in ("Sta6", "Sta8"):
                return
            fragment = view[offset : offset + size]
            last = 0x02 if offset + size >= len(view) else 0x00
            length = len(fragment)
            header = struct.pack(">BBLLBB", _P_DATA_TF, 0, length + 6, length + 2, context_id, control | last)
            self.socket.send(b"".join((header, fragment)))

    def wait_writable(self, deadline: float | None) -> None:
        """Wait until the connection takes more bytes; OSError when the deadline passes."""
        poll = select.poll()
        poll.register(self.socket.socket, select.POLLOUT)
        left_ms = None if deadline is None else max(0.0, deadline - time.monotonic()) * 1000
        if not poll.poll(left_ms):
            raise TimeoutError("the peer takes no more data")

    def lead_handshake(self, connection: ssl.SSLSocket, deadline: float) -> None:
        """Lead a TLS handshake; OSError if it fails, or the association is stopped meanwhile."""
        handshake(connection, self._woken, deadline)

    def accept_tls(self, context: ssl.SSLContext, timeout_s: float | None) -> str:
        """Secure an accepted connection; says why it cannot be, else nothing."""
        deadline = time.monotonic() + (float("inf") if timeout_s is None else timeout_s)
        plain = self.socket.socket
        try:
            if not greet(plain, self._woken, deadline):
                return "the peer does not speak TLS"
            secured = context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
            self.socket.socket = secured
            self.lead_handshake(secured, deadline)
        except StoppedError:
            return "stopped by the workstation"
        except OSError as error:
            return in_words(error)
        return ""

    def dismiss(self) -> None:
        """End a connection that could not be secured."""
        dismiss(self.socket.socket, self._woken)

    def _step(self) -> bool:
        """Do one thing that can be done without waiting; False when there is none."""
        if self._calls:
            self._calls.popleft()()
            return True
        if self.event_queue.empty():
            if self.state_machine.current_state in ("Sta2", "Sta13") and self.artim_timer.expired:
                self.event_queue.put("Evt18")
            elif not self._process_recv_primitive() and not self._next_pdu() and self.event_queue.empty():
                if not self.write_failed:
                    return False
                self.write_failed = False
                self._lose_connection()
        if not self.event_queue.empty():
            self.state_machine.do_action(self.event_queue.get_nowait())
        return True

    def _await(self, timeout_s: float | None) -> None:
        """Sleep until bytes, a call, the ARTIM timer or the time-out comes."""
        if self.state_machine.current_state in ("Sta2", "Sta13") and self.artim_timer.timeout is not None:
            artim_s = max(0.0, self.artim_timer.remaining) + 0.001
            timeout_s = artim_s if timeout_s is None else min(timeout_s, artim_s)
        poll = select.poll()
        poll.register(self._woken, select.POLLIN)
        if self.socket.socket is not None and not self._end_of_stream:
            poll.register(self.socket.socket, select.POLLIN)
        for descriptor, _ in poll.poll(None if timeout_s is None else timeout_s * 1000 + 1):
            if descriptor == self._woken.fileno():
                self._woken.recv(4096)

    # -- reading

    def _next_pdu(self) -> bool:
        """Take one whole PDU out of what has come; False when there is none."""
        while True:
            buffer = self._buffer
            if self._skip and buffer:
                skipped = min(self._skip, len(buffer))
                del buffer[:skipped]
                self._skip -= skipped
            if len(buffer) >= 6:
                pdu_type, length = buffer[0], int.from_bytes(buffer[2:6], "big")
                reason = self._header_fault(pdu_type, length)
                if reason is not None:
                    self._skip = 6 + length
                    self._invalid(reason, f"PDU of type 0x{pdu_type:02X} and length {length}")
                    return True
                if len(buffer) >= 6 + length:
                    raw = bytes(memoryview(buffer)[: 6 + length])
                    del buffer[: 6 + length]
                    self._last_pdu = time.monotonic()
                    self._take(pdu_type, raw)
                    return True
            if not self._fill():
                return False

    def _header_fault(self, pdu_type: int, length: int) -> int | None:
        """Return the reason why a PDU with this header cannot be taken."""
        if not 0x01 <= pdu_type <= 0x07:
            return UNRECOGNIZED_PDU
        if pdu_type == _P_DATA_TF:
            limit = self.assoc.announced_maximum_length
            return INVALID_PARAMETER if limit and length > limit else None
        if pdu_type in _FIXED_LENGTH_TYPES:
            return INVALID_PARAMETER if length != 4 else None
        return INVALID_PARAMETER if length > MAXIMUM_ASSOCIATE_LENGTH_BYTES else None

    def _fill(self) -> bool:
        if self._end_of_stream or self.socket.socket is None:
            return False
        try:
            data = self.socket.socket.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return False
        except OSError as error:
            if isinstance(
                error, ssl.SSLError
            ):  # in TLS 1.3 a refused client certificate shows only now (RFC 8446, 4.4)
                self.socket.error = error
            data = b""
        if not data:
            self._lose_connection()
            return False
        self._buffer += data
        return True

    def _lose_connection(self) -> None:
        """Evt17: the transport connection is closed."""
        self._end_of_stream = True
        if self.state_machine.current_state not in ("Sta1", "Sta13"):
            self.connection_lost = True
        self.event_queue.put("Evt17")

    def _invalid(self, reason: int, text: str) -> None:
        self.fault(reason, text)
        self.event_queue.put("Evt19")

    def _take(self, pdu_type: int, raw: bytes) -> None:
        """Give a whole PDU to the state machine; P-DATA in data transfer straight to DIMSE."""
        try:
            if pdu_type == _P_DATA_TF:
                if self.state_machine.current_state in ("Sta6", "Sta7"):  # DT-2, AR-6
                    self._take_p_data(memoryview(raw))
                else:
                    self.event_queue.put("Evt10")
                return
            pdu_class, event = dul._PDU_TYPES[raw[:1]]
            pdu = pdu_class()
            if pdu_class is A_ASSOCIATE_RQ:
                self.proposed_contexts = _proposed_contexts(raw[74:])
                fixed, self.peer_titles = _with_lawful_titles(raw[:74])
                pdu.decode(fixed + _known_items(raw[74:], without=_PRESENTATION_CONTEXT_RQ))
            else:
                pdu.decode(raw[:74] + _known_items(raw[74:]))  # all but A-ASSOCIATE-AC end long before
            self._note_fields(pdu, raw)
        except PEER_FAULTS as error:
            self._invalid(INVALID_PARAMETER, f"{type(error).__name__}: {error}")
            return
        self._recv_pdu.put(pdu)
        self.event_queue.put(event)

    def _note_fields(self, pdu: Any, raw: bytes) -> None:
        """Keep what a primitive cannot hold, and make the PDU such that it can be held."""
        if isinstance(pdu, A_ASSOCIATE_RQ) and pdu.protocol_version & 1:
            pdu.protocol_version = 1  # PS3.8 Table 9-11: only bit 0 is tested
        elif isinstance(pdu, A_ASSOCIATE_RJ):
            self.peer_rejection = (raw[7], raw[8], raw[9])
            if self.peer_rejection not in _LAWFUL_REJECTIONS:
                pdu.result, pdu.source, pdu.reason_diagnostic = 1, 1, 1
        elif isinstance(pdu, A_ABORT_RQ):
            self.peer_abort = (raw[8], raw[9])
            if raw[8] == 2 and raw[9] not in (0, 1, 2, 4, 5, 6):
                pdu.reason_diagnostic = 0
            elif raw[8] not in (0, 2):
                pdu.source, pdu.reason_diagnostic = 0, 0

    def _take_p_data(self, raw: memoryview) -> None:
        """Take the PDVs of a P-DATA-TF; ValueError when they do not fill it exactly (PS3.8 Section 9.3.5)."""
        offset = 6
        if len(raw) == offset:
            raise ValueError("P-DATA-TF without a PDV")
        while offset < len(raw):
            length, context_id, control = struct.unpack_from(">LBB", raw, offset)
            end = offset + 4 + length
            if length < 2 or end > len(raw):
                raise ValueError(f"PDV of length {length} in a P-DATA-TF of {len(raw)} bytes")
            self.assoc.dimse.receive_fragment(context_id, control, raw[offset + 6 : end])
            offset = end


def _with_lawful_titles(fixed: bytes) -> tuple[bytes, tuple[bytes, bytes]]:
    """Return the fixed fields with titles that pynetdicom can hold, and the called and calling title as they came."""
    if len(fixed) < 74:
        raise ValueError("ends within the fixed fields")
    titles = fixed[10:26], fixed[26:42]
    held = (title if is_title(title) else _NO_TITLE for title in titles)
    return b"".join((fixed[:10], *held, fixed[42:])), titles


def is_title(field: bytes) -> bool:
    """Whether a field holds an AE title (PS3.5 Table 6.2-1; PS3.8 Table 9-11: not only spaces)."""
    return bool(field.strip(b" ")) and all(0x20 <= byte <= 0x7E and byte != 0x5C for byte in field)


def _items(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield type and value of each item (PS3.8 Section 9.3.2); ValueError where they do not fill the bytes exactly."""
    offset = 0
    while offset < len(raw):
        if offset + 4 > len(raw):
            raise ValueError("ends within the header of an item")
        kind, length = raw[offset], int.from_bytes(raw[offset + 2 : offset + 4], "big")
        value = raw[offset + 4 : offset + 4 + length]
        if len(value) != length:
            raise ValueError(f"ends within an item of type 0x{kind:02X}")
        yield kind, value
        offset += 4 + length


def _known_items(raw: bytes, without: int | None = None) -> bytes:
    """Leave out a type of item, and the items and user information sub-items that pynetdicom does not know.

    References
    ----------
    PS3.8 Annex D.2, note 2: unrecognized user information sub-items are ignored.
    """
    parts = []
    for kind, value in _items(raw):
        known = _known_items(value) if kind == _USER_INFORMATION else value
        if kind in PDU_ITEM_TYPES and kind != without:
            parts.append(struct.pack(">BBH", kind, 0, len(known)) + known)
    return b"".join(parts)


def _proposed_contexts(raw: bytes) -> list[PresentationContext]:
    """Read the presentation context items of an A-ASSOCIATE-RQ (PS3.8 Section 9.3.2.2).

    pynetdicom makes and checks a UID five times over for each syntax: ten of the fourteen milliseconds of a request
    with 128 contexts.
    """
    contexts: dict[int, PresentationContext] = {}
    for kind, value in _items(raw):
        if kind != _PRESENTATION_CONTEXT_RQ:
            continue
        if len(value) < 4 or value[0] in contexts:
            raise ValueError("a presentation context item is too short, or its ID occurs twice")
        context = PresentationContext()
        context.context_id = value[0]  # odd, or ValueError
        for sub_kind, uid in _items(value[4:]):
            if sub_kind == _ABSTRACT_SYNTAX:
                context._abstract_syntax = _uid(uid)
            elif sub_kind == _TRANSFER_SYNTAX and _uid(uid):
                context._transfer_syntax.append(_uid(uid))
        contexts[value[0]] = context
    return list(contexts.values())


@lru_cache(maxsize=1024)
def _uid(raw: bytes) -> UID:
    """Read a UID as peers send it, padded or not; ValueError for what cannot be one."""
    text = raw.decode("ascii").strip("\0 ")
    if len(text) > 64:
        raise ValueError(f"a UID of {len(text)} characters")
    return UID(text)


_NO_TITLE: Final = b"NO TITLE".ljust(16)
_UNTITLED: Final = ((1, 1, 7), (1, 1, 3))  # PS3.8 Table 9-21: called, calling AE title not recognized
_LAWFUL_REJECTIONS: Final = frozenset(
    (result, source, reason)
    for result in (1, 2)
    for source, reasons in ((1, (1, 2, 3, 7)), (2, (1, 2)), (3, (1, 2)))
    for reason in reasons
)


def _named(command: Any) -> tuple[int, ...]:
    """Return the attributes that a response is about; pynetdicom's primitives do not all have room for them."""
    found: list[int] = []
    with silence():
        for keyword in ("AttributeIdentifierList", "OffendingElement"):
            value = command.get(keyword)
            found += [value] if isinstance(value, int) else value or ()
    return tuple(map(int, found))


class DIMSE(dimse.DIMSEServiceProvider):
    """Assembles and sends DIMSE messages; pynetdicom's codec reads and writes the command sets.

    References
    ----------
    PS3.7 Section 6.3, PS3.8 Annex E
    """

    def __init__(self, assoc: Association) -> None:
        super().__init__(assoc)
        self._command = bytearray()
        self._fragments: list[memoryview] = []
        self._gathered_bytes = 0
        self._reserved_bytes = 0
        self._is_lost = False

    def get_msg(self, block: bool = False) -> Any:
        """Return (context ID, primitive), or (None, None) when none came in time or the association ended."""
        if block:
            self.dul.wait(lambda: not self.msg_queue.empty(), self.dimse_timeout)
        try:
            return self.msg_queue.get_nowait()
        except queue.Empty:
            return None, None

    def receive_fragment(self, context_id: int, control: int, fragment: memoryview) -> None:
        """Take a fragment of a message; ValueError when it does not fit what went before."""
        if context_id not in self.assoc._accepted_cx:
            raise ValueError(f"PDV in presentation context {context_id}, which was not accepted")
        is_command, is_last = control & 1, control & 2
        if self.message is not None and (is_command or context_id != self.message.context_id):
            raise ValueError("the data set of a message is interrupted by another message")
        if is_command:
            self._command += fragment
            if len(self._command) > MAXIMUM_COMMAND_LENGTH_BYTES:
                raise ValueError("a command set without end")
            if is_last:
                self._begin_message(context_id)
        elif self.message is None:
            raise ValueError("a data set without a command set")
        else:
            self._gather(fragment)
            if is_last:
                self._end_message(b"".join(self._fragments))

    def _begin_message(self, context_id: int) -> None:
        message = DIMSEMessage()
        raw, self._command = bytes(self._command), bytearray()
        primitive = P_DATA()
        primitive.presentation_data_value_list = [[context_id, b"\x03" + raw]]
        with silence():
            whole = message.decode_msg(primitive, self.assoc)
        self.message = message
        self._fragments, self._gathered_bytes, self._is_lost = [], 0, False
        if whole:
            self._end_message(b"")

    def _gather(self, fragment: memoryview) -> None:
        self._gathered_bytes += len(fragment)
        if self.message.command_set.CommandField != C_STORE_RQ:
            if self._gathered_bytes > MAXIMUM_IDENTIFIER_LENGTH_BYTES:
                raise ValueError(f"an Identifier above {MAXIMUM_IDENTIFIER_LENGTH_BYTES} bytes")
            self._fragments.append(fragment)
        elif not self._is_lost and self.assoc.reserve(len(fragment)):
            self._reserved_bytes += len(fragment)
            self._fragments.append(fragment)
        else:
            self._is_lost = True  # it will be refused (A700): there is no room to keep what comes
            self._fragments = []
            self.release()

    def release(self) -> None:
        """Give back what was reserved for the message that is being gathered."""
        reserved, self._reserved_bytes = self._reserved_bytes, 0
        if reserved:
            self.assoc.release(reserved)

    def _end_message(self, data_set: bytes) -> None:
        message, self.message = self.message, None
        self._fragments = []
        self.release()
        message.data_set = BytesIO(data_set)
        with silence():
            primitive = message.message_to_primitive()
        primitive.lost_bytes = self._gathered_bytes - len(data_set)
        primitive.named_attributes = _named(message.command_set)
        self.msg_queue.put((message.context_id, primitive))

    def send_msg(self, primitive: Any, context_id: int) -> None:
        """Send a message, fragmented to the peer's maximum length."""
        kinds = dimse._RQ_TO_MESSAGE if primitive.MessageIDBeingRespondedTo is None else dimse._RSP_TO_MESSAGE
        message = kinds[type(primitive)]()
        message.primitive_to_message(primitive)
        command = encode(message.command_set, True, True)
        limit = self.assoc.peer_maximum_length
        self.dul.send_fragments(context_id, 0x01, command, limit)
        if message.data_set is not None:
            self.dul.send_fragments(context_id, 0x00, message.data_set.getbuffer(), limit)


class ACSE(association_control.ACSE):
    """Association control: the acceptor's side asks its `Acceptor`."""

    def _negotiate_as_acceptor(self) -> None:
        request = self.requestor.primitive
        rejection = self.assoc.rejection(request)
        if rejection is not None:
            self.send_reject(*rejection)
            return
        contexts = self.dul.proposed_contexts
        self._choose_transfer_syntaxes(contexts)
        self.assoc._accepted_cx = {context.context_id: context for context in contexts if context.result == 0x00}
        self.assoc._rejected_cx = [context for context in contexts if context.result != 0x00]
        response = A_ASSOCIATE()
        response.application_context_name = UID(APPLICATION_CONTEXT_NAME)
        response.calling_ae_title = request.calling_ae_title
        response.called_ae_title = request.called_ae_title
        response.result = 0x00
        response.result_source = 0x01
        response.presentation_context_definition_results_list = contexts
        response.user_information = self.acceptor.user_information
        self.acceptor.primitive = response
        self.assoc.is_established = True
        self.dul.send_pdu(response)

    def _choose_transfer_syntaxes(self, contexts: list[PresentationContext]) -> None:
        """Set result and transfer syntax of each proposed context (PS3.8 Table 9-18: 0, 3 or 4)."""
        wanted = self.assoc.service.transfer_syntaxes
        for context in contexts:
            proposed = context.transfer_syntax
            syntaxes = wanted.get(context.abstract_syntax)
            chosen = next((_uid(syntax.encode()) for syntax in syntaxes or () if syntax in proposed), None)
            context.result = 0x00 if chosen else 0x03 if syntaxes is None else 0x04
            if chosen is None:  # not significant, yet there must be one
                chosen = next(iter(proposed), UID(IMPLICIT_VR_LITTLE_ENDIAN))
            context._transfer_syntax = [chosen]


class Association(association.Association):
    """One association; as it is, that of a requestor, driven by the thread that opens it."""

    def __init__(self, ae: ApplicationEntity, mode: str = "requestor") -> None:
        super().__init__(ae, mode)
        self.acse = ACSE(self)
        self.dul = UpperLayer(self)
        self.dimse = DIMSE(self)
        self.acse_timeout = ae.acse_timeout
        self.network_timeout = ae.network_timeout
        self.announced_maximum_length = 0
        self.peer_maximum_length = 0
        self._is_paused = True
        self.tls: tuple[ssl.SSLContext | None, str] = (None, "")  # and the name that the peer's certificate must bear

    def _bind_defaults(self) -> None:
        """Bind nothing: requests go to the service, and no handler formats each PDU for a log."""

    # -- both sides

    def establish(self, ours: Any, peers: Any) -> None:
        """Take over what both say of the maximum length: we send no more than the peer takes, nor than we use.

        References
        ----------
        PS3.8 Annex D.1; conformance statement, 3.2.1.1.1, 3.2.2.1.1.1, 3.2.2.2.1.1, 3.2.3.1.1
        """
        self.announced_maximum_length = ours.maximum_length
        self.peer_maximum_length = min(peers.maximum_length or ours.maximum_length, ours.maximum_length)

    def reserve(self, _: int) -> bool:
        """Return whether more of a C-STORE data set may be gathered: never, where none is asked for."""
        return False

    def release(self, count_bytes: int) -> None:
        """Give back what was reserved."""

    def kill(self) -> None:
        """End without a word to the peer."""
        self.is_established = False
        self._kill = True
        self.dul.stop_dul()

    def abort(self, block: bool = True) -> None:
        """Send A-ABORT (service-user) now; whoever owns the association then lets it `linger`."""
        if self.dul.state_machine.current_state not in ("Sta1", "Sta2", "Sta13"):
            self.acse.send_abort(0x00)
        self.is_established = False

    def linger(self, timeout_s: float | None = None) -> None:
        """Wait in Sta13 for the peer to close, at most for the ARTIM timer (PS3.8 Section 9.2.3, AA-2)."""
        if self.dul.state_machine.current_state == "Sta13":
            self.dul.wait(lambda: False, timeout_s)
        self.kill()

    def stop(self) -> None:
        """Have the owner abort and close at once; may be called by any thread."""
        self.dul.call_soon(self._end)

    def _end(self) -> None:
        self.abort()
        self.kill()


class AcceptedAssociation(Association):
    """An association that a peer opened, driven by its own thread; its service answers the requests."""

    def __init__(self, ae: ApplicationEntity, service: Acceptor) -> None:
        super().__init__(ae, "acceptor")
        self.service = service

    def reserve(self, count_bytes: int) -> bool:
        """Return whether so many more bytes of a C-STORE data set may be gathered."""
        return self.service.reserve(count_bytes)

    def release(self, count_bytes: int) -> None:
        """Give back what was reserved."""
        self.service.release(count_bytes)

    def rejection(self, request: Any) -> tuple[int, int, int] | None:
        """Return why this A-ASSOCIATE-RQ is rejected, or None."""
        if request.application_context_name != APPLICATION_CONTEXT_NAME:
            return 1, 1, 2  # PS3.8 Table 9-21: application context name not supported
        maximum_length = self.requestor.maximum_length
        if maximum_length and maximum_length < MINIMUM_MAXIMUM_LENGTH:
            return 1, 1, 1  # nothing could be sent to such a peer
        address = self.requestor.address_info.address
        for kind, title, refusal in zip(("called", "calling"), self.dul.peer_titles, _UNTITLED, strict=True):
            if not is_title(title):
                shown = title.decode("latin-1").rstrip(" ")
                self.service.note(f"{address}: rejected, its {kind} AE title is none: {shown!r}")
                return refusal
        return (
            self.service.rejection(request, address)
            or self.service.certificate_rejection(request, address, names_of(self.dul.socket.socket))
            or self.service.enter(request, address, self)
        )

    def run_reactor(self) -> None:
        """Live through an accepted connection."""
        try:
            if self._is_secured():
                self._accept()
                while self.is_established:
                    self._serve_next()
                self.linger()
        finally:
            self.service.leave(self)
            self.dimse.release()
            self.dul.dispose()

    def _is_secured(self) -> bool:
        """Lead the TLS handshake, where there is to be one; whether the association may begin."""
        context, _ = self.tls
        reason = "" if context is None else self.dul.accept_tls(context, self.acse_timeout)
        if reason:
            address = self.requestor.address_info
            self.service.note(f"{address.address}:{address.port}: TLS refused: {reason}")
            self.dul.dismiss()
        return not reason

    def _accept(self) -> None:
        request = self.dul.receive_pdu(wait=True)  # ARTIM bounds the wait
        if not isinstance(request, A_ASSOCIATE):
            return
        self.requestor.primitive = request
        self.requestor.ae_title = request.calling_ae_title.strip()
        self.acse.negotiate_association()
        if self.is_established:
            self.establish(self.acceptor, self.requestor)

    def _serve_next(self) -> None:
        upper_layer, messages = self.dul, self.dimse.msg_queue
        timeout_s = self.network_timeout
        left = None if timeout_s is None else max(0.0, timeout_s - upper_layer.idle_s)
        upper_layer.wait(lambda: not messages.empty() or not upper_layer.to_user_queue.empty(), left)
        context_id, request = self.dimse.get_msg()
        if request is not None:
            self.serve(request, context_id)
            return
        primitive = upper_layer.receive_pdu()
        if isinstance(primitive, A_RELEASE):
            self.service.leave(self)  # before the peer hears that it may come again
            self.acse.send_release(is_response=True)
            self.is_released, self.is_established = True, False
        elif isinstance(primitive, A_ABORT | A_P_ABORT) or not upper_layer.is_alive():
            self.is_aborted, self.is_established = True, False
        elif timeout_s is not None and upper_layer.idle_s >= timeout_s:
            self.service.note(f"{self.requestor.ae_title or '?'}: network time-out, association aborted")
            self.abort()

    def serve(self, request: Any, context_id: int) -> None:
        """Answer a DIMSE request; what is no request at all ends the association."""
        if isinstance(request, C_CANCEL):
            return  # PS3.7 Section 9.3.2.3: each operation here ends before the next message is read
        if not request.is_valid_request or request.MessageIDBeingRespondedTo is not None:
            self.service.note(f"{request.msg_type}: not a valid request, association aborted")
            self.abort()
            return
        response = self.service.serve(request, self._accepted_cx[context_id], self)
        if response is not None:
            self.dimse.send_msg(response, context_id)
