"""What a query finds: first the keys of the rows, in one short read; then the rows, some at a time.

Invariants: no transaction stays open while a peer is answered; what was removed meanwhile is left out; memory holds the
keys and some rows. A search ends when its time is over or nobody wants it any more.

References
----------
PS3.4 Section C.4.1.3.1 (behaviour of the SCP), Table C.3-1 (what is counted)
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, select
from sqlalchemy.exc import OperationalError

from dicom_workstation.osm.index.attribute_values import Attributes, texts_of
from dicom_workstation.osm.index.conditions import MOST_VALUES, narrowed
from dicom_workstation.osm.index.database import Database
from dicom_workstation.osm.index.keys import UNIQUE_KEYS, Level, Model
from dicom_workstation.osm.index.matching import MatchingRules, Predicate, item_matches, item_predicates
from dicom_workstation.osm.index.requests import FindRequest
from dicom_workstation.osm.index.schema import INSTANCE, PATIENT, SERIES, STUDY, STUDY_MODALITY, STUDY_SOP_CLASS

ROWS_AT_ONCE: Final = 200
_TABLES: Final = {Level.PATIENT: PATIENT, Level.STUDY: STUDY, Level.SERIES: SERIES, Level.IMAGE: INSTANCE}


class TooMuchError(Exception):
    """A search that finds more, or takes longer, than is allowed; the text says which."""


class UnwantedError(Exception):
    """A search that nobody wants any more."""


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """What an operator allows of one search."""

    maximum_matches: int = 100_000
    timeout_s: float = 10.0


def search(
    database: Database,
    request: FindRequest,
    rules: MatchingRules,
    limits: SearchLimits,
    is_unwanted: Callable[[], bool] = lambda: False,
) -> Iterator[Attributes]:
    """Yield the attributes of what matches: those of its level, the unique keys above, and the counts.

    Raises
    ------
    KeyFaultError
        If a key cannot be matched.
    TooMuchError
        If more may match, or it takes longer, than is allowed; before the first match is yielded.
    UnwantedError
        If nobody wants it any more, before the first match.
    """
    predicates = item_predicates(request.keys, rules)
    deadline = time.monotonic() + limits.timeout_s
    keys = _keys_of_rows(database, request, limits, lambda: time.monotonic() > deadline or is_unwanted(), is_unwanted)
    return _matches(database, request, predicates, keys)


def _matches(
    database: Database, request: FindRequest, predicates: dict[str, Predicate], keys: Sequence[int]
) -> Iterator[Attributes]:
    for begin in range(0, len(keys), ROWS_AT_ONCE):
        with database.reading() as connection:
            part = _attributes_of(connection, request, keys[begin : begin + ROWS_AT_ONCE])
        for attributes in part:
            if item_matches(predicates, attributes):
                yield attributes


def _keys_of_rows(
    database: Database,
    request: FindRequest,
    limits: SearchLimits,
    is_over: Callable[[], bool],
    is_unwanted: Callable[[], bool],
) -> list[int]:
    """Return the primary keys of the rows that may match, in the order of the answers."""
    found: dict[int, tuple[Any, ...]] = {}
    try:
        with database.reading(is_over) as connection:
            for keys in _in_parts(request):
                rows = connection.execute(_statement(request, keys).limit(limits.maximum_matches + 1)).all()
                found.update((row[0], tuple(row[1:])) for row in rows)
                if len(found) > limits.maximum_matches:
                    raise TooMuchError(f"more than {limits.maximum_matches} matches")
    except OperationalError as error:
        if is_unwanted():
            raise UnwantedError from error
        if is_over():
            raise TooMuchError(f"the search takes longer than {limits.timeout_s:g} s") from error
        raise
    return list(found)


def _in_parts(request: FindRequest) -> Iterator[Attributes]:
    """Divide a long list of UIDs, so that no statement has too many parameters."""
    keyword = UNIQUE_KEYS[request.level]
    values = list(dict.fromkeys(texts_of(request.keys.get(keyword))))
    if len(values) <= MOST_VALUES:
        yield request.keys
        return
    for begin in range(0, len(values), MOST_VALUES):
        yield {**request.keys, keyword: values[begin : begin + MOST_VALUES]}


def _statement(request: FindRequest, keys: Attributes) -> Select[Any]:
    """Select key and order of the rows that may match."""
    level, above = request.level, request.above
    statement: Select[Any]
    if level is Level.PATIENT:
        statement = select(PATIENT.c.patient_pk).order_by(PATIENT.c.name_a, PATIENT.c.patient_id, PATIENT.c.patient_pk)
    elif level is Level.STUDY:
        order = (STUDY.c.study_date.desc(), STUDY.c.study_time_us.desc().nulls_last(), STUDY.c.study_uid)
        statement = select(STUDY.c.study_pk).order_by(*order)
    else:
        statement = _below_a_study(request)
    if Level.PATIENT in above:
        known = select(PATIENT.c.patient_pk).where(PATIENT.c.patient_id == above[Level.PATIENT])
        statement = statement.where(STUDY.c.patient_pk.in_(known))
    elif request.model is Model.PATIENT_ROOT and level is Level.STUDY:
        statement = statement.where(STUDY.c.patient_pk.is_not(None))
    return narrowed(statement, level, keys)


def _below_a_study(request: FindRequest) -> Select[Any]:
    """Select series or instances, within the study and series that are named."""
    joined = SERIES.join(STUDY, SERIES.c.study_pk == STUDY.c.study_pk)
    if request.level is Level.SERIES:
        statement = select(SERIES.c.series_pk).select_from(joined)
        statement = statement.order_by(SERIES.c.series_number.nulls_first(), SERIES.c.series_uid)
    else:
        statement = select(INSTANCE.c.instance_pk).select_from(
            joined.join(INSTANCE, INSTANCE.c.series_pk == SERIES.c.series_pk)
        )
        statement = statement.order_by(INSTANCE.c.instance_number.nulls_first(), INSTANCE.c.instance_uid)
        statement = statement.where(SERIES.c.series_uid == request.above[Level.SERIES])
    return statement.where(STUDY.c.study_uid == request.above[Level.STUDY])


def _attributes_of(connection: Connection, request: FindRequest, keys: Sequence[int]) -> list[Attributes]:
    """Return the attributes of some rows, in the order of their keys."""
    table = _TABLES[request.level]
    (primary,) = table.primary_key.columns
    rows = {row[0]: row for row in connection.execute(select(primary, table).where(primary.in_(keys)))}
    counts = _COUNTS[request.level](connection, keys)
    found = []
    for key in keys:
        row = rows.get(key)
        if row is not None:
            above = {UNIQUE_KEYS[level]: [value] for level, value in request.above.items()}
            found.append({**json.loads(row.attributes), **above, **_counted(request.level, row), **counts.get(key, {})})
    return found


def _counted(level: Level, row: Row[Any]) -> Attributes:
    """Return what is counted in the row itself."""
    if level is Level.PATIENT:
        return _of_patient(row)
    if level is Level.STUDY:
        return {
            "NumberOfStudyRelatedSeries": [str(row.series)],
            "NumberOfStudyRelatedInstances": [str(row.instances)],
        }
    return {"NumberOfSeriesRelatedInstances": [str(row.instances)]} if level is Level.SERIES else {}


def _of_patient(row: Any) -> Attributes:
    """Return what is counted of a patient."""
    return {
        "NumberOfPatientRelatedStudies": [str(row.studies)],
        "NumberOfPatientRelatedSeries": [str(row.series)],
        "NumberOfPatientRelatedInstances": [str(row.instances)],
    }


def _of_studies(connection: Connection, keys: Sequence[int]) -> dict[int, Attributes]:
    """Return what is counted of studies in other tables."""
    found: dict[int, Attributes] = {key: {"ModalitiesInStudy": [], "SOPClassesInStudy": []} for key in keys}
    for table, name, keyword in (
        (STUDY_MODALITY, "modality", "ModalitiesInStudy"),
        (STUDY_SOP_CLASS, "sop_class", "SOPClassesInStudy"),
    ):
        statement = select(table.c.study_pk, table.c[name]).where(table.c.study_pk.in_(keys)).order_by(table.c[name])
        for key, value in connection.execute(statement):
            found[key][keyword].append(value)
    patients = select(STUDY.c.study_pk, PATIENT.c.studies, PATIENT.c.series, PATIENT.c.instances).join_from(
        STUDY, PATIENT, STUDY.c.patient_pk == PATIENT.c.patient_pk
    )
    for row in connection.execute(patients.where(STUDY.c.study_pk.in_(keys))):
        found[row.study_pk].update(_of_patient(row))
    return found


def _of_nothing(connection: Connection, keys: Sequence[int]) -> dict[int, Attributes]:
    """Below the study nothing is counted in other tables."""
    return {}


_COUNTS: Final = {
    Level.PATIENT: _of_nothing,
    Level.STUDY: _of_studies,
    Level.SERIES: _of_nothing,
    Level.IMAGE: _of_nothing,
}
