"""Parts of a run that are played on different machines: every case is in exactly one shard.

Cases are divided by scenario, so that what a scenario sets up is set up once, and scenarios that depend on each other
stay together. The division depends on the cases alone: the same on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dicom_conformance.scenario import Case

__all__ = ["Shard", "read_shard"]

MOST_SHARDS = 1000


@dataclass(frozen=True, slots=True)
class Shard:
    """One part of a run.

    Parameters
    ----------
    number, count : int
        Which part, from 1, and how many there are.
    """

    number: int
    count: int

    def __str__(self) -> str:
        """Write it as the command line takes it."""
        return f"{self.number}/{self.count}"

    def chooses(self, cases: Sequence[Case]) -> list[Case]:
        """Choose the cases of this part, in their order.

        Groups of scenarios go, the largest first, to the part that has the fewest cases so far.
        """
        groups = _groups(cases)
        sizes: dict[str, int] = {}
        for case in cases:
            group = groups[case.scenario.id]
            sizes[group] = sizes.get(group, 0) + 1
        loads = [0] * self.count
        part_of: dict[str, int] = {}
        for group in sorted(sizes, key=lambda name: (-sizes[name], name)):
            lightest = min(range(self.count), key=lambda part: (loads[part], part))
            loads[lightest] += sizes[group]
            part_of[group] = lightest
        return [case for case in cases if part_of[groups[case.scenario.id]] == self.number - 1]


def read_shard(text: str) -> Shard:
    """Read ``2/5``.

    Raises
    ------
    ValueError
        It is no part of a whole; the message says what is expected.
    """
    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count) <= MOST_SHARDS):
        raise ValueError(f"expected i/n, such as 1/4, with i from 1 to n and n at most {MOST_SHARDS}, not {text!r}")
    return Shard(int(number), int(count))


def _groups(cases: Sequence[Case]) -> dict[str, str]:
    """Map each scenario to the first scenario, by id, of those that it is tied to by dependencies."""
    parents = {case.scenario.id: case.scenario.id for case in cases}

    def root(name: str) -> str:
        while parents[name] != name:
            name = parents[name]
        return name

    for scenario in {case.scenario.id: case.scenario for case in cases}.values():
        for dependency in scenario.header.depends_on:
            if dependency in parents:
                first, second = sorted((root(scenario.id), root(dependency)))
                parents[second] = first
    return {name: root(name) for name in parents}
