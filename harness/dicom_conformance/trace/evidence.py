"""Evidence: what a case leaves behind for people: a capture, and the wire timeline of both sides, decoded.

`trace.pcap` is for a packet analyser; `expected.png`, `actual.png` and `difference.png` are what was displayed;
`timeline.json` is a list of conversations, each with its events in order:
`t_ms` from the case's beginning, `sender`, `name`, a `summary`, `detail` as lines, `violations` as lines.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from pydicom.datadict import keyword_for_tag

from dicom_conformance.files import counted, write_whole, writing
from dicom_conformance.trace.conversation import Conversation, SeenMessage, SeenPDU
from dicom_conformance.trace.encoding import Element, elements
from dicom_conformance.trace.redaction import Redaction
from dicom_conformance.trace.trace import Trace
from dicom_wire.capture import Kind, Side, pcap, streams_of
from dicom_wire.command import CommandSet
from dicom_wire.command_values import Value
from dicom_wire.dimse import PDU_HEADER_BYTES, Unfinished
from dicom_wire.items import UserInformation
from dicom_wire.pdu import AAssociateAC, AAssociateRQ, PDataTF
from dicom_wire.violations import Violation

MOST_EVENTS = 400
MOST_ELEMENTS = 60
MOST_VALUE_BYTES = 64
BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN", "SQ", "US", "SS", "UL", "SL", "FL", "FD", "AT"})
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
) -> None:
    """Write the evidence of a case, redacted if so asked; `further` are texts and pictures by file name."""
    folder.mkdir(parents=True, exist_ok=True)
    judged = [one.view.connection for one in trace.conversations]
    streams = streams_of(judged, trace.recorder.sightings)
    if redaction is not None:
        streams = redaction.streams(trace.conversations, streams)
    capture = folder / "trace.pcap"
    with writing(capture, sum(len(one.data) for one in trace.recorder.sightings)):
        pcap.write(capture, streams, time.time_ns() - time.monotonic_ns())
    if with_timeline:
        shown = timeline(trace, begin_ns)
        if redaction is not None:
            shown = _redacted(shown, redaction)
        text = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
        write_whole(folder / "timeline.json", text)
    for name, content in further.items():
        masked = redaction.text(content) if redaction is not None and isinstance(content, str) else content
        write_whole(folder / name, masked)


def _redacted(shown: list[dict[str, Any]], redaction: Redaction) -> list[dict[str, Any]]:
    """Redact the events of a timeline: their summaries, and the values in their details."""
    for one in shown:
        for event in one["events"]:
            event["summary"] = redaction.text(event["summary"])
            event["detail"] = [redaction.line(line) for line in event["detail"]]
    return shown


def timeline(trace: Trace, begin_ns: int) -> list[dict[str, Any]]:
    """Give the conversations of a case as plain data."""
    return [
        {
            "requestor": trace.shown(one.requestor),
            "acceptor": trace.shown(one.acceptor),
            "end": str(one.end),
            "events": [{**event, "sender": trace.shown(event["sender"])} for event in _events(one, begin_ns)],
        }
        for one in trace.conversations
    ]


def lines(trace: Trace, begin_ns: int, most: int = 60) -> list[str]:
    """Give the timeline as lines of text, for a terminal."""
    found = []
    for one in timeline(trace, begin_ns):
        found.append(f"{one['requestor']} -> {one['acceptor']}: {one['end']}")
        for event in one["events"]:
            found.append(f"  {event['t_ms']:9.2f} ms  {event['sender']:>12}  {event['name']}  {event['summary']}")
            found.extend(f"               ! {text}" for text in event["violations"])
    return found if len(found) <= most else [*found[:most], f"... {len(found) - most} more lines"]


def _events(one: Conversation, begin_ns: int) -> list[dict[str, Any]]:
    """Give what was seen of one connection in the order in which it was complete, whatever the clock's resolution."""
    timed = [*_whole(one, begin_ns), *_incomplete(one, begin_ns), *_tcp_ends(one, begin_ns)]
    timed.sort(key=_time)
    events = [event for _, event in timed[:MOST_EVENTS]]
    if len(timed) > MOST_EVENTS:
        more = counted(len(timed) - MOST_EVENTS, "more event")
        events.append(_event(timed[MOST_EVENTS][0], begin_ns, "", "...", f"{more}; trace.pcap has them"))
    return events


