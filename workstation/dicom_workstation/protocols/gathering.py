"""What is known of a study, put together from memory and from the answers of an archive.

Invariants: pure. Memory goes before answers. The order in which instances and answers came never matters: of several
answers with one UID, always the same one counts.

References
----------
PS3.4 Section C.6.2.1 (keys of each level), C.2.2.1.3 (a key that is not returned, or returned empty, tells nothing)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dicom_workstation.protocols.facts import (
    Attributes,
    Facts,
    Image,
    Level,
    Question,
    Series,
    Study,
    Values,
    level_of,
)

_SERIES_COUNT = "NumberOfSeriesRelatedInstances"
_STUDY_COUNT = "NumberOfStudyRelatedInstances"


@dataclass(frozen=True, slots=True)
class HeldInstance:
    """An instance in memory, and those of its attributes that protocols look at."""

    study: str
    series: str
    uid: str
    attributes: Attributes
    is_image: bool = True


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that is known.

    Attributes
    ----------
    held : sequence of HeldInstance
    studies : mapping
        Study Instance UID -> what an archive answered of the study, when it was asked for the priors.
    complete : mapping
        Study Instance UID -> how many instances were in memory when all of the study was.
    answers : mapping
        Question -> the attributes of each match; None if no answer came.
    """

    held: Sequence[HeldInstance] = ()
    studies: Mapping[str, Attributes] = field(default_factory=dict)
    complete: Mapping[str, int] = field(default_factory=dict)
    answers: Mapping[Question, Sequence[Attributes] | None] = field(default_factory=dict)


def gather(current: str, known: Known, *, can_ask: bool) -> Facts:
    """Return the facts about a study and the other studies of its patient."""
    held = defaultdict(list)
    for each in sorted(known.held, key=lambda one: one.uid):
        held[each.study].append(each)
    study = _study(current, held[current], known)
    patient = study.attributes.get("PatientID", ())
    uids = {*known.studies, *held} - {current, ""}
    others = (_study(uid, held.get(uid, []), known) for uid in sorted(uids))
    same_patient = tuple(each for each in others if patient and each.attributes.get("PatientID", ()) == patient)
    return Facts(study, same_patient, frozenset(known.answers), can_ask)


def _study(uid: str, held: Sequence[HeldInstance], known: Known) -> Study:
    own = _of_level(held, Level.STUDY)
    attributes = {**known.studies.get(uid, {}), **own}
    listed = known.answers.get(Question(Level.SERIES, uid))
    answers = _by_uid(listed or (), "SeriesInstanceUID")
    by_series = defaultdict(list)
    for each in held:
        by_series[each.series].append(each)
    series = tuple(
        _series(uid, one, by_series.get(one, []), answers.get(one), known) for one in sorted({*answers, *by_series})
    )
    count = _count(attributes, _STUDY_COUNT)
    counts = (each for each in (count, known.complete.get(uid)) if each is not None)
    is_whole = listed is not None or any(0 < each <= len(held) for each in counts)
    return Study(
        uid, attributes, tuple(_settled(each, is_whole, listed is not None) for each in series), is_whole, bool(held)
    )


def _settled(series: Series, is_study_whole: bool, is_listed: bool) -> Series:
    """Return a series that is whole because its study is, unless the archive listed its series."""
    if not is_study_whole or is_listed or series.is_whole:
        return series
    return Series(series.uid, series.attributes, series.images, True, series.is_known, series.count)


def _series(study: str, uid: str, held: Sequence[HeldInstance], answer: Attributes | None, known: Known) -> Series:
    listed = known.answers.get(Question(Level.IMAGE, study, uid))
    images = {each.uid: Image(each.uid, each.attributes, True) for each in held if each.is_image}
    for one, attributes in _by_uid(listed or (), "SOPInstanceUID").items():
        images.setdefault(one, Image(one, attributes))
    others = {each.uid for each in held if not each.is_image}
    shared = {**(answer or {}), **_of_level(held, Level.SERIES)}
    count = _count(shared, _SERIES_COUNT)
    is_whole = listed is not None or (count is not None and count <= len(held))
    in_order = tuple(images[one] for one in sorted(images) if one not in others)
    missing = None if count is None else count - len(others)
    return Series(uid, shared, in_order, is_whole, bool(held), missing)


def _of_level(held: Iterable[HeldInstance], level: Level) -> dict[str, Values]:
    """Return the attributes of a study or series, of the first instance in memory that has them."""
    found: dict[str, Values] = {}
    for each in held:
        for key, values in each.attributes.items():
            if values and level_of(key) is level:
                found.setdefault(key, values)
    return found


def _by_uid(answers: Sequence[Attributes], key: str) -> dict[str, Attributes]:
    """Return each answer by its UID; one without a UID tells nothing."""
    found: dict[str, Attributes] = {}
    for each in sorted(answers, key=lambda one: sorted((name, tuple(map(str, one[name]))) for name in one)):
        values = each.get(key, ())
        if values:
            found.setdefault(str(values[0]), each)
    return found


def _count(attributes: Attributes, key: str) -> int | None:
    values = attributes.get(key, ())
    text = str(values[0]).strip() if values else ""
    return int(text) if text.isdecimal() else None
