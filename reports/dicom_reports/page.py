"""`index.html`: one self-contained page, made from what a run left behind.

Invariants: input is `results.jsonl`, `run.json` and the timelines in `evidence/`; the page needs no network and no
neighbour to be read. The first tab is plain HTML, so that verdict and failures show without a script.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from dicom_conformance.results import Finding, Result, Run, read_results, read_run
from dicom_reports.assembly import joined, write_page
from dicom_reports.causes import Cause, Causes, Kind, NotJudged
from dicom_reports.payload import Payload, group_of
from dicom_reports.state_table import SIGNS, WORSE_FIRST, StateTables
from dicom_reports.under_profile import UnderProfile

ATTENTION = 50
TIMELINES_BYTES = 12_000_000
PICTURES_BYTES = 4_000_000
"""The pictures in the page, in bytes; further ones are shown if the evidence folder is next to the page."""
TABS = (
    ("overview", "Overview"),
    ("matrix", "Contexts"),
    ("priority", "Negotiations"),
    ("claims", "Claims"),
    ("states", "States"),
    ("cases", "Cases"),
    ("errata", "Errata"),
    ("environment", "Environment"),
)
WORDS = {
    "ERROR": (
        "Not judged",
        "The harness failed in at least one case, so this run is not conclusive.",
    ),
    "FLAKY": ("Not judged", "At least one case had different verdicts when it was played again."),
    "INCONCLUSIVE": ("Not judged", "At least one case could not be set up, so its question is not answered."),
    "FAIL": ("Does not conform", "At least one requirement of the statement or the standard was not met."),
    "WARN": ("Conforms, with warnings", "All requirements were met, but at least one recommendation was not."),
    "PASS": ("Conforms", "All judged requirements of the statement and the standard were met."),
    "NOT_JUDGED": ("Not judged", "Nothing that the selected cases expect could be judged of this subject."),
    "NOT_CLAIMED": ("Nothing claimed", "The statement or the subject claims none of the selected cases."),
}


@dataclass(slots=True)
class Service:
    """The scenarios of one folder, summed up."""

    name: str
    cases: int = 0
    cells: int = 0
    elapsed_s: float = 0.0
    verdicts: Counter[str] = field(default_factory=Counter)

    @property
    def counts(self) -> list[tuple[str, int]]:
        """Verdicts with their numbers, the worst first."""
        return ordered(self.verdicts)


@dataclass(frozen=True, slots=True)
class Attention:
    """A case that did not pass, with its first unmet finding."""

    id: str
    verdict: str
    requirement: str
    clause: str
    expected: str
    actual: str
    reason: str


def ordered(counts: Counter[str]) -> list[tuple[str, int]]:
    """Verdicts that occur, the worst first."""
    return [(verdict, counts[verdict]) for verdict in WORSE_FIRST if counts[verdict]]


def attention(result: Result) -> Attention:
    """What the first tab says about a case that did not pass."""
    unmet: Finding | None = next(iter(result.unmet), None)
    return Attention(
        id=result.id,
        verdict=str(result.verdict),
        requirement=(unmet.requirement or result.title) if unmet else result.title,
        clause=(unmet.clause if unmet and unmet.clause else " · ".join(result.clause)),
        expected=unmet.expected if unmet else "",
        actual=unmet.actual if unmet else "",
        reason=result.reason,
    )


@dataclass(slots=True)
class Tally:
    """Everything that the page says about the run, gathered in one pass over the results."""

    folder: Path
    causes: Causes
    payload: Payload = field(default_factory=Payload)
    states: StateTables = field(default_factory=StateTables)
    services: dict[str, Service] = field(default_factory=dict)
    verdicts: Counter[str] = field(default_factory=Counter)
    attention: list[Attention] = field(default_factory=list)
    attention_left: int = 0
    partly_seen: int = 0
    timelines_bytes: int = 0
    profiles: dict[str, UnderProfile] = field(default_factory=dict)
    waiting: list[tuple[int, int, Path]] = field(default_factory=list)
    with_pictures: set[str] = field(default_factory=set)

    def take(self, result: Result) -> None:
        """Count `result` and hand it to the payload."""
        number = self.payload.add(result)
        verdict = str(result.verdict)
        self.verdicts[verdict] += 1
        self.partly_seen += result.is_partly_seen
        self.causes.take(result)
        if profile := result.values.get("profile"):
            self.profiles.setdefault(profile, UnderProfile(profile)).take(result)
        self.states.take(result)
        name = group_of(result.scenario)
        service = self.services.setdefault(name, Service(name))
        service.cases += 1
        service.cells += result.cells
        service.elapsed_s += result.elapsed_s
        service.verdicts[verdict] += 1
        if verdict not in ("PASS", "NOT_JUDGED", "NOT_CLAIMED"):
            if len(self.attention) < ATTENTION:
                self.attention.append(attention(result))
            else:
                self.attention_left += 1
        if result.evidence:
            self._evidence(number, self.folder / result.evidence)
            self._pictures(number, result)

    def finish(self) -> None:
        """Put the pictures into the page, while there is room, and name the others by their place in the evidence."""
        left = PICTURES_BYTES
        sources: dict[Path, str] = {}
        for _, _, picture in sorted(self.waiting):
            size = picture.stat().st_size
            if size <= left:
                left -= size
                sources[picture] = "data:image/png;base64," + base64.b64encode(picture.read_bytes()).decode("ascii")
        for _, number, picture in self.waiting:
            source = sources.get(picture) or quote(picture.relative_to(self.folder).as_posix())
            self.payload.pictures.setdefault(number, []).append((picture.stem, source))

    def _pictures(self, number: int, result: Result) -> None:
        """Have the pictures of a case wait: first those of cases that did not pass, then one case of each scenario."""
        found = sorted((self.folder / result.evidence).glob("*.png"))
        urgency = 0 if str(result.verdict) != "PASS" else 1 if result.scenario not in self.with_pictures else 2
        if found:
            self.with_pictures.add(result.scenario)
        self.waiting.extend((urgency, number, picture) for picture in found)

    def _evidence(self, number: int, folder: Path) -> None:
        timeline = folder / "timeline.json"
        if timeline.is_file() and self.timelines_bytes < TIMELINES_BYTES:
            text = timeline.read_text(encoding="utf-8")
            self.timelines_bytes += len(text)
            self.payload.timelines[number] = json.loads(text)
        commands = folder / "commands.json"
        if number in self.payload.timelines and commands.is_file():
            self.payload.commands[number] = json.loads(commands.read_text(encoding="utf-8"))


def columns(causes: Causes) -> dict[str, Sequence[Cause | NotJudged]]:
    """What the report of a product lists, by the names that its template uses."""
    unjudged = sorted(causes.unjudged.values(), key=lambda each: (each.why, -len(each.cases)))
    of_the_standard = causes.of(Kind.STANDARD)
    return {
        "standard": [cause for cause in of_the_standard if not cause.is_recommended],
        "recommended": [cause for cause in of_the_standard if cause.is_recommended],
        "claim": causes.of(Kind.CLAIM),
        "house": causes.of(Kind.HOUSE),
        "notes": causes.of(Kind.NOTE),
        "not_judged": unjudged,
    }


def cases_of(some: Sequence[Cause | NotJudged]) -> int:
    """How many cases there are in these causes, each counted once."""
    return len({case for each in some for case in each.cases})


def reproduce_command(run: Run) -> str:
    """The command that plays one case of `run` again; `{id}` is replaced by the case id."""
    words = ["dicom-conformance", "run", "{id}", "--seed", str(run.seed), "--statement", run.statement]
    if "--subject" in run.command[:-1]:
        words += ["--subject", run.command[run.command.index("--subject") + 1]]
    return " ".join(words)


def render(folder: Path) -> Path:
    """Write `index.html` beside the results in `folder`.

    Raises
    ------
    OSError : a file of the run is missing or unreadable.
    """
    run = read_run(folder / "run.json")
    tally = Tally(folder, Causes(run.names))
    for result in read_results(folder / "results.jsonl"):
        tally.take(result)
    tally.finish()
    worst = next((verdict for verdict in WORSE_FIRST if tally.verdicts[verdict]), "NOT_CLAIMED")
    word, sentence = WORDS[worst]
    state_tables = tally.states.tables(run.state_table)
    return write_page(
        folder,
        "index.html.j2",
        run=run,
        tabs=[each for each in TABS if each[0] != "states" or state_tables],
        state_tables=state_tables,
        signs=SIGNS,
        worst=worst,
        word=word,
        sentence=sentence,
        total=sum(tally.verdicts.values()),
        counts=ordered(tally.verdicts),
        partly_seen=tally.partly_seen,
        profiles=sorted(tally.profiles.values(), key=lambda profile: profile.name),
        services=sorted(tally.services.values(), key=lambda service: service.name),
        attention=tally.attention,
        attention_left=tally.attention_left,
        **columns(tally.causes),
        cases_of=cases_of,
        extent=tally.causes.extent,
        versions=sorted(run.versions.items()),
        js=Markup(joined()),
        payload=tally.payload.encode(run.register, run.names, reproduce_command(run)),
    )
