"""What a relay with faults sent on, compared with what came in: what the faults changed, made or kept back.

Invariants: what is sent on as it came yields nothing; of each direction only the last `MOST_WAITING` PDUs and messages
that were not sent on yet are kept, without their data sets.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from dicom_conformance.relay.watch import Event, Passed, Watch
from dicom_conformance.trace import SeenPDU
from dicom_wire import Connection, Side
from dicom_wire.command_values import Value

MOST_WAITING = 1000
CHANGED, MADE, DROPPED = "changed", "made", "dropped"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a fault did to what passes.

    Parameters
    ----------
    event : SeenPDU or Passed
        What was sent on; for ``dropped``, what came in.
    how : str
        ``changed``, ``made`` (it never came in) or ``dropped`` (it was not sent on).
    what : tuple of str
        Keywords of the command elements that were changed, and ``data set``.
    """

    event: SeenPDU | Passed
    how: str
    what: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Seen:
    """A PDU or message without its data set; a digest is None where the data set was not kept."""

    event: SeenPDU | Passed
    name: str
    command: tuple[tuple[str, Value], ...]
    data_bytes: int | None
    digest: bytes | None

    def equals(self, other: _Seen) -> bool:
        return self.name == other.name and self.command == other.command and not self.has_other_data(other)

    def has_other_data(self, other: _Seen) -> bool:
        digests = {self.digest, other.digest} - {None}
        return self.data_bytes != other.data_bytes or len(digests) > 1


class SentOn:
    """Compares both sides of a relay on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._watch = Watch(connection, judge=True)
        self._waiting: dict[Side, deque[_Seen]] = {side: deque(maxlen=MOST_WAITING) for side in Side}

    @property
    def held_bytes(self) -> int:
        """How many bytes are kept of what is not complete."""
        return self._watch.held_bytes

    def came(self, event: Event) -> None:
        """Take what came in."""
        if (seen := _seen(event)) is not None:
            self._waiting[_side(seen.event)].append(seen)

    def sent(self, side: Side, t_ns: int, data: bytes) -> Iterator[Change]:
        """Take bytes that were sent on; yield what was done to them."""
        for event in self._watch.take(side, t_ns, data):
            if (seen := _seen(event)) is not None:
                yield from self._compared(seen, self._waiting[side])

    def kept_back(self) -> Iterator[Change]:
        """Yield what came in and was not sent on to the end of the connection."""
        for waiting in self._waiting.values():
            for seen in waiting:
                yield Change(seen.event, DROPPED)
            waiting.clear()

    def _compared(self, sent: _Seen, waiting: deque[_Seen]) -> Iterator[Change]:
        place = next((number for number, came in enumerate(waiting) if came.equals(sent)), None)
        alike = place is None
        if alike:
            place = next((number for number, came in enumerate(waiting) if came.name == sent.name), None)
        if place is None:
            yield Change(sent.event, MADE)
            return
        for _ in range(place):
            yield Change(waiting.popleft().event, DROPPED)
        came = waiting.popleft()
        if alike:
            yield Change(sent.event, CHANGED, tuple(_differences(came, sent)))


def _side(event: SeenPDU | Passed) -> Side:
    return event.side if isinstance(event, SeenPDU) else event.message.side


def _seen(event: Event) -> _Seen | None:
    if isinstance(event, SeenPDU):
        return _Seen(event, event.name, (), len(event.raw), _digest(event.raw))
    if not isinstance(event, Passed):
        return None
    message = event.message
    command = (("context", message.context_id), *((each.keyword, each.value) for each in message.command.elements))
    digest = None if message.data_set is None else _digest(message.data_set)
    return _Seen(event, message.name, command, event.data_set_bytes, digest)


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


def _differences(came: _Seen, sent: _Seen) -> Iterator[str]:
    """Yield what differs between two messages of the same name."""
    before, after = dict(came.command), dict(sent.command)
    for keyword in before | after:
        if before.get(keyword) != after.get(keyword) and keyword != "CommandGroupLength":
            yield keyword
    if isinstance(sent.event, Passed) and came.has_other_data(sent):
        yield "data set"
