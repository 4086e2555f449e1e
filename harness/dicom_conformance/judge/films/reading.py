"""The films and events of a trace, in order."""

from __future__ import annotations

from dicom_conformance.judge.films.printed import Event, PrintedFilm
from dicom_conformance.judge.films.tree import Tree
from dicom_conformance.trace import Trace


def films(trace: Trace, requestor: str | None = None, acceptor: str | None = None) -> list[PrintedFilm]:
    """Give the films that were asked for, association by association, in the order of their N-ACTION-RQs."""
    found: list[PrintedFilm] = []
    for conversation in trace.select(requestor, acceptor):
        found += Tree(conversation, len(found) + 1).films()
    return found


def events(trace: Trace, requestor: str | None = None, acceptor: str | None = None) -> list[Event]:
    """Give what printers reported about themselves and their jobs, by time."""
    found = [event for one in trace.select(requestor, acceptor) for event in Tree(one).events]
    return sorted(found, key=lambda event: event.t_ns)
