"""What an OSM counts while it runs.

Invariants: any thread may count; a figure only grows, and begins at nothing when the OSM starts. The values of labels
are ours (statuses, levels, results), never a peer's, so that their number is bounded.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
TASKS: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0)


@dataclass(frozen=True, slots=True)
class Sample:
    """One line of the page: what follows the name of the figure, its labels, its value."""

    value: float
    labels: tuple[tuple[str, str], ...] = ()
    suffix: str = ""


class Figure(Protocol):
    """A figure with all of its samples."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def summary(self) -> str:
        """What it is, in one line."""

    @property
    def kind(self) -> str:
        """Its type, as Prometheus calls it."""

    def samples(self) -> Iterator[Sample]:
        """Yield its samples, as they are now."""


class Counter:
    """Counts by the values of labels.

    Parameters
    ----------
    name : str
        Ends in `_total`.
    labels : sequence of str
        The names of its labels.
    """

    kind: Final = "counter"

    def __init__(self, name: str, summary: str, labels: Sequence[str] = ()) -> None:
        self.name, self.summary = name, summary
        self._labels = tuple(labels)
        self._lock = threading.Lock()
        self._values: dict[tuple[str, ...], float] = {} if labels else {(): 0.0}

    def add(self, amount: float = 1, *values: str) -> None:
        """Count so many more for these values of its labels."""
        assert len(values) == len(self._labels), "each label has a value"
        with self._lock:
            self._values[values] = self._values.get(values, 0.0) + amount

    def samples(self) -> Iterator[Sample]:
        """Yield its samples, in the order of their labels."""
        with self._lock:
            held = sorted(self._values.items())
        for values, count in held:
            yield Sample(count, tuple(zip(self._labels, values, strict=True)))


class Histogram:
    """Counts observations by their size, and by the value of one label at most.

    Parameters
    ----------
    bounds : sequence of float
        The upper bounds of the buckets, each belonging to its bucket.
    label : str, optional
        The name of its label.
    """

    kind: Final = "histogram"

    def __init__(self, name: str, summary: str, bounds: Sequence[float], label: str = "") -> None:
        self.name, self.summary = name, summary
        self._bounds = tuple(bounds)
        self._label = label
        self._lock = threading.Lock()
        self._held: dict[str, _Observed] = {} if label else {"": _Observed([0] * (len(self._bounds) + 1))}

    def observe(self, size: float, value: str = "") -> None:
        """Count one observation."""
        with self._lock:
            held = self._held.setdefault(value, _Observed([0] * (len(self._bounds) + 1)))
            held.counts[bisect_left(self._bounds, size)] += 1
            held.total += size

    def samples(self) -> Iterator[Sample]:
        """Yield the buckets, each with all that is smaller, then sum and count."""
        with self._lock:
            held = [(value, list(each.counts), each.total) for value, each in sorted(self._held.items())]
        for value, counts, total in held:
            labels = ((self._label, value),) if self._label else ()
            below = 0
            for bound, count in zip((*self._bounds, float("inf")), counts, strict=True):
                below += count
                yield Sample(below, (*labels, ("le", "+Inf" if bound == float("inf") else f"{bound:g}")), "_bucket")
            yield Sample(total, labels, "_sum")
            yield Sample(below, labels, "_count")


@dataclass(slots=True)
class _Observed:
    counts: list[int]
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Gauge:
    """A value as it is now."""

    name: str
    summary: str
    value: float
    kind: str = "gauge"

    def samples(self) -> Iterator[Sample]:
        """Yield the value."""
        yield Sample(self.value)


def _stores() -> Counter:
    return Counter("osm_stores_total", "C-STORE requests by their status.", ("status",))


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that an OSM counts."""

    stores: Counter = field(default_factory=_stores)
    store_bytes: Counter = field(
        default_factory=lambda: Counter(
            "osm_store_bytes_total", "Bytes of the data sets of C-STORE requests, by their status.", ("status",)
        )
    )
    contradictions: Counter = field(
        default_factory=lambda: Counter(
            "osm_contradictions_total",
            "Attributes of a patient, study or series that say otherwise than those of earlier instances.",
        )
    )
    batch: Histogram = field(
        default_factory=lambda: Histogram("osm_batch_size", "Tasks in one transaction of the index.", TASKS)
    )
    commit: Histogram = field(
        default_factory=lambda: Histogram(
            "osm_commit_seconds", "How long a transaction of the index took, with its commit.", SECONDS
        )
    )
    sync: Histogram = field(
        default_factory=lambda: Histogram("osm_sync_seconds", "How long the sync of an instance's file took.", SECONDS)
    )
    find: Histogram = field(
        default_factory=lambda: Histogram(
            "osm_find_seconds",
            "How long a C-FIND took, from its request to its final reply, by level.",
            SECONDS,
            "level",
        )
    )
    finds: Counter = field(
        default_factory=lambda: Counter("osm_finds_total", "C-FIND requests by their final status.", ("status",))
    )
    sub_operations: Counter = field(
        default_factory=lambda: Counter(
            "osm_sub_operations_total", "C-STOREs of C-MOVE and C-GET, by their result.", ("operation", "result")
        )
    )

    def all(self) -> tuple[Figure, ...]:
        """Return them in the order of the page."""
        return (
            self.stores,
            self.store_bytes,
            self.contradictions,
            self.batch,
            self.commit,
            self.sync,
            self.find,
            self.finds,
            self.sub_operations,
        )
