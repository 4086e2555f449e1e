"""A subject that never stops sending is judged: a finding, within the deadline, and no memory without end."""

from __future__ import annotations

import re
import socket
import threading
from contextlib import suppress

import pytest

from dicom_conformance.play.case_runner import CaseRunner, RunOptions
from dicom_conformance.play.subjects import Product
from dicom_conformance.results import Verdict
from dicom_conformance.scenario import scenario
from dicom_conformance.scenario.matrix import expand
from dicom_conformance.statement import statement
from dicom_simulators.listening import listen
from dicom_wire.capture.sighting import Kind, Recorder, Side
from dicom_wire.codec import encode
from dicom_wire.command import command_set
from dicom_wire.dimse import Message, fragment
from dicom_wire.items import ApplicationContext, MaximumLength, PresentationContextAC, UserInformation
from dicom_wire.pdu import PDV, AAssociateAC, AReleaseRP, PDataTF

TEXT = """
id: storage/flood
title: The subject answers each request once
clause: [PS3.7 9.1.1]
level: shall
traffic_limit_mib: 1
peers:
  modality: {simulator: modality, holds: [{recipe: smallest}]}
steps:
  - do: {ae: modality, operation: store, peer: workstation}
  - expect:
      - dimse: {sender: workstation, message: C-STORE-RSP, count: 1}
"""


RESPONSES = b"".join(
    encode(pdu)
    for pdu in fragment(
        Message(1, command_set("C-STORE-RSP", MessageIDBeingRespondedTo=1, Status=0xFF00, CommandDataSetType=0x0101)),
        16384,
    )
)
EMPTY_FRAGMENT = encode(PDataTF((PDV(1, is_command=True, is_last=False),)))


class Flooding:
    """A product that accepts an association and then answers for ever."""

    answer = RESPONSES

    operations = frozenset()
    configurations = frozenset({"none"})

    def __init__(self) -> None:
        self.listener = listen("127.0.0.1", 0)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._flood, args=self.listener.accept()[:1], daemon=True).start()

    def _flood(self, sock: socket.socket) -> None:
        words = self.answer * 200
        items = (
            ApplicationContext("1.2.840.10008.3.1.1.1"),
            PresentationContextAC(1, 0, "1.2.840.10008.1.2"),
            UserInformation((MaximumLength(16384),)),
        )
        with suppress(OSError), sock:
            if not sock.recv(65536):
                return
            sock.sendall(encode(AAssociateAC("TINY", "MODALITY", items)))
            while True:
                sock.sendall(words)

    def prepare(self, configuration, peers, settings):
        host, port = self.listener.getsockname()
        return {"ae_title": "TINY", "host": host, "port": port}

    def instances(self):
        return []

    def log(self):
        return []

    def close(self):
        self.listener.close()


class FloodingWithHeaders(Flooding):
    """One that sends what is hardly more than the header of a PDU: many of them in few bytes."""

    answer = EMPTY_FRAGMENT


@pytest.mark.parametrize("product", [Flooding, FloodingWithHeaders])
@pytest.mark.parametrize("links", [True, False])
def test_a_subject_that_sends_without_end_fails_with_a_finding(tmp_path, links, product):
    path = tmp_path / "flood.yaml"
    path.write_text(TEXT)
    promised = statement.load("directview-5.2")
    runner = CaseRunner(promised, Product("flood", product), RunOptions(links=links, output=tmp_path / "out"))
    try:
        result = runner.play(expand(scenario.read(path), promised)[0])
    finally:
        runner.close()
    assert result.verdict is Verdict.FAIL, result.reason
    expected = "at most 1 MiB and 20,000 PDUs on the wire in the case"
    (finding,) = (one for one in result.findings if one.expected == expected)
    if product is FloodingWithHeaders:
        assert int(re.search(r"in ([0-9,]+) PDUs", finding.actual)[1].replace(",", "")) < 50_000
    assert (tmp_path / "out" / result.evidence / "trace.pcap").stat().st_size < 8 << 20


def test_a_full_recorder_keeps_no_more_bytes_and_counts_each_side():
    recorder = Recorder(limit_bytes=10)
    number = recorder.open("a", "a", "b", ("", 1), ("", 2))
    recorder.saw(number, Kind.DATA, Side.REQUESTOR, b"12345678901234567890", written=True)
    recorder.saw(number, Kind.DATA, Side.ACCEPTOR, b"1234567890")
    assert not recorder.full
    recorder.saw(number, Kind.DATA, Side.ACCEPTOR, b"1")
    assert recorder.full
    recorder.saw(number, Kind.DATA, Side.ACCEPTOR, b"2")
    recorder.saw(number, Kind.FIN, Side.ACCEPTOR)
    assert [len(seen.data) for seen in recorder.sightings] == [20, 10, 1, 0]
    assert (recorder.bytes_of("b"), recorder.bytes_of("a")) == (11, 0)


def test_a_recorder_is_full_of_pdus_however_they_are_split():
    words = encode(AReleaseRP()) * 2 + RESPONSES + encode(AReleaseRP())
    for size in (1, 2, 3, 5, 6, 7, 9, 10, 11, 40, len(words)):
        recorder = Recorder(limit_pdus=3)
        number = recorder.open("a", "a", "b", ("", 1), ("", 2))
        recorder.saw(number, Kind.DATA, Side.ACCEPTOR, words, written=True)  # what one writes, another reads
        for begin in range(0, len(words), size):
            assert recorder.full == (begin > len(words) - 10), size  # the first byte of the fourth is one too many
            recorder.saw(number, Kind.DATA, Side.ACCEPTOR, words[begin : begin + size])
        assert recorder.full
        assert (recorder.pdus_of("b"), recorder.pdus_of("a")) == (4, 0)


@pytest.mark.parametrize("length", [b"\xff\xff\xff\xff", b"\x00\x00\x00\x00"])
def test_lengths_that_are_wrong_are_counted_as_they_stand(length):
    recorder = Recorder(limit_pdus=100)
    number = recorder.open("a", "a", "b", ("", 1), ("", 2))
    recorder.saw(number, Kind.DATA, Side.REQUESTOR, (b"\x04\x00" + length) * 50)
    assert recorder.pdus_of("a") == (50 if length == b"\x00\x00\x00\x00" else 1)
