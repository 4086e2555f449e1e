"""The court's own model of matching: what must match, what must not, and what the standard leaves open."""

from __future__ import annotations

import pytest

from dicom_conformance.judge.query_matching import NOTHING_AGREED, Agreed, entity_fits, fits
from dicom_conformance.trace import Attribute, DataSet

SENSITIVE, INSENSITIVE = Agreed(case_counts=True), Agreed(case_counts=False, wildcards_in_names=True)
STUDY_DATE, STUDY_TIME, CODE_VALUE, CODE_MEANING = 0x00080020, 0x00080030, 0x00080100, 0x00080104


def answer(vr: str, key: str, held: str, agreed: Agreed = NOTHING_AGREED) -> bool | None:
    asked = Attribute(0x00080050, vr, tuple(key.split("\\")) if key else ())
    return fits(asked, Attribute(0x00080050, vr, tuple(held.split("\\")) if held else ()), agreed)


@pytest.mark.parametrize(
    ("vr", "key", "held", "expected"),
    [
        ("SH", "A1", "A1", True),
        ("SH", "A1", "A10", False),
        ("SH", "A1", "a1", False),
        ("SH", "A_1", "AB1", False),
        ("SH", "[A]1", "A1", False),
        ("SH", "", "A1", True),
        ("SH", "*", "A1", True),
        ("SH", "A1*", "A1", True),
        ("SH", "A1*", "BA1", False),
        ("SH", "P1?", "P1", False),
        ("SH", "P1?", "P12", True),
        ("SH", "ab*", "ABC", False),
        ("SH", "A.1", "AB1", False),
        ("SH", "A1", "", True),
        ("CS", "C?", "CT", True),
        ("CS", "C?", "MR", False),
        ("CS", "MR", "CT\\MR", True),
        ("CS", "CT\\MR", "CT", None),
        ("UI", "1.2\\1.3", "1.3", True),
        ("UI", "1.2\\1.3", "1.4", False),
        ("UI", "1.*", "1.4", None),
        ("IS", "1", "1", True),
        ("IS", "1", "01", None),
        ("IS", "1", "11", False),
        ("DA", "19530102-19530104", "19530102", True),
        ("DA", "19530102-19530104", "19530104", True),
        ("DA", "19530102-19530104", "19530101", False),
        ("DA", "19530102-19530104", "19530105", False),
        ("DA", "-19530104", "19530105", False),
        ("DA", "19530104-", "19530105", True),
        ("DA", "19530104", "19530105", False),
        ("DA", "19530104-19530104", "19530104", True),
        ("DA", "1953*", "19530104", None),
        ("TM", "1000-1200", "100000", True),
        ("TM", "1000-1200", "120000", True),
        ("TM", "1000-1200", "113000.250000", True),
        ("TM", "1000-1200", "095959.999999", False),
        ("TM", "1000-1200", "120100", False),
        ("TM", "1000-1200", "120030", None),
        ("PN", "DOE^JANE", "DOE^JANE", True),
        ("PN", "DOE^JANE", "DOE^JANE^^^", True),
        ("PN", "DOE^JANE", "DOE^JANET", False),
        ("PN", "DOE^JANE", "doe^jane", None),
        ("PN", "DOE*", "DOE^JANE", None),
        ("PN", "洪^吉洞", "DOE^JANET=洪^吉洞", None),
        ("PN", "SMITH*", "DOE^JANE", False),
    ],
)
def test_one_value_against_one_key(vr: str, key: str, held: str, expected: bool | None) -> None:
    assert answer(vr, key, held) is expected


def test_person_names_match_as_the_statement_promises() -> None:
    assert answer("PN", "DOE^JANE", "doe^jane", SENSITIVE) is False
    assert answer("PN", "DOE^JANE", "doe^jane", INSENSITIVE) is True
    assert answer("PN", "DOE*", "DOE^JANE", INSENSITIVE) is True
    assert answer("PN", "DOE*", "DOE^JANE", Agreed(wildcards_in_names=False)) is False


def test_what_was_negotiated_decides() -> None:
    each = Agreed(multiple_values=True)
    assert answer("CS", "CT\\MR", "CT\\MR", each) is True
    assert answer("CS", "CT\\MR", "CT", each) is False
    assert answer("LO", '""', "", Agreed(empty_value=True)) is True
    assert answer("LO", '""', "text", Agreed(empty_value=True)) is False


def _code(value: str, meaning: str) -> DataSet:
    return DataSet(
        {
            CODE_VALUE: Attribute(CODE_VALUE, "SH", (value,) if value else ()),
            CODE_MEANING: Attribute(CODE_MEANING, "LO", (meaning,) if meaning else ()),
        }
    )


def test_a_sequence_matches_in_one_and_the_same_item() -> None:
    def sequence(*items: DataSet) -> Attribute:
        return Attribute(0x00081032, "SQ", (), items)

    key = sequence(_code("C1", "Beta"))
    assert fits(key, sequence(_code("C1", "Beta"))) is True
    assert fits(key, sequence(_code("C1", "Alpha"), _code("C2", "Beta"))) is False
    assert fits(sequence(_code("", "")), sequence(_code("C9", "Zeta"))) is True
    assert fits(sequence(), sequence(_code("C9", "Zeta"))) is True


@pytest.mark.parametrize(
    ("date", "time", "apart", "together"),
    [
        ("19530102", "130000", False, True),
        ("19530104", "113000.25", True, True),
        ("19530102", "090000", False, False),
        ("19530104", "130000", False, False),
        ("19530105", "110000", False, False),
    ],
)
def test_date_and_time_are_two_ranges_unless_one_was_negotiated(
    date: str, time: str, apart: bool, together: bool
) -> None:
    keys = [Attribute(STUDY_DATE, "DA", ("19530102-19530104",)), Attribute(STUDY_TIME, "TM", ("1000-1200",))]
    study = DataSet(
        {STUDY_DATE: Attribute(STUDY_DATE, "DA", (date,)), STUDY_TIME: Attribute(STUDY_TIME, "TM", (time,))}
    )
    assert entity_fits(keys, study) is apart
    assert entity_fits(keys, study, Agreed(combined=True)) is together


def test_an_attribute_that_did_not_come_back_and_a_private_key_decide_nothing() -> None:
    assert fits(Attribute(0x00080050, "SH", ("A1",)), None) is None
    assert fits(Attribute(0x00091001, "LO", ("x",)), Attribute(0x00091001, "LO", ("y",))) is None
