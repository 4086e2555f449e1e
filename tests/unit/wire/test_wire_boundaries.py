"""The smallest and the largest of what the readers of the wire take, and what lies just beyond."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from dicom_wire import (
    PDV,
    AAbort,
    AAssociateRJ,
    AReleaseRP,
    AReleaseRQ,
    Assembler,
    Kind,
    Message,
    PDataTF,
    Recorder,
    Side,
    command_set,
    decode,
    decode_command,
    encode,
    encode_command,
)
from dicom_wire.capture.pcap import Segment, Stream, read, write
from dicom_wire.dimse import fragment_buffers, walk_pdvs

REQUESTOR, ACCEPTOR = ("127.0.0.1", 40000), ("127.0.0.2", 104)
VERIFICATION = b"1.2.840.10008.1.1"


def names(raw: bytes) -> list[str]:
    return [found.name for found in decode(raw).violations]


class TestShortPdus:
    @pytest.mark.parametrize("kind", [AAssociateRJ.TYPE, AReleaseRQ.TYPE, AReleaseRP.TYPE, AAbort.TYPE])
    @pytest.mark.parametrize("length", range(6))
    def test_a_pdu_of_four_bytes_is_read_at_that_length_only(self, kind: int, length: int) -> None:
        body = {AAssociateRJ.TYPE: b"\0\1\1\1", AAbort.TYPE: b"\0\0\2\0"}.get(kind, bytes(4))
        raw = struct.pack(">BxL", kind, length) + (body + b"\0\0")[:length]
        read_whole = kind == decode(raw).pdu.TYPE and type(decode(raw).pdu).__name__ != "UnknownPDU"
        assert read_whole is (length >= 4)
        assert (names(raw) == []) is (length == 4)
        if length > 4:
            assert names(raw) == ["pdu-length"]

    @pytest.mark.parametrize(
        ("source", "reason", "found"),
        [(0, 0, []), (0, 9, []), (2, 0, []), (2, 6, []), (2, 7, ["abort-reason"]), (1, 0, ["abort-source"])],
    )
    def test_source_and_reason_of_an_abort(self, source: int, reason: int, found: list[str]) -> None:
        assert names(encode(AAbort(source, reason))) == found

    @pytest.mark.parametrize(
        ("result", "source", "reason", "found"),
        [
            (1, 1, 7, []),
            (2, 3, 2, []),
            (0, 1, 1, ["rejection-result"]),
            (3, 1, 1, ["rejection-result"]),
            (1, 4, 1, ["rejection-source"]),
            (1, 2, 3, ["rejection-reason"]),
        ],
    )
    def test_result_source_and_reason_of_a_rejection(
        self, result: int, source: int, reason: int, found: list[str]
    ) -> None:
        assert names(encode(AAssociateRJ(result, source, reason))) == found


def with_sub_item(kind: int, body: bytes, pdu_type: int = 1) -> list[tuple[str, int]]:
    """Violations of an association request with one more sub-item, with offsets from the sub-item's body."""
    context = b"\x20\0" + struct.pack(">H", 4 + 4 + len(VERIFICATION) + 4 + 17) + b"\1\0\0\0"
    context += b"\x30\0" + struct.pack(">H", len(VERIFICATION)) + VERIFICATION
    context += b"\x40\0\0\x11" + b"1.2.840.10008.1.2"
    inside = b"\x51\0\0\4\0\0\x40\0" + b"\x52\0\0\5" + b"1.2.3"
    before = b"\x10\0\0\x15" + b"1.2.840.10008.3.1.1.1" + context
    user = inside + struct.pack(">BxH", kind, len(body)) + body
    items = before + b"\x50\0" + struct.pack(">H", len(user)) + user
    fixed = b"\0\1\0\0" + b"CALLED".ljust(16) + b"CALLING".ljust(16) + bytes(32)
    raw = struct.pack(">BxL", pdu_type, len(fixed) + len(items)) + fixed + items
    at = 6 + len(fixed) + len(before) + 4 + len(inside) + 4
    return [(found.name, found.offset - at) for found in decode(raw).violations]


