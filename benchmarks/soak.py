"""Minutes of honest and hostile traffic against each AE, as a process of its own: does it stay as it began?

Against each target, workers hold hostile and honest conversations, one after the other, while an honest peer in a
process of its own asks C-ECHO again and again. What is asked of the target:

- threads and descriptors: back to what they were before the traffic;
- memory: within 10 % of the plateau after the first minute (of a shorter soak: after its first quarter);
- every honest peer is served, and the 99th percentile of the echo is printed beside its aim of 100 ms;
- the process ends within seconds of SIGTERM.

    python benchmarks/soak.py [--minutes 10] [--target loader] [--seed 0]

The exit status is 1 where threads, descriptors, memory or an honest peer are not as they should be; the time of the
echo never decides it. Linux only, for it reads /proc.

How to add a target: see `soak_targets`; conversations are in `soak_traffic`, the hostile peer that is called in
`soak_adversary`.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median

from machine import print_machine
from soak_targets import TARGETS, Soaked, Target
from soak_traffic import VERIFICATION, Conversation, Subject, UnservedError, echo_rq, honest

HOSTILE_WORKERS = 6
HONEST_WORKERS = 2
ECHO_INTERVAL_S = 0.05
ECHO_AIM_MS = 100.0
GROWTH_AIM = 1.10
SETTLE_S = 30.0
QUIET_S = 12.0  # longer than any pool of threads keeps one that it does not need
FIRST_S = 60.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What the kernel says of a process: kibibytes in memory, threads, open descriptors."""

    memory_kib: int
    threads: int
    descriptors: int


@dataclass(slots=True)
class Finding:
    """What came of the soak of one target."""

    name: str
    before: Sample
    after: Sample
    plateau_kib: int
    last_kib: int
    echoes_ms: list[float]
    conversations: Counter[str]
    unserved: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """What is not as it should be, in words."""
        pairs = (
            ("threads", self.before.threads, self.after.threads),
            ("descriptors", self.before.descriptors, self.after.descriptors),
        )
        found = [f"{what} at the end: {after}, not {before}" for what, before, after in pairs if after > before]
        if self.last_kib > GROWTH_AIM * self.plateau_kib:
            found.append(f"memory grew from {self.plateau_kib} to {self.last_kib} KiB")
        if not self.echoes_ms:
            found.append("no echo was answered")
        return found + self.unserved


def sample(process_id: int) -> Sample:
    """Look at a process in /proc."""
    status = Path(f"/proc/{process_id}/status").read_text(encoding="ascii")
    fields = dict(line.split(":", 1) for line in status.splitlines())
    descriptors = len(os.listdir(f"/proc/{process_id}/fd"))
    return Sample(int(fields["VmRSS"].split()[0]), int(fields["Threads"]), descriptors)


def percentile(values: list[float], percent: float) -> float:
    """Return the smallest value that `percent` of the values do not exceed; NaN of none."""
    return sorted(values)[max(0, math.ceil(percent / 100 * len(values)) - 1)] if values else math.nan


