"""The rules of the upper layer that one side of a connection keeps by itself, whatever the other does.

What is judged is only what a sender certainly knew: a PDU of the other side that it may not have read yet excuses it.
An observer between the two sees an answer before whoever asked for it does.

References
----------
PS3.8 9.2.3 (Table 9-10), 7.2 (A-RELEASE), 7.6 (P-DATA), D.1 (maximum length).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dicom_wire.capture import Kind, Side
from dicom_wire.pdu import PDU, AAbort, AAssociateAC, AAssociateRJ, AAssociateRQ, AReleaseRP, AReleaseRQ, UnknownPDU


@dataclass(slots=True)
class _Sender:
    """What one side has sent so far."""

    begun: bool = False
    requested: bool = False
    accepted: bool = False
    rejected: bool = False
    asked_for_release: bool = False
    answered_release: bool = False
    aborted: bool = False
    ended: bool = False
    wrong_contexts: set[int] = field(default_factory=set)


Problem = tuple[str, str]
"""The rule that is broken, and what happened."""


class UpperLayerRules:
    """The upper layer of one connection, PDU by PDU."""

    def __init__(self) -> None:
        self._sent = {side: _Sender() for side in Side}
        self._limits: dict[Side, int] = {}
        self._accepted: frozenset[int] = frozenset()

    @property
    def established(self) -> bool:
        """Whether the association was accepted."""
        return self._sent[Side.ACCEPTOR].accepted

    def pdu(self, side: Side, pdu: PDU) -> Iterator[Problem]:
        """Take a PDU that is no P-DATA-TF; yield what it breaks."""
        sender, other = self._sent[side], self._sent[side.other]
        is_first, sender.begun = not sender.begun, True
        if isinstance(pdu, UnknownPDU):
            return  # the wire says what is wrong with it
        if is_first and side is Side.REQUESTOR and not isinstance(pdu, AAssociateRQ | AAbort):
            yield "first-pdu", f"the first PDU is {pdu.NAME}"
        yield from self._after_the_end(sender, pdu)
        if isinstance(pdu, AAssociateRQ | AAssociateAC | AAssociateRJ):
            yield from self._association(side, pdu)
        elif isinstance(pdu, AReleaseRQ):
            if not self.established:
                yield "before-association", "before the association is established"
            elif sender.asked_for_release:
                yield "second-release", "a release was requested before"
            sender.asked_for_release = True
        elif isinstance(pdu, AReleaseRP):
            if not other.asked_for_release:
                yield "release-not-requested", "the other side has not requested a release"
            sender.answered_release = True
        elif isinstance(pdu, AAbort):
            sender.aborted = True

    def _after_the_end(self, sender: _Sender, pdu: PDU) -> Iterator[Problem]:
        if sender.aborted:
            yield "after-abort", "its sender has aborted the association before"
        elif sender.rejected and not isinstance(pdu, AAbort):
            yield "after-rejection", "its sender has rejected the association before"

    def _association(self, side: Side, pdu: AAssociateRQ | AAssociateAC | AAssociateRJ) -> Iterator[Problem]:
        sender, other = self._sent[side], self._sent[side.other]
        if isinstance(pdu, AAssociateRQ) is (side is Side.ACCEPTOR):
            yield "wrong-side", f"sent by the {side.value}"
            return
        if isinstance(pdu, AAssociateRQ):
            if sender.requested:
                yield "second-request", "an association was requested before on this connection"
            sender.requested = True
            self._limits.setdefault(Side.ACCEPTOR, pdu.maximum_length or 0)
            return
        if sender.accepted or sender.rejected:
            yield "second-answer", "the request was answered before"
        elif not other.requested:
            yield "wrong-side", "nothing was requested"
        sender.rejected = sender.rejected or isinstance(pdu, AAssociateRJ)
        if isinstance(pdu, AAssociateAC) and not sender.accepted:
            sender.accepted = True
            self._limits[Side.REQUESTOR] = pdu.maximum_length or 0
            self._accepted = frozenset(each.context_id for each in pdu.presentation_contexts if each.result == 0)

    def is_plain_data(self, side: Side, length: int, context_id: int) -> bool:
        """Tell whether a P-DATA-TF of one context, not the first of its side, breaks no rule; it changes nothing."""
        sender = self._sent[side]
        limit = self._limits.get(side, 0)
        return (
            sender.begun
            and self.established
            and not (sender.aborted or sender.rejected or sender.asked_for_release or sender.answered_release)
            and (not limit or length <= limit)
            and context_id in self._accepted
        )

    def data(self, side: Side, length: int, context_ids: Iterable[int]) -> Iterator[Problem]:
        """Take a P-DATA-TF: its PDU-length in bytes, and the contexts of its fragments."""
        sender = self._sent[side]
        if side is Side.REQUESTOR and not sender.begun:
            yield "first-pdu", "the first PDU is P-DATA-TF"
        sender.begun = True
        if sender.aborted:
            yield "after-abort", "its sender has aborted the association before"
        elif sender.rejected:
            yield "after-rejection", "its sender has rejected the association before"
        elif not self.established:
            yield "before-association", "before the association is established"
        elif sender.asked_for_release or sender.answered_release:
            yield "after-release", "its sender has requested or answered a release before"
        limit = self._limits.get(side, 0)
        if limit and length > limit:
            yield "maximum-length", f"{length} bytes to a receiver that takes {limit}"
        if self.established:
            for number in set(context_ids) - self._accepted - sender.wrong_contexts:
                sender.wrong_contexts.add(number)
                yield "context-not-accepted", f"presentation context {number} was not accepted"

    def end(self, side: Side, kind: Kind) -> Iterator[Problem]:
        """Take the end of the connection, by FIN or RST of one side."""
        sender, other = self._sent[side], self._sent[side.other]
        is_first = not sender.ended and not other.ended
        sender.ended = True
        if not is_first or any(each.aborted or each.rejected for each in (sender, other)):
            return
        if other.answered_release or sender.answered_release:
            return
        how = "reset" if kind is Kind.RST else "closed"
        if other.asked_for_release:
            yield "release-not-answered", f"the connection is {how}, and the A-RELEASE-RQ was not answered"
        elif self.established:
            yield "closed-without-release", f"the connection is {how} without a release or an A-ABORT"
        elif other.requested:
            yield "request-not-answered", f"the connection is {how}, and the A-ASSOCIATE-RQ was not answered"
