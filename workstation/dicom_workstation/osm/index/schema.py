"""The tables of the index.

Invariants: the columns are what queries are narrowed by, and the counts; `attributes` holds the values of a level as
JSON, and answers are made from it. A row of `instance` means a file that is durable. Text that is empty means that the
attribute has no value. An instance is in one series, a series in one study.

References
----------
PS3.4 Section C.6.1 and C.6.2 (levels and their keys)
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

from dicom_workstation.osm.index.statements import storable

SCHEMA_VERSION: Final = 2

METADATA: Final = MetaData()
_KEY: Final = BigInteger().with_variant(Integer, "sqlite")


class _TextOfPostgreSQL(TypeDecorator[str]):
    """Text that is compared by code points, as SQLite does it, whatever the locale of the database is."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Return the type with its collation."""
        return dialect.type_descriptor(Text(collation="C"))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Make a value storable."""
        return None if value is None else str(storable(value))


STORED_TEXT: Final = Text().with_variant(_TextOfPostgreSQL(), "postgresql")


def _text(name: str) -> Column[str]:
    return Column(name, STORED_TEXT, nullable=False, server_default="")


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default="0")


def _names() -> list[Column[str]]:
    """Return the folded component groups of a person name: alphabetic, ideographic, phonetic."""
    return [_text("name_a"), _text("name_i"), _text("name_p")]


META: Final = Table("meta", METADATA, Column("key", STORED_TEXT, primary_key=True), _text("value"))

EPOCH: Final = Table("epoch", METADATA, Column("epoch", _KEY, primary_key=True, autoincrement=False))
"""The folders that are full and in which nothing is written any more."""

PATIENT: Final = Table(
    "patient",
    METADATA,
    Column("patient_pk", _KEY, primary_key=True),
    _text("patient_id"),
    _text("issuer"),
    *_names(),
    _text("birth_date"),
    _text("sex"),
    _count("studies"),
    _count("series"),
    _count("instances"),
    _text("attributes"),
    UniqueConstraint("patient_id", "issuer"),
)

STUDY: Final = Table(
    "study",
    METADATA,
    Column("study_pk", _KEY, primary_key=True),
    Column("study_uid", STORED_TEXT, nullable=False, unique=True),
    Column("patient_pk", _KEY, ForeignKey("patient.patient_pk")),
    _text("patient_id"),
    *_names(),
    _text("study_date"),
    Column("study_time_us", BigInteger),
    _text("accession"),
    _text("study_id"),
    _text("description"),
    _text("birth_date"),
    _text("sex"),
    _count("series"),
    _count("instances"),
    _text("attributes"),
)

STUDY_MODALITY: Final = Table(
    "study_modality",
    METADATA,
    Column("study_pk", _KEY, ForeignKey("study.study_pk", ondelete="CASCADE"), primary_key=True),
    Column("modality", STORED_TEXT, primary_key=True),
    _count("series"),
)

STUDY_SOP_CLASS: Final = Table(
    "study_sop_class",
    METADATA,
    Column("study_pk", _KEY, ForeignKey("study.study_pk", ondelete="CASCADE"), primary_key=True),
    Column("sop_class", STORED_TEXT, primary_key=True),
    _count("instances"),
)

SERIES: Final = Table(
    "series",
    METADATA,
    Column("series_pk", _KEY, primary_key=True),
    Column("series_uid", STORED_TEXT, nullable=False),
    Column("study_pk", _KEY, ForeignKey("study.study_pk"), nullable=False),
    _text("modality"),
    Column("series_number", BigInteger),
    _text("body_part"),
    _text("description"),
    _text("series_date"),
    _count("instances"),
    _text("attributes"),
    UniqueConstraint("study_pk", "series_uid"),
)

INSTANCE: Final = Table(
    "instance",
    METADATA,
    Column("instance_pk", _KEY, primary_key=True),
    Column("instance_uid", STORED_TEXT, nullable=False, unique=True),
    Column("series_pk", _KEY, ForeignKey("series.series_pk"), nullable=False),
    _text("sop_class"),
    Column("instance_number", BigInteger),
    _text("transfer_syntax"),
    Column("file", STORED_TEXT, nullable=False, unique=True),
    Column("offset_bytes", BigInteger, nullable=False),
    Column("length_bytes", BigInteger, nullable=False),
    _text("digest"),
    _text("calling_ae"),
    Column("received_us", BigInteger, nullable=False),
    _text("deficiency"),
    _text("attributes"),
)

TOMBSTONE: Final = Table(
    "tombstone", METADATA, Column("file", STORED_TEXT, primary_key=True), Column("since_us", BigInteger, nullable=False)
)
"""Files that are to be removed, and perhaps have been."""

COMMITMENT: Final = Table(
    "commitment",
    METADATA,
    Column("calling_ae", STORED_TEXT, primary_key=True),
    Column("transaction_uid", STORED_TEXT, primary_key=True),
    _text("state"),
    _text("request"),
    _count("tries"),
    Column("next_try_us", BigInteger, nullable=False),
)

INDEXES: Final = (
    Index("study_patient", STUDY.c.patient_pk),
    Index("study_patient_id", STUDY.c.patient_id),
    Index("study_accession", STUDY.c.accession),
    Index("study_by_id", STUDY.c.study_id),
    Index("study_when", STUDY.c.study_date, STUDY.c.study_time_us),
    Index("study_name_a", STUDY.c.name_a),
    Index("study_name_i", STUDY.c.name_i, sqlite_where=text("name_i <> ''"), postgresql_where=text("name_i <> ''")),
    Index("study_name_p", STUDY.c.name_p, sqlite_where=text("name_p <> ''"), postgresql_where=text("name_p <> ''")),
    Index("patient_name_a", PATIENT.c.name_a),
    Index("modality_study", STUDY_MODALITY.c.modality, STUDY_MODALITY.c.study_pk),
    Index("series_study", SERIES.c.study_pk, SERIES.c.series_number),
    Index("series_by_uid", SERIES.c.series_uid),
    Index("instance_series", INSTANCE.c.series_pk, INSTANCE.c.instance_number),
    Index("commitment_due", COMMITMENT.c.state, COMMITMENT.c.next_try_us),
)
