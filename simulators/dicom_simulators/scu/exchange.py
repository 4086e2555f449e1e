"""One request with many responses: when it is cancelled, how long late responses are waited for, what came of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from dicom_simulators.association import Arguments, Outcome, is_followed, of_status, outcome
from dicom_simulators.scu.conversation import Reply
from dicom_simulators.scu.delivery import Held, cut_short
from dicom_simulators.scu.observer import Observer
from dicom_wire import Message

MOST_KEPT = 10_000
"""Matches, statuses and counts that an outcome holds; what comes beyond is counted, no more."""

MOST_KEPT_BYTES = 1 << 24
"""The data sets of responses that an outcome holds, together."""

AT_ONCE = "at_once"


@dataclass(frozen=True, slots=True)
class Patience:
    """When a request is cancelled, and how long late responses are waited for.

    Attributes
    ----------
    cancel_after : int or None
        Pending responses after which a C-CANCEL-RQ is sent; 0 = with the request, None = never.
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
        The first `MOST_KEPT` of the pending responses, as long as their data sets are within `MOST_KEPT_BYTES`.
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
    _kept_bytes: int = 0

    def take_pending(self, reply: Reply) -> None:
        """Count a pending response, and keep it if there is room."""
        self.pending_count += 1
        size_bytes = len(reply.message.data_set or b"")
        if len(self.pending) < MOST_KEPT and self._kept_bytes + size_bytes <= MOST_KEPT_BYTES:
            self._kept_bytes += size_bytes
            self.pending.append(reply)

    @property
    def final_status(self) -> int | None:
        """The status of the final response."""
        return None if self.final is None else self.final.status

    def outcome(self, operation: str) -> Outcome:
        """Give what the outcomes of all such operations have."""
        if self.final is not None:
            base = outcome(operation, "", of_status(self.final.status), self.final.status, self._comment())
        else:
            base = {**outcome(operation, "", "connection_lost"), **(self.end or {}), "operation": operation}
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
    conversation = observer.converse(message, is_cancelled=patience.cancel_after == 0)
    for reply in observer.replies(conversation):
        if len(done.statuses) < MOST_KEPT:
            done.statuses.append(reply.status)
        if not is_followed(conversation.name, reply.status):
            done.final = reply
            continue
        done.take_pending(reply)
        if patience.cancel_after and done.pending_count == patience.cancel_after:
            observer.cancel(message)
    if done.final is not None and patience.linger_s:
        conversation.wait_after_final(time.monotonic() + patience.linger_s)
    done.after_final = conversation.after_final
    observer.forget(conversation)
    done.notes = observer.notes[before:]
    done.end = cut_short(observer, "") if done.final is None else None
    return done


def observer_of(held: Held) -> Observer:
    """Give the requestor of an association that observes."""
    if not isinstance(held.requestor, Observer):
        raise TypeError("this association does not observe")
    return held.requestor
