"""The pages of what is in memory: the studies, the viewer, its pictures and values; and what is removed from there."""

from __future__ import annotations

import json
import struct
from urllib.parse import unquote

import pytest
from explorer_bench import SESSION, STATE, Site, held, site

from dicom_workstation.explorer.holdings import Holdings, number
from dicom_workstation.instances.memory import Memory


@pytest.fixture
def full() -> Site:
    """Two studies of one patient, one of another without an ID, a state, and what is neither."""
    found = site()
    for each in (
        held("1.2.1.2", PatientID="P", PatientName="DOE^JANE", Modality="CT", SeriesNumber="2", InstanceNumber="2"),
        held("1.2.1.1", PatientID="P", PatientName="DOE^JANE", Modality="CT", SeriesNumber="2", InstanceNumber="1"),
        held("1.2.2.1", series="1.2.2", PatientID="P", Modality="MR", SeriesNumber="1", NumberOfFrames="2"),
        held("1.2.3.1", series="1.2.3", PatientID="P", Modality="PR", sop_class=STATE, rows=0),
        held("1.2.4.1", series="1.2.4", PatientID="P", Modality="SR", rows=0),
        held("1.3.1.1", "1.3", "1.3.1", PatientID="P", StudyDate="20260102", PatientBirthDate="19610204"),
        held("1.4.1.1", "1.4", "1.4.1", Modality="CT"),
        held("1.5.1.1", "1.5", "1.5.1", PatientID="P", Modality="SR", rows=0),
    ):
        found.workstation.memory.keep(each)
    return found


def test_series_and_images_stand_in_the_order_of_their_numbers(full: Site) -> None:
    study = Holdings(full.workstation.memory).study("1.2")
    assert study is not None
    assert [each.uid for each in study.series] == ["1.2.2", "1.2.1"]
    assert [each.uid for each in study.images] == ["1.2.2.1", "1.2.1.1", "1.2.1.2"]
    assert [each.uid for each in study.states] == ["1.2.3.1"]
    assert [each.uid for each in study.others] == ["1.2.3.1", "1.2.4.1"]
    assert {each.uid for each in study.instances} == {"1.2.1.1", "1.2.1.2", "1.2.2.1", "1.2.3.1", "1.2.4.1"}
    assert study.modalities == "MR CT PR SR"
    assert study.attributes["Modality"] == "MR"
    assert [each.frames for each in study.images] == [2, 1, 1]
    assert study.images[0].bytes == len(study.images[0].instance.data_set)


def test_what_has_no_number_comes_last_as_it_arrived() -> None:
    memory = Memory(1 << 20)
    for uid, given in (("1.1", {}), ("1.2", {"InstanceNumber": "0"}), ("1.3", {"InstanceNumber": "-1"}), ("1.4", {})):
        memory.keep(held(uid, "1", "1", **given))
    study = Holdings(memory).study("1")
    assert study is not None
    assert [each.uid for each in study.images] == ["1.3", "1.2", "1.1", "1.4"]


def test_a_study_without_images_says_what_its_first_instance_says(full: Site) -> None:
    study = Holdings(full.workstation.memory).study("1.5")
    assert study is not None
    assert study.images == ()
    assert study.attributes["Modality"] == "SR"


def test_what_is_not_held_is_nothing(full: Site) -> None:
    holdings = Holdings(full.workstation.memory)
    assert holdings.study("9.9") is None
    assert holdings.images(()) == {}
    assert list(holdings.images({"1.2.1.1", "9.9"})) == ["1.2.1.1"]


def test_the_last_study_to_arrive_is_the_first(full: Site) -> None:
    assert [each.uid for each in Holdings(full.workstation.memory).studies()] == ["1.5", "1.4", "1.3", "1.2"]


def test_what_was_removed_is_read_again_when_it_comes_back(full: Site) -> None:
    holdings = Holdings(full.workstation.memory)
    memory = full.workstation.memory
    assert holdings.images({"1.4.1.1"})["1.4.1.1"].attributes["Modality"] == "CT"
    memory.remove("1.4.1.1")
    assert "1.4" not in [each.uid for each in holdings.studies()]
    memory.keep(held("1.4.1.1", "1.4", "1.4.1", Modality="DX"))
    assert holdings.images({"1.4.1.1"})["1.4.1.1"].attributes["Modality"] == "DX"


def test_what_is_unchanged_is_read_once(full: Site) -> None:
    holdings = Holdings(full.workstation.memory)
    assert holdings.images({"1.4.1.1"})["1.4.1.1"] is holdings.images({"1.4.1.1"})["1.4.1.1"]


def test_instances_are_counted_at_each_level(full: Site) -> None:
    counts = Holdings(full.workstation.memory).counts()
    assert [counts[uid] for uid in ("1.2", "1.2.1", "1.2.1.1", "9.9")] == [5, 2, 1, 0]


