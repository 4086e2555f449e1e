"""A worklist as the configuration describes it: a filter on one archive, and what is loaded of it ahead of the reader.

Invariants: keys are attributes of the study level, by keyword; dates may be relative to today and are resolved when
the archive is asked; whatever cannot be understood is refused when the configuration is read.

References
----------
Conformance statement, 2.2.2.1.2; PS3.4 Section C.2.2.2.5 (range matching), C.6.2.1 (keys of the study level)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PositiveInt, field_validator

Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
Texts = tuple[str, ...]

_RELATIVE: Final = re.compile(r"today(?:-(?P<days>\d{1,5})d)?")
_DATE: Final = re.compile(r"\d{8}")
_BOUND: Final = re.compile(r"at (?P<which>least|most) (?P<number>-?\d+(?:\.\d+)?)")
_OTHER_LEVELS: Final = frozenset(
    ("QueryRetrieveLevel", "SeriesInstanceUID", "SOPInstanceUID", "Modality", "SeriesNumber", "InstanceNumber")
)


def vr_of(keyword: str) -> str:
    """Return the VR of an attribute by its keyword; empty if the data dictionary (PS3.6) does not have it."""
    from pydicom.datadict import dictionary_VR, tag_for_keyword  # not for `--help`

    tag = tag_for_keyword(keyword)
    return "" if tag is None else dictionary_VR(tag)


def date_range(text: str, today: date) -> str:
    """Return a value for a key of VR DA: `today`, `today-3d`, a date, or a range of them with `..` between its ends.

    Either end of a range may be left out. What has none of these forms is returned as it is, for PS3.4 C.2.2.2.5 has a
    form of its own.

    Raises
    ------
    ValueError
        If it begins as one of these forms and is none.
    """
    if ".." not in text and not text.startswith("today"):
        return text
    first, dots, last = text.partition("..")
    if not dots:
        return _day(text, today)
    if not first.strip() and not last.strip():
        raise ValueError(f"{text!r} has no date at either end")
    return f"{_day(first, today)}-{_day(last, today)}"


def _day(text: str, today: date) -> str:
    text = text.strip()
    if not text or _DATE.fullmatch(text):
        return text
    relative = _RELATIVE.fullmatch(text)
    if relative is None:
        raise ValueError(f"{text!r} is no date: write today, today-3d or 20260131")
    try:
        return f"{today - timedelta(days=int(relative['days'] or 0)):%Y%m%d}"
    except OverflowError as error:
        raise ValueError(f"{text!r} is before the first date there is") from error


@dataclass(frozen=True, slots=True)
class Condition:
    """What a study must have to belong to the list: one of some values, or a number within bounds."""

    values: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None

    @classmethod
    def of(cls, texts: tuple[str, ...]) -> Condition:
        """Read `at least 1`, `at most 5`, or the values themselves."""
        bound = _BOUND.fullmatch(texts[0]) if len(texts) == 1 else None
        if bound is None:
            return cls(values=texts)
        number = float(bound["number"])
        return cls(least=number) if bound["which"] == "least" else cls(most=number)

    def holds(self, text: str) -> bool:
        """Whether a value meets it; one that was not returned, or returned empty, does not decide."""
        given = [each.strip() for each in text.split("\\") if each.strip()]
        if not given:
            return True
        if self.values:
            return any(each in self.values for each in given)
        try:
            numbers = [float(each) for each in given]
        except ValueError:
            return True
        return all(
            (self.least is None or each >= self.least) and (self.most is None or each <= self.most) for each in numbers
        )


def _texts(given: object) -> object:
    """Take one value for a list of one, and numbers for text."""
    if isinstance(given, str | int | float) and not isinstance(given, bool):
        return (str(given),)
    if isinstance(given, list | tuple):
        return tuple(
            str(each) if isinstance(each, int | float) and not isinstance(each, bool) else each for each in given
        )
    return given


Values = Annotated[Texts, BeforeValidator(_texts)]


class Worklist(BaseModel):
    """A worklist: which studies of an archive a reader is to read, and how many of them are loaded ahead."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    archive: str = Field(min_length=1, description="the archive that is asked, by its name in `archives`")
    reader: str = Field(default="", max_length=64, description="whom the list serves, in words")
    keys: dict[str, Values] = Field(
        description=(
            "the filter: keywords of the study level with a value, a list of values, or nothing where the value is "
            "only to be returned. Dates may be `today`, `today-3d`, and ranges of dates `today-1d..`"
        )
    )
    where: dict[str, Values] = Field(
        default_factory=dict,
        description=(
            "what the answers are held against, by keyword: one of some values, `at least 1`, `at most 5`; "
            "a key that the archive does not return decides nothing"
        ),
    )
    order: tuple[str, ...] = Field(
        default=("StudyDate", "StudyTime", "StudyInstanceUID"),
        description="keywords by which the list is sorted; `-StudyDate`: the latest first",
    )
    limit: Annotated[PositiveInt, Field(le=10_000)] = Field(
        default=200, description="studies that the list has at most"
    )
    every_s: Seconds = Field(default=60.0, description="how often the archive is asked, in seconds")
    load_ahead: Annotated[int, Field(ge=0, le=3)] = Field(
        default=1, description="how many studies are kept loaded ahead of the one that is open, 0 to 3"
    )

    @field_validator("keys", "where")
    @classmethod
    def _of_the_study_level(cls, given: dict[str, Texts]) -> dict[str, Texts]:
        for keyword, values in given.items():
            if not vr_of(keyword):
                raise ValueError(f"{keyword} is no keyword of the data dictionary")
            if keyword in _OTHER_LEVELS:
                raise ValueError(f"{keyword} is no attribute of the study level")
            if vr_of(keyword) == "DA":
                for text in values:
                    date_range(text, date(2026, 1, 1))
        return given

    @field_validator("order")
    @classmethod
    def _known(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for keyword in given:
            if not vr_of(keyword.removeprefix("-")):
                raise ValueError(f"{keyword} is no keyword of the data dictionary")
        return given

    @property
    def conditions(self) -> Mapping[str, Condition]:
        """What the answers are held against."""
        return {keyword: Condition.of(values) for keyword, values in self.where.items()}

    @property
    def sort_keys(self) -> tuple[tuple[str, bool], ...]:
        """By what the list is sorted: keyword, and whether the greatest comes first."""
        return tuple((keyword.removeprefix("-"), keyword.startswith("-")) for keyword in self.order)

    def query_keys(self, today: date) -> dict[str, object]:
        """Return the keys of the query: the filter, and whatever the list needs to be returned."""
        returned = (*self.where, *(key for key, _ in self.sort_keys), "NumberOfStudyRelatedInstances", *_SHOWN)
        found: dict[str, object] = dict.fromkeys(returned, "")
        for keyword, values in self.keys.items():
            texts = [date_range(text, today) if vr_of(keyword) == "DA" else text for text in values]
            found[keyword] = texts[0] if len(texts) == 1 else texts
        return found


_SHOWN: Final = ("StudyInstanceUID", "PatientName", "PatientID", "StudyDescription")
