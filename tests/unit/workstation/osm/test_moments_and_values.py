"""Dates, times and values of the index, and what it asks a database, against numbers worked out by hand."""

from __future__ import annotations

import struct
from datetime import datetime, timedelta

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from dicom_workstation.data_sets import CharacterSet, encode, read_tree
from dicom_workstation.osm.index.attribute_values import (
    DEEPEST_ITEM,
    MOST_ITEMS,
    MOST_VALUE_BYTES,
    first_text,
    items_of,
    only_text,
    read_attributes,
    split_values,
    texts_of,
)
from dicom_workstation.osm.index.conditions import MOST_VALUES, NARROWING, _day, glob_of, like_of, narrowed
from dicom_workstation.osm.index.keys import Level
from dicom_workstation.osm.index.moments import DAY_US, Interval, interval_of, range_of
from dicom_workstation.osm.index.schema import STUDY

EXPLICIT = "1.2.840.10008.1.2.1"
SECOND_US = 1_000_000


def moment(*fields: int) -> int:
    return (datetime(*fields) - datetime(1, 1, 1)) // timedelta(microseconds=1)


def span(*fields: int, us: int) -> Interval:
    return Interval(moment(*fields), moment(*fields) + us - 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20260228", span(2026, 2, 28, us=DAY_US)),
        (" 2026.02.28 ", span(2026, 2, 28, us=DAY_US)),
        ("20260229", None),
        ("20240229", span(2024, 2, 29, us=DAY_US)),
        ("20261301", None),
        ("2026-02-28", None),
        ("2026", None),
        ("202602281", None),
        ("", None),
    ],
)
def test_a_date_is_a_day(text: str, expected: Interval | None) -> None:
    assert interval_of("DA", text) == expected


def clock(hour: int, minute: int = 0, second: int = 0, us: int = 0) -> int:
    return (hour * 3600 + minute * 60 + second) * SECOND_US + us


@pytest.mark.parametrize(
    ("text", "first", "width"),
    [
        ("00", 0, 3600 * SECOND_US),
        ("23", clock(23), 3600 * SECOND_US),
        ("1059", clock(10, 59), 60 * SECOND_US),
        ("10:59", clock(10, 59), 60 * SECOND_US),
        ("105958", clock(10, 59, 58), SECOND_US),
        ("10:59:58", clock(10, 59, 58), SECOND_US),
        ("105960", clock(10, 59, 60), SECOND_US),  # a leap second
        ("105958.5", clock(10, 59, 58, 500_000), 100_000),
        ("105958.000001", clock(10, 59, 58, 1), 1),
        ("105958.12", clock(10, 59, 58, 120_000), 10_000),
    ],
)
def test_a_time_covers_what_it_does_not_say(text: str, first: int, width: int) -> None:
    assert interval_of("TM", text) == Interval(first, first + width - 1)


@pytest.mark.parametrize("text", ["24", "1060", "105961", "1", "105958.", "105958.1234567", "1059.5", "noon", ""])
def test_what_is_no_time_covers_nothing(text: str) -> None:
    assert interval_of("TM", text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026", Interval(moment(2026, 1, 1), moment(2027, 1, 1) - 1)),
        ("202602", Interval(moment(2026, 2, 1), moment(2026, 3, 1) - 1)),
        ("202612", Interval(moment(2026, 12, 1), moment(2027, 1, 1) - 1)),
        ("20260228", span(2026, 2, 28, us=DAY_US)),
        ("2026022810", span(2026, 2, 28, 10, us=3600 * SECOND_US)),
        ("202602281059", span(2026, 2, 28, 10, 59, us=60 * SECOND_US)),
        ("20260228105958", span(2026, 2, 28, 10, 59, 58, us=SECOND_US)),
        ("20260228105960", span(2026, 2, 28, 10, 59, 59, us=SECOND_US)),
        (
            "20260228105958.25",
            Interval(moment(2026, 2, 28, 10, 59, 58) + 250_000, moment(2026, 2, 28, 10, 59, 58) + 259_999),
        ),
        ("20260228105958+0100", span(2026, 2, 28, 9, 59, 58, us=SECOND_US)),
        ("20260228105958-0130", span(2026, 2, 28, 12, 29, 58, us=SECOND_US)),
        ("20260228+0100", span(2026, 2, 27, 23, us=DAY_US)),
    ],
)
def test_a_date_time_is_counted_in_utc(text: str, expected: Interval) -> None:
    assert interval_of("DT", text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "26",
        "20261",
        "20261301",
        "20260230",
        "2026022824",
        "202602281060",
        "20260228105961",
        "2026.5",
        "9999",
        "2026+1",
    ],
)
def test_what_is_no_date_time_covers_nothing(text: str) -> None:
    assert interval_of("DT", text) is None


