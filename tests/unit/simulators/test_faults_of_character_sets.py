"""Faults of character sets: what each does to a data set, and what it leaves as it was."""

from __future__ import annotations

import pytest

from dicom_simulators.data_sets import build
from dicom_simulators.encoding.data_set_codec import SPECIFIC_CHARACTER_SET, read_head, tag_of
from dicom_simulators.encoding.transfer_syntax_uids import (
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
)
from dicom_simulators.faults import Moment, When
from dicom_simulators.faults import build as build_fault
from dicom_simulators.faults.moment import ChangeDataSetAction
from dicom_wire import Message, command_set

CT = "1.2.840.10008.5.1.4.1.1.2"
NAME = tag_of("PatientName")


def changed(data_set: bytes, syntax: str, name: str, **parameters: str) -> bytes:
    message = Message(1, command_set("C-STORE-RQ", MessageID=1), data_set)
    fault = build_fault(name, {"of": "C-STORE-RQ", **parameters})
    assert fault.at(Moment(When.AFTER, "C-STORE-RQ", message=message, transfer_syntax=syntax)) is None
    assert fault.at(Moment(When.BEFORE, "C-ECHO-RQ", message=message, transfer_syntax=syntax)) is None
    action = fault.at(Moment(When.BEFORE, "C-STORE-RQ", message=message, transfer_syntax=syntax))
    assert isinstance(action, ChangeDataSetAction)
    return action.change(data_set)


def instance(syntax: str) -> bytes:
    declared = "\\ISO 2022 IR 87"
    return build(sop_class=CT, transfer_syntax=syntax, SpecificCharacterSet=declared, PatientName="A=山田").data_set


@pytest.mark.parametrize("syntax", [IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN])
@pytest.mark.parametrize(
    ("name", "parameters", "declared", "patient"),
    [
        ("missing_character_set", {}, None, b"A=\x1b$B;3ED\x1b(B "),
        ("wrong_character_set", {"term": "UTF-8"}, b"UTF-8", b"A=\x1b$B;3ED\x1b(B "),
        ("multi_valued_character_set", {"added": "GB18030"}, b"\\ISO 2022 IR 87\\GB18030", b"A=\x1b$B;3ED\x1b(B "),
        ("truncated_character", {"element": "PatientName"}, b"\\ISO 2022 IR 87 ", b"A=\x1b$B;3E"),
        ("unterminated_escape", {}, b"\\ISO 2022 IR 87 ", b"A=\x1b$B;3ED\x1b$ "),
    ],
)
def test_changes_what_it_says_and_nothing_else(syntax, name, parameters, declared, patient):
    whole = instance(syntax)
    before, pixels = read_head(whole, syntax)
    after, rest = read_head(changed(whole, syntax, name, **parameters), syntax)
    assert rest == pixels != b""
    told = after.pop(SPECIFIC_CHARACTER_SET, None)
    assert (told.value.rstrip() if told else None) == (declared.rstrip() if declared else None)
    assert after.pop(NAME).value.rstrip() == patient.rstrip()
    assert after == {tag: one for tag, one in before.items() if tag not in (SPECIFIC_CHARACTER_SET, NAME)}


def test_what_cannot_be_read_goes_out_as_it_is():
    assert changed(b"xyz", EXPLICIT_VR_LITTLE_ENDIAN, "missing_character_set") == b"xyz"


def test_a_keyword_that_is_none_is_refused():
    with pytest.raises(ValueError, match="element"):
        build_fault("truncated_character", {"of": "C-FIND-RSP", "element": "Nonsense"})
