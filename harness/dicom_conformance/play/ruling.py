"""The ruling on a case that was played: from its findings, and from what our own peers did or did not do, its verdict.

Our own fault is never reported as the subject's. Where a peer of ours did not do its part (a `given` is not met, a
fault had no effect, a script did not receive what it awaited) the case is INCONCLUSIVE, for what the expectations say
follows from that. What the subject did by itself stands all the same: it crashed, no longer answers, or ended an
association while everything that it had received was in order.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dicom_conformance.judge import unexplained_end, verdict
from dicom_conformance.play.performed import unperformed
from dicom_conformance.play.step_runner import StepRunner
from dicom_conformance.results import Finding, Verdict
from dicom_conformance.scenario import Case
from dicom_conformance.statement import registry
from dicom_conformance.trace import Trace

_NOT_BUILT = "not_built"
"""In the outcome of an operation: SOP Classes that were accepted, and of which no instance could be built."""


@dataclass(slots=True)
class PlayedCase:
    """The outcome of playing a case, before it becomes a result."""

    findings: tuple[Finding, ...] = ()
    verdict: Verdict = Verdict.ERROR
    reason: str = ""
    trace: Trace | None = None
    further: dict[str, str] = field(default_factory=dict)
    wire: tuple[str, ...] = ()
    shows_films: bool = False
    unobserved: tuple[str, ...] = ()


def ruled(case: Case, step_runner: StepRunner, strict: bool) -> PlayedCase:
    """Give the verdict on a case and its reason."""
    if step_runner.unmet_givens and not step_runner.failures:
        peers = step_runner.peers
        ended = unexplained_end(step_runner.trace, peers.first_fault_ns(), peers.scripted())
        if ended is not None:
            step_runner.failed(ended)
    findings = tuple(step_runner.findings)
    not_stored = _not_stored(step_runner.trace)
    unseen = tuple(dict.fromkeys((*step_runner.not_seen, *not_stored)))
    played = PlayedCase(findings, trace=step_runner.trace, unobserved=unseen)
    if step_runner.never_began:
        played.verdict, played.reason = Verdict.INCONCLUSIVE, "; ".join(step_runner.never_began)
        return played
    if not_stored and step_runner.unmet_givens and not step_runner.failures and _stored_nothing(step_runner.trace):
        played.verdict, played.reason = Verdict.NOT_JUDGED, f"unobserved: {', '.join(unseen)}"
        return played
    if not findings and unseen and not step_runner.unmet_givens:
        played.verdict, played.reason = Verdict.NOT_CLAIMED, f"unobserved: {', '.join(unseen)}"
        return played
    played.verdict = verdict.judge_findings(findings, case.level, strict)
    if case.amendment is not None:
        if not step_runner.peers.has_acted(optional=True):
            played.verdict, played.reason = Verdict.NOT_JUDGED, f"{case.amendment.name} had no effect on this case"
            return played
        played.verdict = _amended(played.verdict, case, step_runner, strict)
        if played.verdict is not Verdict.FAIL and (kept := _gone_wrong(case, step_runner)):
            played.verdict, played.reason = (
                Verdict.NOT_JUDGED,
                f"{case.amendment.name} changed what the case needs: {kept}",
            )
            return played
    reason = _gone_wrong(case, step_runner)
    if reason:
        played.reason = reason
        if played.verdict is not Verdict.FAIL or not _stands(case, step_runner, strict):
            played.verdict = Verdict.INCONCLUSIVE
    elif unseen:
        played.reason = f"unobserved: {', '.join(unseen)}"
    elif not findings:
        played.reason = "no expectation was judged"
    elif played.verdict is Verdict.NOT_JUDGED:
        played.reason = verdict.unjudged(findings)
    return played


def _not_stored(trace: Trace) -> tuple[str, ...]:
    """Name the SOP Classes that the subject accepted, and of which our peers could build no instance to store."""
    lists = [one.outcome.get(_NOT_BUILT) for one in trace.operations if one.outcome is not None]
    uids = [uid for each in lists if isinstance(each, list) for uid in each]
    keywords = list(dict.fromkeys(map(registry.keyword_of, uids)))
    if not keywords:
        return ()
    classes = keywords[0] if len(keywords) == 1 else f"{len(keywords)} SOP Classes, such as {keywords[0]}"
    return (f"how {classes} are stored: no instance can be built (`--samples DIR` gives files of such classes)",)


def _stored_nothing(trace: Trace) -> bool:
    outcomes = [one.outcome for one in trace.operations if one.outcome is not None and _NOT_BUILT in one.outcome]
    return not any(one.get("statuses") for one in outcomes)


def _amended(found: Verdict, case: Case, step_runner: StepRunner, strict: bool) -> Verdict:
    """Give the verdict on a case whose peers misbehave: what it expects of lawful ones is then no more than wished."""
    if found is not Verdict.FAIL or strict:
        return found
    survives = verdict.judge_findings(tuple(step_runner.failures), case.level, strict) is not Verdict.FAIL
    return Verdict.WARN if survives else found


def _gone_wrong(case: Case, step_runner: StepRunner) -> str:
    """Say what our peers did not do, and what was awaited and did not happen."""
    peers = step_runner.peers
    missed = [*step_runner.unmet_givens, *step_runner.missed, *peers.idle_faults(), *peers.derailed_scripts()]
    return "; ".join((*missed, *unperformed(step_runner.trace)))


def _stands(case: Case, step_runner: StepRunner, strict: bool) -> bool:
    """Tell whether a FAIL stands though something went wrong.

    After an unmet `given` only what no expectation made stands. In a file of format "2" the same holds after a script
    that derailed, but for expectations of the script itself.
    """
    if step_runner.unmet_givens:
        counting = step_runner.failures
    elif case.scenario.header.format == "2" and step_runner.peers.derailed_scripts():
        counting = [*step_runner.failures, *step_runner.of_scripts]
    else:
        return True
    return verdict.judge_findings(counting, case.level, strict) is Verdict.FAIL


def cells(case: Case, played: PlayedCase) -> int:
    """Count the judged facts: the findings that name their own cell, otherwise the cells of the case."""
    if played.verdict not in (Verdict.PASS, Verdict.WARN, Verdict.FAIL):
        return 0
    named = sum(1 for finding in played.findings if finding.parameters)
    return named or max(case.cells, 1)


def reported_last(case: Case, played: PlayedCase) -> dict[str, str]:
    """Give, of a case whose peers have a profile, the profile and what the subject reported last."""
    if case.amendment is None or played.trace is None:
        return {}
    reported = [
        one.outcome for one in played.trace.operations if one.ae == played.trace.subject and one.outcome is not None
    ]
    told = reported[-1] if reported else {}
    words = [str(told[key]) for key in ("result", "status", "detail") if told.get(key)]
    return {"profile": case.amendment.name, "reported": ": ".join(words)}
