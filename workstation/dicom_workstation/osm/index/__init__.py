"""The index of the OSM: which instances are held, and how a query finds them.

Begin with `schema` (what is held), then `insertion`, `writer` and `search`.
"""

from dicom_workstation.osm.index.answers import Answers
from dicom_workstation.osm.index.attribute_values import Attributes, first_text, items_of, read_attributes
from dicom_workstation.osm.index.database import SCHEMA, Database
from dicom_workstation.osm.index.dialect import IndexUnusableError
from dicom_workstation.osm.index.insertion import Inserted, insert_record, remove_instances
from dicom_workstation.osm.index.keys import UNIQUE_KEYS, Level, Model, supported_keys, vr_of
from dicom_workstation.osm.index.matching import KeyFaultError, MatchingRules
from dicom_workstation.osm.index.postgresql import drop_schema, move_schema
from dicom_workstation.osm.index.record import InstanceRecord, read_levels
from dicom_workstation.osm.index.requests import (
    FindRequest,
    IdentifierMismatchError,
    RetrieveRequest,
    UnreadableIdentifierError,
    read_find,
    read_retrieve,
)
from dicom_workstation.osm.index.schema import (
    COMMITMENT,
    EPOCH,
    INSTANCE,
    PATIENT,
    SERIES,
    STUDY,
    STUDY_MODALITY,
    STUDY_SOP_CLASS,
    TOMBSTONE,
)
from dicom_workstation.osm.index.search import SearchLimits, TooMuchError, UnwantedError, search
from dicom_workstation.osm.index.statements import is_out_of_space
from dicom_workstation.osm.index.writer import IndexAwayError, Writer, WriterStoppedError

__all__ = [
    "COMMITMENT",
    "EPOCH",
    "INSTANCE",
    "PATIENT",
    "SCHEMA",
    "SERIES",
    "STUDY",
    "STUDY_MODALITY",
    "STUDY_SOP_CLASS",
    "TOMBSTONE",
    "UNIQUE_KEYS",
    "Answers",
    "Attributes",
    "Database",
    "FindRequest",
    "IdentifierMismatchError",
    "IndexAwayError",
    "IndexUnusableError",
    "Inserted",
    "InstanceRecord",
    "KeyFaultError",
    "Level",
    "MatchingRules",
    "Model",
    "RetrieveRequest",
    "SearchLimits",
    "TooMuchError",
    "UnreadableIdentifierError",
    "UnwantedError",
    "Writer",
    "WriterStoppedError",
    "drop_schema",
    "first_text",
    "insert_record",
    "is_out_of_space",
    "items_of",
    "move_schema",
    "read_attributes",
    "read_find",
    "read_levels",
    "read_retrieve",
    "remove_instances",
    "search",
    "supported_keys",
    "vr_of",
]
