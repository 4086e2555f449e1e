"""How many small changes to the code the unit tests notice: `python tests/small_changes/measure.py --seed 1`.

A sample of changes is drawn from each room by a seed. Each is made alone, in a copy of the project; the unit tests of
the room that reach it are run there, and the change is noticed when one of them fails, or the run does not end.
Changes that are known to be equivalent are left out of the count.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import blocks
import equivalents
from changes import Change
from checkout_copy import ROOT, Played, Runner, compiled, copy_of_the_project
from reach import Reach
from sample import ROOMS, Room, draw

MODULE_DEADLINE_S = 900.0
DEADLINE_S = 30.0
TIMES = 6.0
"""The tests that reach a change get `DEADLINE_S` and so many times as long as without the change."""
CACHE = ROOT / ".pytest_cache" / "reached"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a change: which test noticed it, or why none did."""

    change: Change
    noticed: bool
    how: str


@dataclass(frozen=True, slots=True)
class Measured:
    """The outcomes of a room, and how many of the drawn changes are equivalent."""

    room: Room
    outcomes: tuple[Outcome, ...]
    equivalent: int

    @property
    def survivors(self) -> list[Outcome]:
        """The changes that no test noticed."""
        return [one for one in self.outcomes if not one.noticed]

    @property
    def rate(self) -> float:
        """The part of the changes that was noticed, 0 to 1."""
        return 1.0 - len(self.survivors) / len(self.outcomes) if self.outcomes else 1.0

    def __str__(self) -> str:
        """Give the line of the room, and one for each survivor."""
        drawn = len(self.outcomes)
        rate = f"{self.room.name}: noticed {drawn - len(self.survivors)} of {drawn} ({self.rate:.0%})"
        aim = f"aim {self.room.aim:.0%}" if self.rate >= self.room.aim else f"below its aim of {self.room.aim:.0%}"
        left_out = f", {self.equivalent} equivalent left out" if self.equivalent else ""
        return "\n".join((f"{rate}, {aim}{left_out}", *(f"  {one.change}: {one.how}" for one in self.survivors)))


class Runners:
    """Several runners, each with a copy of the project of its own; at most so many runs at once."""

    def __init__(self, copies: Sequence[tuple[Path, Runner]]) -> None:
        self._free: SimpleQueue[tuple[Path, Runner]] = SimpleQueue()
        self._count = len(copies)
        for one in copies:
            self._free.put(one)

    @contextmanager
    def one(self) -> Iterator[tuple[Path, Runner]]:
        """Lend a copy and its runner."""
        lent = self._free.get()
        try:
            yield lent
        finally:
            self._free.put(lent)

    def all(self, tasks: Sequence[Callable[[], None]]) -> None:
        """Do tasks, as many at once as there are runners."""
        with ThreadPoolExecutor(self._count) as pool:
            for done in [pool.submit(task) for task in tasks]:
                done.result()


@contextmanager
def runners(count: int) -> Iterator[Runners]:
    """Copy the project so many times, and start a runner in each copy."""
    with ExitStack() as stack:
        copies = []
        for number in range(count):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="small-changes-")))
            copy = copy_of_the_project(folder / "project")
            copies.append((copy, stack.enter_context(Runner(copy, folder / f"runner-{number}"))))
        yield Runners(copies)


def reach_of(room: Room, at_once: int) -> Reach:
    """Run all unit tests of a room on code that notes its blocks, and give what each test reaches.

    What a module of tests reached is remembered until the code of the room, or a file beside the tests, changes.
    """
    reach = Reach()
    noting = {path: reach.read(path.read_bytes(), _name(path)) for path in room.files(ROOT)}
    CACHE.mkdir(parents=True, exist_ok=True)
    known = {module: CACHE / f"{_digest(room, module)}.json" for module in room.test_modules(ROOT)}
    missing = [module for module, file in known.items() if not file.exists()]
    if missing:
        with runners(at_once) as pool:
            pool.all([lambda module=module: _record(pool, noting, module, known[module]) for module in missing])
    for file in known.values():
        if file.exists():
            reach.add(file)
    return reach


