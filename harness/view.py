"""Who saw what of a connection: one observer's view, and which views are of the same connection.

A relay reads from both sides and writes to both, so its view shows what each side sent and what the other was given.
An endpoint sees its own writes and what reached it. Where two observers saw the same bytes they must agree; the bytes
that one of them saw beyond the other's were on their way when the connection ended, and prove nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.errors import HarnessError
from wire.sighting import Connection, Kind, Side, Sighting

LINK = "link"
"""The observer's name of every relay."""


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

    def sent(self, side: Side) -> bytes:
        """Give the bytes that `side` sent."""
        return b"".join(
            seen.data
            for seen in self.sightings
            if seen.kind is Kind.DATA and seen.sender is side and not (self.by_relay and seen.written)
        )

    def delivered(self, side: Side) -> bytes:
        """Give the bytes of `side` as the other side got them."""
        if not self.by_relay:
            return self.sent(side)
        return b"".join(
            seen.data for seen in self.sightings if seen.kind is Kind.DATA and seen.sender is side and seen.written
        )


def judged(views: Sequence[View]) -> list[View]:
    """Choose the view of each connection that is judged: the relay's where there is one, else the first endpoint's.

    An endpoint's view is left out where a relay saw the same requestor's port, or leads to the same acceptor; not so
    that of a requestor whose port no relay saw: it met the acceptor directly.
    """
    relays = [view for view in views if view.by_relay]
    callers = {view.connection.requestor_endpoint for view in relays}
    targets = {view.connection.acceptor_endpoint for view in relays}
    chosen: list[View] = []
    seen: set[tuple[tuple[str, int], tuple[str, int]]] = set()
    for view in views:
        connection = view.connection
        pair = (connection.requestor_endpoint, connection.acceptor_endpoint)
        if not view.by_relay and (
            pair[0] in callers or (pair[1] in targets and not _by_requestor(view)) or pair in seen
        ):
            continue
        seen.add(pair)
        chosen.append(view)
    return chosen


def _by_requestor(view: View) -> bool:
    return view.connection.observer == view.connection.requestor


def verify_agreement(views: Sequence[View]) -> None:
    """Hold every endpoint's view against the others of the same connection.

    Raises
    ------
    HarnessError
        Two observers saw different bytes; the message names the observers, the side and the offset.
    """
    relays = [view for view in views if view.by_relay]
    by_caller = {view.connection.requestor_endpoint: view for view in relays}
    unpaired = list(relays)
    firsts: dict[tuple[tuple[str, int], tuple[str, int]], View] = {}
    for view in views:
        if view.by_relay:
            continue
        connection = view.connection
        pair = (connection.requestor_endpoint, connection.acceptor_endpoint)
        relay = by_caller.get(pair[0])
        if relay is not None:
            _require(_at_requestor(relay, view), relay, view)
            continue
        leading = (
            [] if _by_requestor(view) else [one for one in unpaired if one.connection.acceptor_endpoint == pair[1]]
        )
        if leading:
            found = [(other, _at_acceptor(other, view)) for other in leading]
            chosen = next((pairing for pairing in found if pairing[1] is None), found[0])
            _require(chosen[1], chosen[0], view)
            unpaired.remove(chosen[0])
        elif pair in firsts:
            _require(_at_endpoints(firsts[pair], view), firsts[pair], view)
        else:
            firsts[pair] = view


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
        (Side.REQUESTOR, relay.sent(Side.REQUESTOR), view.sent(Side.REQUESTOR)),
        (Side.ACCEPTOR, relay.delivered(Side.ACCEPTOR), view.sent(Side.ACCEPTOR)),
    )


def _at_acceptor(relay: View, view: View) -> tuple[Side, int] | None:
    return _differ(
        (Side.REQUESTOR, relay.delivered(Side.REQUESTOR), view.sent(Side.REQUESTOR)),
        (Side.ACCEPTOR, relay.sent(Side.ACCEPTOR), view.sent(Side.ACCEPTOR)),
    )


def _at_endpoints(one: View, other: View) -> tuple[Side, int] | None:
    return _differ(*((side, one.sent(side), other.sent(side)) for side in Side))


def _differ(*pairs: tuple[Side, bytes, bytes]) -> tuple[Side, int] | None:
    """Give the side and offset of the first byte that both saw and saw differently."""
    for side, one, other in pairs:
        common = min(len(one), len(other))
        if one[:common] != other[:common]:
            return side, next(at for at in range(common) if one[at] != other[at])
    return None
