"""The faults in force at one simulator: added, cleared, and asked at each moment; safe to use from every thread.

Each fault keeps a count of its own, which starts when it comes in force, so that "the second C-STORE-RQ" means the
second from then on, over all associations. A fault that is addressed to a SOP Class or a sender neither sees nor
counts the messages of another.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from dicom_simulators.faults.moment import Action, Fault, Moment, RefuseAction, When

_LISTENING = Moment(When.LISTEN, "listen")


@dataclass(slots=True)
class _Entry:
    number: int
    fault: Fault
    seen: Counter[tuple[When, str]] = field(default_factory=Counter)
    acted: int = 0


@dataclass(frozen=True, slots=True)
class Active:
    """One fault in force: the number by which it is lifted, and how often it has had an effect."""

    number: int
    fault: Fault
    acted: int


class InForce:
    """The faults in force, in the order in which they were added."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._entries: list[_Entry] = []
        self._added = 0
        self._acted: list[tuple[Fault, int]] = []
        self._watchers: list[Callable[[], None]] = []
        for fault in faults:
            self.add(fault)

    def add(self, fault: Fault) -> int:
        """Bring a fault in force; gives its number, from 1."""
        with self._lock:
            self._added += 1
            self._entries.append(_Entry(self._added, fault))
            number = self._added
        self._changed()
        return number

    def clear(self) -> None:
        """Lift every fault."""
        with self._lock:
            self._entries.clear()
        self._changed()

    def lift(self, unwanted: Callable[[Active], bool]) -> tuple[Active, ...]:
        """Lift those faults for which this is true; gives them."""
        with self._lock:
            lifted = [entry for entry in self._entries if unwanted(_active(entry))]
            self._entries = [entry for entry in self._entries if entry not in lifted]
        self._changed()
        return tuple(_active(entry) for entry in lifted)

    def watch(self, watcher: Callable[[], None]) -> None:
        """Have this called whenever a fault comes in force or is lifted, by the thread that does it."""
        self._watchers.append(watcher)

    def _changed(self) -> None:
        for watcher in self._watchers:
            watcher()

    def active(self) -> tuple[Active, ...]:
        """Give the faults in force, in their order."""
        with self._lock:
            return tuple(_active(entry) for entry in self._entries)

    def has_acted(self, fault: Fault) -> bool:
        """Whether this fault has had anything done, in force still or not."""
        with self._lock:
            return any(acted is fault for acted, _ in self._acted)

    def acted_ns(self, fault: Fault) -> int | None:
        """When this fault first had anything done, on the clock of `time.monotonic_ns`; None if it never had."""
        with self._lock:
            return next((t_ns for acted, t_ns in self._acted if acted is fault), None)

    @property
    def any(self) -> bool:
        """Whether there is a fault at all (so that a driver in a hurry need not ask)."""
        return bool(self._entries)

    @property
    def refuses(self) -> bool:
        """Whether connections are refused now."""
        with self._lock:
            refusing = [entry for entry in self._entries if isinstance(entry.fault.at(_LISTENING), RefuseAction)]
            for entry in refusing:
                if not entry.acted:
                    self._has_acted(entry)
        return bool(refusing)

    @property
    def rewrites(self) -> bool:
        """Whether a fault in force changes what passes, and has to see it whole."""
        return any(getattr(entry.fault, "REWRITES", False) for entry in self._entries)

    def actions(self, moment: Moment) -> list[Action]:
        """Ask every fault in turn; return what they want done, in order."""
        if not self._entries:
            return []
        wanted: list[Action] = []
        with self._lock:
            for entry in self._entries:
                fault = entry.fault
                if not _is_addressed(fault, moment):
                    continue
                key = (moment.when, moment.name)
                entry.seen[key] += 1
                at_most = getattr(fault, "at_most", None)
                if at_most is not None and entry.acted >= at_most:
                    continue
                action = fault.at(replace(moment, occurrence=entry.seen[key]))
                if action is not None:
                    wanted.append(action)
                    self._has_acted(entry)
        return wanted

    def _has_acted(self, entry: _Entry) -> None:
        entry.acted += 1
        if not any(acted is entry.fault for acted, _ in self._acted):
            self._acted.append((entry.fault, time.monotonic_ns()))


def _active(entry: _Entry) -> Active:
    return Active(entry.number, entry.fault, entry.acted)


def _is_addressed(fault: Fault, moment: Moment) -> bool:
    """Tell whether a moment is about what a fault is addressed to."""
    sop_class, sender = getattr(fault, "sop_class", None), getattr(fault, "sender", None)
    if sop_class is not None and sop_class != moment.sop_class:
        return False
    return sender is None or sender == moment.sender
