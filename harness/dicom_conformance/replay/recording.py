"""A captured conversation as turns: what the requestor did, and what it had waited for before.

Invariants: the requestor's bytes are kept as they were. What the acceptor sent is waited for only as far as the
requestor must have waited for it: an answer to its A-ASSOCIATE-RQ, a final response, a first pending one before a
C-CANCEL-RQ or an abort.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dicom_conformance.trace import Conversation, SeenMessage, SeenPDU
from dicom_wire.capture import Kind, Side
from dicom_wire.pdu import PDataTF

ANSWERS = frozenset({"A-ASSOCIATE-AC", "A-ASSOCIATE-RJ", "A-RELEASE-RP", "A-RELEASE-RQ", "A-ABORT"})


@dataclass(frozen=True, slots=True)
class Say:
    """The requestor sends a PDU that is no part of a whole message."""

    pdu: SeenPDU


@dataclass(frozen=True, slots=True)
class Request:
    """The requestor sends a request or a C-CANCEL-RQ, in these PDUs; `number` counts the requests from 0."""

    message: SeenMessage
    pdus: tuple[SeenPDU, ...]
    number: int


@dataclass(frozen=True, slots=True)
class AwaitPDU:
    """The acceptor sends a PDU of this name."""

    name: str


@dataclass(frozen=True, slots=True)
class AwaitResponse:
    """A request is answered: by its final response, or by any."""

    number: int
    is_final: bool


@dataclass(frozen=True, slots=True)
class AwaitRequest:
    """The acceptor has sent so many requests of this name."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Leave:
    """The requestor ends the connection, by FIN or RST."""

    reset: bool


Turn = Say | Request | AwaitPDU | AwaitResponse | AwaitRequest | Leave


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its responses as they were recorded."""

    request: SeenMessage
    responses: tuple[SeenMessage, ...]

    @property
    def final(self) -> SeenMessage | None:
        """The final response; None where none was recorded."""
        return next((each for each in self.responses if each.is_final_response), None)


@dataclass(frozen=True, slots=True)
class Recording:
    """What is replayed.

    Parameters
    ----------
    turns : tuple of Turn
        In order.
    exchanges : tuple of Exchange
        The requestor's requests, in order.
    asked : tuple of (SeenMessage, SeenMessage or None)
        The acceptor's requests, in order, each with the requestor's response.
    """

    conversation: Conversation
    turns: tuple[Turn, ...]
    exchanges: tuple[Exchange, ...]
    asked: tuple[tuple[SeenMessage, SeenMessage | None], ...]


def recording_of(one: Conversation) -> Recording:
    """Make the turns of a conversation."""
    requests = [each for each in one.messages if each.side is Side.REQUESTOR and each.is_request]
    exchanges = tuple(Exchange(each, responses_to(one, each)) for each in requests)
    asked = [each for each in one.messages if each.side is Side.ACCEPTOR and each.is_request]
    answered = tuple((each, next(iter(responses_to(one, each)), None)) for each in asked)
    return Recording(one, tuple(_turns(one, exchanges, asked)), exchanges, answered)


def responses_to(one: Conversation, request: SeenMessage) -> tuple[SeenMessage, ...]:
    """Give the responses to a request up to the final one; a response with a Message ID of its own is none."""
    number = request.command.get("MessageID")
    found: list[SeenMessage] = []
    has_begun = False
    for message in one.messages:
        has_begun = has_begun or message is request
        is_response = message.side is request.side.other and message.name.endswith("-RSP")
        if has_begun and is_response and message.command.get("MessageIDBeingRespondedTo") == number:
            found.append(message)
            if message.is_final_response:
                break
    return tuple(found)


def _turns(one: Conversation, exchanges: tuple[Exchange, ...], asked: list[SeenMessage]) -> Iterator[Turn]:
    completed = {message.pdu: message for message in one.messages}
    of_message = _pdus_of_messages(one)
    in_messages = {id(pdu) for pdus in of_message.values() for pdu in pdus}
    requests = {id(each.request): number for number, each in enumerate(exchanges)}
    waited: list[Turn] = []
    asked_so_far: dict[str, int] = {}
    for number, seen in enumerate(one.pdus):
        message = completed.get(number)
        if seen.side is Side.ACCEPTOR:
            if seen.name in ANSWERS:
                waited.append(AwaitPDU(seen.name))
            elif message is not None and any(message is each for each in asked):
                asked_so_far[message.name] = asked_so_far.get(message.name, 0) + 1
                waited.append(AwaitRequest(message.name, asked_so_far[message.name]))
            elif message is not None:
                waited.extend(_answer(message, exchanges))
            continue
        if message is not None and message.name.endswith("-RSP"):
            continue  # sent when the acceptor's request comes
        turn: Turn | None = None
        if message is not None:
            turn = Request(message, of_message[number], requests.get(id(message), -1))
        elif not isinstance(seen.pdu, PDataTF) or id(seen) not in in_messages:
            turn = Say(seen)
        if turn is not None:
            yield from _needed(waited, turn)
            waited.clear()
            yield turn
    yield from _needed(waited, Leave(False))
    for sighting in one.view.sightings:
        if sighting.kind in (Kind.FIN, Kind.RST) and sighting.sender is Side.REQUESTOR:
            yield Leave(sighting.kind is Kind.RST)
            return


def _pdus_of_messages(one: Conversation) -> dict[int, tuple[SeenPDU, ...]]:
    """Give the PDUs of each message by the number of the last of them."""
    loose = one.loose_fragments()
    found: dict[int, tuple[SeenPDU, ...]] = {}
    begun: dict[Side, list[SeenPDU]] = {side: [] for side in Side}
    last = {message.pdu for message in one.messages}
    for number, seen in enumerate(one.pdus):
        if not isinstance(seen.pdu, PDataTF) or number in loose:
            continue
        begun[seen.side].append(seen)
        if number in last:
            found[number] = tuple(begun[seen.side])
            begun[seen.side] = []
    return found


def _answer(message: SeenMessage, exchanges: tuple[Exchange, ...]) -> Iterator[AwaitResponse]:
    for number, exchange in enumerate(exchanges):
        if any(message is each for each in exchange.responses):
            yield AwaitResponse(number, message.is_final_response)


def _needed(waited: list[Turn], turn: Turn) -> Iterator[Turn]:
    """Yield what has to have come before a turn: of pending responses one, and only before an end or a cancel."""
    stops = isinstance(turn, Leave | Say) or (isinstance(turn, Request) and turn.message.name == "C-CANCEL-RQ")
    for each in dict.fromkeys(waited):
        if not isinstance(each, AwaitResponse) or each.is_final or stops:
            yield each
