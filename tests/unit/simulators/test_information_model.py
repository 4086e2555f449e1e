"""Which Identifiers are lawful, and the tables of keys."""

from __future__ import annotations

import pytest

from dicom_simulators.archive import keys
from dicom_simulators.archive.information_model import (
    PATIENT_ROOT,
    SOP_CLASSES,
    STUDY_ROOT,
    Behaviour,
    FindRequest,
    KeyType,
    Level,
    MoveRequest,
    Refusal,
    read_find,
    read_move,
)
from dicom_simulators.encoding.data_set_codec import Element, tag_of, vr_of


def identifier(**keys: str) -> dict[int, Element]:
    tags = {tag_of(keyword): text for keyword, text in keys.items()}
    return {tag: Element(tag, vr_of(tag), text.encode("utf-8")) for tag, text in tags.items()}


@pytest.mark.parametrize(
    ("table", "rows", "unique", "required"),
    [
        ("TABLE_C_6_1", 16, 1, 1),
        ("TABLE_C_6_2", 27, 1, 4),
        ("TABLE_C_6_3", 4, 1, 2),
        ("TABLE_C_6_4", 6, 1, 1),
        ("TABLE_C_6_5", 43, 1, 6),
    ],
)
def test_tables_have_the_rows_of_the_standard(table, rows, unique, required):
    found = getattr(keys, table)
    assert len(found) == rows
    assert [kind for _, kind in found].count("U") == unique
    assert [kind for _, kind in found].count("R") == required
    assert all(tag_of(keyword.lstrip(">")) for keyword, _ in found)


def test_no_attribute_is_listed_twice():
    others = keys.OTHER_PATIENT_ATTRIBUTES + keys.OTHER_STUDY_ATTRIBUTES + keys.OTHER_SERIES_ATTRIBUTES + keys.ANY_LEVEL
    rows = [keyword for table in (1, 2, 3, 4) for keyword, _ in getattr(keys, f"TABLE_C_6_{table}")]
    listed = [keyword for keyword in [*others, *rows] if not keyword.startswith(">")]
    assert len(listed) == len(set(listed))
    assert all(tag_of(keyword) for keyword in others)


def test_study_root_has_the_keys_of_patient_and_study():
    merged = {k for k, _ in keys.TABLE_C_6_1 + keys.TABLE_C_6_2}
    assert {k for k, _ in keys.TABLE_C_6_5} == merged


def test_sop_classes():
    assert set(SOP_CLASSES) == {f"1.2.840.10008.5.1.4.1.2.{root}.{service}" for root in (1, 2) for service in (1, 2, 3)}


@pytest.mark.parametrize(
    ("model", "level", "keyword", "kind"),
    [
        (PATIENT_ROOT, Level.PATIENT, "PatientID", KeyType.UNIQUE),
        (STUDY_ROOT, Level.STUDY, "PatientID", KeyType.REQUIRED),
        (PATIENT_ROOT, Level.STUDY, "PatientName", None),
        (STUDY_ROOT, Level.SERIES, "SeriesDescription", KeyType.OPTIONAL),
        (STUDY_ROOT, Level.IMAGE, "Rows", KeyType.OPTIONAL),
        (STUDY_ROOT, Level.IMAGE, "StudyDate", None),
        (STUDY_ROOT, Level.STUDY, "Rows", None),
        (STUDY_ROOT, Level.SERIES, "RetrieveAETitle", KeyType.OPTIONAL),
    ],
)
def test_keys_belong_to_levels(model, level, keyword, kind):
    assert model.key_type(level, tag_of(keyword)) is kind


def test_private_attributes_belong_to_no_level():
    assert STUDY_ROOT.key_type(Level.IMAGE, 0x00091001) is None


def test_a_lawful_query_keeps_its_keys_and_unique_values_above():
    request = read_find(
        STUDY_ROOT,
        identifier(
            QueryRetrieveLevel="SERIES", StudyInstanceUID="1.2", Modality="CT", SpecificCharacterSet="ISO_IR 100"
        ),
        Behaviour(),
    )
    assert isinstance(request, FindRequest)
    assert request.level is Level.SERIES
    assert request.above == ((Level.STUDY, "1.2"),)
    assert [key.tag for key in request.keys] == [tag_of("Modality"), tag_of("StudyInstanceUID")]
    assert request.character_set == ("ISO_IR 100",)
    assert not request.unsupported


@pytest.mark.parametrize(
    ("model", "keys", "offending"),
    [
        (STUDY_ROOT, {}, "QueryRetrieveLevel"),
        (STUDY_ROOT, {"QueryRetrieveLevel": ""}, "QueryRetrieveLevel"),
        (STUDY_ROOT, {"QueryRetrieveLevel": "PATIENT"}, "QueryRetrieveLevel"),
        (STUDY_ROOT, {"QueryRetrieveLevel": "STUDY\\SERIES"}, "QueryRetrieveLevel"),
        (STUDY_ROOT, {"QueryRetrieveLevel": "SERIES"}, "StudyInstanceUID"),
        (STUDY_ROOT, {"QueryRetrieveLevel": "SERIES", "StudyInstanceUID": ""}, "StudyInstanceUID"),
        (STUDY_ROOT, {"QueryRetrieveLevel": "SERIES", "StudyInstanceUID": "1.2\\1.3"}, "StudyInstanceUID"),
        (STUDY_ROOT, {"QueryRetrieveLevel": "SERIES", "StudyInstanceUID": "1.*"}, "StudyInstanceUID"),
        (PATIENT_ROOT, {"QueryRetrieveLevel": "STUDY", "PatientID": "P*"}, "PatientID"),
        (PATIENT_ROOT, {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "1.2"}, "PatientID"),
        (STUDY_ROOT, {"QueryRetrieveLevel": "STUDY", "StudyDate": "yesterday"}, "StudyDate"),
        (STUDY_ROOT, {"QueryRetrieveLevel": "IMAGE", "StudyInstanceUID": "1.2"}, "SeriesInstanceUID"),
    ],
)
def test_what_does_not_match_the_sop_class_is_refused(model, keys, offending):
    refusal = read_find(model, identifier(**keys), Behaviour())
    assert isinstance(refusal, Refusal)
    assert refusal.status == 0xA900
    assert refusal.offending == (tag_of(offending),)
    assert len(refusal.comment) <= 64


