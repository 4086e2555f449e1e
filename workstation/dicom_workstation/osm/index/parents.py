"""The rows of patients, studies and series to which instances belong.

Invariants: the first value of an attribute stays; later instances fill what was empty, and what contradicts is
reported.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, select, update

from dicom_workstation.osm.index.attribute_values import Attributes, only_text
from dicom_workstation.osm.index.matching import comparable, number_of
from dicom_workstation.osm.index.moments import interval_of
from dicom_workstation.osm.index.names import folded_groups
from dicom_workstation.osm.index.schema import PATIENT, SERIES, STUDY
from dicom_workstation.osm.index.statements import PreparedInsert, PreparedStatement, driver_of

LONGEST_TEXT: Final = 256
"""Characters of the longest text by which a query is narrowed: an entry of PostgreSQL's indexes ends at 2,704 bytes."""
_LARGEST_NUMBER: Final = 1 << 62
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Parent:
    """The row of a patient, study or series to which an instance belongs.

    Parameters
    ----------
    contradictions : tuple of str
        Attributes that the instance has with another value.
    """

    key: int
    is_new: bool
    contradictions: tuple[str, ...] = ()


class ParentTable:
    """Finds or makes the rows of one of the three tables.

    Parameters
    ----------
    identity : tuple of str
        The columns by which a row is found.
    columns : callable
        Returns the columns that attributes make.
    others : tuple of str
        Further columns that are given when a row is made.
    fixed : tuple of str
        Columns that stay as they were made: what is counted goes by them.
    """

    def __init__(
        self,
        table: Table,
        identity: tuple[str, ...],
        columns: Callable[[Attributes], dict[str, object]],
        others: tuple[str, ...] = (),
        fixed: tuple[str, ...] = (),
    ) -> None:
        (primary,) = table.primary_key.columns
        same = (table.c[name] == bindparam(name) for name in identity)
        self._table = table
        self._primary = primary
        self._columns = columns
        self._fixed = fixed
        self._find = PreparedStatement(select(primary, table.c.attributes).where(*same))
        self._insert = PreparedInsert(table, dict.fromkeys((*identity, *others, *columns({}))))

    def row_of(self, connection: Connection, identity: Mapping[str, Any], found: Attributes, **others: Any) -> Parent:
        """Return the row of an instance, which is made where there is none, or filled where it was empty."""
        driver = driver_of(connection)
        known = self._find.first(driver, identity)
        if known is None:
            return Parent(self._insert.key(driver, {**self._columns(found), **identity, **others}), is_new=True)
        key, attributes = known
        if attributes == as_json(found):
            return Parent(key, is_new=False)
        return self._merged(connection, key, json.loads(attributes), found)

    def _merged(self, connection: Connection, key: int, held: Attributes, found: Attributes) -> Parent:
        """Fill what was empty, and name what says otherwise than before."""
        differing = tuple(keyword for keyword, value in found.items() if held.get(keyword, value) != value)
        new = {keyword: value for keyword, value in found.items() if value and not held.get(keyword)}
        if new:
            filled = self._columns({**held, **new})
            for name in self._fixed:
                filled.pop(name)
            connection.execute(update(self._table).where(self._primary == key), filled)
        return Parent(key, is_new=False, contradictions=differing)


def patient_columns(found: Attributes) -> dict[str, object]:
    """Return the columns of a patient that queries are narrowed by."""
    groups = folded_groups(only_text(found, "PatientName"))
    alphabetic, ideographic, phonetic = ("", "", "") if max(map(len, groups)) > LONGEST_TEXT else groups
    return {
        "name_a": alphabetic,
        "name_i": ideographic,
        "name_p": phonetic,
        "birth_date": _date(found, "PatientBirthDate"),
        "sex": narrowing_text(found, "PatientSex"),
        "attributes": as_json(found),
    }


def study_columns(found: Attributes) -> dict[str, object]:
    """Return the columns of a study, with those of its patient as its instances have them."""
    time = interval_of("TM", only_text(found, "StudyTime"))
    return {
        **patient_columns(found),
        "patient_id": narrowing_text(found, "PatientID"),
        "study_date": _date(found, "StudyDate"),
        "study_time_us": None if time is None else time.first,
        "accession": narrowing_text(found, "AccessionNumber"),
        "study_id": narrowing_text(found, "StudyID"),
        "description": narrowing_text(found, "StudyDescription"),
    }


def series_columns(found: Attributes) -> dict[str, object]:
    """Return the columns of a series."""
    return {
        "modality": narrowing_text(found, "Modality"),
        "series_number": integer_of(found, "SeriesNumber"),
        "body_part": narrowing_text(found, "BodyPartExamined"),
        "description": narrowing_text(found, "SeriesDescription"),
        "series_date": _date(found, "SeriesDate"),
        "attributes": as_json(found),
    }


def narrowing_text(found: Attributes, keyword: str) -> str:
    """Return the text of an attribute as its column has it.

    Empty, so that every key finds the row and its predicate decides, where `only_text` is, or where it is longer than a
    column may be.
    """
    text = comparable(only_text(found, keyword))
    return text if len(text) <= LONGEST_TEXT else ""


def as_json(found: Attributes) -> str:
    """Return attributes as the index holds them."""
    return _encode(found)


def _date(found: Attributes, keyword: str) -> str:
    """Return a date as eight digits; empty for what is none."""
    text = only_text(found, keyword)
    return text.replace(".", "") if interval_of("DA", text) is not None else ""


def integer_of(found: Attributes, keyword: str) -> int | None:
    """Return a number as the index holds it; None for what is none, or too large."""
    value = number_of(only_text(found, keyword))
    return int(value) if value is not None and abs(value) < _LARGEST_NUMBER else None


PATIENTS: Final = ParentTable(PATIENT, ("patient_id", "issuer"), patient_columns)
STUDIES: Final = ParentTable(STUDY, ("study_uid",), study_columns, others=("patient_pk",))
SERIES_OF_STUDIES: Final = ParentTable(SERIES, ("study_pk", "series_uid"), series_columns, fixed=("modality",))