@pytest.mark.parametrize(
    ("vr", "text", "expected"),
    [
        ("DA", "20260228", span(2026, 2, 28, us=DAY_US)),
        ("DA", "20260101-20260228", Interval(moment(2026, 1, 1), moment(2026, 3, 1) - 1)),
        ("DA", "20260101 - 20260228", Interval(moment(2026, 1, 1), moment(2026, 3, 1) - 1)),
        ("DA", "20260101-", Interval(moment(2026, 1, 1), 1 << 62)),
        ("DA", "-20260101", Interval(0, moment(2026, 1, 2) - 1)),
        ("TM", "10-11", Interval(clock(10), clock(12) - 1)),
        ("TM", "10-", Interval(clock(10), DAY_US - 1)),
        ("TM", "-10", Interval(0, clock(11) - 1)),
        ("DT", "2026-0100", Interval(moment(2026, 1, 1, 1), moment(2027, 1, 1, 1) - 1)),  # an offset, no range
        ("DT", "2025-2026", Interval(moment(2025, 1, 1), moment(2027, 1, 1) - 1)),
        ("DT", "2025-1200", Interval(moment(2025, 1, 1, 12), moment(2026, 1, 1, 12) - 1)),
        ("DT", "1100-1201", Interval(moment(1100, 1, 1), moment(1202, 1, 1) - 1)),  # -1201 is no offset
        ("DT", "2025+1400", Interval(moment(2024, 12, 31, 10), moment(2025, 12, 31, 10) - 1)),
        ("DT", "2025+1401", None),
        ("DT", "2025+0160", None),
        ("DT", "2025-0100-2026-0100", Interval(moment(2025, 1, 1, 1), moment(2027, 1, 1, 1) - 1)),
        ("DA", "-", None),
        ("DA", "", None),
        ("DA", "20260101-x", None),
        ("DA", "x-20260101", None),
        ("DA", "20260101", span(2026, 1, 1, us=DAY_US)),
    ],
)
def test_a_range_has_both_its_ends(vr: str, text: str, expected: Interval | None) -> None:
    assert range_of(vr, text) == expected


def test_both_ends_belong_to_an_interval() -> None:
    assert [Interval(3, 5).has(moment) for moment in (2, 3, 5, 6)] == [False, True, True, False]


# -- values -----------------------------------------------------------------------------------------------------------


def values(wanted: frozenset[str] | None = None, **elements: object) -> dict[str, object]:
    data_set = Dataset()
    for keyword, value in elements.items():
        setattr(data_set, keyword, value)
    return read_attributes(read_tree(encode(data_set, EXPLICIT), EXPLICIT).elements, wanted)


def test_values_are_read_by_their_keywords() -> None:
    found = values(PatientName="DOE^JANE", Rows=7, ImageType=["ORIGINAL", "PRIMARY"], StudyID="")
    assert found["PatientName"] == ["DOE^JANE"]
    assert found["Rows"] == ["7"]
    assert found["ImageType"] == ["ORIGINAL", "PRIMARY"]
    assert found["StudyID"] == []


def test_only_what_is_wanted_is_read() -> None:
    assert values(frozenset({"Rows"}), Rows=7, Columns=8) == {"Rows": ["7"]}


@pytest.mark.parametrize(
    ("keyword", "value", "expected"),
    [
        ("ReferencePixelX0", -3, ["-3"]),
        ("RecommendedDisplayFrameRateInFloat", 2.5, ["2.5"]),
        ("SimpleFrameList", [1, 70000], ["1", "70000"]),
        ("GridDimensions", [1, 2], ["1", "2"]),
        ("EncapsulatedDocument", b"\0\0", None),
    ],
)
def test_numbers_are_read_and_bytes_are_not(keyword: str, value: object, expected: list[str] | None) -> None:
    assert values(**{keyword: value}).get(keyword) == expected


