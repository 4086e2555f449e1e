"""Results as plain data: what a run found, and its JSON.

Every report is made from these types and nothing else; `results.results` writes them to files and reads them back.
A finding is written compactly: a clause and level that are its case's own are left out, and a met finding of a case
that judges more than one cell says neither what was expected nor what came, for the whole run has well over a hundred
thousand of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

#: No parameters. A plain mapping, for results travel between processes, and a read-only view cannot.
EMPTY: Mapping[str, str] = {}
NO_PROCESSES: Mapping[str, int] = {}


class Verdict(StrEnum):
    """What came of a case; whose problem it is stands in the contract's table."""

    PASS = "PASS"
    FAIL = "FAIL"
    WARN = "WARN"
    INCONCLUSIVE = "INCONCLUSIVE"
    NOT_CLAIMED = "NOT_CLAIMED"
    ERROR = "ERROR"


class Level(StrEnum):
    """How binding an expectation is."""

    SHALL = "shall"
    SHOULD = "should"
    CLAIM = "claim"
    HOUSE = "house"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was judged.

    Parameters
    ----------
    check : str
        The noun that judged.
    met : bool
        Whether the expectation was met.
    clause : str
        The clauses that demand it, joined by "; "; empty for the case's own.
    level : Level or None
        How binding it is; left out where it is the case's own.
    expected : str
        What was expected, in words, as a report prints it.
    actual : str
        What was seen, likewise.
    parameters : Mapping
        The finding's own, where a case judges more than one cell, under the keys of a result's.
    evidence : tuple of str
        Pointers into the case's timeline, such as ``link/1/7``: observer, connection, number of the PDU.
    requirement : str
        The demand paraphrased; empty for the case's title.
    """

    check: str
    met: bool
    clause: str = ""
    level: Level | None = None
    expected: str = ""
    actual: str = ""
    parameters: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    evidence: tuple[str, ...] = ()
    requirement: str = ""

    def to_json(self, compact: bool = False) -> dict[str, Any]:
        """Give the JSON object; `compact` leaves out what nobody asks of a met finding."""
        plain: dict[str, Any] = {"check": self.check, "met": self.met}
        brief = compact and self.met
        if self.clause:
            plain["clause"] = self.clause
        if self.level is not None:
            plain["level"] = self.level.value
        if not brief:
            plain["expected"] = self.expected
            plain["actual"] = self.actual
        if self.parameters:
            plain["parameters"] = dict(self.parameters)
        if self.evidence and not brief:
            plain["evidence"] = list(self.evidence)
        if self.requirement and not brief:
            plain["requirement"] = self.requirement
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Finding:
        """Read what `to_json` gave."""
        level = plain.get("level")
        return cls(
            check=plain["check"],
            met=plain["met"],
            clause=plain.get("clause", ""),
            level=Level(level) if level else None,
            expected=plain.get("expected", ""),
            actual=plain.get("actual", ""),
            parameters=plain.get("parameters", EMPTY),
            evidence=tuple(plain.get("evidence", ())),
            requirement=plain.get("requirement", ""),
        )


#: The keys of a result's `parameters`, on which outside tools rely.
KEYS = frozenset(("table", "sop_class", "transfer_syntax", "role", "status", "message", "configuration")).union(
    ("state", "event", "transformation", "direction", "bug", "mutant")
)


def split_parameters(named: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Divide what a case varies into a result's `parameters` and its further `values`."""
    return (
        {key: value for key, value in named.items() if key in KEYS},
        {key: value for key, value in named.items() if key not in KEYS},
    )


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one case.

    Parameters
    ----------
    id : str
        The case's; ``scenario`` plus its parameters in brackets.
    scenario : str
        Id of the scenario.
    title : str
        The scenario's.
    statement : str
        Id of the statement.
    subject : str
        Name of the subject.
    clause : tuple of str
        As the scenario gives them: ``DCS <claim id>`` or a clause of the standard.
    level : Level
        How binding the scenario is.
    verdict : Verdict
        What came of the case.
    findings : tuple of Finding
        Everything that was judged.
    elapsed_s : float
        How long the case took, in seconds.
    parameters : Mapping
        What the case is about, always text; `KEYS` are all its keys.
    values : Mapping
        What else the scenario varies, by the scenario's own names.
    cells : int
        How many separate facts were judged.
    evidence : str
        Folder of the case's evidence, relative to the output folder; empty if none was kept.
    reason : str
        Why it is NOT_CLAIMED, INCONCLUSIVE or ERROR.
    deviation : str
        The reason that the known-deviations file gives for letting this case fail.
    """

    id: str
    scenario: str
    statement: str
    subject: str
    clause: tuple[str, ...]
    level: Level
    verdict: Verdict
    title: str = ""
    parameters: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    findings: tuple[Finding, ...] = ()
    cells: int = 0
    elapsed_s: float = 0.0
    evidence: str = ""
    reason: str = ""
    deviation: str = ""
    values: Mapping[str, str] = field(default_factory=lambda: EMPTY)

    @property
    def judged_clauses(self) -> tuple[str, ...]:
        """The clauses that its findings bear: their own, else the case's; the case's, where no finding was kept."""
        if not self.findings:
            return self.clause
        borne = [finding.clause.split(";") if finding.clause else self.clause for finding in self.findings]
        return tuple(dict.fromkeys(clause.strip() for clauses in borne for clause in clauses))

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object of the contract."""
        compact = len(self.findings) > 1 and self.cells > 1
        plain: dict[str, Any] = {
            "id": self.id,
            "scenario": self.scenario,
            "title": self.title,
            "statement": self.statement,
            "subject": self.subject,
            "clause": list(self.clause),
            "level": self.level.value,
            "verdict": self.verdict.value,
            "parameters": dict(self.parameters),
            "findings": [finding.to_json(compact) for finding in self.findings],
            "cells": self.cells,
            "elapsed_s": round(self.elapsed_s, 6),
            "evidence": self.evidence,
        }
        if self.values:
            plain["values"] = dict(self.values)
        if self.reason:
            plain["reason"] = self.reason
        if self.deviation:
            plain["deviation"] = self.deviation
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Result:
        """Read what `to_json` gave; what a compact finding left out stays empty."""
        return cls(
            id=plain["id"],
            scenario=plain["scenario"],
            statement=plain["statement"],
            subject=plain["subject"],
            clause=tuple(plain["clause"]),
            level=Level(plain["level"]),
            verdict=Verdict(plain["verdict"]),
            title=plain.get("title", ""),
            parameters=plain.get("parameters", EMPTY),
            findings=tuple(Finding.from_json(finding) for finding in plain.get("findings", ())),
            cells=plain.get("cells", 0),
            elapsed_s=plain.get("elapsed_s", 0.0),
            evidence=plain.get("evidence", ""),
            reason=plain.get("reason", ""),
            deviation=plain.get("deviation", ""),
            values=plain.get("values", EMPTY),
        )


