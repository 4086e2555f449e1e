"""Command sets against bytes written by hand, and each of their violations."""

from __future__ import annotations

import pytest

from dicom_wire import (
    ABSENT,
    CLAUSES,
    MESSAGE_TYPES,
    CommandDataSetType,
    CommandSet,
    DataSetRule,
    Element,
    MessageType,
    check_message,
    command_set,
    decode_command,
    encode_command,
)

VERIFICATION = "1.2.840.10008.1.1"
ECHO = bytes.fromhex(
    "00000000 04000000 38000000"
    "00000200 12000000 312e322e3834302e31303030382e312e3100"
    "00000001 02000000 3000"
    "00001001 02000000 0700"
    "00000008 02000000 0101"
)


def test_a_command_set_is_implicit_little_endian_in_order_of_tags() -> None:
    command = command_set("C-ECHO-RQ", MessageID=7, AffectedSOPClassUID=VERIFICATION)
    assert encode_command(command) == ECHO
    assert decode_command(ECHO) == (command, ())
    assert decode_command(memoryview(ECHO)) == (command, ())


def test_elements_are_found_by_keyword_and_by_tag() -> None:
    command = decode_command(ECHO)[0]
    assert command["MessageID"] == command[0x00000110] == 7
    assert command.get("Status") is None
    assert command.get("Status", 0) == 0
    assert "MessageID" in command
    assert "Status" not in command
    assert command.number("MessageID") == 7
    assert command.number("AffectedSOPClassUID") is None
    assert command.text("AffectedSOPClassUID") == VERIFICATION
    assert command.text("MessageID") is None
    assert command.message == "C-ECHO-RQ"
    assert command.keywords()[:2] == ("CommandGroupLength", "AffectedSOPClassUID")
    with pytest.raises(KeyError):
        command["Status"]
    with pytest.raises(KeyError):
        command["NoSuchKeyword"]


@pytest.mark.parametrize("row", MESSAGE_TYPES, ids=lambda row: row.name)
def test_every_message_is_named_by_its_command_field(row: MessageType) -> None:
    command = command_set(row.name)
    assert command["CommandField"] == row.command_field
    assert decode_command(encode_command(command))[0].message == row.name
    assert command.is_response == row.is_response == row.name.endswith("-RSP")
    assert command.has_data_set == (row.data_set is DataSetRule.REQUIRED)


@pytest.mark.parametrize("row", MESSAGE_TYPES, ids=lambda row: row.name)
def test_each_required_element_is_missed(row: MessageType) -> None:
    values = {keyword: 1 if not keyword.endswith("UID") else "1.2" for keyword in row.required}
    values |= {keyword: "AE" for keyword in row.required if keyword == "MoveDestination"}
    whole = command_set(row.name, **values)
    assert check_message(whole) == ()
    for keyword in (*row.required, "CommandDataSetType"):
        (found,) = [each for each in check_message(whole.changed(**{keyword: ABSENT})) if "missing" in each.name]
        assert keyword in found.detail
        assert found.clause == ("PS3.7 9.3" if row.name.startswith("C-") else "PS3.7 10.3")


def test_unknown_messages_have_a_name() -> None:
    assert command_set("C-ECHO-RQ", CommandField=0x1234).message == "unknown 0x1234"
    assert command_set("C-ECHO-RQ", CommandField=ABSENT).message == "unknown"


def test_what_is_filled_in_may_be_given() -> None:
    command = command_set("C-ECHO-RQ", CommandGroupLength=3, CommandDataSetType=0x0102, CommandField=9)
    assert (command["CommandGroupLength"], command["CommandDataSetType"], command["CommandField"]) == (3, 0x0102, 9)
    assert command.has_data_set


@pytest.mark.parametrize("wrong", [{"NoSuchKeyword": 1}, {"MessageID": 70000}, {"MessageID": "1"}, {"ErrorComment": 1}])
def test_what_cannot_be_said_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"element|hold"):
        command_set("C-ECHO-RQ", **wrong)


def test_an_unknown_message_is_refused() -> None:
    with pytest.raises(ValueError, match="C-NOTHING"):
        command_set("C-NOTHING")


def test_changes_keep_the_order_and_the_length_true() -> None:
    command = command_set("C-ECHO-RQ", MessageID=7, AffectedSOPClassUID=VERIFICATION)
    changed = command.changed(ErrorComment="abc", AffectedSOPClassUID=ABSENT)
    assert changed.keywords() == (
        "CommandGroupLength",
        "CommandField",
        "MessageID",
        "CommandDataSetType",
        "ErrorComment",
    )
    assert changed["CommandGroupLength"] == len(encode_command(changed)) - 12
    assert command.changed(CommandGroupLength=1)["CommandGroupLength"] == 1


def test_every_vr_is_written_and_read() -> None:
    values = {
        "CommandLengthToEnd": 70000,
        "MoveDestination": "AE",
        "OffendingElement": (0x00100010, 0x7FE00010),
        "ErrorComment": "comment",
        "MessageSetID": "SH",
        "TerminalType": "text",
        "Copies": "3",
        "Borders": "CODE",
        "Overlays": (1, 2, 3),
        "NumberOfMatches": None,
    }
    command = command_set("C-MOVE-RQ", **values)
    raw = encode_command(command)
    assert len(raw) % 2 == 0
    read = decode_command(raw)[0]
    assert {keyword: read[keyword] for keyword in values} == values
    assert bytes.fromhex("00000109 08000000 10001000 e07f1000") in raw


