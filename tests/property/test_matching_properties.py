"""Wildcards and ranges against oracles that are too simple to be wrong."""

from __future__ import annotations

import datetime
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from dicom_simulators.archive.matching import Candidate, Matching, compile_key, wildcard_match
from dicom_simulators.encoding.data_set_codec import Element
from dicom_simulators.encoding.text import decode_text

DATES = st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 12, 31))
TIMES = st.times()


def oracle_wildcard(pattern: str, text: str) -> bool:
    expression = "".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in pattern)
    return re.fullmatch(expression, text, re.DOTALL) is not None


@settings(deadline=None)
@given(st.text("ab*?^.\n", max_size=8), st.text("ab^.\n", max_size=10))
def test_wildcards_agree_with_a_regular_expression(pattern, text):
    assert wildcard_match(pattern, text) is oracle_wildcard(pattern, text)


@given(st.text(max_size=20).filter(lambda text: not set(text) & set("*?")))
def test_text_without_wildcards_matches_itself_and_a_star_everything(text):
    assert wildcard_match(text, text)
    assert wildcard_match("*", text)
    assert wildcard_match(text + "*", text + "x")


def matches(vr: str, key: str, held: str) -> bool:
    predicate = compile_key(Element(0, vr, key.encode()), (), Matching())
    return predicate is not None and predicate(Candidate((held,)))


@settings(deadline=None)
@given(st.one_of(st.none(), DATES), st.one_of(st.none(), DATES), DATES)
def test_date_ranges_agree_with_comparison(first, last, held):
    if first is None and last is None:
        return
    key = f"{first:%Y%m%d}" if first else ""
    key += "-" + (f"{last:%Y%m%d}" if last else "")
    expected = (first is None or first <= held) and (last is None or held <= last)
    assert matches("DA", key, f"{held:%Y%m%d}") is expected


@settings(deadline=None)
@given(TIMES, TIMES, TIMES)
def test_time_ranges_agree_with_comparison(first, last, held):
    key = f"{first:%H%M%S.%f}-{last:%H%M%S.%f}"
    assert matches("TM", key, f"{held:%H%M%S.%f}") is (first <= held <= last)


OFFSETS = st.integers(-12 * 4, 14 * 4).map(
    lambda quarters: datetime.timezone(datetime.timedelta(minutes=15 * quarters))
)
MOMENTS = st.datetimes(datetime.datetime(1901, 1, 1), datetime.datetime(2099, 1, 1), timezones=OFFSETS)


@settings(deadline=None)
@given(MOMENTS, MOMENTS, MOMENTS)
def test_datetime_ranges_agree_with_comparison_across_time_zones(first, last, held):
    form = "%Y%m%d%H%M%S.%f%z"
    assert matches("DT", f"{first:{form}}-{last:{form}}", f"{held:{form}}") is (first <= held <= last)


TERMS = st.lists(
    st.sampled_from(["", "ISO_IR 100", "ISO_IR 192", "GB18030", "ISO 2022 IR 13", "ISO 2022 IR 87", "ISO 2022 IR 149"]),
    max_size=3,
)


@settings(deadline=None)
@given(st.binary(max_size=40), TERMS)
def test_decoding_never_fails(raw, terms):
    assert isinstance(decode_text(raw, tuple(terms), person_name=True), str)
