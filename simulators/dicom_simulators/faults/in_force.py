"""The faults in force at one simulator: added, cleared, and asked at each moment; safe to use from every thread.

Each fault keeps a count of its own, which starts when it comes in force, so that "the second C-STORE-RQ" means the
second from then on, over all associations. A fault that is addressed to a SOP Class neither sees nor counts the
messages of another.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from dicom_simulators.faults.moment import Action, Fault, Moment, When


class InForce:
    """The faults in force, in the order in which they were added."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._faults: list[tuple[Fault, Counter[tuple[When, str]]]] = []
        self._acted: list[tuple[Fault, int]] = []
        for fault in faults:
            self.add(fault)

    def add(self, fault: Fault) -> None:
        """Bring a fault in force."""
        with self._lock:
            self._faults.append((fault, Counter()))

    def clear(self) -> None:
        """Lift every fault."""
        with self._lock:
            self._faults.clear()

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
        return bool(self._faults)

    def actions(self, moment: Moment) -> list[Action]:
        """Ask every fault in turn; return what they want done, in order."""
        if not self._faults:
            return []
        wanted: list[Action] = []
        with self._lock:
            for fault, counts in self._faults:
                addressee = getattr(fault, "sop_class", None)
                if addressee is not None and addressee != moment.sop_class:
                    continue
                key = (moment.when, moment.name)
                counts[key] += 1
                action = fault.at(replace(moment, occurrence=counts[key]))
                if action is not None:
                    wanted.append(action)
                    if not any(acted is fault for acted, _ in self._acted):
                        self._acted.append((fault, time.monotonic_ns()))
        return wanted
