"""A subject whose right answers are mutated is judged: never an ERROR of ours, and never without end."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dicom_conformance.play.case_runner import CaseRunner, RunOptions
from dicom_conformance.play.subjects import Product
from dicom_conformance.play.task import within
from dicom_conformance.results import Verdict
from dicom_conformance.scenario import scenario
from dicom_conformance.scenario.matrix import Case, expand
from dicom_conformance.statement import statement
from dicom_simulators.listening import listen
from dicom_wire import Assembler, PDataTF, PDUStream, command_set, encode, fragment
from dicom_wire.dimse import Message
from dicom_wire.items import (
    ApplicationContext,
    ImplementationClassUID,
    MaximumLength,
    PresentationContextAC,
    PresentationContextRQ,
    UserInformation,
)
from dicom_wire.pdu import AAssociateAC, AAssociateRQ, AReleaseRP, AReleaseRQ

IMPLICIT = "1.2.840.10008.1.2"
STUDY_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
APPLICATION = ApplicationContext("1.2.840.10008.3.1.1.1")
OURS = UserInformation((MaximumLength(16384), ImplementationClassUID("2.25.1")))
CASE_S = 2.0
HANG_S = 60.0
ENDLESS_BYTES = 5 << 19
"""2.5 MiB: more than a case may exchange (`traffic_limit_mib`)."""

STORE = """
id: storage/mutated
title: The subject stores what it is sent
clause: [PS3.4 B.2.3]
level: shall
traffic_limit_mib: 2
peers:
  modality: {simulator: modality, holds: [{recipe: smallest}]}
steps:
  - do: {ae: modality, operation: store, peer: workstation}
  - expect:
      - pdu: {sender: workstation, violations: none}
      - dimse: {sender: workstation, message: C-STORE-RSP, status: 0000, count: 1}
      - association: {requestor: modality, acceptor: workstation, ends: released}
"""
QUERY = """
id: query/mutated
title: The subject asks for studies
clause: [PS3.4 C.4.1]
level: shall
traffic_limit_mib: 2
peers:
  archive: {simulator: archive, holds: [{recipe: smallest}]}
steps:
  - do: {ae: workstation, operation: query, peer: archive}
  - expect:
      - pdu: {sender: workstation, violations: none}
      - dimse: {sender: workstation, message: C-FIND-RQ, count: 1}
      - data_set: {message: C-FIND-RQ, sender: workstation, encoding: valid}
      - association: {requestor: workstation, acceptor: archive, ends: released}
"""

GIVEN = STORE.replace("storage/mutated", "storage/given").replace(
    "  - expect:", "  - given: [{dimse: {sender: modality, message: C-STORE-RQ, count: 1}}]\n  - expect:"
)
SCRIPTED = """
format: "2"
id: verification/mutated
title: The subject answers a script
clause: [PS3.7 9.1.5]
level: shall
needs: {role: SCP}
traffic_limit_mib: 2
peers:
  modality:
    simulator: scripted
    script:
      - send: {pdu: A-ASSOCIATE-RQ, contexts: [{sop_class: 1.2.840.10008.1.1, transfer_syntaxes: [1.2.840.10008.1.2]}]}
      - receive: {pdu: A-ASSOCIATE-AC, within_s: 0.3}
      - send: {dimse: C-ECHO-RQ, AffectedSOPClassUID: 1.2.840.10008.1.1, MessageID: 1}
      - receive: {any_of: [C-ECHO-RSP, A-ABORT], within_s: 0.3}
      - send: {pdu: A-RELEASE-RQ}
      - receive: ended
steps:
  - do: {ae: modality, operation: play, peer: subject}
  - expect:
      - pdu: {sender: subject, violations: none}
      - outcome: {ae: modality, operation: play, result: success}