_Timed = tuple[int, dict[str, Any]]


def _time(timed: _Timed) -> int:
    return timed[0]


def _whole(one: Conversation, begin_ns: int) -> Iterator[_Timed]:
    """Yield each PDU, and in place of the P-DATA-TF PDUs of a message the message, where the last of them came."""
    completed: dict[int, list[SeenMessage]] = {}
    for message in one.messages:
        completed.setdefault(message.pdu, []).append(message)
    loose = one.loose_fragments()
    for number, seen in enumerate(one.pdus):
        wrong = loose.get(number, ())
        if not isinstance(seen.pdu, PDataTF) or seen.violations or number in loose:
            yield seen.t_ns, _pdu_event(seen, begin_ns, wrong)
        for message in completed.get(number, ()):
            yield message.t_ns, _message_event(message, begin_ns)


def _incomplete(one: Conversation, begin_ns: int) -> Iterator[_Timed]:
    """Yield what each side began and did not complete: a message of which fragments are missing, a part of a PDU."""
    for side in Side:
        begun = one.unfinished(side)
        if begun is not None:
            number, unfinished = begun
            yield one.pdus[number].t_ns, _unfinished_event(one.pdus[number], unfinished, begin_ns)
        left = one.pending(side)
        if left:
            yield one.last_data_ns(side), _partial_event(one, side, left, begin_ns)


def _unfinished_event(last: SeenPDU, unfinished: Unfinished, begin_ns: int) -> dict[str, Any]:
    command = unfinished.command
    came = counted(unfinished.gathered_bytes, "byte")
    if command is None:
        text = f"its last fragment did not come; {came} of a command set did"
        event = _event(last.t_ns, begin_ns, last.sender, "incomplete message", text)
    else:
        status = command.number("Status")
        parts = [] if status is None else [f"status {status:04X}"]
        text = ", ".join((*parts, f"the last fragment of its data set did not come; {came} of it did"))
        event = _event(last.t_ns, begin_ns, last.sender, f"incomplete {command.message}", text)
        event["detail"] = _command(command)
    event["detail"].insert(0, f"context {unfinished.context_id}")
    return event


def _partial_event(one: Conversation, side: Side, left: bytes, begin_ns: int) -> dict[str, Any]:
    text = f"{counted(len(left), 'byte')} of a PDU header"
    if len(left) >= PDU_HEADER_BYTES:
        total = PDU_HEADER_BYTES + int.from_bytes(left[2:PDU_HEADER_BYTES], "big")
        text = f"{len(left)} of the {total} bytes of a PDU of type {left[0]:02X}H; the rest did not come"
    event = _event(one.last_data_ns(side), begin_ns, one.name(side), "incomplete PDU", text)
    event["detail"] = [left[:MOST_VALUE_BYTES].hex(" ")]
    return event


def _tcp_ends(one: Conversation, begin_ns: int) -> Iterator[_Timed]:
    for sighting in one.view.sightings:
        if sighting.kind in (Kind.FIN, Kind.RST, Kind.REFUSED) and not sighting.written:
            sender = one.name(sighting.sender)
            yield sighting.t_ns, _event(sighting.t_ns, begin_ns, sender, f"TCP {sighting.kind.name}", "")


def _event(t_ns: int, begin_ns: int, sender: str, name: str, summary: str) -> dict[str, Any]:
    t_ms = round((t_ns - begin_ns) / 1e6, 3)
    return {"t_ms": t_ms, "sender": sender, "name": name, "summary": summary, "detail": [], "violations": []}


def _pdu_event(seen: SeenPDU, begin_ns: int, further: tuple[Violation, ...]) -> dict[str, Any]:
    event = _event(seen.t_ns, begin_ns, seen.sender, seen.name, _summary(seen))
    event["detail"] = _detail(seen)
    event["violations"] = _violations((*seen.violations, *further))
    return event


def _violations(found: Iterable[Violation]) -> list[str]:
    return [f"{one.name} at offset {one.offset} ({one.clause})" for one in found]


