"""One TCP connection as it was seen: bytes, PDUs, DIMSE messages, presentation contexts, and how it ended.

A `Conversation` is the view of a connection that is judged. It grows as sightings arrive, and decodes each byte once,
when first asked. Times are those at which the last byte of a PDU or message was seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from dicom_conformance.trace.association_view import View
from dicom_conformance.trace.large_data_sets import LARGE_BYTES, LargeDataSets
from dicom_wire.capture import Kind, Side
from dicom_wire.codec import encode
from dicom_wire.command import CommandSet
from dicom_wire.dimse import PDU_HEADER_BYTES, PDV_HEADER_BYTES, Assembler, Message, Unfinished
from dicom_wire.pdu import PDU, AAbort, AAssociateAC, AAssociateRJ, AAssociateRQ, AReleaseRP, AReleaseRQ, PDataTF
from dicom_wire.stream import PDUStream
from dicom_wire.violations import Violation


@dataclass(frozen=True, slots=True)
class SeenPDU:
    """One PDU: `t_ns` when its last byte was seen, `sender` by its name in the scenario.

    `kept` are its bytes; None where `pdu`, encoded, is these bytes, and holds none of them a second time.
    """

    t_ns: int
    sender: str
    side: Side
    pdu: PDU
    kept: bytes | memoryview | None
    violations: tuple[Violation, ...]

    @property
    def raw(self) -> bytes:
        """Its bytes."""
        return encode(self.pdu) if self.kept is None else bytes(self.kept)

    @property
    def size_bytes(self) -> int:
        """How many bytes it has."""
        if self.kept is None and isinstance(self.pdu, PDataTF):
            return PDU_HEADER_BYTES + sum(PDV_HEADER_BYTES + len(each.data) for each in self.pdu.pdvs)
        return len(self.raw if self.kept is None else self.kept)

    @property
    def name(self) -> str:
        """The standard's name of the PDU ("P-DATA-TF")."""
        return self.pdu.NAME


@dataclass(frozen=True, slots=True)
class SeenMessage:
    """One DIMSE message, with the transfer syntax and abstract syntax of its presentation context.

    `violations` are what was wrong with its fragments and its command set; `pdu` counts the PDU of the conversation
    that completed it, from 0.
    """

    t_ns: int
    sender: str
    side: Side
    context_id: int
    command: CommandSet
    data_set: bytes | None
    transfer_syntax: str | None
    abstract_syntax: str | None
    violations: tuple[Violation, ...] = ()
    pdu: int = 0

    @property
    def name(self) -> str:
        """The standard's name of the message ("C-STORE-RQ")."""
        return self.command.message

    @property
    def status(self) -> int | None:
        """The value of Status (0000,0900), None where there is none."""
        value = self.command.get("Status")
        return value if isinstance(value, int) else None

    @property
    def is_request(self) -> bool:
        """Whether a response is owed: every request but C-CANCEL-RQ (PS3.7 9.3.2.3)."""
        return self.name.endswith("-RQ") and self.name != "C-CANCEL-RQ"

    @property
    def is_final_response(self) -> bool:
        """Whether this is a response with a status other than Pending."""
        return self.name.endswith("-RSP") and self.status not in (0xFF00, 0xFF01)


@dataclass(frozen=True, slots=True)
class Context:
    """One presentation context: what was proposed, and the answer (`result` None: none was given)."""

    context_id: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]
    result: int | None
    transfer_syntax: str | None


@dataclass(frozen=True, slots=True)
class End:
    """How a connection ended.

    `how` is `released`, `rejected`, `aborted`, `closed` (FIN without a release), `reset`, `refused` or `open`; `by` is
    the AE that brought it about; `result`, `source` and `reason` are those of the A-ASSOCIATE-RJ or A-ABORT.
    """

    how: str
    by: str | None = None
    t_ns: int | None = None
    result: int | None = None
    source: int | None = None
    reason: int | None = None

    def __str__(self) -> str:
        parts = [f"{name} {getattr(self, name)}" for name in ("result", "source", "reason")]
        parts = [text for text in parts if not text.endswith("None")]
        by = f" by {self.by}" if self.by else ""
        return f"{self.how}{by}" + (f" ({', '.join(parts)})" if parts else "")


