"""How well a display protocol fits what is known: which studies it is for, which image sets have images, its rank.

Invariants: pure and total. A better known study never makes the best that a protocol may come to better, nor the worst
worse. No two protocols have the same rank, whatever the order in which they or the answers came.

References
----------
PS3.3 Sections C.23.1.1.1 (definition), C.23.1.1.2 (image sets), C.23.2 (environment)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from dicom_workstation.protocols.codes import CodedValue
from dicom_workstation.protocols.display_protocol import (
    Definition,
    DisplayProtocol,
    ImageSet,
    Screen,
    TimeBasedImageSet,
)
from dicom_workstation.protocols.facts import Facts, Leaf, Level, Question, Study
from dicom_workstation.protocols.matching import REGION, Truth, Verdict, criterion, select
from dicom_workstation.protocols.times import units_before

LEVELS: Final = ("SINGLE_USER", "USER_GROUP", "SITE", "MANUFACTURER")


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a protocol is chosen, and on which screens; nothing is known of either if they are empty."""

    codes: tuple[CodedValue, ...] = ()
    group: str = ""
    screens: tuple[Screen, ...] = ()


class Outlook(Enum):
    """What is taken for true of that which can still be asked."""

    BEST = "whatever is good for the protocol"
    WORST = "whatever is bad for it"
    NOW = "nothing is asked any more"


class Rank(NamedTuple):
    """The place of a protocol: the least is chosen. Each part counts only if those before it are equal.

    `lacks` says whether something that the definition asks for is not known, and then of each of the `CRITERIA` whether
    the definition does not have it, or it is not met.
    """

    is_excluded: bool
    level: int
    lacks: tuple[bool, ...]
    empty_sets: int
    minus_filled_sets: int
    missing_priors: int
    minus_priors: int
    misfits_screens: bool
    has_unsupported: bool
    name: str
    uid: str
    content: str


PARTS: Final[Mapping[str, str]] = {
    "is_excluded": "whether it fits at all",
    "level": "the level",
    "lacks": "the definition",
    "empty_sets": "image sets without images",
    "minus_filled_sets": "image sets with images",
    "missing_priors": "priors that are missing",
    "minus_priors": "priors that it shows",
    "misfits_screens": "the screens",
    "has_unsupported": "what cannot be shown",
    "name": "the name",
    "uid": "the UID",
    "content": "the content",
}
"""Each part of a rank in words, in their order."""

CRITERIA: Final = (
    (
        "procedure",
        "ProcedureCode",
        ("ProcedureCodeSequence", "RequestAttributesSequence.RequestedProcedureCodeSequence"),
    ),
    (
        "reason for the procedure",
        "ReasonForRequestedProcedureCode",
        (
            "RequestAttributesSequence.ReasonForRequestedProcedureCodeSequence",
            "ReasonForRequestedProcedureCodeSequence",
        ),
    ),
    ("anatomic region", "AnatomicRegion", REGION),
    ("laterality", "Laterality", ("Laterality", "ImageLaterality")),
    ("modality", "Modality", ("Modality",)),
)
"""The criteria of a definition, the most specific first: name, field, and the attributes that tell it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a protocol, and what came of it: `result` is met, failed or not known; `on` is the study or image."""

    rule: str
    result: str
    on: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a protocol comes to: its rank, the images of each of its sets by number, and each rule."""

    protocol: DisplayProtocol
    rank: Rank
    sets: Mapping[int, tuple[Leaf, ...]]
    rules: tuple[Rule, ...]


def evaluate(protocol: DisplayProtocol, facts: Facts, reader: Reader, outlook: Outlook) -> Evaluation:
    """Return what a protocol comes to by what is known."""
    rules: list[Rule] = []
    is_for_reader = _is_for(protocol, reader, rules)
    lacks = define(protocol, facts, outlook, rules)
    sets = {timed.ImageSetNumber: content(wanted, timed, facts, outlook) for wanted, timed in protocol.time_based_sets}
    counts = _count(protocol, facts, sets, rules)
    has_current = counts[1] > 0
    if not has_current:
        rules.append(Rule("images of the current study", "failed", facts.current.uid, "no image set has any"))
    misfits = _misfits(protocol, reader, rules)
    unsupported = tuple(dict.fromkeys(filter(None, (each.unsupported for each in protocol.DisplaySets))))
    if unsupported:
        rules.append(Rule("everything can be shown", "failed", "", "; ".join(unsupported)))
    rank = Rank(
        not (is_for_reader and lacks is not None and has_current),
        LEVELS.index(protocol.HangingProtocolLevel),
        lacks or (True,) * (1 + len(CRITERIA)),
        counts[0],
        -counts[1],
        counts[2],
        -counts[3],
        misfits,
        bool(unsupported),
        protocol.HangingProtocolName,
        protocol.SOPInstanceUID,
        protocol.model_dump_json(exclude_defaults=True),
    )
    return Evaluation(protocol, rank, sets, tuple(rules))


def _is_for(protocol: DisplayProtocol, reader: Reader, rules: list[Rule]) -> bool:
    """Whether it belongs to the reader, the reader's group, or everybody."""
    match protocol.HangingProtocolLevel:
        case "SINGLE_USER":
            owners = protocol.HangingProtocolUserIdentificationCode
            is_met = any(one.is_same(other) for one in owners for other in reader.codes)
            wanted = ", ".join(map(str, owners)) or "nobody"
        case "USER_GROUP":
            wanted = protocol.HangingProtocolUserGroupName or "no group"
            is_met = bool(reader.group) and protocol.HangingProtocolUserGroupName.strip() == reader.group.strip()
        case _:
            return True
    rules.append(Rule(f"it is for {wanted}", "met" if is_met else "failed", "", _reader_text(reader)))
    return is_met


