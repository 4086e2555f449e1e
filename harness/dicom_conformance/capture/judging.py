"""A capture judged by the standing rules: the same judging as a relay's, on what was recorded before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dicom_conformance.capture.reading import OBSERVER, Captured
from dicom_conformance.relay import Line, Watch, lines_of
from dicom_conformance.results import Level
from dicom_wire.capture import Connection, Kind

EXIT_PASSED, EXIT_FAILED, EXIT_NOT_JUDGED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class JudgedCapture:
    """What was found in a capture.

    Parameters
    ----------
    judged, shall, should : int
        How many conversations were judged, and how many breaches of each level there are.
    not_judged : tuple of Captured
        The connections that could not be judged, each with its reason.
    """

    lines: tuple[Line, ...]
    judged: int
    shall: int
    should: int
    not_judged: tuple[Captured, ...]

    @property
    def exit_status(self) -> int:
        """2 where something, or everything, could not be judged; else 1 where a requirement was broken; else 0."""
        if self.not_judged or not self.judged:
            return EXIT_NOT_JUDGED
        return EXIT_FAILED if self.shall else EXIT_PASSED


def judge_capture(found: Iterable[Captured], with_messages: bool = False) -> JudgedCapture:
    """Judge every conversation of a capture.

    Parameters
    ----------
    with_messages : bool
        Whether every PDU and message gets a line, and not only what is broken.
    """
    lines: list[Line] = []
    not_judged: list[Captured] = []
    judged = shall = should = 0
    for one in found:
        if one.why_not:
            not_judged.append(one)
            continue
        judged += 1
        lines.append(Line(one.stream.segments[0].t_ns, one.number, "connection", one.ends))
        for line in _lines(one):
            if line.event == "breach":
                is_shall = dict(line.facts)["level"] == Level.SHALL
                shall, should = shall + is_shall, should + (not is_shall)
            elif line.event == "note":
                not_judged.append(Captured(one.number, one.stream, line.text))
            elif not with_messages:
                continue
            lines.append(line)
    return JudgedCapture(tuple(lines), judged, shall, should, tuple(not_judged))


def _lines(one: Captured) -> Iterator[Line]:
    stream = one.stream
    ends = (stream.requestor_endpoint, stream.acceptor_endpoint)
    watch = Watch(Connection(one.number, OBSERVER, "requestor", "acceptor", *ends), judge=True)
    for segment in stream.segments:
        if segment.kind is Kind.DATA:
            events = watch.take(segment.sender, segment.t_ns, bytes(segment.data))
        elif segment.kind is not Kind.OPENED:
            events = watch.end(segment.sender, segment.t_ns, segment.kind)
        else:
            continue
        for event in events:
            yield from lines_of(event, one.number, event.t_ns)