def test_items_are_read_to_a_depth() -> None:
    item = Dataset()
    item.StudyID = "deep"
    for _ in range(DEEPEST_ITEM + 1):
        outer = Dataset()
        outer.ReferencedStudySequence = Sequence([item])
        item = outer
    found: object = read_attributes(read_tree(encode(item, EXPLICIT), EXPLICIT).elements)
    for _ in range(DEEPEST_ITEM):
        found = found["ReferencedStudySequence"][0]
    assert found == {}  # what is deeper is left out


def test_no_more_items_are_read_than_anybody_needs() -> None:
    outer = Dataset()
    outer.ReferencedStudySequence = Sequence([Dataset() for _ in range(MOST_ITEMS + 1)])
    found = read_attributes(read_tree(encode(outer, EXPLICIT), EXPLICIT).elements)
    assert len(found["ReferencedStudySequence"]) == MOST_ITEMS
    outer.ReferencedStudySequence = Sequence([])
    assert read_attributes(read_tree(encode(outer, EXPLICIT), EXPLICIT).elements) == {"ReferencedStudySequence": []}


@pytest.mark.parametrize(("length", "is_read"), [(MOST_VALUE_BYTES, True), (MOST_VALUE_BYTES + 2, False)])
def test_a_value_that_is_too_long_is_left_out(length: int, is_read: bool) -> None:
    assert ("TextValue" in values(TextValue="x" * length)) == is_read


def test_the_first_of_two_elements_of_a_tag_counts() -> None:
    raw = b"".join(struct.pack("<HH2sH", 0x20, 0x10, b"SH", 2) + text for text in (b"A ", b"B "))
    assert read_attributes(read_tree(raw, EXPLICIT).elements) == {"StudyID": ["A"]}


def test_text_is_decoded_by_the_character_set_around_it() -> None:
    raw = struct.pack("<HH2sH", 0x10, 0x10, b"PN", 2) + "Ä ".encode("latin-1")
    inside = CharacterSet.of("ISO_IR 100")
    assert read_attributes(read_tree(raw, EXPLICIT).elements, None, inside) == {"PatientName": ["Ä"]}


@pytest.mark.parametrize(
    ("text", "vr", "expected"),
    [
        ("A\\ B ", "LO", ["A", "B"]),
        (" A ", "LO", ["A"]),
        ("A\\\\B", "LO", ["A", "", "B"]),
        ("\\", "LO", []),
        ("", "LO", []),
        (" \0", "UI", []),
        (" A\\B ", "LT", [" A\\B"]),
        ("  ", "UT", []),
    ],
)
def test_text_is_divided_into_values(text: str, vr: str, expected: list[str]) -> None:
    assert split_values(text, vr) == expected


def test_values_of_attributes() -> None:
    assert texts_of(["a", {}, "b"]) == ["a", "b"]
    assert items_of(["a", {"x": []}]) == [{"x": []}]
    assert texts_of(None) == items_of(None) == texts_of("a") == []
    assert first_text({"A": ["x", "y"]}, "A") == "x"
    assert first_text({}, "A") == ""
    assert only_text({"A": ["x"]}, "A") == "x"
    assert only_text({"A": ["x", "y"]}, "A") == only_text({}, "A") == only_text({"A": ["x\0y"]}, "A") == ""


# -- conditions -------------------------------------------------------------------------------------------------------


def condition(level: Level, dialect: object = None, **keys: list[str]) -> str:
    statement = narrowed(select(STUDY.c.study_pk), level, keys)
    compiled = statement.compile(
        dialect=dialect or sqlite.dialect(), compile_kwargs={"literal_binds": True, "render_postcompile": True}
    )
    _, _, where = " ".join(str(compiled).split()).partition(" WHERE ")
    return where


def test_wild_cards_are_those_of_each_database() -> None:
    assert glob_of("a[b*?]") == "a[[]b*?]"
    assert like_of("a\\b%c_d*e?") == "a\\\\b\\%c\\_d%e_"
    assert "study.description GLOB 'CT*'" in condition(Level.STUDY, StudyDescription=["CT*"])
    assert "study.description LIKE 'CT%%'" in condition(
        Level.STUDY, postgresql.dialect(), StudyDescription=["CT*"]
    ).replace(' COLLATE "C"', "")


