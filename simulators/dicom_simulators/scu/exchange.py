"""One request with many responses: when it is cancelled, how long late responses are waited for, what came of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from dicom_simulators.association import Arguments, Outcome, of_end, of_status, outcome
from dicom_simulators.scu.conversation import Reply
from dicom_simulators.scu.delivery import Held
from dicom_simulators.scu.observer import Observer
from dicom_wire import Message

MOST_KEPT = 10_000
"""Matches, statuses and counts that an outcome holds; what comes beyond is counted, no more."""

AT_ONCE = "at_once"


@dataclass(frozen=True, slots=True)
class Patience:
    """When a request is cancelled, and how long late responses are waited for.

    Attributes
    ----------
    cancel_after : int or None
        Pending responses after which a C-CANCEL-RQ is sent; 0 = right after the request, None = never.
    linger_s : float
        How long the association is read after the final response, in seconds.
    """

    cancel_after: int | None = None
    linger_s: float = 0.0


def read_patience(arguments: Arguments) -> Patience:
    """Read `cancel` and `linger_s`.

    Raises
    ------
    ValueError
    """
    linger_s = arguments.seconds("linger_s", 0.0)
    given = arguments.raw("cancel")
    if given is None:
        return Patience(None, linger_s)
    if given == AT_ONCE:
        return Patience(0, linger_s)
    if not isinstance(given, Mapping):
        raise arguments.wrong("cancel", f"expected {AT_ONCE} or {{after: N}}, not {given!r}")
    inner = Arguments(given, "cancel.")
    after = inner.number("after")
    inner.finish()
    return Patience(after, linger_s)


@dataclass(slots=True)
class Exchanged:
    """What came of a request.

    Attributes
    ----------
    pending : list of Reply
        The first `MOST_KEPT` of the pending responses.
    statuses : list of int
        Of all responses up to the final one, `MOST_KEPT` at most.
    """

    final: Reply | None = None
    pending: list[Reply] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    pending_count: int = 0
    after_final: int = 0
    notes: tuple[str, ...] = ()
    end: Outcome | None = None

    @property
    def final_status(self) -> int | None:
        """The status of the final response."""
        return None if self.final is None else self.final.status

    def outcome(self, operation: str) -> Outcome:
        """Give what the outcomes of all such operations have."""
        if self.final is not None:
            base = outcome(operation, "", of_status(self.final.status), self.final.status, self._comment())
        else:
            base = {**outcome(operation, "", "connection_lost"), **(self.end or {})}
        return {
            **base,
            "statuses": [f"{status:04X}" for status in self.statuses],
            "after_final": self.after_final,
            "noted": list(self.notes),
        }

    def _comment(self) -> str:
        comment = None if self.final is None else self.final.message.command.text("ErrorComment")
        return (comment or "").strip(" \0")


def exchange(held: Held, message: Message, patience: Patience) -> Exchanged:
    """Send a request on an association that observes; take its responses, cancel it when that is due."""
    observer = observer_of(held)
    before = len(observer.notes)
    done = Exchanged()
    conversation = observer.converse(message)
    if patience.cancel_after == 0:
        observer.cancel(message)
    for reply in observer.replies(conversation):
        if len(done.statuses) < MOST_KEPT:
            done.statuses.append(reply.status)
        if conversation.has_final and reply.status not in (0xFF00, 0xFF01):
            done.final = reply
            continue
        done.pending_count += 1
        if len(done.pending) < MOST_KEPT:
            done.pending.append(reply)
        if patience.cancel_after and done.pending_count == patience.cancel_after:
            observer.cancel(message)
    if done.final is not None and patience.linger_s:
        conversation.wait_after_final(time.monotonic() + patience.linger_s)
    done.after_final = conversation.after_final
    observer.forget(conversation)
    done.notes = observer.notes[before:]
    done.end = None if observer.ended is None else of_end(observer.ended)
    return done


def observer_of(held: Held) -> Observer:
    """Give the requestor of an association that observes."""
    if not isinstance(held.requestor, Observer):
        raise TypeError("this association does not observe")
    return held.requestor
