"""Captures: which of their connections are conversations, how they are judged, and TLS with a key log."""

from __future__ import annotations

from pathlib import Path

import pytest
from hand_written import A, Talk

from dicom_conformance.__main__ import main
from dicom_conformance.capture import findings_of_capture, judge_capture, read_capture
from dicom_conformance.capture.tls_streams import pieces_of
from dicom_conformance.errors import HarnessError
from dicom_conformance.results import read_capture_run
from dicom_wire import Kind, Recorder, Side
from dicom_wire.capture import Segment, Stream, pcap, streams_of

ENDS = (("127.0.0.1", 40000), ("127.0.0.1", 104))


def written(path: Path, *streams: Stream) -> Path:
    pcap.write(path, streams)
    return path


def stream(raw: bytes, missing_bytes: int = 0, port: int = 104) -> Stream:
    segments = (Segment(1, Kind.OPENED, Side.REQUESTOR), Segment(2, Kind.DATA, Side.REQUESTOR, raw))
    return Stream(ENDS[0], ("127.0.0.1", port), segments, missing_bytes)


def of_talk(talk: Talk) -> Stream:
    (one,) = streams_of(talk.recorder.connections, talk.recorder.sightings)
    return one


def lawful() -> Stream:
    return of_talk(Talk(Recorder()).opened().store().released())


def unlawful() -> Stream:
    talk = Talk(Recorder(), ports=(40001, 104)).opened().store()
    return of_talk(talk.say(A, "C-STORE-RSP", MessageIDBeingRespondedTo=1, Status=0).released())


def test_a_conversation_is_judged_and_what_it_breaks_is_told(tmp_path: Path) -> None:
    found = judge_capture(read_capture(written(tmp_path / "a.pcap", lawful(), unlawful())))
    assert (found.judged, found.shall, found.should, found.exit_status) == (2, 1, 0, 1)
    assert [line.event for line in found.lines] == ["connection", "connection", "breach"]
    assert "acceptor C-STORE-RSP, PDU 6: response-not-due (PS3.7 9.3.1.2, shall)" in found.lines[-1].line


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"GET / HTTP/1.1\r\n", "it does not begin with an A-ASSOCIATE-RQ"),
        (b"\x16\x03\x01\x02\x00\x01\x00", "it is encrypted; --key-log names the file with its secrets"),
        (b"\x04\x00\x00\x00\x00\x06", "it does not begin with an A-ASSOCIATE-RQ"),
        (b"\x01\x00\x7f\x00\x00\x06", "it does not begin with an A-ASSOCIATE-RQ"),
        (b"\x01\x00", "it does not begin with an A-ASSOCIATE-RQ"),
    ],
)
def test_a_stream_that_is_no_conversation_says_why(tmp_path: Path, raw: bytes, why: str) -> None:
    found = judge_capture(read_capture(written(tmp_path / "a.pcap", stream(raw))))
    assert [one.why_not for one in found.not_judged] == [why]
    assert found.exit_status == 2


def test_what_a_capture_does_not_show_is_not_judged(tmp_path: Path) -> None:
    whole = lawful()
    gap = Stream(whole.requestor_endpoint, whole.acceptor_endpoint, whole.segments)
    path = written(tmp_path / "a.pcap", gap)
    content = bytearray(path.read_bytes())
    first = content.index(b"\x01\x00\x00\x00\x00")  # the packet with the A-ASSOCIATE-RQ
    at = content.rindex(b"\x02\x00\x00\x00\x00\x02", 0, first) - 16
    length = int.from_bytes(content[at + 8 : at + 12], "big")
    del content[at : at + 16 + length]
    path.write_bytes(content)
    (one,) = read_capture(path)
    assert "of it are missing in the capture" in one.why_not


def test_a_port_that_is_named_is_dicom_whatever_it_begins_with(tmp_path: Path) -> None:
    path = written(tmp_path / "a.pcap", stream(bytes.fromhex("420000000000"), port=11112))
    assert read_capture(path)[0].why_not
    found = judge_capture(read_capture(path, ports=[11112]))
    assert (found.judged, found.shall) == (1, 1)


def test_a_file_that_is_no_capture_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.txt"
    path.write_text("no capture")
    with pytest.raises(HarnessError, match="neither pcap nor pcapng"):
        read_capture(path)
    assert main(["judge", str(path)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_command_has_the_exit_status_of_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["judge", str(written(tmp_path / "a.pcap", lawful()))]) == 0
    assert main(["judge", str(written(tmp_path / "b.pcap", unlawful())), "--json", "--messages"]) == 1
    told = capsys.readouterr()
    assert '"rule": "response-not-due"' in told.out
    assert told.err.splitlines()[-1] == ("1 conversation judged: 1 broken requirement, 0 recommendations not followed")


def test_tshark_says_which_node_is_the_requestor() -> None:
    output = (
        "\n===================================================================\n"
        "Follow: tls,raw\nFilter: tcp.stream eq 0\nNode 0: 127.0.0.1:2762\nNode 1: 127.0.0.1:40000\n"
        "\t0100000000\n0200\n===================================================================\n"
    )
    assert pieces_of(output, ENDS[0]) == [
        (Side.REQUESTOR, bytes.fromhex("0100000000")),
        (Side.ACCEPTOR, bytes.fromhex("0200")),
    ]


def test_a_page_has_the_findings_and_the_timelines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capture = written(tmp_path / "a.pcap", lawful(), unlawful(), stream(b"GET / HTTP/1.1\r\n", port=80))
    assert main(["judge", str(capture), "--output", str(tmp_path / "report")]) == 2
    told = capsys.readouterr()
    assert "C-STORE-RQ" not in told.out, "a page does not make the command print every message"
    run = read_capture_run(tmp_path / "report" / "run.json")
    assert [(one.number, bool(one.events), bool(one.why_not)) for one in run.conversations] == [
        (1, False, True),
        (2, True, False),
        (3, True, False),
    ]
    (finding,) = run.findings
    assert (finding.clause, finding.side, finding.message, finding.conversation) == (
        *("PS3.7 9.3.1.2", "acceptor", "C-STORE-RSP"),
        3,
    )
    shown = next(event for event in run.conversations[2].events if event.number == finding.event)
    assert (shown.name, shown.side) == ("C-STORE-RSP", "acceptor")
    assert "PS3.7 9.3.1.2" in (tmp_path / "report" / "index.html").read_text(encoding="utf-8")


def test_a_long_timeline_keeps_what_shows_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dicom_conformance.capture.plain_findings.MOST_EVENTS", 2)
    streams = read_capture(written(tmp_path / "a.pcap", unlawful()))
    run = findings_of_capture(tmp_path / "a.pcap", streams, judge_capture(streams, with_messages=True))
    (one,) = run.conversations
    assert [event.number for event in one.events] == [0, 1, run.findings[0].event]
    assert one.left_out > 0


def test_a_folder_that_holds_something_else_is_left_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "index.html").write_text("mine")
    words = ["judge", str(written(tmp_path / "a.pcap", lawful())), "--output"]
    assert main([*words, str(tmp_path / "mine")]) == 2
    assert "this folder holds index.html, which no run wrote" in capsys.readouterr().err
    assert (tmp_path / "mine" / "index.html").read_text() == "mine"
    for _ in range(2):  # what it wrote itself is replaced
        assert main([*words, str(tmp_path / "report")]) == 0