def counted(text: bytes) -> bytes:
    return struct.pack(">H", len(text)) + text


class TestSubItems:
    @pytest.mark.parametrize(
        ("scu", "scp", "found"),
        [
            (0, 1, []),
            (1, 0, []),
            (2, 0, [("role-value", 2 + len(VERIFICATION))]),
            (1, 2, [("role-value", 3 + len(VERIFICATION))]),
        ],
    )
    def test_roles_are_0_or_1_and_the_place_of_another_is_named(
        self, scu: int, scp: int, found: list[tuple[str, int]]
    ) -> None:
        assert with_sub_item(0x54, counted(VERIFICATION) + bytes((scu, scp))) == found

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            (0x54, counted(VERIFICATION) + b"\1"),
            (0x54, counted(VERIFICATION) + b"\1\0\0"),
            (0x54, b"\0"),
            (0x56, b"\0\x20" + VERIFICATION),
            (0x57, counted(VERIFICATION)),
            (0x57, counted(VERIFICATION) + counted(VERIFICATION)),
            (0x57, counted(VERIFICATION) + counted(VERIFICATION) + b"\0\4\0\x10ab"),
            (0x58, b"\1\0" + counted(b"me")),
            (0x58, b"\1\0" + counted(b"me") + counted(b"") + b"\0"),
        ],
    )
    def test_a_sub_item_that_does_not_fit_its_length_is_malformed(self, kind: int, body: bytes) -> None:
        assert with_sub_item(kind, body) != []

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            (0x56, counted(VERIFICATION) + b"\1"),
            (0x56, counted(VERIFICATION)),
            (0x57, counted(VERIFICATION) * 2 + b"\0\0"),
            (0x57, counted(VERIFICATION) * 2 + counted(counted(VERIFICATION) * 2)),
            (0x58, b"\1\0" + counted(b"me") + counted(b"")),
            (0x58, b"\2\1" + counted(b"me") + counted(b"secret")),
            (0x58, b"\5\1" + counted(b"me") + counted(b"")),
        ],
    )
    def test_a_sub_item_that_fits_has_no_violation(self, kind: int, body: bytes) -> None:
        assert with_sub_item(kind, body) == []

    @pytest.mark.parametrize(
        ("body", "found"),
        [
            (b"\0\0" + counted(b"me") + counted(b""), ("identity-type", 0)),
            (b"\6\0" + counted(b"me") + counted(b""), ("identity-type", 0)),
            (b"\1\2" + counted(b"me") + counted(b""), ("identity-response-requested", 1)),
            (b"\1\0" + counted(b"me") + counted(b"x"), ("identity-secondary-field", 6)),
        ],
    )
    def test_fields_of_an_identity(self, body: bytes, found: tuple[str, int]) -> None:
        assert with_sub_item(0x58, body) == [found]


