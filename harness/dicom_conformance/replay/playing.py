"""Plays the requestor's side of a recording against a peer.

Invariants: every wait has a deadline; what the peer sends is bounded in memory; the peer's requests are answered as
they were in the recording, and with success where there was no such request. What is sent is what was recorded, byte
by byte, wherever nothing has to change.
"""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from dicom_conformance.capture import ACCEPTOR, REQUESTOR
from dicom_conformance.replay.recording import (
    ANSWERS,
    AwaitPDU,
    AwaitRequest,
    AwaitResponse,
    Leave,
    Recording,
    Request,
    Say,
    Turn,
)
from dicom_conformance.replay.remapping import Remapping, ReplayError
from dicom_conformance.trace import Conversation, SeenMessage, SeenPDU, Trace
from dicom_simulators.association import TLS, Connection, ConnectionLostError, DeadlineError, HandshakeError
from dicom_wire import Message, Recorder, Side, command_set, fragment_buffers
from dicom_wire.dimse import PDU_HEADER_BYTES
from dicom_wire.pdu import AAssociateRQ

LIMIT_BYTES = 1 << 30
"""What the peer may send in all."""
TITLE_BYTES = 16
_CALLED, _CALLING = slice(10, 26), slice(26, 42)
_OVER = frozenset({"A-ASSOCIATE-RJ", "A-RELEASE-RP", "A-ABORT"})


