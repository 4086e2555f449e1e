"""The recorder of a relay: it tells what passes once it has passed, and keeps nothing.

Invariants: the relay's thread of a connection is never held up by who reads the lines; a capture or a trace that
cannot be written is given up with a note, and the relay goes on. What all connections together keep of what is not
complete is bounded by `MOST_HELD_BYTES`; a connection beyond it is passed on and no longer looked into.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TextIO

from dicom_conformance.files import counted
from dicom_conformance.judge import Breach
from dicom_conformance.relay.line import Line, line_of_change, lines_of
from dicom_conformance.relay.sent_on import SentOn
from dicom_conformance.relay.watch import Encrypted, Event, Overlong, Passed, Watch
from dicom_conformance.results import Level
from dicom_conformance.trace import SeenPDU
from dicom_wire import Connection, Kind, Recorder, Side
from dicom_wire.capture import PcapngWriter
from dicom_wire.pdu import AAbort, AAssociateAC, AAssociateRJ, AAssociateRQ, AReleaseRP

MOST_HELD_BYTES = 256 << 20
MOST_BREACHES = 1000
"""Of one connection; a flood of them is cut."""

Tell = Callable[[Line], None]


@dataclass(frozen=True, slots=True)
class _Unseen:
    """What was taken and is not looked into yet; `written` is what the relay sent on, or an end that it made."""

    t_ns: int
    kind: Kind
    sender: Side
    raw: bytes
    written: bool


@dataclass(slots=True)
class _OpenConnection:
    """A connection that is open at the moment."""

    watch: Watch
    number: int
    opened_ns: int
    held_bytes: int = 0
    is_dropped: bool = False
    is_judged: bool = True
    breaches: int = 0
    titles: str = ""
    end: str = ""
    ends: set[tuple[Kind, Side]] = field(default_factory=set)
    sent_bytes: Counter[Side] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)
    unseen: list[_Unseen] = field(default_factory=list)
    sent_on: SentOn | None = None


class Witness(Recorder):
    """Tells what passes.

    Parameters
    ----------
    tell : callable
        Takes each line, from the thread of any connection.
    judge : bool
        Whether the standing rules are applied.
    capture : PcapngWriter, optional
        Where every packet goes.
    trace : TextIO, optional
        Where each line goes as JSON, none left out.
    faults : bool
        Whether faults may change what passes: what is sent on is then compared with what came in.

    Attributes
    ----------
    associations, shall, should : int
        How many associations were seen to their end, and how many breaches of each level there were.
    not_judged : int
        How many connections were not looked into, or not to their end, though they were to be judged.
    failures : list of str
        Which files could not be written, and why.
    """

    def __init__(
        self,
        tell: Tell,
        judge: bool = False,
        capture: PcapngWriter | None = None,
        trace: TextIO | None = None,
        faults: bool = False,
    ) -> None:
        super().__init__()
        self._tell = tell
        self._judge = judge
        self._compares = faults
        self._capture = capture
        self._trace = trace
        self._open_connections: dict[int, _OpenConnection] = {}
        self._opened = 0
        self._held_bytes = 0
        self._offset_ns = time.time_ns() - time.monotonic_ns()
        self._writing = threading.Lock()
        self.associations = self.shall = self.should = self.not_judged = 0
        self.failures: list[str] = []

    def open(
        self,
        observer: str,
        requestor: str,
        acceptor: str,
        requestor_endpoint: tuple[str, int],
        acceptor_endpoint: tuple[str, int],
        relay_endpoints: tuple[tuple[str, int], tuple[str, int]] | None = None,
    ) -> int:
        """Begin to watch a connection."""
        t_ns = time.monotonic_ns()
        with self._changed:
            self._opened += 1
            number = self._opened
            connection = Connection(number, observer, requestor, acceptor, requestor_endpoint, acceptor_endpoint)
            open_one = _OpenConnection(Watch(connection, self._judge or self._compares), number, t_ns)
            open_one.sent_on = SentOn(connection) if self._compares else None
            self._open_connections[number] = open_one
        ends = _of_one_version(requestor_endpoint, acceptor_endpoint, relay_endpoints)
        self._into_capture(lambda capture: capture.open(number, *ends, t_ns + self._offset_ns))
        words = " -> ".join(f"{host}:{port}" for host, port in (requestor_endpoint, acceptor_endpoint))
        facts = (("requestor", list(requestor_endpoint)), ("acceptor", list(acceptor_endpoint)))
        self._say(Line(t_ns + self._offset_ns, number, "connection", words, None, facts))
        return number

    def saw(
        self,
        connection: int,
        kind: Kind,
        sender: Side,
        data: bytes | bytearray | memoryview = b"",
        written: bool = False,
    ) -> None:
        """Take what was seen; what the relay sends on counts only where faults may have changed it.

        It is looked into when the relay has passed it on, so that neither system waits for that.
        """
        open_one = self._open_connections.get(connection)
        if open_one is None or (kind, sender) in open_one.ends:
            return
        if written and kind is Kind.DATA and open_one.sent_on is None:
            return
        if kind is not Kind.DATA:
            open_one.ends.add((kind, sender))
        open_one.unseen.append(_Unseen(time.monotonic_ns(), kind, sender, bytes(data), written))
        if kind is not Kind.DATA:
            self.passed_on(connection)

    def passed_on(self, connection: int) -> None:
        """Look into what was taken, and tell it."""
        open_one = self._open_connections.get(connection)
        if open_one is None:
            return
        unseen, open_one.unseen = open_one.unseen, []
        for one in unseen:
            if one.written and one.kind is Kind.DATA:
                self._compare(open_one, one)
            else:
                self._look_into(open_one, one)

    def _look_into(self, open_one: _OpenConnection, one: _Unseen) -> None:
        t_ns, number = one.t_ns + self._offset_ns, open_one.number
        self._into_capture(lambda capture: capture.write(number, t_ns, one.kind, one.sender, one.raw))
        if open_one.is_dropped:
            return
        if one.kind is Kind.DATA:
            open_one.sent_bytes[one.sender] += len(one.raw)
            self._tell_all(open_one, open_one.watch.take(one.sender, one.t_ns, one.raw))
            self._hold(open_one, one.t_ns)
        elif one.kind is not Kind.OPENED:
            how = {Kind.FIN: "closed", Kind.RST: "reset", Kind.REFUSED: "refused"}[one.kind]
            is_made = one.written and open_one.sent_on is not None
            open_one.end = open_one.end or (f"{how} by a fault" if is_made else how)
            self._tell_all(open_one, open_one.watch.end(one.sender, one.t_ns, one.kind))

    def _compare(self, open_one: _OpenConnection, one: _Unseen) -> None:
        """Tell what faults did to what the relay sent on."""
        if open_one.sent_on is None or open_one.is_dropped:
            return
        for change in open_one.sent_on.sent(one.sender, one.t_ns, one.raw):
            self._say(line_of_change(change, open_one.number, one.t_ns + self._offset_ns))
        self._hold(open_one, one.t_ns)

    def closed(self, connection: int) -> None:
        """Tell in one line how an association went, and forget it."""
        self.passed_on(connection)
        self._tell_kept_back(connection)
        with self._changed:
            open_one = self._open_connections.pop(connection, None)
        if open_one is None:
            return
        with self._writing:
            self._held_bytes -= open_one.held_bytes
            self.associations += 1
            self.not_judged += self._judge and not open_one.is_judged
        self._into_capture(lambda capture: capture.close(connection))
        self._say(_summary(open_one, time.monotonic_ns(), self._offset_ns))

    def _tell_kept_back(self, connection: int) -> None:
        open_one = self._open_connections.get(connection)
        if open_one is None or open_one.sent_on is None or open_one.is_dropped:
            return
        for change in open_one.sent_on.kept_back():
            self._say(line_of_change(change, connection, time.monotonic_ns() + self._offset_ns))

    def _tell_all(self, open_one: _OpenConnection, events: Iterator[Event]) -> None:
        for event in events:
            _note(open_one, event)
            if open_one.sent_on is not None:
                open_one.sent_on.came(event)
            if isinstance(event, Breach) and not self._judge:
                continue
            for line in lines_of(event, open_one.number, event.t_ns + self._offset_ns):
                if line.event != "breach":
                    self._say(line)
                    continue
                open_one.breaches += 1
                if open_one.breaches <= MOST_BREACHES:
                    self._count_breach(dict(line.facts)["level"])
                    self._say(line)

    def _count_breach(self, level: object) -> None:
        with self._writing:
            if level == Level.SHALL:
                self.shall += 1
            else:
                self.should += 1

    def _hold(self, open_one: _OpenConnection, t_ns: int) -> None:
        """Count what is kept; drop a connection with which it would be too much."""
        with self._writing:
            sent_on = open_one.sent_on
            held_bytes = open_one.watch.held_bytes + (0 if sent_on is None else sent_on.held_bytes)
            self._held_bytes += held_bytes - open_one.held_bytes
            open_one.held_bytes = held_bytes
            is_too_much = self._held_bytes > MOST_HELD_BYTES
            if is_too_much:
                self._held_bytes -= open_one.held_bytes
                open_one.held_bytes, open_one.is_dropped, open_one.is_judged = 0, True, False
                open_one.watch, open_one.sent_on = Watch(open_one.watch.connection), None
        if is_too_much:
            text = "too much is not complete on all connections; this one is passed on and no longer looked into"
            self._say(Line(t_ns + self._offset_ns, open_one.number, "note", text, None, (("text", text),)))

    def _say(self, line: Line) -> None:
        self._tell(line)
        if self._trace is None:
            return
        with self._writing:
            if self._trace is not None:
                try:
                    self._trace.write(line.json + "\n")
                except OSError as error:
                    self._trace = None
                    self.failures.append(f"the trace cannot be written: {error.strerror or error}")

    def _into_capture(self, write: Callable[[PcapngWriter], None]) -> None:
        if self._capture is None:
            return
        with self._writing:
            if self._capture is not None:
                try:
                    write(self._capture)
                except OSError as error:
                    self._capture = None
                    self.failures.append(f"the capture cannot be written: {error.strerror or error}")


_Endpoint = tuple[str, int]


def _of_one_version(
    requestor: _Endpoint, acceptor: _Endpoint, relay: tuple[_Endpoint, _Endpoint] | None
) -> tuple[_Endpoint, _Endpoint]:
    """Give the ends of the connection that a capture shows: both of IPv4 or both of IPv6."""
    if relay is not None and (":" in requestor[0]) is not (":" in acceptor[0]):
        return requestor, relay[0]
    return requestor, acceptor


def _note(open_one: _OpenConnection, event: Event) -> None:
    """Remember what the line of the whole association says."""
    if isinstance(event, Overlong | Encrypted):
        open_one.is_judged = False
    elif isinstance(event, Passed):
        name = event.message.name
        if name in open_one.messages or len(open_one.messages) < MOST_BREACHES:
            open_one.messages[name] += 1
    elif isinstance(event, SeenPDU):
        match event.pdu:
            case AAssociateRQ() if not open_one.titles:
                open_one.titles = f"{event.pdu.calling_ae_title} with {event.pdu.called_ae_title}"
            case AAssociateRJ():
                open_one.end = open_one.end or f"rejected ({event.pdu.result}/{event.pdu.source}/{event.pdu.reason})"
            case AAbort():
                open_one.end = open_one.end or f"aborted by the {event.side.value}"
            case AReleaseRP():
                open_one.end = open_one.end or "released"
            case AAssociateAC():
                pass


def _summary(open_one: _OpenConnection, t_ns: int, offset_ns: int) -> Line:
    seconds = (t_ns - open_one.opened_ns) / 1e9
    messages = ", ".join(f"{count} {name}" for name, count in open_one.messages.items()) or "no message"
    sent, answered = (open_one.sent_bytes[side] for side in Side)
    end = open_one.end or "ended by the relay"
    breaches = f", {counted(open_one.breaches, 'breach')}" if open_one.breaches else ""
    other = "connection in TLS" if open_one.watch.is_encrypted else "connection without an association"
    who = f"association of {open_one.titles}" if open_one.titles else other
    text = f"{who}: {end} after {seconds:.3f} s, {messages}, {sent:,} bytes >, {answered:,} bytes <{breaches}"
    facts = (
        ("titles", open_one.titles),
        ("how", end),
        ("elapsed_s", round(seconds, 6)),
        ("messages", dict(open_one.messages)),
        ("bytes", {side.value: open_one.sent_bytes[side] for side in Side}),
        ("breaches", open_one.breaches),
    )
    return Line(t_ns + offset_ns, open_one.number, "association", text, None, facts)
