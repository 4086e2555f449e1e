"""Causes: findings that say the same of a product, put together.

Eighty failures of a product are seldom eighty mistakes. Findings belong to one cause where demand, check, expected and
actual are the same once UIDs, names of UIDs, numbers and the operation before them are set aside. Nothing is judged
here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from dicom_conformance.results import JUDGED_AFTER, Finding, Level, Result, Verdict

_UID = re.compile(r"\b[0-2](?:\.\d+){3,}\b")
_NUMBER = re.compile(r"\b(?:0x)?[0-9A-F]*\d[0-9A-F]*H?\b")
_OPERATION = re.compile(rf" \[{JUDGED_AFTER} .*\]\Z")
_LIST = re.compile(r"#(?:[\s,;]*(?:and )?#)+")
NOT_COUNTED = frozenset({Verdict.NOT_CLAIMED, Verdict.ERROR, Verdict.INCONCLUSIVE})
"""Verdicts of cases whose findings say nothing of the product."""

JUDGED_BY_THE_REST = (Verdict.PASS, Verdict.WARN, Verdict.FAIL)
"""Verdicts of cases of which a part was judged, if another part was not."""


class Kind(StrEnum):
    """Who demands what was not met: a column of the report."""

    STANDARD = "standard"
    CLAIM = "claim"
    HOUSE = "house"
    NOTE = "note"


_KINDS: Mapping[Level, Kind] = {
    Level.SHALL: Kind.STANDARD,
    Level.SHOULD: Kind.STANDARD,
    Level.CLAIM: Kind.CLAIM,
    Level.HOUSE: Kind.HOUSE,
    Level.NOTE: Kind.NOTE,
}


@dataclass(slots=True)
class Cause:
    """Findings that say the same; texts are those of the first.

    Parameters
    ----------
    cases : dict of str to int
        Ids of the cases, each with how many of its findings belong here.
    shown : str
        The case whose timeline stands for all.
    """

    kind: Kind
    level: str
    check: str
    clause: str
    requirement: str
    expected: str
    actual: str
    shown: str = ""
    cases: dict[str, int] = field(default_factory=dict)
    verdicts: set[str] = field(default_factory=set)

    @property
    def is_recommended(self) -> bool:
        """Whether it is no violation: what was not met is only recommended."""
        return self.level == Level.SHOULD.value

    @property
    def findings(self) -> int:
        """How many findings it has in all cases."""
        return sum(self.cases.values())


@dataclass(slots=True)
class NotJudged:
    """One reason for which something was not judged, and the cases."""

    why: str
    reason: str
    cases: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Causes:
    """Gathers the causes of a run, result by result; `names` are UIDs with their names."""

    names: Mapping[str, str]
    found: dict[tuple[str, ...], Cause] = field(default_factory=dict)
    unjudged: dict[tuple[str, str], NotJudged] = field(default_factory=dict)
    unjudged_cases: dict[str, Verdict] = field(default_factory=dict)
    _name: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        longest = sorted({name for name in self.names.values() if len(name) > 3}, key=len, reverse=True)
        self._name = re.compile("|".join(map(re.escape, longest)) or r"(?!)")

    def take(self, result: Result) -> None:
        """Put the findings of one case where they belong."""
        for why, reason in not_judged(result):
            entry = self.unjudged.setdefault((why, reason), NotJudged(why, reason))
            if result.id not in entry.cases:
                entry.cases.append(result.id)
            self.unjudged_cases[result.id] = result.verdict
        if result.verdict in NOT_COUNTED:
            return
        for finding in (*result.unmet, *result.notes):
            self._add(result, finding)

    def of(self, kind: Kind) -> list[Cause]:
        """The causes of a column: those with most cases first, and a `should` after every `shall`."""
        chosen = [cause for cause in self.found.values() if cause.kind is kind]
        return sorted(chosen, key=lambda cause: (cause.is_recommended, -len(cause.cases)))

    @property
    def extent(self) -> str:
        """How many of the cases with a reason were not judged at all, by verdict, and how many only in part."""
        counts = Counter(self.unjudged_cases.values())
        partly = sum(counts[verdict] for verdict in JUDGED_BY_THE_REST)
        wholly = [f"{counts[each]:,} {each}" for each in Verdict if counts[each] and each not in JUDGED_BY_THE_REST]
        parts = [f"Cases not judged at all: {', '.join(wholly)}."] if wholly else []
        parts += [f"Cases judged in part: {partly:,}."] if partly else []
        return " ".join(parts)

    def named(self, text: str) -> str:
        """`text` with the name of each UID that has one before it."""
        return _UID.sub(lambda match: self._named(match[0], text), text)

    def _named(self, uid: str, text: str) -> str:
        name = self.names.get(uid)
        return uid if name is None or name in text else f"{name} ({uid})"

    def _add(self, result: Result, finding: Finding) -> None:
        level = finding.level or result.level
        clause = "; ".join(dict.fromkeys(result.borne(finding)))
        requirement = finding.requirement or result.title
        plain = (
            self._plain(requirement),
            self._plain(finding.expected),
            self._plain(_OPERATION.sub("", finding.actual)),
        )
        key = (_KINDS[level], level.value, finding.check, clause, *plain)
        cause = self.found.get(key)
        if cause is None:
            cause = self.found[key] = Cause(
                kind=_KINDS[level],
                level=level.value,
                check=finding.check,
                clause=clause,
                requirement=self.named(requirement),
                expected=self.named(finding.expected),
                actual=self.named(finding.actual),
                shown=result.id,
            )
        cause.cases[result.id] = cause.cases.get(result.id, 0) + 1
        cause.verdicts.add(str(result.verdict))

    def _plain(self, text: str) -> str:
        """`text` without UIDs, their names and numbers; a list of them is as good as one."""
        return _LIST.sub("#", _NUMBER.sub("#", self._name.sub("#", _UID.sub("#", text))))


def not_judged(result: Result) -> Iterator[tuple[str, str]]:
    """Yield what of a case was not judged: why in a word or two, and the reason in full."""
    if result.verdict is Verdict.NOT_JUDGED:
        why = "withheld" if result.reason.startswith("withheld: ") else _why(result.reason)
        yield why, result.reason.removeprefix("withheld: ")
        return
    if result.verdict in (Verdict.INCONCLUSIVE, Verdict.ERROR):
        yield ("not conclusive" if result.verdict is Verdict.INCONCLUSIVE else "an error of the tests"), result.reason
        return
    if result.verdict is Verdict.FLAKY:
        yield "different verdicts when repeated", ", ".join(map(str, result.attempts))
    if result.verdict is not Verdict.NOT_CLAIMED:
        for missing in result.unobserved:
            yield "not observed", missing
        for finding in result.findings:
            if not finding.judged:
                yield _why(finding.actual), finding.actual.removeprefix("not judged: ")


def _why(reason: str) -> str:
    return "unstated" if "unstated" in reason else "not observed" if "observed" in reason else "not judged"