def test_other_studies_of_a_patient_are_those_with_images_and_the_same_id(full: Site) -> None:
    holdings = Holdings(full.workstation.memory)
    of_the_patient, unknown = holdings.study("1.2"), holdings.study("1.4")
    assert of_the_patient is not None
    assert unknown is not None
    assert [each.uid for each in holdings.of_the_same_patient(of_the_patient)] == ["1.3"]
    assert holdings.of_the_same_patient(unknown) == ()


@pytest.mark.parametrize(("text", "expected"), [("7", 7), (" 07 ", 7), ("-1", -1), ("", None), ("1.5", None)])
def test_an_integer_string_is_read(text: str, expected: int | None) -> None:
    assert number(text) == expected


def test_loaded_studies_are_listed_with_their_counts(full: Site) -> None:
    text = full.get("/loaded").text
    assert "<strong>4 studies</strong>" in text
    assert 'data-images="1.2">3<' in text
    assert '<a class="row" href="/viewer/1.2">' in text
    assert 'href="/viewer/1.5"' not in text  # it has no image to view
    assert "Nothing is loaded." in site().get("/loaded").text


def test_the_viewer_opens_the_image_that_is_asked_for_else_the_first(full: Site) -> None:
    first = full.get("/viewer/1.2").text
    assert 'src="/image/1.2.2.1/picture"' in first
    assert "image before" not in first
    assert '<a href="?image=1.2.1.1">image after</a>' in first
    middle = full.get("/viewer/1.2", image="1.2.1.1").text
    assert '<a href="?image=1.2.2.1">image before</a>' in middle
    assert '<a href="?image=1.2.1.2">image after</a>' in middle
    last = full.get("/viewer/1.2", image="1.2.1.2").text
    assert '<a href="?image=1.2.1.1">image before</a>' in last
    assert "image after" not in last
    assert full.get("/viewer/1.2", image="9.9").text == first


@pytest.mark.parametrize("study", ["9.9", "1.5"])
def test_the_viewer_of_what_has_no_image_says_what_to_do(full: Site, study: str) -> None:
    answer = full.get(f"/viewer/{study}")
    assert answer.status == 404
    assert "No image of this study is in memory. Retrieve it first." in answer.text


def test_the_viewer_leads_back_to_a_worklist_that_is_configured() -> None:
    found = site(worklists={"mine": {"archive": "PACS", "keys": {"PatientName": ""}}})
    found.workstation.memory.keep(held("1.2.1.1"))
    assert "Worklist mine" in found.get("/viewer/1.2", worklist="mine").text
    assert "Worklist" not in found.get("/viewer/1.2", worklist="another").text.split("<main")[1]
    assert "Worklist" not in found.get("/viewer/1.2").text.split("<main")[1]


def test_the_contents_are_the_study_and_then_others_of_the_patient(full: Site) -> None:
    found = full.get("/viewer/1.2/contents").json()
    assert found["study"] == "1.2"
    assert [(each["study"], each["uid"]) for each in found["series"]] == [
        ("1.2", "1.2.2"),
        ("1.2", "1.2.1"),
        ("1.3", "1.3.1"),
    ]
    assert found["series"][0]["images"] == [{"uid": "1.2.2.1", "number": "", "frames": 2}]
    assert found["series"][1]["images"][0] == {"uid": "1.2.1.1", "number": "1", "frames": 1}
    assert {key: found["series"][2][key] for key in ("date", "birth_date", "patient_id")} == {
        "date": "2026-01-02",
        "birth_date": "1961-02-04",
        "patient_id": "P",
    }
    assert found["series"][1]["patient"] == "DOE, JANE"
    assert (found["series"][1]["number"], found["series"][1]["modality"]) == ("2", "CT")
    assert full.get("/viewer/9.9/contents").status == 404


def test_a_series_says_of_whom_and_when_it_is() -> None:
    found = site()
    said = {
        "PatientName": "DOE^JANE",
        "PatientSex": "F",
        "StudyDescription": "Thorax",
        "SeriesDescription": "Scout",
        "SeriesNumber": "1",
        "Modality": "CT",
    }
    found.workstation.memory.keep(held("1.2.1.1", **said))
    series = found.get("/viewer/1.2/contents").json()["series"][0]
    assert (series["sex"], series["study_description"], series["description"]) == ("F", "Thorax", "Scout")


def test_facts_and_values_of_a_frame(full: Site) -> None:
    assert full.get("/image/1.2.2.1/facts").json()["frames"] == 2
    values = full.get("/image/1.2.2.1/values")
    assert values.headers["x-kind"] == "int16"
    assert values.body == bytes(b if n % 2 == 0 else b & 0x0F for n, b in enumerate(range(1, 13)))
    second = full.get("/image/1.2.2.1/values", frame="2").body
    assert second == bytes(b if n % 2 == 0 else b & 0x0F for n, b in enumerate(range(13, 25)))


