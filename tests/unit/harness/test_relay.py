"""The relay: what it tells, judges, records and misbehaves, between a peer that asks and one that answers."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hand_written import A, Talk, trace_of
from hypothesis import given
from hypothesis import strategies as st

from dicom_conformance.errors import DataError
from dicom_conformance.judge import breaches
from dicom_conformance.play import reserved_port
from dicom_conformance.relay import (
    Ended,
    Line,
    Overlong,
    Passed,
    Setup,
    Watch,
    Witness,
    read_faults,
    read_termination,
    stand_between,
)
from dicom_conformance.relay import watch as watch_module
from dicom_conformance.relay import witness as witness_module
from dicom_simulators import SIMULATORS
from dicom_simulators.data_sets import build
from dicom_simulators.faults import build as build_fault
from dicom_simulators.link import Link
from dicom_wire import Connection, Kind, Recorder, Side
from dicom_wire.capture import PcapngWriter, pcap

ENDS = (("127.0.0.1", 1), ("127.0.0.1", 2))


def watched(judge: bool = True) -> Watch:
    return Watch(Connection(1, "link", "requestor", "acceptor", *ENDS), judge)


@contextmanager
def relayed(witness: Witness, *faults: object) -> Iterator[tuple[str, int]]:
    """Stand between with a witness, in front of an archive."""
    archive = SIMULATORS["archive"]("archive", "ARCHIVE", Recorder())
    archive.start()
    link = Link("link", "requestor", "acceptor", archive.address, witness, faults=faults, most=2)  # type: ignore[arg-type]
    link.start()
    try:
        yield link.address
    finally:
        link.stop()
        archive.stop()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("link ")]


def stored(address: tuple[str, int], count: int = 1) -> object:
    scu = SIMULATORS["scu"]("scu", "SCU", Recorder(), instances=tuple(build(seed=each) for each in range(count)))
    outcome = scu.perform("store", address, {"called_ae_title": "ARCHIVE"})
    scu.stop()
    return outcome["result"]


def test_each_connection_pdu_context_and_message_has_a_line() -> None:
    lines: list[Line] = []
    witness = Witness(lines.append, judge=True)
    with relayed(witness) as address:
        assert stored(address, 2) == "success"
    events = [line.event for line in lines]
    assert events[:2] == ["connection", "pdu"]
    assert events[-1] == "association"
    messages = [dict(line.facts)["message"] for line in lines if line.event == "message"]
    assert messages == ["C-STORE-RQ", "C-STORE-RSP"] * 2
    assert any("context 1 CT Image Storage accepted: " in line.line for line in lines)
    assert "SCU with ARCHIVE: released after" in lines[-1].line
    assert (witness.associations, witness.shall, witness.should) == (1, 0, 0)


def test_the_json_of_a_line_has_the_same_facts() -> None:
    lines: list[Line] = []
    with relayed(Witness(lines.append)) as address:
        stored(address)
    told = [json.loads(line.json) for line in lines]
    assert {one["connection"] for one in told} == {1}
    (request,) = [one for one in told if one.get("message") == "C-STORE-RQ"]
    assert request["side"] == "requestor"
    assert request["command"]["MessageID"] == 1
    assert request["data_set_bytes"] == len(build(seed=0).data_set)


def test_a_broken_rule_is_told_with_clause_side_and_message() -> None:
    lines: list[Line] = []
    broken = threading.Event()

    def heard(line: Line) -> None:
        lines.append(line)
        if line.event == "breach":
            broken.set()

    witness = Witness(heard, judge=True)
    archive = SIMULATORS["archive"](
        "archive", "ARCHIVE", Recorder(), faults=(build_fault("wrong_message_id", {"of": "C-ECHO-RSP"}),)
    )
    archive.start()
    link = Link("link", "requestor", "acceptor", archive.address, witness)
    link.start()
    scu = SIMULATORS["scu"]("scu", "SCU", Recorder())
    asking = threading.Thread(target=scu.perform, args=("echo", link.address, {"called_ae_title": "ARCHIVE"}))
    asking.start()
    assert broken.wait(60), "nothing was found"
    link.stop()  # which ends the SCU's wait for the answer that it is due
    asking.join(60)
    archive.stop()
    told = [dict(line.facts) for line in lines if line.event == "breach"]
    assert [(one["rule"], one["clause"], one["message"]) for one in told][:1] == [
        ("response-not-due", "PS3.7 9.3.5.2", "C-ECHO-RSP")
    ]
    assert witness.shall >= 1


def test_what_passes_is_written_as_pcapng_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "relay.pcapng"
    ended = threading.Event()

    def heard(line: Line) -> None:
        if line.event == "association":  # the last of a connection
            ended.set()

    with path.open("wb") as file, relayed(Witness(heard, capture=PcapngWriter(file))) as address:
        stored(address)
        assert ended.wait(10), "the end of the connection was not seen"
        assert [one.missing_bytes for one in pcap.read(path)] == [0], "it is in the file while the relay goes on"
    (stream,) = pcap.read(path)
    assert stream.missing_bytes == 0
    assert build(seed=0).data_set[:64] in stream.sent_by(Side.REQUESTOR)
    assert {each.kind for each in stream.segments} == {Kind.OPENED, Kind.DATA, Kind.FIN}


class Full(io.BytesIO):
    def write(self, data: object) -> int:
        raise OSError(28, "No space left on device")


class FullText(io.StringIO):
    def write(self, data: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_file_that_cannot_be_written_does_not_stop_the_relay() -> None:
    writer = PcapngWriter(io.BytesIO())
    writer._file = Full()
    witness = Witness(lambda line: None, capture=writer, trace=FullText())
    with relayed(witness) as address:
        assert stored(address) == "success"
    assert len(witness.failures) == 2
    assert all("No space left on device" in each for each in witness.failures)


def test_a_fault_is_carried_out_on_what_passes() -> None:
    lines: list[Line] = []
    fault = build_fault("reset", {"on": "C-STORE-RQ"})
    with relayed(Witness(lines.append), fault) as address:
        assert stored(address) in ("connection_lost", "failure")
    assert any(line.event == "end" and "TCP RST" in line.text for line in lines)


def test_a_pdu_without_end_is_passed_over_and_not_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "LONGEST_PDU_BYTES", 1000)
    watch = watched()
    events = [*watch.take(Side.REQUESTOR, 1, b"\x04\x00\x00\x01\x00\x00" + bytes(500))]
    for _ in range(200):
        events += watch.take(Side.REQUESTOR, 2, bytes(400))
        assert watch.held_bytes < 2000
    assert [event for event in events if isinstance(event, Overlong)] == [Overlong(1, Side.REQUESTOR, 65542)]
    assert watch.blind


def test_what_follows_an_overlong_pdu_is_told_still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "LONGEST_PDU_BYTES", 1000)
    watch = watched()
    release = bytes.fromhex("05000000000400000000")
    raw = b"\x04\x00\x00\x00\x20\x00" + bytes(0x2000) + release
    events = [event for at in range(0, len(raw), 77) for event in watch.take(Side.REQUESTOR, 1, raw[at : at + 77])]
    assert [getattr(event, "name", type(event).__name__) for event in events] == ["Overlong", "A-RELEASE-RQ"]


def test_a_connection_in_tls_is_not_taken_for_pdus_and_not_called_judged() -> None:
    lines: list[Line] = []
    witness = Witness(lines.append, judge=True)
    number = witness.open("link", "requestor", "acceptor", ("127.0.0.1", 1), ("127.0.0.1", 2))
    for side, raw in (
        (Side.REQUESTOR, b"\x16"),
        (Side.REQUESTOR, b"\x03\x01\x02\x00"),
        (Side.ACCEPTOR, b"\x16\x03\x03"),
    ):
        witness.saw(number, Kind.DATA, side, raw)
    witness.saw(number, Kind.FIN, Side.REQUESTOR)
    witness.closed(number)
    assert [line.event for line in lines] == ["connection", "note", "end", "association"]
    assert lines[1].text.startswith("it is in TLS")
    assert lines[-1].text.startswith("connection in TLS: closed")
    assert (witness.not_judged, witness.shall) == (1, 0)


def test_more_than_may_be_held_drops_the_connection_and_not_the_relay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness_module, "MOST_HELD_BYTES", 1000)
    lines: list[Line] = []
    witness = Witness(lines.append, judge=True)
    number = witness.open("link", "requestor", "acceptor", *ENDS)
    for _ in range(10):
        witness.saw(number, Kind.DATA, Side.REQUESTOR, b"\x01\x00\x00\x10\x00\x00" + bytes(500))
    witness.closed(number)
    assert [line.event for line in lines] == ["connection", "note", "association"]


def test_a_flood_of_breaches_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness_module, "MOST_BREACHES", 10)
    lines: list[Line] = []
    witness = Witness(lines.append, judge=True)
    number = witness.open("link", "requestor", "acceptor", *ENDS)
    witness.saw(number, Kind.DATA, Side.REQUESTOR, bytes.fromhex("420000000000") * 100)
    witness.passed_on(number)
    assert len([line for line in lines if line.event == "breach"]) == 10


def test_no_line_has_a_control_character_of_a_peer() -> None:
    lines: list[Line] = []
    witness = Witness(lines.append)
    number = witness.open("link", "requestor", "acceptor", *ENDS)
    raw = bytearray(trace_of(lambda recorder: Talk(recorder).opened()).conversations[0].pdus[0].raw)
    raw[10:16] = b"\x1b[31m\n"
    witness.saw(number, Kind.DATA, Side.REQUESTOR, bytes(raw))
    witness.passed_on(number)
    assert all(line.line.isprintable() for line in lines)
    assert "\\x1b[31m" in lines[1].line


def conversation_bytes() -> list[tuple[Side, bytes]]:
    def write(recorder: Recorder) -> object:
        talk = Talk(recorder).opened().store(data_set=b"\x08\x00\x05\x00CS\x02\x0012")
        talk.say(A, "C-STORE-RSP", MessageIDBeingRespondedTo=1, Status=0)
        return talk.bytes(A, bytes.fromhex("420000000000")).released()

    (one,) = trace_of(write).conversations
    return [(seen.side, seen.raw) for seen in one.pdus]


@given(st.lists(st.integers(1, 60), min_size=1, max_size=40))
def test_however_the_bytes_are_cut_a_watch_finds_what_the_court_finds(sizes: list[int]) -> None:
    """The rules over what passes, and over what was recorded, are the same."""

    def whole(recorder: Recorder) -> object:
        talk = Talk(recorder)
        for side, raw in conversation_bytes():
            talk.bytes(side, raw)
        return talk

    expected = [(each.rule, each.side, each.message) for each in breaches(trace_of(whole).conversations[0])]
    watch, events = watched(), []
    for side, raw in conversation_bytes():
        at = 0
        while at < len(raw):
            size = sizes[at % len(sizes)]
            events += watch.take(side, 1, raw[at : at + size])
            at += size
    assert [(each.rule, each.side, each.message) for each in events if hasattr(each, "rule")] == expected
    assert [rule for rule, _, _ in expected] == ["response-not-due", "pdu-type-unknown"]


@given(st.lists(st.tuples(st.sampled_from(list(Side)), st.binary(max_size=200)), max_size=20))
def test_a_watch_never_raises(pieces: list[tuple[Side, bytes]]) -> None:
    watch = watched()
    for side, data in pieces:
        for event in watch.take(side, 1, data):
            assert not isinstance(event, Ended)
    assert watch.held_bytes <= sum(len(data) for _, data in pieces)


def test_a_data_set_that_is_not_judged_is_not_kept() -> None:
    watch = watched(judge=False)
    events = []
    for side, raw in conversation_bytes():
        events += watch.take(side, 1, raw)
    passed = [event for event in events if isinstance(event, Passed)]
    assert [(one.message.name, one.data_set_bytes) for one in passed][:2] == [("C-STORE-RQ", 10), ("C-STORE-RSP", None)]
    assert passed[0].message.data_set is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stands_between_until_it_is_told_to_stop(
    number: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    archive = SIMULATORS["archive"]("archive", "ARCHIVE", Recorder())
    archive.start()
    results: list[object] = []

    def ready(address: tuple[str, int]) -> None:
        results.append(stored(address))
        idle.append(socket.create_connection(address, 3.0))
        os.kill(os.getpid(), number)

    idle: list[socket.socket] = []
    setup = Setup(("127.0.0.1", 0), archive.address, write=tmp_path / "a.pcapng", trace=tmp_path / "a.jsonl")
    witness = stand_between(setup, ready)
    archive.stop()
    idle[0].close()
    assert results == ["success"]
    assert witness.failures == []
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("link ")]
    told = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert [one["message"] for one in told if one["event"] == "message"] == ["C-STORE-RQ", "C-STORE-RSP"]
    assert len(pcap.read(tmp_path / "a.pcapng")) >= 1
    assert "association of SCU with ARCHIVE: released" in capfd.readouterr().out


def test_it_ends_and_says_so_where_another_program_has_taken_its_port() -> None:
    target = ("127.0.0.1", reserved_port())  # nobody listens there, so that the relay refuses, too
    opened: list[socket.socket] = []

    def ready(address: tuple[str, int]) -> None:
        opened.append(socket.create_server(address))
        opened.append(socket.create_server(target))

    witness = stand_between(Setup(("127.0.0.1", 0), target), ready)
    host, port = opened[0].getsockname()
    for each in opened:
        each.close()
    assert witness.failures == [f"{host}:{port}: Address already in use; another program listens there"]


def test_no_more_connections_than_asked_for_are_led_at_once() -> None:
    lines: list[Line] = []
    witness = Witness(lines.append)
    with relayed(witness) as address:
        callers = [socket.create_connection(address, 3.0) for _ in range(5)]
        assert len([line for line in lines if line.event == "connection"]) <= 2
        for each in callers[:4]:
            each.close()
        assert stored(address) == "success"  # as the second, beside the caller that stays
        callers[4].close()


def test_wrong_faults_are_named_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text("faults:\n  - delai: {on: C-ECHO-RQ, s: 1}\n")
    with pytest.raises(DataError, match=r"faults.yaml:2: .*unknown fault.*delay"):
        read_faults(path)
    path.write_text("faults:\n  - delay: {on: C-ECHO-RQ, s: 1}\n")
    assert len(read_faults(path)) == 1


def test_a_relay_that_ends_tls_needs_a_certificate(tmp_path: Path) -> None:
    path = tmp_path / "tls.yaml"
    path.write_text("requestor: {profile: bcp195}\n")
    with pytest.raises(DataError, match="certificate is missing"):
        read_termination(path)
    path.write_text("requestor: {certificate: nowhere.pem}\n")
    with pytest.raises(DataError, match="cannot be used"):
        read_termination(path)


def named(lines: Iterable[Line]) -> list[str]:
    facts = (dict(line.facts) for line in lines)
    return [str(one.get("message") or one.get("pdu")) for one in facts]


@pytest.mark.parametrize(
    ("fault", "parameters", "change", "name"),
    [
        ("change_data_set", {"of": "C-STORE-RQ", "set": {"PatientID": "OTHER"}}, "changed (data set)", "C-STORE-RQ"),
        ("change_command", {"of": "C-STORE-RSP", "set": {"Status": "B000"}}, "changed (Status)", "C-STORE-RSP"),
        ("abort", {"on": "C-STORE-RQ"}, "made", "A-ABORT"),
    ],
)
def test_what_a_fault_did_is_shown_beside_what_came_in(
    fault: str, parameters: dict[str, object], change: str, name: str
) -> None:
    lines: list[Line] = []
    how, _, what = change.partition(" ")
    with relayed(Witness(lines.append, faults=True), build_fault(fault, parameters)) as address:
        stored(address)
    assert [line for line in lines if line.event == "breach"] == [], "nothing is judged unless it is asked for"
    (shown, *_) = [line for line in lines if line.event == "sent_on" and dict(line.facts)["change"] == how]
    assert f"sent on, {how} by the fault{' ' + what if what else ''}: {name}" in shown.line
    came = lines[: lines.index(shown)]
    assert (name in named(came)) is (how == "changed")


def test_what_is_sent_on_as_it_came_has_one_line() -> None:
    lines: list[Line] = []
    fault = build_fault("wrong_message_id", {"of": "C-ECHO-RSP"})
    with relayed(Witness(lines.append, faults=True), fault) as address:
        assert stored(address, 2) == "success"
    assert [line.line for line in lines if line.event == "sent_on"] == []


def test_what_is_not_sent_on_is_shown_at_the_latest_at_the_end() -> None:
    lines: list[Line] = []
    witness = Witness(lines.append, faults=True)
    number = witness.open("link", "requestor", "acceptor", *ENDS)
    for seen in trace_of(lambda recorder: Talk(recorder).opened().store().released()).conversations[0].pdus:
        witness.saw(number, Kind.DATA, seen.side, seen.raw)
        if seen.name != "A-RELEASE-RQ":
            witness.saw(number, Kind.DATA, seen.side, seen.raw, written=True)
    witness.closed(number)
    (kept_back,) = [line for line in lines if line.event == "sent_on"]
    assert "not sent on, because of the fault: A-RELEASE-RQ" in kept_back.line
    assert lines[-1].event == "association"
