"""A large transfer is kept once: bytes that never change are viewed, not copied, whoever cuts them how."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import pytest

from dicom_wire import PDV, AReleaseRQ, Assembler, Kind, Message, PDataTF, PDUStream, Recorder, Side, encode
from dicom_wire.capture import Segment, Stream, pcap
from dicom_wire.capture.shared_bytes import KEPT_BY_EACH_BYTES
from dicom_wire.command import command_set
from dicom_wire.dimse import fragment
from dicom_wire.stream import Received

MIB = 1 << 20
NEAR, FAR = (("127.0.0.1", 40000), ("127.0.0.1", 50000)), (("127.0.0.1", 50001), ("127.0.0.1", 104))
DATA_SET = bytes(range(251)) * (8 * MIB // 251)
STORE = command_set("C-STORE-RQ", MessageID=1, CommandDataSetType=1)


@contextmanager
def traced() -> Iterator[list[int]]:
    """Give, at the end, how many bytes were allocated at most, and how many are left."""
    found: list[int] = []
    tracemalloc.start()
    try:
        yield found
        left, peak = tracemalloc.get_traced_memory()
        found += [peak, left]
    finally:
        tracemalloc.stop()


def pdus(maximum_length: int = 32768) -> bytes:
    return b"".join(map(encode, fragment(Message(1, STORE, DATA_SET), maximum_length)))


def cut(data: bytes, *sizes: int) -> Iterator[bytes]:
    at, lengths = 0, cycle(sizes)
    while at < len(data):
        size = next(lengths)
        yield data[at : at + size]
        at += size


def told(received: list[Received]) -> list[tuple[int, bytes, PDataTF | object, tuple[object, ...]]]:
    return [(each.offset, bytes(each.raw), each.pdu, each.violations) for each in received]


ODD = b"".join(
    encode(each)
    for each in (
        PDataTF((PDV(1, False, False, bytes(70_000)), PDV(1, False, True, b"ab"))),
        AReleaseRQ(),
        PDataTF((PDV(2, False, False, bytes(5_001)),)),  # an even context ID, an odd fragment
        PDataTF((), bytes(9_000)),
        PDataTF((PDV(1, False, True, bytes(4_084)),)),  # as many bytes as make a PDU large, with its headers
        AReleaseRQ(),
    )
)


@pytest.mark.parametrize("sizes", [(len(ODD),), (4096,), (4099, 3), (4096, 1, 2, 70_000), (5, 6, 7, 9000), (8191,)])
@pytest.mark.parametrize("form", [bytes, memoryview])
def test_a_stream_that_is_viewed_gives_what_one_that_is_copied_gives(form: type, sizes: tuple[int, ...]) -> None:
    for end in (len(ODD), len(ODD) - 7, len(ODD) - 15_000):
        viewed, copied = PDUStream(), PDUStream()
        found = [each for piece in cut(ODD[:end], *sizes) for each in viewed.feed(form(piece))]
        expected = [each for piece in cut(ODD[:end], *sizes) for each in copied.feed(bytearray(piece))]
        assert told(found) == told(expected)
        assert (viewed.pending, viewed.offset) == (copied.pending, copied.offset)
        assert told(viewed.finish()) == told(copied.finish())


def test_large_pdus_and_their_fragments_are_views_of_what_was_fed() -> None:
    raw = pdus()
    pieces = list(cut(raw, MIB))
    stream, assembler = PDUStream(), Assembler(join=lambda found: bytes(sum(map(len, found))))
    with traced() as memory:
        received = [each for piece in pieces for each in stream.feed(piece)]
        messages = [each for one in received if isinstance(one.pdu, PDataTF) for each in assembler.feed(one.pdu)]
    assert [len(each.data_set or b"") for each in messages] == [len(DATA_SET)]
    assert memory[1] < len(DATA_SET) + MIB, "only the data set, and PDUs that were cut"


def test_bytes_that_may_change_are_copied() -> None:
    buffer = bytearray(pdus()[: 2 * MIB])
    stream, assembler = PDUStream(), Assembler()
    received = stream.feed(buffer)
    for one in received:
        assert isinstance(one.pdu, PDataTF)
        assembler.feed(one.pdu)
    view = memoryview(bytearray(encode(received[-1].pdu)))
    assembler.feed_raw(view)
    assembler.feed_middle(memoryview(bytearray(8192)))
    before = [bytes(each) for each in assembler._pieces]
    buffer[:] = bytes(len(buffer))
    view[:] = bytes(len(view))
    assert [bytes(each) for each in assembler._pieces] == before


def observed(recorder: Recorder, changed_at: int | None = None) -> list[int]:
    """Have both ends and a relay see the same bytes, cut otherwise; one of them another byte at one place."""
    mine = recorder.open("mine", "mine", "theirs", *NEAR)
    link = recorder.open("link", "mine", "theirs", NEAR[0], FAR[1], (NEAR[1], FAR[0]))
    theirs = recorder.open("theirs", "?", "theirs", *FAR)
    raw = pdus()
    for piece in cut(raw, MIB):
        recorder.saw(mine, Kind.DATA, Side.REQUESTOR, piece, written=True)
    for piece in cut(raw, 200_000, 262_144):
        recorder.saw(link, Kind.DATA, Side.REQUESTOR, piece)
        recorder.saw(link, Kind.DATA, Side.REQUESTOR, bytearray(piece), written=True)
    if changed_at is not None:
        raw = raw[:changed_at] + bytes((raw[changed_at] ^ 1,)) + raw[changed_at + 1 :]
    for piece in cut(raw, 131_072, 100_001):
        recorder.saw(theirs, Kind.DATA, Side.REQUESTOR, piece)
    return [mine, link, theirs]


def bytes_of(recorder: Recorder, number: int, written: bool) -> bytes:
    seen = [each for each in recorder.sightings if each.connection == number and each.written is written]
    assert sum(each.size_bytes for each in seen) == len(b"".join(each.data for each in seen))
    return b"".join(each.data for each in seen)


@pytest.mark.parametrize("changed_at", [None, 3 * MIB + 17, 100])
def test_every_observer_has_the_bytes_that_it_saw(changed_at: int | None) -> None:
    recorder, raw = Recorder(), pdus()
    mine, link, theirs = observed(recorder, changed_at)
    assert bytes_of(recorder, mine, True) == bytes_of(recorder, link, False) == bytes_of(recorder, link, True) == raw
    found = bytes_of(recorder, theirs, False)
    if changed_at is not None:
        assert found[changed_at] == raw[changed_at] ^ 1
        found = found[:changed_at] + raw[changed_at : changed_at + 1] + found[changed_at + 1 :]
    assert found == raw


def test_what_several_observers_saw_is_kept_once() -> None:
    recorder = Recorder()
    with traced() as memory:
        observed(recorder)
    seen = sum(each.size_bytes for each in recorder.sightings)
    assert seen > 4 * len(DATA_SET)
    assert memory[1] < len(DATA_SET) + 4 * KEPT_BY_EACH_BYTES + MIB


def test_a_relay_that_is_seen_first_shares_with_ends_that_are_opened_before() -> None:
    recorder, raw = Recorder(), pdus()
    theirs = recorder.open("theirs", "?", "theirs", *FAR)
    link = recorder.open("link", "mine", "theirs", NEAR[0], FAR[1], (NEAR[1], FAR[0]))
    with traced() as memory:
        for piece in cut(raw, 200_000):
            recorder.saw(link, Kind.DATA, Side.REQUESTOR, piece)
            recorder.saw(theirs, Kind.DATA, Side.REQUESTOR, bytes(bytearray(piece)))
    assert bytes_of(recorder, theirs, False) == raw
    assert memory[1] < len(DATA_SET) + 2 * KEPT_BY_EACH_BYTES + MIB


def test_a_capture_is_written_packet_by_packet(tmp_path: Path) -> None:
    raw = pdus()
    segments = tuple(Segment(at, Kind.DATA, Side.REQUESTOR, piece) for at, piece in enumerate(cut(raw, MIB)))
    with traced() as memory:
        pcap.write(tmp_path / "large.pcap", [Stream(*FAR, segments)])
    assert memory[0] < MIB
    (stream,) = pcap.read(tmp_path / "large.pcap")
    assert stream.sent_by(Side.REQUESTOR) == raw
