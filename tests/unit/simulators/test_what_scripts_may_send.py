"""Scripts: wrong lengths, many contexts, user identities, elements that no message has, deflated data sets."""

from __future__ import annotations

import zlib

import pytest

from dicom_simulators.archive import Archive
from dicom_simulators.data_sets import build
from dicom_simulators.encoding import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    encode_texts,
    read_elements,
)
from dicom_simulators.scripted.script_send import ReceivedSoFar, sending
from dicom_wire import AAssociateRQ, Recorder, decode, decode_command

CT = "1.2.840.10008.5.1.4.1.1.2"


def sent(**fields: object) -> bytes:
    return sending({"pdu": "A-ASSOCIATE-RQ", **fields})(ReceivedSoFar())


@pytest.mark.parametrize(
    ("fields", "item"),
    [
        ({"sub_item_lengths": {"maximum_length": "9"}}, "51000009"),
        ({"sub_item_lengths": {"implementation_class_uid": "0"}}, "52000000"),
        ({"sub_item_lengths": {"implementation_version_name": "1"}}, "55000001"),
        ({"roles": [{"sop_class": "1.2", "length": "3"}]}, "540000030003"),
        ({"asynchronous_operations": {"length": "5"}}, "5300000500010001"),
        ({"extended_negotiation": {"sop_class": "1.2", "length": "65535"}}, "5600ffff"),
        ({"contexts": {"sop_class": "1.2", "transfer_syntaxes": "1.3", "length": "4"}}, "2000000401000000"),
    ],
)
def test_the_length_of_an_item_may_be_wrong(fields: dict[str, object], item: str) -> None:
    assert bytes.fromhex(item) in sent(**fields)
    assert len(sent(**fields)) == 6 + int.from_bytes(sent(**fields)[2:6], "big")


@pytest.mark.parametrize(
    ("fields", "item"),
    [
        ({"primary": "me"}, b"\x58\x00\x00\x08\x01\x00\x00\x02me\x00\x00"),
        (
            {"type": "2", "primary": "me", "secondary": "pw", "response_requested": "1"},
            b"\x58\x00\x00\x0a\x02\x01\x00\x02me\x00\x02pw",
        ),
        ({"server_response": "ok"}, b"\x59\x00\x00\x04\x00\x02ok"),
        ({"primary": "me", "length": "2"}, b"\x58\x00\x00\x02\x01\x00\x00\x02me\x00\x00"),
    ],
)
def test_a_user_identity_is_sent(fields: dict[str, object], item: bytes) -> None:
    assert item in sent(user_identity=fields)


def test_one_entry_stands_for_many_contexts() -> None:
    entries = [
        {"sop_class": "1.2", "transfer_syntaxes": "1.3", "count": "127"},
        {"sop_class": "1.4", "transfer_syntaxes": "1.3"},
    ]
    pdu = decode(sent(contexts=entries)).pdu
    assert isinstance(pdu, AAssociateRQ)
    assert [each.context_id for each in pdu.presentation_contexts] == list(range(1, 256, 2))
    assert [each.abstract_syntax for each in pdu.presentation_contexts][-2:] == ["1.2", "1.4"]


@pytest.mark.parametrize(
    ("fields", "violations"),
    [
        ({"further_elements": "00 00 00 09 02 00 00 00 00 A7"}, {"command-duplicate"}),
        ({"further_elements": "00 00 99 09 02 00 00 00 00 00"}, {"command-element-unknown"}),
        (
            {"further_elements": "00 00 10 09 02 00 00 00 00 00", "CommandGroupLength": "9"},
            {"command-element-unknown", "command-group-length"},
        ),
    ],
)
def test_elements_are_put_behind_those_of_the_command_set(fields: dict[str, str], violations: set[str]) -> None:
    raw = sending({"dimse": "C-ECHO-RSP", "Status": "0000", **fields})(ReceivedSoFar())
    command, found = decode_command(raw[12:])
    assert {each.name for each in found} == violations
    assert command["Status"] == 0
    assert len(command.elements) == 6


def test_private_attributes_are_named_by_their_tags() -> None:
    values = {"(0009,0010)": "MAKER", "(0009,1001) LO": "odd", "(0009,1002)": "0102", "PatientID": "X"}
    elements = read_elements(encode_texts(values, EXPLICIT_VR_LITTLE_ENDIAN), EXPLICIT_VR_LITTLE_ENDIAN)
    found = {tag: (element.vr, element.value) for tag, element in elements.items()}
    assert found == {
        0x00090010: ("LO", b"MAKER "),
        0x00091001: ("LO", b"odd "),
        0x00091002: ("UN", b"\x01\x02"),
        0x00100020: ("LO", b"X "),
    }


def test_a_data_set_is_deflated_where_the_transfer_syntax_says_so() -> None:
    plain = encode_texts({"PatientID": "X"}, EXPLICIT_VR_LITTLE_ENDIAN)
    deflated = encode_texts({"PatientID": "X"}, DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN)
    assert zlib.decompressobj(-zlib.MAX_WBITS).decompress(deflated) == plain
    assert len(deflated) % 2 == 0


def test_a_deflated_instance_can_be_held() -> None:
    deflated = build(sop_class=CT, transfer_syntax=DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, PatientID="DEFLATED")
    assert deflated.transfer_syntax == DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN
    assert deflated.read().PatientID == "DEFLATED"
    assert deflated.read().pixel_array.shape
    assert len(Archive("archive", "ARCHIVE", Recorder(), instances=[deflated]).holdings) == 1
