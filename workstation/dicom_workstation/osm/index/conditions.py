"""From keys to conditions of SQL, which narrow what has to be looked at.

Invariants: a condition never leaves out what matches; what decides is the predicate of `matching`. Everything that a
peer sent is a bound parameter.

References
----------
PS3.4 Section C.2.2.2
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import Boolean, ColumnElement, Select, Table, and_, bindparam, exists, or_, select, union
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from dicom_workstation.osm.index.attribute_values import texts_of
from dicom_workstation.osm.index.keys import Level
from dicom_workstation.osm.index.matching import comparable, has_wild_card, number_of
from dicom_workstation.osm.index.moments import DAY_US, range_of
from dicom_workstation.osm.index.names import folded_groups
from dicom_workstation.osm.index.schema import INSTANCE, PATIENT, SERIES, STUDY, STUDY_MODALITY, STUDY_SOP_CLASS

Condition = ColumnElement[bool]
Narrow = Callable[[Sequence[str]], Condition | None]
"""From the values of a key to a condition; None where it narrows nothing."""

MOST_VALUES: Final = 500


class HasWildCards(FunctionElement[bool]):
    """Whether a column is like a key with `*` and `?`; its clauses are the column, and the key for each database."""

    type = Boolean()
    inherit_cache = True


def wild_card(column: ColumnElement[Any], key: str) -> ColumnElement[bool]:
    """Return the condition that a column is like a key; case counts."""
    return HasWildCards(
        column,
        bindparam(None, glob_of(key), type_=column.type, unique=True),
        bindparam(None, like_of(key), type_=column.type, unique=True),
    )


def glob_of(key: str) -> str:
    """Return a key with wild cards as SQLite's GLOB takes it."""
    return key.replace("[", "[[]")


def like_of(key: str) -> str:
    """Return a key with wild cards as LIKE takes it, with a backslash before what is meant literally."""
    literal = key.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return literal.replace("*", "%").replace("?", "_")


@compiles(HasWildCards, "sqlite")
def _in_sqlite(element: HasWildCards, compiler: SQLCompiler, **options: Any) -> str:
    column, glob, _ = element.clauses
    return f"({compiler.process(column, **options)} GLOB {compiler.process(glob, **options)})"


@compiles(HasWildCards, "postgresql")
def _in_postgresql(element: HasWildCards, compiler: SQLCompiler, **options: Any) -> str:
    column, _, like = element.clauses
    return f"({compiler.process(column, **options)} LIKE {compiler.process(like, **options)})"


def _exact(column: ColumnElement[Any]) -> Narrow:
    """UIDs, which have no wild cards and are never empty."""
    return lambda values: column.in_(list(values)) if len(values) <= MOST_VALUES else None


def _text(column: ColumnElement[Any]) -> Narrow:
    def narrow(values: Sequence[str]) -> Condition | None:
        wanted = [comparable(each) for each in values]
        if len(wanted) > MOST_VALUES:
            return None
        exact = [each for each in wanted if not has_wild_card(each)]
        patterns = [wild_card(column, each) for each in wanted if has_wild_card(each)]
        return or_(column.in_(["", *exact]), *patterns)

    return narrow


def _name(table: Table) -> Narrow:
    def narrow(values: Sequence[str]) -> Condition | None:
        if len(values) != 1:
            return None
        groups = folded_groups(values[0])
        (key,) = table.primary_key.columns
        columns = (table.c.name_a, table.c.name_i, table.c.name_p)
        if "=" in values[0]:
            given = [(column, group) for column, group in zip(columns, groups, strict=True) if group]
            if not given:
                return None
            matching = [select(key).where(and_(*(_like(column, group) for column, group in given)))]
        else:
            matching = [select(key).where(_like(columns[0], groups[0]))]
            matching += [select(key).where(each != "", _like(each, groups[0])) for each in columns[1:]]
        unknown = select(key).where(*(each == "" for each in columns))
        return key.in_(union(*matching, unknown))

    return narrow


def _like(column: ColumnElement[Any], group: str) -> Condition:
    return wild_card(column, group) if has_wild_card(group) else column == group


