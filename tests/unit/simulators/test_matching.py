"""Attribute matching, case by case of PS3.4 C.2.2.2."""

from __future__ import annotations

import pytest

from dicom_simulators.archive.matching import (
    Candidate,
    Matching,
    compile_key,
    find_fault,
    person_name_groups,
    wildcard_match,
)
from dicom_simulators.encoding.data_set_codec import Element, tag_of

DEFAULT = Matching()


def element(vr: str, text: str, codec: str = "latin-1") -> Element:
    return Element(0x00100010, vr, text.encode(codec))


def matches(vr: str, key: str, *held: str, matching: Matching = DEFAULT, timezone_minutes: int = 0) -> bool:
    predicate = compile_key(element(vr, key), (), matching)
    return predicate is None or predicate(Candidate(held, timezone_minutes=timezone_minutes))


@pytest.mark.parametrize(
    ("vr", "key", "held", "expected"),
    [
        # single value (C.2.2.2.1): case counts, spaces around do not
        ("LO", "PAT1", "PAT1", True),
        ("LO", "PAT1 ", " PAT1", True),
        ("LO", "pat1", "PAT1", False),
        # leading spaces of LT, ST and UT are significant, trailing ones are padding (PS3.5 6.2)
        *(
            row
            for vr in ("LT", "ST", "UC", "UT")
            for row in (
                (vr, "  note", "  note  ", True),
                (vr, "  note  ", "  note", True),
                (vr, "note", "  note", False),
                (vr, "  note", "note", False),
                (vr, "note*", "  note", False),
                (vr, "  no*", "  note ", True),
                (vr, "*note", "  note", True),
            )
        ),
        ("SH", "  note", "note", True),
        ("CS", "CT", "CT", True),
        ("CS", "CT", "CTX", False),
        ("IS", "7", "+007", True),
        ("IS", "7", "8", False),
        ("DS", "1.50", "1.5", True),
        ("US", "ab", "25185", True),
        ("AS", "030Y", "030Y", True),
        ("AS", "*", "030Y", False),
        # universal (C.2.2.2.3)
        ("LO", "", "anything", True),
        ("LO", "*", "anything", True),
        ("LO", "**", "anything", True),
        # wildcards (C.2.2.2.4), and VRs that have none
        ("LO", "PAT*", "PAT1", True),
        ("LO", "PAT*", "PAT", True),
        ("LO", "PAT?", "PAT", False),
        ("LO", "P?T1", "PAT1", True),
        ("LO", "*1", "PAT1", True),
        ("SH", "a*", "A1", False),
        ("LT", "*stroke*", "before stroke, after", True),
        ("IS", "1*", "12", False),
        ("AE", "PA?S", "PACS", True),
    ],
)
def test_one_value(vr, key, held, expected):
    assert matches(vr, key, held) is expected


@pytest.mark.parametrize(
    ("key", "held", "expected"),
    [
        ("DOE^JOHN", "Doe^John", True),
        ("DOE^JOHN", "Doe^John^^^", True),
        ("DOE^JOHN^", "Doe^John", True),
        ("Doe", "Doe^John", False),
        ("Doe*", "Doe^John", True),
        ("D?E^*", "DOE^JOHN", True),
        ("Yamada^Tarou", "Yamada^Tarou=山田^太郎=やまだ^たろう", True),
        ("山田*", "Yamada^Tarou=山田^太郎=やまだ^たろう", True),
        ("=山田*", "Yamada^Tarou=山田^太郎", True),
        ("Suzuki*=山田*", "Yamada^Tarou=山田^太郎", False),
        ("=山田*", "Yamada^Tarou", False),
        ("==やまだ*", "Yamada^Tarou=山田^太郎=やまだ^たろう", True),
        ("ÉTIENNE*", "Étienne^A", True),
        ("Jérôme", "Je\u0301ro\u0302me", True),
        ("Jerome", "Jérôme", False),
    ],
)
def test_person_names(key, held, expected):
    predicate = compile_key(element("PN", key, "utf-8"), ("ISO_IR 192",), DEFAULT)
    assert predicate(Candidate((held,))) is expected


def test_a_key_is_compared_across_character_sets():
    predicate = compile_key(Element(1, "PN", b"\x1b$B;3ED\x1b(B*"), ("", "ISO 2022 IR 87"), DEFAULT)
    assert predicate(Candidate(("山田^太郎",)))
    assert not predicate(Candidate(("川田^太郎",)))


def test_empty_components_groups_and_case_do_not_count():
    assert person_name_groups("Doe ^ John^^=  = ") == ("doe^john",)
    assert person_name_groups("=山田^太郎") == ("", "山田^太郎")


