"""What the page carries: every result, interned, so that 150,000 facts weigh little.

Invariants: a text is stored once (`strings`); everything else points at it. Nothing is judged here, nothing is left
out silently: where a case has more findings than the page carries, the row says how many are in results.jsonl.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from dicom_conformance.results import ClaimCoverage, Finding, Result, Verdict

VERDICTS = tuple(verdict.value for verdict in Verdict)
UNMET, MET, UNJUDGED = 0, 1, 2
FINDINGS_PER_CASE = 1_000
_GZIP = 31  # of zlib: the format of gzip, with the largest window


@dataclass(slots=True)
class Strings:
    """Texts by number, in the order in which they were first seen."""

    index: dict[str, int] = field(default_factory=dict)

    def of(self, text: str | None) -> int:
        """Number of `text`; -1 for an empty one."""
        if not text:
            return -1
        return self.index.setdefault(text, len(self.index))

    def pairs(self, parameters: Mapping[str, str]) -> list[int]:
        """`parameters` as key, value, key, value; an empty value is written as the number of the empty text."""
        flat: list[int] = []
        for key, value in parameters.items():
            flat += (self.index.setdefault(key, len(self.index)), self.index.setdefault(value, len(self.index)))
        return flat


def finding_row(finding: Finding, strings: Strings) -> list[Any]:
    """One finding: check, met (0 unmet, 1 met, 2 not judged), clause, level, expected, actual, parameters."""
    return [
        strings.of(finding.check),
        (MET if finding.met else UNMET) if finding.judged else UNJUDGED,
        strings.of(finding.clause),
        strings.of(finding.level.value if finding.level else ""),
        strings.of(finding.expected),
        strings.of(finding.actual),
        strings.pairs(finding.parameters) if finding.parameters else 0,
        strings.of(finding.requirement),
    ]


def chosen(findings: Sequence[Finding]) -> Sequence[Finding]:
    """The findings that the page carries: the unmet ones first, when there are too many."""
    if len(findings) <= FINDINGS_PER_CASE:
        return findings
    return sorted(findings, key=lambda finding: not finding.unmet)[:FINDINGS_PER_CASE]


def case_row(result: Result, scenario: int, strings: Strings) -> list[Any]:
    """One case as the page's script reads it."""
    findings = chosen(result.findings)
    return [
        strings.of(result.id),
        scenario,
        VERDICTS.index(str(result.verdict)),
        strings.of(str(result.level)),
        [strings.of(clause) for clause in result.clause],
        strings.pairs({**result.parameters, **result.values}),
        result.cells,
        round(result.elapsed_s * 1000, 1),
        strings.of(result.evidence),
        strings.of(result.reason),
        [finding_row(finding, strings) for finding in findings],
        len(result.findings) - len(findings),
        [strings.of(text) for text in result.unobserved],
        [VERDICTS.index(str(verdict)) for verdict in result.attempts],
    ]


def group_of(scenario: str) -> str:
    """The folder of a scenario; of those for any product with the service, such as ``scp/query``."""
    parts = scenario.split("/")
    return "/".join(parts[:2]) if parts[0] in ("scp", "scu") and len(parts) > 2 else parts[0]


def claims(result: Result) -> set[str]:
    """The claims that a case reaches, by the clauses that its findings bear."""
    own = (f"{result.statement}#", "DCS ")
    named = [text for text in result.judged_clauses if text.startswith(own)]
    return {text.removeprefix(own[0]).removeprefix(own[1]).strip() for text in named}


@dataclass(slots=True)
class Payload:
    """Collects results one by one; `encode` gives the data of the page."""

    strings: Strings = field(default_factory=Strings)
    scenarios: dict[str, int] = field(default_factory=dict)
    scenario_rows: list[dict[str, str]] = field(default_factory=list)
    cases: list[list[Any]] = field(default_factory=list)
    reached: dict[str, list[int]] = field(default_factory=dict)
    timelines: dict[int, Any] = field(default_factory=dict)
    pictures: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    commands: dict[int, Any] = field(default_factory=dict)

    def add(self, result: Result) -> int:
        """Take one result in; gives its number."""
        number = len(self.cases)
        scenario = self.scenarios.get(result.scenario)
        if scenario is None:
            scenario = self.scenarios[result.scenario] = len(self.scenario_rows)
            group = group_of(result.scenario)
            self.scenario_rows.append({"id": result.scenario, "title": result.title or result.scenario, "group": group})
        self.cases.append(case_row(result, scenario, self.strings))
        if result.verdict not in (Verdict.NOT_CLAIMED, Verdict.NOT_JUDGED):
            for claim in claims(result):
                self.reached.setdefault(claim, []).append(number)
        return number

    def encode(self, register: Iterable[ClaimCoverage], names: Mapping[str, str], reproduce: str) -> str:
        """Base64 of gzip of JSON.

        Parameters
        ----------
        register : the statement's claims (id, paraphrase, level, printed, untested).
        names : UID -> name; its order is the order of rows and columns.
        reproduce : the command that plays one case again, `{id}` standing for the case.
        """
        keys = {key: self.strings.index.get(key, -2) for key in ("sop_class", "configuration")}
        document = {
            "strings": list(self.strings.index),
            "verdicts": VERDICTS,
            "scenarios": self.scenario_rows,
            "cases": self.cases,
            "claims": [{**asdict(claim), "cases": self.reached.get(claim.id, [])} for claim in register],
            "names": dict(names),
            "sop_classes": [uid for uid in names if not uid.startswith("1.2.840.10008.1.2")],
            "transfer_syntaxes": [uid for uid in names if uid.startswith("1.2.840.10008.1.2")],
            "keys": keys,
            "reproduce": reproduce,
            "timelines": self.timelines,
            "pictures": self.pictures,
            "commands": self.commands,
        }
        packer = zlib.compressobj(6, wbits=_GZIP)
        packed = bytearray()
        for text in in_parts(document):
            packed += packer.compress(text.encode())
        packed += packer.flush()
        return base64.b64encode(packed).decode("ascii")


def in_parts(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield JSON in parts, so that it is never there as a whole: what is within an object of the top level, one by one.

    All keys of the two levels are texts or numbers.
    """
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    before = "{"
    for name, value in document.items():
        yield f"{before}{encode(name)}:"
        before = ","
        if not isinstance(value, dict) or not value:
            yield encode(value)
            continue
        within = "{"
        for key, one in value.items():
            yield f"{within}{encode(str(key))}:{encode(one)}"
            within = ","
        yield "}"
    yield "}"