@dataclass(frozen=True, slots=True)
class Peer:
    """Where a recording is replayed.

    Parameters
    ----------
    title : str
        The called AE title.
    calling : str
        The calling AE title; empty for the recorded one.
    deadline_s : float
        How long each answer is waited for.
    """

    title: str
    host: str
    port: int
    calling: str = ""
    deadline_s: float = 30.0
    tls: TLS | None = None


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of it.

    Parameters
    ----------
    conversation : Conversation
        As it went this time.
    notes : tuple of str
        What was not as recorded, besides the answers.
    remapping : Remapping
        What the peer assigned anew.
    """

    trace: Trace
    conversation: Conversation
    notes: tuple[str, ...]
    remapping: Remapping


class _EndedError(Exception):
    """The conversation cannot go on; the text says why."""


@dataclass(slots=True)
class _Player:
    recording: Recording
    peer: Peer
    connection: Connection
    trace: Trace
    remapping: Remapping = field(default_factory=Remapping)
    notes: list[str] = field(default_factory=list)
    open: dict[int, int] = field(default_factory=dict)
    pendings: Counter[int] = field(default_factory=Counter)
    finals: set[int] = field(default_factory=set)
    arrived: Counter[str] = field(default_factory=Counter)
    awaited: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    taken_pdus: int = 0
    taken_messages: int = 0
    is_lost: bool = False

    @property
    def conversation(self) -> Conversation:
        return self.trace.conversations[0]

    def play(self) -> None:
        try:
            for turn in self.recording.turns:
                self._perform(turn)
            self._rest()
        except (_EndedError, ReplayError) as error:
            self.notes.append(str(error))
        finally:
            self.connection.close()

    def _perform(self, turn: Turn) -> None:
        match turn:
            case Say(pdu=pdu):
                self._write([self._raw(pdu)])
            case Request():
                self._request(turn)
            case AwaitPDU(name=name):
                self.awaited[name] += 1
                self._wait(lambda: self.arrived[name] >= self.awaited[name], name)
            case AwaitResponse(number=number, is_final=is_final):
                what = self.recording.exchanges[number].request.name
                text = f"the {'final' if is_final else 'first'} response to {what}"
                self._wait(lambda: number in self.finals or (not is_final and self.pendings[number] > 0), text)
            case AwaitRequest(name=name, count=count):
                self._wait_if_it_comes(name, count)
            case Leave(reset=reset):
                (self.connection.reset if reset else self.connection.close)()

    def _raw(self, seen: SeenPDU) -> bytes:
        """Give the bytes of a PDU; an A-ASSOCIATE-RQ with the titles of now."""
        if not isinstance(seen.pdu, AAssociateRQ) or seen.size_bytes < _CALLING.stop:
            return seen.raw
        raw = bytearray(seen.raw)
        raw[_CALLED] = self.peer.title.encode("latin-1", "replace").ljust(TITLE_BYTES)[:TITLE_BYTES]
        if self.peer.calling:
            raw[_CALLING] = self.peer.calling.encode("latin-1", "replace").ljust(TITLE_BYTES)[:TITLE_BYTES]
        return bytes(raw)

    def _request(self, turn: Request) -> None:
        message = self.remapping.message(turn.message)
        limit = self.conversation.maximum_length_for(Side.REQUESTOR) or 0
        recorded_limit = self.recording.conversation.maximum_length_for(Side.REQUESTOR) or 0
        if message is None and self._fit(turn.pdus, limit, recorded_limit):
            parts: list[bytes | memoryview] = [each.raw for each in turn.pdus]
        else:
            seen = turn.message
            whole = message or Message(seen.context_id, seen.command, seen.data_set)
            parts = list(fragment_buffers(whole, limit if limit == 0 or limit >= PDU_HEADER_BYTES + 2 else 0))
        if turn.number >= 0:
            self.open[turn.message.command.number("MessageID") or 0] = turn.number
        self._write(parts)

    @staticmethod
    def _fit(pdus: tuple[SeenPDU, ...], limit: int, recorded_limit: int) -> bool:
        """Tell whether the recorded PDUs may go to this peer: within its limit, or beyond the recorded one, too."""
        lengths = [each.size_bytes - PDU_HEADER_BYTES for each in pdus]
        return all(
            not limit or length <= limit or bool(recorded_limit and length > recorded_limit) for length in lengths
        )

    def _write(self, parts: list[bytes | memoryview]) -> None:
        try:
            self.connection.write(parts, time.monotonic() + self.peer.deadline_s)
        except DeadlineError:
            raise _EndedError(f"the peer does not take what is sent within {self.peer.deadline_s:g} s") from None
        except ConnectionLostError:
            self._drain()
            raise _EndedError("the peer ended the connection") from None

    # -- what the peer sends --------------------------------------------------------------------------------------

    def _wait(self, is_there: Callable[[], bool], what: str) -> None:
        """Read until something has come; a peer that ends the association in its place has answered otherwise."""
        deadline = time.monotonic() + self.peer.deadline_s
        while not is_there():
            if any(self.arrived[name] > self.awaited[name] for name in _OVER):
                raise _EndedError(f"{what} did not come: {self.conversation.end}")
            self._read(deadline, what)

    def _wait_if_it_comes(self, name: str, count: int) -> None:
        """Wait for a request of the peer, unless everything it answers is answered."""
        deadline = time.monotonic() + self.peer.deadline_s
        while self.asked[name] < count and set(self.open.values()) - self.finals:
            self._read(deadline, name)

    def _rest(self) -> None:
        """Read on until the peer has ended the connection; where it did not in the recording, until it said as much.

        What it says may answer nothing that was asked, so that no turn of the recording waits for it.
        """
        recorded = self.recording.conversation
        if recorded.end.how == "open":
            count = _count_of_acceptor(recorded)
            self._drain(lambda: _count_of_acceptor(self.conversation) >= count)
        else:
            self._drain()

    def _drain(self, is_enough: Callable[[], bool] = lambda: False) -> None:
        deadline = time.monotonic() + min(self.peer.deadline_s, 2.0)
        while not self.is_lost and not is_enough():
            try:
                self.connection.read(deadline)
            except (DeadlineError, ConnectionLostError):
                return
            self._take()

    def _read(self, deadline: float, what: str) -> None:
        try:
            self.connection.read(deadline)
        except DeadlineError:
            raise _EndedError(f"{what} did not come within {self.peer.deadline_s:g} s") from None
        except ConnectionLostError as lost:
            self.is_lost = True
            how = "reset" if lost.reset else "closed"
            raise _EndedError(f"{what} did not come: the peer {how} the connection") from None
        self._take()

    def _take(self) -> None:
        pdus = self.conversation.pdus
        for seen in pdus[self.taken_pdus :]:
            if seen.side is Side.ACCEPTOR and seen.name in ANSWERS:
                self.arrived[seen.name] += 1
                if seen.name == "A-ASSOCIATE-AC":
                    self.remapping.negotiate(self.recording.conversation.contexts, self.conversation.contexts)
        self.taken_pdus = len(pdus)
        messages = list(self.conversation.messages)
        for message in messages[self.taken_messages :]:
            self.taken_messages += 1
            if message.side is not Side.ACCEPTOR:
                continue
            if message.is_request:
                self._answer(message)
            elif message.name.endswith("-RSP"):
                self._response(message)

    def _response(self, message: SeenMessage) -> None:
        """Take a response: it stands for the recorded one of the same place."""
        number = self.open.get(message.command.number("MessageIDBeingRespondedTo") or 0)
        if number is None:
            return
        exchange = self.recording.exchanges[number]
        if message.is_final_response:
            self.finals.add(number)
            counterpart = exchange.final
        else:
            pendings = [each for each in exchange.responses if not each.is_final_response]
            place = self.pendings[number]
            counterpart = pendings[place] if place < len(pendings) else None
            self.pendings[number] += 1
        if counterpart is not None:
            self.remapping.learn(counterpart, message)

    def _answer(self, message: SeenMessage) -> None:
        """Answer a request of the peer as the recorded one of the same name and place was answered."""
        same = [(asked, answer) for asked, answer in self.recording.asked if asked.name == message.name]
        place = self.asked[message.name]
        self.asked[message.name] += 1
        answer = None
        if same:
            asked, answer = same[min(place, len(same) - 1)]
            self.remapping.learn(asked, message)
        changes = {"MessageIDBeingRespondedTo": message.command.number("MessageID") or 0}
        name = message.name.replace("-RQ", "-RSP")
        if answer is None and same:
            return  # the recorded one was not answered either
        command = command_set(name, Status=0, **changes) if answer is None else answer.command.changed(**changes)
        for keyword in ("AffectedSOPClassUID", "AffectedSOPInstanceUID"):
            value = message.command.text(keyword)
            if value is not None and (answer is None or keyword in answer.command):
                command = command.changed(**{keyword: value})
        limit = self.conversation.maximum_length_for(Side.REQUESTOR) or 0
        data_set = None if answer is None else answer.data_set
        self._write(list(fragment_buffers(Message(message.context_id, command, data_set), limit)))


def _count_of_acceptor(one: Conversation) -> int:
    """Count the messages of the acceptor."""
    return sum(message.side is Side.ACCEPTOR for message in one.messages)


def replay(recording: Recording, peer: Peer) -> Replayed:
    """Play the requestor's side of a recording against a peer.

    Raises
    ------
    ReplayError
        The peer cannot be reached, or no TLS session came about.
    """
    recorder = Recorder(LIMIT_BYTES)
    try:
        sock = socket.create_connection((peer.host, peer.port), peer.deadline_s)
    except OSError as error:
        raise ReplayError(f"{peer.host}:{peer.port} cannot be reached: {error.strerror or error}") from error
    ends = (sock.getsockname()[:2], sock.getpeername()[:2])
    number = recorder.open("replay", REQUESTOR, ACCEPTOR, *ends)
    connection = Connection(sock, recorder, number, Side.REQUESTOR)
    if peer.tls is not None:
        try:
            connection.secure(peer.tls.requestor_context(), peer.host, time.monotonic() + peer.deadline_s)
        except HandshakeError as error:
            connection.close()
            raise ReplayError(f"no TLS session with {peer.host}:{peer.port}: {error}") from error
    trace = Trace(recorder)
    player = _Player(recording, peer, connection, trace)
    player.play()
    return Replayed(trace, player.conversation, tuple(player.notes), player.remapping)