def without(*tags: int) -> CommandSet:
    command = command_set("C-ECHO-RQ", MessageID=7, AffectedSOPClassUID=VERIFICATION)
    return CommandSet(tuple([element for element in command.elements if element.tag not in tags]))


def plus(*elements: Element) -> CommandSet:
    return CommandSet((*without().elements, *elements))


STORE = command_set("C-STORE-RQ", MessageID=1, AffectedSOPClassUID="1.2", AffectedSOPInstanceUID="1.2", Priority=0)
FOUND = command_set("C-FIND-RSP", MessageIDBeingRespondedTo=1, Status=0xFF00)
CASES: dict[str, tuple[CommandSet | bytes, str]] = {
    "cut header": (ECHO + b"\0\0", "command-truncated"),
    "cut value": (ECHO[:-1], "command-overflow"),
    "group 8": (plus(Element(0x00080018, b"1.2 ")), "command-group"),
    "unknown element": (plus(Element(0x00009999, b"ab")), "command-element-unknown"),
    "order": (plus(Element(0x0110, 7)), "command-order"),
    "twice": (plus(Element(0x0800, 7)), "command-duplicate"),
    "odd": (plus(Element(0x0902, b"abc")), "command-length-odd"),
    "wrong group length": (command_set("C-ECHO-RQ", CommandGroupLength=1), "command-group-length"),
    "no group length": (without(0), "command-group-length"),
    "nothing": (b"", "command-group-length"),
    "US of 4": (plus(Element(0x0900, b"abcd")), "command-value-length"),
    "AT of 6": (plus(Element(0x0901, b"abcdef")), "command-value-length"),
    "AE of 18": (plus(Element(0x1030, "x" * 18)), "command-value"),
    "AE of spaces": (plus(Element(0x1030, "  ")), "command-value"),
    "LO padded with NUL": (plus(Element(0x0902, b"a\0")), "command-value"),
    "priority 3": (STORE.changed(Priority=3), "command-value"),
    "UID with a letter": (STORE.changed(AffectedSOPInstanceUID="1.x"), "uid-syntax"),
    "UID padded with a space": (STORE.changed(AffectedSOPInstanceUID=b"1.2 "), "uid-padding"),
    "no command field": (without(0x0100), "command-field-unknown"),
    "command field 2": (command_set("C-ECHO-RQ", CommandField=2), "command-field-unknown"),
    "no message ID": (without(0x0110), "command-element-missing"),
    "store without data set": (STORE.changed(CommandDataSetType=0x0101), "command-data-set"),
    "echo with data set": (without().changed(CommandDataSetType=0), "command-data-set"),
    "pending without identifier": (FOUND, "command-data-set"),
    "found nothing, with identifier": (FOUND.changed(Status=0, CommandDataSetType=1), "command-data-set"),
}


@pytest.mark.parametrize("case", CASES)
def test_each_violation_is_seen_and_the_bytes_are_kept(case: str) -> None:
    command, name = CASES[case]
    raw = command if isinstance(command, bytes) else encode_command(command)
    read, found = decode_command(raw)
    assert name in [each.name for each in found]
    if isinstance(command, CommandSet) and name not in (
        "uid-padding",
        "command-value",
        "command-length-odd",
    ):
        assert read == command


def test_every_violation_of_a_command_set_has_its_case() -> None:
    assert {name for name in CLAUSES if name.startswith("command-")} <= {name for _, name in CASES.values()}


@pytest.mark.parametrize(
    "command", [STORE, FOUND.changed(CommandDataSetType=1), FOUND.changed(Status=0xFE00), without()]
)
def test_lawful_command_sets_have_no_violation(command: CommandSet) -> None:
    assert decode_command(encode_command(command))[1] == ()


def test_unknown_elements_are_kept_with_their_place() -> None:
    command = plus(Element(0x00009999, b"ab"), Element(0x99990000, b"", length=0))
    read = decode_command(encode_command(command))[0]
    assert read.keywords()[-2:] == ("(0000,9999)", "(9999,0000)")
    assert read[0x00009999] == b"ab"


def test_a_length_may_lie() -> None:
    raw = encode_command(plus(Element(0x0902, "ab", length=200)))
    assert raw.endswith(bytes.fromhex("00000209 c8000000 6162"))
    assert decode_command(raw)[0].elements[-1] == Element(0x0902, "ab", 200)
    with pytest.raises(ValueError, match="fit"):
        encode_command(plus(Element(0x0902, "ab", length=1 << 32)))


def test_any_data_set_type_but_null_announces_a_data_set() -> None:
    assert CommandDataSetType.NULL == 0x0101
    assert [STORE.changed(CommandDataSetType=value).has_data_set for value in (0, 1, 0x0102, 0x0101)] == [
        True,
        True,
        True,
        False,
    ]
