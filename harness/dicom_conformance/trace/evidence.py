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
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from pydicom.datadict import keyword_for_tag

from dicom_conformance.files import counted, write_whole, writing
from dicom_conformance.trace.conversation import Conversation, SeenMessage, SeenPDU
from dicom_conformance.trace.encoding import Element, elements
from dicom_conformance.trace.trace import Trace
from dicom_wire.capture import Kind, pcap, streams_of
from dicom_wire.items import UserInformation
from dicom_wire.pdu import AAssociateAC, AAssociateRQ, PDataTF

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


def write(folder: Path, trace: Trace, begin_ns: int, with_timeline: bool, further: Mapping[str, str | bytes]) -> None:
    """Write the evidence of a case; `further` are texts and pictures by file name."""
    folder.mkdir(parents=True, exist_ok=True)
    judged = [one.view.connection for one in trace.conversations]
    streams = streams_of(judged, trace.recorder.sightings)
    capture = folder / "trace.pcap"
    with writing(capture, sum(len(one.data) for one in trace.recorder.sightings)):
        pcap.write(capture, streams, time.time_ns() - time.monotonic_ns())
    if with_timeline:
        text = json.dumps(timeline(trace, begin_ns), ensure_ascii=False, separators=(",", ":"))
        write_whole(folder / "timeline.json", text)
    for name, content in further.items():
        write_whole(folder / name, content)


def timeline(trace: Trace, begin_ns: int) -> list[dict[str, Any]]:
    """Give the conversations of a case as plain data."""
    return [
        {
            "requestor": one.requestor,
            "acceptor": one.acceptor,
            "end": str(one.end),
            "events": _events(one, begin_ns),
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
    messages = {id(message): message for message in one.messages}
    events = [_pdu_event(seen, begin_ns) for seen in one.pdus if not isinstance(seen.pdu, PDataTF)]
    data = [seen for seen in one.pdus if isinstance(seen.pdu, PDataTF)]
    events += [_message_event(message, begin_ns) for message in messages.values()]
    events += [_pdu_event(seen, begin_ns) for seen in data if seen.violations or not one.messages]
    for sighting in one.view.sightings:
        if sighting.kind in (Kind.FIN, Kind.RST, Kind.REFUSED) and not sighting.written:
            events.append(_event(sighting.t_ns, begin_ns, one.name(sighting.sender), f"TCP {sighting.kind.name}", ""))
    events.sort(key=lambda event: float(event["t_ms"]))
    return events[:MOST_EVENTS]


def _event(t_ns: int, begin_ns: int, sender: str, name: str, summary: str) -> dict[str, Any]:
    t_ms = round((t_ns - begin_ns) / 1e6, 3)
    return {"t_ms": t_ms, "sender": sender, "name": name, "summary": summary, "detail": [], "violations": []}


def _pdu_event(seen: SeenPDU, begin_ns: int) -> dict[str, Any]:
    event = _event(seen.t_ns, begin_ns, seen.sender, seen.name, _summary(seen))
    event["detail"] = _detail(seen)
    event["violations"] = [f"{found.name} at offset {found.offset} ({found.clause})" for found in seen.violations]
    return event


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
    event["detail"] += [f"{keyword} = {_value(message, keyword)}" for keyword in message.command.keywords()]
    event["detail"] += _data_set(message)
    return event


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


def _value(message: SeenMessage, keyword: str) -> str:
    value = message.command.get(keyword)
    if keyword in ("Status", "CommandField", "CommandDataSetType") and isinstance(value, int):
        return f"{value:04X}"
    return value.hex(" ") if isinstance(value, bytes) else str(value)
