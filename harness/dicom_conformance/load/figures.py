"""How often each operation was performed, how long it took and what came of it: small, and mergeable over workers.

Invariants: times are counted in buckets, each 2 % wider than the one before it, so that a percentile is wrong by 1 % at
most, however long the run; merging adds counts and loses nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Figures", "Sample", "Tally", "Times"]

_WIDTH = math.log(1.02)
_SHORTEST_S = 1e-6
MOST_REASONS = 50
OTHER_REASONS = "other reasons"
"""What takes the place of further reasons, so that a peer that always fails differently does not fill the memory."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One operation that was performed.

    Attributes
    ----------
    operation : str
        ``C-STORE``, or ``A-ASSOCIATE`` or ``A-RELEASE``.
    name : str
        Which entry of the mix it was, in words.
    elapsed_s : float
        From its first byte to the end of its last response.
    size_bytes : int
        Of the data sets, in both directions.
    failure : str
        Why it failed: a status as four hex digits, or how the association ended; empty where it did not.
    """

    operation: str
    name: str
    elapsed_s: float
    size_bytes: int = 0
    failure: str = ""


@dataclass(slots=True)
class Times:
    """How long operations took."""

    buckets: Counter[int] = field(default_factory=Counter)
    total_s: float = 0.0
    longest_s: float = 0.0

    def take(self, elapsed_s: float) -> None:
        """Count a time."""
        self.buckets[math.ceil(math.log(max(elapsed_s, _SHORTEST_S) / _SHORTEST_S) / _WIDTH)] += 1
        self.total_s += elapsed_s
        self.longest_s = max(self.longest_s, elapsed_s)

    @property
    def count(self) -> int:
        """How many times were counted."""
        return self.buckets.total()

    def percentile_s(self, percentile: float) -> float:
        """Give the time that so many of 100 operations did not exceed; 0 where there are none."""
        if not self.buckets:
            return 0.0
        rank, seen = max(1, math.ceil(self.count * percentile / 100)), 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= rank:
                return min(_middle_s(bucket), self.longest_s)
        return self.longest_s

    def merge(self, other: Times) -> None:
        """Add the times of another."""
        self.buckets.update(other.buckets)
        self.total_s += other.total_s
        self.longest_s = max(self.longest_s, other.longest_s)


def _middle_s(bucket: int) -> float:
    return _SHORTEST_S * math.exp((bucket - 0.5) * _WIDTH)


@dataclass(slots=True)
class Tally:
    """What came of the operations of one kind; the times are of those that did not fail."""

    times: Times = field(default_factory=Times)
    size_bytes: int = 0
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        """How many were performed, failed ones among them."""
        return self.times.count + self.failures.total()

    def take(self, sample: Sample) -> None:
        """Count one."""
        self.size_bytes += sample.size_bytes
        if sample.failure:
            self._fail(sample.failure, 1)
        else:
            self.times.take(sample.elapsed_s)

    def merge(self, other: Tally) -> None:
        """Add what another counted."""
        self.times.merge(other.times)
        self.size_bytes += other.size_bytes
        for why, count in other.failures.items():
            self._fail(why, count)

    def _fail(self, why: str, count: int) -> None:
        is_named = why in self.failures or len(self.failures) < MOST_REASONS
        self.failures[why if is_named else OTHER_REASONS] += count


@dataclass(slots=True)
class Figures:
    """The tallies of a run by operation and name."""

    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)

    def take(self, sample: Sample) -> None:
        """Count one operation."""
        self.tallies.setdefault((sample.operation, sample.name), Tally()).take(sample)

    def merge(self, others: Iterable[Figures]) -> None:
        """Add what others counted."""
        for other in others:
            for key, tally in other.tallies.items():
                self.tallies.setdefault(key, Tally()).merge(tally)

    def of(self, operation: str) -> Tally:
        """Give the tally of an operation, whatever its name."""
        whole = Tally()
        for (each, _), tally in self.tallies.items():
            if each == operation:
                whole.merge(tally)
        return whole

    def to_plain(self) -> list[dict[str, Any]]:
        """Give plain data, which JSON and the messages between workers can carry."""
        return [
            {
                "operation": operation,
                "name": name,
                "buckets": [[bucket, count] for bucket, count in sorted(tally.times.buckets.items())],
                "total_s": tally.times.total_s,
                "longest_s": tally.times.longest_s,
                "size_bytes": tally.size_bytes,
                "failures": dict(tally.failures),
            }
            for (operation, name), tally in self.tallies.items()
        ]

    @classmethod
    def from_plain(cls, plain: Iterable[Mapping[str, Any]]) -> Figures:
        """Read what `to_plain` gave."""
        made = cls()
        for one in plain:
            times = Times(Counter({int(bucket): int(count) for bucket, count in one["buckets"]}))
            times.total_s, times.longest_s = float(one["total_s"]), float(one["longest_s"])
            tally = Tally(times, int(one["size_bytes"]), Counter(one["failures"]))
            made.tallies[str(one["operation"]), str(one["name"])] = tally
        return made
