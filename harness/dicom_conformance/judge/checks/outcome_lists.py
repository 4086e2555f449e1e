"""What the check `outcome` may want of printing, worklists and display protocols: lists of entries, and texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeAlias

from pydantic import Field

from dicom_conformance.files import Texts, counted
from dicom_conformance.judge.checks.choice import listed
from dicom_conformance.judge.checks.outcome_values import Listed
from dicom_conformance.judge.checks.wanted import Bounds, Count, Wanted

Outcome: TypeAlias = Mapping[str, Any]
FindProblem: TypeAlias = Callable[[Outcome], str | None]
Describe: TypeAlias = Callable[[Outcome], str]


class ListsWanted(Wanted):
    """What may be wanted of the outcomes of printing, worklists and display protocols."""

    films: Count | None = Field(default=None, description="number of films reported")
    film: tuple[dict[str, Texts], ...] = Field(
        default=(), description="sets of keys and values; each is found in some film"
    )
    events: Count | None = Field(default=None, description="number of events reported")
    event: tuple[dict[str, Texts], ...] = Field(
        default=(), description="sets of keys and values; each is found in some event"
    )
    warnings: Count | None = Field(default=None, description="number of warnings")
    warned: str | None = Field(default=None, description="text that some warning contains")
    printer: dict[str, Texts] = Field(default_factory=dict, description="keys and values of the printer that is shown")
    studies: Count | None = Field(default=None, description="number of studies of a worklist")
    study: tuple[dict[str, Texts], ...] = Field(default=(), description="sets of keys and values, as `match`")
    opened: str | None = Field(default=None, description="the study that is open in a worklist, by its UID, or `none`")
    problem: str | None = Field(default=None, description="text that the problem of a worklist contains")
    boxes: Count | None = Field(default=None, description="number of image boxes of a display protocol")
    box: tuple[dict[str, Texts], ...] = Field(
        default=(), description="sets of keys and values, as `match`; several images have a backslash between"
    )
    image_set: tuple[dict[str, Texts], ...] = Field(default=(), description="likewise, each found in some image set")
    reason: tuple[dict[str, Texts], ...] = Field(
        default=(), description="likewise, each found in some rule that a display protocol met or failed"
    )
    candidate: tuple[dict[str, Texts], ...] = Field(
        default=(), description="likewise, each found in some display protocol that was considered"
    )
    protocol: str | None = Field(default=None, description="the display protocol that was chosen, or `none`")
    display_protocol: str | None = Field(
        default=None, description="the display protocol of a study that was loaded or opened, or `none`"
    )
    to_load: Listed | None = Field(default=None, description="series to be loaded for a display protocol")
    why: str | None = Field(default=None, description="text that the reason of the choice contains")
    unanswered: str | None = Field(
        default=None, description="text that says why an archive was not asked further, or part of it"
    )


def summary(outcome: Outcome) -> str:
    """Write the result, the status and the detail of an outcome."""
    parts = [str(outcome.get("result"))]
    if outcome.get("status"):
        parts.append(f"status {outcome['status']}")
    if outcome.get("detail"):
        parts.append(str(outcome["detail"]))
    return " ".join(parts)


def keys_text(keys: Mapping[str, tuple[str, ...]]) -> str:
    """Describe the values that an entry of a list must have."""
    return ", ".join(f"{key} {' or '.join(texts)}" for key, texts in keys.items())


def counted_problem(name: str, bounds: Bounds | None, outcome: Outcome) -> str | None:
    """Judge a reported number; for a list, its length."""
    value = outcome.get(name)
    number = len(value) if isinstance(value, list | tuple) else value
    met = number is None if bounds is None else isinstance(number, int) and bounds.admit(number)
    return None if met else number_text(name, outcome)


def number_text(name: str, outcome: Outcome) -> str:
    """Write a reported number."""
    value = outcome.get(name)
    number = len(value) if isinstance(value, list | tuple) else value
    return f"{name} {'not reported' if number is None else number}"


def names_text(name: str, outcome: Outcome) -> str:
    """Write a reported list."""
    reported = outcome.get(name)
    return f"{name} {listed(reported, most=20) if isinstance(reported, list | tuple) else 'not reported'}"


def list_questions(wanted: ListsWanted) -> Iterator[tuple[str, FindProblem, Describe]]:
    """Turn what is wanted of lists and texts into words, a function that complains, and one that tells what was met."""
    for name, one, listing in (
        ("films", "film", wanted.film),
        ("events", "event", wanted.event),
        ("studies", "study", wanted.study),
        ("boxes", "box", wanted.box),
        ("image_sets", "image set", wanted.image_set),
        ("reasons", "reason", wanted.reason),
        ("protocols", "display protocol", wanted.candidate),
    ):
        bounds = getattr(wanted, name, None)
        if bounds is not None:
            yield counted(bounds, one), partial(counted_problem, name, bounds), partial(number_text, name)
        for keys in listing:
            yield f"{one} with {keys_text(keys)}", partial(_match_entry, keys, name), partial(_entries, name)
    if wanted.warnings is not None:
        yield (
            counted(wanted.warnings, "warning"),
            partial(counted_problem, "warnings", wanted.warnings),
            partial(names_text, "warnings"),
        )
    if wanted.warned is not None:
        yield (
            f"a warning that contains {wanted.warned!r}",
            partial(_warned, wanted.warned),
            partial(names_text, "warnings"),
        )
    yield from _text_questions(wanted)
    for key, texts in wanted.printer.items():
        yield f"printer's {key} {' or '.join(texts)}", partial(_printer, key, texts), partial(_printer_text, key)


def _text_questions(wanted: ListsWanted) -> Iterator[tuple[str, FindProblem, Describe]]:
    """Questions about single texts: those that are given in full, and those of which a part is."""
    for name in ("opened", "protocol", "display_protocol"):
        text = getattr(wanted, name)
        if text is not None:
            yield f"{name} {text}", partial(_text, name, text), partial(_text_of, name)
    for name in ("problem", "why", "unanswered"):
        text = getattr(wanted, name)
        if text is not None:
            yield f"a {name} that contains {text!r}", partial(_holds, name, text), partial(_text_of, name)


def _match_entry(keys: Mapping[str, tuple[str, ...]], name: str, outcome: Outcome) -> str | None:
    """Judge that some entry of a list bears every key; a value of null is the text `none`."""
    entries = outcome.get(name)
    reported = [one for one in entries if isinstance(one, Mapping)] if isinstance(entries, list | tuple) else []
    met = any(all(_word(one.get(key)) in texts for key, texts in keys.items()) for one in reported)
    return None if met else _entries(name, outcome)


def _entries(name: str, outcome: Outcome) -> str:
    """Write a reported list of mappings, without large values."""
    entries = outcome.get(name)
    if not isinstance(entries, list | tuple):
        return f"{name} not reported: {summary(outcome)}"
    small = [
        " ".join(
            f"{key} {_word(value)}" for key, value in one.items() if not isinstance(value, bytes) and key != "data"
        )
        for one in entries
        if isinstance(one, Mapping)
    ]
    return f"{name}: {listed(small, most=4)}"


def _word(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "\\".join(map(_word, value))
    return "none" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _text(name: str, text: str, outcome: Outcome) -> str | None:
    return None if name in outcome and _word(outcome[name]) == text else _text_of(name, outcome)


def _text_of(name: str, outcome: Outcome) -> str:
    return f"{name} {_word(outcome[name])!r}" if name in outcome else f"{name} not reported: {summary(outcome)}"


def _holds(name: str, text: str, outcome: Outcome) -> str | None:
    return None if text.lower() in str(outcome.get(name) or "").lower() else _text_of(name, outcome)


def _warned(text: str, outcome: Outcome) -> str | None:
    reported = outcome.get("warnings")
    met = isinstance(reported, list | tuple) and any(text.lower() in str(one).lower() for one in reported)
    return None if met else names_text("warnings", outcome)


def _printer_text(key: str, outcome: Outcome) -> str:
    reported = outcome.get("printer")
    return f"{key} {_word(reported.get(key)) if isinstance(reported, Mapping) else 'not reported'}"


def _printer(key: str, texts: tuple[str, ...], outcome: Outcome) -> str | None:
    reported = outcome.get("printer")
    met = isinstance(reported, Mapping) and _word(reported.get(key)) in texts
    return None if met else _printer_text(key, outcome)
