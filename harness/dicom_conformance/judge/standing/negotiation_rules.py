"""Whether an A-ASSOCIATE-AC answers what its A-ASSOCIATE-RQ proposed, rule by rule.

References
----------
PS3.8 7.1.1.14, 9.3.3 and Table 9-17; PS3.5 10.1; PS3.7 D.3.3.3 and D.3.3.4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TypeAlias

from dicom_conformance.trace import Context, Conversation
from dicom_wire.items import AsynchronousOperationsWindow, RoleSelection
from dicom_wire.pdu import AAssociateAC, AAssociateRQ

IMPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2"
TITLES = slice(10, 74)
ACCEPTANCE, ABSTRACT_SYNTAX, TRANSFER_SYNTAXES = 0, 3, 4

NegotiationJudge: TypeAlias = Callable[[Conversation, AAssociateRQ, AAssociateAC], Iterator[str]]
"""Yields, in words, each thing that breaks a rule."""


def _one_result_each(one: Conversation, asked: AAssociateRQ, response: AAssociateAC) -> Iterator[str]:
    results = Counter(context.context_id for context in response.presentation_contexts)
    proposed = {context.context_id for context in asked.presentation_contexts}
    for number in sorted(proposed | set(results)):
        if number not in proposed:
            yield f"a result for context {number}, which was not proposed"
        elif results[number] != 1:
            yield f"{results[number]} results for context {number}"


def _as_proposed(one: Conversation, asked: AAssociateRQ, response: AAssociateAC) -> Iterator[str]:
    for context in accepted_contexts(one):
        if context.transfer_syntax not in context.transfer_syntaxes:
            yield f"context {context.context_id} is accepted with {context.transfer_syntax}, which was not proposed"


def _reasons(one: Conversation, asked: AAssociateRQ, response: AAssociateAC) -> Iterator[str]:
    taken = {context.abstract_syntax for context in accepted_contexts(one)}
    for context in one.contexts:
        if context.result == ABSTRACT_SYNTAX and context.abstract_syntax in taken:
            yield f"context {context.context_id} is refused for {context.abstract_syntax}, accepted in another context"


def _default_syntax(one: Conversation, asked: AAssociateRQ, response: AAssociateAC) -> Iterator[str]:
    for name in dict.fromkeys(context.abstract_syntax for context in one.contexts):
        of_it = [context for context in one.contexts if context.abstract_syntax == name]
        offered = any(IMPLICIT_VR_LITTLE_ENDIAN in context.transfer_syntaxes for context in of_it)
        if offered and all(context.result == TRANSFER_SYNTAXES for context in of_it):
            yield f"{name} is refused for its transfer syntaxes (4) although Implicit VR Little Endian is among them"


def _roles(one: Conversation, asked: AAssociateRQ, response: AAssociateAC) -> Iterator[str]:
    proposed = {item.sop_class: item for item in asked.find(RoleSelection)}
    for item in response.find(RoleSelection):
        before = proposed.get(item.sop_class)
        if before is None:
            yield f"roles of {item.sop_class}, for which none were proposed"
            continue
        for role in ("scu", "scp"):
            if getattr(item, role) and not getattr(before, role):
                yield f"the {role.upper()} role of {item.sop_class}, which was not proposed"


def _window(one: Conversation, asked: AAssociateRQ, response: AAssociateAC) -> Iterator[str]:
    """Judge each number against the one proposed; 0 is unlimited (PS3.7 D.3.3.3)."""
    proposed = asked.find(AsynchronousOperationsWindow)
    for answer in response.find(AsynchronousOperationsWindow):
        if not proposed:
            yield "a window, where none was proposed"
            continue
        for kind in ("invoked", "performed"):
            limit, number = getattr(proposed[0], kind), getattr(answer, kind)
            if limit and (number == 0 or number > limit):
                yield f"{kind} {number or 'unlimited'}, where {limit} was proposed"


def _titles(one: Conversation, asked: AAssociateRQ, response: AAssociateAC) -> Iterator[str]:
    sent, received = one.first(AAssociateRQ), one.first(AAssociateAC)
    if sent is not None and received is not None and bytes(sent.raw[TITLES]) != bytes(received.raw[TITLES]):
        yield f"{bytes(received.raw[TITLES])!r} to {bytes(sent.raw[TITLES])!r}"


def accepted_contexts(one: Conversation) -> list[Context]:
    """Give the presentation contexts that were accepted."""
    return [context for context in one.contexts if context.result == ACCEPTANCE]


NEGOTIATION_RULES: Mapping[str, tuple[str, NegotiationJudge]] = MappingProxyType(
    {
        "one_result_each": ("one result for each proposed presentation context", _one_result_each),
        "as_proposed": ("each accepted transfer syntax was proposed in its context", _as_proposed),
        "reasons": ("no abstract syntax is both refused as unsupported and accepted", _reasons),
        "default_syntax": ("Implicit VR Little Endian is supported for each abstract syntax", _default_syntax),
        "roles": ("no role is answered that was not proposed", _roles),
        "window": ("the Asynchronous Operations Window is no wider than proposed", _window),
        "titles": ("bytes 11 to 74 of the A-ASSOCIATE-AC are those of the request", _titles),
    }
)
"""Rule to what it expects, in words, and what it finds broken."""
