"""What was seen of one connection, event by event, in words: PDUs, DIMSE messages, what is incomplete, ends of TCP.

Invariants: each event bears a key that is the same for the same bytes, so that what one side sent can be found among
what the other side received, even where a relay cut a message anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from pydicom.datadict import keyword_for_tag

from dicom_conformance.files import counted
from dicom_conformance.trace.conversation import Conversation, SeenMessage, SeenPDU
from dicom_conformance.trace.encoding import Element, elements
from dicom_wire.capture import Kind, Side
from dicom_wire.command import CommandSet
from dicom_wire.command_values import Value
from dicom_wire.dimse import PDU_HEADER_BYTES, Unfinished
from dicom_wire.items import UserInformation
from dicom_wire.pdu import AAssociateAC, AAssociateRQ, PDataTF
from dicom_wire.violations import Violation

MOST_ELEMENTS = 60
MOST_VALUE_BYTES = 64
BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN", "SQ", "US", "SS", "UL", "SL", "FL", "FD", "AT"})
INCOMPLETE = "incomplete"
TCP = "TCP "
"""What the names of the ends of TCP begin with."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was seen of one side.

    Parameters
    ----------
    t_ns : int
        When its last byte was seen.
    side : Side
        Whose it is.
    key : tuple
        The same for the same bytes.
    place : int or None
        Which PDU of its side completes it, counted from 0; None for the end of TCP and for a part of a PDU.
    """

    t_ns: int
    side: Side
    key: tuple[object, ...]
    name: str
    summary: str = ""
    detail: tuple[str, ...] = ()
    violations: tuple[str, ...] = ()
    place: int | None = None

    @property
    def ends_tcp(self) -> bool:
        """Whether it is a FIN, a RST, or a connection that was refused."""
        return self.name.startswith(TCP)


def events(one: Conversation) -> list[Event]:
    """Give what was seen of one connection in the order in which it was complete, whatever the clock's resolution."""
    found = [*_whole(one), *_incomplete(one), *_tcp_ends(one)]
    found.sort(key=_time)
    return found


def _time(event: Event) -> int:
    return event.t_ns


def _whole(one: Conversation) -> Iterator[Event]:
    """Yield each PDU, and in place of the P-DATA-TF PDUs of a message the message, where the last of them came."""
    completed: dict[int, list[SeenMessage]] = {}
    for message in one.messages:
        completed.setdefault(message.pdu, []).append(message)
    loose = one.loose_fragments()
    places: Counter[Side] = Counter()
    for number, seen in enumerate(one.pdus):
        place = places[seen.side]
        places[seen.side] += 1
        wrong = loose.get(number, ())
        if not isinstance(seen.pdu, PDataTF) or seen.violations or number in loose:
            yield _pdu_event(seen, place, wrong)
        for message in completed.get(number, ()):
            yield _message_event(message, place)


def _incomplete(one: Conversation) -> Iterator[Event]:
    """Yield what each side began and did not complete: a message of which fragments are missing, a part of a PDU."""
    for side in Side:
        begun = one.unfinished(side)
        if begun is not None:
            number, unfinished = begun
            place = sum(1 for seen in one.pdus[:number] if seen.side is side)
            yield _unfinished_event(one.pdus[number], unfinished, place)
        left = one.pending(side)
        if left:
            yield _partial_event(one, side, left)


def _unfinished_event(last: SeenPDU, unfinished: Unfinished, place: int) -> Event:
    command = unfinished.command
    came = counted(unfinished.gathered_bytes, "byte")
    detail = [f"context {unfinished.context_id}"]
    name = f"{INCOMPLETE} message"
    text = f"its last fragment did not come; {came} of a command set did"
    if command is not None:
        name = f"{INCOMPLETE} {command.message}"
        status = command.number("Status")
        parts = [] if status is None else [f"status {status:04X}"]
        text = ", ".join((*parts, f"the last fragment of its data set did not come; {came} of it did"))
        detail += _command(command)
    key = (name, unfinished.gathered_bytes, *detail)
    return Event(last.t_ns, last.side, key, name, text, tuple(detail), (), place)


def _partial_event(one: Conversation, side: Side, left: bytes) -> Event:
    text = f"{counted(len(left), 'byte')} of a PDU header"
    if len(left) >= PDU_HEADER_BYTES:
        total = PDU_HEADER_BYTES + int.from_bytes(left[2:PDU_HEADER_BYTES], "big")
        text = f"{len(left)} of the {total} bytes of a PDU of type {left[0]:02X}H; the rest did not come"
    name = f"{INCOMPLETE} PDU"
    return Event(one.last_data_ns(side), side, (name, left), name, text, (left[:MOST_VALUE_BYTES].hex(" "),))


def _tcp_ends(one: Conversation) -> Iterator[Event]:
    """Yield how each side ended TCP, once; of what a relay passed on, that of the side that began it."""
    known: set[tuple[Kind, Side]] = set()
    for each in one.view.sightings:
        if each.kind not in (Kind.FIN, Kind.RST, Kind.REFUSED) or (one.view.by_relay and each.written):
            continue
        if (each.kind, each.sender) not in known:
            known.add((each.kind, each.sender))
            name = f"{TCP}{each.kind.name}"
            yield Event(each.t_ns, each.sender, (name,), name)


def _pdu_event(seen: SeenPDU, place: int, further: tuple[Violation, ...]) -> Event:
    violations = _violations((*seen.violations, *further))
    key = (seen.name, seen.raw)
    return Event(seen.t_ns, seen.side, key, seen.name, _summary(seen), tuple(_detail(seen)), violations, place)


def _violations(found: Iterable[Violation]) -> tuple[str, ...]:
    return tuple(f"{one.name} at offset {one.offset} ({one.clause})" for one in found)


def _summary(seen: SeenPDU) -> str:
    pdu = seen.pdu
    if isinstance(pdu, AAssociateRQ):
        count = len(pdu.presentation_contexts)
        return (
            f"{pdu.calling_ae_title} calls {pdu.called_ae_title}, {counted(count, 'context')}, {seen.size_bytes} bytes"
        )
    if isinstance(pdu, AAssociateAC):
        accepted = sum(1 for item in pdu.presentation_contexts if item.result == 0)
        count = len(pdu.presentation_contexts)
        return f"{accepted} of {counted(count, 'context')} accepted, {seen.size_bytes} bytes"
    parts = [f"{name} {getattr(pdu, name)}" for name in ("result", "source", "reason") if hasattr(pdu, name)]
    return ", ".join((*parts, f"{seen.size_bytes} bytes"))


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


def _message_event(message: SeenMessage, place: int) -> Event:
    status = message.status
    parts = [f"status {status:04X}"] if status is not None else []
    if message.data_set is not None:
        parts.append(f"data set of {len(message.data_set)} bytes")
    context = f"context {message.context_id}: {message.abstract_syntax} in {message.transfer_syntax}"
    command = _command(message.command)
    detail = (context, *command, *_data_set(message))
    key = (message.name, message.context_id, *command, message.data_set)
    violations = _violations(message.violations)
    return Event(message.t_ns, message.side, key, message.name, ", ".join(parts), detail, violations, place)


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
