"""What is known of a study and its priors: from memory first, then from what an archive answered.

Invariants: pure. An attribute that is not among those of an image is absent if the image is in memory, and else not
known. What was asked once is not asked again, whether or not an answer came.

References
----------
PS3.4 Section C.6.2.1 (keys of the study, series and image level)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from functools import lru_cache
from typing import Final, TypeAlias

from dicom_workstation.protocols.codes import CodedValue

Values: TypeAlias = tuple[str | CodedValue, ...]
Attributes: TypeAlias = Mapping[str, Values]


class Level(IntEnum):
    """To which level an attribute belongs."""

    STUDY = 0
    SERIES = 1
    IMAGE = 2


_OF_THE_STUDY: Final = frozenset(
    (
        *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "PatientAge", "PatientSize", "PatientWeight"),
        *("StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "StudyDescription", "AccessionNumber"),
        *("ModalitiesInStudy", "ReferringPhysicianName", "ProcedureCodeSequence", "PhysiciansOfRecord"),
        *("AdmittingDiagnosesDescription", "AdmittingDiagnosesCodeSequence", "NameOfPhysiciansReadingStudy"),
        *("RequestingService", "AdditionalPatientHistory", "NumberOfStudyRelatedInstances"),
        "ReasonForPerformedProcedureCodeSequence",
    )
)
_OF_THE_SERIES: Final = frozenset(
    (
        *("SeriesInstanceUID", "Modality", "SeriesNumber", "SeriesDescription", "SeriesDescriptionCodeSequence"),
        *("SeriesDate", "SeriesTime", "BodyPartExamined", "Laterality", "ProtocolName", "PatientPosition"),
        *("RequestAttributesSequence", "PerformedProcedureStepDescription", "PerformedProcedureStepID"),
        *("PerformedProcedureStepStartDate", "PerformedProcedureStepStartTime", "PerformedProtocolCodeSequence"),
        *("PerformingPhysicianName", "OperatorsName", "FrameOfReferenceUID", "NumberOfSeriesRelatedInstances"),
        *("Manufacturer", "ManufacturerModelName", "InstitutionName", "StationName", "DeviceSerialNumber"),
    )
)


_WITHOUT_IMAGES: Final = frozenset(
    ("AU", "DOC", "ECG", "EPS", "HD", "KO", "PLAN", "PR", "REG", "RTPLAN", "RTRECORD", "RTSTRUCT", "SEG", "SR")
)
"""Modalities of series that have no images to hang."""


def level_of(key: str) -> Level:
    """Return the level of an attribute, by its path (PS3.3 Section C.7: which module has it)."""
    root = key.partition(".")[0]
    if root in _OF_THE_STUDY:
        return Level.STUDY
    return Level.SERIES if root in _OF_THE_SERIES else Level.IMAGE


@dataclass(frozen=True, slots=True, order=True)
class Question:
    """What an archive is asked: the series of a study, or the images of a series."""

    level: Level
    study: str
    series: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """An image; `attributes` by their paths, those of its series and study among them if it is in memory."""

    uid: str
    attributes: Attributes = field(default_factory=dict)
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """A series, and those of its images that are known.

    `attributes` are those of the series level. `is_whole` says that it has no other images, `is_known` that an
    attribute of the series level that is not there is absent. `count` is how many images the archive says it has.
    """

    uid: str
    attributes: Attributes = field(default_factory=dict)
    images: tuple[Image, ...] = ()
    is_whole: bool = False
    is_known: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Study:
    """A study, and those of its series that are known; `is_whole` says that it has no others."""

    uid: str
    attributes: Attributes = field(default_factory=dict)
    series: tuple[Series, ...] = ()
    is_whole: bool = False
    is_known: bool = False

    @property
    def time(self) -> datetime | None:
        """When it was made, by Study Date and Study Time; None if there is no date."""
        return moment(self.text("StudyDate"), self.text("StudyTime"))

    def text(self, key: str) -> str:
        """Return the first value of an attribute of the study level as text; empty if there is none."""
        found = self.attributes.get(key, ())
        return str(found[0]) if found else ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known: the current study, other studies of the same patient, and what was asked."""

    current: Study
    others: tuple[Study, ...] = ()
    asked: frozenset[Question] = frozenset()
    can_ask: bool = True
    _leaves: dict[str, tuple[Leaf, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Put together once what every protocol is held against."""
        found = {each.uid: tuple(_leaves(each)) for each in (self.current, *self.others)}
        object.__setattr__(self, "_leaves", found)

    def leaves(self, study: Study) -> tuple[Leaf, ...]:
        """Return the images of a study in the order of their UIDs, and what stands for those that are not known."""
        return self._leaves[study.uid]

    @property
    def priors(self) -> tuple[Study, ...]:
        """The studies made before the current one, the latest first; those without a date are no priors."""
        now = self.current.time
        if now is None:
            return ()
        earlier = [(time, each) for each in self.others if (time := each.time) is not None and time < now]
        earlier.sort(key=lambda pair: pair[1].uid)
        earlier.sort(key=lambda pair: pair[0], reverse=True)
        return tuple(each for _, each in earlier)

    @property
    def undated(self) -> tuple[Study, ...]:
        """The other studies of which no date is known."""
        return tuple(sorted((each for each in self.others if each.time is None), key=lambda one: one.uid))

    def may_ask(self, question: Question) -> bool:
        """Whether a question can still be asked."""
        return self.can_ask and question not in self.asked


@dataclass(frozen=True, slots=True)
class Leaf:
    """One image, or images of which only the series, or only the study, is known.

    Attributes
    ----------
    image : Image or None
        None: further images of the series, or of series that are not known.
    series : Series or None
        None: series that are not known.
    attributes : mapping
        Those of the study, of the series and of the image together.
    """

    study: Study
    series: Series | None
    image: Image | None
    attributes: Attributes

    @property
    def name(self) -> str:
        """What it is, for an explanation."""
        if self.image is not None:
            return self.image.uid
        return f"study {self.study.uid}" if self.series is None else f"series {self.series.uid}"

    @property
    def is_there(self) -> bool:
        """Whether it is known that there is such an image, listed or not."""
        if self.image is not None:
            return True
        if self.series is None:
            return False
        return not self.series.images if self.series.count is None else self.series.count > len(self.series.images)

    def is_absent(self, key: str) -> bool:
        """Whether it is certain that it does not have an attribute, or that the attribute is empty."""
        if self.image is not None and self.image.is_held:
            return not self.attributes.get(key)
        level = level_of(key)
        if level is Level.STUDY:
            return self.study.is_known and not self.attributes.get(key)
        return (
            level is Level.SERIES and self.series is not None and self.series.is_known and not self.attributes.get(key)
        )

    def question(self, key: str) -> Question | None:
        """Return the question that may tell an attribute; None if none does."""
        level = level_of(key)
        if level is Level.STUDY or (self.image is not None and self.image.is_held):
            return None
        if self.series is None:
            return Question(Level.SERIES, self.study.uid)
        if level is Level.SERIES:
            return None if self.series.is_known else Question(Level.SERIES, self.study.uid)
        return Question(Level.IMAGE, self.study.uid, self.series.uid)


def _leaves(study: Study) -> Iterator[Leaf]:
    for series in sorted(study.series, key=lambda each: each.uid):
        if set(series.attributes.get("Modality", ())) & _WITHOUT_IMAGES:
            continue
        shared = {**study.attributes, **series.attributes}
        for image in sorted(series.images, key=lambda each: each.uid):
            yield Leaf(study, series, image, {**shared, **image.attributes})
        if not series.is_whole:
            yield Leaf(study, series, None, shared)
    if not study.is_whole:
        yield Leaf(study, None, None, study.attributes)


@lru_cache(maxsize=1024)
def moment(date: str, time: str) -> datetime | None:
    """Return a date and a time of day (PS3.5 VR DA and TM); midnight if there is no time, None if there is no date."""
    try:
        day = datetime.strptime(date.strip().replace(".", ""), "%Y%m%d")
    except ValueError:
        return None
    digits = time.strip().replace(":", "")
    whole, _, fraction = digits.partition(".")
    try:
        hour, minute, second = int(whole[:2] or 0), int(whole[2:4] or 0), min(int(whole[4:6] or 0), 59)
        return day.replace(hour=hour, minute=minute, second=second, microsecond=int(fraction[:6].ljust(6, "0") or 0))
    except ValueError:
        return day
