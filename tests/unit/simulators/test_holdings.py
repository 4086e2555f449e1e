"""The index over instances, and the Identifiers that C-FIND makes of it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from dicom_simulators.archive.find import Responder, find_matches
from dicom_simulators.archive.holdings import FileInstance, Holdings, read_file_instance
from dicom_simulators.archive.information_model import (
    PATIENT_ROOT,
    STUDY_ROOT,
    Behaviour,
    FindRequest,
    Level,
    read_find,
)
from dicom_simulators.archive.matching import Matching
from dicom_simulators.data_sets import build
from dicom_simulators.data_sets.instance import Instance
from dicom_simulators.encoding.data_set_codec import (
    Element,
    encoding_of,
    read_elements,
    tag_of,
    values,
    vr_of,
    write_elements,
)
from dicom_simulators.encoding.transfer_syntax_uids import (
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
)

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"


def elements(codec: str = "latin-1", **keys: str | tuple) -> dict[int, Element]:
    made = {}
    for keyword, given in keys.items():
        tag = tag_of(keyword)
        if isinstance(given, tuple):
            made[tag] = Element(tag, "SQ", items=given)
        else:
            made[tag] = Element(tag, vr_of(tag), given.encode(codec))
    return made


def instance(number: int = 1, series: int = 1, study: int = 1, patient: int = 1, **keys: str | tuple) -> Instance:
    uid = f"2.25.{study}.{series}.{number}"
    given = {
        "SOPClassUID": CT,
        "SOPInstanceUID": uid,
        "StudyInstanceUID": f"2.25.{study}",
        "SeriesInstanceUID": f"2.25.{study}.{series}",
        "PatientID": f"P{patient}",
        "PatientName": f"DOE^{patient}",
        "Modality": "CT",
        "StudyDate": "20200101",
        "InstanceNumber": str(number),
        **keys,
    }
    data_set = write_elements(elements(**given), encoding_of(EXPLICIT_VR_LITTLE_ENDIAN))
    return Instance(given["SOPClassUID"], given["SOPInstanceUID"], EXPLICIT_VR_LITTLE_ENDIAN, data_set)


@pytest.fixture
def holdings() -> Holdings:
    return Holdings(
        [
            instance(1, 1, 1),
            instance(2, 1, 1),
            instance(1, 2, 1, Modality="MR", SOPClassUID=MR),
            instance(1, 1, 2, StudyDate="20210101"),
            instance(1, 1, 3, patient=2, StudyDescription="Hüfte", SpecificCharacterSet="ISO_IR 100"),
        ]
    )


def query(holdings: Holdings, model=STUDY_ROOT, behaviour=None, syntax=IMPLICIT_VR_LITTLE_ENDIAN, **keys):
    request = read_find(model, elements(**keys), behaviour or Behaviour())
    assert isinstance(request, FindRequest), request
    responder = Responder(request, "ARCHIVE", encoding_of(syntax))
    return responder.status, [
        read_elements(responder.identifier(entity), syntax) for entity in find_matches(holdings, request, "ARCHIVE")
    ]


def told(identifier: dict[int, Element], keyword: str) -> tuple[str, ...]:
    terms = identifier.get(tag_of("SpecificCharacterSet"))
    return values(identifier[tag_of(keyword)], values(terms) if terms else ())


def test_each_level_is_listed(holdings):
    assert len(holdings) == 5
    assert len(query(holdings, PATIENT_ROOT, QueryRetrieveLevel="PATIENT", PatientID="")[1]) == 2
    assert len(query(holdings, QueryRetrieveLevel="STUDY", StudyInstanceUID="")[1]) == 3
    assert len(query(holdings, QueryRetrieveLevel="SERIES", StudyInstanceUID="2.25.1", SeriesInstanceUID="")[1]) == 2
    images = {"StudyInstanceUID": "2.25.1", "SeriesInstanceUID": "2.25.1.1"}
    assert len(query(holdings, QueryRetrieveLevel="IMAGE", SOPInstanceUID="", **images)[1]) == 2


def test_patient_root_goes_down_from_the_patient(holdings):
    _, found = query(holdings, PATIENT_ROOT, QueryRetrieveLevel="STUDY", PatientID="P1", StudyInstanceUID="")
    assert [told(one, "StudyInstanceUID") for one in found] == [("2.25.1",), ("2.25.2",)]
    found = query(holdings, PATIENT_ROOT, QueryRetrieveLevel="STUDY", PatientID="P2", StudyInstanceUID="2.25.1")[1]
    assert found == []


def test_the_patient_id_of_a_patient_level_query_may_have_wildcards(holdings):
    assert len(query(holdings, PATIENT_ROOT, QueryRetrieveLevel="PATIENT", PatientID="P*")[1]) == 2
    assert len(query(holdings, PATIENT_ROOT, QueryRetrieveLevel="PATIENT", PatientID="P2")[1]) == 1


def test_a_list_of_uids_finds_each_of_them(holdings):
    _, found = query(holdings, QueryRetrieveLevel="STUDY", StudyInstanceUID="2.25.1\\2.25.3\\2.25.9")
    assert {told(one, "StudyInstanceUID") for one in found} == {("2.25.1",), ("2.25.3",)}


def test_counts_and_collections_are_true(holdings):
    wanted = {
        "NumberOfPatientRelatedStudies": "2",
        "NumberOfPatientRelatedSeries": "3",
        "NumberOfPatientRelatedInstances": "4",
        "NumberOfStudyRelatedSeries": "2",
        "NumberOfStudyRelatedInstances": "3",
    }
    keys = {**dict.fromkeys(wanted, ""), "ModalitiesInStudy": "", "SOPClassesInStudy": ""}
    _, (found,) = query(holdings, QueryRetrieveLevel="STUDY", StudyInstanceUID="2.25.1", **keys)
    assert {keyword: told(found, keyword) for keyword in wanted} == {key: (one,) for key, one in wanted.items()}
    assert told(found, "ModalitiesInStudy") == ("CT", "MR")
    assert told(found, "SOPClassesInStudy") == (CT, MR)


def test_counts_follow_what_is_stored_later(holdings):
    keys = {"QueryRetrieveLevel": "SERIES", "StudyInstanceUID": "2.25.1", "SeriesInstanceUID": "2.25.1.1"}
    _, (before,) = query(holdings, NumberOfSeriesRelatedInstances="", **keys)
    holdings.add(instance(3, 1, 1))
    holdings.add(instance(3, 1, 1))  # the same again is no second instance
    _, (after,) = query(holdings, NumberOfSeriesRelatedInstances="", **keys)
    count = "NumberOfSeriesRelatedInstances"
    assert (told(before, count), told(after, count)) == (("2",), ("3",))


def test_modalities_in_study_is_matched(holdings):
    _, found = query(holdings, QueryRetrieveLevel="STUDY", ModalitiesInStudy="MR", StudyInstanceUID="")
    assert [told(one, "StudyInstanceUID") for one in found] == [("2.25.1",)]


def test_a_response_bears_what_was_asked_and_no_more(holdings):
    keys = {"StudyInstanceUID": "2.25.2", "AccessionNumber": "", "InstanceAvailability": "", "SeriesDate": ""}
    status, (found,) = query(holdings, QueryRetrieveLevel="STUDY", **keys)
    assert status == 0xFF01
    assert sorted(found) == sorted(
        tag_of(keyword)
        for keyword in (
            "QueryRetrieveLevel",
            "RetrieveAETitle",
            "InstanceAvailability",
            "StudyInstanceUID",
            "AccessionNumber",
        )
    )
    assert told(found, "QueryRetrieveLevel") == ("STUDY",)
    assert told(found, "RetrieveAETitle") == ("ARCHIVE",)
    assert told(found, "InstanceAvailability") == ("ONLINE",)
    assert told(found, "AccessionNumber") == ()


def test_where_it_can_be_retrieved_and_how_soon_is_matched(holdings):
    keys = {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "2.25.2"}
    assert len(query(holdings, RetrieveAETitle="ARCHIVE", InstanceAvailability="ONLINE", **keys)[1]) == 1
    assert query(holdings, RetrieveAETitle="OTHER", **keys)[1] == []
    assert query(holdings, InstanceAvailability="NEARLINE", **keys)[1] == []


def test_all_keys_supported_means_ff00(holdings):
    assert query(holdings, QueryRetrieveLevel="STUDY", StudyDate="")[0] == 0xFF00


@pytest.mark.parametrize("syntax", [IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN])
def test_the_character_set_is_told_where_it_is_needed(holdings, syntax):
    keys = {"QueryRetrieveLevel": "STUDY", "StudyDescription": ""}
    _, (plain,) = query(holdings, StudyInstanceUID="2.25.1", syntax=syntax, **keys)
    _, (extended,) = query(holdings, StudyInstanceUID="2.25.3", syntax=syntax, **keys)
    assert tag_of("SpecificCharacterSet") not in plain
    assert told(extended, "SpecificCharacterSet") == ("ISO_IR 100",)
    assert told(extended, "StudyDescription") == ("Hüfte",)
    _, (unneeded,) = query(holdings, QueryRetrieveLevel="STUDY", StudyInstanceUID="2.25.3", StudyDate="")
    assert tag_of("SpecificCharacterSet") not in unneeded


def test_keys_match_across_character_sets(holdings):
    keys = elements("utf-8", QueryRetrieveLevel="STUDY", StudyDescription="Hü*", SpecificCharacterSet="ISO_IR 192")
    keys[tag_of("StudyInstanceUID")] = Element(tag_of("StudyInstanceUID"), "UI", b"2.25.1\\2.25.3")
    request = read_find(STUDY_ROOT, keys, Behaviour())
    found = [entity.unique_value for entity in find_matches(holdings, request, "ARCHIVE")]
    # study 1 has no Study Description: unknown, so it matches too (PS3.4 C.2.2.1.2)
    assert sorted(found) == ["2.25.1", "2.25.3"]


def test_matching_items_of_a_sequence_come_back_with_what_was_asked():
    codes = tuple(
        elements(CodeValue=value, CodingSchemeDesignator="DC", CodeMeaning=value) for value in ("A1", "B1", "A2")
    )
    holdings = Holdings([instance(ProcedureCodeSequence=codes)])
    wanted = (elements(CodeValue="A*", CodeMeaning="", CodingSchemeVersion=""),)
    _, (found,) = query(holdings, QueryRetrieveLevel="STUDY", ProcedureCodeSequence=wanted)
    items = found[tag_of("ProcedureCodeSequence")].items
    assert [values(item[tag_of("CodeValue")]) for item in items] == [("A1",), ("A2",)]
    assert set(items[0]) == {tag_of(one) for one in ("CodeValue", "CodeMeaning", "CodingSchemeVersion")}
    _, (whole,) = query(holdings, QueryRetrieveLevel="STUDY", ProcedureCodeSequence=({},))
    assert whole[tag_of("ProcedureCodeSequence")].items == codes
    assert query(holdings, QueryRetrieveLevel="STUDY", ProcedureCodeSequence=(elements(CodeValue="C"),))[1] == []


def test_relational_queries_go_across_studies(holdings):
    behaviour = Behaviour(relational=True)
    _, found = query(holdings, behaviour=behaviour, QueryRetrieveLevel="SERIES", Modality="CT", SeriesInstanceUID="")
    assert len(found) == 3
    _, found = query(
        holdings, behaviour=behaviour, QueryRetrieveLevel="IMAGE", StudyDate="20210101-", SOPInstanceUID=""
    )
    assert [told(one, "SOPInstanceUID") for one in found] == [("2.25.2.1.1",)]


def test_date_and_time_are_one_range_where_negotiated():
    times = (("20200101", "0900"), ("20200101", "1500"), ("20200102", "0900"), ("20200102", "1500"))
    holdings = Holdings(
        [instance(study=at, StudyDate=date, StudyTime=time_) for at, (date, time_) in enumerate(times, start=1)]
    )
    keys = {"QueryRetrieveLevel": "STUDY", "StudyDate": "20200101-20200102", "StudyTime": "1200-1000"}
    combined = Behaviour(matching=Matching(date_time=True))
    assert query(holdings, **keys)[1] == []
    found = query(holdings, behaviour=combined, StudyInstanceUID="", **keys)[1]
    assert [told(one, "StudyInstanceUID") for one in found] == [("2.25.2",), ("2.25.3",)]
    keys["StudyDate"], keys["StudyTime"] = "20200102-", "1200-"
    found = query(holdings, behaviour=combined, StudyInstanceUID="", **keys)[1]
    assert [told(one, "StudyInstanceUID") for one in found] == [("2.25.4",)]


def test_what_cannot_be_read_is_told_and_not_listed(holdings):
    holdings.add(Instance(CT, "2.25.99", EXPLICIT_VR_LITTLE_ENDIAN, b"\x08\x00\x05\x00CS\xff\x00"))
    assert holdings.unreadable == ("2.25.99",)
    assert len(holdings) == 5


def test_an_instance_that_moves_to_another_study_leaves_no_empty_one(holdings):
    holdings.add(instance(1, 1, 4, SOPInstanceUID="2.25.2.1.1", patient=3))
    _, found = query(holdings, QueryRetrieveLevel="STUDY", StudyInstanceUID="")
    assert {told(one, "StudyInstanceUID") for one in found} == {("2.25.1",), ("2.25.3",), ("2.25.4",)}


def test_nothing_is_left_after_clear(holdings):
    holdings.clear()
    assert len(holdings) == 0
    assert query(holdings, QueryRetrieveLevel="STUDY", StudyInstanceUID="")[1] == []


def test_a_folder_is_read_when_it_is_asked_for(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "one.dcm").write_bytes(instance(1).file_bytes())
    (tmp_path / "notes.txt").write_text("no DICOM")
    path = get_testdata_file("CT_small.dcm", download=False)
    (tmp_path / "ct").write_bytes(Path(path).read_bytes())
    holdings = Holdings(folder=tmp_path)
    assert len(holdings) == 2
    found = holdings.entities(Level.IMAGE, (), frozenset({"2.25.1.1.1"}))
    assert isinstance(found[0].instance, FileInstance)
    assert found[0].instance.data_set == instance(1).data_set


def test_files_that_are_none_are_skipped_and_named(tmp_path):
    path = tmp_path / "x"
    for raw in (b"", b"\0" * 128 + b"DICM", b"\0" * 128 + b"DICM" + b"\x02\0\0\0UL\x04\0\xff\0\0\0" + b"\1" * 20):
        path.write_bytes(raw)
        with pytest.raises(ValueError, match=r"DICOM file|File Meta Information"):
            read_file_instance(path)
        said = []
        assert len(Holdings(folder=tmp_path, skipped=said.append)) == 0
        assert len(said) == 2
        assert said[0].startswith(f"{path}: skipped: ")
        assert said[1] == f"{tmp_path}: no DICOM file below that can be served"


def test_a_thousand_studies_are_answered_quickly():
    holdings = Holdings([instance(study=number, patient=number) for number in range(1, 1001)])
    assert len(holdings) == 1000
    keys = dict.fromkeys(("StudyInstanceUID", "PatientID", "AccessionNumber", "StudyTime", "ModalitiesInStudy"), "")
    keys["NumberOfStudyRelatedInstances"] = ""
    start = time.process_time()
    for _ in range(2):
        _, found = query(holdings, QueryRetrieveLevel="STUDY", PatientName="doe*", StudyDate="20200101-", **keys)
    assert len(found) == 1000
    assert time.process_time() - start < 2.0


# -- what is said of a folder ----------------------------------------------------------------------------------------


def held_of(folder: Path) -> tuple[int, list[str]]:
    said: list[str] = []
    return len(Holdings((), folder, said.append)), said


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    assert held_of(tmp_path) == (0, [f"{tmp_path}: no DICOM file below that can be served"])


@pytest.mark.parametrize("syntax", [EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, "1.2.840.10008.1.2.4.70"])
def test_a_file_cut_short_in_its_pixel_data_is_named_and_not_held(tmp_path: Path, syntax: str) -> None:
    whole = build("ct_512", CT, syntax, seed=1).file_bytes()
    (tmp_path / "cut.dcm").write_bytes(whole[:-100])
    (tmp_path / "whole.dcm").write_bytes(build("ct_512", CT, syntax, seed=2).file_bytes())
    number, said = held_of(tmp_path)
    assert (number, len(said)) == (1, 1)
    assert said[0].startswith(f"{tmp_path / 'cut.dcm'}: skipped: ")


def test_a_deflated_file_cut_short_is_named(tmp_path: Path) -> None:
    source = get_testdata_file("image_dfl.dcm", download=False)
    assert source is not None
    whole = Path(source).read_bytes()
    (tmp_path / "cut.dcm").write_bytes(whole[:-100])
    assert held_of(tmp_path)[0] == 0
    (tmp_path / "cut.dcm").write_bytes(whole)
    assert held_of(tmp_path) == (1, [])


def test_of_two_files_with_one_sop_instance_uid_the_one_that_is_not_served_is_named(tmp_path: Path) -> None:
    for name in ("a.dcm", "b.dcm"):
        (tmp_path / name).write_bytes(build("smallest", CT, EXPLICIT_VR_LITTLE_ENDIAN, seed=1).file_bytes())
    number, said = held_of(tmp_path)
    assert (number, len(said)) == (1, 1)
    assert f"{tmp_path / 'b.dcm'}: takes the place of {tmp_path / 'a.dcm'}: both have SOP Instance UID 2.25." in said[0]


def test_a_relational_answer_has_the_unique_keys_above_that_were_not_asked_for() -> None:
    keys = elements(QueryRetrieveLevel="IMAGE", SOPInstanceUID="", PatientID="P1")
    request = read_find(PATIENT_ROOT, keys, Behaviour(relational=True))
    assert isinstance(request, FindRequest)
    holdings = Holdings((instance(),))
    encoding = encoding_of(IMPLICIT_VR_LITTLE_ENDIAN)
    (found,) = [Responder(request, "ARCHIVE", encoding).identifier(one) for one in find_matches(holdings, request, "A")]
    answer = read_elements(found, IMPLICIT_VR_LITTLE_ENDIAN)
    unique = [values(answer[level.unique_key]) for level in Level]
    assert unique == [("P1",), ("2.25.1",), ("2.25.1.1",), ("2.25.1.1.1",)]
