"""What the search forms ask for: one form a level, its fields, the keys of its query, the columns of its list.

Invariants: the Study Root model alone; a query has the keys of the form and those of the columns, and nothing else.

References
----------
Conformance statement, 2.2.2.1.1 and 3.2.1; PS3.4 C.6.2.1 (keys of the Study Root model)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list: the keyword that it shows, its heading, how it is sorted and shown."""

    keyword: str
    heading: str
    is_number: bool = False
    is_date: bool = False


@dataclass(frozen=True, slots=True)
class SearchField:
    """A field of a search form: the keyword that it matches, its label, what it may look like."""

    keyword: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Level:
    """A level of the Study Root model as the explorer asks for it.

    Parameters
    ----------
    returned : tuple of str
        Keywords that are asked for besides those of the columns and fields.
    unique : str
        The keyword that names what is listed.
    order : str
        By what a list is sorted at first; `-` before the keyword puts the greatest first.
    """

    name: str
    unique: str
    fields: tuple[SearchField, ...]
    columns: tuple[Column, ...]
    order: str
    returned: tuple[str, ...] = ()

    def keys(self, above: Mapping[str, str], form: Mapping[str, str]) -> dict[str, object]:
        """Return the keys of the query: unique keys of the levels above, the form's values, and what is shown."""
        found: dict[str, object] = dict(above)
        found[self.unique] = ""
        for keyword in (*(each.keyword for each in self.columns), *self.returned):
            found.setdefault(keyword, "")
        for field in self.fields:
            given = (
                written_date(form.get(field.keyword, ""))
                if field.keyword == "StudyDate"
                else form.get(field.keyword, "")
            )
            texts = [text.strip() for text in given.split("\\") if text.strip()]
            found[field.keyword] = texts if len(texts) > 1 else (texts[0] if texts else "")
        return found


STUDY: Final = Level(
    "STUDY",
    "StudyInstanceUID",
    (
        SearchField("PatientName", "Name", "DOE*"),
        SearchField("PatientID", "Patient ID"),
        SearchField("StudyDate", "Date", "20260101-20261231"),
        SearchField("ModalitiesInStudy", "Modality", "CT"),
        SearchField("AccessionNumber", "Accession"),
    ),
    (
        Column("PatientName", "Name"),
        Column("PatientID", "Patient ID"),
        Column("StudyDate", "Date", is_date=True),
        Column("ModalitiesInStudy", "Mod."),
        Column("StudyDescription", "Description"),
        Column("AccessionNumber", "Accession"),
        Column("NumberOfStudyRelatedSeries", "Series", is_number=True),
        Column("NumberOfStudyRelatedInstances", "Images", is_number=True),
    ),
    "-StudyDate",
    ("StudyTime", "StudyID", "PatientBirthDate", "PatientSex", "ReferringPhysicianName"),
)
SERIES: Final = Level(
    "SERIES",
    "SeriesInstanceUID",
    (SearchField("Modality", "Modality", "CT"), SearchField("SeriesNumber", "Number")),
    (
        Column("SeriesNumber", "No.", is_number=True),
        Column("Modality", "Mod."),
        Column("BodyPartExamined", "Body part"),
        Column("SeriesDescription", "Description"),
        Column("SeriesDate", "Date", is_date=True),
        Column("NumberOfSeriesRelatedInstances", "Images", is_number=True),
    ),
    "SeriesNumber",
)
IMAGE: Final = Level(
    "IMAGE",
    "SOPInstanceUID",
    (SearchField("InstanceNumber", "Number"),),
    (
        Column("InstanceNumber", "No.", is_number=True),
        Column("SOPClassUID", "Class"),
        Column("Rows", "Rows", is_number=True),
        Column("Columns", "Columns", is_number=True),
        Column("NumberOfFrames", "Frames", is_number=True),
        Column("ContentDate", "Date", is_date=True),
    ),
    "InstanceNumber",
)


def written_date(text: str) -> str:
    """Return a date or a range of dates as DICOM writes it: `2026-01-01 to 2026-02-01` is 20260101-20260201."""
    short = re.sub(r"(\d{4})-(\d\d)-(\d\d)", r"\1\2\3", text.strip())
    return re.sub(r"\s*(?:\.\.|\bto\b|/|-)\s*", "-", short)


def sorted_by(matches: Sequence[Mapping[str, str]], level: Level, order: str) -> list[Mapping[str, str]]:
    """Sort matches by a column; `-` before its keyword puts the greatest first. What is unknown sorts nothing."""
    keyword = order.removeprefix("-")
    column = next((each for each in level.columns if each.keyword == keyword), None)
    if column is None:
        return list(matches)

    def rank(match: Mapping[str, str]) -> tuple[bool, float, str]:
        text = match.get(keyword, "").strip()
        return (not text, _number(text) if column.is_number else 0.0, text.casefold())

    return sorted(matches, key=rank, reverse=order.startswith("-"))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("inf")