def _date(column: ColumnElement[Any]) -> Narrow:
    def narrow(values: Sequence[str]) -> Condition | None:
        ranges = [range_of("DA", each) for each in values if each]
        days = [(_day(each.first), _day(each.last)) for each in ranges if each is not None]
        parts = [and_(column >= first, column <= last) for first, last in days]  # PostgreSQL has no COLLATE in BETWEEN
        return or_(column == "", *parts)

    return narrow


def _day(moment: int) -> str:
    """Return the eight digits of the day of a moment; the last of all days for one beyond them."""
    ordinal = moment // DAY_US + 1
    return date.fromordinal(ordinal).strftime("%Y%m%d").zfill(8) if ordinal < date.max.toordinal() else "99999999"


def _time(column: ColumnElement[Any]) -> Narrow:
    def narrow(values: Sequence[str]) -> Condition | None:
        ranges = [range_of("TM", each) for each in values if each]
        parts = [column.between(each.first, each.last) for each in ranges if each is not None]
        return or_(column.is_(None), *parts)

    return narrow


def _number(column: ColumnElement[Any]) -> Narrow:
    def narrow(values: Sequence[str]) -> Condition | None:
        numbers = [number_of(each) for each in values if each]
        if any(each is None or abs(each) > 1 << 52 for each in numbers):
            return None
        return or_(column.is_(None), column.in_([int(each) for each in numbers if each is not None]))

    return narrow


def _one_of(table: Table, name: str) -> Narrow:
    """Of several values of a study one is asked for; all of them are returned."""

    def narrow(values: Sequence[str]) -> Condition | None:
        matches = _text(table.c[name])(values)
        if matches is None:
            return None
        own = table.c.study_pk == STUDY.c.study_pk
        return or_(exists().where(own, matches), ~exists().where(own))

    return narrow


NARROWING: Final[dict[Level, dict[str, Narrow]]] = {
    Level.PATIENT: {
        "PatientName": _name(PATIENT),
        "PatientID": _text(PATIENT.c.patient_id),
        "IssuerOfPatientID": _text(PATIENT.c.issuer),
        "PatientBirthDate": _date(PATIENT.c.birth_date),
        "PatientSex": _text(PATIENT.c.sex),
    },
    Level.STUDY: {
        "StudyInstanceUID": _exact(STUDY.c.study_uid),
        "PatientName": _name(STUDY),
        "PatientID": _text(STUDY.c.patient_id),
        "PatientBirthDate": _date(STUDY.c.birth_date),
        "PatientSex": _text(STUDY.c.sex),
        "StudyDate": _date(STUDY.c.study_date),
        "StudyTime": _time(STUDY.c.study_time_us),
        "AccessionNumber": _text(STUDY.c.accession),
        "StudyID": _text(STUDY.c.study_id),
        "StudyDescription": _text(STUDY.c.description),
        "ModalitiesInStudy": _one_of(STUDY_MODALITY, "modality"),
        "SOPClassesInStudy": _one_of(STUDY_SOP_CLASS, "sop_class"),
    },
    Level.SERIES: {
        "SeriesInstanceUID": _exact(SERIES.c.series_uid),
        "Modality": _text(SERIES.c.modality),
        "SeriesNumber": _number(SERIES.c.series_number),
        "BodyPartExamined": _text(SERIES.c.body_part),
        "SeriesDescription": _text(SERIES.c.description),
        "SeriesDate": _date(SERIES.c.series_date),
    },
    Level.IMAGE: {
        "SOPInstanceUID": _exact(INSTANCE.c.instance_uid),
        "SOPClassUID": _exact(INSTANCE.c.sop_class),
        "InstanceNumber": _number(INSTANCE.c.instance_number),
    },
}
"""What each key narrows by; a key that does not stand here is decided by its predicate alone."""


def narrowed(statement: Select[Any], level: Level, keys: dict[str, Any]) -> Select[Any]:
    """Add the conditions of keys to a statement."""
    for keyword, narrow in NARROWING[level].items():
        values = texts_of(keys.get(keyword))
        if not values or any(each and not each.strip("*") for each in values):
            continue
        condition = narrow(values)
        if condition is not None:
            statement = statement.where(condition)
    return statement
