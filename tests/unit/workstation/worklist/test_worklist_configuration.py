"""A worklist as the configuration describes it: dates, conditions, order, and what is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicom_workstation.configuration import Configuration, ConfigurationError
from dicom_workstation.configuration.worklist import Condition, Worklist, date_range
from dicom_workstation.worklist.answers import listed

TODAY = date(2026, 3, 2)


def worklist(**changes: Any) -> Worklist:
    return Worklist(**{"archive": "PACS", "keys": {}, **changes})


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("today", "20260302"),
        ("today-1d", "20260301"),
        ("today-2d", "20260228"),
        ("today-1d..", "20260301-"),
        ("..today", "-20260302"),
        ("today-7d..today", "20260223-20260302"),
        ("20260101..today", "20260101-20260302"),
        ("20260101-20260131", "20260101-20260131"),
        ("20260101", "20260101"),
        ("", ""),
    ],
)
def test_dates_are_resolved_by_the_clock(text: str, resolved: str) -> None:
    assert date_range(text, TODAY) == resolved


@pytest.mark.parametrize(
    "text", ["..", "today+1d", "todays", "today-d", "yesterday..", "2026..today", "today-99999d-1d"]
)
def test_what_looks_like_a_date_and_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="date"):
        date_range(text, TODAY)


def test_a_date_before_the_calendar_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="before the first date"):
        date_range("today-99999d", date(3, 1, 1))


@pytest.mark.parametrize(
    ("wanted", "value", "holds"),
    [
        (("at least 1",), "0", False),
        (("at least 1",), "1", True),
        (("at most 5",), "6", False),
        (("at most 5",), "5", True),
        (("CR", "DX"), "DX", True),
        (("CR", "DX"), "CT\\DX", True),
        (("CR", "DX"), "CT", False),
        (("at least 1",), "", True),
        (("CR",), "", True),
        (("at least 1",), "many", True),
    ],
)
def test_answers_are_held_against_conditions(wanted: tuple[str, ...], value: str, holds: bool) -> None:
    assert Condition.of(wanted).holds(value) is holds


def test_the_keys_of_the_query_are_the_filter_and_what_the_list_needs() -> None:
    made = worklist(
        keys={"StudyDate": "today..", "ModalitiesInStudy": ["CR", "DX"], "AccessionNumber": ""},
        where={"StudyStatusID": "READ"},
        order=("-StudyDate", "PatientName"),
    )
    keys = made.query_keys(TODAY)
    assert (keys["StudyDate"], keys["ModalitiesInStudy"], keys["AccessionNumber"]) == ("20260302-", ["CR", "DX"], "")
    assert keys["StudyStatusID"] == keys["PatientName"] == keys["NumberOfStudyRelatedInstances"] == ""


def match(uid: str, **values: str) -> dict[str, str]:
    return {"StudyInstanceUID": uid, **values}


def test_the_list_is_sorted_by_its_keys_and_what_has_no_value_comes_last() -> None:
    made = worklist(order=("-StudyDate", "StudyTime"))
    answers = [
        match("1", StudyDate="20260301", StudyTime="0930"),
        match("2", StudyDate="20260302", StudyTime="10"),
        match("3", StudyDate=""),
        match("4", StudyDate="20260302", StudyTime="093000.5"),
    ]
    assert [each.uid for each in listed(made, answers, {})] == ["4", "2", "1", "3"]


def test_numbers_are_sorted_by_their_value() -> None:
    made = worklist(order=("NumberOfStudyRelatedInstances",))
    answers = [match(uid, NumberOfStudyRelatedInstances=count) for uid, count in (("1", "10"), ("2", "9"), ("3", "x"))]
    assert [each.uid for each in listed(made, answers, {})] == ["2", "1", "3"]


def test_a_study_is_listed_once_within_the_limit_with_what_is_held() -> None:
    made = worklist(order=("StudyInstanceUID",), limit=2)
    answers = [match("2", NumberOfStudyRelatedInstances="3"), match("1"), match("2"), match(""), match("3")]
    found = listed(made, answers, {"2": 1})
    assert [(each.uid, each.instances, each.held) for each in found] == [("1", None, 0), ("2", 3, 1)]


@given(
    st.lists(
        st.fixed_dictionaries(
            {"StudyInstanceUID": st.sampled_from("123"), "StudyDate": st.sampled_from(["", "20260101", "20260102"])}
        ),
        max_size=6,
    ),
    st.randoms(),
)
def test_the_order_of_the_answers_never_matters(answers: list[dict[str, str]], random: Any) -> None:
    shuffled = list(answers)
    random.shuffle(shuffled)
    made = worklist(order=("-StudyDate",))
    assert listed(made, answers, {}) == listed(made, shuffled, {})


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("keys: {Colour: blue}", "Colour is no keyword"),
        ("keys: {SeriesInstanceUID: 1.2}", "SeriesInstanceUID is no attribute of the study level"),
        ("keys: {QueryRetrieveLevel: SERIES}", "QueryRetrieveLevel is no attribute of the study level"),
        ("keys: {StudyDate: today+1d}", "is no date"),
        ("keys: {}\n    order: [Colour]", "Colour is no keyword"),
        ("keys: {}\n    load_ahead: 4", "load_ahead"),
        ("keys: {}\n    every_s: 0", "every_s"),
        ("keys: {}\n    where: {Colour: x}", "Colour is no keyword"),
        ("keys: {}\n    level: SERIES", "level: this key is unknown"),
    ],
)
def test_a_wrong_worklist_is_refused_with_its_place(tmp_path: Path, lines: str, says: str) -> None:
    file = tmp_path / "workstation.yaml"
    archives = "archives: {PACS: {ae_title: A, host: localhost, port: 104}}\n"
    file.write_text(f"{archives}worklists:\n  chest:\n    archive: PACS\n    {lines}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        Configuration.from_file(file)
    assert says in str(refused.value)
    assert "workstation.yaml:" in str(refused.value)
    assert "worklists.chest" in str(refused.value)


def test_a_worklist_of_an_unknown_archive_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "workstation.yaml"
    file.write_text("worklists:\n  chest:\n    archive: PACS\n    keys: {}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"workstation\.yaml:3: worklists\.chest\.archive: no archive PACS"):
        Configuration.from_file(file)
