"""The table of a script's fields says exactly what the reader of scripts accepts."""

from __future__ import annotations

import re

import pytest

from dicom_simulators.scripted import script_fields
from dicom_simulators.scripted.script import PDU_NAMES, read_script

EXAMPLES = {
    "text": "1.2",
    "texts": ["maximum_length"],
    "number": "1",
    "seconds": "1.5",
    "truth": "true",
    "bytes": "01 02",
    "data_set": {"PatientID": "X"},
}
SENT = {"transfer_syntax": "1.2.840.10008.1.2", "maximum_length": "16384"}


def accepted(line: dict[str, object]) -> set[str]:
    """The keys that the reader names when it meets one that it does not know."""
    with pytest.raises(ValueError, match="unknown key; it must be one of") as error:
        read_script([line])
    return set(re.search(r"must be one of (.*)", str(error.value))[1].split(", "))


def example(field: script_fields.ScriptField) -> object:
    if field.kind == "entries":
        return [{entry.name: example(entry) for entry in field.entries}]
    return EXAMPLES[field.kind]


@pytest.mark.parametrize("name", PDU_NAMES)
def test_the_fields_of_each_pdu(name: str) -> None:
    fields = script_fields.PDU_FIELDS[name]
    given = {"pdu": name, **{field.name: example(field) for field in fields}}
    read_script([{"send": given}])
    assert accepted({"send": {**given, "nonsense": "1"}}) == set(given)


@pytest.mark.parametrize(
    ("name", "field"),
    [(name, field) for name, fields in script_fields.PDU_FIELDS.items() for field in fields if field.kind == "entries"],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_the_fields_of_each_entry(name: str, field: script_fields.ScriptField) -> None:
    entry = {each.name: example(each) for each in field.entries}
    known = accepted({"send": {"pdu": name, field.name: [{**entry, "nonsense": "1"}]}})
    assert {each.name for each in field.entries} == known


def test_the_fields_of_a_pdu_of_any_type() -> None:
    given = {"pdu": "0x2A", **{field.name: example(field) for field in script_fields.UNKNOWN_PDU_FIELDS}}
    assert accepted({"send": {**given, "nonsense": "1"}}) == set(given)


@pytest.mark.parametrize("name", script_fields.MESSAGE_NAMES)
def test_the_fields_of_each_message(name: str) -> None:
    given = {field.name: example(field) for field in script_fields.MESSAGE_FIELDS}
    read_script([{"send": {"dimse": name, **given, **SENT}}])
    with pytest.raises(ValueError, match="not a command element"):
        read_script([{"send": {"dimse": name, "nonsense": "1"}}])


def test_what_receive_and_stall_take() -> None:
    known = accepted({"receive": {"pdu": "A-ABORT", "nonsense": "1"}})
    assert {"pdu", "within_s"} <= known <= {field.name for field in script_fields.RECEIVE_FIELDS} | {"closed"}
    known = accepted({"stall": {"s": "1", "nonsense": "1"}})
    assert known == {field.name for field in script_fields.STALL_FIELDS}


def test_required_fields_are_required() -> None:
    for field in script_fields.STALL_FIELDS:
        assert not field.default
    with pytest.raises(ValueError, match="seconds"):
        read_script([{"stall": {}}])
