"""The check `context`: what was proposed in a negotiation, and what came of each presentation context."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import zip_longest
from typing import Literal

from pydantic import Field, model_validator

from dicom_conformance.errors import HarnessError
from dicom_conformance.files import Part, Texts
from dicom_conformance.judge.checks.choice import answer_pointer, associations, between, finding, listed, pick, pointer
from dicom_conformance.judge.checks.wanted import Bounds, ContextResults, Count, Position, Wanted, result_name
from dicom_conformance.results import EMPTY, Finding
from dicom_conformance.trace import Context, Conversation, Trace

CHECK = "context"


class ExpectedContext(Part):
    """One presentation context of a negotiation: what is proposed and what must come of it.

    `transfer_syntax` is the one that must be accepted (judged only where the result is acceptance).
    """

    sop_class: str = Field(description="abstract syntax that is proposed")
    proposed: Texts = Field(description="transfer syntaxes that are proposed, in order")
    result: ContextResults = Field(description="results that are admitted")
    transfer_syntax: str | None = Field(
        default=None, description="transfer syntax that must be accepted, where the context is accepted"
    )
    configuration: str | None = Field(default=None, description="label of this context in the results")
    table: str | None = Field(default=None, description="label of this context in the results")

    @property
    def parameters(self) -> Mapping[str, str]:
        """What names this cell in the results."""
        told = {"table": self.table, "sop_class": self.sop_class, "proposed": " ".join(self.proposed)}
        told |= {"transfer_syntax": self.transfer_syntax, "configuration": self.configuration}
        return {key: value for key, value in told.items() if value is not None}


class ContextWanted(Wanted):
    """What may be wanted of the presentation contexts of associations.

    With `contexts`, the n-th entry is compared with the n-th proposed context, one finding each. Otherwise
    the contexts of `sop_class` (all, if left out) are judged: `result` and `transfer_syntax` of what the acceptor
    answered, `accepted` how many of them were, `proposed` against what the requestor proposed: `match` says whether the
    named transfer syntaxes must be among the proposed (`at_least`), be all of them (`exactly`), or whether nothing but
    them may be proposed (`only`). `sop_classes` is compared with the abstract syntaxes of the whole proposal in the
    same way.
    """

    requestor: str | None = Field(
        default=None,
        description=(
            "AE that opened the association; with `acceptor` it chooses the negotiation, and one of the two is needed"
        ),
    )
    acceptor: str | None = Field(default=None, description="AE that the association was opened to")
    position: Position | None = Field(
        default=None, description="judge only this one of the chosen associations; without it, every chosen one"
    )
    sop_class: str | None = Field(
        default=None, description="judge the contexts of this abstract syntax; all contexts if not given"
    )
    result: ContextResults = Field(default=(), description="results that are admitted")
    transfer_syntax: str | None = Field(default=None, description="transfer syntax that must be accepted")
    accepted: Count | None = Field(default=None, description="how many of the contexts are accepted")
    contexts: tuple[ExpectedContext, ...] = Field(
        default=(), description="what is expected of each proposed context in turn: one finding for each"
    )
    proposed: Texts = Field(default=(), description="transfer syntaxes that the requestor proposes")
    sop_classes: Texts = Field(default=(), description="abstract syntaxes that the requestor proposes")
    match: Literal["at_least", "exactly", "only"] = Field(
        default="at_least",
        description=(
            "whether what is named must be among the proposed (`at_least`), be all of it (`exactly`), "
            "or be all that may be proposed (`only`)"
        ),
    )

    @model_validator(mode="after")
    def _something(self) -> ContextWanted:
        if self.requestor is None and self.acceptor is None:
            raise ValueError("the negotiation is chosen by requestor, acceptor or both")
        wanted = (self.result, self.transfer_syntax, self.accepted, self.contexts, self.proposed, self.sop_classes)
        if not any(wanted):
            raise ValueError("one of result, transfer_syntax, accepted, contexts, proposed, sop_classes is needed")
        return self


def judge(trace: Trace, wanted: ContextWanted) -> list[Finding]:
    """Judge the presentation contexts of the chosen negotiations."""
    chosen = [one for one in associations(trace, wanted.requestor, wanted.acceptor) if one.request is not None]
    chosen = pick(chosen, wanted.position)
    if not chosen:
        where = between(wanted.requestor, wanted.acceptor)
        return [finding(CHECK, False, f"an A-ASSOCIATE-RQ {where}", "none was sent")]
    if wanted.contexts:
        return list(_each(chosen[0], wanted, trace.subject))
    numbers = [_count(one, wanted.accepted, wanted.sop_class) for one in chosen] if wanted.accepted is not None else []
    return [*_proposals(chosen, wanted), *_answers(chosen, wanted), *numbers]


def _count(conversation: Conversation, bounds: Bounds, sop_class: str | None) -> Finding:
    """Count the contexts accepted on one association."""
    contexts = [one for one in conversation.contexts if sop_class in (None, one.abstract_syntax)]
    accepted = [one.abstract_syntax for one in contexts if _admits(one, (0,), None)]
    met = bounds.admit(len(accepted))
    actual = _refusal(conversation) or f"{len(accepted)} of {len(contexts)} accepted: {listed(accepted)}"
    return finding(
        CHECK, met, f"{bounds} of the presentation contexts accepted", actual, EMPTY, [answer_pointer(conversation)]
    )


def _each(conversation: Conversation, wanted: ContextWanted, subject: str) -> Iterator[Finding]:
    """Hold the n-th context against the n-th expectation: one finding each."""
    contexts = conversation.contexts
    if conversation.requestor != subject and len(contexts) != len(wanted.contexts):
        raise HarnessError(
            f"{conversation.requestor} proposed {len(contexts)} presentation contexts, not {len(wanted.contexts)}"
        )
    refusal = _refusal(conversation)
    where = (answer_pointer(conversation),)
    for expected, context in zip_longest(wanted.contexts, contexts):
        if expected is None:
            actual = f"also proposed: {_proposal(context)}"
            yield finding(CHECK, False, "no other context proposed", actual, EMPTY, where)
            continue
        parameters = expected.parameters
        if context is None or (context.abstract_syntax, context.transfer_syntaxes) != (
            expected.sop_class,
            expected.proposed,
        ):
            actual = "no such context" if context is None else _proposal(context)
            if conversation.requestor != subject:
                raise HarnessError(f"{conversation.requestor} proposed {actual} instead of {parameters}")
            yield finding(CHECK, False, f"proposed: {parameters}", actual, parameters, where)
            continue
        met = _admits(context, expected.result, expected.transfer_syntax)
        words = _wanted_answer(expected.result, expected.transfer_syntax)
        yield finding(CHECK, met, words, _answer(context, refusal), parameters, () if met else where)


def _admits(context: Context, results: tuple[int, ...], transfer_syntax: str | None) -> bool:
    """Tell whether the answer to a context is one of those admitted.

    A rejected association answers no context: whether it may be rejected, an expectation of `association` says.
    Neither do silence, an abort or a closed connection. What is accepted must have been proposed (PS3.8 9.3.3.2).
    """
    if context.result is None:
        return False
    if results and context.result not in results:
        return False
    if context.result != 0:
        return bool(results)
    if context.transfer_syntax not in context.transfer_syntaxes:
        return False
    return transfer_syntax is None or context.transfer_syntax == transfer_syntax


def _refusal(conversation: Conversation) -> str | None:
    end = conversation.end
    return str(end) if end.how == "rejected" else None


def _proposal(context: Context) -> str:
    return f"{context.abstract_syntax} with {listed(context.transfer_syntaxes, most=9)}"


def _answer(context: Context, refusal: str | None) -> str:
    if context.result is None:
        return f"A-ASSOCIATE-RJ: {refusal}" if refusal else "no answer"
    if context.result != 0:
        return result_name(context.result)
    note = "" if context.transfer_syntax in context.transfer_syntaxes else ", which was not proposed"
    return f"{result_name(0)} of {context.transfer_syntax}{note}"


@lru_cache(maxsize=256)  # a case expects the same of a hundred contexts
def _wanted_answer(results: tuple[int, ...], transfer_syntax: str | None) -> str:
    names = " or ".join(result_name(result) for result in results) or result_name(0)
    return f"{names} of {transfer_syntax}" if transfer_syntax and (0 in results or not results) else names


def _answers(chosen: list[Conversation], wanted: ContextWanted) -> Iterator[Finding]:
    """Judge what was answered to the contexts of one abstract syntax (or to all).

    Where acceptance is wanted of a SOP Class, one context that brings it is enough: several may be proposed for the
    same class so that one of them is. What is not to be accepted must be accepted in none.
    """
    if not (wanted.result or wanted.transfer_syntax):
        return
    matching = [
        (one, context)
        for one in chosen
        for context in one.contexts
        if wanted.sop_class in (None, context.abstract_syntax)
        and (not wanted.proposed or set(wanted.proposed) & set(context.transfer_syntaxes))
    ]
    subject_matter = wanted.sop_class or "every presentation context"
    expected = f"{subject_matter}: {_wanted_answer(wanted.result, wanted.transfer_syntax)}"
    judged = [(one, context, _admits(context, wanted.result, wanted.transfer_syntax)) for one, context in matching]
    one_is_enough = wanted.sop_class is not None and (0 in wanted.result or not wanted.result)
    met = (any if one_is_enough else all)(good for _, _, good in judged) and bool(judged)
    shown = [entry for entry in judged if not entry[2]] or judged
    answers = [
        _answer(context, _refusal(one)) if context.result is not None or _refusal(one) else f"no answer: {one.end}"
        for one, context, _ in (judged if met else shown)
    ]
    yield finding(
        CHECK,
        met,
        expected,
        listed(answers, none="it was not proposed"),
        EMPTY,
        [answer_pointer(one) for one, _, _ in shown[:5]],
    )


def _proposals(chosen: list[Conversation], wanted: ContextWanted) -> Iterator[Finding]:
    """Judge what the requestors proposed, each negotiation for itself."""
    for kind, named in (("transfer syntaxes", wanted.proposed), ("abstract syntaxes", wanted.sop_classes)):
        if not named:
            continue
        wrong: list[tuple[Conversation, tuple[str, ...]]] = []
        proposals: list[tuple[str, ...]] = []
        for one in chosen:
            proposed = _proposed_syntaxes(one, wanted) if kind == "transfer syntaxes" else _proposed_classes(one)
            proposals.append(proposed)
            if not _matches(set(named), set(proposed), wanted.match):
                wrong.append((one, proposed))
        how = {"at_least": "at least", "exactly": "exactly", "only": "only"}[wanted.match]
        of = f" for {wanted.sop_class}" if wanted.sop_class and kind == "transfer syntaxes" else ""
        shown = [proposed for _, proposed in wrong] or proposals
        yield finding(
            CHECK,
            not wrong,
            f"{kind} proposed{of}: {how} {listed(named, most=128)}",
            listed((listed(proposed, most=128) for proposed in shown), most=3),
            EMPTY,
            [pointer(one) for one, _ in wrong[:5]],
        )


def _proposed_syntaxes(conversation: Conversation, wanted: ContextWanted) -> tuple[str, ...]:
    matching = [one for one in conversation.contexts if wanted.sop_class in (None, one.abstract_syntax)]
    return tuple(dict.fromkeys(syntax for one in matching for syntax in one.transfer_syntaxes))


def _proposed_classes(conversation: Conversation) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.abstract_syntax for one in conversation.contexts))


def _matches(named: set[str], proposed: set[str], match: str) -> bool:
    if match == "exactly":
        return named == proposed
    return named <= proposed if match == "at_least" else bool(proposed) and proposed <= named
