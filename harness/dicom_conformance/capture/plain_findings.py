"""A judged capture as the plain data of its page: findings, and a timeline for each conversation.

Invariants: every finding counts, shown or not; a timeline that would be too long keeps its beginning and every event
that shows a finding, and says how many it leaves out.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from dicom_conformance.capture.judging import JudgedCapture
from dicom_conformance.capture.reading import Captured
from dicom_conformance.relay import Line
from dicom_conformance.results import CaptureConversation, CaptureEvent, CaptureFinding, CaptureRun, Level
from dicom_wire import Side
from dicom_wire.wording import printable

MOST_EVENTS = 400
"""Events of one conversation that are kept, besides those that show a finding."""
MOST_EVENTS_OF_ALL = 20_000
MOST_FINDINGS = 2_000


def findings_of_capture(path: Path, streams: Sequence[Captured], found: JudgedCapture) -> CaptureRun:
    """Gather what was found.

    Parameters
    ----------
    path : Path
        Of the capture.
    streams : sequence of Captured
        Its connections, in the order of the file.
    found : JudgedCapture
        Judged with messages.
    """
    by_connection: dict[int, list[Line]] = {}
    for line in found.lines:
        by_connection.setdefault(line.connection, []).append(line)
    reasons = {one.number: one.why_not for one in found.not_judged}
    conversations: list[CaptureConversation] = []
    findings: list[CaptureFinding] = []
    left = MOST_EVENTS_OF_ALL
    for one in streams:
        lines = by_connection.get(one.number, [])
        shown = list(_findings(one.number, lines))[: MOST_FINDINGS - len(findings)]
        findings += shown
        conversation = _conversation(one, lines, reasons.get(one.number, ""), shown, min(left, MOST_EVENTS))
        left -= len(conversation.events)
        conversations.append(conversation)
    return CaptureRun(
        capture=printable(str(path)),
        start=datetime.now(UTC).isoformat(timespec="seconds"),
        judged=found.judged,
        shall=found.shall,
        should=found.should,
        exit_status=found.exit_status,
        conversations=tuple(conversations),
        findings=tuple(findings),
        findings_left_out=found.shall + found.should - len(findings),
        versions={"Python": platform.python_version(), "dicom-conformance": metadata.version("dicom-conformance")},
    )


def _findings(number: int, lines: Sequence[Line]) -> Iterator[CaptureFinding]:
    """Yield the findings of a connection, each with the last event of that name and side, which shows it."""
    latest: dict[tuple[str, Side | None], int] = {}
    events = 0
    for line in lines:
        facts = dict(line.facts)
        if line.event == "breach":
            yield _finding(number, line, facts, latest.get((str(facts["message"]), line.side)))
        elif _is_event(line):
            latest[_name(line, facts), line.side] = events
            events += 1


def _finding(number: int, line: Line, facts: Mapping[str, Any], event: int | None) -> CaptureFinding:
    return CaptureFinding(
        rule=facts["rule"],
        clause=facts["clause"],
        level=Level(facts["level"]),
        side=line.side.value if line.side is not None else "",
        message=printable(facts["message"]),
        text=printable(facts["text"]),
        pdu=facts["pdu"],
        conversation=number,
        event=event,
    )


def _is_event(line: Line) -> bool:
    return line.event not in ("breach", "connection")


def _name(line: Line, facts: Mapping[str, Any]) -> str:
    return "TCP" if line.event == "end" else str(facts.get("message") or facts.get("pdu") or "")


def _conversation(
    one: Captured, lines: Sequence[Line], why_not: str, findings: Sequence[CaptureFinding], most: int
) -> CaptureConversation:
    segments = one.stream.segments
    start_ns = segments[0].t_ns if segments else 0
    end_ns = segments[-1].t_ns if segments else start_ns
    marked = {finding.event for finding in findings}
    events = [line for line in lines if _is_event(line)]
    kept = [number for number in range(len(events)) if number < most or number in marked]
    return CaptureConversation(
        number=one.number,
        requestor=_place(one.stream.requestor_endpoint),
        acceptor=_place(one.stream.acceptor_endpoint),
        titles=_titles(events),
        start=datetime.fromtimestamp(start_ns / 1e9, UTC).isoformat(timespec="milliseconds"),
        elapsed_s=round((end_ns - start_ns) / 1e9, 6),
        why_not=why_not,
        events=tuple(_event(number, events[number], start_ns) for number in kept),
        left_out=len(events) - len(kept),
    )


def _place(endpoint: tuple[str, int]) -> str:
    host, port = endpoint
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _titles(events: Sequence[Line]) -> str:
    for line in events:
        facts = dict(line.facts)
        if facts.get("pdu") == "A-ASSOCIATE-RQ":
            return printable(f"{facts['calling_ae_title']} calls {facts['called_ae_title']}")
    return ""


def _event(number: int, line: Line, start_ns: int) -> CaptureEvent:
    facts = dict(line.facts)
    name = _name(line, facts)
    side = line.side.value if line.side is not None and line.event != "note" else ""
    text = printable(line.text).strip()
    event = CaptureEvent(
        number, round((line.t_ns - start_ns) / 1e6, 3), side, name, text.removeprefix(name).lstrip(", ")
    )
    return replace(event, detail=tuple(_detail(facts)))


def _detail(facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a reader may want to see besides: every element of a command, every proposed context."""
    for keyword, value in (facts.get("command") or {}).items():
        yield printable(f"{keyword} {value}")
    for context in facts.get("contexts") or ():
        syntaxes = ", ".join(context["transfer_syntaxes"])
        yield printable(f"context {context['context_id']} {context['abstract_syntax']}: {syntaxes}")
