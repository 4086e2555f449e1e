"""Writing one instance into the index, with everything that is counted; and taking it out again.

Invariants: all of it happens in the transaction of the caller. The counts are those of the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, bindparam, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.sql.elements import ClauseElement

from dicom_workstation.instances import Admission
from dicom_workstation.osm.index.attribute_values import first_text
from dicom_workstation.osm.index.keys import Level
from dicom_workstation.osm.index.matching import comparable
from dicom_workstation.osm.index.parents import (
    LONGEST_TEXT,
    PATIENTS,
    SERIES_OF_STUDIES,
    STUDIES,
    Parent,
    as_json,
    integer_of,
    narrowing_text,
)
from dicom_workstation.osm.index.record import InstanceRecord
from dicom_workstation.osm.index.schema import (
    INSTANCE,
    PATIENT,
    SERIES,
    STUDY,
    STUDY_MODALITY,
    STUDY_SOP_CLASS,
    TOMBSTONE,
)
from dicom_workstation.osm.index.statements import Driver, PreparedStatement, driver_of

_KNOWN: Final = PreparedStatement(
    select(INSTANCE.c.digest, INSTANCE.c.transfer_syntax, INSTANCE.c.file).where(
        INSTANCE.c.instance_uid == bindparam("instance_uid")
    )
)
_GIVEN: Final = [column.name for column in INSTANCE.columns if column.name not in ("instance_pk", "series_pk")]
_INSERT: Final = PreparedStatement(insert(INSTANCE), ["series_pk", *_GIVEN])
_AS_BEFORE: Final = (
    select(SERIES.c.series_pk, *(bindparam(name, type_=INSTANCE.c[name].type) for name in _GIVEN))
    .join_from(SERIES, STUDY, SERIES.c.study_pk == STUDY.c.study_pk)
    .join(PATIENT, STUDY.c.patient_pk == PATIENT.c.patient_pk)
    .where(
        STUDY.c.study_uid == bindparam("study_uid"),
        SERIES.c.series_uid == bindparam("series_uid"),
        PATIENT.c.attributes == bindparam("patient_attributes"),
        STUDY.c.attributes == bindparam("study_attributes"),
        SERIES.c.attributes == bindparam("series_attributes"),
    )
)


def _insert_as_before_in_postgresql() -> ClauseElement:
    from sqlalchemy.dialects.postgresql import insert as postgresql_insert  # not for SQLite

    return postgresql_insert(INSTANCE).from_select(["series_pk", *_GIVEN], _AS_BEFORE).on_conflict_do_nothing()


_INSERT_AS_BEFORE: Final = PreparedStatement(
    sqlite_insert(INSTANCE).from_select(["series_pk", *_GIVEN], _AS_BEFORE).on_conflict_do_nothing(),
    postgresql=_insert_as_before_in_postgresql,
)
"""Inserts an instance that says of its patient, study and series exactly what those before it said, if it is new."""
_COUNT_IN_SERIES: Final = PreparedStatement(
    update(SERIES)
    .where(SERIES.c.series_pk == bindparam("series"))
    .values(instances=SERIES.c.instances + bindparam("change"))
)
_COUNT_IN_STUDY: Final = {
    name: PreparedStatement(
        update(STUDY).where(STUDY.c.study_pk == bindparam("study")).values({name: STUDY.c[name] + bindparam("change")})
    )
    for name in ("series", "instances")
}
_PATIENT_OF_STUDY: Final = select(STUDY.c.patient_pk).where(STUDY.c.study_pk == bindparam("study")).scalar_subquery()
_COUNT_IN_PATIENT: Final = {
    name: PreparedStatement(
        update(PATIENT)
        .where(PATIENT.c.patient_pk == _PATIENT_OF_STUDY)
        .values({name: PATIENT.c[name] + bindparam("change")})
    )
    for name in ("studies", "series", "instances")
}
_VALUES: Final = {STUDY_SOP_CLASS: ("sop_class", "instances"), STUDY_MODALITY: ("modality", "series")}
"""Tables of values of which a study has one or more: the column of the value, and that of its count."""
_COUNT_VALUE: Final = {
    table: PreparedStatement(
        update(table)
        .where(table.c.study_pk == bindparam("study"), table.c[name] == bindparam("value"))
        .values({counter: table.c[counter] + bindparam("change")})
    )
    for table, (name, counter) in _VALUES.items()
}
_FIRST_VALUE: Final = {
    table: PreparedStatement(insert(table), ("study_pk", name, counter)) for table, (name, counter) in _VALUES.items()
}
_LAST_VALUE: Final = {
    table: PreparedStatement(
        delete(table).where(
            table.c.study_pk == bindparam("study"),
            table.c[name] == bindparam("value"),
            table.c[counter] <= bindparam("none"),
        )
    )
    for table, (name, counter) in _VALUES.items()
}


@dataclass(frozen=True, slots=True)
class Inserted:
    """What became of a record.

    Parameters
    ----------
    existing : str
        Where the instance was known already: the name of its file.
    contradictions : tuple of str
        Attributes of the patient, study or series that say otherwise than earlier instances did.
    """

    admission: Admission
    existing: str = ""
    existing_syntax: str = ""
    contradictions: tuple[str, ...] = ()


def insert_record(connection: Connection, record: InstanceRecord, *, replaces: bool, in_place_of: str = "") -> Inserted:
    """Write an instance into the index, on a connection that counts, unless its UID is known and stays as it is.

    Parameters
    ----------
    replaces : bool
        Whether it takes the place of another content.
    in_place_of : str
        The file whose place it takes whatever the content is, because that file is lost.
    """
    driver = driver_of(connection)
    values = _instance_columns(record)
    if _INSERT_AS_BEFORE.execute(driver, {**values, **_parent_columns(record)}).rowcount == 1:
        return Inserted(Admission.KEPT)
    known = _KNOWN.first(driver, {"instance_uid": record.SOPInstanceUID})
    if known is not None:
        digest, syntax, file = known
        if file == record.file:  # written before, although the writer could not say so
            return Inserted(Admission.KEPT)
        if file != in_place_of and (digest, syntax) == (record.digest, record.TransferSyntaxUID):
            return Inserted(Admission.ALREADY_KEPT, file, syntax)
        if file != in_place_of and not replaces:
            return Inserted(Admission.OTHER_CONTENT, file, syntax)
        held = connection.execute(select(INSTANCE).where(INSTANCE.c.instance_uid == record.SOPInstanceUID)).one()
        remove_instances(connection, [held], record.received_us)
    patient = _patient_of(connection, record)
    study = _study_of(connection, record, patient)
    series = _series_of(connection, record, study)
    _INSERT.execute(driver, {**values, "series_pk": series.key})
    if series.is_new:
        _count_series(driver, study.key, narrowing_text(record.levels[Level.SERIES], "Modality"), 1)
    if study.is_new:
        _count_study(driver, study.key, 1)
    contradictions = (*(patient.contradictions if patient else ()), *study.contradictions, *series.contradictions)
    admission = Admission.KEPT if known is None else Admission.REPLACED
    return Inserted(admission, "" if known is None else file, contradictions=contradictions)


def _parent_columns(record: InstanceRecord) -> dict[str, object]:
    """Return what the rows above an instance have if it says of them exactly what those before it said."""
    patient, study = record.levels[Level.PATIENT], record.levels[Level.STUDY]
    return {
        "study_uid": record.StudyInstanceUID,
        "series_uid": record.SeriesInstanceUID,
        "patient_attributes": as_json(patient),
        "study_attributes": as_json({**patient, **study}),
        "series_attributes": as_json(record.levels[Level.SERIES]),
    }


def _instance_columns(record: InstanceRecord) -> dict[str, object]:
    image = record.levels[Level.IMAGE]
    return {
        "instance_uid": record.SOPInstanceUID,
        "sop_class": record.SOPClassUID,
        "instance_number": integer_of(image, "InstanceNumber"),
        "transfer_syntax": record.TransferSyntaxUID,
        "file": record.file,
        "offset_bytes": record.offset_bytes,
        "length_bytes": record.length_bytes,
        "digest": record.digest,
        "calling_ae": record.calling_ae_title,
        "received_us": record.received_us,
        "deficiency": record.deficiency,
        "attributes": as_json(image),
    }


def remove_instances(connection: Connection, rows: Sequence[Row[Any]], now_us: int) -> None:
    """Take instances out of the index, each with its tombstone; empty series, studies and patients go with them."""
    driver = driver_of(connection)
    for row in rows:
        series = connection.execute(select(SERIES).where(SERIES.c.series_pk == row.series_pk)).one()
        study_pk = series.study_pk
        connection.execute(delete(INSTANCE).where(INSTANCE.c.instance_pk == row.instance_pk))
        connection.execute(insert(TOMBSTONE), {"file": row.file, "since_us": now_us})
        _count(driver, study_pk, series.series_pk, row.sop_class, -1)
        if series.instances > 1:
            continue
        connection.execute(delete(SERIES).where(SERIES.c.series_pk == series.series_pk))
        _count_series(driver, study_pk, series.modality, -1)
        study = connection.execute(select(STUDY).where(STUDY.c.study_pk == study_pk)).one()
        if study.series:
            continue
        _count_study(driver, study_pk, -1)
        connection.execute(delete(STUDY).where(STUDY.c.study_pk == study_pk))
        if study.patient_pk is not None:
            connection.execute(delete(PATIENT).where(PATIENT.c.patient_pk == study.patient_pk, PATIENT.c.studies <= 0))


def _patient_of(connection: Connection, record: InstanceRecord) -> Parent | None:
    """Return the row of the patient; None for an instance without Patient ID, or with one that is too long."""
    found = record.levels[Level.PATIENT]
    patient_id, issuer = comparable(first_text(found, "PatientID")), comparable(first_text(found, "IssuerOfPatientID"))
    if not patient_id or max(len(patient_id), len(issuer)) > LONGEST_TEXT:
        return None
    return PATIENTS.row_of(connection, {"patient_id": patient_id, "issuer": issuer}, found)


def _study_of(connection: Connection, record: InstanceRecord, patient: Parent | None) -> Parent:
    found = {**record.levels[Level.PATIENT], **record.levels[Level.STUDY]}
    key = None if patient is None else patient.key
    return STUDIES.row_of(connection, {"study_uid": record.StudyInstanceUID}, found, patient_pk=key)


def _series_of(connection: Connection, record: InstanceRecord, study: Parent) -> Parent:
    identity = {"study_pk": study.key, "series_uid": record.SeriesInstanceUID}
    return SERIES_OF_STUDIES.row_of(connection, identity, record.levels[Level.SERIES])


def _count(driver: Driver, study_pk: int, series_pk: int, sop_class: str, change: int) -> None:
    """Count an instance of a series, its study and its patient."""
    of_study = {"study": study_pk, "change": change}
    _COUNT_IN_SERIES.execute(driver, {"series": series_pk, "change": change})
    _COUNT_IN_STUDY["instances"].execute(driver, of_study)
    _COUNT_IN_PATIENT["instances"].execute(driver, of_study)
    _count_value(driver, STUDY_SOP_CLASS, sop_class, study_pk, change)


def _count_series(driver: Driver, study_pk: int, modality: str, change: int) -> None:
    """Count a series of a study and its patient."""
    of_study = {"study": study_pk, "change": change}
    _COUNT_IN_STUDY["series"].execute(driver, of_study)
    _COUNT_IN_PATIENT["series"].execute(driver, of_study)
    if modality:
        _count_value(driver, STUDY_MODALITY, modality, study_pk, change)


def _count_study(driver: Driver, study_pk: int, change: int) -> None:
    """Count a study of its patient."""
    _COUNT_IN_PATIENT["studies"].execute(driver, {"study": study_pk, "change": change})


def _count_value(driver: Driver, table: Table, value: str, study_pk: int, change: int) -> None:
    """Count a value of which a study has one or more; a value that it has no more goes."""
    name, counter = _VALUES[table]
    done = _COUNT_VALUE[table].execute(driver, {"study": study_pk, "value": value, "change": change})
    if not done.rowcount:
        _FIRST_VALUE[table].execute(driver, {"study_pk": study_pk, name: value, counter: change})
    elif change < 0:
        _LAST_VALUE[table].execute(driver, {"study": study_pk, "value": value, "none": 0})
