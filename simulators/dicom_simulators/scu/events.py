"""The N-EVENT-REPORTs that came, on whichever association, for the operations that wait for them (PS3.7 10.1.1)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dicom_simulators.association import Context
from dicom_simulators.encoding import DataSetError, decode_attributes
from dicom_wire import Message

MOST_EVENTS = 1000
MOST_BYTES = 1 << 24
"""The data sets of events that are read, together."""

SAME, NEW = "same", "new"


@dataclass(frozen=True, slots=True)
class Event:
    """One N-EVENT-REPORT-RQ.

    Attributes
    ----------
    type : int or None
        Event Type ID.
    attributes : mapping
        Keyword to value, as `encoding.decode_attributes` gives them.
    unreadable : str
        Why its data set cannot be read, where that is so.
    on : object or None
        The requestor on whose association it came; None = on one that the peer opened.
    """

    sop_class: str
    instance: str
    type: int | None
    attributes: Mapping[str, object]
    unreadable: str = ""
    on: object = None
    size_bytes: int = 0


def read_event(message: Message, context: Context, on: object = None) -> Event:
    """Read an N-EVENT-REPORT-RQ."""
    command = message.command
    attributes: Mapping[str, object] = {}
    unreadable = ""
    try:
        if len(message.data_set or b"") > MOST_BYTES:
            raise DataSetError(f"its data set has more than {MOST_BYTES:,} bytes")
        attributes = decode_attributes(bytes(message.data_set or b""), context.transfer_syntax)
    except DataSetError as error:
        unreadable = str(error)
    return Event(
        (command.text("AffectedSOPClassUID") or "").strip(" \0"),
        (command.text("AffectedSOPInstanceUID") or "").strip(" \0"),
        command.number("EventTypeID"),
        attributes,
        unreadable,
        on,
        len(message.data_set or b""),
    )


class Events:
    """What was reported, oldest first; safe for several threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._events: list[Event] = []
        self._bytes = 0

    @property
    def count(self) -> int:
        """How many came."""
        with self._changed:
            return len(self._events)

    def add(self, event: Event) -> None:
        """Take note of an event; beyond `MOST_EVENTS` and `MOST_BYTES`, of none."""
        with self._changed:
            self._bytes += event.size_bytes
            if len(self._events) < MOST_EVENTS and self._bytes <= MOST_BYTES:
                self._events.append(event)
            self._changed.notify_all()

    def since(self, begin: int) -> list[Event]:
        """Give the events from a number on."""
        with self._changed:
            return self._events[begin:]

    def wait(self, begin: int, wanted: Callable[[list[Event]], bool], wait_s: float) -> list[Event]:
        """Wait until the events from a number on are what is wanted, or the time is over; give them."""
        until = time.monotonic() + wait_s
        with self._changed:
            self._changed.wait_for(lambda: wanted(self._events[begin:]), max(until - time.monotonic(), 0.0))
            return self._events[begin:]

    def wake(self) -> None:
        """Have those who wait look again."""
        with self._changed:
            self._changed.notify_all()