class TestPdvs:
    @pytest.mark.parametrize(("data", "control"), [(b"", 2), (b"ab", 3)])
    def test_a_pdv_without_data_is_walked_over(self, data: bytes, control: int) -> None:
        raw = encode(PDataTF((PDV(1, bool(control & 1), True, data), PDV(3, False, False, b"xyz"))))
        assert [(one, flags, raw[begin:end]) for one, flags, begin, end in walk_pdvs(raw)] == [
            (1, control, data),
            (3, 0, b"xyz"),
        ]

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            (b"", "no PDV"),
            (b"\0\0\0\2\1", "5 bytes left for a PDV"),
            (b"\0\0\0\1\1\3", "PDV length 1"),
            (b"\0\0\0\3\1\3", "PDV length 3"),
            (b"\0\0\0\2\1\3\0", "1 byte left for a PDV"),
        ],
    )
    def test_a_pdv_that_does_not_fit_is_refused(self, body: bytes, message: str) -> None:
        raw = struct.pack(">BxL", 4, len(body)) + body
        with pytest.raises(ValueError, match=message):
            walk_pdvs(raw)

    def test_what_is_unfinished_is_told_with_its_size(self) -> None:
        assembler = Assembler()
        assert assembler.unfinished is None
        assembler.feed(PDataTF((PDV(5, True, False, b"abcd"),)))
        assert (assembler.pending, assembler.unfinished is not None) == (True, True)
        assert assembler.unfinished is not None
        assert (assembler.unfinished.context_id, assembler.unfinished.command) == (5, None)
        command = encode_command(command_set("C-STORE-RQ", MessageID=1, CommandDataSetType=1))
        assembler = Assembler()
        assembler.feed(PDataTF((PDV(5, True, True, command), PDV(5, False, False, b"abc"))))
        assert assembler.unfinished is not None
        assert assembler.unfinished.command is not None
        assert assembler.unfinished.command.message == "C-STORE-RQ"

    @pytest.mark.parametrize(
        ("begun", "detail"),
        [(PDV(1, True, False, b"ab"), "command set"), (None, "data set of C-STORE-RQ")],
    )
    def test_a_message_that_the_end_cuts_off_is_named(self, begun: PDV | None, detail: str) -> None:
        command = encode_command(command_set("C-STORE-RQ", MessageID=1, CommandDataSetType=1))
        assembler = Assembler()
        assembler.feed(PDataTF((begun or PDV(1, True, True, command),)))
        assembler.finish()
        assert [one.detail for one in assembler.violations if one.name == "message-unfinished"] == [detail]
        assert not assembler.pending

    def test_after_a_command_without_data_set_a_data_set_is_out_of_place(self) -> None:
        command = encode_command(command_set("C-ECHO-RQ", MessageID=1))
        assembler = Assembler()
        (message,) = assembler.feed(PDataTF((PDV(3, True, True, command),)))
        assert (message.context_id, message.command.message, message.data_set) == (3, "C-ECHO-RQ", None)
        before = len(assembler.violations)
        assembler.feed(PDataTF((PDV(3, False, True, b"ab"),)))
        assert [one.name for one in assembler.violations[before:]] == ["message-data-set-unexpected"]

    @pytest.mark.parametrize("context_id", [-1, 256])
    def test_a_context_id_has_one_byte(self, context_id: int) -> None:
        with pytest.raises(ValueError, match=f"context ID {context_id} does not fit its field"):
            fragment_buffers(Message(context_id, command_set("C-ECHO-RQ", MessageID=1), None), 16384)

    @pytest.mark.parametrize(("size", "found"), [(8, []), (9, ["message-over-limit"])])
    def test_a_message_may_have_as_many_bytes_as_the_limit(self, size: int, found: list[str]) -> None:
        assembler = Assembler(limit_bytes=8)
        assembler.feed(PDataTF((PDV(1, True, False, bytes(size)),)))
        assert [one.name for one in assembler.violations] == found


class TestCommands:
    def test_a_command_set_that_was_read_without_a_length_stays_without(self) -> None:
        raw = encode_command(command_set("C-ECHO-RQ", MessageID=1))[12:]
        command, found = decode_command(raw)
        assert "CommandGroupLength" not in command
        assert [one.name for one in found] != []
        changed = command.changed(MessageID=2)
        assert "CommandGroupLength" not in changed
        assert (changed["MessageID"], changed.message) == (2, "C-ECHO-RQ")

    @pytest.mark.parametrize(
        ("title", "is_valid"), [("A", True), (" ", False), ("A" * 16, True), ("A" * 17, False), ("A\0", False)]
    )
    def test_an_ae_title_of_a_command(self, title: str, is_valid: bool) -> None:
        given = command_set("C-MOVE-RQ", MessageID=1, AffectedSOPClassUID="1.2.3", Priority=0, CommandDataSetType=1)
        field = title.encode() + b" " * (len(title) % 2)
        raw = encode_command(given)[12:]
        at = raw.index(struct.pack("<HH", 0, 0x0700))
        raw = raw[:at] + struct.pack("<HHL", 0, 0x0600, len(field)) + field + raw[at:]
        found = decode_command(struct.pack("<HHLL", 0, 0, 4, len(raw)) + raw)[1]
        assert ([one.name for one in found] == []) is is_valid

    def test_text_without_an_ae_may_be_empty(self) -> None:
        given = command_set("C-STORE-RSP", MessageIDBeingRespondedTo=1, Status=0xA700, ErrorComment="")
        assert decode_command(encode_command(given))[1] == ()


