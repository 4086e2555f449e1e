"""The check `negotiation`: whether an A-ASSOCIATE-AC answers what its A-ASSOCIATE-RQ proposed, rule by rule.

References
----------
PS3.8 7.1.1.14, 9.3.3 and Table 9-17; PS3.5 10.1; PS3.7 D.3.3.3 and D.3.3.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from dicom_conformance.files import counted
from dicom_conformance.files import listed as read_list
from dicom_conformance.judge.checks.choice import answer_pointer, associations, between, finding, listed, pick
from dicom_conformance.judge.checks.wanted import Position, Wanted
from dicom_conformance.judge.standing import NEGOTIATION_RULES, NegotiationJudge, accepted_contexts
from dicom_conformance.results import EMPTY, Finding
from dicom_conformance.trace import Conversation, Trace
from dicom_wire.pdu import AAssociateAC, AAssociateRQ

CHECK = "negotiation"

Rule = Literal["one_result_each", "as_proposed", "reasons", "default_syntax", "roles", "window", "titles"]


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
    judges: dict[str, tuple[str, NegotiationJudge]] = {name: NEGOTIATION_RULES[name] for name in wanted.rules}
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
        evidence = list(dict.fromkeys(answer_pointer(one) for one, _ in broken))[:5]
        findings.append(finding(CHECK, bool(answered) and not broken, words, actual, EMPTY, evidence))
    if wanted.more_than_claimed:
        findings.append(_more_than_claimed([one for one, _, _ in answered]))
    return findings


def _more_than_claimed(answered: list[Conversation]) -> Finding:
    """Count what is accepted of a proposal that the statement does not claim."""
    taken = [context for one in answered for context in accepted_contexts(one)]
    classes = dict.fromkeys(context.abstract_syntax for context in taken)
    more = f"accepts {counted(len(taken), 'context')} more than its statement claims, of {listed(classes)}"
    expected = "accepts no context that its statement does not claim"
    return finding(CHECK, not taken, expected, more if taken else "none of them is accepted")


def _selection(orders: Mapping[str, tuple[str, ...]], chosen: Iterable[Conversation]) -> NegotiationJudge:
    """Give the rule for an order by SOP Class; only what the acceptor takes on some association is expected of it."""
    taken = {(context.abstract_syntax, context.transfer_syntax) for one in chosen for context in accepted_contexts(one)}

    def rule(one: Conversation, asked: AAssociateRQ, response: AAssociateAC) -> Iterator[str]:
        for context in accepted_contexts(one):
            order = orders.get(context.abstract_syntax, ())
            able = [uid for uid in context.transfer_syntaxes if (context.abstract_syntax, uid) in taken]
            if order != ("requestor",):
                able = [uid for uid in order if uid in able]
            if able and context.transfer_syntax != able[0]:
                yield f"{context.transfer_syntax} of {listed(context.transfer_syntaxes)}, not {able[0]}"

    return rule
