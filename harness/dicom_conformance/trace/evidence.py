"""Evidence: what a case leaves behind for people: a capture, and the wire timeline of both sides, decoded.

`trace.pcap` is for a packet analyser; `expected.png`, `actual.png` and `difference.png` are what was displayed;
`timeline.json` is what `timeline` gives.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dicom_conformance.files import write_whole, writing
from dicom_conformance.trace.marks import Mark
from dicom_conformance.trace.redaction import Redaction
from dicom_conformance.trace.timeline import timeline
from dicom_conformance.trace.trace import Trace
from dicom_wire.capture import pcap, streams_of

_NAME_BYTES = 120


def folder_name(case_id: str) -> str:
    """Make a folder's name of a case's id: unique, and fit for any file system."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", case_id).strip("_.")
    if plain == case_id and len(plain) <= _NAME_BYTES:
        return plain
    return f"{plain[:_NAME_BYTES]}-{hashlib.sha256(case_id.encode()).hexdigest()[:8]}"


def write(
    folder: Path,
    trace: Trace,
    begin_ns: int,
    with_timeline: bool,
    further: Mapping[str, str | bytes],
    redaction: Redaction | None = None,
    marks: Sequence[Mark] = (),
) -> None:
    """Write the evidence of a case, redacted if so asked; `further` are texts and pictures by file name."""
    folder.mkdir(parents=True, exist_ok=True)
    judged = [one.view.connection for one in trace.conversations]
    streams = streams_of(judged, trace.recorder.sightings)
    if redaction is not None:
        streams = redaction.streams(trace.conversations, streams)
    capture = folder / "trace.pcap"
    with writing(capture, sum(one.size_bytes for one in trace.recorder.sightings)):
        pcap.write(capture, streams, time.time_ns() - time.monotonic_ns())
    if with_timeline:
        shown = timeline(trace, begin_ns, marks)
        if redaction is not None:
            shown = _redacted(shown, redaction)
        text = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
        write_whole(folder / "timeline.json", text)
    for name, content in further.items():
        masked = redaction.text(content) if redaction is not None and isinstance(content, str) else content
        write_whole(folder / name, masked)


def _redacted(shown: list[dict[str, Any]], redaction: Redaction) -> list[dict[str, Any]]:
    """Redact a timeline: the summaries of its events, the values in their details, and the texts of its marks."""
    for one in shown:
        for mark in (*one["marks"], *(mark for event in one["events"] for mark in event["marks"])):
            mark["text"] = redaction.text(mark["text"])
        for event in _as_sent_and_received(one["events"]):
            event["summary"] = redaction.text(event["summary"])
            event["detail"] = [redaction.line(line) for line in event["detail"]]
            if "differences" in event:
                event["differences"] = [line[:2] + _redacted_line(line[2:], redaction) for line in event["differences"]]
    return shown


def _as_sent_and_received(events: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield each event, and what arrived of it where that is something else."""
    for event in events:
        yield event
        received = event["received"]
        if isinstance(received, dict) and "name" in received:
            yield received


def _redacted_line(line: str, redaction: Redaction) -> str:
    """Redact a line of a difference, which has lost the blanks before an element."""
    return redaction.line(f"  {line}").removeprefix("  ")
