"""What a simulator endures: no threads, no descriptors, and peers that send without end."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from hostile_peer import CT, IMPLICIT, HostilePeer, echo, piece, request, store_command

from dicom_simulators import (
    Aborted,
    Archive,
    Closed,
    Deadlines,
    Destination,
    Modality,
    Rejected,
    Released,
    Response,
    TimedOut,
    Unreachable,
    Unsecured,
    build_instance,
)
from dicom_simulators.association import Request, server
from dicom_simulators.association.ends import End, in_words
from dicom_simulators.association.incoming import Incoming, Invalid
from dicom_simulators.association.memory import FRAGMENT_BYTES, Budget, Share
from dicom_simulators.standalone import Forgetful
from dicom_wire import AReleaseRQ, PresentationContextRQ, encode

MEBIBYTE = 1 << 20
DEADLINES = Deadlines(artim_s=2.0)

SERVE_WITH_FEW_DESCRIPTORS = """
import os, resource, sys
from dicom_simulators import Destination, Forgetful
made = Destination("destination", "HERE", Forgetful(), announce=lambda line: print(line, flush=True))
made.start()
print(made.address[1], flush=True)
used = len(os.listdir("/proc/self/fd"))
resource.setrlimit(resource.RLIMIT_NOFILE, (used + 8, used + 8))
sys.stdin.read()
made.stop()
"""


@pytest.fixture
def modality() -> Iterator[Modality]:
    with Modality("modality", "MOD", Forgetful()) as made:
        yield made


def result(modality: Modality, address: tuple[str, int], operation: str = "echo", **more: object) -> str:
    outcome = modality.perform(operation, address, {"called_ae_title": "HERE", **more})
    return str(outcome["status"] or outcome["result"])


def test_without_descriptors_it_says_so_once_and_serves_again(modality: Modality) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE_WITH_FEW_DESCRIPTORS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        address = ("127.0.0.1", int(process.stdout.readline()))
        with ExitStack() as held:
            for _ in range(20):
                held.enter_context(HostilePeer(address))
            said = process.stdout.readline()
        assert said == "cannot accept connections: Too many open files; tries again until it can\n"
        assert result(modality, address) == "0000"
        process.communicate("", timeout=60)
    finally:
        process.kill()
        process.wait()


def test_without_threads_it_says_so_and_serves_again(modality: Modality, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refused(threading.Thread):
        refusals = 3

        def start(self) -> None:
            if " association " in self.name and Refused.refusals:
                Refused.refusals -= 1
                raise RuntimeError("can't start new thread")
            super().start()

    lines: list[str] = []
    monkeypatch.setattr(server.threading, "Thread", Refused)
    with Destination("destination", "HERE", Forgetful(), announce=lines.append) as destination:
        assert result(modality, destination.address) == "0000"
        assert result(modality, destination.address) == "0000"
    assert lines[0] == "cannot accept connections: can't start new thread; tries again until it can"
    assert "accepts connections again" in lines
    assert Refused.refusals == 0


def test_it_stops_while_it_cannot_start_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    said = threading.Event()

    class Refused(threading.Thread):
        def start(self) -> None:
            if " association " in self.name:
                raise RuntimeError("can't start new thread")
            super().start()

    monkeypatch.setattr(server.threading, "Thread", Refused)
    destination = Destination("destination", "HERE", Forgetful(), announce=lambda line: said.set())
    destination.start()
    with HostilePeer(destination.address) as peer:
        assert said.wait(20.0)
        destination.stop()
        assert peer.receive() == ""


def test_endless_command_fragments_end_in_an_abort() -> None:
    with Destination("destination", "HERE", Forgetful(), deadlines=DEADLINES) as destination:
        with HostilePeer(destination.address) as peer:
            peer.associate()
            peer.send_endlessly(piece(bytes(16000), is_command=True, context_id=1), 4 * MEBIBYTE)
            assert peer.receive() == "A-ABORT"
        assert destination.refused_for_memory == 1
        destination.stop()
        assert any("no room for a command set" in line for line in destination.log)


@pytest.mark.parametrize("kind", [Destination, Archive])
def test_a_data_set_beyond_the_memory_is_refused_and_counted(kind: Any, modality: Modality) -> None:
    large = build_instance("smallest", sop_class=CT, seed=1, rows=1024, columns=1024)
    small = build_instance("smallest", sop_class=CT, seed=2)
    with kind("scp", "HERE", Forgetful(), memory_bytes=MEBIBYTE) as scp:
        assert result(modality, scp.address, "store", instances=[large]) == "A700"
        assert result(modality, scp.address, "store", instances=[small]) == "0000"
        assert [one.SOPInstanceUID for one in scp.stored] == [small.SOPInstanceUID]
        assert scp.refused_for_memory == 1
        scp.stop()
        assert any("no memory for the data set of a C-STORE-RQ" in line for line in scp.log)


@pytest.mark.parametrize("kind", [Destination, Archive])
def test_what_is_kept_counts_until_it_is_forgotten(kind: Any, modality: Modality) -> None:
    instances = [build_instance("smallest", sop_class=CT, seed=seed, rows=256, columns=256) for seed in range(20)]
    with kind("scp", "HERE", Forgetful(), memory_bytes=MEBIBYTE) as scp:
        result(modality, scp.address, "store", instances=instances)
        assert 0 < len(scp.stored) < 20
        assert scp.refused_for_memory == 20 - len(scp.stored)
        scp.forget()
        assert result(modality, scp.address, "store", instances=instances[:3]) == "0000"


def test_an_archive_that_lists_nothing_takes_the_same_instance_without_end(modality: Modality) -> None:
    instance = build_instance("smallest", sop_class=CT, seed=1, rows=256, columns=256)
    with Archive("archive", "HERE", Forgetful(), memory_bytes=MEBIBYTE, keeps=False) as archive:
        outcome = modality.perform("store", archive.address, {"instances": [instance] * 40})
        assert outcome["result"] == "success", outcome
        assert archive.stored == []
        assert len(archive.holdings) == 1


def test_what_is_cut_off_counts_no_longer(modality: Modality) -> None:
    instance = build_instance("smallest", sop_class=CT, seed=1, rows=512, columns=512)
    with Destination("destination", "HERE", Forgetful(), memory_bytes=MEBIBYTE, keeps=False) as destination:
        for _ in range(5):
            with HostilePeer(destination.address) as peer:
                peer.associate()
                peer.send(store_command())
                peer.send(piece(bytes(16000)) * 60)
                peer.send(encode(AReleaseRQ()))
                assert peer.receive() == "A-RELEASE-RP"
        assert result(modality, destination.address, "store", instances=[instance]) == "0000"
        assert destination.refused_for_memory == 0


class Busy(Destination):
    """It answers the first echo only when it is told to."""

    go_on = threading.Event()

    def services(self) -> dict[str, Any]:
        return {**super().services(), "C-ECHO-RQ": self._echo}

    def _echo(self, request: Request) -> Generator[Response, None, None]:
        while not self.go_on.is_set():
            request.acceptor.look()
            yield Response(0xFF00)
        yield Response(0)


def test_requests_ahead_of_their_responses_meet_a_bound() -> None:
    with Busy("busy", "HERE", Forgetful(), memory_bytes=MEBIBYTE, deadlines=DEADLINES) as busy:
        with HostilePeer(busy.address) as peer:
            peer.associate()
            peer.send_endlessly(echo(), 64 * MEBIBYTE)
        busy.go_on.set()
        busy.stop()
        assert busy.refused_for_memory or any("the peer did not read" in line for line in busy.log)


def test_half_a_pdu_is_given_up_though_an_association_may_idle() -> None:
    deadlines = Deadlines(idle_s=600.0, write_s=0.3, artim_s=2.0)
    with Destination("destination", "HERE", Forgetful(), deadlines=deadlines) as destination:
        with HostilePeer(destination.address) as peer:
            peer.associate()
            peer.send(store_command())
            peer.send(piece(bytes(16000))[:5000])
            assert peer.receive() == "A-ABORT"
        with HostilePeer(destination.address) as peer:
            peer.associate()
            peer.send(b"\x04\x00")
            assert peer.receive() == "A-ABORT"
        destination.stop()
        assert sum("the rest of a PDU did not come in time" in line for line in destination.log) == 2


def test_a_message_that_does_not_go_on_is_given_up() -> None:
    deadlines = Deadlines(idle_s=600.0, write_s=0.3, artim_s=2.0)
    with (
        Destination("destination", "HERE", Forgetful(), deadlines=deadlines) as destination,
        HostilePeer(destination.address) as peer,
    ):
        peer.associate()
        peer.send(store_command())
        assert peer.receive() == "A-ABORT"


@pytest.mark.parametrize(
    ("ids", "named"), [((2,), "context-id-even"), ((0,), "context-id-even"), ((1, 1), "context-id-duplicate")]
)
def test_context_ids_that_are_not_odd_and_different_are_refused(ids: tuple[int, ...], named: str) -> None:
    contexts = [PresentationContextRQ(one, CT, (IMPLICIT,)) for one in ids]
    answers = {}
    for lenient in (False, True):
        with Destination("destination", "HERE", Forgetful(), deadlines=DEADLINES, lenient=lenient) as destination:
            with HostilePeer(destination.address) as peer:
                peer.send(request(contexts))
                answers[lenient] = peer.receive()
            destination.stop()
            assert any(named in line for line in destination.log) is not lenient
    assert answers == {False: "A-ABORT", True: "A-ASSOCIATE-AC"}


def test_a_request_without_a_message_id_is_refused() -> None:
    command = bytes.fromhex("0000 0000 0400 0000 2C000000".replace(" ", ""))
    command += b"\x00\x00\x02\x00\x12\x00\x00\x001.2.840.10008.1.1\x00"
    command += bytes.fromhex("0000000102000000300000000008020000000101")
    answers = {}
    for lenient in (False, True):
        with Destination("destination", "HERE", Forgetful(), deadlines=DEADLINES, lenient=lenient) as destination:
            with HostilePeer(destination.address) as peer:
                peer.associate()
                peer.send(piece(command, is_command=True, is_last=True, context_id=1))
                answers[lenient] = peer.receive()
            destination.stop()
            assert any("C-ECHO-RQ without MessageID" in line for line in destination.log) is not lenient
    assert answers == {False: "A-ABORT", True: "P-DATA-TF"}


def test_small_fragments_count_what_they_take() -> None:
    budget = Budget(10 * FRAGMENT_BYTES)
    incoming = Incoming(0, Share(budget, own_bytes=0))
    found: list[object] = []
    for _ in range(2000):
        incoming.feed(piece(b"x", is_command=True))
        while (item := incoming.next()) is not None:
            found.append(item)
    assert any(isinstance(item, Invalid) for item in found)
    assert budget.refused == 1
    assert budget.taken_bytes <= budget.limit_bytes


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (Released(by_us=False), "released by the peer"),
        (Released(by_us=True), "released by this side"),
        (Rejected(1, 1, 7, by_us=True), "rejected by this side (A-ASSOCIATE-RJ 1/1/7)"),
        (Aborted(2, 6, by_us=True, detail="PDU type 42H"), "aborted by this side (A-ABORT 2/6): PDU type 42H"),
        (Aborted(0, 0), "aborted by the peer (A-ABORT 0/0)"),
        (Closed(reset=True), "the TCP connection was reset by the peer"),
        (Closed(by_us=True), "the TCP connection was closed by this side"),
        (TimedOut("request"), "aborted by this side: no request in time"),
        (TimedOut("ARTIM"), "aborted by this side: the ARTIM timer expired"),
        (TimedOut("the rest of a PDU"), "aborted by this side: the rest of a PDU did not come in time"),
        (Unreachable("no answer"), "no TCP connection: no answer"),
        (Unsecured("no certificate"), "no TLS session: no certificate"),
    ],
)
def test_ends_are_told_in_words(end: End, words: str) -> None:
    assert in_words(end) == words
