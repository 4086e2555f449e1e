"""Films read off the wire: who requested them, what they hold, and how they ended.

Invariants: only the bytes of the associations count, never what a simulator or the subject remembers.
Reading never raises, whatever they contain.

References
----------
PS3.4 Annex H, PS3.3 C.13.
"""

from __future__ import annotations

from harness.films.printed import Event, PrintedFilm, PrintedImage
from harness.films.tree import Tree
from harness.trace import Trace

__all__ = ["Event", "PrintedFilm", "PrintedImage", "events", "films"]


def films(trace: Trace, requestor: str | None = None, acceptor: str | None = None) -> list[PrintedFilm]:
    """Give the requested films, association by association, in the order of their N-ACTION-RQs."""
    found: list[PrintedFilm] = []
    for conversation in trace.select(requestor, acceptor):
        found += Tree(conversation, len(found) + 1).films()
    return found


def events(trace: Trace, requestor: str | None = None, acceptor: str | None = None) -> list[Event]:
    """Give what printers reported about themselves and their jobs, by time."""
    found = [event for one in trace.select(requestor, acceptor) for event in Tree(one).events]
    return sorted(found, key=lambda event: event.t_ns)