class TestRecorder:
    def test_bytes_are_counted_by_sender_and_by_who_read_them(self) -> None:
        recorder = Recorder()
        relay = (("127.0.0.1", 40001), ("127.0.0.1", 40002))
        number = recorder.open("link", "workstation", "archive", REQUESTOR, ACCEPTOR, relay)
        own = recorder.open("archive", "workstation", "archive", REQUESTOR, ACCEPTOR)
        recorder.saw(number, Kind.DATA, Side.REQUESTOR, b"abc")
        recorder.saw(number, Kind.DATA, Side.REQUESTOR, b"written again", written=True)
        recorder.saw(own, Kind.DATA, Side.REQUESTOR, b"abc")
        recorder.saw(number, Kind.DATA, Side.ACCEPTOR, b"abcde")
        assert (recorder.bytes_of("workstation"), recorder.bytes_of("archive"), recorder.bytes_of("other")) == (3, 5, 0)

    @pytest.mark.parametrize(("size", "full"), [(8, False), (9, True)])
    def test_it_is_full_beyond_its_limit(self, size: int, full: bool) -> None:
        recorder = Recorder(limit_bytes=8)
        number = recorder.open("link", "workstation", "archive", REQUESTOR, ACCEPTOR)
        recorder.saw(number, Kind.DATA, Side.REQUESTOR, bytes(size))
        assert recorder.full is full
        before = len(recorder.sightings)
        recorder.saw(number, Kind.DATA, Side.REQUESTOR, b"more")
        recorder.saw(number, Kind.FIN, Side.REQUESTOR)
        assert len(recorder.sightings) - before == (1 if full else 2)
        assert recorder.sightings[-1].kind is Kind.FIN

    def test_other_threads_wait_while_it_is_undisturbed(self) -> None:
        recorder = Recorder()
        with recorder.undisturbed():
            number = recorder.open("link", "workstation", "archive", REQUESTOR, ACCEPTOR)
            recorder.saw(number, Kind.OPENED, Side.REQUESTOR)
        assert [one.kind for one in recorder.sightings] == [Kind.OPENED]

    @pytest.mark.parametrize("number", [-1, 1])
    def test_a_connection_has_a_number_that_was_given(self, number: int) -> None:
        recorder = Recorder()
        recorder.open("link", "workstation", "archive", REQUESTOR, ACCEPTOR)
        with pytest.raises(IndexError, match=f"connection {number} was never opened"):
            recorder.saw(number, Kind.FIN, Side.REQUESTOR)


TALK = Stream(
    REQUESTOR,
    ACCEPTOR,
    (
        Segment(1_000, Kind.OPENED, Side.REQUESTOR),
        Segment(2_000, Kind.DATA, Side.REQUESTOR, b"request"),
        Segment(3_000, Kind.DATA, Side.ACCEPTOR, b"answer"),
    ),
)


