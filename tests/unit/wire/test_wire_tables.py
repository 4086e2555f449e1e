"""The tables of the standard: their rows counted, and compared with what other implementations hold."""

from __future__ import annotations

from pydicom.datadict import dictionary_has_tag, dictionary_is_retired, dictionary_keyword, dictionary_VM, dictionary_VR
from pynetdicom.dimse_messages import _COMMAND_SET_KEYWORDS
from pynetdicom.status import code_to_category

from dicom_wire.command_elements import BY_ELEMENT, BY_KEYWORD, COMMAND_FIELDS, RETIRED_COMMAND_FIELDS
from dicom_wire.messages import BY_COMMAND_FIELD, BY_NAME, MESSAGE_TYPES
from dicom_wire.statuses import STATUS_NAMES, StatusClass, status_class, status_name


def test_table_e_1_1_has_24_rows() -> None:
    assert len(COMMAND_FIELDS) == 24


def test_table_e_2_1_has_22_rows() -> None:
    assert len(RETIRED_COMMAND_FIELDS) == 22


def test_no_element_stands_twice_and_all_stand_in_order() -> None:
    assert len(BY_ELEMENT) == len(BY_KEYWORD) == 46
    for table in (COMMAND_FIELDS, RETIRED_COMMAND_FIELDS):
        assert [row.element for row in table] == sorted(row.element for row in table)


def test_the_elements_are_those_of_pydicom() -> None:
    assert {tag for tag in range(0x10000) if dictionary_has_tag(tag)} == set(BY_ELEMENT)
    for row in COMMAND_FIELDS + RETIRED_COMMAND_FIELDS:
        tag = row.element
        assert (dictionary_keyword(tag), dictionary_VR(tag), dictionary_VM(tag)) == (row.keyword, row.vr, row.vm)
        assert dictionary_is_retired(tag) == (row in RETIRED_COMMAND_FIELDS)


def test_there_are_23_messages() -> None:
    assert len(MESSAGE_TYPES) == len(BY_COMMAND_FIELD) == len(BY_NAME) == 23
    assert set(BY_NAME) == set(_COMMAND_SET_KEYWORDS)


def test_what_a_message_requires_stands_in_its_table() -> None:
    for row in MESSAGE_TYPES:
        assert set(row.required) <= set(_COMMAND_SET_KEYWORDS[row.name]), row.name


def test_each_response_answers_a_request() -> None:
    for row in MESSAGE_TYPES:
        if row.is_response:
            assert BY_COMMAND_FIELD[row.command_field & 0x7FFF].name == row.name.replace("-RSP", "-RQ")


def test_every_status_has_a_class_by_its_range() -> None:
    counts = {kind: sum(status_class(code) is kind for code in range(0x10000)) for kind in StatusClass}
    assert counts == {
        StatusClass.SUCCESS: 1,
        StatusClass.WARNING: 0x1000 + 3,
        StatusClass.FAILURE: 0x2000 + 0x200 - 2,
        StatusClass.CANCEL: 1,
        StatusClass.PENDING: 2,
        StatusClass.UNKNOWN: 0x10000 - 1 - 0x1003 - 0x21FE - 1 - 2,
    }


def test_status_classes_agree_with_pynetdicom() -> None:
    """It knows only those of 01xx and 02xx that have a name; the standard reserves the whole ranges for failures."""
    for code in range(0x10000):
        theirs = code_to_category(code).lower()
        if theirs != status_class(code).value:
            assert theirs == "unknown"
            assert code >> 8 in (1, 2)
            assert code not in STATUS_NAMES


def test_statuses_have_names() -> None:
    assert len(STATUS_NAMES) == 26
    assert status_name(0x0122) == "SOP Class not supported"
    assert status_name(0xA700) == "failure A700H"
