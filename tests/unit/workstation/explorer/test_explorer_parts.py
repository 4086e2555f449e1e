"""The parts of the explorer that need no socket: keys, order, answers, words for outcomes."""

from __future__ import annotations

import threading

import pytest
from starlette.datastructures import QueryParams

from dicom_workstation.explorer.answers import Answers
from dicom_workstation.explorer.holdings import _attributes
from dicom_workstation.explorer.job_book import ending, printing
from dicom_workstation.explorer.pages import date_text, name_text, uid_text
from dicom_workstation.explorer.print_pages import images_to_print
from dicom_workstation.explorer.protocol_pages import place_in_words
from dicom_workstation.explorer.search import IMAGE, SERIES, STUDY, sorted_by, written_date
from dicom_workstation.explorer.state_pages import _lines
from dicom_workstation.instances.memory import StoredInstance
from dicom_workstation.outcome import QueryOutcome, Result, RetrieveOutcome, StoreOutcome


def test_a_search_asks_for_what_it_shows_and_matches_what_the_form_says() -> None:
    keys = STUDY.keys({}, {"PatientName": " DOE* ", "ModalitiesInStudy": "CT\\MR", "PatientID": ""})
    assert keys["PatientName"] == "DOE*"
    assert keys["ModalitiesInStudy"] == ["CT", "MR"]
    assert keys["PatientID"] == keys["StudyInstanceUID"] == keys["NumberOfStudyRelatedInstances"] == ""


@pytest.mark.parametrize(("level", "unique"), [(SERIES, "SeriesInstanceUID"), (IMAGE, "SOPInstanceUID")])
def test_a_search_below_the_study_names_what_it_is_below(level: object, unique: str) -> None:
    assert level in (SERIES, IMAGE)
    above = (
        {"StudyInstanceUID": "1.2", "SeriesInstanceUID": "1.3"}
        if unique == "SOPInstanceUID"
        else {"StudyInstanceUID": "1.2"}
    )
    keys = (IMAGE if unique == "SOPInstanceUID" else SERIES).keys(above, {})
    assert {key: keys[key] for key in above} == above
    assert keys[unique] == ""


def test_numbers_are_sorted_as_numbers_and_what_is_missing_comes_last() -> None:
    matches = [{"SeriesNumber": each} for each in ("10", "", "9", "x", "100")]
    assert [each["SeriesNumber"] for each in sorted_by(matches, SERIES, "SeriesNumber")] == ["9", "10", "100", "x", ""]
    assert [each["SeriesNumber"] for each in sorted_by(matches, SERIES, "-SeriesNumber")][-3:] == ["100", "10", "9"]
    assert sorted_by(matches, SERIES, "PatientName") == matches


def test_two_requests_of_one_submission_ask_once() -> None:
    answers, asked, begun, go = Answers(), [], threading.Event(), threading.Event()

    def ask() -> QueryOutcome:
        asked.append(1)
        begun.set()
        assert go.wait(20)
        return QueryOutcome(result=Result.SUCCESS)

    found = []
    threads = [threading.Thread(target=lambda: found.append(answers.of("a", ask))) for _ in range(2)]
    for each in threads:
        each.start()
    assert begun.wait(20)
    go.set()
    for each in threads:
        each.join(20)
    assert len(asked) == 1
    assert found[0] is found[1]


def test_a_partial_retrieve_says_so_in_words() -> None:
    outcome = RetrieveOutcome(result=Result.PARTIAL, arrived=10, missing=2, failed=1, status="0000")
    assert ending(outcome.as_dict()) == "10 of 12 images arrived, 2 did not; 1 could not be sent by the archive"


