"""`index.html` of a load run: one self-contained page, made from its `run.json`.

Invariants: the page has no script and needs no network; every figure that is drawn stands in a table, too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dicom_conformance.results import Finding, LoadRun, OperationFigures, read_load_run
from dicom_reports.assembly import write_page

MOST_FINDINGS = 100
"""Findings that are shown; all are in `run.json`."""
LEFT, RIGHT = 2.0, 98.0
"""Where the drawn times begin and end, in hundredths of the width."""
WORDS = {
    0: ("PASS", "No finding", "What was answered as stored is held, and the limits of the plan were kept."),
    1: ("FAIL", "Findings", "Something that was answered as stored is not held, or a limit of the plan was not kept."),
    2: ("INCONCLUSIVE", "Not judged", "This run cannot be judged; why stands below."),
}
UNCHECKED = "The limits of the plan were kept. What is held was not looked at: the plan says `check: {by: none}`."


@dataclass(frozen=True, slots=True)
class Strip:
    """The times of one kind of operation as they are drawn.

    Attributes
    ----------
    p50, p95, p99, most : float
        Where they are, in hundredths of the width.
    said : str
        The same in words.
    """

    figures: OperationFigures
    p50: float
    p95: float
    p99: float
    most: float
    said: str


@dataclass(frozen=True, slots=True)
class Scale:
    """A logarithmic scale of milliseconds."""

    low_ms: float
    high_ms: float

    @classmethod
    def of(cls, times_ms: Iterable[float]) -> Scale:
        """Give the scale on which all of these times have a place: whole powers of ten around them."""
        found = [max(each, 1e-3) for each in times_ms] or [1.0]
        low, high = math.floor(math.log10(min(found))), math.ceil(math.log10(max(found)))
        return cls(10.0**low, 10.0 ** max(high, low + 1))

    def place(self, time_ms: float) -> float:
        """Give where a time is, in hundredths of the width."""
        share = math.log10(max(time_ms, self.low_ms) / self.low_ms) / math.log10(self.high_ms / self.low_ms)
        return round(LEFT + (RIGHT - LEFT) * share, 2)

    @property
    def marks(self) -> list[tuple[float, str]]:
        """The powers of ten: where each is, and how it is written."""
        powers = range(round(math.log10(self.low_ms)), round(math.log10(self.high_ms)) + 1)
        return [(self.place(10.0**power), in_ms(10.0**power)) for power in powers]


def in_ms(time_ms: float) -> str:
    """Write a time with three figures, in milliseconds or, from one second on, in seconds."""
    if time_ms >= 1000:
        return f"{time_ms / 1000:.3g} s" if time_ms < 100_000 else f"{time_ms / 1000:,.0f} s"
    return f"{time_ms:.0f} ms" if time_ms >= 100 else f"{time_ms:.3g} ms"


def in_bytes(size: float) -> str:
    """Write a size with three figures, in the unit that suits it."""
    for unit in ("B", "KiB", "MiB"):
        if size < 1000:
            return f"{size:.3g} {unit}" if unit != "B" else f"{size:.0f} B"
        size /= 1024
    return f"{size:,.3g} GiB" if size < 1000 else f"{size:,.0f} GiB"


def strips(run: LoadRun) -> tuple[Scale, list[Strip]]:
    """Give what is drawn: the scale, and a strip for each kind of operation of which any succeeded."""
    shown = [one for one in run.operations if one.percentiles_ms]
    scale = Scale.of(time for one in shown for time in one.percentiles_ms.values())
    return scale, [_strip(one, scale) for one in shown]


def _strip(figures: OperationFigures, scale: Scale) -> Strip:
    times = [figures.percentiles_ms[each] for each in ("50", "95", "99", "100")]
    words = (f"{name} {in_ms(time)}" for name, time in zip(("50 %", "95 %", "99 %", "longest"), times, strict=True))
    said = f"{figures.operation} {figures.name}: {', '.join(words)}"
    p50, p95, p99, most = (scale.place(time) for time in times)
    return Strip(figures, p50, p95, p99, most, said)


def failures(run: LoadRun) -> Iterator[tuple[str, str, str, int]]:
    """Give each kind of failure: operation, name, what happened, how often."""
    for one in run.operations:
        for why, count in one.failures.items():
            yield one.operation, one.name, why, count


def verdict_of(finding: Finding) -> str:
    """Give the word for a finding, as other reports have it."""
    return "PASS" if not finding.unmet else "WARN" if finding.level == "should" else "FAIL"


def render_load(folder: Path) -> Path:
    """Write `index.html` beside the `run.json` of a load run.

    Raises
    ------
    DataError : the file is missing, or is no load run.
    """
    run = read_load_run(folder / "run.json")
    kind, word, sentence = WORDS[run.exit_status]
    if run.exit_status == 0 and run.stored.held is None:
        sentence = UNCHECKED
    scale, drawn = strips(run)
    return write_page(
        folder,
        "load.html.j2",
        run=run,
        kind=kind,
        word=word,
        sentence=sentence,
        total=sum(one.count for one in run.operations if one.operation.startswith("C-")),
        failed=sum(one.failed for one in run.operations),
        size=in_bytes(sum(one.size_bytes for one in run.operations)),
        scale=scale,
        strips=drawn,
        failures=list(failures(run)),
        findings=sorted(run.findings, key=lambda one: one.met)[:MOST_FINDINGS],
        left=max(0, len(run.findings) - MOST_FINDINGS),
        verdict_of=verdict_of,
        in_ms=in_ms,
        in_bytes=in_bytes,
        versions=sorted(run.versions.items()),
    )