@pytest.mark.parametrize(
    ("vr", "key", "held", "expected"),
    [
        ("DA", "20200115", "20200115", True),
        ("DA", "20200115", "2020.01.15", True),
        ("DA", "20200101-20200131", "20200131", True),
        ("DA", "20200101-20200131", "20200201", False),
        ("DA", "-20200131", "19990101", True),
        ("DA", "-20200131", "20200201", False),
        ("DA", "20200131-", "20200131", True),
        ("DA", "20200131-", "20200130", False),
        ("DA", "20200201-20200101", "20200115", False),
        ("DA", "20200115", "nonsense", False),
        ("TM", "10", "101530", True),
        ("TM", "101530", "101530.25", True),
        ("TM", "101530.25", "101530", False),
        ("TM", "1000-1015", "101559", True),
        ("TM", "1000-1015", "101600", False),
        ("TM", "-0959", "095959", True),
        ("TM", "2200-0200", "2300", False),
        ("DT", "20200101120000+0100", "20200101110000+0000", True),
        ("DT", "20200101-20200102", "20200102235959", True),
        ("DT", "-2020", "20201231", True),
    ],
)
def test_moments_and_ranges(vr, key, held, expected):
    assert matches(vr, key, held) is expected


def test_a_datetime_without_offset_is_in_the_time_zone_of_its_data_set():
    request = DEFAULT.in_timezone(("+0200",))
    assert matches("DT", "20200101140000", "20200101070000", matching=request, timezone_minutes=-300)
    assert not matches("DT", "20200101140000", "20200101140000", matching=request, timezone_minutes=-300)


def test_list_of_uid_matches_any_of_the_list():
    assert matches("UI", "1.2\\1.3", "1.3")
    assert not matches("UI", "1.2\\1.3", "1.30")
    assert matches("UI", "1.2", "1.1", "1.2")


def test_one_of_several_held_values_is_enough():
    assert matches("CS", "PT", "CT", "PT")


def test_several_key_values_mean_one_of_them_or_each_as_negotiated():
    each = Matching(multiple_value=True)
    assert matches("CS", "CT\\MR", "CT")
    assert not matches("CS", "CT\\MR", "CT", matching=each)
    assert matches("CS", "MR\\CT", "CT", "MR", "SR", matching=each)


def test_an_unknown_attribute_matches_unless_told_otherwise():
    assert matches("LO", "PAT1")
    assert not matches("LO", "PAT1", matching=Matching(unknown_matches=False))
    assert not matches("UI", "1.2")


def test_empty_value_matching_where_negotiated():
    empty = Matching(empty_value=True)
    assert matches("LO", '""', matching=empty)
    assert not matches("LO", '""', "PAT1", matching=empty)


def code(value: str, scheme: str = "") -> dict[int, Element]:
    item = {tag_of("CodeValue"): Element(tag_of("CodeValue"), "SH", value.encode())}
    if scheme:
        item[tag_of("CodingSchemeDesignator")] = Element(tag_of("CodingSchemeDesignator"), "SH", scheme.encode())
    return item


def test_sequence_matching_wants_all_item_keys_in_one_item():
    key = Element(tag_of("ProcedureCodeSequence"), "SQ", items=(code("A*", "DCM"),))
    predicate = compile_key(key, (), DEFAULT)
    assert predicate(Candidate((), (code("B1", "DCM"), code("A1", "DCM"))))
    assert not predicate(Candidate((), (code("A1", "SRT"), code("B1", "DCM"))))
    assert predicate(Candidate())


@pytest.mark.parametrize("items", [(), ({},), (code(""),)])
def test_a_key_sequence_without_item_keys_is_universal(items):
    assert compile_key(Element(tag_of("ProcedureCodeSequence"), "SQ", items=items), (), DEFAULT) is None


@pytest.mark.parametrize(
    ("key", "faulty"),
    [
        (element("UI", "1.2.3"), False),
        (element("UI", "1.2.*"), True),
        (element("UI", "1.2\\"), True),
        (element("UI", "1" * 65), True),
        (element("DA", "2020-01-01"), True),
        (element("DA", "20200101-"), False),
        (element("TM", "noon"), True),
        (element("DT", '""'), False),
        (element("LO", "anything*"), False),
        (Element(1, "SQ", items=({}, {})), True),
        (Element(1, "SQ", items=({2: element("UI", "x")},)), True),
        (Element(1, "SQ", items=({2: element("UI", "1")},)), False),
    ],
)
def test_keys_that_no_matching_can_read_are_told(key, faulty):
    assert (find_fault(key) is not None) is faulty


def test_many_asterisks_take_no_exponential_time():
    assert not wildcard_match("*a" * 200 + "b", "a" * 2000)
