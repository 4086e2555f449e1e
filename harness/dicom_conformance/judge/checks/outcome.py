"""The check `outcome`: what an AE reported to its user about an operation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import chain

from pydantic import Field, model_validator

from dicom_conformance.files import Texts, counted
from dicom_conformance.judge.checks.choice import abort_differs, finding, listed, pick, rejection_differs, wanted_fields
from dicom_conformance.judge.checks.outcome_lists import (
    Describe,
    FindProblem,
    ListsWanted,
    Outcome,
    counted_problem,
    keys_text,
    list_questions,
    names_text,
    number_text,
    summary,
)
from dicom_conformance.judge.checks.outcome_values import CountOrNone, Listed, StatusOrNone
from dicom_conformance.judge.checks.wanted import (
    Abort,
    Bounds,
    Count,
    Position,
    Rejection,
    status_admitted,
)
from dicom_conformance.results import Finding
from dicom_conformance.trace import Operation, Trace

CHECK = "outcome"


class OutcomeWanted(ListsWanted):
    """What may be wanted of the outcome of an operation, by the names of the agreement on outcomes.

    `position` chooses among several outcomes (the last, unless given). `status: none` wants no status reported. `match`
    lists sets of keys, each of which some match must have, `state` the same of the presentation states of an image;
    `attributes` are those that an instance is shown with, `texts` all that a picture is annotated with.
    `doubtful` counts the matches, or the instance, whose text was reported as doubtful; `doubt` is part of that report.
    Of printing, `film` and `event` list sets of keys, each of which some reported film or event must have,
    `printer` those of the printer that is shown, and `warned` is part of a warning. `study` likewise of a worklist,
    `opened` is the study that is open in it, and `problem` part of what is wrong with it. Of a display protocol `box`,
    `image_set`, `reason` and `candidate` list sets of keys, too, and `why` and `unanswered` are parts of texts.
    """

    ae: str = Field(default="workstation", description="AE that performed the operation")
    operation: str | None = Field(default=None, description="name of the operation")
    peer: str | None = Field(default=None, description="AE that it was performed with")
    position: Position = Field(default="last", description="which of several such operations")
    result: Texts = Field(default=(), description="results that are admitted")
    status: StatusOrNone = Field(default=(), description="statuses that are admitted; `none`: no status is reported")
    detail: str | None = Field(default=None, description="text that the message to the user contains")
    rejection: Rejection | None = Field(default=None, description="the A-ASSOCIATE-RJ that is reported")
    abort: Abort | None = Field(default=None, description="the A-ABORT that is reported")
    matches: Count | None = Field(default=None, description="number of matches of a query")
    match: tuple[dict[str, Texts], ...] = Field(
        default=(), description="sets of keys and values; each is found in some match"
    )
    attributes: dict[str, Texts] = Field(default_factory=dict, description="attributes that an instance is shown with")
    states: Count | None = Field(default=None, description="number of presentation states reported for an image")
    state: tuple[dict[str, Texts], ...] = Field(
        default=(), description="sets of keys and values; each is found in some presentation state"
    )
    texts: Texts = Field(default=(), description="all texts that a picture is annotated with")
    doubtful: Count | None = Field(
        default=None, description="number of matches (or of shown instances) whose text is reported to be doubtful"
    )
    doubt: str | None = Field(default=None, description="text that such a report contains")
    pending: CountOrNone = Field(default=None, description="number of pending responses reported")
    completed: CountOrNone = Field(default=None, description="completed sub-operations reported")
    failed: CountOrNone = Field(default=None, description="failed sub-operations reported")
    warning: CountOrNone = Field(default=None, description="sub-operations with a warning reported")
    remaining: CountOrNone = Field(default=None, description="remaining sub-operations reported")
    arrived: CountOrNone = Field(default=None, description="instances reported to have arrived")
    missing: CountOrNone = Field(default=None, description="instances reported to be missing")
    failed_instances: Listed | None = Field(default=None, description="instances reported to have failed")
    stored: Listed | None = Field(default=None, description="instances reported as stored")
    stored_with_warning: Listed | None = Field(default=None, description="instances reported as stored with a warning")
    not_stored: Listed | None = Field(default=None, description="instances reported as not stored")
    films_printed: CountOrNone = Field(default=None, description="films reported as printed")
    films_failed: CountOrNone = Field(default=None, description="films reported as failed")
    not_deleted: Listed | None = Field(
        default=None, description="objects at the printer that could not be deleted: how many, or which UIDs"
    )

    @model_validator(mode="after")
    def _who_aborted_is_not_reported(self) -> OutcomeWanted:
        if self.abort is not None and self.abort.by is not None:
            raise ValueError("abort: an outcome does not say who aborted; use the check association")
        return self


def chosen_operations(trace: Trace, ae: str, operation: str | None, peer: str | None) -> list[Operation]:
    """Give the operations that an AE was asked to perform, in order."""
    return [
        one
        for one in trace.operations
        if one.ae == ae and operation in (None, one.operation) and peer in (None, one.peer)
    ]


def judge(trace: Trace, wanted: OutcomeWanted) -> list[Finding]:
    """Judge what an AE reported to its user: one finding for each thing that is wanted."""
    name = wanted.operation or "operation"
    chosen = pick(chosen_operations(trace, wanted.ae, wanted.operation, wanted.peer), wanted.position)
    if not chosen:
        return [finding(CHECK, False, f"an outcome of {name} of {wanted.ae}", "no such operation was requested")]
    findings = []
    for expected, find_problem, describe in _questions(wanted):
        odd = [problem for one in chosen if (problem := _problem(one, find_problem)) is not None]
        actual = listed(odd, none=listed(describe(one.outcome or {}) for one in chosen))
        findings.append(finding(CHECK, not odd, f"{name} of {wanted.ae}: {expected}", actual))
    return findings


def _problem(operation: Operation, find_problem: FindProblem) -> str | None:
    if operation.outcome is None:
        return f"{operation.operation} has not ended" if operation.finished_ns is None else "no outcome was reported"
    return find_problem(operation.outcome)


def _questions(wanted: OutcomeWanted) -> Iterator[tuple[str, FindProblem, Describe]]:
    """Turn what is wanted into words, a function that complains, and one that tells what was met."""
    if wanted.result:
        yield f"result {' or '.join(wanted.result)}", partial(_result, wanted.result), summary
    if "status" in wanted.model_fields_set:
        words = "none" if wanted.status is None else " or ".join(wanted.status)
        yield f"status {words}", partial(_status, wanted.status), summary
    if wanted.detail is not None:
        yield f"detail contains {wanted.detail!r}", partial(_detail, wanted.detail), summary
    if wanted.rejection is not None:
        yield f"rejection with {wanted_fields(wanted.rejection)}", partial(_rejection, wanted.rejection), summary
    if wanted.abort is not None:
        yield f"abort with {wanted_fields(wanted.abort)}", partial(_abort, wanted.abort), summary
    for name, one, bounds, entries in (
        ("matches", "match", wanted.matches, wanted.match),
        ("states", "state", wanted.states, wanted.state),
    ):
        if bounds is not None:
            yield counted(bounds, one), partial(counted_problem, name, bounds), partial(number_text, name)
        for keys in entries:
            words = f"a {one} with {keys_text(keys)}"
            yield words, partial(_match, keys, name), partial(number_text, name)
    yield from list_questions(wanted)
    if wanted.texts:
        yield (
            f"the texts {listed(wanted.texts)}",
            partial(_listing, "texts", wanted.texts),
            partial(names_text, "texts"),
        )
    for key, texts in wanted.attributes.items():
        yield f"{key} shown as {' or '.join(texts)}", partial(_attribute, key, texts), summary
    if wanted.doubtful is not None:
        yield f"{wanted.doubtful} reported as doubtful", partial(_doubtful, wanted.doubtful), _doubts_text
    if wanted.doubt is not None:
        yield f"a doubt that contains {wanted.doubt!r}", partial(_doubt, wanted.doubt), _doubts_text
    yield from _count_questions(wanted)


_COUNTS = (
    *("pending", "completed", "failed", "warning", "remaining", "arrived", "missing"),
    *("films_printed", "films_failed"),
)
"""Fields that count something, or demand that it was not reported."""


def _count_questions(wanted: OutcomeWanted) -> Iterator[tuple[str, FindProblem, Describe]]:
    """Questions about numbers and lists of instances."""
    for name in _COUNTS:
        if name in wanted.model_fields_set:
            bounds = getattr(wanted, name)
            yield (
                f"{name} {'not reported' if bounds is None else bounds}",
                partial(counted_problem, name, bounds),
                partial(number_text, name),
            )
    for name in ("failed_instances", "stored", "stored_with_warning", "not_stored", "not_deleted", "to_load"):
        listing = getattr(wanted, name)
        if isinstance(listing, tuple):
            yield f"{name} {listed(listing, most=20)}", partial(_listing, name, listing), partial(names_text, name)
        elif listing is not None:
            yield f"{name} {listing}", partial(counted_problem, name, listing), partial(number_text, name)


def _result(results: tuple[str, ...], outcome: Outcome) -> str | None:
    return None if outcome.get("result") in results else summary(outcome)


def _status(statuses: tuple[str, ...] | None, outcome: Outcome) -> str | None:
    reported = outcome.get("status")
    number = int(str(reported), 16) if reported else None
    met = number is None if statuses is None else status_admitted(number, statuses)
    return None if met else f"status {reported or 'not reported'}"


def _detail(text: str, outcome: Outcome) -> str | None:
    detail = str(outcome.get("detail") or "")
    return None if text.lower() in detail.lower() else f"detail {detail!r}"


def _rejection(wanted: Rejection, outcome: Outcome) -> str | None:
    reported = outcome.get("rejection")
    if not isinstance(reported, Mapping):
        return f"no rejection: {summary(outcome)}"
    differs = rejection_differs(wanted, reported.get("result"), reported.get("source"), reported.get("reason"))
    return f"rejection {dict(reported)}" if differs else None


def _abort(wanted: Abort, outcome: Outcome) -> str | None:
    reported = outcome.get("abort")
    if not isinstance(reported, Mapping):
        return f"no abort: {summary(outcome)}"
    return (
        f"abort {dict(reported)}"
        if abort_differs(wanted, None, reported.get("source"), reported.get("reason"))
        else None
    )


def _listing(name: str, wanted: tuple[str, ...], outcome: Outcome) -> str | None:
    reported = outcome.get(name)
    if isinstance(reported, list | tuple) and sorted(str(item) for item in reported) == sorted(wanted):
        return None
    return names_text(name, outcome)


def _attribute(key: str, texts: tuple[str, ...], outcome: Outcome) -> str | None:
    reported = outcome.get("attributes")
    if not isinstance(reported, Mapping) or key not in reported:
        return f"{key} not shown: {summary(outcome)}"
    return None if reported[key] in texts else f"{key} {reported[key]!r}"


def _doubts(outcome: Outcome) -> list[list[str]]:
    """Give what is doubtful in each match, or in the one instance that is shown."""
    reported = outcome.get("doubtful") or []
    lists = [one if isinstance(one, list | tuple) else [one] for one in reported]
    return [list(map(str, one)) for one in lists if one]


def _doubts_text(outcome: Outcome) -> str:
    return listed(chain.from_iterable(_doubts(outcome)), most=3, none="no doubt reported")


def _doubtful(bounds: Bounds, outcome: Outcome) -> str | None:
    if "doubtful" not in outcome:
        return f"it was not reported whether text is doubtful: {summary(outcome)}"
    doubts = _doubts(outcome)
    count = len(doubts) if "attributes" not in outcome else min(1, len(doubts))
    return None if bounds.admit(count) else f"{count} doubtful: {listed(chain.from_iterable(doubts), most=3)}"


def _doubt(text: str, outcome: Outcome) -> str | None:
    doubts = [doubt for one in _doubts(outcome) for doubt in one]
    return None if any(text in doubt for doubt in doubts) else _doubts_text(outcome)


def _match(keys: Mapping[str, tuple[str, ...]], name: str, outcome: Outcome) -> str | None:
    matches = outcome.get(name) or []
    for match in matches:
        if all(str(match.get(key, "")) in texts for key, texts in keys.items()):
            return None
    shown = ({key: match.get(key) for key in keys} for match in matches)
    return f"{name} {len(matches)}: {listed(shown, most=3)}"
