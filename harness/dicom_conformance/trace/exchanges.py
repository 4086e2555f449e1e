"""What one side sent, set against what the other side received.

Invariants: an exchange has at least one of the two. Where both are there and have the same key, the bytes are the same;
what differs was changed on the way. An end of TCP that does not arrive proves nothing: whoever has closed its own end
reads no further.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from dicom_conformance.trace.conversation import Conversation
from dicom_conformance.trace.events import INCOMPLETE, TCP, Event, events
from dicom_wire.capture import Side

MOST_COMPARED = 2000
"""So many events of one side are compared at most; the rest are paired in their order."""

_Pair = tuple[Event | None, Event | None]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One event of one side, as sent and as received.

    Parameters
    ----------
    sent, received : Event or None
        None where it was not seen there.
    sender_seen, receiver_seen : bool
        Whether the sender, and the receiver, were observed at all.
    """

    sent: Event | None
    received: Event | None
    sender_seen: bool = True
    receiver_seen: bool = True

    @property
    def event(self) -> Event:
        """What was sent, or what was received where nobody sent it or the sender was not observed."""
        found = self.sent or self.received
        assert found is not None
        return found

    @property
    def is_made_on_the_way(self) -> bool:
        """Whether it was received though its side did not send it."""
        return self.sender_seen and self.sent is None

    @property
    def is_lost(self) -> bool:
        """Whether it was sent and did not arrive."""
        return self.receiver_seen and self.received is None and not self.event.ends_tcp

    @property
    def is_changed(self) -> bool:
        """Whether something else arrived than was sent."""
        return self.sent is not None and self.received is not None and self.sent.key != self.received.key

    @property
    def differences(self) -> tuple[str, ...]:
        """The lines of detail that were taken away (``- ``) and added (``+ ``) on the way."""
        if self.sent is None or self.received is None:
            return ()
        was, now = self.sent.detail, self.received.detail
        changes: list[str] = []
        for kind, first, last, other_first, other_last in SequenceMatcher(None, was, now, False).get_opcodes():
            if kind != "equal":
                changes += [f"- {line.strip()}" for line in was[first:last]]
                changes += [f"+ {line.strip()}" for line in now[other_first:other_last]]
        return tuple(changes)


def exchanges(judged: Conversation, seen: Mapping[Side, Conversation]) -> list[Exchange]:
    """Give everything that passed between two sides, in the order in which it was sent.

    Parameters
    ----------
    judged : Conversation
        The view that is judged: what is shown where nothing is known of the sides.
    seen : mapping
        The conversation as each side saw it, as far as it was observed.
    """
    known = {side: events(one) for side, one in seen.items()}
    if not known:
        return [Exchange(event, None, receiver_seen=False) for event in events(judged)]
    found = [one for sender in Side for one in _of(sender, known) if not _is_our_ending(one, judged)]
    return sorted(found, key=lambda one: one.event.t_ns)


def _is_our_ending(one: Exchange, judged: Conversation) -> bool:
    """Tell whether a side saw an end of TCP only because the relay was taken away at the end of the case."""
    if not one.is_made_on_the_way or not one.event.ends_tcp or not judged.view.by_relay:
        return False
    ends = (each for each in judged.view.sightings if each.written and each.sender is one.event.side)
    return not any(one.event.name == f"{TCP}{each.kind.name}" for each in ends)


def _of(sender: Side, known: Mapping[Side, Sequence[Event]]) -> Iterator[Exchange]:
    sides = [known.get(side) for side in (sender, sender.other)]
    sent, received = ([event for event in each or () if event.side is sender] for each in sides)
    sender_seen, receiver_seen = (each is not None for each in sides)
    if not sender_seen:
        yield from (Exchange(None, event, sender_seen=False) for event in received)
    elif not receiver_seen:
        yield from (Exchange(event, None, receiver_seen=False) for event in sent)
    else:
        yield from (Exchange(*pair) for pair in paired(sent, received))


def paired(sent: Sequence[Event], received: Sequence[Event]) -> Iterator[_Pair]:
    """Pair what was sent with what was received; None stands for what is missing on either side."""
    begin = 0
    while begin < min(len(sent), len(received)) and sent[begin].key == received[begin].key:
        yield sent[begin], received[begin]
        begin += 1
    sent, received = sent[begin:], received[begin:]
    if min(len(sent), len(received)) > MOST_COMPARED:
        yield from _replaced(sent, received)
        return
    was, now = ([event.key for event in each] for each in (sent, received))
    for kind, first, last, other_first, other_last in SequenceMatcher(None, was, now, False).get_opcodes():
        some, others = sent[first:last], received[other_first:other_last]
        yield from zip(some, others, strict=True) if kind == "equal" else _replaced(some, others)


def _replaced(sent: Sequence[Event], received: Sequence[Event]) -> Iterator[_Pair]:
    """Pair events of the same name in their order: something of what was sent was changed."""
    left = list(received)
    for event in sent:
        at = next((n for n, other in enumerate(left) if _may_be_one(event, other)), None)
        if at is None:
            yield event, None
            continue
        yield from ((None, other) for other in left[:at])
        yield event, left[at]
        del left[: at + 1]
    yield from ((None, other) for other in left)


def _may_be_one(sent: Event, received: Event) -> bool:
    return sent.name == received.name or received.name.startswith(INCOMPLETE)
