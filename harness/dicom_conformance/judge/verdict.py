"""From findings to a verdict, and from verdicts to the exit status.

The contract's table, and nothing else: `shall`, `claim` and `house` expectations that are unmet fail a case, a
`should` warns (and fails under ``--strict``), a `note` changes nothing. A case in which nothing could be judged is
NOT_JUDGED; one without any finding is our own fault, never a pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from dicom_conformance.results import Finding, Level, Result, Verdict

EXIT_PASSED = 0
EXIT_FAILED = 1
EXIT_NOT_JUDGED = 2
_JUDGED = (Verdict.PASS, Verdict.FAIL, Verdict.WARN)


def judge_findings(findings: Iterable[Finding], level: Level, strict: bool = False) -> Verdict:
    """Give the verdict of a case that was set up and whose steps were played.

    Parameters
    ----------
    findings : iterable of Finding
        All of the case's.
    level : Level
        The case's own, for findings without one.
    strict : bool
        Whether a `should` counts as a `shall`.
    """
    found = list(findings)
    judged = [finding for finding in found if finding.judged]
    counting = [finding for finding in found if (finding.level or level) is not Level.NOTE]
    if not found:
        return Verdict.ERROR
    if not judged or (counting and not any(finding.judged for finding in counting)):
        return Verdict.NOT_JUDGED
    unmet = [finding.level or level for finding in counting if finding.unmet]
    if any(each is not Level.SHOULD for each in unmet) or (unmet and strict):
        return Verdict.FAIL
    return Verdict.WARN if unmet else Verdict.PASS


def unjudged(findings: Iterable[Finding]) -> str:
    """Say why findings were not judged, each reason once; empty where all were."""
    return "; ".join(dict.fromkeys(finding.actual for finding in findings if not finding.judged))


def verified(first: Result, again: Sequence[Verdict]) -> Result:
    """Give a result with what came of playing its case again: FLAKY where the verdicts differ."""
    attempts = (first.verdict, *again)
    if len(set(attempts)) == 1:
        return replace(first, attempts=attempts)
    reason = f"played {len(attempts)} times: {', '.join(attempts)}"
    return replace(first, verdict=Verdict.FLAKY, cells=0, attempts=attempts, reason=reason)


def count(results: Iterable[Result]) -> dict[str, int]:
    """Count results by verdict; every verdict has an entry."""
    counted = Counter(result.verdict for result in results)
    return {verdict.value: counted[verdict] for verdict in Verdict}


def stale_deviations(results: Iterable[Result], deviations: Mapping[str, str]) -> tuple[str, ...]:
    """Name the known deviations that were judged and no longer fail."""
    passed = (Verdict.PASS, Verdict.WARN)
    return tuple(result.id for result in results if result.id in deviations and result.verdict in passed)


def exit_status(results: Iterable[Result], deviations: Mapping[str, str] | None = None) -> int:
    """Give the exit status of `run`.

    Returns
    -------
    int
        2 if a case is ERROR, INCONCLUSIVE or FLAKY, or no case was judged at all, even beside a FAIL; else 1 for a FAIL
        that is no known deviation, or a known deviation that no longer fails; else 0.
    """
    known = deviations or {}
    status = EXIT_NOT_JUDGED
    for result in results:
        if result.verdict in (Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.FLAKY):
            return EXIT_NOT_JUDGED
        failed = result.verdict is Verdict.FAIL
        stale = result.id in known and result.verdict in (Verdict.PASS, Verdict.WARN)
        if (failed and result.id not in known) or stale:
            status = EXIT_FAILED
        elif status == EXIT_NOT_JUDGED and result.verdict in _JUDGED:
            status = EXIT_PASSED
    return status