def test_text_is_looked_for_with_what_has_none() -> None:
    found = condition(Level.STUDY, AccessionNumber=["A1"])
    assert found == "study.accession IN ('', 'A1')"
    assert condition(Level.STUDY, AccessionNumber=[str(n) for n in range(MOST_VALUES + 1)]) == ""
    assert condition(Level.STUDY, AccessionNumber=[str(n) for n in range(MOST_VALUES)]) != ""


def test_uids_are_looked_for_exactly() -> None:
    assert condition(Level.STUDY, StudyInstanceUID=["1.2", "1.3"]) == "study.study_uid IN ('1.2', '1.3')"
    assert condition(Level.STUDY, StudyInstanceUID=[str(n) for n in range(MOST_VALUES + 1)]) == ""


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("20260228", "study.study_date >= '20260228' AND study.study_date <= '20260228'"),
        ("20260101-", "study.study_date >= '20260101' AND study.study_date <= '99999999'"),
        ("-20260101", "study.study_date >= '00010101' AND study.study_date <= '20260101'"),
        ("x", None),
    ],
)
def test_dates_are_looked_for_by_their_days(key: str, expected: str | None) -> None:
    assert condition(Level.STUDY, StudyDate=[key]) == (
        "study.study_date = ''" if expected is None else f"study.study_date = '' OR {expected}"
    )


def test_the_day_of_a_moment() -> None:
    assert _day(moment(2026, 2, 28, 23)) == "20260228"
    assert _day(0) == "00010101"
    assert _day(1 << 62) == "99999999"
    assert _day(moment(9999, 12, 30)) == "99991230"


def test_times_and_numbers_are_looked_for_with_what_has_none() -> None:
    assert condition(Level.STUDY, StudyTime=["10"]) == (
        f"study.study_time_us IS NULL OR study.study_time_us BETWEEN {clock(10)} AND {clock(11) - 1}"
    )
    assert condition(Level.SERIES, SeriesNumber=["7", "8"]) == (
        "series.series_number IS NULL OR series.series_number IN (7, 8)"
    )
    assert condition(Level.SERIES, SeriesNumber=["x"]) == ""
    assert condition(Level.SERIES, SeriesNumber=[str((1 << 52) + 1)]) == ""
    assert condition(Level.SERIES, SeriesNumber=[str(-(1 << 52))]) != ""


def test_a_name_is_looked_for_in_each_of_its_groups() -> None:
    found = condition(Level.PATIENT, PatientName=["DOE*"])
    assert found.count("GLOB 'doe*'") == 3 or found.lower().count("glob 'doe*'") == 3
    only_second = condition(Level.PATIENT, PatientName=["=DOE"])
    assert "patient.name_i = " in only_second
    assert only_second.count("patient.name_a =") == 1  # only of those that have no name
    assert condition(Level.PATIENT, PatientName=["="]) == ""
    assert condition(Level.PATIENT, PatientName=["A", "B"]) == ""


def test_a_key_that_matches_everything_narrows_nothing() -> None:
    for values_ in ([], ["*"], ["**"], ["A", "*"]):
        assert condition(Level.STUDY, StudyDescription=values_) == ""
    assert condition(Level.STUDY, StudyDescription=["?"]) != ""


def test_one_of_several_values_of_a_study_is_enough() -> None:
    found = condition(Level.STUDY, ModalitiesInStudy=["CT"])
    assert found.count("EXISTS") == 2
    assert "modality IN ('', 'CT')" in found
    assert condition(Level.STUDY, ModalitiesInStudy=[str(n) for n in range(MOST_VALUES + 1)]) == ""


def test_each_level_narrows_by_its_unique_key() -> None:
    for level, keyword in (
        (Level.STUDY, "StudyInstanceUID"),
        (Level.SERIES, "SeriesInstanceUID"),
        (Level.IMAGE, "SOPInstanceUID"),
        (Level.PATIENT, "PatientID"),
    ):
        assert keyword in NARROWING[level]
        assert "IN (" in condition(level, **{keyword: ["1.2"]})