def _reader_text(reader: Reader) -> str:
    known = [*map(str, reader.codes), *([f"group {reader.group}"] if reader.group else [])]
    return f"the reader is {', '.join(known)}" if known else "who reads is not configured"


# -- the definition


def define(
    protocol: DisplayProtocol, facts: Facts, outlook: Outlook, rules: list[Rule] | None = None
) -> tuple[bool, ...] | None:
    """Return what the current study lacks of the definition (see `Rank.lacks`); None if the protocol is not for it.

    A criterion that the definition does not give is lacking: a protocol that asks for more, and gets it, goes before.
    """
    found = []
    for item in protocol.HangingProtocolDefinition:
        for leaf in _of(facts.current, facts, outlook):
            lacks = _lacks(item, leaf, facts, outlook)
            if lacks is not None:
                found.append((lacks, item, leaf))
    if not found:
        if rules is not None:
            rules.extend(_why_not(protocol, facts))
        return None
    lacks, item, leaf = min(found, key=lambda one: (one[0], one[2].name))
    if rules is not None:
        rules.extend(_rules_of(item, leaf))
    return lacks


def _lacks(item: Definition, leaf: Leaf, facts: Facts, outlook: Outlook) -> tuple[bool, ...] | None:
    lacks = []
    is_unsure = False
    for _, name, keys in CRITERIA:
        wanted = _wanted(item, name)
        if not wanted:
            lacks.append(True)
            continue
        truth = settled(criterion(wanted, keys, leaf), facts, outlook)
        if truth is Truth.NO:
            return None
        lacks.append(truth is not Truth.YES)
        is_unsure |= truth is not Truth.YES
    return (is_unsure, *lacks)


def _wanted(item: Definition, name: str) -> tuple[str | CodedValue, ...]:
    given = getattr(item, name)
    return given if isinstance(given, tuple) else (given,) if given else ()


def criterion_verdicts(item: Definition, leaf: Leaf) -> list[Verdict]:
    """Return what comes of each criterion of a definition on one image."""
    return [criterion(wanted, keys, leaf) for _, name, keys in CRITERIA if (wanted := _wanted(item, name))]


def _rules_of(item: Definition, leaf: Leaf) -> Iterator[Rule]:
    for label, name, keys in CRITERIA:
        if wanted := _wanted(item, name):
            verdict = criterion(wanted, keys, leaf)
            yield Rule(f"{label} is {_or(wanted)}", _result(verdict), leaf.name, verdict.seen)


def _why_not(protocol: DisplayProtocol, facts: Facts) -> Iterator[Rule]:
    """Yield for each item of a definition what each image, or kind of images, has instead."""
    seen: dict[tuple[str, str], Rule] = {}
    for item in protocol.HangingProtocolDefinition:
        for leaf in facts.leaves(facts.current):
            for rule in _rules_of(item, leaf):
                if rule.result != "met":
                    seen.setdefault((rule.rule, rule.detail), rule)
    yield from seen.values()


def _result(verdict: Verdict) -> str:
    return {Truth.YES: "met", Truth.NO: "failed"}.get(verdict.truth, "not known")


def _or(wanted: tuple[str | CodedValue, ...]) -> str:
    return " or ".join(map(str, wanted))


# -- the image sets


def settled(verdict: Verdict, facts: Facts, outlook: Outlook, flag: str = "") -> Truth:
    """Return what is taken for true of a condition.

    Parameters
    ----------
    flag : str
        MATCH or NO_MATCH: what an attribute that an image does not have comes to; if empty, it comes to nothing.
    """
    if verdict.truth in (Truth.YES, Truth.NO):
        return verdict.truth
    may_ask = any(facts.may_ask(each) for each in verdict.questions)
    if verdict.truth is Truth.UNKNOWN and may_ask and outlook is not Outlook.NOW:
        return Truth.YES if outlook is Outlook.BEST else Truth.NO
    return {"MATCH": Truth.YES, "NO_MATCH": Truth.NO}.get(flag, verdict.truth)


