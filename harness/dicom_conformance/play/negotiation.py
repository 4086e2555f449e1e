"""What a subject accepts, found by negotiation alone: presentation contexts are proposed, and nothing is asked.

Each association carries at most 128 contexts and is released at once. A SOP Class that is refused only for its transfer
syntaxes is proposed once more, with every one that the standard knows.

References
----------
PS3.8 7.1.1.14 (results of presentation contexts), PS3.8 Table 9-18.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dicom_conformance.play.echo import RELEASE_S, request
from dicom_conformance.play.limits import Limiter
from dicom_conformance.play.pdu_reader import PDUReader
from dicom_conformance.play.subjects import Address
from dicom_conformance.statement import CapabilityContext, contexts_to_negotiate, registry, services
from dicom_wire.items import ImplementationVersionName, PresentationContextRQ, UserInformation
from dicom_wire.pdu import PDU, AAssociateAC, AAssociateRJ, AReleaseRQ

MOST_CONTEXTS = 128
_SYNTAXES = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")
_SYNTAXES_NOT_SUPPORTED = 4


@dataclass(frozen=True, slots=True)
class Negotiated:
    """What was accepted, and why nothing could be asked; the reason is empty where the subject answered."""

    accepted: tuple[CapabilityContext, ...] = ()
    reason: str = ""
    version_name: str = ""
    """The implementation version name that it announced; empty where it announced none."""


def negotiate(subject: Address, calling: str, limiter: Limiter, deadline_s: float) -> Negotiated:
    """Find which services a subject accepts.

    Parameters
    ----------
    subject : Address
        Where it accepts associations.
    calling : str
        The AE title of the requestor.
    limiter : Limiter
        The subject's limits.
    deadline_s : float
        What each association may take.
    """
    asked = contexts_to_negotiate()
    known = {context.sop_class for context in asked}
    further = (CapabilityContext(uid, _SYNTAXES) for uid in services.STORAGE if uid not in known)
    asker = _Asker(subject, calling, limiter, deadline_s)
    first = asker.ask((*asked, *further))
    if asker.reason:
        return Negotiated(reason=asker.reason)
    every = registry.STANDARD_TRANSFER_SYNTAXES
    again = tuple(
        CapabilityContext(uid, every) for uid, (result, _) in first.items() if result == _SYNTAXES_NOT_SUPPORTED
    )
    answers = {**first, **asker.ask(again)}
    accepted = (CapabilityContext(uid, (syntax,)) for uid, (result, syntax) in answers.items() if result == 0)
    return Negotiated(tuple(accepted), version_name=asker.version_name)


@dataclass(slots=True)
class _Asker:
    """Proposes contexts to one subject, association after association; `reason` says why it was not answered."""

    subject: Address
    calling: str
    limiter: Limiter
    deadline_s: float
    reason: str = ""
    version_name: str = ""

    def ask(self, contexts: Sequence[CapabilityContext]) -> dict[str, tuple[int, str]]:
        """Propose contexts; gives for each SOP Class that was answered the result and the transfer syntax."""
        found: dict[str, tuple[int, str]] = {}
        for start in range(0, len(contexts), MOST_CONTEXTS):
            self.limiter.request()
            found.update(self._association(contexts[start : start + MOST_CONTEXTS]))
            if self.reason:
                break
        return found

    def _association(self, batch: Sequence[CapabilityContext]) -> Iterator[tuple[str, tuple[int, str]]]:
        deadline = time.monotonic() + self.deadline_s
        proposed = tuple(
            PresentationContextRQ(2 * number + 1, each.sop_class, each.transfer_syntaxes)
            for number, each in enumerate(batch)
        )
        try:
            with socket.create_connection(self.subject.endpoint, timeout=self.deadline_s) as sock:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                reader = PDUReader(sock, deadline)
                reader.send(request(self.subject.ae_title, self.calling, proposed))
                answer = reader.next()
                if not isinstance(answer, AAssociateAC):
                    self.reason = _refused(reader, answer)
                    return
                reader.send(AReleaseRQ())
                reader.hurry(RELEASE_S)
                reader.next()
        except OSError as error:
            self.reason = f"no connection: {error.strerror or error}"
            return
        self.version_name = _announced(answer)
        classes = {context.context_id: each.sop_class for context, each in zip(proposed, batch, strict=True)}
        for context in answer.presentation_contexts:
            if context.context_id in classes:
                yield classes[context.context_id], (context.result, context.transfer_syntax or "")


def _announced(answer: AAssociateAC) -> str:
    """Give the implementation version name of an answer (PS3.7 D.3.3.2.4)."""
    parts = (part for item in answer.items if isinstance(item, UserInformation) for part in item.sub_items)
    return next((part.name.strip() for part in parts if isinstance(part, ImplementationVersionName)), "")


def _refused(reader: PDUReader, answer: PDU | None) -> str:
    if isinstance(answer, AAssociateRJ):
        return f"A-ASSOCIATE-RJ {answer.result}/{answer.source}/{answer.reason}"
    return f"{reader.instead_of(answer)} instead of A-ASSOCIATE-AC"
