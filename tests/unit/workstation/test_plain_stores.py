"""The quick way to read the command set of a C-STORE-RQ: it takes what is usual, and leaves everything else."""

from __future__ import annotations

import struct

import pytest

from dicom_workstation.network.upper_layer.plain_store import read_plain_store

CT = b"1.2.840.10008.5.1.4.1.1.2\0"
USUAL = {
    0x0002: CT,
    0x0100: struct.pack("<H", 0x0001),
    0x0110: struct.pack("<H", 7),
    0x0700: struct.pack("<H", 1),
    0x0800: struct.pack("<H", 0x0001),
    0x1000: b"2.25.7",
}


def command(changes: dict[int, bytes | None] | None = None, group: int = 0) -> bytes:
    elements = {tag: value for tag, value in sorted({**USUAL, **(changes or {})}.items()) if value is not None}
    return b"".join(struct.pack("<HHL", group, tag, len(value)) + value for tag, value in elements.items())


def test_what_is_usual_is_read() -> None:
    found = read_plain_store(3, command({0x1030: b"PACS  ", 0x1031: struct.pack("<H", 0x0102)}))
    assert found is not None
    assert found.context_id == 3
    assert found.command_set == {
        "AffectedSOPClassUID": CT.decode().strip("\0"),
        "CommandField": 1,
        "MessageID": 7,
        "Priority": 1,
        "CommandDataSetType": 1,
        "AffectedSOPInstanceUID": "2.25.7",
        "MoveOriginatorApplicationEntityTitle": "PACS",
        "MoveOriginatorMessageID": 0x0102,
    }


@pytest.mark.parametrize(
    "changes",
    [
        {0x0000: struct.pack("<L", 100)},
        {0x1030: b"PACS", 0x1031: struct.pack("<H", 9)},
        {0x1030: b"PACS  "},
        {0x0700: struct.pack("<H", 0)},
        {0x0700: struct.pack("<H", 2)},
        {0x1000: b"1" * 64},
        {0x0800: struct.pack("<H", 0x0102)},
    ],
)
def test_what_may_be_is_read(changes: dict[int, bytes]) -> None:
    assert read_plain_store(1, command(changes)) is not None


@pytest.mark.parametrize(
    "changes",
    [
        {0x0000: b"\0\0"},  # a Group Length of another length
        {0x0001: struct.pack("<L", 1)},  # an element that nobody knows, of the length of a Group Length
        {0x0900: struct.pack("<H", 0)},  # a status, in a request
        {0x1031: b"\0\0\0\0"},
        {0x0110: b"\0\0\0\0"},
        {0x0110: None},
        {0x0100: None},
        {0x0100: struct.pack("<H", 0x0020)},
        {0x0002: None},
        {0x0002: b"1.2.x\0"},
        {0x0002: b""},
        {0x1000: None},
        {0x1000: b"1" * 66},
        {0x1000: b"2.25.7\0\0"},
        {0x0700: None},
        {0x0700: struct.pack("<H", 3)},
        {0x0800: None},
        {0x0800: struct.pack("<H", 0x0101)},  # no data set
        {0x1030: b"A\\B "},
        {0x1030: b"    "},
        {0x1030: b"A" * 18},
    ],
)
def test_what_is_unusual_is_left_to_who_reads_everything(changes: dict[int, bytes | None]) -> None:
    assert read_plain_store(1, command(changes)) is None


def test_bytes_that_are_no_command_set_are_left() -> None:
    whole = command()
    assert read_plain_store(1, b"") is None
    assert read_plain_store(1, whole[:-1]) is None
    assert read_plain_store(1, whole + b"\0") is None
    assert read_plain_store(1, whole + whole[-14:]) is None  # an element twice
    assert read_plain_store(1, command(group=8)) is None
    first, rest = whole[: 8 + len(CT)], whole[8 + len(CT) :]
    assert read_plain_store(1, rest + first) is None  # not in ascending order
