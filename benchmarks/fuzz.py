"""Thousands of mutated conversations with each AE and each simulator, as a process of its own.

To an AE that accepts associations, recorded conversations are said (`benchmarks/seeds/`, see `fuzz_seeds`), mutated PDU
by PDU and field by field (`fuzz_mutations`). An AE that opens them is asked for its operation, and what an honest peer
answers is mutated in the same way (`fuzz_requestors`). What is asked of the process after each batch, in time:

- it is alive, and an honest echo is answered;
- threads and descriptors are back to what they were before the first batch;
- it has told of no mistake of its own: no traceback in its log or error output;

and at the end that its memory is within 10 % of the plateau after the first quarter.

    python benchmarks/fuzz.py [--conversations 20000] [--target archive] [--seed 0]

Where a batch leaves something wrong, the batch is halved and the conversation reduced, each time against a fresh
process, until the smallest one is left. It is printed as a scenario for `dicom-conformance run`. The exit status is
then 1. Linux only, for it reads /proc.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from fuzz_mutations import Script, draw
from fuzz_playing import Words, hold, words_of
from fuzz_reduction import answering_scenario, fewer_turns, reduced, scenario_of
from fuzz_requestors import PEERS, Asked
from fuzz_requestors import TARGETS as TARGETS_OF_REQUESTORS
from machine import print_machine
from soak import Sample, sample
from soak_targets import TARGETS, Soaked, Target
from soak_traffic import VERIFICATION, UnservedError, echo_rq, honest

WORKERS = 16
BATCH = 100
SETTLE_S = 20.0
STILL_S = 0.3
GROWTH = 1.10
GROWTH_KIB = 8192
"""A process may grow so much besides: its plateau is measured early."""
MISTAKE = "Traceback (most recent call last)"
REQUESTORS = ("query engine", "loader client", "store client", "print client")
"""Targets of the soak in the place of which those of `fuzz_requestors` are taken."""


@dataclass(slots=True)
class Watched:
    """A target that runs, and what it was like before the first conversation."""

    soaked: Soaked
    errors: Path
    before: Sample = field(init=False)

    def __post_init__(self) -> None:
        for _ in range(2):
            with ThreadPoolExecutor(WORKERS) as workers:
                list(workers.map(lambda _: echoes(self.soaked), range(WORKERS)))
        self.before = self._still()

    def _still(self) -> Sample:
        """Wait until threads and descriptors do not change any more."""
        until, since, last = time.monotonic() + SETTLE_S, time.monotonic(), None
        while time.monotonic() < until and time.monotonic() < since + STILL_S:
            self.soaked.give_back()
            now = sample(self.soaked.subject.process_id)
            if last is None or (now.threads, now.descriptors) != (last.threads, last.descriptors):
                since = time.monotonic()
            last = now
            time.sleep(0.02)
        assert last is not None
        return last

    def fault(self, is_last: bool = False) -> str:
        """Say what is wrong with the process; empty where nothing is.

        Until the last time, threads and connections of the control interface that wait for a request do not count.
        """
        if not is_alive(self.soaked.subject.process_id):
            return f"the process has died\n{self._errors()}"
        if (unserved := echoes(self.soaked)) is not None:
            return f"an honest echo is not answered: {unserved}"
        text = self._errors() + "\n".join(self.soaked.log())
        if MISTAKE in text:
            return f"a mistake of its own\n{text[text.index(MISTAKE) :][:4000]}"
        return self._left(PEERS if isinstance(self.soaked, Asked) and not is_last else 0)

    def _left(self, waiting: int) -> str:
        until = time.monotonic() + SETTLE_S
        while True:
            self.soaked.give_back()
            now = sample(self.soaked.subject.process_id)
            if now.threads <= self.before.threads + waiting and now.descriptors <= self.before.descriptors + waiting:
                return ""
            if time.monotonic() > until:
                return (
                    f"threads {self.before.threads} before, {now.threads} after; "
                    f"descriptors {self.before.descriptors} before, {now.descriptors} after"
                )
            time.sleep(0.02)

    def _errors(self) -> str:
        return self.errors.read_text(encoding="utf-8", errors="replace")


def is_alive(process_id: int) -> bool:
    """Tell whether a process runs; one that has ended and was not waited for does not."""
    with suppress(OSError):
        return "State:\tZ" not in Path(f"/proc/{process_id}/status").read_text(encoding="ascii")
    return False


def echoes(soaked: Soaked) -> str | None:
    """Ask an honest C-ECHO; say why it was not answered."""
    try:
        with honest(soaked.subject) as peer:
            peer.open(VERIFICATION)
            if (status := peer.ask(1, echo_rq())) != 0:
                return f"C-ECHO answered {status:04X}"
            if soaked.subject.ae_title != "SCRIPTED":  # whose script awaits more echoes
                peer.release()
    except UnservedError as error:
        return str(error)
    return None


@contextmanager
def watched(target: Target) -> Iterator[Watched]:
    """Start a target, its error output kept in a file."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        errors = Path(folder) / "errors.txt"
        starting = target.start(Path(folder))
        with _error_output(errors):
            soaked = starting.__enter__()
        try:
            yield Watched(soaked, errors)
        finally:
            with suppress(SystemExit):  # a process that ended by itself has been told of
                starting.__exit__(None, None, None)