class Conversation:
    """The view of one connection that is judged, decoded.

    Parameters
    ----------
    view : View
        What was seen.
    requestor, acceptor : str
        The AEs by their names in the scenario.
    large : LargeDataSets, optional
        The large data sets that are held already.
    """

    def __init__(self, view: View, requestor: str, acceptor: str, large: LargeDataSets | None = None) -> None:
        self.view = view
        self.requestor = requestor
        self.acceptor = acceptor
        self.number = view.connection.number
        self._taken = 0
        self._streams = {Side.REQUESTOR: PDUStream(), Side.ACCEPTOR: PDUStream()}
        join = (large or LargeDataSets()).join
        self._assemblers = {Side.REQUESTOR: Assembler(join=join), Side.ACCEPTOR: Assembler(join=join)}
        self._pdus: list[SeenPDU] = []
        self._assembled = 0
        self._messages: list[SeenMessage] = []
        self._fragments: dict[Side, list[int]] = {Side.REQUESTOR: [], Side.ACCEPTOR: []}
        self._loose: dict[int, tuple[Violation, ...]] = {}
        self._contexts: tuple[Context, ...] = ()
        self._context_pdus = 0
        self._answered = False

    def name(self, side: Side) -> str:
        """Name the AE on `side`."""
        return self.requestor if side is Side.REQUESTOR else self.acceptor

    def rename(self, requestor: str) -> None:
        """Give the requestor the name that its A-ASSOCIATE-RQ revealed."""
        was, self.requestor = self.requestor, requestor
        self._pdus[:] = [replace(seen, sender=requestor) if seen.sender == was else seen for seen in self._pdus]
        self._messages[:] = [replace(seen, sender=requestor) if seen.sender == was else seen for seen in self._messages]

    def side(self, ae: str) -> Side | None:
        """Tell the side of an AE, None where it takes no part."""
        if ae == self.requestor:
            return Side.REQUESTOR
        return Side.ACCEPTOR if ae == self.acceptor else None

    @property
    def parties(self) -> tuple[str, str]:
        """The two AEs, requestor first."""
        return self.requestor, self.acceptor

    @property
    def opened_ns(self) -> int | None:
        """When the connection was first seen."""
        return self.view.sightings[0].t_ns if self.view.sightings else None

    @property
    def pdus(self) -> list[SeenPDU]:
        """Every whole PDU so far, in the order in which they were complete."""
        sightings = self.view.sightings
        while self._taken < len(sightings):
            seen = sightings[self._taken]
            self._taken += 1
            if seen.kind is not Kind.DATA or (self.view.by_relay and seen.written):
                continue
            stream = self._streams[seen.sender]
            for received in (one for piece in seen.pieces for one in stream.feed(piece)):
                self._pdus.append(
                    SeenPDU(
                        seen.t_ns,
                        self.name(seen.sender),
                        seen.sender,
                        received.pdu,
                        received.raw,
                        received.violations,
                    )
                )
        return self._pdus

    def pending(self, side: Side) -> bytes:
        """Give the bytes of `side` that do not make a whole PDU yet."""
        assert self.pdus is not None
        return self._streams[side].pending

    def last_data_ns(self, side: Side) -> int:
        """Give when the last bytes of `side` were seen; 0 if there were none."""
        data = (seen for seen in self.view.sightings if seen.kind is Kind.DATA and seen.sender is side)
        return max((seen.t_ns for seen in data if not (self.view.by_relay and seen.written)), default=0)

    @property
    def messages(self) -> list[SeenMessage]:
        """Every whole DIMSE message so far, in the order in which they were complete."""
        pdus = self.pdus
        while self._assembled < len(pdus):
            seen = pdus[self._assembled]
            self._assembled += 1
            if not isinstance(seen.pdu, PDataTF):
                continue
            self._assemble(self._assembled - 1, seen, seen.pdu)
        return self._messages

    def _assemble(self, number: int, seen: SeenPDU, pdu: PDataTF) -> None:
        """Take the fragments of one P-DATA-TF; keep which PDUs are part of no complete message."""
        assembler, fragments = self._assemblers[seen.side], self._fragments[seen.side]
        known = len(assembler.violations)
        complete = assembler.feed(pdu)
        wrong = tuple(assembler.violations[known:])
        for message in complete:
            if message.data_set is not None and len(message.data_set) >= LARGE_BYTES:
                self._refer([*fragments, number], message.data_set)
            self._messages.append(self._seen_message(message, seen, number, wrong))
            wrong = ()
        if not complete and (wrong or not assembler.pending):
            self._loose.update(dict.fromkeys(fragments if not assembler.pending else (), ()))
            self._loose[number] = wrong
        if complete or not assembler.pending:
            fragments.clear()
        if assembler.pending:
            fragments.append(number)

    def _refer(self, numbers: list[int], data_set: bytes) -> None:
        """Have the fragments of a large data set be views of it, so that its bytes are held once."""
        view, at = memoryview(data_set), 0
        for number in numbers:
            seen = self._pdus[number]
            pdu = seen.pdu
            if not isinstance(pdu, PDataTF):
                continue
            pdvs = []
            for pdv in pdu.pdvs:
                size = 0 if pdv.is_command else len(pdv.data)
                is_there = size > 0 and data_set.startswith(pdv.data, at)
                pdvs.append(replace(pdv, data=view[at : at + size]) if is_there else pdv)
                at += size
            if not seen.violations:
                self._pdus[number] = replace(seen, pdu=replace(pdu, pdvs=tuple(pdvs)), kept=None)

    def _seen_message(
        self, message: Message, seen: SeenPDU, number: int, violations: tuple[Violation, ...]
    ) -> SeenMessage:
        context = self._context(message.context_id)
        return SeenMessage(
            seen.t_ns,
            seen.sender,
            seen.side,
            message.context_id,
            message.command,
            message.data_set,
            context.transfer_syntax if context else None,
            context.abstract_syntax if context else None,
            violations,
            number,
        )

    def loose_fragments(self) -> dict[int, tuple[Violation, ...]]:
        """Give the P-DATA-TF PDUs that became part of no message, by their number from 0, and what was wrong."""
        assert self.messages is not None
        return dict(self._loose)

    def unfinished(self, side: Side) -> tuple[int, Unfinished] | None:
        """Give what has come of a message of `side` that is not complete, and the number of the last PDU of it."""
        assert self.messages is not None
        begun = self._assemblers[side].unfinished
        return None if begun is None else (self._fragments[side][-1], begun)

    def message_violations(self, side: Side) -> tuple[Violation, ...]:
        """Give the violations in the fragmentation and command sets of one side."""
        assert self.messages is not None
        return tuple(self._assemblers[side].violations)

    def _context(self, context_id: int) -> Context | None:
        return next((context for context in self.contexts if context.context_id == context_id), None)

    def first(self, kind: type[PDU]) -> SeenPDU | None:
        """Give the first PDU of a class."""
        return next((seen for seen in self.pdus if isinstance(seen.pdu, kind)), None)

    @property
    def request(self) -> AAssociateRQ | None:
        """The A-ASSOCIATE-RQ."""
        seen = self.first(AAssociateRQ)
        return seen.pdu if seen is not None and isinstance(seen.pdu, AAssociateRQ) else None

    @property
    def accept(self) -> AAssociateAC | None:
        """The A-ASSOCIATE-AC, which makes the association established."""
        seen = self.first(AAssociateAC)
        return seen.pdu if seen is not None and isinstance(seen.pdu, AAssociateAC) else None

    @property
    def contexts(self) -> tuple[Context, ...]:
        """The presentation contexts in the order in which they were proposed."""
        if self._answered or self._context_pdus == len(self.pdus):
            return self._contexts
        request, accept = self.request, self.accept
        answers = {} if accept is None else {item.context_id: item for item in reversed(accept.presentation_contexts)}
        contexts = []
        for item in request.presentation_contexts if request is not None else ():
            answer = answers.get(item.context_id)
            contexts.append(
                Context(
                    item.context_id,
                    item.abstract_syntax or "",
                    tuple(item.transfer_syntaxes),
                    answer.result if answer is not None else None,
                    answer.transfer_syntax if answer is not None and answer.result == 0 else None,
                )
            )
        self._answered = accept is not None
        self._context_pdus = len(self.pdus)
        self._contexts = tuple(contexts)
        return self._contexts

    @property
    def end(self) -> End:
        """How it ended, by the first thing that ended it; `open` while nothing did."""
        release_asked_by: str | None = None
        for seen in self.pdus:
            pdu = seen.pdu
            if isinstance(pdu, AAssociateRJ):
                return End("rejected", seen.sender, seen.t_ns, pdu.result, pdu.source, pdu.reason)
            if isinstance(pdu, AAbort):
                return End("aborted", seen.sender, seen.t_ns, None, pdu.source, pdu.reason)
            if isinstance(pdu, AReleaseRQ):
                release_asked_by = release_asked_by or seen.sender
            elif isinstance(pdu, AReleaseRP) and release_asked_by is not None:
                return End("released", release_asked_by, seen.t_ns)
        for sighting in self.view.sightings:
            how = {Kind.FIN: "closed", Kind.RST: "reset", Kind.REFUSED: "refused"}.get(sighting.kind)
            if how is not None:
                return End(how, self.name(sighting.sender), sighting.t_ns)
        return End("open")

    @property
    def closed_by(self) -> str | None:
        """Name of the AE that closed or reset the TCP connection first; None while it is open."""
        ends = (each for each in self.view.sightings if each.kind in (Kind.FIN, Kind.RST))
        first = next(ends, None)
        return None if first is None else self.name(first.sender)

    @property
    def established(self) -> tuple[int, int | None] | None:
        """From when to when the association was established (ns; None: it still is), None if it never was."""
        accepted = self.first(AAssociateAC)
        return None if accepted is None else (accepted.t_ns, self.end.t_ns)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing more is to come: TCP has ended, or was refused."""
        return self.view.ended

    def maximum_length_for(self, side: Side) -> int | None:
        """Give the Maximum Length that the *receiver* of `side` announced (0: no limit; None: not announced)."""
        announced = self.accept if side is Side.REQUESTOR else self.request
        return None if announced is None else announced.maximum_length

    def __iter__(self) -> Iterator[SeenPDU]:
        return iter(self.pdus)
