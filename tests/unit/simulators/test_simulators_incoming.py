from __future__ import annotations

import itertools
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicom_simulators.association.incoming import (
    INVALID_PARAMETER,
    UNRECOGNIZED_PDU,
    Incoming,
    Invalid,
    Mark,
    Oversized,
)
from dicom_simulators.association.memory import COMMAND_BYTES, Budget, Share
from dicom_wire import (
    PDV,
    AReleaseRQ,
    CommandDataSetType,
    Message,
    PDataTF,
    UnknownPDU,
    command_set,
    encode,
    encode_command,
    fragment,
)

CT = "1.2.840.10008.5.1.4.1.1.2"


def store(size: int, message_id: int = 1) -> Message:
    command = command_set(
        "C-STORE-RQ",
        AffectedSOPClassUID=CT,
        AffectedSOPInstanceUID="1.2.3",
        MessageID=message_id,
        Priority=0,
        CommandDataSetType=int(CommandDataSetType.PRESENT),
    )
    return Message(1, command, bytes(range(256)) * (size // 256) + bytes(size % 256))


def on_wire(message: Message, maximum_length: int) -> bytes:
    return b"".join(encode(pdu) for pdu in fragment(message, maximum_length))


def items(incoming: Incoming, pieces: list[bytes]) -> list[object]:
    found: list[object] = []
    for piece in pieces:
        incoming.feed(piece)
        while (item := incoming.next()) is not None:
            found.append(item)
    return found


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 700), min_size=1, max_size=3),
    maximum_length=st.sampled_from([0, 16, 64, 128, 1000]),
    cuts=st.lists(st.integers(0, 5000), max_size=12),
)
def test_any_slicing_gives_the_same_messages(sizes: list[int], maximum_length: int, cuts: list[int]) -> None:
    messages = [store(size, number) for number, size in enumerate(sizes, start=1)]
    raw = b"".join(on_wire(message, maximum_length) for message in messages) + encode(AReleaseRQ())
    borders = sorted({0, len(raw), *(cut % len(raw) for cut in cuts)})
    pieces = [raw[a:b] for a, b in itertools.pairwise(borders)]
    found = [item for item in items(Incoming(maximum_length), pieces) if item is not Mark.P_DATA]
    assert [item.data_set for item in found if isinstance(item, Message)] == [m.data_set for m in messages]
    assert [item.command["MessageID"] for item in found if isinstance(item, Message)] == [
        m.command["MessageID"] for m in messages
    ]
    assert isinstance(found[-1], AReleaseRQ)


def test_a_large_data_set_is_gathered_once() -> None:
    message = store(8 << 20)
    raw = on_wire(message, 32768) + on_wire(store(10, 2), 32768)
    incoming = Incoming(32768)
    found: list[object] = []
    tracemalloc.start()
    try:
        for at in range(0, len(raw), 200_000):
            found += items(incoming, [raw[at : at + 200_000]])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    messages = [item for item in found if isinstance(item, Message)]
    assert [item.data_set for item in messages] == [message.data_set, store(10).data_set]
    assert peak < 1.25 * (8 << 20) + (1 << 20), "what was read is not kept beside the buffer"
    assert not incoming.amid_message


@pytest.mark.parametrize("limit_bytes", [1 << 19, 4 << 20])
def test_all_of_a_data_set_that_found_no_room_is_counted(limit_bytes: int) -> None:
    raw = on_wire(store(8 << 20), 32768) + on_wire(store(10, 2), 32768)
    incoming = Incoming(32768, Share(Budget(limit_bytes)))
    pieces = [raw[at : at + 200_000] for at in range(0, len(raw), 200_000)]
    (oversized, after) = [item for item in items(incoming, pieces) if item is not Mark.P_DATA]
    assert isinstance(oversized, Oversized)
    assert (oversized.size_bytes, oversized.message.data_set) == (8 << 20, b"")
    assert isinstance(after, Message)
    assert after.data_set == store(10).data_set


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_raise(data: bytes) -> None:
    found = items(Incoming(100), [data])
    assert sum(isinstance(item, Invalid) for item in found) <= 1


def pdata(*pdvs: PDV, **fields: int) -> bytes:
    return encode(PDataTF(pdvs, **fields))


COMMAND = encode_command(store(4).command)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (encode(UnknownPDU(0x2A, b"1234")), UNRECOGNIZED_PDU),
        (pdata(PDV(1, True, True, bytes(200))), INVALID_PARAMETER),
        (pdata(PDV(1, True, True, b"12", length=1)), INVALID_PARAMETER),
        (pdata(PDV(1, True, True, b"12", length=90)), INVALID_PARAMETER),
        (pdata(PDV(1, False, True, b"12")), INVALID_PARAMETER),
        (pdata(PDV(1, True, False, b"12"), PDV(1, False, True, b"12")), INVALID_PARAMETER),
        (pdata(PDV(1, True, False, b"12"), PDV(3, True, True, b"12")), INVALID_PARAMETER),
        (pdata(PDV(9, True, True, b"12")), INVALID_PARAMETER),
        (b"\x01\x00\xff\xff\xff\xff", INVALID_PARAMETER),
        (b"\x04\x00\x00\x00\x00\x00", INVALID_PARAMETER),
    ],
    ids=["type", "too-long", "pdv-short", "pdv-long", "data-first", "data-amid", "mixed", "context", "huge", "empty"],
)
def test_what_may_not_come_is_invalid_once(raw: bytes, reason: int) -> None:
    incoming = Incoming(150)
    incoming.accepted = frozenset({1, 3}).__contains__
    found = [item for item in items(incoming, [raw, raw]) if isinstance(item, Invalid)]
    assert [item.reason for item in found] == [reason]


def test_empty_last_fragment_ends_a_message() -> None:
    raw = (
        pdata(PDV(1, True, False, COMMAND))
        + pdata(PDV(1, True, True))
        + pdata(PDV(1, False, False, b"1234"))
        + pdata(PDV(1, False, True))
    )
    (message,) = [item for item in items(Incoming(0), [raw]) if isinstance(item, Message)]
    assert message.data_set == b"1234"


def test_a_command_set_that_begins_at_the_end_of_a_long_read_is_taken() -> None:
    echo = on_wire(Message(1, command_set("C-ECHO-RQ", MessageID=1, AffectedSOPClassUID="1.2.840.10008.1.1")), 0)
    stream = echo * (COMMAND_BYTES // len(echo) + 2)
    incoming = Incoming(0)
    found = items(incoming, [stream[:COMMAND_BYTES], stream[COMMAND_BYTES:]])
    assert [one for one in found if isinstance(one, Invalid)] == []
    assert len([one for one in found if isinstance(one, Message)]) == len(stream) // len(echo)


def test_an_endless_command_set_is_invalid() -> None:
    piece = pdata(PDV(1, True, False, b"\0" * 4096))
    found = items(Incoming(0), [piece] * (3 * COMMAND_BYTES // 4096))
    assert isinstance(found[-1], Invalid)
    assert "no room for a command set" in found[-1].detail