class TestCaptures:
    """Frames of a capture, changed before they are read."""

    @staticmethod
    def frames(folder: Path, stream: Stream = TALK) -> list[bytes]:
        write(folder / "written.pcap", [stream])
        raw, at, found = (folder / "written.pcap").read_bytes(), 24, []
        while at < len(raw):
            (length,) = struct.unpack_from(">L", raw, at + 8)
            found.append(raw[at + 16 : at + 16 + length])
            at += 16 + length
        return found

    @staticmethod
    def streams(folder: Path, frames: list[bytes]) -> list[Stream]:
        raw = struct.pack("<LHHlLLL", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1)
        raw += b"".join(struct.pack("<LLLL", 0, at, len(one), len(one)) + one for at, one in enumerate(frames))
        (folder / "changed.pcap").write_bytes(raw)
        return read(folder / "changed.pcap")

    def said(self, folder: Path, change: Callable[[bytes], bytes]) -> bytes:
        found = self.streams(folder, [change(one) for one in self.frames(folder)])
        return found[0].sent_by(Side.REQUESTOR) + found[0].sent_by(Side.ACCEPTOR) if found else b""

    @pytest.mark.parametrize(
        ("change", "is_read"),
        [
            (lambda frame: frame, True),
            (lambda frame: frame[:12] + b"\x81\x00\0\1" + frame[12:], True),  # a VLAN tag
            (lambda frame: frame[:12] + b"\x88\xa8\0\1\x81\x00\0\1" + frame[12:], True),
            (lambda frame: frame[:12] + b"\x08\x06" + frame[14:], False),  # ARP
            (lambda frame: frame[:14] + b"\x55" + frame[15:], False),  # no version of IP
            (lambda frame: frame[:23] + b"\x11" + frame[24:], False),  # UDP
            (lambda frame: frame[:20] + b"\x20\0" + frame[22:], False),  # the first of several fragments
            (lambda frame: frame[:20] + b"\0\1" + frame[22:], False),  # a later fragment
            (lambda frame: frame[:20] + b"\x40\0" + frame[22:], True),  # must not be fragmented
            (lambda frame: frame[:16] + b"\0\0" + frame[18:], True),  # length left to the network card
            (lambda frame: frame + b"trailer", True),
            (lambda frame: frame[:14], False),
            (lambda frame: frame[:33], False),
            (lambda frame: frame[:53], False),
        ],
    )
    def test_packets_of_ipv4(self, tmp_path: Path, change: Callable[[bytes], bytes], is_read: bool) -> None:
        assert self.said(tmp_path, change) == (b"requestanswer" if is_read else b"")

    @pytest.mark.parametrize("ends", [(REQUESTOR, ACCEPTOR), (("::1", 5), ("::1", 6))])
    def test_checksums_of_tcp_are_right(self, tmp_path: Path, ends: tuple[tuple[str, int], tuple[str, int]]) -> None:
        """RFC 9293 3.1: over a pseudo-header, the header and the data the one's complement sum is all ones."""
        frames = self.frames(tmp_path, Stream(*ends, TALK.segments))
        for frame in frames:
            start, addresses = (34, frame[26:34]) if frame[12:14] == b"\x08\0" else (54, frame[22:54])
            segment = frame[start:]
            summed = addresses + struct.pack(">LL", len(segment), 6) + segment + b"\0" * (len(segment) % 2)
            total = sum(struct.unpack(f">{len(summed) // 2}H", summed))
            while total >> 16:
                total = (total & 0xFFFF) + (total >> 16)
            assert total == 0xFFFF
            assert segment[18:20] == b"\0\0"  # nothing is urgent

    def test_packets_of_ipv6(self, tmp_path: Path) -> None:
        stream = Stream(("::1", 5), ("::1", 6), TALK.segments)
        frames = self.frames(tmp_path, stream)
        (whole,) = self.streams(tmp_path, [frame + b"trailer" for frame in frames])
        assert (whole.sent_by(Side.REQUESTOR), whole.sent_by(Side.ACCEPTOR)) == (b"request", b"answer")
        (left,) = self.streams(tmp_path, [frame[:18] + b"\0\0" + frame[20:] for frame in frames])
        assert left.sent_by(Side.REQUESTOR) == b"request"
        assert self.streams(tmp_path, [frame[:20] + b"\x11" + frame[21:] for frame in frames]) == []
        assert self.streams(tmp_path, [frame[:53] for frame in frames]) == []

    def test_who_answers_a_syn_is_the_acceptor(self, tmp_path: Path) -> None:
        syn, *others = self.frames(tmp_path)
        (found,) = self.streams(tmp_path, others)
        assert (found.requestor_endpoint, found.acceptor_endpoint) == (REQUESTOR, ACCEPTOR)
        assert found.sent_by(Side.REQUESTOR) == b"request"
        assert self.streams(tmp_path, [syn])[0].segments[0].kind is Kind.OPENED

    def test_an_acknowledgement_alone_opens_nothing(self, tmp_path: Path) -> None:
        syn, syn_and_ack, ack, request, *_ = self.frames(tmp_path)
        assert self.streams(tmp_path, [ack]) == []
        (found,) = self.streams(tmp_path, [request])
        assert (found.requestor_endpoint, found.sent_by(Side.REQUESTOR)) == (REQUESTOR, b"request")
        assert self.streams(tmp_path, [syn, syn_and_ack])[0].segments != ()

    @pytest.mark.parametrize(
        ("options", "units"),
        [
            (b"", 1_000_000),
            (struct.pack("<HHB3x", 9, 1, 9), 10**9),
            (struct.pack("<HHB3x", 9, 1, 0x8A), 1 << 10),
            (struct.pack("<HH4sHHB3x", 2, 4, b"eth0", 9, 1, 3), 1_000),
            (struct.pack("<HH5s3xHHB3x", 2, 5, b"eth01", 9, 1, 3), 1_000),
            (struct.pack("<HHHHB3x", 0, 0, 9, 1, 3), 1_000_000),  # the end of the options stands first
            (struct.pack("<HH", 9, 1), 1_000_000),  # cut off before its value
            (struct.pack("<HHBB2x", 9, 2, 3, 0), 1_000_000),
        ],
    )
    def test_the_unit_of_times_is_an_option_of_the_interface(self, tmp_path: Path, options: bytes, units: int) -> None:
        def block(kind: int, body: bytes) -> bytes:
            return struct.pack("<LL", kind, len(body) + 12) + body + struct.pack("<L", len(body) + 12)

        frame = self.frames(tmp_path)[0]
        raw = block(0x0A0D0D0A, struct.pack("<LHHq", 0x1A2B3C4D, 1, 0, -1))
        raw += block(1, struct.pack("<HHL", 1, 0, 0) + options)
        padded = frame + bytes(-len(frame) % 4)
        raw += block(6, struct.pack("<LLLLL", 0, 0, 3, len(frame), len(frame)) + padded)
        (tmp_path / "units.pcapng").write_bytes(raw)
        (found,) = read(tmp_path / "units.pcapng")
        assert found.segments[0].t_ns == 3 * 10**9 // units

    def test_a_connection_is_opened_once_and_by_its_requestor(self, tmp_path: Path) -> None:
        syn, syn_and_ack, ack, *others = self.frames(tmp_path)
        (found,) = self.streams(tmp_path, [syn, syn, syn_and_ack, syn, ack, *others])
        assert [one.kind for one in found.segments].count(Kind.OPENED) == 1
        (answered,) = self.streams(tmp_path, [syn_and_ack, ack, *others])
        assert Kind.OPENED not in [one.kind for one in answered.segments]
        assert answered.requestor_endpoint == REQUESTOR

    def test_a_simple_packet_block_has_no_time_and_may_be_cut(self, tmp_path: Path) -> None:
        def block(kind: int, body: bytes) -> bytes:
            body += b"\0" * (-len(body) % 4)
            return struct.pack("<LL", kind, len(body) + 12) + body + struct.pack("<L", len(body) + 12)

        def captured(snap_length: int) -> list[Stream]:
            raw = block(0x0A0D0D0A, struct.pack("<LHHq", 0x1A2B3C4D, 1, 0, -1))
            raw += block(1, struct.pack("<HHL", 1, 0, snap_length) + struct.pack("<HHHH", 1, 0, 0, 0))
            raw += b"".join(block(3, struct.pack("<L", len(frame)) + frame) for frame in self.frames(tmp_path))
            (tmp_path / "simple.pcapng").write_bytes(raw)
            return read(tmp_path / "simple.pcapng")

        (found,) = captured(0)
        assert found.sent_by(Side.REQUESTOR) == b"request"
        assert {segment.t_ns for segment in found.segments} == {0}
        (cut,) = captured(14 + 20 + 20 + 3)
        assert cut.sent_by(Side.REQUESTOR) == b"req"
