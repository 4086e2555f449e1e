"""The timeline of a case: what passed on each connection, as one side sent it and as the other received it.

`timeline` gives plain data, a list of conversations: `requestor`, `acceptor`, `subject` (which of the two is judged;
empty for none), `end`, `marks` that stand at no event, and `events` in order. An event has

- `sender`, `name`, `summary`, `detail` (lines) and `violations` (lines), as it was sent;
- `t_ms`: when it was sent, from the beginning of the case; `sent`: only where it was not, `false` if its side did not
  send it (a relay made it), `null` if nobody observed the sender; it is then as it was received;
- `received`: `null` if nobody observed the receiver, `false` if it did not arrive, else an object with `t_ms`; where it
  arrived changed, also `name`, `summary`, `detail`, `violations` and `differences` (lines that begin with - or +);
- `marks`: each `by` an AE, with `rule`, `clause`, `level`, `text`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dicom_conformance.files import counted
from dicom_conformance.trace.conversation import Conversation
from dicom_conformance.trace.events import Event
from dicom_conformance.trace.exchanges import Exchange, exchanges
from dicom_conformance.trace.marks import Mark
from dicom_conformance.trace.trace import Trace
from dicom_wire.capture import Side

MOST_EVENTS = 400
MOST_MARKS = 20
"""At one event, or at none."""
NOWHERE = -1
"""In place of the number of an event: the mark stands at none."""


def timeline(trace: Trace, begin_ns: int, marks: Sequence[Mark] = ()) -> list[dict[str, Any]]:
    """Give the conversations of a case as plain data.

    Parameters
    ----------
    begin_ns : int
        The beginning of the case, by the clock of the recorder.
    marks : sequence of Mark
        Which clauses were broken.
    """
    seen = trace.seen_by_sides()
    return [
        _Telling(trace, one, begin_ns, [mark for mark in marks if mark.connection == one.number]).conversation(
            exchanges(one, seen.get(one.number, {}))
        )
        for one in trace.conversations
    ]


def timeline_lines(trace: Trace, begin_ns: int, most: int = 60, marks: Sequence[Mark] = ()) -> list[str]:
    """Give the timeline as lines of text, for a terminal."""
    found = []
    for one in timeline(trace, begin_ns, marks):
        found.append(f"{one['requestor']} -> {one['acceptor']}: {one['end']}")
        found.extend(_mark_lines(one["marks"]))
        for event in one["events"]:
            found.extend(_event_lines(event))
    return found if len(found) <= most else [*found[:most], f"... {len(found) - most} more lines"]


def _event_lines(event: dict[str, Any]) -> Iterable[str]:
    on_the_way = _on_the_way(event)
    text = "  ".join(part for part in (event["name"], event["summary"], on_the_way and f"[{on_the_way}]") if part)
    yield f"  {event['t_ms']:9.2f} ms  {event['sender']:>12}  {text}"
    received = event["received"]
    if isinstance(received, dict):
        yield from (f"               {line}" for line in received.get("differences", ()))
    marked = {mark["rule"] for mark in event["marks"]}
    for violation in event["violations"]:
        if violation.split(" ", 1)[0] not in marked:
            yield f"               ! {violation}"
    yield from _mark_lines(event["marks"])


def _on_the_way(event: dict[str, Any]) -> str:
    """Say what became of an event on its way; nothing where it arrived as it was sent, or nobody saw it arrive."""
    received = event["received"]
    if event.get("sent", True) is False:
        return "not sent by it: made on the way"
    if received is False:
        return "not received"
    return "received changed" if isinstance(received, dict) and "name" in received else ""


def _mark_lines(marks: Iterable[dict[str, str]]) -> Iterable[str]:
    for mark in marks:
        yield f"               ! {mark['by']}: {mark['rule']} ({mark['clause']}, {mark['level']}): {mark['text']}"


@dataclass(slots=True)
class _Telling:
    """One conversation as plain data."""

    trace: Trace
    one: Conversation
    begin_ns: int
    marks: list[Mark]

    def conversation(self, passed: Sequence[Exchange]) -> dict[str, Any]:
        one, shown = self.one, self.trace.shown
        placed = _placed(self.marks, [each.event for each in passed])
        events = [self._event(each, placed.get(at, ())) for at, each in enumerate(passed[:MOST_EVENTS])]
        if len(passed) > MOST_EVENTS:
            more = counted(len(passed) - MOST_EVENTS, "more event")
            last = Event(passed[MOST_EVENTS].event.t_ns, Side.REQUESTOR, (), "...", f"{more}; trace.pcap has them")
            events.append({**self._event(Exchange(last, None, receiver_seen=False), ()), "sender": ""})
        end = one.end
        return {
            "requestor": shown(one.requestor),
            "acceptor": shown(one.acceptor),
            "subject": shown(self.trace.subject) if self.trace.subject in one.parties else "",
            "end": str(replace(end, by=shown(end.by)) if end.by else end),
            "marks": self._shown(placed.get(NOWHERE, ())),
            "events": events,
        }

    def _event(self, passed: Exchange, marks: Iterable[Mark]) -> dict[str, Any]:
        event = passed.event
        found: dict[str, Any] = {"t_ms": self._ms(event), "sender": self._name(event.side), **_described(event)}
        if passed.sent is None:
            found["sent"] = False if passed.sender_seen else None
        found["received"] = self._received(passed)
        found["marks"] = self._shown(marks)
        return found

    def _received(self, passed: Exchange) -> dict[str, Any] | bool | None:
        received = passed.received
        if received is None:
            return False if passed.is_lost else None
        found: dict[str, Any] = {"t_ms": self._ms(received)}
        if passed.is_changed:
            found |= {**_described(received), "differences": list(passed.differences)}
        return found

    def _shown(self, marks: Iterable[Mark]) -> list[dict[str, str]]:
        unique = dict.fromkeys((mark.by, mark.rule, mark.clause, mark.level, mark.text) for mark in marks)
        names = ("rule", "clause", "level", "text")
        return [
            {"by": self._name(by), **dict(zip(names, rest, strict=True))} for by, *rest in list(unique)[:MOST_MARKS]
        ]

    def _name(self, side: Side) -> str:
        return self.trace.shown(self.one.name(side))

    def _ms(self, event: Event) -> float:
        return round((event.t_ns - self.begin_ns) / 1e6, 3)


def _described(event: Event) -> dict[str, Any]:
    return {
        "name": event.name,
        "summary": event.summary,
        "detail": list(event.detail),
        "violations": list(event.violations),
    }


def _placed(marks: Iterable[Mark], events: Sequence[Event]) -> dict[int, list[Mark]]:
    """Give the marks by the number of the event at which they stand, or `NOWHERE`.

    A PDU and the message that it completes stand at one place: the name of the mark decides, else it is the message.
    """
    at: dict[tuple[Side, int], list[int]] = {}
    ends: dict[Side, int] = {}
    for number, event in enumerate(events):
        if event.place is not None:
            at.setdefault((event.side, event.place), []).append(number)
        elif event.ends_tcp:
            ends.setdefault(event.side, number)
    placed: dict[int, list[Mark]] = {}
    for mark in marks:
        here = [ends[mark.by]] if mark.at_end and mark.by in ends else at.get(mark.at, []) if mark.at else []
        named = [number for number in here if events[number].name == mark.name]
        placed.setdefault((named or here or [NOWHERE])[-1], []).append(mark)
    return placed
