"""The check `negotiation`: whether an A-ASSOCIATE-AC answers what its A-ASSOCIATE-RQ proposed, rule by rule.

References
----------
PS3.8 7.1.1.14, 9.3.3 and Table 9-17; PS3.5 10.1; PS3.7 D.3.3.3 and D.3.3.4.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field

from dicom_conformance.files import counted
from dicom_conformance.files import listed as read_list
from dicom_conformance.judge.checks.choice import associations, between, finding, listed, pick, pointer
from dicom_conformance.judge.checks.wanted import Position, Wanted
from dicom_conformance.results import EMPTY, Finding
from dicom_conformance.trace import Context, Conversation, Trace
from dicom_wire.items import AsynchronousOperationsWindow, RoleSelection
from dicom_wire.pdu import AAssociateAC, AAssociateRQ

CHECK = "negotiation"
IMPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2"
TITLES = slice(10, 74)
ACCEPTANCE, ABSTRACT_SYNTAX, TRANSFER_SYNTAXES = 0, 3, 4

Rule = Literal["one_result_each", "as_proposed", "reasons", "default_syntax", "roles", "window", "titles"]
Judge: TypeAlias = Callable[[Conversation, AAssociateRQ, AAssociateAC], Iterator[str]]


class NegotiationWanted(Wanted):
    """Rules for the A-ASSOCIATE-AC of each chosen association, held against its A-ASSOCIATE-RQ.

    `one_result_each`: each proposed presentation context has one result, and nothing else has one. `as_proposed`: an
    accepted transfer syntax is one of those that were proposed in that context. `reasons`: no context is refused for
    its abstract syntax (3) while another one accepts that abstract syntax. `default_syntax`: of an abstract syntax for
    which Implicit VR Little Endian was proposed, not every context is refused for its transfer syntaxes (4). `roles`:
    no role is answered that was not proposed. `window`: no Asynchronous Operations Window is wider than proposed, or
    there where none was proposed. `titles`: bytes 11 to 74 are those of the request. `selection` is the order in which
    transfer syntaxes are chosen, `requestor` or a list of UIDs, among those that the acceptor takes on these
    associations; `selections` gives it for each SOP Class. `more_than_claimed` is for a proposal of what the statement
    does not claim: it says how much of it is accepted.
    """

    requestor: str | None = Field(default=None, description="AE that opened the association")
    acceptor: str = Field(description="AE that the association was opened to")
    position: Position | None = Field(default=None, description="judge only this one of the chosen associations")
    rules: Annotated[tuple[Rule, ...], BeforeValidator(read_list)] = Field(
        default=(), description="the rules that are judged"
    )
    selection: Annotated[tuple[str, ...], BeforeValidator(read_list)] = Field(
        default=(), description="the order of transfer syntaxes: `requestor`, or UIDs"
    )
    selections: dict[str, Annotated[tuple[str, ...], BeforeValidator(read_list)]] = Field(
        default_factory=dict, description="the order for each SOP Class, by its UID"
    )
    more_than_claimed: bool = Field(
        default=False, description="none of the proposed contexts, which the statement does not claim, is accepted"
    )


def judge(trace: Trace, wanted: NegotiationWanted) -> list[Finding]:
    """Judge the answers to the chosen requests: one finding for each rule."""
    chosen = pick(associations(trace, wanted.requestor, wanted.acceptor), wanted.position)
    answered = [(one, one.request, one.accept) for one in chosen if one.request is not None and one.accept is not None]
    judges: dict[str, tuple[str, Judge]] = {name: RULES[name] for name in wanted.rules}
    if wanted.selection:
        order = " before ".join(wanted.selection)
        every = {context.abstract_syntax: wanted.selection for one in chosen for context in one.contexts}
        judges["selection"] = (f"transfer syntaxes are chosen in the order {order}", _selection(every, chosen))
    if wanted.selections:
        words = f"transfer syntaxes are chosen in the order stated for {len(wanted.selections)} SOP Classes"
        judges["selections"] = (words, _selection(wanted.selections, chosen))
    findings = []
    for words, rule in judges.values():
        broken = [(one, text) for one, asked, response in answered for text in rule(one, asked, response)]
        nothing = f"no association {between(wanted.requestor, wanted.acceptor)} was accepted"
        kept = f"as expected in {len(answered)} A-ASSOCIATE-AC" if answered else nothing
        actual = listed((text for _, text in broken), none=kept)
        evidence = list(dict.fromkeys(pointer(one) for one, _ in broken))[:5]
        findings.append(finding(CHECK, bool(answered) and not broken, words, actual, EMPTY, evidence))
    if wanted.more_than_claimed:
        findings.append(_more_than_claimed([one for one, _, _ in answered]))
    return findings


def _more_than_claimed(answered: list[Conversation]) -> Finding:
    """Count what is accepted of a proposal that the statement does not claim."""
    taken = [context for one in answered for context in _accepted(one)]
    classes = dict.fromkeys(context.abstract_syntax for context in taken)
    more = f"accepts {counted(len(taken), 'context')} more than its statement claims, of {listed(classes)}"
    expected = "accepts no context that its statement does not claim"
    return finding(CHECK, not taken, expected, more if taken else "none of them is accepted")


def _one_result_each(one: Conversation, asked: AAssociateRQ, response: AAssociateAC) -> Iterator[str]:
    results = Counter(context.context_id for context in response.presentation_contexts)
    proposed = {context.context_id for context in asked.presentation_contexts}
    for number in sorted(proposed | set(results)):
        if number not in proposed:
            yield f"a result for context {number}, which was not proposed"
        elif results[number] != 1:
            yield f"{results[number]} results for context {number}"


def _as_proposed(one: Conversation, asked: AAssociateRQ, response: AAssociateAC) -> Iterator[str]:
    for context in _accepted(one):
        if context.transfer_syntax not in context.transfer_syntaxes:
            yield f"context {context.context_id} is accepted with {context.transfer_syntax}, which was not proposed"


def _reasons(one: Conversation, asked: AAssociateRQ, response: AAssociateAC) -> Iterator[str]:
    taken = {context.abstract_syntax for context in _accepted(one)}
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


def _selection(orders: Mapping[str, tuple[str, ...]], chosen: Iterable[Conversation]) -> Judge:
    """Give the rule for an order by SOP Class; only what the acceptor takes on some association is expected of it."""
    taken = {(context.abstract_syntax, context.transfer_syntax) for one in chosen for context in _accepted(one)}

    def rule(one: Conversation, asked: AAssociateRQ, response: AAssociateAC) -> Iterator[str]:
        for context in _accepted(one):
            order = orders.get(context.abstract_syntax, ())
            able = [uid for uid in context.transfer_syntaxes if (context.abstract_syntax, uid) in taken]
            if order != ("requestor",):
                able = [uid for uid in order if uid in able]
            if able and context.transfer_syntax != able[0]:
                yield f"{context.transfer_syntax} of {listed(context.transfer_syntaxes)}, not {able[0]}"

    return rule


def _accepted(one: Conversation) -> list[Context]:
    return [context for context in one.contexts if context.result == ACCEPTANCE]


RULES: Mapping[Rule, tuple[str, Judge]] = MappingProxyType(
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
