"""`summary.md`: what a run found, on one short page for the summary of a CI job.

GitHub shows it below the job where it is appended to the file that `GITHUB_STEP_SUMMARY` names. Whatever a subject
sent is printed as text: no markup of it takes effect.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from dicom_conformance.files import counted, write_whole
from dicom_conformance.results import Finding, Result, Run, Verdict
from dicom_wire.wording import printable

__all__ = ["append_to_step_summary", "text", "write"]

MOST_FAILURES = 50
MOST_WARNINGS = 20
MOST_FINDINGS = 3
"""Of a case so many unmet expectations are listed."""
MOST_UNJUDGED = 20
LONGEST_TEXT = 400
"""Characters of one expected or actual value."""
STEP_SUMMARY = "GITHUB_STEP_SUMMARY"

_UNJUDGED = (Verdict.FLAKY, Verdict.INCONCLUSIVE, Verdict.ERROR)
_ESCAPED = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_[]<>|#~!"})


def write(path: Path, results: Sequence[Result], run: Run) -> None:
    """Write `summary.md`; OSError if it cannot be written."""
    write_whole(path, text(results, run))


def append_to_step_summary(summary: Path) -> bool:
    """Append a summary to the file that `GITHUB_STEP_SUMMARY` names; return whether there is one.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    named = os.environ.get(STEP_SUMMARY, "")
    if not named:
        return False
    with Path(named).open("a", encoding="utf-8") as file:
        file.write(summary.read_text(encoding="utf-8") + "\n")
    return True


def text(results: Sequence[Result], run: Run) -> str:
    """Give the page in Markdown."""
    parts = [_head(run), _counts(results, run), *_failures(results), *_warnings(results)]
    parts += [*_unjudged(results), *_withheld(run), _claims(run), *_stale(run), _command(run)]
    return "\n\n".join(parts) + "\n"


def _head(run: Run) -> str:
    words = {0: "passed", 1: "failed"}.get(run.exit_status, "not judged as a whole")
    facts = [f"subject {_plain(run.subject)}", f"statement {_plain(run.statement)}", f"seed {run.seed}"]
    facts += [f"shard {run.shard}"] if run.shard else []
    facts += [f"{run.elapsed_s:.1f} s", f"exit status {run.exit_status}"]
    interrupted = "\n\nThe run was interrupted: cases are missing." if run.interrupted else ""
    left_out = f"\n\n{counted(run.left_out, 'case')} left out." if run.left_out else ""
    return f"# dicom-conformance: {words}\n\n{' · '.join(facts)}{interrupted}{left_out}"


def _counts(results: Sequence[Result], run: Run) -> str:
    known = sum(1 for result in results if result.verdict is Verdict.FAIL and result.deviation)
    lines = ["| verdict | cases |", "|---|---:|"]
    for verdict in Verdict:
        count = run.counts.get(verdict.value, 0)
        if count or verdict in (Verdict.PASS, Verdict.FAIL):
            lines.append(f"| {verdict.value} | {count:,} |")
        if verdict is Verdict.FAIL and known:
            lines.append(f"| of which known deviations | {known:,} |")
    return "\n".join(lines)


def _failures(results: Sequence[Result]) -> Iterator[str]:
    failed = [result for result in results if result.verdict is Verdict.FAIL and not result.deviation]
    yield from _listed("Failures", "more failure", failed, MOST_FAILURES)


def _warnings(results: Sequence[Result]) -> Iterator[str]:
    """List the cases in which nothing but recommendations was not followed."""
    warned = [result for result in results if result.verdict is Verdict.WARN]
    yield from _listed("Warnings: recommendations not followed", "more warning", warned, MOST_WARNINGS)


def _listed(heading: str, more: str, results: Sequence[Result], most: int) -> Iterator[str]:
    if results:
        yield f"## {heading}"
        yield "\n".join(line for result in results[:most] for line in _unmet(result))
    if len(results) > most:
        yield f"And {counted(len(results) - most, more)}; the report has them."


def _unmet(result: Result) -> Iterator[str]:
    yield f"- {_code(result.id)}"
    if not result.unmet and result.reason:
        yield f"  - {_plain(result.reason)}"
    for finding in result.unmet[:MOST_FINDINGS]:
        yield f"  - {_requirement(finding, result)}"
        yield f"    - expected: {_plain(finding.expected)}"
        yield f"    - actual: {_plain(finding.actual)}"
    if len(result.unmet) > MOST_FINDINGS:
        yield f"  - and {len(result.unmet) - MOST_FINDINGS:,} more"


def _requirement(finding: Finding, result: Result) -> str:
    clause = finding.clause or "; ".join(result.clause)
    level = (finding.level or result.level).value
    return f"{_plain(finding.requirement or result.title)} ({level}, {_plain(clause)})"


def _unjudged(results: Sequence[Result]) -> Iterator[str]:
    """List the cases whose verdict nobody can rely on, grouped by their reason."""
    reasons: dict[tuple[Verdict, str], list[str]] = {}
    for result in results:
        if result.verdict in _UNJUDGED:
            reasons.setdefault((result.verdict, " ".join(result.reason.split())), []).append(result.id)
    if reasons:
        yield "## Without a reliable verdict"
        lines = []
        for (verdict, reason), ids in list(reasons.items())[:MOST_UNJUDGED]:
            more = f" and {len(ids) - 1:,} more" if len(ids) > 1 else ""
            lines.append(f"- {verdict.value} {_code(ids[0])}{more}: {_plain(reason)}")
        yield "\n".join(lines)
    if len(reasons) > MOST_UNJUDGED:
        yield f"And {counted(len(reasons) - MOST_UNJUDGED, 'more reason')}; the report has them."


def _withheld(run: Run) -> Iterator[str]:
    if run.withheld:
        yield "## Withheld"
        yield "\n".join(
            f"- {counted(count, 'case')}: {_plain(_needs(reason))}" for reason, count in run.withheld.items()
        )


def _needs(reason: str) -> str:
    return reason.removeprefix("withheld: ")


def _claims(run: Run) -> str:
    if not run.register:
        return "The statement makes no claims."
    states = ", ".join(f"{state} {count:,}" for state, count in run.claim_states.items() if count)
    return f"Claims of the statement that a judged case reaches: {run.reached:,} of {len(run.register):,} ({states})."


def _stale(run: Run) -> Iterator[str]:
    if run.stale_deviations:
        yield "## Known deviations that no longer fail"
        yield "\n".join(f"- {_code(identifier)}" for identifier in run.stale_deviations)


def _command(run: Run) -> str:
    command = shlex.join(run.command) if run.command else ""
    return f"```sh\n{printable(command).replace('```', '` ` `')}\n```" if command else "Played from Python."


def _plain(words: str) -> str:
    """Make a text fit for a line of Markdown, and short."""
    line = printable(" ".join(words.split()))
    cut = line if len(line) <= LONGEST_TEXT else f"{line[:LONGEST_TEXT]}…"
    return cut.translate(_ESCAPED)


def _code(words: str) -> str:
    return f"`{printable(words).replace('`', chr(39))}`"
