"""What is told of a connection, line by line: as text for people, and as JSON for programs.

Invariants: a line has no control characters, whatever a peer sent; its JSON has the same facts under stable names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from pydicom.uid import UID

from dicom_conformance.files import counted
from dicom_conformance.judge import Breach
from dicom_conformance.relay.sent_on import CHANGED, DROPPED, MADE, Change
from dicom_conformance.relay.watch import Encrypted, Ended, Event, Negotiated, Overlong, Passed
from dicom_conformance.trace import SeenMessage, SeenPDU
from dicom_wire import PresentationContextRQ, Side
from dicom_wire.command_values import Value
from dicom_wire.pdu import AAbort, AAssociateAC, AAssociateRJ, AAssociateRQ
from dicom_wire.wording import printable

RESULTS = {
    0: "accepted",
    1: "refused by the user",
    2: "refused without a reason",
    3: "refused: abstract syntax not supported",
    4: "refused: transfer syntaxes not supported",
}
"""The results of PS3.8 Table 9-18 in words."""
_ARROWS = {Side.REQUESTOR: ">", Side.ACCEPTOR: "<"}
_KEPT = (
    *("MessageID", "MessageIDBeingRespondedTo", "AffectedSOPClassUID", "RequestedSOPClassUID"),
    *("AffectedSOPInstanceUID", "RequestedSOPInstanceUID", "Status", "MoveDestination", "ErrorComment"),
    *("NumberOfRemainingSuboperations", "NumberOfCompletedSuboperations"),
    *("NumberOfFailedSuboperations", "NumberOfWarningSuboperations", "EventTypeID", "ActionTypeID"),
)
"""Command elements that a line shows; the JSON of a message has them all."""
LONGEST_VALUE = 128
_MARKS = {"breach": "!", "sent_on": "~"}
_CHANGES = {
    CHANGED: "  sent on, changed by the fault",
    MADE: "  sent on, made by the fault",
    DROPPED: "  not sent on, because of the fault",
}

Facts = tuple[tuple[str, object], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was seen.

    Parameters
    ----------
    t_ns : int
        When, in nanoseconds since 1970.
    connection : int
        Its number, from 1.
    event : str
        ``connection``, ``pdu``, ``context``, ``message``, ``sent_on``, ``breach``, ``end`` or ``note``.
    side : Side or None
        Who did it.
    facts : tuple of (str, object)
        What the JSON has besides.
    """

    t_ns: int
    connection: int
    event: str
    text: str
    side: Side | None = None
    facts: Facts = field(default=())

    @property
    def line(self) -> str:
        """The line of text, local time first."""
        moment = datetime.fromtimestamp(self.t_ns / 1e9).strftime("%H:%M:%S.%f")[:-3]
        mark = _MARKS.get(self.event) or (" " if self.side is None else _ARROWS[self.side])
        return printable(f"{moment} {self.connection} {mark} {self.text}")

    @property
    def json(self) -> str:
        """The line of JSON."""
        moment = datetime.fromtimestamp(self.t_ns / 1e9).astimezone().isoformat(timespec="microseconds")
        said: dict[str, object] = {"time": moment, "connection": self.connection, "event": self.event}
        if self.side is not None:
            said["side"] = self.side.value
        return json.dumps(said | dict(self.facts))


def lines_of(event: Event, number: int, t_ns: int) -> Iterator[Line]:
    """Give the lines of an event.

    Parameters
    ----------
    number : int
        Of the connection, from 1.
    t_ns : int
        When, in nanoseconds since 1970.
    """
    match event:
        case SeenPDU():
            yield _pdu(event, number, t_ns)
        case Negotiated():
            yield from _contexts(event, number, t_ns)
        case Passed():
            yield _message(event, number, t_ns)
        case Breach():
            yield _breach(event, number, t_ns)
        case Overlong():
            text = f"a PDU of {event.length:,} bytes; it is not looked into, and nothing is judged from here on"
            yield Line(t_ns, number, "note", text, event.side, (("text", text),))
        case Encrypted():
            text = "it is in TLS, and passes through; it is not looked into, and nothing is judged"
            yield Line(t_ns, number, "note", text, event.side, (("text", text),))
        case Ended():
            yield Line(t_ns, number, "end", f"TCP {event.kind.name}", event.side, (("kind", event.kind.value),))


def line_of_change(change: Change, number: int, t_ns: int) -> Line:
    """Return the line of what a fault changed, made or kept back; `number` and `t_ns` as above."""
    event = change.event
    line = _pdu(event, number, t_ns) if isinstance(event, SeenPDU) else _message(event, number, t_ns)
    what = f" ({', '.join(change.what)})" if change.what else ""
    text = f"{_CHANGES[change.how]}{what}: {line.text}"
    facts = (("change", change.how), ("changed", list(change.what)), *line.facts)
    return Line(t_ns, number, "sent_on", text, line.side, facts)


