"""The counts of the index: what they are, and what they should be by the rows that they count.

Invariants: the rows of instances and series are what counts; everything else here is made from them.

References
----------
PS3.4 Table C.3-1 (additional attributes of the Query/Retrieve models)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, Table, delete, func, insert, select, update

from dicom_workstation.osm.index import INSTANCE, PATIENT, SERIES, STUDY, STUDY_MODALITY, STUDY_SOP_CLASS


@dataclass(frozen=True, slots=True)
class WrongCount:
    """A row whose counts are not those of the rows below it."""

    table: str
    key: tuple[object, ...]
    held: tuple[int, ...]
    counted: tuple[int, ...]


def wrong_counts(connection: Connection) -> Iterator[WrongCount]:
    """Yield each row whose counts differ from what is there."""
    for table, columns, counted in _counted_tables():
        keys = list(table.primary_key.columns)
        held = {tuple(row[: len(keys)]): tuple(row[len(keys) :]) for row in _rows(connection, table, keys, columns)}
        real = {tuple(row[: len(keys)]): tuple(row[len(keys) :]) for row in connection.execute(counted)}
        nothing = (0,) * len(columns)
        for key in sorted({*held, *real}, key=str):
            if held.get(key, nothing) != real.get(key, nothing):
                yield WrongCount(table.name, key, held.get(key, nothing), real.get(key, nothing))


def recount(connection: Connection) -> int:
    """Bring every count into agreement with the rows; returns how many rows were wrong."""
    tables = {table.name: (table, columns) for table, columns, _ in _counted_tables()}
    found = list(wrong_counts(connection))
    for wrong in found:
        table, columns = tables[wrong.table]
        keys = list(table.primary_key.columns)
        here = [column == value for column, value in zip(keys, wrong.key, strict=True)]
        values = dict(zip(columns, wrong.counted, strict=True))
        if table in (STUDY_MODALITY, STUDY_SOP_CLASS) and not any(wrong.counted):
            connection.execute(delete(table).where(*here))
        elif not connection.execute(update(table).where(*here).values(values)).rowcount:
            row = {column.name: value for column, value in zip(keys, wrong.key, strict=True)}
            connection.execute(insert(table), {**row, **values})
    return len(found)


def _rows(connection: Connection, table: Table, keys: list[Any], columns: tuple[str, ...]) -> Iterator[Any]:
    yield from connection.execute(select(*keys, *(table.c[name] for name in columns)))


def _counted_tables() -> tuple[tuple[Table, tuple[str, ...], Select[Any]], ...]:
    """Return each table that counts, its counters, and the statement that counts anew."""
    in_series = INSTANCE.join(SERIES, INSTANCE.c.series_pk == SERIES.c.series_pk)
    below_study = STUDY.outerjoin(SERIES, SERIES.c.study_pk == STUDY.c.study_pk).outerjoin(
        INSTANCE, INSTANCE.c.series_pk == SERIES.c.series_pk
    )
    below_patient = PATIENT.join(below_study, STUDY.c.patient_pk == PATIENT.c.patient_pk)
    series = func.count(SERIES.c.series_pk.distinct())
    instances = func.count(INSTANCE.c.instance_pk)
    return (
        (SERIES, ("instances",), select(INSTANCE.c.series_pk, instances).group_by(INSTANCE.c.series_pk)),
        (
            STUDY,
            ("series", "instances"),
            select(STUDY.c.study_pk, series, instances).select_from(below_study).group_by(STUDY.c.study_pk),
        ),
        (
            PATIENT,
            ("studies", "series", "instances"),
            select(PATIENT.c.patient_pk, func.count(STUDY.c.study_pk.distinct()), series, instances)
            .select_from(below_patient)
            .group_by(PATIENT.c.patient_pk),
        ),
        (
            STUDY_MODALITY,
            ("series",),
            select(SERIES.c.study_pk, SERIES.c.modality, func.count())
            .where(SERIES.c.modality != "")
            .group_by(SERIES.c.study_pk, SERIES.c.modality),
        ),
        (
            STUDY_SOP_CLASS,
            ("instances",),
            select(SERIES.c.study_pk, INSTANCE.c.sop_class, instances)
            .select_from(in_series)
            .group_by(SERIES.c.study_pk, INSTANCE.c.sop_class),
        ),
    )