"""
TEXTS = {"store": STORE, "query": QUERY, "given": GIVEN, "script": SCRIPTED}

Mutation = Callable[[int, bytes], bytes]


def unchanged(number: int, words: bytes) -> bytes:
    return words


@st.composite
def mutations(draw: st.DrawFn) -> Mutation:
    """Change one of the three things that the subject says."""
    target = draw(st.integers(0, 2))
    how = draw(st.sampled_from(["flip", "cut", "insert", "remove", "twice", "endless", "nothing", "length", "rubbish"]))
    at = draw(st.integers(0, 400))
    some = draw(st.binary(min_size=1, max_size=12))

    def mutate(number: int, words: bytes) -> bytes:
        if number != target:
            return words
        place = at % len(words)
        match how:
            case "flip":
                return words[:place] + bytes((words[place] ^ (some[0] or 1),)) + words[place + 1 :]
            case "cut":
                return words[:place]
            case "insert":
                return words[:place] + some + words[place:]
            case "remove":
                return words[:place] + words[place + len(some) :]
            case "twice":
                return words * 2
            case "endless":
                return words * (ENDLESS_BYTES // len(words))
            case "length":
                return words[:2] + some[:4].ljust(4, b"\xff") + words[6:]
            case "rubbish":
                return some * 50
        return b""

    return mutate


class Mutating:
    """A product that answers as it should, its words then mutated; the prologue and the epilogue are left alone."""

    operations = frozenset({"query"})
    configurations = frozenset({"none"})

    def __init__(self) -> None:
        self.mutate: Mutation = unchanged
        self.peers: dict[str, Any] = {}
        self.listener = listen("127.0.0.1", 0)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._answer, args=self.listener.accept()[:1], daemon=True).start()

    def _answer(self, sock: socket.socket) -> None:
        stream, assembler, number, mutate = PDUStream(1 << 20), Assembler(), 0, self.mutate
        with suppress(OSError), sock:
            while data := sock.recv(65536):
                for received in stream.feed(data):
                    if isinstance(received.pdu, AAssociateRQ) and received.pdu.calling_ae_title.strip() != "MODALITY":
                        mutate = unchanged
                    for words in answers(received.pdu, assembler):
                        sock.sendall(mutate(number, words))
                        number += 1

    def prepare(self, configuration: str, peers: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
        self.peers = peers
        host, port = self.listener.getsockname()
        return {"ae_title": "MUTATING", "host": host, "port": port}

    def perform(self, operation: str, peer: str, arguments: dict[str, Any]) -> dict[str, Any]:
        address = (self.peers[peer]["host"], self.peers[peer]["port"])
        with suppress(OSError), socket.create_connection(address, 1.0) as sock:
            sock.settimeout(0.5)
            stream, assembler = PDUStream(1 << 20), Assembler()
            for number, words in enumerate(requests()):
                sock.sendall(self.mutate(number, words))
                while (data := sock.recv(65536)) and not is_answered(stream.feed(data), assembler):
                    pass
        return {"operation": operation, "peer": peer, "result": "success", "status": None, "detail": ""}

    def instances(self) -> list[dict[str, Any]]:
        return []

    def log(self) -> list[str]:
        return []

    def close(self) -> None:
        self.listener.close()


def is_answered(received: Iterable[Any], assembler: Assembler) -> bool:
    """Tell whether the answer to a request is complete with these PDUs."""
    return any(
        any(message.command.number("Status") not in (0xFF00, 0xFF01) for message in assembler.feed(one.pdu))
        if isinstance(one.pdu, PDataTF)
        else one.pdu is not None
        for one in list(received)
    )


def answers(pdu: Any, assembler: Assembler) -> Iterator[bytes]:
    """Give the right answers to what a requestor says."""
    if isinstance(pdu, AAssociateRQ):
        contexts = tuple(
            PresentationContextAC(each.context_id, 0, each.transfer_syntaxes[0]) for each in pdu.presentation_contexts
        )
        items = (APPLICATION, *contexts, OURS)
        yield encode(AAssociateAC(pdu.called_ae_title, pdu.calling_ae_title, items))
    elif isinstance(pdu, PDataTF):
        for message in assembler.feed(pdu):
            name = message.command.message.removesuffix("-RQ") + "-RSP"
            answer = command_set(
                name,
                MessageIDBeingRespondedTo=message.command.number("MessageID") or 0,
                AffectedSOPClassUID=message.command.text("AffectedSOPClassUID") or "",
                CommandDataSetType=0x0101,
                Status=0,
            )
            yield b"".join(encode(each) for each in fragment(Message(message.context_id, answer), 16384))
    elif isinstance(pdu, AReleaseRQ):
        yield encode(AReleaseRP())


def requests() -> list[bytes]:
    """Give the right requests of a query."""
    items = (APPLICATION, PresentationContextRQ(1, STUDY_ROOT_FIND, (IMPLICIT,)), OURS)
    identifier = bytes.fromhex("0800 5200 06000000") + b"STUDY " + bytes.fromhex("2000 0d00 00000000")
    command = command_set("C-FIND-RQ", AffectedSOPClassUID=STUDY_ROOT_FIND, MessageID=1, Priority=0)
    command = command.changed(CommandDataSetType=1)
    find = b"".join(encode(each) for each in fragment(Message(1, command, identifier), 16384))
    return [encode(AAssociateRQ("ARCHIVE", "MUTATING", items)), find, encode(AReleaseRQ())]


@pytest.fixture(scope="module", params=[True, False], ids=["links", "no-links"])
def runner(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaseRunner]:
    options = RunOptions(links=request.param, case_deadline_s=CASE_S, output=tmp_path_factory.mktemp("out"))
    made = CaseRunner(statement.load("directview-5.2"), Product("mutating", Mutating), options)
    yield made
    made.close()


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    folder = tmp_path_factory.mktemp("mutated")
    found = {}
    for name, text in TEXTS.items():
        (folder / f"{name}.yaml").write_text(text)
        found[name] = expand(scenario.read(folder / f"{name}.yaml"), statement.load("directview-5.2"))[0]
    return found


def judged(runner: CaseRunner, case: Case, mutate: Mutation) -> Any:
    runner.subject._product().mutate = mutate  # type: ignore[attr-defined]
    return within(lambda: runner.play(case), HANG_S, "the case")


@pytest.mark.parametrize("name", TEXTS)
def test_right_answers_pass(runner: CaseRunner, cases: dict[str, Case], name: str) -> None:
    result = judged(runner, cases[name], unchanged)
    assert result.verdict is Verdict.PASS, (result.reason, [one for one in result.findings if not one.met])


@pytest.mark.parametrize("name", TEXTS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mutate=mutations())
def test_mutated_answers_are_judged(runner: CaseRunner, cases: dict[str, Case], name: str, mutate: Mutation) -> None:
    result = judged(runner, cases[name], mutate)
    assert result.verdict in (Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE), result.reason  # PASS: still right