@contextmanager
def _error_output(file: Path) -> Iterator[None]:
    """Have the processes that are started meanwhile write their errors to a file."""
    kept = os.dup(2)
    with file.open("wb") as errors:
        os.dup2(errors.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@dataclass(slots=True)
class Fuzzed:
    """What came of one target."""

    name: str
    conversations: int
    seconds: float
    before: Sample
    after: Sample
    plateau_kib: int
    fault: str = ""
    scenario: str = ""


def fuzz(target: Target, conversations: int, seed: int = 0, batch: int = BATCH) -> Fuzzed:
    """Hold so many conversations with a target, batch by batch; stop at the first fault, and reduce it."""
    memory, held = [], 0
    with watched(target) as one:
        began = time.monotonic()
        for number, count in enumerate(_batches(conversations, batch)):
            scripts = draw(count, seed * 100_000 + number)
            fault = _hold_all(one, scripts) or one.fault()
            held += len(scripts)
            memory.append(sample(one.soaked.subject.process_id).memory_kib if is_alive_in(one) else 0)
            if fault:
                break
        fault = fault or one.fault(is_last=True)
        after = sample(one.soaked.subject.process_id) if is_alive_in(one) else one.before
        plateau = int(median(memory[len(memory) // 4 : len(memory) // 4 + max(1, len(memory) // 4)]))
        found = Fuzzed(target.name, held, time.monotonic() - began, one.before, after, plateau, fault)
    if fault:
        found.fault, found.scenario = _smallest(target, scripts, fault)
    elif memory[-1] > GROWTH * plateau + GROWTH_KIB:
        found.fault = f"memory grew from {plateau} to {memory[-1]} KiB"
    return found


def is_alive_in(one: Watched) -> bool:
    """Tell whether a target still runs."""
    return is_alive(one.soaked.subject.process_id)


def _batches(conversations: int, batch: int) -> Iterator[int]:
    for begin in range(0, conversations, batch):
        yield min(batch, conversations - begin)


def _hold_all(one: Watched, conversations: Sequence[Script | Words]) -> str:
    """Hold conversations, several at once; say what the process itself tells of its mistakes."""
    soaked = one.soaked
    if isinstance(soaked, Asked):
        return soaked.hold([each for each in conversations if isinstance(each, Script)])
    title, address = soaked.subject.ae_title, soaked.subject.address
    said = [words_of(each, title) if isinstance(each, Script) else each for each in conversations]
    with ThreadPoolExecutor(WORKERS) as workers:
        list(workers.map(lambda words: hold(words, address), said))
    return ""


def _smallest(target: Target, scripts: list[Script], fault: str) -> tuple[str, str]:
    """Reduce a batch to the smallest conversation that shows a fault, as a scenario; "" where it cannot be repeated."""
    titles: list[str] = []
    answers: list[tuple[str, list[bytes]]] = []

    def shows(conversations: Sequence[Script | Words]) -> str:
        with watched(target) as one:
            titles.append(one.soaked.subject.ae_title)
            found = _hold_all(one, conversations) or one.fault(is_last=True)
            if found and isinstance(one.soaked, Asked) and one.soaked.peer is not None:
                answers.append((one.soaked.operation, one.soaked.peer.said))
            return found

    found = reduced(scripts, shows)
    if found is None:
        return f"{fault}\n(not seen again when the batch was repeated)", ""
    fault, script = found
    if answers:
        return fault, answering_scenario(*answers[-1])
    fault, words = fewer_turns(words_of(script, titles[-1]), fault, shows)
    return fault, scenario_of(words)


def report(found: Fuzzed) -> None:
    """Print what came of one target."""
    rate = found.conversations / found.seconds
    print(f"{found.name}: {found.conversations} conversations, {rate:.0f}/s")
    print(f"  threads {found.before.threads} before, {found.after.threads} after")
    print(f"  descriptors {found.before.descriptors} before, {found.after.descriptors} after")
    print(f"  memory {found.plateau_kib} KiB on the plateau, {found.after.memory_kib} KiB at the end")
    if found.fault:
        print(f"  FAULT: {found.fault}")
    if found.scenario:
        print(found.scenario)
    sys.stdout.flush()


def main() -> int:
    """Fuzz each target that was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--conversations", type=int, default=20_000, help="with each target; default: 20000")
    parser.add_argument("--target", default="", help="part of a target's name; default: all of them")
    parser.add_argument("--seed", type=int, default=0, help="which conversations; default: 0")
    options = parser.parse_args()
    chosen = [each for each in targets() if options.target in each.name]
    if not chosen:
        parser.error(f"no target is named like {options.target}")
    print_machine()
    faults = 0
    for target in chosen:
        found = fuzz(target, options.conversations, options.seed)
        report(found)
        faults += bool(found.fault)
    return 1 if faults else 0


def targets() -> tuple[Target, ...]:
    """Give every target: those to which a requestor comes, then those that open associations."""
    acceptors = tuple(target for target in TARGETS if not target.name.endswith(REQUESTORS))
    return (*acceptors, *TARGETS_OF_REQUESTORS)


if __name__ == "__main__":
    sys.exit(main())