def test_relational_queries_where_negotiated():
    keys = identifier(QueryRetrieveLevel="SERIES", StudyDate="20200101", Modality="CT")
    assert isinstance(read_find(STUDY_ROOT, keys, Behaviour()), Refusal)
    request = read_find(STUDY_ROOT, keys, Behaviour(relational=True))
    assert isinstance(request, FindRequest)
    assert tag_of("StudyDate") in [key.tag for key in request.keys]


def test_attributes_of_other_levels_are_unsupported_optional_keys():
    keys = identifier(QueryRetrieveLevel="STUDY", SeriesInstanceUID="", StudyDescription="")
    request = read_find(STUDY_ROOT, keys, Behaviour())
    assert isinstance(request, FindRequest)
    assert request.unsupported == (tag_of("SeriesInstanceUID"),)
    assert isinstance(read_find(STUDY_ROOT, keys, Behaviour(strict=True)), Refusal)


def test_optional_keys_can_be_unsupported_but_no_required_ones():
    keys = identifier(QueryRetrieveLevel="STUDY", StudyDate="", StudyDescription="")
    behaviour = Behaviour(unsupported=frozenset({tag_of("StudyDescription"), tag_of("StudyDate")}))
    request = read_find(STUDY_ROOT, keys, behaviour)
    assert isinstance(request, FindRequest)
    assert request.unsupported == (tag_of("StudyDescription"),)


def test_the_time_zone_of_the_request_is_no_key():
    request = read_find(STUDY_ROOT, identifier(QueryRetrieveLevel="STUDY", TimezoneOffsetFromUTC="-0500"), Behaviour())
    assert isinstance(request, FindRequest)
    assert request.matching.timezone_minutes == -300
    assert not request.keys


@pytest.mark.parametrize(
    ("model", "keys", "unique_values"),
    [
        (STUDY_ROOT, {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "1.2\\1.3"}, ("1.2", "1.3")),
        (PATIENT_ROOT, {"QueryRetrieveLevel": "PATIENT", "PatientID": "P1"}, ("P1",)),
        (
            STUDY_ROOT,
            {
                "QueryRetrieveLevel": "IMAGE",
                "StudyInstanceUID": "1.2",
                "SeriesInstanceUID": "1.3",
                "SOPInstanceUID": "1.4",
            },
            ("1.4",),
        ),
        (STUDY_ROOT, {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "1.2", "PatientName": "A"}, ("1.2",)),
    ],
)
def test_lawful_retrievals(model, keys, unique_values):
    request = read_move(model, identifier(**keys), Behaviour())
    assert isinstance(request, MoveRequest)
    assert request.unique_values == unique_values


@pytest.mark.parametrize(
    ("model", "keys", "offending"),
    [
        (STUDY_ROOT, {"StudyInstanceUID": "1.2"}, "QueryRetrieveLevel"),
        (STUDY_ROOT, {"QueryRetrieveLevel": "STUDY"}, "StudyInstanceUID"),
        (STUDY_ROOT, {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": ""}, "StudyInstanceUID"),
        (STUDY_ROOT, {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "1.*"}, "StudyInstanceUID"),
        (PATIENT_ROOT, {"QueryRetrieveLevel": "PATIENT", "PatientID": "P1\\P2"}, "PatientID"),
        (PATIENT_ROOT, {"QueryRetrieveLevel": "PATIENT", "PatientID": "*"}, "PatientID"),
        (STUDY_ROOT, {"QueryRetrieveLevel": "SERIES", "SeriesInstanceUID": "1.2"}, "StudyInstanceUID"),
    ],
)
def test_unlawful_retrievals(model, keys, offending):
    refusal = read_move(model, identifier(**keys), Behaviour())
    assert isinstance(refusal, Refusal)
    assert (refusal.status, refusal.offending) == (0xA900, (tag_of(offending),))


def test_a_strict_archive_takes_the_character_set_of_a_retrieval():
    keys = identifier(SpecificCharacterSet="ISO_IR 192", QueryRetrieveLevel="PATIENT", PatientID="M\u00fcller")
    request = read_move(PATIENT_ROOT, keys, Behaviour(strict=True))
    assert isinstance(request, MoveRequest), "Specific Character Set is no key (PS3.4 C.4.2.1.4.1)"
    assert request.unique_values == ("M\u00fcller",)


def test_a_strict_archive_wants_unique_keys_only_in_a_retrieval():
    keys = identifier(QueryRetrieveLevel="STUDY", StudyInstanceUID="1.2", PatientName="A")
    refusal = read_move(STUDY_ROOT, keys, Behaviour(strict=True))
    assert isinstance(refusal, Refusal)
    assert refusal.offending == (tag_of("PatientName"),)