def _summary(seen: SeenPDU) -> str:
    pdu = seen.pdu
    if isinstance(pdu, AAssociateRQ):
        count = len(pdu.presentation_contexts)
        return f"{pdu.calling_ae_title} calls {pdu.called_ae_title}, {counted(count, 'context')}, {len(seen.raw)} bytes"
    if isinstance(pdu, AAssociateAC):
        accepted = sum(1 for item in pdu.presentation_contexts if item.result == 0)
        count = len(pdu.presentation_contexts)
        return f"{accepted} of {counted(count, 'context')} accepted, {len(seen.raw)} bytes"
    parts = [f"{name} {getattr(pdu, name)}" for name in ("result", "source", "reason") if hasattr(pdu, name)]
    return ", ".join((*parts, f"{len(seen.raw)} bytes"))


def _detail(seen: SeenPDU) -> list[str]:
    pdu = seen.pdu
    if isinstance(pdu, AAssociateRQ | AAssociateAC):
        found: list[str] = []
        for item in pdu.items:
            parts = item.sub_items if isinstance(item, UserInformation) else (item,)
            found.extend(_item(part) for part in parts)
        return found
    if isinstance(pdu, PDataTF):
        return [
            f"PDV context {pdv.context_id} {'command' if pdv.is_command else 'data'}"
            f"{' last' if pdv.is_last else ''}, {len(pdv.data)} bytes"
            for pdv in pdu.pdvs
        ]
    return []


def _item(item: Any) -> str:
    """Write an item as its name and fields, leaving out what is as usual."""
    parts = []
    for field in fields(item):
        value = getattr(item, field.name)
        if field.name == "length" or field.name.startswith(("reserved", "sub_items")) or value in (None, "", b""):
            continue
        shown = ", ".join(map(str, value)) if isinstance(value, tuple) else value
        parts.append(f"{field.name} {shown.hex(' ') if isinstance(shown, bytes) else shown}")
    return f"{getattr(item, 'NAME', type(item).__name__)}: {'; '.join(parts)}"


def _message_event(message: SeenMessage, begin_ns: int) -> dict[str, Any]:
    status = message.status
    parts = [f"status {status:04X}"] if status is not None else []
    if message.data_set is not None:
        parts.append(f"data set of {len(message.data_set)} bytes")
    event = _event(message.t_ns, begin_ns, message.sender, message.name, ", ".join(parts))
    event["detail"] = [f"context {message.context_id}: {message.abstract_syntax} in {message.transfer_syntax}"]
    event["detail"] += _command(message.command)
    event["detail"] += _data_set(message)
    event["violations"] = _violations(message.violations)
    return event


def _command(command: CommandSet) -> list[str]:
    """Write every element of a command set as it came: unknown ones by their tag, repeated ones each."""
    return [f"{element.keyword} = {_value(element.keyword, element.value)}" for element in command.elements]


def _data_set(message: SeenMessage) -> list[str]:
    """Write the elements of a data set as they are in its bytes, only the first ones where there are many."""
    if message.data_set is None or message.transfer_syntax is None:
        return []
    found, fault = elements(message.data_set, message.transfer_syntax)
    lines = ["data set:", *(_element(element) for element in found[:MOST_ELEMENTS])]
    if len(found) > MOST_ELEMENTS:
        lines.append(f"  ... {len(found) - MOST_ELEMENTS} more elements")
    return [*lines, *([f"  ! {fault}"] if fault is not None else [])]


def _element(element: Element) -> str:
    name = keyword_for_tag(element.tag) or "?"
    value = bytes(element.value[:MOST_VALUE_BYTES])
    text = value.rstrip(b"\x00 ").decode("latin-1")
    shown = text if text.isprintable() and element.vr not in BINARY else value.hex(" ")
    more = f" ... {len(element.value)} bytes" if len(element.value) > MOST_VALUE_BYTES else ""
    return f"  ({element.tag >> 16:04X},{element.tag & 0xFFFF:04X}) {element.vr or ''} {name} = {shown}{more}"


def _value(keyword: str, value: Value) -> str:
    if keyword in ("Status", "CommandField", "CommandDataSetType") and isinstance(value, int):
        return f"{value:04X}"
    return value.hex(" ") if isinstance(value, bytes) else str(value)
