"""A conversation made shorter step by step, as long as it still shows a finding.

Exchanges are left out first, then pending responses, presentation contexts, sub-items, and elements of data sets.
Invariant: what is left breaks no rule that the whole conversation did not break in the same message, so that a
finding is never kept by breaking something else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from dicom_conformance.capture import trace_of
from dicom_conformance.judge import breaches
from dicom_conformance.replay.reduction import shortest
from dicom_conformance.trace import Conversation, SeenMessage
from dicom_simulators.encoding import DataSetError, encoding_of, read_elements, write_elements
from dicom_wire import Kind, Message, Side, decode, encode, fragment_buffers
from dicom_wire.capture import Segment, Stream
from dicom_wire.items import ImplementationClassUID, MaximumLength, UserInformation
from dicom_wire.pdu import AAssociateAC, AAssociateRQ, PDataTF

_NO_STOP = 0xFFFFFFFF
_DEFLATED = "1.2.840.10008.1.2.1.99"
_FRAGMENT_BYTES = 16384


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that one side did: a PDU, a whole DIMSE message, or its end of the connection."""

    side: Side
    t_ns: int
    raw: bytes = b""
    message: SeenMessage | None = None
    kind: Kind = Kind.DATA


Shows = Callable[[Conversation], bool]


def conversation_of(pieces: Sequence[Piece]) -> Conversation:
    """Make the conversation in which these pieces came one after the other."""
    segments = [Segment(each.t_ns, each.kind, each.side, each.raw) for each in pieces]
    begin_ns = segments[0].t_ns if segments else 0
    opened = Segment(begin_ns, Kind.OPENED, Side.REQUESTOR)
    stream = Stream(("127.0.0.1", 1), ("127.0.0.1", 2), (opened, *segments))
    return trace_of([stream]).conversations[0]


def shrink(one: Conversation, shows: Shows) -> Conversation:
    """Give the shortest conversation that still shows it."""
    pieces = tuple(pieces_of(one))
    admitted = {each.kind for each in breaches(one)}

    def is_good(candidate: Sequence[Piece]) -> bool:
        made = conversation_of(candidate)
        return {each.kind for each in breaches(made)} <= admitted and shows(made)

    if not is_good(pieces):
        return one  # what is between messages shows it: nothing can be left out
    units = shortest(_units(pieces), lambda kept: is_good(_flat(kept)))
    pieces = _with_fewer_pending(_flat(units), is_good)
    pieces = _with_fewer_contexts(pieces, is_good)
    pieces = _with_fewer_sub_items(pieces, is_good)
    for number, piece in enumerate(pieces):
        if piece.message is not None and piece.message.data_set is not None:
            pieces = _with_fewer_elements(pieces, number, is_good)
    return conversation_of(pieces)


def pieces_of(one: Conversation) -> Iterator[Piece]:
    """Cut a conversation into pieces; the PDUs of a message are one."""
    completed = {message.pdu: message for message in one.messages}
    loose = one.loose_fragments()
    begun: dict[Side, bytes] = dict.fromkeys(Side, b"")
    for number, seen in enumerate(one.pdus):
        message = completed.get(number)
        if isinstance(seen.pdu, PDataTF) and number not in loose and message is None:
            begun[seen.side] += seen.raw
            continue
        yield Piece(seen.side, seen.t_ns, begun[seen.side] + seen.raw, message)
        begun[seen.side] = b""
    last_ns = one.pdus[-1].t_ns if one.pdus else 0
    for side in Side:
        rest = begun[side] + one.pending(side)
        if rest:
            yield Piece(side, last_ns, rest)
    for sighting in one.view.sightings:
        if sighting.kind in (Kind.FIN, Kind.RST) and not sighting.written:
            yield Piece(sighting.sender, max(sighting.t_ns, last_ns), kind=sighting.kind)


_Unit = tuple[Piece, ...]


def _units(pieces: Sequence[Piece]) -> list[_Unit]:
    """Put each request together with what came in answer; a response that fits no request goes with the last one."""
    units: list[list[Piece]] = []
    opened: dict[tuple[Side, object], list[Piece]] = {}
    last: list[Piece] | None = None
    for piece in pieces:
        message = piece.message
        if message is not None and message.name.endswith("-RSP"):
            key = (piece.side.other, message.command.get("MessageIDBeingRespondedTo"))
            unit = opened.get(key, last)
            if unit is not None:
                unit.append(piece)
                continue
        unit = [piece]
        units.append(unit)
        if message is not None and message.is_request:
            opened[piece.side, message.command.get("MessageID")] = unit
            last = unit
    return [tuple(unit) for unit in units]


