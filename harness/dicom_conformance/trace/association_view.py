"""Who saw what of a connection: one observer's view, and which views are of the same connection.

A relay reads from both sides and writes to both, so its view shows what each side sent and what the other was given.
An endpoint sees its own writes and what reached it. Where two observers saw the same bytes they must agree; the bytes
that one of them saw beyond the other's were on their way when the connection ended, and prove nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from dicom_conformance.errors import HarnessError
from dicom_wire.capture import Connection, Kind, Side, Sighting

LINK = "link"
"""The observer's name of every relay."""


Piece = bytes | memoryview
_Ends = tuple[tuple[str, int], tuple[str, int]]
_Meeting = tuple[_Ends, int]


@dataclass(slots=True)
class View:
    """What one observer saw of one connection; `grow` adds a sighting.

    For a relay, the bytes that a side sent are those *read* from it; those written on are kept apart, because a fault
    of the relay may have changed them. An endpoint writes its own bytes and reads the other's.
    """

    connection: Connection
    sightings: list[Sighting] = field(default_factory=list)
    ended: bool = False

    def grow(self, sighting: Sighting) -> None:
        """Take one more sighting of this connection."""
        self.sightings.append(sighting)
        if sighting.kind in (Kind.FIN, Kind.RST, Kind.REFUSED):
            self.ended = True

    @property
    def by_relay(self) -> bool:
        """Whether a relay, not an endpoint, saw this."""
        return self.connection.observer == LINK

    def pieces_sent(self, side: Side) -> Iterator[Piece]:
        """Yield the bytes that `side` sent, piece by piece."""
        for seen in self.sightings:
            if seen.kind is Kind.DATA and seen.sender is side and not (self.by_relay and seen.written):
                yield from seen.pieces

    def pieces_delivered(self, side: Side) -> Iterator[Piece]:
        """Yield the bytes of `side` as the other side got them, piece by piece."""
        if not self.by_relay:
            yield from self.pieces_sent(side)
            return
        for seen in self.sightings:
            if seen.kind is Kind.DATA and seen.sender is side and seen.written:
                yield from seen.pieces

    def sent(self, side: Side) -> bytes:
        """Give the bytes that `side` sent."""
        return b"".join(self.pieces_sent(side))

    def has_sent(self, side: Side) -> bool:
        """Tell whether `side` sent anything."""
        return any(self.pieces_sent(side))


def judged(views: Sequence[View]) -> list[View]:
    """Choose the view of each connection that is judged: the relay's where there is one, else the first endpoint's."""
    meetings = _meetings(views)
    relayed = _relayed(meetings)
    chosen: list[View] = []
    seen: set[_Meeting] = set()
    for view, meeting in meetings:
        if view.by_relay:
            chosen.append(view)
        elif meeting not in relayed and meeting not in seen:
            seen.add(meeting)
            chosen.append(view)
    return chosen


def of_sides(views: Sequence[View]) -> dict[int, dict[Side, View]]:
    """Give what each side saw of every connection, by the number of the connection whose view is judged.

    A side's view is its own where it was observed, else what the relay took from it and handed to it. A side that
    nobody observed is left out.
    """
    meetings = _meetings(views)
    found: dict[int, dict[Side, View]] = {
        view.connection.number: {side: _through_relay(view, side) for side in Side}
        for view in views
        if view.by_relay and _hands_on(view)
    }
    places: dict[_Meeting, tuple[int, Side | None]] = {}
    for meeting, (relay, differ) in _relayed(meetings).items():
        side = Side.REQUESTOR if differ is _at_requestor else Side.ACCEPTOR
        places[meeting] = (relay.connection.number, side if relay.connection.relay_endpoints else None)
    own: set[tuple[int, Side]] = set()
    for view, meeting in meetings:
        if not view.by_relay:
            number, known = places.setdefault(meeting, (view.connection.number, None))
            place = (number, known or _own_side(view))
            if place not in own:
                own.add(place)
                found.setdefault(number, {})[place[1]] = view
    return found


def _hands_on(relay: View) -> bool:
    """Tell whether it is known what a relay handed on; a trace of its readings alone does not say."""
    return relay.connection.relay_endpoints is not None or any(seen.written for seen in relay.sightings)


def _through_relay(relay: View, side: Side) -> View:
    """Give what a side saw of a connection, as its relay knows it: what was read from it, and written to it."""
    connection = relay.connection
    name = connection.requestor if side is Side.REQUESTOR else connection.acceptor
    seen = [
        replace(each, written=each.sender is side)
        for each in relay.sightings
        if each.kind in (Kind.OPENED, Kind.REFUSED) or each.written is not (each.sender is side)
    ]
    return View(replace(connection, observer=f"{name}, by the relay"), seen, relay.ended)