@pytest.mark.parametrize("frame", ["0", "x", "", "123456789"])
def test_a_frame_that_is_no_number_is_the_first_and_what_is_not_there_is_refused(full: Site, frame: str) -> None:
    for address in ("facts", "values"):
        answer = full.get(f"/image/1.2.2.1/{address}", frame=frame)
        if frame == "0":
            assert answer.status == 404
            assert answer.json() == {"problem": "there is no frame 0: the image has 2 frames"}
        else:
            assert answer.body == full.get(f"/image/1.2.2.1/{address}", frame="1").body
    assert full.get("/image/1.2.2.1/facts", frame="12345678").status == 404  # eight digits are still a number


@pytest.mark.parametrize("what", ["facts", "values"])
def test_an_image_that_is_not_held_has_a_problem(full: Site, what: str) -> None:
    answer = full.get(f"/image/9.9/{what}")
    assert answer.status == 404
    assert answer.json() == {"problem": "the image is not in memory"}


def test_a_picture_is_a_png_and_tells_its_warnings(full: Site) -> None:
    answer = full.get("/image/1.2.1.1/picture")
    assert answer.status == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.body[16:24] == (3).to_bytes(4, "big") + (2).to_bytes(4, "big")
    assert json.loads(unquote(answer.headers["x-warnings"])) == []


def test_a_window_may_be_given_for_a_picture(full: Site) -> None:
    own = full.get("/image/1.2.1.1/picture").body
    assert full.get("/image/1.2.1.1/picture", window="2048,4096").body == own
    assert full.get("/image/1.2.1.1/picture", window="100,10").body != own
    sigmoid = full.get("/image/1.2.1.1/picture", window="2048,4096,SIGMOID")
    assert sigmoid.status == 200
    assert sigmoid.body != own
    refused = full.get("/image/1.2.1.1/picture", window="x,y")
    assert refused.status == 404
    assert "window" in refused.text


def test_a_picture_that_cannot_be_made_says_why(full: Site) -> None:
    for address, query in (("9.9", {}), ("1.2.1.1", {"state": "9.9"}), ("1.2.4.1", {})):
        answer = full.get(f"/image/{address}/picture", **query)
        assert answer.status == 404
        assert answer.text


def test_the_states_of_an_image_are_listed(full: Site) -> None:
    assert full.get("/image/1.2.1.1/states").json() == []


def test_a_study_is_removed_and_no_other(full: Site) -> None:
    answer = full.post("/do/forget", {"StudyInstanceUID": ["1.2", "1.4"], "back": "/loaded?x=1"})
    assert (answer.status, answer.headers["location"]) == (303, "/loaded?x=1")
    assert {each.StudyInstanceUID for each in full.workstation.memory.instances()} == {"1.3", "1.5"}
    assert any("study 1.4 removed from memory" in line for line in full.workstation.log())
    assert full.post("/do/forget", {}).headers["location"] == "/loaded"


def test_without_the_token_of_the_session_nothing_is_removed(full: Site) -> None:
    for csrf in ("", SESSION.key, "csrf-of-the-sessiox"):
        answer = full.post("/do/forget", {"StudyInstanceUID": "1.2", "csrf": csrf})
        assert answer.status == 403
        assert "not one of this session" in answer.text
    assert len(full.workstation.memory.instances("1.2")) == 5


def grey(values: list[int], **more: object) -> bytes:
    raw = b"".join(value.to_bytes(2, "little", signed=value < 0) for value in values)
    return held("1.9", "1.9", "1.9", BitsStored=16, HighBit=15, PixelData=raw, **more)


@pytest.mark.parametrize(
    ("instance", "kind", "form"),
    [
        (grey([0, 1, 2, 3, 4, 0x7FFF]), "int16", "<6h"),
        (grey([0, 1, 2, 3, 4, 0x8000]), "uint16", "<6H"),
        (grey([0, 1, 2, 3, 4, 0xFFFF]), "uint16", "<6H"),
        (grey([-0x8000, 1, 2, 3, 4, 5], PixelRepresentation=1), "int16", "<6h"),
        (grey([0, 1, 2, 3, 4, 0xFFFF], RescaleSlope="1", RescaleIntercept="1"), "float32", "<6f"),
        (grey([0, 1, 2, 3, 4, 0x8000], RescaleSlope="1", RescaleIntercept="-1"), "int16", "<6h"),
        (grey([0, 1, 2, 3, 4, 5], RescaleSlope="0.5", RescaleIntercept="0"), "float32", "<6f"),
    ],
)
def test_values_are_of_16_bits_where_that_loses_nothing(instance: object, kind: str, form: str) -> None:
    found = site()
    found.workstation.memory.keep(instance)
    answer = found.get("/image/1.9/values")
    assert answer.headers["x-kind"] == kind
    assert struct.calcsize(form) == len(answer.body)
