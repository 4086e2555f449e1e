"""What an archive is to be asked so that the choice can be made: no more than may still change it.

Invariants: pure. Only the series of a study and the images of a series are ever asked for, each once; which studies
there are is never asked here. Nothing is asked for a protocol that cannot be chosen any more, nor what memory tells.

References
----------
Conformance statement, 2.2.2.1.3: the engine queries for series and images
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from dicom_workstation.protocols.display_protocol import DisplayProtocol, ImageSet, TimeBasedImageSet
from dicom_workstation.protocols.evaluation import (
    CRITERIA,
    Evaluation,
    Outlook,
    Reader,
    candidates,
    criterion_verdicts,
    define,
    evaluate,
    existence,
    is_selected,
)
from dicom_workstation.protocols.facts import Facts, Leaf, Level, Question, Study, level_of
from dicom_workstation.protocols.matching import ORIENTATION, REGION, Truth, Verdict, passes, select
from dicom_workstation.protocols.sorting import POSITION, TIMES

ALWAYS = ("Modality", "SeriesNumber", "InstanceNumber", "SOPClassUID", "StudyDate", "StudyTime", "ModalitiesInStudy")


def questions(protocols: Sequence[DisplayProtocol], facts: Facts, reader: Reader) -> tuple[Question, ...]:
    """Return what may still change the choice, what is most wanted first; nothing if it is decided."""
    if not facts.can_ask:
        return ()
    best = [evaluate(each, facts, reader, Outlook.BEST) for each in protocols]
    worst = [evaluate(each, facts, reader, Outlook.WORST) for each in protocols]
    bound = min((each.rank for each in worst if not each.rank.is_excluded), default=None)
    possible = sorted(
        (
            (one, other)
            for one, other in zip(best, worst, strict=True)
            if not one.rank.is_excluded and (bound is None or one.rank <= bound)
        ),
        key=lambda pair: pair[0].rank,
    )
    is_alone = len(possible) == 1
    found = chain.from_iterable(_needs(one, other, facts, is_alone) for one, other in possible)
    return tuple(dict.fromkeys(found))


def _needs(best: Evaluation, worst: Evaluation, facts: Facts, is_alone: bool) -> Iterator[Question]:
    """Yield what would tell more of one protocol: of its rank, or, if no other is left, of what it shows."""
    protocol = best.protocol
    if define(protocol, facts, Outlook.BEST) != define(protocol, facts, Outlook.WORST):
        yield from _needs_of_definition(protocol, facts)
    for wanted, timed in protocol.time_based_sets:
        number = timed.ImageSetNumber
        if is_alone or bool(best.sets[number]) != bool(worst.sets[number]):
            yield from _needs_of_set(wanted, timed, facts)
        if is_alone:
            yield from _needs_of_filters(protocol, number, best.sets[number], wanted, facts)


def _needs_of_definition(protocol: DisplayProtocol, facts: Facts) -> Iterator[Question]:
    for leaf in facts.leaves(facts.current):
        for item in protocol.HangingProtocolDefinition:
            yield from _least(criterion_verdicts(item, leaf), leaf, facts)


def _needs_of_set(wanted: ImageSet, timed: TimeBasedImageSet, facts: Facts) -> Iterator[Question]:
    """Yield what tells which images belong to a set; priors one after the other until enough are found."""
    studies = candidates(timed, facts)
    if timed.AbstractPriorValue is None:
        for study in studies:
            yield from _needs_of_study(wanted, study, facts)
        return
    first, last = timed.AbstractPriorValue
    order = studies[::-1] if first == -1 else studies
    enough = 1 if first == -1 else last if last > 0 else len(order)
    count = 0
    for study in order:
        is_in = any(is_selected(wanted, leaf, facts, Outlook.WORST) for leaf in facts.leaves(study) if leaf.is_there)
        needed = tuple(_needs_of_study(wanted, study, facts))
        count += is_in
        if not is_in or first <= count:
            yield from needed
        if count >= enough or (needed and not is_in):
            return


def _needs_of_study(wanted: ImageSet, study: Study, facts: Facts) -> Iterator[Question]:
    for leaf in facts.leaves(study):
        verdicts = [
            _by_flag(select(each, leaf), each.ImageSetSelectorUsageFlag, facts) for each in wanted.ImageSetSelector
        ]
        yield from _least(verdicts, leaf, facts)


def _needs_of_filters(
    protocol: DisplayProtocol, number: int, found: Sequence[Leaf], wanted: ImageSet, facts: Facts
) -> Iterator[Question]:
    """Yield what tells which images of a set are shown."""
    for display in protocol.DisplaySets:
        if display.ImageSetNumber != number or display.unsupported:
            continue
        for leaf in found:
            if leaf.series is None or not is_selected(wanted, leaf, facts, Outlook.NOW):
                continue
            verdicts = [
                _by_flag(passes(each, leaf), each.ImageSetSelectorUsageFlag, facts) for each in display.FilterOperations
            ]
            if verdicts:
                yield from _least(verdicts, leaf, facts)


def _by_flag(verdict: Verdict, flag: str, facts: Facts) -> Verdict:
    """Return what a flag makes of an attribute that cannot be known."""
    can_be_told = any(facts.may_ask(each) for each in verdict.questions)
    if verdict.truth in (Truth.YES, Truth.NO) or (verdict.truth is Truth.UNKNOWN and can_be_told):
        return verdict
    return Verdict(Truth.YES if flag == "MATCH" else Truth.NO)


def _least(verdicts: Sequence[Verdict], leaf: Leaf, facts: Facts) -> Iterator[Question]:
    """Yield the question of the highest level that is needed: for a condition, or for whether there is such an image.

    There is none if one condition fails, or all are known.
    """
    if any(each.truth is Truth.NO for each in verdicts):
        return
    asked = {one for each in verdicts if each.truth is Truth.UNKNOWN for one in each.questions}
    open_questions = sorted(each for each in asked if facts.may_ask(each))
    if open_questions:
        yield open_questions[0]
    elif not leaf.is_there and (question := existence(leaf, facts)) is not None:
        yield question


def keys_of(protocols: Sequence[DisplayProtocol]) -> tuple[str, ...]:
    """Return the attributes that protocols look at, by their paths, in a fixed order."""
    found = set(ALWAYS)
    for protocol in protocols:
        for item in protocol.HangingProtocolDefinition:
            for _, name, keys in CRITERIA:
                found.update(keys if getattr(item, name) else ())
        for wanted in protocol.ImageSets:
            found.update(each.key for each in wanted.ImageSetSelector)
        for display in protocol.DisplaySets:
            for operation in display.FilterOperations:
                found.update((operation.key,) if operation.key else ORIENTATION)
            for sorting in display.SortingOperations:
                along = (ORIENTATION[0], POSITION) if sorting.SortByCategory == "ALONG_AXIS" else TIMES
                found.update((sorting.key,) if sorting.key else along)
    if found & set(REGION):
        found.update(REGION)
    return tuple(sorted(found))


def keys_at(level: Level, keys: Sequence[str]) -> tuple[str, ...]:
    """Return those of the attributes that a query of a level can ask for."""
    return tuple(each for each in keys if level_of(each) is level)