def _contexts(negotiated: Negotiated, number: int, t_ns: int) -> Iterator[Line]:
    """Give a line for each presentation context of an association that was accepted."""
    for each in negotiated.contexts:
        result = "not answered" if each.result is None else RESULTS.get(each.result, f"result {each.result}")
        syntax = f": {name_of(each.transfer_syntax)}" if each.transfer_syntax else ""
        facts = (
            ("context_id", each.context_id),
            ("abstract_syntax", each.abstract_syntax),
            ("transfer_syntaxes", list(each.transfer_syntaxes)),
            ("result", each.result),
            ("transfer_syntax", each.transfer_syntax),
        )
        text = f"  context {each.context_id} {name_of(each.abstract_syntax)} {result}{syntax}"
        yield Line(t_ns, number, "context", text, None, facts)


def name_of(uid: str | None) -> str:
    """Give the name that PS3.6 has for a UID; the UID itself where it has none."""
    return UID(uid).name if uid else "?"


def _pdu(seen: SeenPDU, number: int, t_ns: int) -> Line:
    pdu = seen.pdu
    facts: list[tuple[str, object]] = [("pdu", seen.name), ("bytes", seen.size_bytes)]
    text = seen.name
    if isinstance(pdu, AAssociateRQ | AAssociateAC):
        titles = (("calling_ae_title", pdu.calling_ae_title), ("called_ae_title", pdu.called_ae_title))
        facts += [*titles, ("maximum_length", pdu.maximum_length)]
        facts += [("implementation_version_name", pdu.implementation_version_name)]
        if isinstance(pdu, AAssociateRQ):
            contexts = counted(len(pdu.presentation_contexts), "context")
            facts.append(("contexts", [_proposed(each) for each in pdu.presentation_contexts]))
            text += f" {pdu.calling_ae_title} calls {pdu.called_ae_title}: {contexts}"
        text += f", maximum length {pdu.maximum_length}, {pdu.implementation_version_name or 'no version name'}"
    elif isinstance(pdu, AAssociateRJ):
        facts += [("result", pdu.result), ("source", pdu.source), ("reason", pdu.reason)]
        text += f" result {pdu.result}, source {pdu.source}, reason {pdu.reason}"
    elif isinstance(pdu, AAbort):
        facts += [("source", pdu.source), ("reason", pdu.reason)]
        text += f" source {pdu.source}, reason {pdu.reason}"
    return Line(t_ns, number, "pdu", text, seen.side, tuple(facts))


def _proposed(context: PresentationContextRQ) -> dict[str, object]:
    return {
        "context_id": context.context_id,
        "abstract_syntax": context.abstract_syntax,
        "transfer_syntaxes": list(context.transfer_syntaxes),
    }


def _message(passed: Passed, number: int, t_ns: int) -> Line:
    seen = passed.message
    shown = [f"{label}{_value(keyword, seen)}" for keyword, label in _labels(seen)]
    length = [] if passed.data_set_bytes is None else [f"data set of {passed.data_set_bytes:,} bytes"]
    text = " ".join((seen.name, f"[{seen.context_id}]", ", ".join([*shown, *length])))
    command = {each.keyword: _plain(each.keyword, each.value) for each in seen.command.elements}
    facts = (
        ("message", seen.name),
        ("context_id", seen.context_id),
        ("command", command),
        ("data_set_bytes", passed.data_set_bytes),
    )
    return Line(t_ns, number, "message", text.rstrip(), seen.side, facts)


def _labels(seen: SeenMessage) -> Iterator[tuple[str, str]]:
    for keyword in _KEPT:
        if keyword in seen.command:
            if keyword.startswith("MessageID"):
                yield keyword, "#"
            elif keyword.startswith("NumberOf"):
                yield keyword, f"{keyword.removeprefix('NumberOf').removesuffix('Suboperations').lower()} "
            else:
                yield keyword, ""


def _value(keyword: str, seen: SeenMessage) -> str:
    value = seen.command.get(keyword)
    if keyword == "Status" and isinstance(value, int):
        return f"{value:04X}"
    text = str(value).strip(" \0")[:LONGEST_VALUE]
    return name_of(text) if keyword.endswith("SOPClassUID") else text


def _plain(keyword: str, value: Value) -> object:
    if keyword in ("Status", "CommandField", "CommandDataSetType") and isinstance(value, int):
        return f"{value:04X}"
    if isinstance(value, bytes):
        return value.hex(" ")
    return [f"{each:08X}" for each in value] if isinstance(value, tuple) else value


def _breach(found: Breach, number: int, t_ns: int) -> Line:
    """Give the line of what broke a rule: whose it is, in which message, and by which clause."""
    where = f"{found.side.value} {found.message}, PDU {found.pdu}"
    text = f"{where}: {found.rule} ({found.clause}, {found.level}): {found.text}"
    facts = (
        ("rule", found.rule),
        ("clause", found.clause),
        ("level", str(found.level)),
        ("message", found.message),
        ("pdu", found.pdu),
        ("text", found.text),
    )
    return Line(t_ns, number, "breach", text, found.side, facts)
