"""Results as plain data: what a run found, and its JSON.

Every report is made from these types and nothing else; `results.results` writes them to files and reads them back.
A finding is written compactly: a clause and level that are its case's own are left out, and a met finding of a case
that judges more than one cell says neither what was expected nor what came, for the whole run has well over a hundred
thousand of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter
from typing import Any

#: No parameters. A plain mapping, for results travel between processes, and a read-only view cannot.
EMPTY: Mapping[str, str] = {}
#: What stands before the number of an operation, in brackets at the end of `actual`, where a scenario has several.
JUDGED_AFTER = "judged after operation"


class Verdict(StrEnum):
    """What came of a case; whose problem it is stands in the contract's table."""

    PASS = "PASS"
    FAIL = "FAIL"
    WARN = "WARN"
    FLAKY = "FLAKY"
    INCONCLUSIVE = "INCONCLUSIVE"
    NOT_JUDGED = "NOT_JUDGED"
    NOT_CLAIMED = "NOT_CLAIMED"
    ERROR = "ERROR"


class Level(StrEnum):
    """How binding an expectation is; a `note` says something and never changes a verdict."""

    SHALL = "shall"
    SHOULD = "should"
    CLAIM = "claim"
    HOUSE = "house"
    NOTE = "note"


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
    judged : bool
        Whether anything was judged. Where it was not, `met` means nothing, and `actual` says why.
    promise : str
        The promise of the statement that the expectation is about (`maximum_length`); empty for none.
    claims : tuple of str
        Claims of the statement that the finding bears besides those in its clause, as ``<statement id>#<claim id>``.
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
    judged: bool = True
    promise: str = ""
    claims: tuple[str, ...] = ()

    @property
    def unmet(self) -> bool:
        """Whether it was judged and was not met."""
        return self.judged and not self.met

    def __reduce__(self) -> tuple[type[Finding], tuple[object, ...]]:
        """Have it pickled by its values in order: a dataclass with slots does so slowly."""
        return Finding, _VALUES(self)

    def to_json(self, compact: bool = False) -> dict[str, Any]:
        """Give the JSON object; `compact` leaves out what nobody asks of a met finding."""
        plain: dict[str, Any] = {"check": self.check, "met": self.met}
        brief = compact and self.met and self.judged
        if not self.judged:
            plain["judged"] = False
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
        if self.promise:
            plain["promise"] = self.promise
        if self.claims:
            plain["claims"] = list(self.claims)
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
            judged=plain.get("judged", True),
            promise=plain.get("promise", ""),
            claims=tuple(plain.get("claims", ())),
        )


#: The values of a finding, in the order in which it takes them.
_VALUES = attrgetter(*Finding.__slots__)

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
    unobserved : tuple of str
        What the case expects and this subject does not show, so that it was not judged.
    attempts : tuple of Verdict
        The verdict of each time that it was played, where `--verify` had it played again.
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
    unobserved: tuple[str, ...] = ()
    attempts: tuple[Verdict, ...] = ()

    @property
    def is_partly_seen(self) -> bool:
        """Whether it passed though not all that it expects was to be seen."""
        return self.verdict is Verdict.PASS and bool(self.unobserved)

    @property
    def unmet(self) -> tuple[Finding, ...]:
        """The findings that were not met and count: notes do not."""
        return tuple(one for one in self.findings if one.unmet and (one.level or self.level) is not Level.NOTE)

    @property
    def notes(self) -> tuple[Finding, ...]:
        """The findings of level `note` that were not met: they say something, and change no verdict."""
        return tuple(one for one in self.findings if one.unmet and (one.level or self.level) is Level.NOTE)

    def borne(self, finding: Finding) -> tuple[str, ...]:
        """The clauses and claims (``<statement id>#<claim id>``) that a finding bears: its own, else the case's."""
        clauses = finding.clause.split(";") if finding.clause else self.clause
        return (*(clause.strip() for clause in clauses), *finding.claims)

    @property
    def counting(self) -> tuple[Finding, ...]:
        """The findings that were judged and say something about what they bear: an unmet note does not."""
        return tuple(
            one for one in self.findings if one.judged and (one.met or (one.level or self.level) is not Level.NOTE)
        )

    @property
    def judged_clauses(self) -> tuple[str, ...]:
        """The clauses and claims that its findings bear; those of the case, where no finding was kept."""
        if not self.findings:
            return self.clause
        distinct = {(finding.clause, finding.claims): finding for finding in self.counting}
        return tuple(dict.fromkeys(each for finding in distinct.values() for each in self.borne(finding)))

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
        if self.unobserved:
            plain["unobserved"] = list(self.unobserved)
        if self.attempts:
            plain["attempts"] = [verdict.value for verdict in self.attempts]
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
            unobserved=tuple(plain.get("unobserved", ())),
            attempts=tuple(Verdict(verdict) for verdict in plain.get("attempts", ())),
        )