@dataclass(frozen=True, slots=True)
class ClaimCoverage:
    """One claim of the statement, and how many judged cases reach it; `untested` is the statement's reason."""

    id: str
    section: str
    paraphrase: str
    level: str
    printed: str = ""
    untested: str = ""
    cases: int = 0


@dataclass(frozen=True, slots=True)
class Erratum:
    """A place where the printed statement contradicts itself or the standard."""

    id: str
    section: str
    printed: str
    read_as: str
    why: str


@dataclass(frozen=True, slots=True)
class Run:
    """The run as a whole: `run.json`.

    Parameters
    ----------
    start : str
        When it began: ISO 8601, UTC.
    elapsed_s : float
        How long it took, in seconds.
    seed : int
        Seed of everything random.
    statement : str
        Id of the statement.
    subject : str
        Name of the subject.
    cells : int
        How many separate facts were judged.
    exit_status : int
        Exit status of the run.
    strict : bool
        Whether an unmet `should` failed.
    errata : tuple of Erratum
        Errata of the statement.
    stale_deviations : tuple of str
        Known deviations that no longer fail.
    versions : Mapping
        Package or peer to version.
    counts : Mapping
        Verdict to number of cases; every verdict has an entry.
    register : tuple of ClaimCoverage
        Every claim of the statement.
    command : tuple of str
        What was typed, so that it can be typed again.
    names : Mapping
        UID to name, for SOP Classes and transfer syntaxes, in the statement's order.
    interrupted : bool
        Whether the user stopped it before every case was played.
    left_out : int
        How many cases a quick run did not play.
    run_all : str
        The command that plays them too; empty where none was left out.
    peak_rss_bytes : Mapping
        Process ("main", "worker 1" ...) to the most memory that it held at one time.
    """

    start: str
    elapsed_s: float
    seed: int
    statement: str
    subject: str
    counts: Mapping[str, int]
    cells: int
    exit_status: int = 0
    strict: bool = False
    versions: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    command: tuple[str, ...] = ()
    register: tuple[ClaimCoverage, ...] = ()
    errata: tuple[Erratum, ...] = ()
    stale_deviations: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    interrupted: bool = False
    left_out: int = 0
    run_all: str = ""
    peak_rss_bytes: Mapping[str, int] = field(default_factory=lambda: NO_PROCESSES)

    @property
    def reached(self) -> int:
        """How many claims at least one judged case reaches."""
        return sum(1 for claim in self.register if claim.cases)

    def to_json(self) -> dict[str, Any]:
        """Give the JSON object; claims are ``{"reached", "all", "register"}``."""
        return {
            "start": self.start,
            "elapsed_s": round(self.elapsed_s, 3),
            "seed": self.seed,
            "statement": self.statement,
            "subject": self.subject,
            "counts": {verdict.value: self.counts.get(verdict.value, 0) for verdict in Verdict},
            "cells": self.cells,
            "exit_status": self.exit_status,
            "strict": self.strict,
            "versions": dict(self.versions),
            "command": list(self.command),
            "claims": {
                "reached": self.reached,
                "all": len(self.register),
                "register": [asdict(claim) for claim in self.register],
            },
            "errata": [asdict(erratum) for erratum in self.errata],
            "stale_deviations": list(self.stale_deviations),
            "names": dict(self.names),
            "interrupted": self.interrupted,
            "left_out": self.left_out,
            "run_all": self.run_all,
            "peak_rss_bytes": dict(self.peak_rss_bytes),
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Run:
        """Read what `to_json` gave."""
        return cls(
            start=plain["start"],
            elapsed_s=plain["elapsed_s"],
            seed=plain["seed"],
            statement=plain["statement"],
            subject=plain["subject"],
            counts=plain["counts"],
            cells=plain["cells"],
            exit_status=plain.get("exit_status", 0),
            strict=plain.get("strict", False),
            versions=plain.get("versions", EMPTY),
            command=tuple(plain.get("command", ())),
            register=tuple(ClaimCoverage(**claim) for claim in plain.get("claims", {}).get("register", ())),
            errata=tuple(Erratum(**erratum) for erratum in plain.get("errata", ())),
            stale_deviations=tuple(plain.get("stale_deviations", ())),
            names=plain.get("names", EMPTY),
            interrupted=plain.get("interrupted", False),
            left_out=plain.get("left_out", 0),
            run_all=plain.get("run_all", ""),
            peak_rss_bytes=plain.get("peak_rss_bytes", NO_PROCESSES),
        )
