"""PDUs out of a stream: nothing lost, nothing gathered beyond the limit."""

from __future__ import annotations

import tracemalloc

import pytest

from dicom_wire import PDV, AAbort, AReleaseRQ, PDataTF, PDUStream, UnknownPDU, encode

RELEASE = encode(AReleaseRQ())


def test_each_pdu_comes_with_its_place() -> None:
    stream = PDUStream()
    received = stream.feed(RELEASE + encode(AAbort(0, 0)) + b"\4\0\0")
    assert [(each.offset, each.pdu) for each in received] == [(0, AReleaseRQ()), (10, AAbort(0, 0))]
    assert [each.raw for each in received] == [RELEASE, encode(AAbort(0, 0))]
    assert stream.pending == b"\4\0\0"
    assert stream.offset == 20


def test_a_pdu_in_single_bytes_comes_once() -> None:
    stream = PDUStream()
    received = [each for at in range(len(RELEASE)) for each in stream.feed(RELEASE[at : at + 1])]
    assert [each.pdu for each in received] == [AReleaseRQ()]
    assert stream.pending == b""


def test_what_is_left_at_the_end_is_a_cut_off_pdu() -> None:
    stream = PDUStream()
    assert stream.feed(RELEASE + RELEASE[:7]) != []
    (left,) = stream.finish()
    assert left.raw == RELEASE[:7]
    assert left.offset == 10
    assert "pdu-truncated" in [each.name for each in left.violations]
    assert stream.pending == b""
    assert stream.finish() == []


def test_a_hostile_length_is_told_at_once_and_never_gathered() -> None:
    stream = PDUStream(limit_bytes=1 << 20)
    (header,) = stream.feed(b"\4\0\xff\xff\xff\xf0")
    assert [each.name for each in header.violations] == ["pdu-over-limit"]
    assert header.raw == b"\4\0\xff\xff\xff\xf0"
    assert header.pdu == UnknownPDU(4, header=header.raw)
    tracemalloc.start()
    taken = 0
    for _ in range(64):
        taken += sum(len(each.raw) for each in stream.feed(bytes(1 << 18)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken + len(stream.pending) == 64 << 18
    assert peak < 4 << 20


def test_after_a_pdu_over_the_limit_the_next_is_found() -> None:
    long = encode(PDataTF((PDV(1, False, True, bytes(70000)),)))
    stream = PDUStream(limit_bytes=1000)
    received = stream.feed(RELEASE + long + RELEASE)
    assert b"".join([each.raw for each in received]) == RELEASE + long + RELEASE
    assert received[0].pdu == received[-1].pdu == AReleaseRQ()
    assert [each.violations[0].name for each in received[1:-1]] == ["pdu-over-limit"] + 2 * ["pdu-over-limit-continued"]
    assert b"".join([encode(each.pdu) for each in received]) == RELEASE + long + RELEASE


def test_the_end_within_a_pdu_over_the_limit_is_told() -> None:
    stream = PDUStream(limit_bytes=10)
    stream.feed(b"\4\0\0\1\0\0abc")
    (left,) = stream.finish()
    assert left.raw == b"abc"
    assert left.violations[0].name == "pdu-over-limit-continued"


def test_a_limit_below_a_header_is_refused() -> None:
    with pytest.raises(ValueError, match="header"):
        PDUStream(limit_bytes=5)
