"""Dates, times and datetimes as intervals."""

from __future__ import annotations

import pytest

from dicom_simulators.archive.moments import FIRST_MOMENT_US, LAST_MOMENT_US, offset_minutes, parse, parse_range

SECOND = 1_000_000


@pytest.mark.parametrize(
    ("text", "first_s", "last_s"),
    [
        ("10", 36_000, 39_600),
        ("1015", 36_900, 36_960),
        ("101530", 36_930, 36_931),
        ("10:15:30", 36_930, 36_931),
        ("101530.5", 36_930.5, 36_930.6),
        ("101530.500000", 36_930.5, 36_930.500001),
        ("235960", 86_400, 86_401),
    ],
)
def test_a_time_covers_what_its_precision_leaves_open(text, first_s, last_s):
    interval = parse("TM", text, 0)
    assert (interval.first, interval.last + 1) == (round(first_s * SECOND), round(last_s * SECOND))


@pytest.mark.parametrize(
    ("vr", "text"),
    [
        ("DA", "2020-01-01"),
        ("DA", "20200230"),
        ("DA", "*"),
        ("DA", "-"),
        ("TM", "24"),
        ("TM", "1060"),
        ("TM", "10153"),
        ("TM", "1"),
        ("DT", "20201"),
        ("DT", "2020.5"),
    ],
)
def test_what_is_no_value_and_no_range_is_none(vr, text):
    assert parse_range(vr, text, 0) is None


def test_dates_in_both_notations_are_the_same_day():
    assert parse("DA", "2020.02.29", 0) == parse("DA", "20200229", 0)


def test_open_ranges_reach_to_the_ends_of_time():
    assert parse_range("DA", "-20200101", 0).first == FIRST_MOMENT_US
    assert parse_range("DA", "20200101-", 0).last == LAST_MOMENT_US


def test_offsets_of_datetimes_are_taken_into_account():
    assert parse("DT", "20200101120000+0100", 0) == parse("DT", "20200101110000+0000", 0)
    assert parse("DT", "20200101120000", -300) == parse("DT", "20200101120000-0500", 60)


def test_a_hyphen_that_may_be_an_offset_is_one():
    assert parse_range("DT", "20200101-0500", 0) == parse("DT", "20200101-0500", 0)
    both = parse_range("DT", "20200101-0500-20200102-0500", 0)
    assert both.first == parse("DT", "20200101-0500", 0).first
    assert both.last == parse("DT", "20200102-0500", 0).last


def test_years_and_months_span_to_their_ends():
    years = parse_range("DT", "2019-2020", 0)
    assert years.last == parse("DT", "20201231235959.999999", 0).last
    assert parse("DT", "202002", 0).last == parse("DT", "20200229", 0).last


def test_offsets_outside_the_standard_are_none():
    assert [offset_minutes(text) for text in ("+1400", "-1200", "+1500", "+0560", "0100")] == [
        840,
        -720,
        None,
        None,
        None,
    ]
