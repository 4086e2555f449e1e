"""A C-STORE-RQ that is read at once beside pynetdicom, which reads every command set: both make one request of it."""

from __future__ import annotations

import struct
import warnings
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pynetdicom.dimse_messages import DIMSEMessage
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.pdu_primitives import P_DATA

from dicom_workstation.network.upper_layer.command_set import encode_message
from dicom_workstation.network.upper_layer.plain_store import read_plain_store

PARAMETERS = (
    *("AffectedSOPClassUID", "AffectedSOPInstanceUID", "MessageID", "MessageIDBeingRespondedTo", "Priority", "Status"),
    *("MoveOriginatorApplicationEntityTitle", "MoveOriginatorMessageID", "OffendingElement", "ErrorComment"),
)
TAGS = (0x0000, 0x0002, 0x0100, 0x0110, 0x0120, 0x0700, 0x0800, 0x0900, 0x1000, 0x1030, 0x1031)
UIDS = st.one_of(
    st.just(b"1.2.840.10008.5.1.4.1.1.2\0"),
    st.from_regex(rb"[0-2.]{1,66}", fullmatch=True),
    st.sampled_from((b"", b"1.02\0\0", b"1.2 ", b" 1.2", b"1.2\\3.4", b"1.2\0\0", b"a.b\0", b"1" * 64, b"1" * 66)),
)
TITLES = st.one_of(
    st.sampled_from((b"AE", b"A B ", b" AE ", b"A\\B ", b"    ", b"", b"X" * 18)), st.binary(max_size=18)
)
NUMBERS = st.one_of(st.integers(0, 3), st.integers(0, 0xFFFF)).map(lambda value: struct.pack("<H", value))
ANY = st.one_of(NUMBERS, UIDS, TITLES)


def command_set(values: dict[int, bytes]) -> bytes:
    return b"".join(struct.pack("<HHL", 0, tag, len(value)) + value for tag, value in values.items())


ORDINARY = {
    0x0000: struct.pack("<L", 0),
    0x0002: b"1.2.840.10008.5.1.4.1.1.2\0",
    0x0100: struct.pack("<H", 1),
    0x0110: struct.pack("<H", 7),
    0x0700: struct.pack("<H", 0),
    0x0800: struct.pack("<H", 1),
    0x1000: b"1.2.3\0",
}
ORIGINATED = {**ORDINARY, 0x1030: b"ARCHIVE ", 0x1031: struct.pack("<H", 9)}
CHANGES = st.dictionaries(st.sampled_from(TAGS), ANY, max_size=3)


def read_by_pynetdicom(raw: bytes) -> Any:
    message, primitive = DIMSEMessage(), P_DATA()
    primitive.presentation_data_value_list = [[1, b"\x03" + raw]]
    assert not message.decode_msg(primitive), "it has a data set"
    return message.message_to_primitive()


@settings(max_examples=300)
@given(base=st.sampled_from((ORDINARY, ORIGINATED)), changes=CHANGES, cut=st.integers(0, 3), is_sorted=st.booleans())
def test_what_is_read_at_once_is_what_pynetdicom_reads(
    base: dict[int, bytes], changes: dict[int, bytes], cut: int, is_sorted: bool
) -> None:
    values = {**base, **changes}
    raw = command_set(dict(sorted(values.items())) if is_sorted else values)
    plain = read_plain_store(1, raw[: len(raw) - cut])
    if plain is None:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        wanted = read_by_pynetdicom(raw[: len(raw) - cut])
    found = plain.message_to_primitive()
    assert isinstance(wanted, C_STORE)
    for keyword in PARAMETERS:
        assert getattr(found, keyword) == getattr(wanted, keyword), keyword
        assert type(getattr(found, keyword)) is type(getattr(wanted, keyword)), keyword


@pytest.mark.parametrize("values", [ORDINARY, ORIGINATED])
def test_an_ordinary_request_is_read_at_once(values: dict[int, bytes]) -> None:
    assert read_plain_store(1, command_set(values)) is not None


def test_a_request_as_pynetdicom_writes_it_is_read_at_once() -> None:
    request = C_STORE()
    request.MessageID, request.Priority = 1, 2
    request.AffectedSOPClassUID, request.AffectedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.4", "2.25.1"
    request.DataSet = BytesIO(b"\0")
    raw, _ = encode_message(request)
    plain = read_plain_store(3, raw)
    assert plain is not None
    assert plain.context_id == 3
    assert plain.command_set["AffectedSOPInstanceUID"] == "2.25.1"
