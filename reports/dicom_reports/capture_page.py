"""`index.html` of a judged capture: one self-contained page, made from its `run.json`.

Invariants: the page has no script and needs no network; every finding names its clause, side and message, and leads to
the place in the timeline that shows it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dicom_conformance.results import (
    CaptureConversation,
    CaptureEvent,
    CaptureFinding,
    CaptureRun,
    Level,
    read_capture_run,
)
from dicom_reports.assembly import write_page

MOST_PLACES = 20
"""Findings of one clause that are listed one by one."""
REQUESTOR, ACCEPTOR = "requestor", "acceptor"
WORDS = {
    0: ("PASS", "No requirement broken", "Every conversation of the capture was judged."),
    1: ("FAIL", "Requirements broken", "At least one requirement of the standard was not met."),
    2: ("INCONCLUSIVE", "Not judged", "The capture has no conversation, or one that could not be judged to its end."),
}
RECOMMENDATIONS = ("WARN", "Recommendations not followed", "All requirements were met, some recommendations were not.")


@dataclass(slots=True)
class Broken:
    """The findings of one rule by one side.

    Attributes
    ----------
    places : list of CaptureFinding
        The first of them.
    count : int
        How many there are.
    messages : Counter of str
        The PDUs and messages that show them.
    """

    rule: str
    clause: str
    level: Level
    side: str
    places: list[CaptureFinding] = field(default_factory=list)
    count: int = 0
    messages: Counter[str] = field(default_factory=Counter)

    @property
    def verdict(self) -> str:
        """The word for the level, as other reports have it."""
        return verdict_of(self.level)

    @property
    def further(self) -> int:
        """How many findings are not listed."""
        return self.count - len(self.places)

    def take(self, finding: CaptureFinding) -> None:
        """Count a finding."""
        self.count += 1
        self.messages[finding.message] += 1
        if len(self.places) < MOST_PLACES:
            self.places.append(finding)


def verdict_of(level: Level) -> str:
    """Return the word for a broken rule of a level."""
    return "FAIL" if level is Level.SHALL else "WARN"


def by_clause(findings: Sequence[CaptureFinding]) -> list[Broken]:
    """Group findings by clause, rule and side: requirements first, then by clause."""
    groups: dict[tuple[str, str, str], Broken] = {}
    for one in findings:
        key = (one.clause, one.rule, one.side)
        groups.setdefault(key, Broken(one.rule, one.clause, one.level, one.side)).take(one)
    return sorted(groups.values(), key=lambda each: (each.level is not Level.SHALL, each.clause, each.rule, each.side))


@dataclass(frozen=True, slots=True)
class Row:
    """One event of a timeline; `marks` are the findings that it shows, `skipped` the events left out before it."""

    event: CaptureEvent
    marks: tuple[CaptureFinding, ...]
    skipped: int

    @property
    def is_by_requestor(self) -> bool:
        """Whether the requestor sent it."""
        return self.event.side == REQUESTOR


@dataclass(frozen=True, slots=True)
class Timeline:
    """A conversation as it is shown: `marks` are findings that no event of it shows."""

    conversation: CaptureConversation
    rows: tuple[Row, ...]
    marks: tuple[CaptureFinding, ...]
    findings: int
    verdict: str

    @property
    def title(self) -> str:
        """Its number, its AE titles, and its ends."""
        one = self.conversation
        who = f"{one.titles}, " if one.titles else ""
        return f"Connection {one.number}: {who}{one.requestor} → {one.acceptor}"


def timelines(run: CaptureRun) -> Iterator[Timeline]:
    """Yield the timelines, in the order of the capture."""
    of: dict[int, list[CaptureFinding]] = {}
    for finding in run.findings:
        of.setdefault(finding.conversation, []).append(finding)
    for one in run.conversations:
        findings = of.get(one.number, [])
        yield Timeline(
            one,
            tuple(_rows(one.events, findings)),
            tuple(finding for finding in findings if finding.event is None),
            len(findings),
            min((verdict_of(finding.level) for finding in findings), default=""),
        )


def _rows(events: Sequence[CaptureEvent], findings: Sequence[CaptureFinding]) -> Iterator[Row]:
    marks: dict[int | None, list[CaptureFinding]] = {}
    for finding in findings:
        marks.setdefault(finding.event, []).append(finding)
    due = 0
    for event in events:
        yield Row(event, tuple(marks.get(event.number, ())), event.number - due)
        due = event.number + 1


def place(finding: CaptureFinding) -> str:
    """Return the fragment of the page to which a finding leads."""
    event = "" if finding.event is None else f"-{finding.event}"
    return f"c{finding.conversation}{event}"


def render_capture(folder: Path) -> Path:
    """Write `index.html` beside the `run.json` of a judged capture.

    Raises
    ------
    DataError : the file is missing, or is no judged capture.
    """
    run = read_capture_run(folder / "run.json")
    kind, word, sentence = RECOMMENDATIONS if run.exit_status == 0 and run.should else WORDS[run.exit_status]
    return write_page(
        folder,
        "capture.html.j2",
        run=run,
        kind=kind,
        word=word,
        sentence=sentence,
        broken=by_clause(run.findings),
        timelines=list(timelines(run)),
        not_judged=[one for one in run.conversations if one.why_not],
        sides=(REQUESTOR, ACCEPTOR),
        place=place,
        verdict_of=verdict_of,
        versions=sorted(run.versions.items()),
    )