def _own_side(view: View) -> Side:
    """Tell on which side an endpoint is: the one whose bytes it wrote, else the one whose name it bears."""
    for seen in view.sightings:
        if seen.written:
            return seen.sender
    return Side.ACCEPTOR if view.connection.observer == view.connection.acceptor else Side.REQUESTOR


def verify_agreement(views: Sequence[View]) -> None:
    """Hold every endpoint's view against the others of the same connection.

    Raises
    ------
    HarnessError
        Two observers saw different bytes; the message names the observers, the side and the offset.
    """
    meetings = _meetings(views)
    relayed = _relayed(meetings)
    firsts: dict[_Meeting, View] = {}
    for view, meeting in meetings:
        if view.by_relay:
            continue
        if meeting in relayed:
            relay, differ = relayed[meeting]
            _require(differ(relay, view), relay, view)
        else:
            first = firsts.setdefault(meeting, view)
            _require(_at_endpoints(first, view), first, view)


def _meetings(views: Sequence[View]) -> list[tuple[View, _Meeting]]:
    """Give each view with its meeting: the ends of its TCP connection, and how often its observer saw them before.

    The system may give the same two ends to a later connection, which is another one. Of a relay's two connections it
    is the requestor's.
    """
    before: Counter[tuple[str, _Ends]] = Counter()
    found: list[tuple[View, _Meeting]] = []
    for view in views:
        connection = view.connection
        acceptor = connection.relay_endpoints[0] if connection.relay_endpoints else connection.acceptor_endpoint
        ends = (connection.requestor_endpoint, acceptor)
        found.append((view, (ends, before[connection.observer, ends])))
        before[connection.observer, ends] += 1
    return found


def _relayed(meetings: list[tuple[View, _Meeting]]) -> dict[_Meeting, tuple[View, _Differ]]:
    """Give the relay's view of each meeting that it took part in, and how a view of that meeting compares with it."""
    relayed: dict[_Meeting, tuple[View, _Differ]] = {}
    onward: Counter[_Ends] = Counter()
    for view, meeting in meetings:
        if view.by_relay:
            relayed[meeting] = (view, _at_requestor)
            if view.connection.relay_endpoints:
                ends = (view.connection.relay_endpoints[1], view.connection.acceptor_endpoint)
                relayed[ends, onward[ends]] = (view, _at_acceptor)
                onward[ends] += 1
    return relayed


def _require(difference: tuple[Side, int] | None, one: View, other: View) -> None:
    if difference is not None:
        side, offset = difference
        connection = one.connection
        raise HarnessError(
            f"{one.connection.observer} and {other.connection.observer} saw different bytes of the {side.value} on the "
            f"connection {connection.number} ({connection.requestor} to {connection.acceptor}), from offset {offset}"
        )


def _at_requestor(relay: View, view: View) -> tuple[Side, int] | None:
    return _differ(
        (Side.REQUESTOR, relay.pieces_sent(Side.REQUESTOR), view.pieces_sent(Side.REQUESTOR)),
        (Side.ACCEPTOR, relay.pieces_delivered(Side.ACCEPTOR), view.pieces_sent(Side.ACCEPTOR)),
    )


def _at_acceptor(relay: View, view: View) -> tuple[Side, int] | None:
    return _differ(
        (Side.REQUESTOR, relay.pieces_delivered(Side.REQUESTOR), view.pieces_sent(Side.REQUESTOR)),
        (Side.ACCEPTOR, relay.pieces_sent(Side.ACCEPTOR), view.pieces_sent(Side.ACCEPTOR)),
    )


def _at_endpoints(one: View, other: View) -> tuple[Side, int] | None:
    return _differ(*((side, one.pieces_sent(side), other.pieces_sent(side)) for side in Side))


_Differ = Callable[[View, View], tuple[Side, int] | None]


def _differ(*pairs: tuple[Side, Iterator[Piece], Iterator[Piece]]) -> tuple[Side, int] | None:
    """Give the side and offset of the first byte that both saw and saw differently."""
    for side, one, other in pairs:
        offset = _first_difference(one, other)
        if offset is not None:
            return side, offset
    return None


def _first_difference(one: Iterator[Piece], other: Iterator[Piece]) -> int | None:
    """Give the offset of the first byte that both have and that differs, however they are cut; nothing is joined."""
    offset = 0
    ahead: Piece = b""  # of `one` beyond what was compared, or of `other`
    behind: Piece = b""
    while True:
        ahead, behind = ahead or next(filter(len, one), b""), behind or next(filter(len, other), b"")
        common = min(len(ahead), len(behind))
        if not common:
            return None
        mine, others = ahead[:common], behind[:common]
        if bytes(mine) != bytes(others):
            return offset + next(at for at in range(common) if mine[at] != others[at])
        ahead, behind, offset = memoryview(ahead)[common:], memoryview(behind)[common:], offset + common
