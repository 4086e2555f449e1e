"""The standing rules: what the standard demands of every conversation, whatever was asked in it.

`Standing` takes a conversation as it goes on, and keeps no more of it than a rule needs; `breaches` takes one that was
recorded. Nothing is judged that an observer between the two sides cannot know for certain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dicom_conformance.judge.standing.breach import OURS, Breach, of_rule, of_violation
from dicom_conformance.judge.standing.message_rules import MessageRules
from dicom_conformance.judge.standing.negotiation_rules import NEGOTIATION_RULES
from dicom_conformance.judge.standing.upper_layer_rules import UpperLayerRules
from dicom_conformance.trace import Conversation, SeenMessage, SeenPDU
from dicom_wire.capture import Kind, Side
from dicom_wire.dimse import PDU_HEADER_BYTES
from dicom_wire.items import AsynchronousOperationsWindow
from dicom_wire.pdu import AAssociateAC, AReleaseRQ, PDataTF
from dicom_wire.violations import Violation

P_DATA = PDataTF.NAME


class Standing:
    """The standing rules over one conversation, fed in the order in which things were seen."""

    def __init__(self) -> None:
        self._upper_layer = UpperLayerRules()
        self._messages = MessageRules()
        self._number = 0
        self._t_ns = 0

    def pdu(self, seen: SeenPDU, negotiated: Conversation | None = None) -> Iterator[Breach]:
        """Take a whole PDU.

        Parameters
        ----------
        seen : SeenPDU
        negotiated : Conversation, optional
            With an A-ASSOCIATE-AC, the conversation up to it.
        """
        pdu = seen.pdu
        if isinstance(pdu, PDataTF):
            length = seen.size_bytes - PDU_HEADER_BYTES
            yield from self.data(seen.side, seen.t_ns, length, [each.context_id for each in pdu.pdvs])
        else:
            self._count(seen.t_ns)
            yield from self._broken(self._upper_layer.pdu(seen.side, pdu), seen.side, seen.name)
        yield from self.violations(seen.side, seen.name, seen.violations)
        if isinstance(pdu, AReleaseRQ):
            for rule, text, _ in self._messages.release(seen.side, seen.t_ns):
                yield of_rule(rule, seen.side, seen.name, text, self._number, self._t_ns)
        if isinstance(pdu, AAssociateAC) and negotiated is not None:
            yield from self._negotiation(seen, negotiated, pdu)

    def data(self, side: Side, t_ns: int, length: int, context_ids: Iterable[int]) -> Iterator[Breach]:
        """Take a P-DATA-TF by its PDU-length, in bytes, and the contexts of its fragments."""
        self._count(t_ns)
        yield from self._broken(self._upper_layer.data(side, length, context_ids), side, P_DATA)

    def plain_data(self, side: Side, t_ns: int, length: int, context_id: int) -> bool:
        """Take a P-DATA-TF with fragments of one context if it breaks no rule; return whether it was taken."""
        if not self._upper_layer.is_plain_data(side, length, context_id):
            return False
        self._count(t_ns)
        return True

    def message(self, seen: SeenMessage) -> Iterator[Breach]:
        """Take a whole DIMSE message, after the PDU that completed it."""
        yield from self.violations(seen.side, seen.name, seen.violations)
        for rule, text, clause in self._messages.message(seen):
            yield of_rule(rule, seen.side, seen.name, text, self._number, self._t_ns, clause)

    def violations(self, side: Side, name: str, found: Iterable[Violation]) -> Iterator[Breach]:
        """Take violations of the wire in what came last."""
        for each in found:
            if each.name not in OURS:
                yield of_violation(each, side, name, self._number, self._t_ns)

    def end(self, side: Side, kind: Kind, t_ns: int) -> Iterator[Breach]:
        """Take the end of the connection, by FIN or RST of one side."""
        self._t_ns = t_ns
        yield from self._broken(self._upper_layer.end(side, kind), side, "TCP")

    def _count(self, t_ns: int) -> None:
        self._number += 1
        self._t_ns = t_ns

    def _broken(self, problems: Iterable[tuple[str, str]], side: Side, name: str) -> Iterator[Breach]:
        for rule, text in problems:
            yield of_rule(rule, side, name, text, self._number, self._t_ns)

    def _negotiation(self, seen: SeenPDU, one: Conversation, accept: AAssociateAC) -> Iterator[Breach]:
        request = one.request
        if request is None:
            return
        windows = accept.find(AsynchronousOperationsWindow)
        if windows and request.find(AsynchronousOperationsWindow):
            self._messages.negotiated(windows[0].invoked, windows[0].performed)
        for rule, (_, judge) in NEGOTIATION_RULES.items():
            for text in judge(one, request, accept):
                yield of_rule(rule, seen.side, seen.name, text, self._number, self._t_ns)


def breaches(one: Conversation) -> list[Breach]:
    """Judge a recorded conversation by every standing rule; what was broken, in the order in which it shows."""
    standing = Standing()
    found: list[Breach] = []
    for happened in _in_order(one):
        match happened:
            case SeenPDU():
                found.extend(standing.pdu(happened, one))
            case SeenMessage():
                found.extend(standing.message(happened))
            case (Side() as side, Kind() as kind, int(t_ns)):
                found.extend(standing.end(side, kind, t_ns))
            case (Side() as side, tuple() as violations):
                found.extend(standing.violations(side, P_DATA, violations))
    return found


_End = tuple[Side, Kind, int]
_Loose = tuple[Side, tuple[Violation, ...]]


def _in_order(one: Conversation) -> Iterator[SeenPDU | SeenMessage | _End | _Loose]:
    """Yield PDUs, each followed by the messages that it completed or the fragments that fit nowhere, and the ends."""
    ends = [
        (each.sender, each.kind, each.t_ns)
        for each in one.view.sightings
        if each.kind in (Kind.FIN, Kind.RST) and not (one.view.by_relay and each.written)
    ]
    completed: dict[int, list[SeenMessage]] = {}
    for message in one.messages:
        completed.setdefault(message.pdu, []).append(message)
    loose = one.loose_fragments()
    for number, seen in enumerate(one.pdus):
        while ends and ends[0][2] < seen.t_ns:
            yield ends.pop(0)
        yield seen
        yield from completed.get(number, ())
        if loose.get(number):
            yield seen.side, loose[number]
    yield from ends
