"""The fuzzing, in short: it finds nothing; a fault is found, reduced to one conversation, and printed as a scenario."""

from __future__ import annotations

import importlib
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings

from dicom_conformance.scenario import matrix, scenario
from dicom_conformance.statement.statement import load
from dicom_wire import AAssociateRQ, Assembler, PDataTF, decode

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
(
    fuzz,
    fuzz_fields,
    fuzz_mutations,
    fuzz_playing,
    fuzz_reduction,
    fuzz_requestors,
    fuzz_seeds,
    soak_targets,
    soak_traffic,
) = (
    importlib.import_module(name)
    for name in (
        "fuzz",
        "fuzz_fields",
        "fuzz_mutations",
        "fuzz_playing",
        "fuzz_reduction",
        "fuzz_requestors",
        "fuzz_seeds",
        "soak_targets",
        "soak_traffic",
    )
)
sys.path.remove(str(BENCHMARKS))

TARGETS = {target.name: target for target in fuzz.targets()}
REQUESTORS = [name for name in TARGETS if name.endswith(fuzz.REQUESTORS)]
ACCEPTORS = [name for name in TARGETS if name not in REQUESTORS]
IN_ALL = 2_000
of_the_kernel = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="the kernel tells nothing of processes")


@of_the_kernel
@pytest.mark.parametrize("name", [*ACCEPTORS, *(pytest.param(name, marks=pytest.mark.long) for name in REQUESTORS)])
def test_mutated_conversations_leave_the_process_as_it_was(name: str) -> None:
    found = fuzz.fuzz(TARGETS[name], IN_ALL // len(ACCEPTORS))
    assert found.fault == "", f"{found.fault}\n{found.scenario}"
    assert found.conversations == IN_ALL // len(ACCEPTORS)


# -- the seeds


def test_each_seed_is_a_conversation_without_a_violation() -> None:
    for name, turns in fuzz_seeds.seeds().items():
        decoded = [decode(turn.raw) for turn in turns]
        assert isinstance(decoded[0].pdu, AAssociateRQ)
        assert not [one.violations for one in decoded if one.violations], name
        assembler = Assembler()
        messages = [one for each in decoded if isinstance(each.pdu, PDataTF) for one in assembler.feed(each.pdu)]
        assert messages, name
        assert not assembler.violations


def test_the_services_are_all_there() -> None:
    assert set(fuzz_seeds.seeds()) == {"echo", "store", "find", "move", "get", "print"}
    assert sum(len(turn.raw) for turns in fuzz_seeds.seeds().values() for turn in turns) < 10_000


def test_the_called_title_is_put_in() -> None:
    turns = fuzz_seeds.addressed(fuzz_seeds.seeds()["echo"], "ANOTHER")
    request = decode(turns[0].raw).pdu
    assert isinstance(request, AAssociateRQ)
    assert (request.called_ae_title, request.calling_ae_title) == ("ANOTHER", "FUZZ")


# -- fields and mutations


def test_the_fields_of_a_command_are_found() -> None:
    raw = next(turn.raw for turn in fuzz_seeds.seeds()["echo"] if turn.raw[0] == 4)
    parts = {raw[field.begin : field.end] for field in fuzz_fields.fields(raw)}
    assert b"1.2.840.10008.1.1\0" in parts
    assert bytes.fromhex("00000001 02000000 3000") in parts  # CommandField, the whole of it
    assert raw[2:6] in parts


@given(fuzz_mutations.scripts())
@settings(max_examples=200, deadline=None)
def test_any_mutation_fits(script: object) -> None:
    turns = script.turns("TITLE")  # type: ignore[attr-defined]
    assert all(len(turn.raw) <= fuzz_mutations.LONGEST_BYTES for turn in turns)


def test_every_kind_of_mutation_changes_something() -> None:
    before = fuzz_seeds.seeds()["store"]
    for kind in (*fuzz_mutations.OF_CONVERSATIONS, *fuzz_mutations.OF_FIELDS):
        one = fuzz_mutations.Mutation(kind, at=2, field=5, number=3, data=b"abc", name="echo", is_repaired=False)
        assert one.apply(before) != before, kind


def test_what_is_answered_is_mutated_pdu_by_pdu() -> None:
    drop, end = fuzz_mutations.Mutation("drop", at=1), fuzz_mutations.Mutation("end", at=10)
    script = fuzz_mutations.Script("echo", (drop, end))
    raw = bytes.fromhex("06000000000400000000")
    assert fuzz_requestors.mutated(script, 0, raw) == ([raw], False)
    assert fuzz_requestors.mutated(script, 1, raw) == ([], False)
    assert fuzz_requestors.mutated(script, 2, raw) == ([raw], True)


def test_lengths_are_repaired() -> None:
    raw = bytes.fromhex("0400 00000000 00000000 01 03") + b"1234"
    assert fuzz_fields.repaired(raw) == bytes.fromhex("0400 0000000a 00000006 01 03") + b"1234"


def test_the_same_number_draws_the_same_conversations() -> None:
    assert fuzz_mutations.draw(20, 7) == fuzz_mutations.draw(20, 7)
    assert fuzz_mutations.draw(20, 7) != fuzz_mutations.draw(20, 8)
    assert len(set(fuzz_mutations.draw(20, 7))) == 20


# -- what is found


class Fragile:
    """A target in this process that answers nothing more, once somebody asked for a release before anything else."""

    def __init__(self) -> None:
        self.is_ill = False
        self.server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.server.accept()
                with connection, suppress(OSError):
                    connection.settimeout(1)
                    self.is_ill = self.is_ill or connection.recv(1 << 16)[:1] == b"\x05"

    def close(self) -> None:
        with suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join()


def test_a_fault_is_reduced_to_the_conversation_that_shows_it(tmp_path: Path) -> None:
    drop, flip = fuzz_mutations.Mutation("drop", at=0), fuzz_mutations.Mutation("flip", at=0, field=1)
    end = fuzz_mutations.Mutation("drop", at=0)
    harmless = [fuzz_mutations.Script("echo", (flip,), piece_bytes=size) for size in range(1, 6)]
    guilty = fuzz_mutations.Script("echo", (drop, flip, end), piece_bytes=7, ends="reset")

    def shows(conversations: list[object]) -> str:
        target = Fragile()
        try:
            for each in conversations:
                words = fuzz_playing.words_of(each, "TITLE") if isinstance(each, fuzz_mutations.Script) else each
                fuzz_playing.hold(words, target.server.getsockname())
        finally:
            target.close()
        return "ill" if target.is_ill else ""

    fault, script = fuzz_reduction.reduced([*harmless, guilty, *harmless], shows)
    fault, words = fuzz_reduction.fewer_turns(fuzz_playing.words_of(script, "TITLE"), fault, shows)
    assert fault == "ill"
    assert [turn.raw[0] for turn in words.turns] == [5]
    file = tmp_path / "found.yaml"
    file.write_text(fuzz_reduction.scenario_of(words), encoding="utf-8")
    (case,) = matrix.expand(scenario.read(file), load("directview-5.2"))
    assert case.id == "fuzzed/found"


@of_the_kernel
def test_a_process_that_does_not_come_back_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A target that is this process: each conversation leaves a descriptor behind."""
    left: list[int] = []

    @contextmanager
    def start(folder: Path) -> Iterator[object]:
        yield soak_targets.Soaked(soak_traffic.Subject(os.getpid(), "NOBODY", ("127.0.0.1", 1)))

    monkeypatch.setattr(fuzz, "SETTLE_S", 0.2)
    monkeypatch.setattr(fuzz, "echoes", lambda soaked: None)
    monkeypatch.setattr(fuzz, "hold", lambda words, address: left.append(os.dup(0)))
    try:
        found = fuzz.fuzz(soak_targets.Target("leaking", start), 8, batch=4)
    finally:
        for descriptor in left:
            os.close(descriptor)
    assert "descriptors" in found.fault
    assert found.conversations == 4
    assert "fuzzed/found" in found.scenario


@pytest.mark.parametrize("operation", ["query", "retrieve", "store", "print"])
def test_what_an_acceptor_said_is_a_scenario(operation: str, tmp_path: Path) -> None:
    file = tmp_path / "found.yaml"
    said = [bytes.fromhex("06000000000400000000"), b""]
    file.write_text(fuzz_reduction.answering_scenario(operation, said), encoding="utf-8")
    (case,) = matrix.expand(scenario.read(file), load("directview-5.2"))
    assert not case.reason


@of_the_kernel
def test_a_mistake_that_is_told_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "echoes", lambda soaked: None)
    errors = tmp_path / "errors.txt"
    errors.write_text("")
    subject = soak_traffic.Subject(os.getpid(), "NOBODY", ("127.0.0.1", 1))
    watched = fuzz.Watched(soak_targets.Soaked(subject), errors)
    assert watched.fault() == ""
    errors.write_text("Traceback (most recent call last):\n  one\nKeyError: 2\n")
    assert "KeyError: 2" in watched.fault()
    noted = fuzz.Watched(soak_targets.Soaked(subject, log=lambda: ["Traceback (most recent call last): two"]), errors)
    assert "a mistake of its own" in noted.fault()
