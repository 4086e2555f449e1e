"""Queries of the index: matching by PS3.4 C.2.2.2, levels, counts, character sets, limits."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from osm_instances import EXPLICIT, IMPLICIT, encoded, put
from pydicom.dataset import Dataset

from dicom_workstation.data_sets import decode_identifier, encode_identifier, read
from dicom_workstation.osm.index import (
    Answers,
    IdentifierMismatchError,
    KeyFaultError,
    MatchingRules,
    Model,
    SearchLimits,
    TooMuchError,
    UnreadableIdentifierError,
    UnwantedError,
    read_find,
    read_retrieve,
    search,
)
from dicom_workstation.osm.store.disk_store import DiskStore

Find = Callable[..., list[str]]


@pytest.fixture
def store(tmp_path: Path, database: str | None) -> Iterator[DiskStore]:
    with DiskStore(tmp_path / "osm", database=database) as opened:
        yield opened


def asked(store: DiskStore, level: str = "STUDY", model: Model = Model.STUDY_ROOT, **keys: object) -> list[Dataset]:
    raw = encode_identifier({"QueryRetrieveLevel": level, **keys}, EXPLICIT)
    request = read_find(raw, EXPLICIT, model)
    rules = MatchingRules()
    answers = Answers(request, "OSM", EXPLICIT, rules)
    found = search(store.parts.database, request, rules, SearchLimits())
    return [read(answers.identifier(each), EXPLICIT) for each in found]


def studies(store: DiskStore, **keys: object) -> list[str]:
    """Return the Study IDs of the studies that match, in the order of their names."""
    return sorted(str(each.StudyID) for each in asked(store, StudyID="", **keys))


def put_study(store: DiskStore, name: str, **changes: object) -> None:
    number = zlib.crc32(name.encode())
    study = f"1.2.{number}"
    changes.setdefault("SpecificCharacterSet", "ISO_IR 192")
    raw = encoded(uid=f"{study}.1.1", study=study, series=f"{study}.1", StudyID=name, **changes)
    put(store, raw, f"{study}.1.1")


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("DOE", ["plain"]),
        ("doe", []),  # case-sensitive
        ("D?E", ["plain"]),
        ("D*", ["other", "plain"]),
        ("*E", ["plain"]),
        ("*", ["bracket", "other", "plain"]),
        ("A[1]*", ["bracket"]),
        ("A1*", []),
        ("", ["bracket", "other", "plain"]),
    ],
)
def test_text_is_matched_with_its_case(store: DiskStore, key: str, expected: list[str]) -> None:
    for name, accession in (("plain", "DOE"), ("other", "Doe2"), ("bracket", "A[1]B")):
        put_study(store, name, AccessionNumber=accession)
    assert studies(store, AccessionNumber=key) == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("müller^jürg", ["german"]),
        ("MULLER^JURG", ["german"]),
        ("MÜLLER*", ["german"]),
        ("müller", []),
        ("山田^太郎", ["japanese"]),
        ("*=山田*", ["japanese"]),
        ("yamada*=*=やまだ*", ["japanese"]),
        ("やまだ*", ["japanese"]),
        ("やまた*", []),  # the sound mark makes another syllable
        ("=山田*", ["japanese"]),
        ("YAMADA^TAROU", ["japanese"]),
        ("Doe^Jane^^^", ["empty components"]),
    ],
)
def test_names_are_matched_by_groups_without_case_and_accents(store: DiskStore, key: str, expected: list[str]) -> None:
    put_study(store, "german", PatientName="Müller^Jürg")
    put_study(store, "japanese", PatientName="Yamada^Tarou=山田^太郎=やまだ^たろう")
    put_study(store, "empty components", PatientName="DOE^JANE^^")
    assert studies(store, PatientName=key) == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("20260102", ["b"]),
        ("20260101-20260102", ["a", "b"]),
        ("20260102-", ["b", "c"]),
        ("-20260101", ["a"]),
        ("20260103-20260101", []),
        ("2026.01.02", ["b"]),
    ],
)
def test_dates_are_matched_as_ranges_whose_ends_belong_to_them(store: DiskStore, key: str, expected: list[str]) -> None:
    for name, day in (("a", "20260101"), ("b", "20260102"), ("c", "20260103")):
        put_study(store, name, StudyDate=day)
    assert studies(store, StudyDate=key) == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("2230", ["a", "b"]),
        ("223015", ["b"]),
        ("22", ["a", "b", "c"]),
        ("2230-2231", ["a", "b", "c"]),
        ("2200-0100", []),  # a time does not cross midnight
        ("-2230", ["a", "b"]),
        ("223016-", ["c"]),
    ],
)
def test_times_are_matched_by_what_they_mean(store: DiskStore, key: str, expected: list[str]) -> None:
    for name, time in (("a", "2230"), ("b", "223015.5"), ("c", "223100")):
        put_study(store, name, StudyTime=time)
    assert studies(store, StudyTime=key) == expected


def test_what_is_not_known_matches_unless_the_operator_says_otherwise(store: DiskStore) -> None:
    put_study(store, "unknown", AccessionNumber="", StudyDate="", PatientName="", StudyTime="", PatientSex="")
    for keys in ({"AccessionNumber": "X"}, {"StudyDate": "2020"}, {"PatientName": "X*"}, {"StudyTime": "10"}):
        keys = {key: value if key != "StudyDate" else "20200101" for key, value in keys.items()}
        assert studies(store, **keys) == ["unknown"]
        raw = encode_identifier({"QueryRetrieveLevel": "STUDY", **keys}, EXPLICIT)
        request = read_find(raw, EXPLICIT, Model.STUDY_ROOT)
        assert list(search(store.parts.database, request, MatchingRules(match_unknown=False), SearchLimits())) == []


def test_a_list_of_uids_of_any_length(store: DiskStore) -> None:
    put_study(store, "a")
    put_study(store, "b")
    (uid,) = [each.StudyInstanceUID for each in asked(store, StudyInstanceUID="", StudyID="a")]
    many = [f"1.9.{number}" for number in range(3000)]
    assert studies(store, StudyInstanceUID=[*many, str(uid), "1.8"]) == ["a"]


def test_modalities_in_study_ask_for_one_and_return_all(store: DiskStore) -> None:
    put(store, encoded(uid="1.1", Modality="CT"), "1.1")
    put(store, encoded(uid="1.2", series="1.7", Modality="SR"), "1.2")
    (found,) = asked(store, ModalitiesInStudy="SR", NumberOfStudyRelatedSeries="", NumberOfStudyRelatedInstances="")
    assert sorted(found.ModalitiesInStudy) == ["CT", "SR"]
    assert (found.NumberOfStudyRelatedSeries, found.NumberOfStudyRelatedInstances) == (2, 2)
    assert asked(store, ModalitiesInStudy="MR") == []
    assert asked(store, ModalitiesInStudy="MR\\CT") != []


def test_sequences_are_matched_item_by_item(store: DiskStore) -> None:
    def code(value: str, scheme: str) -> Dataset:
        made = Dataset()
        made.CodeValue, made.CodingSchemeDesignator, made.CodeMeaning = value, scheme, value
        return made

    put_study(store, "both", ProcedureCodeSequence=[code("A", "S"), code("B", "T")])
    put_study(store, "one", ProcedureCodeSequence=[code("A", "T")])
    key = [{"CodeValue": "A", "CodingSchemeDesignator": "S"}]
    (found,) = asked(store, ProcedureCodeSequence=key, StudyID="")
    assert found.StudyID == "both"
    (item,) = found.ProcedureCodeSequence
    assert (item.CodeValue, item.CodingSchemeDesignator) == ("A", "S")
    assert "CodeMeaning" not in item


def test_series_and_images_of_one_study_alone(store: DiskStore) -> None:
    put(store, encoded(uid="1.1", study="1.5", series="1.6", SeriesNumber=2), "1.1")
    put(store, encoded(uid="1.2", study="1.5", series="1.7", SeriesNumber=1), "1.2")
    put(store, encoded(uid="1.3", study="1.8", series="1.9"), "1.3")
    found = asked(store, "SERIES", StudyInstanceUID="1.5", SeriesInstanceUID="", NumberOfSeriesRelatedInstances="")
    assert [str(each.SeriesInstanceUID) for each in found] == ["1.7", "1.6"]
    assert {int(each.NumberOfSeriesRelatedInstances) for each in found} == {1}
    assert len(asked(store, "SERIES", StudyInstanceUID="1.5", SeriesNumber="02")) == 1
    (image,) = asked(
        store, "IMAGE", StudyInstanceUID="1.5", SeriesInstanceUID="1.6", SOPInstanceUID="", Rows="", PatientName=""
    )
    assert (image.SOPInstanceUID, image.Rows, image.StudyInstanceUID) == ("1.1", 2, "1.5")
    assert "PatientName" not in image  # not a key of the level


def test_patients_with_their_counts(store: DiskStore) -> None:
    put_study(store, "a", PatientID="P")
    put_study(store, "b", PatientID="P")
    put_study(store, "none", PatientID="")
    (found,) = asked(
        store, "PATIENT", Model.PATIENT_ROOT, PatientID="P", PatientName="", NumberOfPatientRelatedStudies=""
    )
    assert (found.PatientName, found.NumberOfPatientRelatedStudies) == ("Doe^Jane", 2)
    below = asked(store, "STUDY", Model.PATIENT_ROOT, PatientID="P", StudyID="")
    assert sorted(each.StudyID for each in below) == ["a", "b"]
    assert studies(store) == ["a", "b", "none"]


def test_the_newest_study_comes_first(store: DiskStore) -> None:
    for name, day, time in (("old", "20250101", "10"), ("new", "20260101", "09"), ("newest", "20260101", "10")):
        put_study(store, name, StudyDate=day, StudyTime=time)
    assert [each.StudyID for each in asked(store, StudyID="")] == ["newest", "new", "old"]


@pytest.mark.parametrize(
    ("requested", "declared"), [("ISO_IR 100", "ISO_IR 100"), ("", "ISO_IR 192"), ("ISO_IR 144", "ISO_IR 192")]
)
def test_answers_are_in_the_character_set_of_the_request_where_it_can_hold_them(
    store: DiskStore, requested: str, declared: str
) -> None:
    put_study(store, "a", PatientName="Müller")
    keys = {"SpecificCharacterSet": requested} if requested else {}
    (found,) = asked(store, PatientName="", **keys)
    assert found.SpecificCharacterSet == declared
    found.decode()
    assert str(found.PatientName) == "Müller"
    assert "SpecificCharacterSet" not in asked(store, StudyID="", **keys)[0]


@pytest.mark.parametrize(
    "keys",
    [
        {"QueryRetrieveLevel": "PATIENT"},
        {"QueryRetrieveLevel": ""},
        {"QueryRetrieveLevel": "SERIES", "StudyInstanceUID": ""},
        {"QueryRetrieveLevel": "SERIES", "StudyInstanceUID": "1.2\\1.3"},
        {"QueryRetrieveLevel": "SERIES", "StudyInstanceUID": "1.*"},
    ],
)
def test_an_identifier_that_does_not_fit_its_model_is_refused(keys: dict[str, str]) -> None:
    with pytest.raises(IdentifierMismatchError):
        read_find(encode_identifier(keys, EXPLICIT), EXPLICIT, Model.STUDY_ROOT)


@pytest.mark.parametrize("keys", [{"StudyInstanceUID": "abc"}, {"StudyDate": "yesterday"}, {"StudyTime": "25"}])
def test_a_key_that_cannot_be_matched_is_refused(store: DiskStore, keys: dict[str, str]) -> None:
    with pytest.raises(KeyFaultError):
        asked(store, **keys)


def test_what_is_no_data_set_cannot_be_read() -> None:
    with pytest.raises(UnreadableIdentifierError):
        read_find(b"\x08\0\x52\0garbage", IMPLICIT, Model.STUDY_ROOT)


def test_keys_that_are_not_supported_are_noted_and_not_returned(store: DiskStore) -> None:
    put_study(store, "a")
    raw = encode_identifier({"QueryRetrieveLevel": "STUDY", "InstitutionName": "X", "StudyID": ""}, EXPLICIT)
    request = read_find(raw, EXPLICIT, Model.STUDY_ROOT)
    assert request.has_unsupported
    (found,) = asked(store, InstitutionName="X", StudyID="")
    assert "InstitutionName" not in found
    assert not read_find(
        encode_identifier({"QueryRetrieveLevel": "STUDY", "StudyID": ""}, EXPLICIT), EXPLICIT, Model.STUDY_ROOT
    ).has_unsupported


def test_too_many_and_too_long_are_refused_before_the_first_answer(store: DiskStore) -> None:
    for number in range(3):
        put_study(store, f"s{number}")
    request = read_find(encode_identifier({"QueryRetrieveLevel": "STUDY"}, EXPLICIT), EXPLICIT, Model.STUDY_ROOT)
    with pytest.raises(TooMuchError):
        search(store.parts.database, request, MatchingRules(), SearchLimits(maximum_matches=2))
    assert len(list(search(store.parts.database, request, MatchingRules(), SearchLimits(maximum_matches=3)))) == 3


@pytest.mark.parametrize("database", [None])
def test_a_search_ends_when_its_time_is_over_or_nobody_wants_it(
    store: DiskStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dicom_workstation.osm.index.sqlite._STEPS_BETWEEN_LOOKS", 1)
    put_study(store, "a")
    request = read_find(encode_identifier({"QueryRetrieveLevel": "STUDY"}, EXPLICIT), EXPLICIT, Model.STUDY_ROOT)
    with pytest.raises(TooMuchError):
        search(store.parts.database, request, MatchingRules(), SearchLimits(timeout_s=-1.0))
    with pytest.raises(UnwantedError):
        search(store.parts.database, request, MatchingRules(), SearchLimits(), lambda: True)


def test_an_answer_is_encoded_as_the_context_wants(store: DiskStore) -> None:
    put_study(store, "a")
    request = read_find(
        encode_identifier({"QueryRetrieveLevel": "STUDY", "StudyID": ""}, IMPLICIT), IMPLICIT, Model.STUDY_ROOT
    )
    (found,) = search(store.parts.database, request, MatchingRules(), SearchLimits())
    answer = decode_identifier(Answers(request, "OSM", IMPLICIT, MatchingRules()).identifier(found), IMPLICIT)
    assert answer == {
        "QueryRetrieveLevel": "STUDY",
        "RetrieveAETitle": "OSM",
        "InstanceAvailability": "ONLINE",
        "StudyID": "a",
    }


def test_a_retrieval_needs_the_unique_key_of_its_level() -> None:
    raw = encode_identifier({"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": ["1.2", "1.3"]}, EXPLICIT)
    assert read_retrieve(raw, EXPLICIT, Model.STUDY_ROOT).values == ("1.2", "1.3")
    with pytest.raises(IdentifierMismatchError):
        read_retrieve(encode_identifier({"QueryRetrieveLevel": "STUDY"}, EXPLICIT), EXPLICIT, Model.STUDY_ROOT)


def test_a_value_with_a_nul_and_each_of_several_values_is_found(store: DiskStore) -> None:
    """The columns that narrow a query hold one value, and SQLite ends a text at its first NUL when it compares it."""
    put_study(store, "NUL", AccessionNumber="A\0B", PatientName="N\0M", StudyDescription="other")
    put_study(store, "several", AccessionNumber="X\\AB", StudyDescription="one\\two", PatientName="P\\Q")
    assert studies(store, AccessionNumber="A?B") == ["NUL"]
    assert studies(store, AccessionNumber="A\0B") == ["NUL"]
    assert studies(store, PatientName="N?M") == ["NUL"]
    assert studies(store, AccessionNumber="AB") == ["several"]
    assert studies(store, AccessionNumber="X") == ["several"]
    assert studies(store, StudyDescription="two") == ["several"]
    assert studies(store, AccessionNumber="B") == []