def _flat(units: Sequence[_Unit]) -> tuple[Piece, ...]:
    """Give the pieces in the order in which they came; Python's sort keeps that of equal times."""
    return tuple(sorted((piece for unit in units for piece in unit), key=lambda each: each.t_ns))


_Good = Callable[[Sequence[Piece]], bool]


def _with_fewer_pending(pieces: tuple[Piece, ...], is_good: _Good) -> tuple[Piece, ...]:
    """Leave pending responses out; a request goes only together with all that came in answer."""
    pending = [each for each in pieces if each.message is not None and _is_pending(each.message)]

    def kept(chosen: tuple[Piece, ...]) -> tuple[Piece, ...]:
        gone = {id(each) for each in pending} - {id(each) for each in chosen}
        return tuple(each for each in pieces if id(each) not in gone)

    return kept(shortest(pending, lambda chosen: is_good(kept(chosen))))


def _is_pending(message: SeenMessage) -> bool:
    return message.name.endswith("-RSP") and not message.is_final_response


def _with_fewer_contexts(pieces: tuple[Piece, ...], is_good: _Good) -> tuple[Piece, ...]:
    """Leave presentation contexts out of the request and its answer."""
    requests = [made for made in map(_association, pieces) if isinstance(made, AAssociateRQ)]
    if len(requests) != 1:
        return pieces
    ids = [each.context_id for each in requests[0].presentation_contexts]

    def kept(chosen: tuple[int, ...]) -> tuple[Piece, ...]:
        return tuple(
            _changed(each, lambda item: getattr(item, "context_id", None) in (None, *chosen)) for each in pieces
        )

    if not is_good(kept(tuple(ids))):
        return pieces
    return kept(shortest(ids, lambda chosen: is_good(kept(chosen))))


def _with_fewer_sub_items(pieces: tuple[Piece, ...], is_good: _Good) -> tuple[Piece, ...]:
    """Leave those sub-items out that an association can do without."""

    def needed(item: object) -> bool:
        return isinstance(item, MaximumLength | ImplementationClassUID)

    smaller = tuple(_changed(each, lambda item: True, needed) for each in pieces)
    return smaller if is_good(smaller) else pieces


def _association(piece: Piece) -> AAssociateRQ | AAssociateAC | None:
    if piece.message is not None or piece.kind is not Kind.DATA:
        return None
    decoded = decode(piece.raw)
    return decoded.pdu if isinstance(decoded.pdu, AAssociateRQ | AAssociateAC) and not decoded.violations else None


def _changed(
    piece: Piece, keeps: Callable[[object], bool], keeps_sub_item: Callable[[object], bool] | None = None
) -> Piece:
    """Leave items, or sub-items of the user information, out of an A-ASSOCIATE-RQ or -AC; another piece as it is."""
    pdu = _association(piece)
    if pdu is None:
        return piece
    items = tuple(item for item in pdu.items if keeps(item))
    if keeps_sub_item is not None:
        items = tuple(
            UserInformation(tuple(each for each in item.sub_items if keeps_sub_item(each)))
            if isinstance(item, UserInformation)
            else item
            for item in items
        )
    return replace(piece, raw=encode(replace(pdu, items=items)))


def _with_fewer_elements(pieces: tuple[Piece, ...], number: int, is_good: _Good) -> tuple[Piece, ...]:
    """Leave elements out of the data set of one message."""
    piece = pieces[number]
    message = piece.message
    if message is None or message.data_set is None or message.transfer_syntax in (None, _DEFLATED):
        return pieces
    assert message.transfer_syntax is not None
    try:
        found = read_elements(message.data_set, message.transfer_syntax, stop_tag=_NO_STOP)
    except DataSetError:
        return pieces
    encoding = encoding_of(message.transfer_syntax)

    def kept(tags: tuple[int, ...]) -> tuple[Piece, ...]:
        data_set = write_elements({tag: found[tag] for tag in tags}, encoding)
        made = Message(message.context_id, message.command, data_set)
        raw = b"".join(fragment_buffers(made, _FRAGMENT_BYTES))
        smaller = replace(piece, raw=raw, message=replace(message, data_set=data_set))
        return (*pieces[:number], smaller, *pieces[number + 1 :])

    tags = tuple(found)
    if not is_good(kept(tags)):
        return pieces
    return kept(shortest(tags, lambda chosen: is_good(kept(chosen))))