def test_what_was_not_stored_is_counted() -> None:
    outcome = StoreOutcome(result=Result.FAILURE, stored=("1",), not_stored=("2", "3"), status="A700", detail="no room")
    assert ending(outcome.as_dict()) == "1 stored, 2 not stored; status A700; no room"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("DOE^JANE", "DOE, JANE"),
        ("DOE", "DOE"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada, Tarou / 山田, 太郎 / やまだ, たろう"),
        ("", ""),
        ("^JANE", "JANE"),
    ],
)
def test_names_are_shown_as_people_read_them(given: str, shown: str) -> None:
    assert name_text(given) == shown


def test_dates_are_shown_as_people_read_them() -> None:
    assert [date_text(each) for each in ("20261127", "2026", "")] == ["2026-11-27", "2026", ""]


def test_what_is_not_configured_is_called_not_given() -> None:
    assert _lines(None) == ["not given"]
    assert _lines({}) == ["none"]


def test_an_instance_that_cannot_be_read_is_listed_without_attributes() -> None:
    broken = StoredInstance("1.2.3", "1.2.4", "1.2.5", "1.2.6", "1.2.840.10008.1.2.1", b"\x08\x00\x05")
    assert _attributes(broken) == {}


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("20260101", "20260101"),
        ("2026-01-01", "20260101"),
        ("20260101-20260201", "20260101-20260201"),
        ("2026-01-01 to 2026-02-01", "20260101-20260201"),
        ("2026-01-01..2026-02-01", "20260101-20260201"),
        ("2026-01-01-2026-02-01", "20260101-20260201"),
        ("2026-01-01 -", "20260101-"),
        ("-2026-01-01", "-20260101"),
        ("", ""),
    ],
)
def test_dates_are_asked_for_as_dicom_writes_them(typed: str, asked: str) -> None:
    assert written_date(typed) == asked
    assert STUDY.keys({}, {"StudyDate": typed})["StudyDate"] == asked


@pytest.mark.parametrize(
    ("position", "words"),
    [
        ("0\\1\\1\\0", "the whole screen"),
        ("0\\1\\0.5\\0", "left half"),
        ("0.5\\1\\1\\0", "right half"),
        ("0\\1\\1\\0.5", "upper half"),
        ("0\\0.5\\1\\0", "lower half"),
        ("0.5\\0.5\\1\\0", "lower right"),
        ("0\\1\\0.25\\0", "0% to 25% across, 0% to 100% down"),
        ("somewhere", "somewhere"),
    ],
)
def test_the_place_of_a_box_is_told_in_words(position: str, words: str) -> None:
    assert place_in_words(position) == words


def test_a_class_is_shown_by_its_name() -> None:
    assert uid_text("1.2.840.10008.5.1.4.1.1.2") == "CT Image"
    assert uid_text("2.25.7") == "2.25.7"


def test_a_print_job_says_how_far_it_is() -> None:
    assert printing({"film": 2, "image": 3, "images": 24}) == "film 2, image 3 of 24 sent"
    assert printing({"film": 2, "result": "not_printed"}) == "film 2: not printed"
    assert printing({"print_job": "1.2", "execution_status": "PRINTING"}) == "the printer reports PRINTING"
    assert printing({"arrived": 3}) == ""


@pytest.mark.parametrize(
    ("query", "images"),
    [
        ("study=1.2", ["1.1", "1.2", "1.3", "2.1"]),
        ("study=1.2&series=1", ["1.1", "1.2", "1.3"]),
        ("study=1.2&first=2&every=2", ["1.2", "2.1"]),
        ("study=1.2&last=2", ["1.1", "1.2"]),
        ("study=1.2&first=9", []),
        ("study=1.2&first=-1&last=x&every=0", ["1.1", "1.2", "1.3", "2.1"]),
        ("study=1.3", []),
        ("images=5.1,x,5.2&study=1.2", ["5.1", "5.2"]),
    ],
)
def test_the_images_of_a_film_are_those_named_or_a_part_of_a_study(query: str, images: list[str]) -> None:
    held = (("1", "1.1"), ("1", "1.2"), ("1", "1.3"), ("2", "2.1"))
    assert images_to_print(QueryParams(query), {"1.2": held}.get) == images