def _record(pool: Runners, noting: dict[Path, bytes], module: str, known: Path) -> None:
    with pool.one() as (copy, runner):
        if not (copy / "reached_blocks.py").exists():
            for path, source in noting.items():
                (copy / _name(path)).write_bytes(source)
            compiled(copy)
            (copy / "reached_blocks.py").write_text(blocks.RECORDER)
        played = runner.play([module], MODULE_DEADLINE_S)
        if played.record.exists():
            known.write_bytes(played.record.read_bytes())
        else:
            print(f"{module} did not end, and is left out", file=sys.stderr)


def _digest(room: Room, module: str) -> str:
    beside = [path for path in (ROOT / module).parent.glob("*.py") if not path.name.startswith("test_")]
    digest = hashlib.sha256(module.encode())
    for path in (*room.files(ROOT), *sorted(beside), ROOT / module, Path(blocks.__file__)):
        digest.update(_name(path).encode() + path.read_bytes())
    return digest.hexdigest()


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def measure(room: Room, drawn: Sequence[Change], at_once: int, progress: Callable[[Outcome], None]) -> Measured:
    """Make each change alone, and run the tests that reach it."""
    known = {one.key for one in equivalents.read()}
    counted = [change for change in drawn if change.key not in known]
    reach = reach_of(room, at_once)
    for test in sorted(reach.failed):
        print(f"{test} fails without any change, and is left out", file=sys.stderr)
    outcomes: list[Outcome] = []

    def play(pool: Runners, change: Change) -> None:
        outcomes.append(_outcome(pool, reach, change))
        progress(outcomes[-1])

    with runners(at_once) as pool:
        pool.all([lambda change=change: play(pool, change) for change in counted])
    return Measured(room, tuple(outcomes), len(drawn) - len(counted))


def _outcome(pool: Runners, reach: Reach, change: Change) -> Outcome:
    tests = reach.tests(change)
    if not tests:
        return Outcome(change, False, "no test reaches it")
    modules = list(dict.fromkeys(test.partition("::")[0] for test in tests))
    in_modules = [test for test in reach.duration_s if test.partition("::")[0] in modules]
    deadline_s = DEADLINE_S + TIMES * sum(reach.duration_s[test] for test in in_modules)
    left_out = tuple(f"--deselect={test}" for test in reach.failed if test.partition("::")[0] in modules)
    with pool.one() as (copy, runner):
        file = copy / change.file
        source = file.read_bytes()
        try:
            file.write_bytes(change.applied(source))
            played = runner.play(modules, deadline_s, tests, ("-x", *left_out))
        finally:
            file.write_bytes(source)
    return Outcome(change, played.noticed, _how(played, tests))


def _how(played: Played, tests: list[str]) -> str:
    if played.failed:
        return played.failed[0]
    if not played.by_itself:
        return "the run did not end"
    return f"{len(tests)} tests reach it" if not played.noticed else "the run broke off"


def main() -> int:
    """Print the rate of each room and its survivors; 1 if a rate is below its aim."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    arguments.add_argument("--seed", type=int, default=1, help="what draws the sample (default: 1)")
    arguments.add_argument("--count", type=int, default=50, help="changes drawn from each room (default: 50)")
    arguments.add_argument("--room", action="append", choices=sorted(ROOMS), help="only this room; repeatable")
    arguments.add_argument("--at-once", type=int, default=2, help="runs at once (default: 2)")
    arguments.add_argument("--verbose", action="store_true", help="print each change and the test that noticed it")
    given = arguments.parse_args()

    def progress(outcome: Outcome) -> None:
        if given.verbose:
            print(f"{'noticed' if outcome.noticed else 'SURVIVED'} {outcome.change}: {outcome.how}", flush=True)

    print(f"seed {given.seed}, {given.count} changes from each room", flush=True)
    below = False
    for name in given.room or ROOMS:
        room = ROOMS[name]
        measured = measure(room, draw(room, ROOT, given.seed, given.count), given.at_once, progress)
        print(measured, flush=True)
        below = below or measured.rate < room.aim
    return int(below)


if __name__ == "__main__":
    sys.exit(main())
