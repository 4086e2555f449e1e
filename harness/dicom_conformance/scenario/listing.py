"""What would run, and which claim is reached by which case: the data behind `list`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dicom_conformance.files import scenarios_folder
from dicom_conformance.results import ClaimCoverage, ClaimState, Result, Verdict
from dicom_conformance.scenario.matrix import Case
from dicom_conformance.scenario.steps import Expect, Expectation
from dicom_conformance.statement import Claim, Statement

#: The statement whose claims the shipped scenarios name.
STATEMENT_OF_SHIPPED = "directview-5.2"
#: Verdicts of a case that judged something, and so reaches the claims it names.
JUDGED = (Verdict.PASS, Verdict.FAIL, Verdict.WARN)


@dataclass(frozen=True, slots=True)
class ReachedClaim:
    """One claim of the register and the scenarios that reach it, each with its number of cases.

    `reason` says why none does: the statement's own `untested`, or that no scenario names the claim.
    """

    claim: Claim
    scenarios: tuple[tuple[str, int], ...]
    reason: str

    @property
    def cases(self) -> int:
        """How many cases reach the claim."""
        return sum(count for _, count in self.scenarios)


def clauses(case: Case) -> tuple[str, ...]:
    """Give every clause that a case names: the scenario's and those of its expectations."""
    return tuple(dict.fromkeys((*case.clause, *borne(case))))


def borne(case: Case) -> tuple[str, ...]:
    """Give what each expectation of a case bears: its clauses, the claims of its promise, else the case's."""
    if case.reason:
        return ()
    expects = [step for step in case.setup().steps if isinstance(step, Expect)]
    expectations = [each for step in expects for each in step.expectations]
    return tuple(dict.fromkeys(clause for each in expectations for clause in _borne_by(each, case)))


def _borne_by(expectation: Expectation, case: Case) -> tuple[str, ...]:
    if expectation.promise:
        return case.claims.get(expectation.promise, ())
    return expectation.clause or case.clause


def claims(cases: Iterable[Case], statement: Statement) -> tuple[ReachedClaim, ...]:
    """Tell for every claim, in the statement's order, which scenarios would reach it: by what their findings bear."""
    reached: dict[str, dict[str, int]] = {claim.id: {} for claim in statement.claims}
    named: dict[str, tuple[str, ...]] = {}
    for case in cases:
        if case.reason:
            continue
        if case.scenario.id not in named:
            named[case.scenario.id] = borne(case)
        for claim in statement.reached(named[case.scenario.id]):
            counts = reached[claim.id]
            counts[case.scenario.id] = counts.get(case.scenario.id, 0) + 1
    return tuple(
        ReachedClaim(claim, tuple(reached[claim.id].items()), _reason(claim, bool(reached[claim.id])))
        for claim in statement.claims
    )


def unknown_clauses(cases: Iterable[Case], statement: Statement) -> tuple[tuple[str, str], ...]:
    """Name the scenarios and clauses (``DCS ...``) that are no claim of the statement.

    The scenarios that are shipped name the claims of the workstation's statement: under another one, none of theirs is
    a mistake.
    """
    known = statement.claims_by_id
    shipped = None if statement.id == STATEMENT_OF_SHIPPED else scenarios_folder().resolve()
    firsts = {case.scenario.id: case for case in reversed(list(cases))}
    return tuple(
        (identifier, clause)
        for identifier, case in sorted(firsts.items())
        if shipped is None or shipped not in case.scenario.path.resolve().parents
        for clause in clauses(case)
        if clause.startswith("DCS ") and clause.removeprefix("DCS ").strip() not in known
    )


def register(statement: Statement, results: Iterable[Result]) -> tuple[ClaimCoverage, ...]:
    """Compute what a run says about each claim, and how many judged cases reach it.

    A claim is reached by a finding that bears it, not by the header of a case in which what it is about was not seen. A
    met finding of a large negotiation is read before it is written compactly.
    """
    counts = {claim.id: 0 for claim in statement.claims}
    states: dict[str, ClaimState] = {}
    for result in results:
        reached = _judged(statement, result) if result.verdict in JUDGED else {}
        for identifier, is_met in reached.items():
            counts[identifier] += 1
            differs = not is_met or states.get(identifier) is ClaimState.DIFFERS
            states[identifier] = ClaimState.DIFFERS if differs else ClaimState.PROVED
        for claim in _claims(statement, result.clause) if result.unobserved else ():
            states.setdefault(claim, ClaimState.NOT_OBSERVED)
    return tuple(
        ClaimCoverage(
            id=claim.id,
            section=claim.section,
            paraphrase=claim.text,
            level=claim.level,
            printed=claim.printed or "",
            untested=claim.untested or "",
            cases=counts[claim.id],
            state=states.get(claim.id, ClaimState.NOT_JUDGED),
        )
        for claim in statement.claims
    )


def _judged(statement: Statement, result: Result) -> dict[str, bool]:
    """Give the claims that a result reaches, and whether every finding that bears one was met."""
    if not result.findings:
        return dict.fromkeys(_claims(statement, result.clause), result.verdict is not Verdict.FAIL)
    found: dict[str, bool] = {}
    distinct = {(finding.clause, finding.claims, finding.met): finding for finding in result.counting}
    for finding in distinct.values():  # of the thousands in a large negotiation, nearly all bear the same
        for claim in _claims(statement, result.borne(finding)):
            found[claim] = finding.met and found.get(claim, True)
    return found


def _claims(statement: Statement, named: Iterable[str]) -> tuple[str, ...]:
    """Give the ids of the claims among clauses, and among ids with that of their statement before them."""
    own = f"{statement.id}#"
    clauses = [f"DCS {each.removeprefix(own)}" if each.startswith(own) else each for each in named]
    return tuple(claim.id for claim in statement.reached(clauses))


def unreached(reached: Sequence[ReachedClaim]) -> tuple[ReachedClaim, ...]:
    """Give the claims that no case reaches and that bear no reason of the statement's own."""
    return tuple(each for each in reached if not each.cases and not each.claim.untested)


def _reason(claim: Claim, is_reached: bool) -> str:
    if is_reached:
        return ""
    return f"untested: {claim.untested}" if claim.untested else "no case names it"
