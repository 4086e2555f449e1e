"""Captures: written, read again, and read as others write them."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest

from dicom_wire import Kind, Recorder, Side
from dicom_wire.capture.pcap import CaptureError, Segment, Stream, read, streams_of, write

REQUESTOR, ACCEPTOR = ("127.0.0.1", 40000), ("127.0.0.2", 104)
TALK = Stream(
    REQUESTOR,
    ACCEPTOR,
    (
        Segment(1_000, Kind.OPENED, Side.REQUESTOR),
        Segment(2_000, Kind.DATA, Side.REQUESTOR, b"request"),
        Segment(3_001, Kind.DATA, Side.ACCEPTOR, b"answer"),
        Segment(4_000, Kind.FIN, Side.REQUESTOR),
        Segment(5_000, Kind.FIN, Side.ACCEPTOR),
    ),
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write(tmp_path / "talk.pcap", [TALK])
    assert read(tmp_path / "talk.pcap") == [TALK]


def test_several_streams_interleave(tmp_path: Path) -> None:
    other = Stream(
        ("::1", 5), ("::1", 6), (Segment(2_500, Kind.OPENED, Side.REQUESTOR), Segment(3_500, Kind.RST, Side.ACCEPTOR))
    )
    write(tmp_path / "two.pcap", [other, TALK], epoch_offset_ns=10**18)
    first, second = read(tmp_path / "two.pcap")
    assert [each.t_ns - 10**18 for each in first.segments] == [each.t_ns for each in TALK.segments]
    assert second.requestor_endpoint == ("::1", 5)
    assert [each.kind for each in second.segments] == [Kind.OPENED, Kind.RST]


def test_long_data_are_cut_into_packets(tmp_path: Path) -> None:
    data = random.Random(1).randbytes(200_000)
    stream = Stream(REQUESTOR, ACCEPTOR, (Segment(0, Kind.DATA, Side.REQUESTOR, data),))
    write(tmp_path / "long.pcap", [stream])
    (got,) = read(tmp_path / "long.pcap")
    assert got.sent_by(Side.REQUESTOR) == data
    assert len(got.segments) == 1 + 4
    assert got.missing_bytes == 0


def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nowhere"):
        write(tmp_path / "x.pcap", [Stream(("nowhere", 1), ACCEPTOR, TALK.segments)])
    with pytest.raises(ValueError, match="versions"):
        write(tmp_path / "x.pcap", [Stream(("::1", 1), ACCEPTOR, TALK.segments)])
    with pytest.raises(ValueError, match="time"):
        write(tmp_path / "x.pcap", [TALK], epoch_offset_ns=-(10**9))
    with pytest.raises(ValueError, match="time"):
        write(tmp_path / "x.pcap", [TALK], epoch_offset_ns=2**32 * 10**9)


def packets(path: Path) -> list[tuple[int, bytes]]:
    raw, at, found = path.read_bytes(), 24, []
    while at < len(raw):
        seconds, nanoseconds, length, _ = struct.unpack_from(">LLLL", raw, at)
        found.append((seconds * 10**9 + nanoseconds, raw[at + 16 : at + 16 + length]))
        at += 16 + length
    return found


def classic(frames: list[tuple[int, bytes]], order: str, magic: int, unit_ns: int, link_type: int = 1) -> bytes:
    raw = struct.pack(order + "LHHlLLL", magic, 2, 4, 0, 0, 65535, link_type)
    for t_ns, frame in frames:
        seconds, rest = divmod(t_ns, 10**9)
        raw += struct.pack(order + "LLLL", seconds, rest // unit_ns, len(frame), len(frame)) + frame
    return raw


def block(order: str, kind: int, body: bytes) -> bytes:
    body += b"\0" * (-len(body) % 4)
    return struct.pack(order + "LL", kind, len(body) + 12) + body + struct.pack(order + "L", len(body) + 12)


def next_generation(frames: list[tuple[int, bytes]], order: str) -> bytes:
    raw = block(order, 0x0A0D0D0A, struct.pack(order + "LHHq", 0x1A2B3C4D, 1, 0, -1))
    raw += block(order, 1, struct.pack(order + "HHLHHBxxxHH", 1, 0, 0, 9, 1, 9, 0, 0))
    raw += block(order, 5, b"statistics, passed over")
    for t_ns, frame in frames:
        raw += block(
            order, 6, struct.pack(order + "LLLLL", 0, t_ns >> 32, t_ns & 0xFFFFFFFF, len(frame), len(frame)) + frame
        )
    return raw


@pytest.fixture
def frames(tmp_path: Path) -> list[tuple[int, bytes]]:
    write(tmp_path / "frames.pcap", [TALK])
    return packets(tmp_path / "frames.pcap")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("magic", "unit_ns"), [(0xA1B2C3D4, 1000), (0xA1B23C4D, 1)])
def test_classic_captures_of_every_kind(
    tmp_path: Path, frames: list[tuple[int, bytes]], order: str, magic: int, unit_ns: int
) -> None:
    (tmp_path / "x.pcap").write_bytes(classic(frames, order, magic, unit_ns))
    (got,) = read(tmp_path / "x.pcap")
    assert [each.data for each in got.segments] == [each.data for each in TALK.segments]
    assert [each.t_ns for each in got.segments] == [each.t_ns // unit_ns * unit_ns for each in TALK.segments]


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng(tmp_path: Path, frames: list[tuple[int, bytes]], order: str) -> None:
    (tmp_path / "x.pcapng").write_bytes(next_generation(frames, order))
    assert read(tmp_path / "x.pcapng") == [TALK]


@pytest.mark.parametrize(("link_type", "header"), [(101, b""), (0, b"\2\0\0\0"), (113, bytes(16)), (276, bytes(20))])
def test_other_link_types(tmp_path: Path, frames: list[tuple[int, bytes]], link_type: int, header: bytes) -> None:
    changed = [(t_ns, header + frame[14:]) for t_ns, frame in frames]
    (tmp_path / "x.pcap").write_bytes(classic(changed, "<", 0xA1B23C4D, 1, link_type))
    assert read(tmp_path / "x.pcap") == [TALK]


def test_packets_out_of_order_and_repeated(tmp_path: Path) -> None:
    data = random.Random(2).randbytes(300_000)
    write(tmp_path / "x.pcap", [Stream(REQUESTOR, ACCEPTOR, (Segment(0, Kind.DATA, Side.REQUESTOR, data),))])
    handshake, body = packets(tmp_path / "x.pcap")[:3], packets(tmp_path / "x.pcap")[3:]
    mixed = body + body[:2]
    random.Random(3).shuffle(mixed)
    (tmp_path / "y.pcap").write_bytes(classic(handshake + mixed, ">", 0xA1B23C4D, 1))
    (got,) = read(tmp_path / "y.pcap")
    assert got.sent_by(Side.REQUESTOR) == data
    assert got.missing_bytes == 0


def test_a_gap_of_one_byte_is_waited_for(tmp_path: Path) -> None:
    letters = tuple(Segment(number, Kind.DATA, Side.REQUESTOR, b"%c" % letter) for number, letter in enumerate(b"abc"))
    write(tmp_path / "x.pcap", [Stream(REQUESTOR, ACCEPTOR, letters)])
    *handshake, one, two, three = packets(tmp_path / "x.pcap")
    swapped = [(two[0], three[1]), (three[0], two[1])]
    (tmp_path / "y.pcap").write_bytes(classic([*handshake, one, *swapped], ">", 0xA1B23C4D, 1))
    (got,) = read(tmp_path / "y.pcap")
    assert got.sent_by(Side.REQUESTOR) == b"abc"


def test_what_was_captured_first_comes_first_wherever_it_is_in_the_file(
    tmp_path: Path, frames: list[tuple[int, bytes]]
) -> None:
    backwards = sorted(frames, key=lambda frame: -frame[0])
    assert backwards != frames
    (tmp_path / "x.pcap").write_bytes(classic(backwards, "<", 0xA1B23C4D, 1))
    assert read(tmp_path / "x.pcap") == [TALK]


def test_a_lost_packet_is_counted(tmp_path: Path) -> None:
    data = bytes(200_000)
    write(tmp_path / "x.pcap", [Stream(REQUESTOR, ACCEPTOR, (Segment(0, Kind.DATA, Side.REQUESTOR, data),))])
    frames = packets(tmp_path / "x.pcap")
    (tmp_path / "y.pcap").write_bytes(classic(frames[:4] + frames[5:], ">", 0xA1B23C4D, 1))
    (got,) = read(tmp_path / "y.pcap")
    assert got.missing_bytes == 65000
    assert len(got.sent_by(Side.REQUESTOR)) == 135_000


def test_an_endpoint_used_again_is_another_stream(tmp_path: Path) -> None:
    later = Stream(
        REQUESTOR,
        ACCEPTOR,
        tuple([Segment(each.t_ns + 10**6, each.kind, each.sender, each.data) for each in TALK.segments]),
    )
    write(tmp_path / "x.pcap", [TALK, later])
    assert read(tmp_path / "x.pcap") == [TALK, later]


def test_a_capture_that_ends_early_gives_what_came_before(tmp_path: Path, frames: list[tuple[int, bytes]]) -> None:
    for name, raw in (("a", classic(frames, "<", 0xA1B23C4D, 1)), ("b", next_generation(frames, "<"))):
        for length in range(4, len(raw), 7):
            (tmp_path / name).write_bytes(raw[:length])
            read(tmp_path / name)
    assert read(tmp_path / "b") != []


@pytest.mark.parametrize("content", [b"", b"abc", b"PK\3\4 not a capture"])
def test_what_is_no_capture_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(CaptureError, match="neither"):
        read(tmp_path / "x")


def test_a_recorder_becomes_streams() -> None:
    recorder = Recorder()
    link = recorder.open("link", "a", "b", REQUESTOR, ACCEPTOR)
    refused = recorder.open("link", "a", "c", REQUESTOR, ACCEPTOR)
    recorder.saw(refused, Kind.REFUSED, Side.ACCEPTOR)
    own = recorder.open("a", "a", "b", REQUESTOR, ACCEPTOR)
    recorder.saw(link, Kind.OPENED, Side.REQUESTOR)
    recorder.saw(link, Kind.DATA, Side.REQUESTOR, b"read")
    recorder.saw(link, Kind.DATA, Side.REQUESTOR, b"changed", written=True)
    recorder.saw(link, Kind.FIN, Side.REQUESTOR)
    recorder.saw(link, Kind.FIN, Side.REQUESTOR, written=True)
    recorder.saw(own, Kind.DATA, Side.REQUESTOR, b"sent", written=True)
    recorder.saw(own, Kind.DATA, Side.ACCEPTOR, b"received")
    first, second = streams_of(recorder.connections, recorder.sightings)
    assert [(each.kind, each.data) for each in first.segments] == [
        (Kind.OPENED, b""),
        (Kind.DATA, b"read"),
        (Kind.FIN, b""),
    ]
    assert (second.sent_by(Side.REQUESTOR), second.sent_by(Side.ACCEPTOR)) == (b"sent", b"received")
