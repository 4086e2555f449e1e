"""The check `outcome`: what an AE told its user about an operation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Annotated, Any, TypeAlias

from pydantic import Field, PlainValidator, WithJsonSchema

from harness.checks.choice import abort_differs, finding, listed, pick, rejection_differs, said
from harness.checks.wanted import (
    Abort,
    Bounds,
    Count,
    Position,
    Rejection,
    Wanted,
    read_bounds,
    read_statuses,
    status_admitted,
)
from harness.findings import Finding
from harness.scalars import Texts
from harness.trace import Operation, Trace
from harness.wording import counted

CHECK = "outcome"


def _told(value: Any) -> Bounds | None:
    return None if str(value).strip() == "none" else read_bounds(value)


TellCount = Annotated[
    Bounds | None,
    PlainValidator(_told),
    WithJsonSchema({"type": ["string", "integer"], "format": "told-count"}),
]
"""A count that was reported; `none` demands that it was not reported."""


def _listed_or_counted(value: Any) -> Bounds | tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(str(item) for item in value)
    if isinstance(value, str) and re.fullmatch(r"[0-9.]+", value) and "." in value:
        return (value,)
    return read_bounds(value)


Listed = Annotated[
    Bounds | tuple[str, ...],
    PlainValidator(_listed_or_counted),
    WithJsonSchema(
        {
            "anyOf": [{"type": ["string", "integer"]}, {"type": "array", "items": {"type": "string"}}],
            "format": "listed",
        }
    ),
]
"""Either how many, or which (UIDs)."""


def _status_told(value: Any) -> tuple[str, ...] | None:
    return None if str(value).strip() == "none" else read_statuses(value)


StatusTold = Annotated[
    tuple[str, ...] | None,
    PlainValidator(_status_told),
    WithJsonSchema({"format": "told-status"}),
]
"""The statuses that may be reported; `none` demands that none was reported."""


class OutcomeWanted(Wanted):
    """What may be wanted of the outcome of an operation, by the names of the agreement on outcomes.

    `position` chooses among several outcomes (the last, unless given). `status: none` wants no status told. `match`
    lists sets of keys, each of which some match must bear, `state` the same of the presentation states of an image;
    `attributes` are those that an instance is shown with, `texts` all that a picture is annotated with.
    `doubtful` counts the matches, or the instance, whose text was told to be doubtful; `doubt` stands in what was told.
    Of printing, `film` and `event` list sets of keys, each of which some film or event that was told must bear,
    `printer` those of the printer that is shown, and `warned` stands in a warning.
    """

    ae: str = Field(default="workstation", description="AE that performed the operation")
    operation: str | None = Field(default=None, description="name of the operation")
    peer: str | None = Field(default=None, description="AE that it was performed with")
    position: Position = Field(default="last", description="which of several such operations")
    result: Texts = Field(default=(), description="results that are admitted")
    status: StatusTold = Field(default=(), description="statuses that are admitted; `none`: no status is reported")
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
    pending: TellCount = Field(default=None, description="number of pending responses reported")
    completed: TellCount = Field(default=None, description="completed sub-operations reported")
    failed: TellCount = Field(default=None, description="failed sub-operations reported")
    warning: TellCount = Field(default=None, description="sub-operations with a warning reported")
    remaining: TellCount = Field(default=None, description="remaining sub-operations reported")
    arrived: TellCount = Field(default=None, description="instances reported to have arrived")
    missing: TellCount = Field(default=None, description="instances reported to be missing")
    failed_instances: Listed | None = Field(default=None, description="instances reported to have failed")
    stored: Listed | None = Field(default=None, description="instances reported as stored")
    stored_with_warning: Listed | None = Field(default=None, description="instances reported as stored with a warning")
    not_stored: Listed | None = Field(default=None, description="instances reported as not stored")
    films: Count | None = Field(default=None, description="number of films reported")
    films_printed: TellCount = Field(default=None, description="films reported as printed")
    films_failed: TellCount = Field(default=None, description="films reported as failed")
    film: tuple[dict[str, Texts], ...] = Field(
        default=(), description="sets of keys and values; each is found in some film"
    )
    events: Count | None = Field(default=None, description="number of events reported")
    event: tuple[dict[str, Texts], ...] = Field(
        default=(), description="sets of keys and values; each is found in some event"
    )
    warnings: Count | None = Field(default=None, description="number of warnings")
    warned: str | None = Field(default=None, description="text that some warning contains")
    not_deleted: Listed | None = Field(
        default=None, description="objects at the printer that could not be deleted: how many, or which UIDs"
    )
    printer: dict[str, Texts] = Field(default_factory=dict, description="keys and values of the printer that is shown")


def chosen_operations(trace: Trace, ae: str, operation: str | None, peer: str | None) -> list[Operation]:
    """Give the operations that an AE was asked for, in that order."""
    return [
        one
        for one in trace.operations
        if one.ae == ae and operation in (None, one.operation) and peer in (None, one.peer)
    ]


def judge(trace: Trace, wanted: OutcomeWanted) -> list[Finding]:
    """Judge what an AE told its user: one finding for each thing that is wanted."""
    name = wanted.operation or "operation"
    chosen = pick(chosen_operations(trace, wanted.ae, wanted.operation, wanted.peer), wanted.position)
    if not chosen:
        return [finding(CHECK, False, f"an outcome of {name} of {wanted.ae}", "no such operation was requested")]
    findings = []
    for expected, complain, tell in _questions(wanted):
        odd = [said for one in chosen if (said := _complaint(one, complain)) is not None]
        told = listed(odd, none=listed(tell(one.outcome or {}) for one in chosen))
        findings.append(finding(CHECK, not odd, f"{name} of {wanted.ae}: {expected}", told))
    return findings


Told: TypeAlias = Mapping[str, Any]
Complain: TypeAlias = Callable[[Told], str | None]
Tell: TypeAlias = Callable[[Told], str]


def _complaint(operation: Operation, complain: Complain) -> str | None:
    if operation.outcome is None:
        return f"{operation.operation} has not ended" if operation.finished_ns is None else "no outcome was reported"
    return complain(operation.outcome)


def _summary(outcome: Told) -> str:
    told = [str(outcome.get("result"))]
    if outcome.get("status"):
        told.append(f"status {outcome['status']}")
    if outcome.get("detail"):
        told.append(str(outcome["detail"]))
    return " ".join(told)


def _questions(wanted: OutcomeWanted) -> Iterator[tuple[str, Complain, Tell]]:
    """Turn what is wanted into words, a function that complains, and one that tells what was met."""
    if wanted.result:
        yield f"result {' or '.join(wanted.result)}", partial(_result, wanted.result), _summary
    if "status" in wanted.model_fields_set:
        words = "none" if wanted.status is None else " or ".join(wanted.status)
        yield f"status {words}", partial(_status, wanted.status), _summary
    if wanted.detail is not None:
        yield f"detail contains {wanted.detail!r}", partial(_detail, wanted.detail), _summary
    if wanted.rejection is not None:
        yield f"rejection with {said(wanted.rejection)}", partial(_rejection, wanted.rejection), _summary
    if wanted.abort is not None:
        yield f"abort with {said(wanted.abort)}", partial(_abort, wanted.abort), _summary
    for name, one, bounds, entries in (
        ("matches", "match", wanted.matches, wanted.match),
        ("states", "state", wanted.states, wanted.state),
    ):
        if bounds is not None:
            yield counted(bounds, one), partial(_counted, name, bounds), partial(_number, name)
        for keys in entries:
            words = f"a {one} with {_keys_text(keys)}"
            yield words, partial(_match, keys, name), partial(_number, name)
    yield from _print_questions(wanted)
    if wanted.texts:
        yield f"the texts {listed(wanted.texts)}", partial(_listing, "texts", wanted.texts), partial(_names, "texts")
    for key, texts in wanted.attributes.items():
        yield f"{key} shown as {' or '.join(texts)}", partial(_attribute, key, texts), _summary
    if wanted.doubtful is not None:
        yield f"{wanted.doubtful} reported as doubtful", partial(_doubtful, wanted.doubtful), _told_doubts
    if wanted.doubt is not None:
        yield f"a doubt that contains {wanted.doubt!r}", partial(_doubt, wanted.doubt), _told_doubts
    yield from _count_questions(wanted)


_COUNTS = (
    *("pending", "completed", "failed", "warning", "remaining", "arrived", "missing"),
    *("films_printed", "films_failed"),
)
"""Fields that count something, or demand that it was not reported."""


def _count_questions(wanted: OutcomeWanted) -> Iterator[tuple[str, Complain, Tell]]:
    """What may be wanted of numbers and of lists of instances."""
    for name in _COUNTS:
        if name in wanted.model_fields_set:
            bounds = getattr(wanted, name)
            yield (
                f"{name} {'not reported' if bounds is None else bounds}",
                partial(_counted, name, bounds),
                partial(_number, name),
            )
    for name in ("failed_instances", "stored", "stored_with_warning", "not_stored", "not_deleted"):
        listing = getattr(wanted, name)
        if isinstance(listing, tuple):
            yield f"{name} {listed(listing, most=20)}", partial(_listing, name, listing), partial(_names, name)
        elif listing is not None:
            yield f"{name} {listing}", partial(_counted, name, listing), partial(_number, name)


def _keys_text(keys: Mapping[str, tuple[str, ...]]) -> str:
    """Write what an entry of a list is to bear."""
    return ", ".join(f"{key} {' or '.join(texts)}" for key, texts in keys.items())


def _print_questions(wanted: OutcomeWanted) -> Iterator[tuple[str, Complain, Tell]]:
    """What may be wanted of printing."""
    for name, one, listing in (("films", "film", wanted.film), ("events", "event", wanted.event)):
        bounds = getattr(wanted, name)
        if bounds is not None:
            yield counted(bounds, one), partial(_counted, name, bounds), partial(_number, name)
        for keys in listing:
            yield f"{one} with {_keys_text(keys)}", partial(_match_told, keys, name), partial(_entries, name)
    if wanted.warnings is not None:
        yield (
            counted(wanted.warnings, "warning"),
            partial(_counted, "warnings", wanted.warnings),
            partial(_names, "warnings"),
        )
    if wanted.warned is not None:
        yield f"a warning that contains {wanted.warned!r}", partial(_warned, wanted.warned), partial(_names, "warnings")
    for key, texts in wanted.printer.items():
        yield f"printer's {key} {' or '.join(texts)}", partial(_printer, key, texts), partial(_printer_told, key)


def _match_told(keys: Mapping[str, tuple[str, ...]], name: str, outcome: Told) -> str | None:
    """Judge that some entry of a list bears every key; a value of null is the text `none`."""
    entries = outcome.get(name)
    told = [one for one in entries if isinstance(one, Mapping)] if isinstance(entries, list | tuple) else []
    met = any(all(_word(one.get(key)) in texts for key, texts in keys.items()) for one in told)
    return None if met else _entries(name, outcome)


def _entries(name: str, outcome: Told) -> str:
    """Write a list of mappings that was told, without what is large."""
    entries = outcome.get(name)
    if not isinstance(entries, list | tuple):
        return f"{name} not reported: {_summary(outcome)}"
    small = [
        " ".join(
            f"{key} {_word(value)}" for key, value in one.items() if not isinstance(value, bytes) and key != "data"
        )
        for one in entries
        if isinstance(one, Mapping)
    ]
    return f"{name}: {listed(small, most=4)}"


def _word(value: Any) -> str:
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _warned(text: str, outcome: Told) -> str | None:
    told = outcome.get("warnings")
    met = isinstance(told, list | tuple) and any(text.lower() in str(one).lower() for one in told)
    return None if met else _names("warnings", outcome)


def _printer_told(key: str, outcome: Told) -> str:
    told = outcome.get("printer")
    return f"{key} {_word(told.get(key)) if isinstance(told, Mapping) else 'not reported'}"


def _printer(key: str, texts: tuple[str, ...], outcome: Told) -> str | None:
    told = outcome.get("printer")
    met = isinstance(told, Mapping) and _word(told.get(key)) in texts
    return None if met else _printer_told(key, outcome)


def _result(results: tuple[str, ...], outcome: Told) -> str | None:
    return None if outcome.get("result") in results else _summary(outcome)


def _status(statuses: tuple[str, ...] | None, outcome: Told) -> str | None:
    told = outcome.get("status")
    number = int(str(told), 16) if told else None
    met = number is None if statuses is None else status_admitted(number, statuses)
    return None if met else f"status {told or 'not reported'}"


def _detail(text: str, outcome: Told) -> str | None:
    detail = str(outcome.get("detail") or "")
    return None if text.lower() in detail.lower() else f"detail {detail!r}"


def _rejection(wanted: Rejection, outcome: Told) -> str | None:
    told = outcome.get("rejection")
    if not isinstance(told, Mapping):
        return f"no rejection: {_summary(outcome)}"
    differs = rejection_differs(wanted, told.get("result"), told.get("source"), told.get("reason"))
    return f"rejection {dict(told)}" if differs else None


def _abort(wanted: Abort, outcome: Told) -> str | None:
    told = outcome.get("abort")
    if not isinstance(told, Mapping):
        return f"no abort: {_summary(outcome)}"
    return f"abort {dict(told)}" if abort_differs(wanted, None, told.get("source"), told.get("reason")) else None


def _counted(name: str, bounds: Bounds | None, outcome: Told) -> str | None:
    """Judge a number that was told; of a list, its length."""
    value = outcome.get(name)
    number = len(value) if isinstance(value, list | tuple) else value
    met = number is None if bounds is None else isinstance(number, int) and bounds.admit(number)
    return None if met else _number(name, outcome)


def _number(name: str, outcome: Told) -> str:
    """Write a number that was told."""
    value = outcome.get(name)
    number = len(value) if isinstance(value, list | tuple) else value
    return f"{name} {'not reported' if number is None else number}"


def _listing(name: str, wanted: tuple[str, ...], outcome: Told) -> str | None:
    told = outcome.get(name)
    if isinstance(told, list | tuple) and sorted(str(item) for item in told) == sorted(wanted):
        return None
    return _names(name, outcome)


def _names(name: str, outcome: Told) -> str:
    """Write a list that was told."""
    told = outcome.get(name)
    return f"{name} {listed(told, most=20) if isinstance(told, list | tuple) else 'not reported'}"


def _attribute(key: str, texts: tuple[str, ...], outcome: Told) -> str | None:
    told = outcome.get("attributes")
    if not isinstance(told, Mapping) or key not in told:
        return f"{key} not shown: {_summary(outcome)}"
    return None if told[key] in texts else f"{key} {told[key]!r}"


def _doubts(outcome: Told) -> list[list[str]]:
    """Give what is doubtful in each match, or in the one instance that is shown."""
    told = outcome.get("doubtful") or []
    lists = [one if isinstance(one, list | tuple) else [one] for one in told]
    return [list(map(str, one)) for one in lists if one]


def _told_doubts(outcome: Told) -> str:
    return listed(chain.from_iterable(_doubts(outcome)), most=3, none="no doubt reported")


def _doubtful(bounds: Bounds, outcome: Told) -> str | None:
    doubts = _doubts(outcome)
    count = len(doubts) if "attributes" not in outcome else min(1, len(doubts))
    return None if bounds.admit(count) else f"{count} doubtful: {listed(chain.from_iterable(doubts), most=3)}"


def _doubt(text: str, outcome: Told) -> str | None:
    doubts = [doubt for one in _doubts(outcome) for doubt in one]
    return None if any(text in doubt for doubt in doubts) else _told_doubts(outcome)


def _match(keys: Mapping[str, tuple[str, ...]], name: str, outcome: Told) -> str | None:
    matches = outcome.get(name) or []
    for match in matches:
        if all(str(match.get(key, "")) in texts for key, texts in keys.items()):
            return None
    shown = ({key: match.get(key) for key in keys} for match in matches)
    return f"{name} {len(matches)}: {listed(shown, most=3)}"
