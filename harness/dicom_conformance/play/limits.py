"""The limits of a foreign subject: how many associations it gets at once, and how many requests a second.

Whatever leads to the subject asks here first: the links of a case (a `Turns` before each connection, a `Pace` at each
request that passes), and what the harness sends itself (`Limiter.request`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from dicom_conformance.scenario import Do
from dicom_simulators.faults import Action, DelayAction, Moment, When

_NOT_PACED = ("C-CANCEL-RQ",)


@dataclass(slots=True)
class Limiter:
    """The limits of one subject; None is no limit. Safe to use from every thread.

    Parameters
    ----------
    associations : int or None
        Associations at once.
    requests_per_s : float or None
        DIMSE requests, and association requests of the harness itself, a second.
    """

    associations: int | None = None
    requests_per_s: float | None = None
    turns: threading.Semaphore | None = field(init=False, default=None)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)
    _next_s: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        if self.associations is not None:
            self.turns = threading.Semaphore(self.associations)

    @property
    def limits(self) -> bool:
        """Whether there is a limit at all."""
        return self.associations is not None or self.requests_per_s is not None

    @property
    def faults(self) -> tuple[Pace, ...]:
        """What a link towards the subject has in force from its start."""
        return () if self.requests_per_s is None else (Pace(self),)

    def withholds(self, steps: Iterable[object], subject: str) -> str:
        """Say why a case must not be played, which holds more associations open at once than the subject may get."""
        if self.associations is None:
            return ""
        most = associations_at_once(steps, subject)
        if most <= self.associations:
            return ""
        allowed = f"`limits:` of the subject file allows {self.associations}"
        return f"withheld: it opens {most} associations at once, and {allowed}"

    def request(self) -> None:
        """Wait until one more request may be sent."""
        wait_s = self.reserve()
        if wait_s > 0:
            threading.Event().wait(wait_s)

    def reserve(self) -> float:
        """Take the next moment at which a request may be sent; gives how far off it is, in seconds."""
        if self.requests_per_s is None:
            return 0.0
        with self._lock:
            now_s = time.monotonic()
            at_s = max(self._next_s, now_s)
            self._next_s = at_s + 1 / self.requests_per_s
        return at_s - now_s


@dataclass(frozen=True, slots=True)
class Pace:
    """Holds up each DIMSE request that passes a link until it may be sent."""

    limiter: Limiter

    def at(self, moment: Moment) -> Action | None:
        """Wait at a request; C-CANCEL-RQ, which is about the moment, goes at once."""
        is_request = moment.when is When.RECEIVED and moment.message is not None and moment.name.endswith("-RQ")
        if not is_request or moment.name in _NOT_PACED:
            return None
        wait_s = self.limiter.reserve()
        return DelayAction(wait_s) if wait_s > 0 else None


def associations_at_once(steps: Iterable[object], subject: str) -> int:
    """Count the associations that our peers have open to the subject at the same time, at most.

    Parameters
    ----------
    steps : iterable
        The bound steps of a case, in their order.
    subject : str
        How they name the subject.
    """
    held: dict[tuple[str, str], int] = {}
    most = 0
    for step in steps:
        if not isinstance(step, Do) or step.peer != subject:
            continue
        name = step.arguments.get("association")
        if step.operation in ("release", "abort"):
            held = {key: count for key, count in held.items() if not (key[0] == step.ae and name in (None, key[1]))}
        elif step.operation == "associate" and step.arguments.get("hold") == "true":
            held[step.ae, name or ""] = int(step.arguments.get("count", 1))
        elif name is None:
            most = max(most, sum(held.values()) + 1)
        most = max(most, sum(held.values()))
    return most