def _of(study: Study, facts: Facts, outlook: Outlook) -> Iterator[Leaf]:
    """Yield the images of a study that there are, or, at best, that there may be."""
    for leaf in facts.leaves(study):
        if leaf.is_there or (outlook is Outlook.BEST and existence(leaf, facts) is not None):
            yield leaf


def existence(leaf: Leaf, facts: Facts) -> Question | None:
    """Return the question that can tell whether there are such images: a count of a series before its images."""
    series, study = leaf.series, leaf.study.uid
    of_images = () if series is None else (Question(Level.IMAGE, study, series.uid),)
    questions = (Question(Level.SERIES, study), *of_images)
    return next((each for each in questions if facts.may_ask(each)), None)


def content(wanted: ImageSet, timed: TimeBasedImageSet, facts: Facts, outlook: Outlook) -> tuple[Leaf, ...]:
    """Return the images of an image set, study after study, the latest first."""
    found = [(study, _selected(wanted, study, facts, outlook)) for study in candidates(timed, facts)]
    with_images = [images for _, images in found if images]
    if timed.AbstractPriorValue is not None:
        first, last = timed.AbstractPriorValue
        with_images = with_images[-1:] if first == -1 else with_images[first - 1 : None if last == -1 else last]
    return tuple(leaf for images in with_images for leaf in images)


def _selected(wanted: ImageSet, study: Study, facts: Facts, outlook: Outlook) -> tuple[Leaf, ...]:
    return tuple(leaf for leaf in _of(study, facts, outlook) if is_selected(wanted, leaf, facts, outlook))


def is_selected(wanted: ImageSet, leaf: Leaf, facts: Facts, outlook: Outlook) -> bool:
    """Whether an image meets every condition of an image set."""
    return all(
        settled(select(each, leaf), facts, outlook, each.ImageSetSelectorUsageFlag) is Truth.YES
        for each in wanted.ImageSetSelector
    )


def candidates(timed: TimeBasedImageSet, facts: Facts) -> tuple[Study, ...]:
    """Return the studies that may belong to an image set by their time, the latest first."""
    if timed.AbstractPriorValue is not None:
        return facts.priors
    if timed.RelativeTime is None or timed.RelativeTimeUnits is None:
        return ()
    first, last = timed.RelativeTime
    now = facts.current.time
    current = (facts.current,) if first == 0 else ()
    if last == 0 or now is None:
        return current
    units = timed.RelativeTimeUnits
    ages = [(each, units_before(time, now, units)) for each in facts.priors if (time := each.time) is not None]
    return (*current, *(each for each, age in ages if first <= age <= last))


def _count(
    protocol: DisplayProtocol, facts: Facts, sets: Mapping[int, tuple[Leaf, ...]], rules: list[Rule]
) -> tuple[int, int, int, int]:
    """Return how many sets of the current study are empty and filled, and how many of priors."""
    counts = {(is_current, is_filled): 0 for is_current in (True, False) for is_filled in (True, False)}
    for _, timed in protocol.time_based_sets:
        found = sets[timed.ImageSetNumber]
        counts[timed.is_current, bool(found)] += 1
        label = f" ({timed.ImageSetLabel})" if timed.ImageSetLabel else ""
        studies = tuple(dict.fromkeys(leaf.study.uid for leaf in found))
        detail = "" if found else _why_empty(timed, facts)
        rules.append(
            Rule(f"image set {timed.ImageSetNumber}{label}", "met" if found else "failed", "\\".join(studies), detail)
        )
    return counts[True, False], counts[True, True], counts[False, False], counts[False, True]


def _why_empty(timed: TimeBasedImageSet, facts: Facts) -> str:
    if timed.AbstractPriorCode:
        return "priors that a code describes are not supported"
    if timed.is_current or candidates(timed, facts):
        return "no image meets its conditions"
    undated = f"; {len(facts.undated)} studies have no date" if facts.undated else ""
    return f"no such prior is known{undated}"


# -- the environment


def _misfits(protocol: DisplayProtocol, reader: Reader, rules: list[Rule]) -> bool:
    """Whether the screens are others than those that it is made for; False if either is not known."""
    nominal = protocol.NominalScreenDefinition
    count = protocol.NumberOfScreens if protocol.NumberOfScreens is not None else len(nominal) or None
    if not reader.screens or count is None:
        return False
    sizes = sorted((each.NumberOfHorizontalPixels, each.NumberOfVerticalPixels) for each in nominal)
    actual = sorted((each.NumberOfHorizontalPixels, each.NumberOfVerticalPixels) for each in reader.screens)
    is_large = all(one[0] <= other[0] and one[1] <= other[1] for one, other in zip(sizes, actual, strict=False))
    is_met = count == len(actual) and is_large
    shown = ", ".join(f"{width} x {height}" for width, height in actual)
    rules.append(Rule(f"made for {count} screens", "met" if is_met else "failed", "", f"there are: {shown}"))
    return not is_met