class Traffic:
    """Workers that hold conversations with one AE until they are stopped."""

    def __init__(self, soaked: Soaked, seed: int, rest_s: float) -> None:
        self._soaked = soaked
        self._rest_s = rest_s
        self._stopping = threading.Event()
        self.conversations: Counter[str] = Counter()
        self.unserved: list[str] = []
        kinds = [soaked.hostile] * HOSTILE_WORKERS + [soaked.honest] * HONEST_WORKERS
        self._threads = [
            threading.Thread(target=self._work, args=(kind, Random(f"{seed} {number}")))
            for number, kind in enumerate(kinds)
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each worker end its conversation."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _work(self, conversations: tuple[Conversation, ...], random: Random) -> None:
        while not self._stopping.is_set():
            conversation = random.choice(conversations)
            try:
                conversation(self._soaked.subject, random)
            except Exception as error:  # counted and reported; the other workers go on
                self.unserved.append(f"{conversation.__name__}: {type(error).__name__}: {error}")
                self._stopping.wait(1)
            self.conversations[conversation.__name__] += 1
            self._stopping.wait(self._rest_s)


def soak(target: Target, seconds: float, seed: int = 0, quiet_s: float = QUIET_S, rest_s: float = 0.0) -> Finding:
    """Soak one target for so many seconds.

    Parameters
    ----------
    target : Target
        What is soaked.
    seconds : float
        How long.
    seed : int
        Of the choice of conversations.
    quiet_s : float
        So long must threads and descriptors stay the same before it.
    rest_s : float
        So long does each worker rest after a conversation; it leaves a machine to others.
    """
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, target.start(Path(folder)) as soaked:
        subject = soaked.subject
        warm_up(soaked, seed)
        before = settled(soaked, None, quiet_s)
        traffic = Traffic(soaked, seed, rest_s)
        with subprocess.Popen(
            [sys.executable, __file__, "--echo", *map(str, subject.address), subject.ae_title, str(seconds)],
            stdout=subprocess.PIPE,
            text=True,
        ) as echo:
            traffic.start()
            samples = watch(subject.process_id, seconds)
            traffic.stop()
            lines = echo.communicate()[0].splitlines()
        failures = [f"the echo: {line}" for line in lines if not line.replace(".", "").isdigit()]
        first, last = plateau(samples, seconds)
        return Finding(
            name=target.name,
            before=before,
            after=settled(soaked, before),
            plateau_kib=first,
            last_kib=last,
            echoes_ms=[float(line) for line in lines if line.replace(".", "").isdigit()],
            conversations=traffic.conversations,
            unserved=traffic.unserved + failures,
        )


def warm_up(soaked: Soaked, seed: int) -> None:
    """Hold each honest conversation once, by as many workers as there will be: what is kept for them is then there."""

    def work(number: int) -> None:
        for conversation in soaked.honest:
            conversation(soaked.subject, Random(f"{seed} warm-up {number}"))

    with ThreadPoolExecutor(HOSTILE_WORKERS + HONEST_WORKERS) as workers:
        for _ in workers.map(work, range(HOSTILE_WORKERS + HONEST_WORKERS)):
            pass


def watch(process_id: int, seconds: float) -> list[Sample]:
    """Look at the process ten times a second."""
    samples, begin = [], time.monotonic()
    while (now := time.monotonic()) < begin + seconds:
        samples.append(sample(process_id))
        time.sleep(max(0.0, min(0.1, begin + seconds - now)))
    return samples


def plateau(samples: list[Sample], seconds: float) -> tuple[int, int]:
    """Return the median memory of the time after the first minute (or quarter), and that of the end, in KiB."""
    first = int(len(samples) * min(FIRST_S / seconds, 0.25))
    length = max(1, min(first, (len(samples) - first) // 2))
    memory = [each.memory_kib for each in samples]
    return int(median(memory[first : first + length])), int(median(memory[-length:]))


def settled(soaked: Soaked, wanted: Sample | None, quiet_s: float = QUIET_S) -> Sample:
    """Look at the process until its threads and descriptors are back, or stay as they are; with a deadline."""
    begin = time.monotonic()
    process_id, unchanged_since = soaked.subject.process_id, begin
    last = sample(process_id)
    while time.monotonic() < begin + SETTLE_S:
        time.sleep(0.5)
        soaked.give_back()
        now = sample(process_id)
        if (now.threads, now.descriptors) != (last.threads, last.descriptors):
            unchanged_since = time.monotonic()
        if wanted is None and time.monotonic() > unchanged_since + quiet_s:
            break
        if wanted is not None and now.threads <= wanted.threads and now.descriptors <= wanted.descriptors:
            break
        last = now
    return last if wanted is None else now


def echo(subject: Subject, seconds: float) -> None:
    """Ask C-ECHO again and again; print the milliseconds of each."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with honest(subject) as peer:
                peer.open(VERIFICATION)
                for number in range(1, 1 + round(5 / ECHO_INTERVAL_S)):  # a new association every five seconds
                    begin = time.perf_counter()
                    if (status := peer.ask(1, echo_rq(number))) != 0:
                        raise UnservedError(f"C-ECHO answered {status:04X}")
                    print(f"{(time.perf_counter() - begin) * 1000:.3f}")
                    if time.monotonic() >= end:
                        break
                    time.sleep(ECHO_INTERVAL_S)
                peer.release()
        except UnservedError as error:
            print(f"unserved: {error}")
            time.sleep(ECHO_INTERVAL_S)


def report(finding: Finding) -> None:
    """Print what came of one target."""
    before, after = finding.before, finding.after
    at_99 = percentile(finding.echoes_ms, 99)
    verdict = "within" if at_99 <= ECHO_AIM_MS else "above"
    print(f"{finding.name}: {sum(finding.conversations.values())} conversations")
    print(f"  threads {before.threads} before, {after.threads} after")
    print(f"  descriptors {before.descriptors} before, {after.descriptors} after")
    growth = finding.last_kib / finding.plateau_kib
    print(f"  memory {finding.plateau_kib} KiB on the plateau, {finding.last_kib} KiB at the end ({growth:.2f} x)")
    print(
        f"  echo: {len(finding.echoes_ms)} answered, median {percentile(finding.echoes_ms, 50):.1f} ms, "
        f"99th percentile {at_99:.1f} ms ({verdict} the aim of {ECHO_AIM_MS:.0f} ms)"
    )
    for fault, count in Counter(finding.faults).most_common(20):
        print(f"  FAULT: {fault}" + (f" ({count} times)" if count > 1 else ""))
    sys.stdout.flush()


def main() -> int:
    """Soak each target that was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="for each target; default: 10")
    parser.add_argument("--target", default="", help="part of a target's name; default: all of them")
    parser.add_argument("--seed", type=int, default=0, help="which conversations, in which order; default: 0")
    parser.add_argument("--echo", nargs=4, help=argparse.SUPPRESS)  # the honest peer, in a process of its own
    options = parser.parse_args()
    if options.echo:
        host, port, title, seconds = options.echo
        echo(Subject(0, title, (host, int(port))), float(seconds))
        return 0
    print_machine()
    chosen = [target for target in TARGETS if options.target in target.name]
    if not chosen:
        parser.error(f"no target is named like {options.target}")
    findings = []
    for target in chosen:
        findings.append(soak(target, options.minutes * 60, options.seed))
        report(findings[-1])
    return 1 if any(finding.faults for finding in findings) else 0


if __name__ == "__main__":
    sys.exit(main())
