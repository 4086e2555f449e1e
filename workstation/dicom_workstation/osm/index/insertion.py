"""Writing one instance into the index, with everything that is counted; and taking it out again.

Invariants: all of it happens in the transaction of the caller. Of a patient, study and series the first value of an
attribute stays; later instances fill what was empty, and what contradicts is reported. The counts are those of the
rows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, bindparam, delete, insert, select, update

from dicom_workstation.instances import Admission
from dicom_workstation.osm.index.attribute_values import Attributes, first_text
from dicom_workstation.osm.index.keys import Level
from dicom_workstation.osm.index.matching import comparable, number_of
from dicom_workstation.osm.index.moments import interval_of
from dicom_workstation.osm.index.names import folded_groups
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

_LARGEST_NUMBER: Final = 1 << 62


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


@dataclass(frozen=True, slots=True)
class _Parent:
    """The row of a patient, study or series to which an instance belongs."""

    key: int
    is_new: bool
    contradictions: tuple[str, ...] = ()


def insert_record(connection: Connection, record: InstanceRecord, *, replaces: bool) -> Inserted:
    """Write an instance into the index, unless its UID is known and stays as it is."""
    wanted = select(INSTANCE).where(INSTANCE.c.instance_uid == bindparam("uid"))
    known = connection.execute(wanted, {"uid": record.SOPInstanceUID}).one_or_none()
    if known is not None:
        if known.digest == record.digest and known.transfer_syntax == record.TransferSyntaxUID:
            return Inserted(Admission.ALREADY_KEPT, known.file, known.transfer_syntax)
        if not replaces:
            return Inserted(Admission.OTHER_CONTENT, known.file, known.transfer_syntax)
        remove_instances(connection, [known], record.received_us)
    patient = _patient_of(connection, record)
    study = _study_of(connection, record, None if patient is None else patient.key)
    series = _series_of(connection, record, study.key)
    image = record.levels[Level.IMAGE]
    values = {
        "instance_uid": record.SOPInstanceUID,
        "series_pk": series.key,
        "sop_class": record.SOPClassUID,
        "instance_number": _number(image, "InstanceNumber"),
        "transfer_syntax": record.TransferSyntaxUID,
        "file": record.file,
        "offset_bytes": record.offset_bytes,
        "length_bytes": record.length_bytes,
        "digest": record.digest,
        "calling_ae": record.calling_ae_title,
        "received_us": record.received_us,
        "deficiency": record.deficiency,
        "attributes": _as_json(image),
    }
    connection.execute(insert(INSTANCE), values)
    _count(connection, study.key, series.key, record.SOPClassUID, 1)
    if series.is_new:
        _count_series(connection, study.key, first_text(record.levels[Level.SERIES], "Modality"), 1)
    if study.is_new:
        _count_study(connection, study.key, 1)
    contradictions = (*(patient.contradictions if patient else ()), *study.contradictions, *series.contradictions)
    admission = Admission.KEPT if known is None else Admission.REPLACED
    return Inserted(admission, "" if known is None else known.file, contradictions=contradictions)


def remove_instances(connection: Connection, rows: Sequence[Row[Any]], now_us: int) -> None:
    """Take instances out of the index, each with its tombstone; empty series, studies and patients go with them."""
    for row in rows:
        series = connection.execute(select(SERIES).where(SERIES.c.series_pk == row.series_pk)).one()
        study_pk = series.study_pk
        connection.execute(delete(INSTANCE).where(INSTANCE.c.instance_pk == row.instance_pk))
        connection.execute(insert(TOMBSTONE), {"file": row.file, "since_us": now_us})
        _count(connection, study_pk, series.series_pk, row.sop_class, -1)
        if series.instances > 1:
            continue
        connection.execute(delete(SERIES).where(SERIES.c.series_pk == series.series_pk))
        _count_series(connection, study_pk, series.modality, -1)
        study = connection.execute(select(STUDY).where(STUDY.c.study_pk == study_pk)).one()
        if study.series:
            continue
        _count_study(connection, study_pk, -1)
        connection.execute(delete(STUDY).where(STUDY.c.study_pk == study_pk))
        if study.patient_pk is not None:
            connection.execute(delete(PATIENT).where(PATIENT.c.patient_pk == study.patient_pk, PATIENT.c.studies <= 0))


def _patient_of(connection: Connection, record: InstanceRecord) -> _Parent | None:
    """Return the row of the patient; None for an instance without Patient ID."""
    found = record.levels[Level.PATIENT]
    patient_id, issuer = comparable(first_text(found, "PatientID")), comparable(first_text(found, "IssuerOfPatientID"))
    if not patient_id:
        return None
    known = connection.execute(
        select(PATIENT.c.patient_pk, PATIENT.c.attributes).where(
            PATIENT.c.patient_id == patient_id, PATIENT.c.issuer == issuer
        )
    ).one_or_none()
    if known is None:
        values = {"patient_id": patient_id, "issuer": issuer, **patient_columns(found)}
        return _Parent(_insert(connection, PATIENT, values), is_new=True)
    return _merged(connection, PATIENT, known.patient_pk, json.loads(known.attributes), found, patient_columns)


def _study_of(connection: Connection, record: InstanceRecord, patient_pk: int | None) -> _Parent:
    found = {**record.levels[Level.PATIENT], **record.levels[Level.STUDY]}
    known = connection.execute(
        select(STUDY.c.study_pk, STUDY.c.attributes).where(STUDY.c.study_uid == record.StudyInstanceUID)
    ).one_or_none()
    if known is None:
        values = {"study_uid": record.StudyInstanceUID, "patient_pk": patient_pk, **study_columns(found)}
        return _Parent(_insert(connection, STUDY, values), is_new=True)
    return _merged(connection, STUDY, known.study_pk, json.loads(known.attributes), found, study_columns)


def _series_of(connection: Connection, record: InstanceRecord, study_pk: int) -> _Parent:
    found = record.levels[Level.SERIES]
    known = connection.execute(
        select(SERIES.c.series_pk, SERIES.c.attributes).where(
            SERIES.c.study_pk == study_pk, SERIES.c.series_uid == record.SeriesInstanceUID
        )
    ).one_or_none()
    if known is None:
        values = {"series_uid": record.SeriesInstanceUID, "study_pk": study_pk, **series_columns(found)}
        return _Parent(_insert(connection, SERIES, values), is_new=True)
    return _merged(connection, SERIES, known.series_pk, json.loads(known.attributes), found, series_columns)


def _insert(connection: Connection, table: Table, values: dict[str, object]) -> int:
    made = connection.execute(insert(table), values).inserted_primary_key
    assert made is not None, "each of these tables has a primary key"
    return int(made[0])


def _merged(
    connection: Connection, table: Table, key: int, held: Attributes, found: Attributes, columns: Any
) -> _Parent:
    """Fill what was empty, and name what says otherwise than before."""
    differing = tuple(keyword for keyword, value in found.items() if held.get(keyword, value) != value)
    new = {keyword: value for keyword, value in found.items() if value and not held.get(keyword)}
    if new:
        merged = {**held, **new}
        (primary,) = table.primary_key.columns
        kept = columns(merged)
        if table is SERIES:
            kept.pop("modality")  # its study counts it by the value that came first
        connection.execute(update(table).where(primary == key), kept)
    return _Parent(key, is_new=False, contradictions=differing)


def patient_columns(found: Attributes) -> dict[str, object]:
    """Return the columns of a patient that queries are narrowed by."""
    alphabetic, ideographic, phonetic = folded_groups(first_text(found, "PatientName"))
    return {
        "name_a": alphabetic,
        "name_i": ideographic,
        "name_p": phonetic,
        "birth_date": _date(found, "PatientBirthDate"),
        "sex": comparable(first_text(found, "PatientSex")),
        "attributes": _as_json(found),
    }


def study_columns(found: Attributes) -> dict[str, object]:
    """Return the columns of a study, with those of its patient as its instances have them."""
    time = interval_of("TM", first_text(found, "StudyTime"))
    return {
        **patient_columns(found),
        "patient_id": comparable(first_text(found, "PatientID")),
        "study_date": _date(found, "StudyDate"),
        "study_time_us": None if time is None else time.first,
        "accession": comparable(first_text(found, "AccessionNumber")),
        "study_id": comparable(first_text(found, "StudyID")),
        "description": comparable(first_text(found, "StudyDescription")),
    }


def series_columns(found: Attributes) -> dict[str, object]:
    """Return the columns of a series."""
    return {
        "modality": comparable(first_text(found, "Modality")),
        "series_number": _number(found, "SeriesNumber"),
        "body_part": comparable(first_text(found, "BodyPartExamined")),
        "description": comparable(first_text(found, "SeriesDescription")),
        "series_date": _date(found, "SeriesDate"),
        "attributes": _as_json(found),
    }


def _as_json(found: Attributes) -> str:
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def _date(found: Attributes, keyword: str) -> str:
    """Return a date as eight digits; empty for what is none."""
    text = first_text(found, keyword)
    return text.replace(".", "") if interval_of("DA", text) is not None else ""


def _number(found: Attributes, keyword: str) -> int | None:
    value = number_of(first_text(found, keyword))
    return int(value) if value is not None and abs(value) < _LARGEST_NUMBER else None


def _count(connection: Connection, study_pk: int, series_pk: int, sop_class: str, change: int) -> None:
    """Count an instance of a series, its study and its patient."""
    connection.execute(
        update(SERIES).where(SERIES.c.series_pk == series_pk).values(instances=SERIES.c.instances + change)
    )
    connection.execute(update(STUDY).where(STUDY.c.study_pk == study_pk).values(instances=STUDY.c.instances + change))
    _count_of_patient(connection, study_pk, "instances", change)
    table, place = STUDY_SOP_CLASS, STUDY_SOP_CLASS.c.study_pk == study_pk
    _count_value(connection, table, place, "sop_class", sop_class, "instances", study_pk, change)


def _count_series(connection: Connection, study_pk: int, modality: str, change: int) -> None:
    """Count a series of a study and its patient."""
    connection.execute(update(STUDY).where(STUDY.c.study_pk == study_pk).values(series=STUDY.c.series + change))
    _count_of_patient(connection, study_pk, "series", change)
    value = comparable(modality)
    if value:
        table, place = STUDY_MODALITY, STUDY_MODALITY.c.study_pk == study_pk
        _count_value(connection, table, place, "modality", value, "series", study_pk, change)


def _count_study(connection: Connection, study_pk: int, change: int) -> None:
    """Count a study of its patient."""
    _count_of_patient(connection, study_pk, "studies", change)


def _count_of_patient(connection: Connection, study_pk: int, name: str, change: int) -> None:
    own = select(STUDY.c.patient_pk).where(STUDY.c.study_pk == study_pk).scalar_subquery()
    column = PATIENT.c[name]
    connection.execute(update(PATIENT).where(PATIENT.c.patient_pk == own).values({name: column + change}))


def _count_value(
    connection: Connection, table: Table, place: Any, name: str, value: str, counter: str, study_pk: int, change: int
) -> None:
    """Count a value of which a study has one or more; a value that it has no more goes."""
    here = (place, table.c[name] == value)
    column = table.c[counter]
    done = connection.execute(update(table).where(*here).values({counter: column + change}))
    if not done.rowcount:
        connection.execute(insert(table), {"study_pk": study_pk, name: value, counter: change})
    elif change < 0:
        connection.execute(delete(table).where(*here, column <= 0))
