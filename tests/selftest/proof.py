"""What a selftest proves of its results: that a mutant is caught, or that a conformant subject is not blamed.

Both are recorded with the test, so that the summary at the end can count them, however many processes played.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from dicom_conformance.results import Level, Result, Verdict
from mutation import Mutant

BLAMING = (Verdict.FAIL, Verdict.WARN)
ADVICE = frozenset({Level.SHOULD, Level.NOTE})
SEEDED, CAUGHT = "mutant", "caught"
PLAYED, SILENT = "conformant", "silent"


def described(results: Iterable[Result]) -> str:
    """Describe results, with their unmet findings, for whoever reads a failing test."""
    lines = []
    for result in results:
        lines.append(f"{result.id}: {result.verdict.value} {result.reason}")
        unmet = (finding for finding in result.findings if not finding.met)
        lines.extend(f"  {one.check}: expected {one.expected}; actual {one.actual}" for one in unmet)
    return "\n".join(lines)


def is_caught(mutant: Mutant, result: Result, verdicts: Collection[Verdict] = BLAMING) -> bool:
    """Tell whether a result blames a mutant by an unmet finding of a check that the mutant names."""
    unmet = {finding.check for finding in result.findings if not finding.met}
    return result.verdict in verdicts and bool(unmet & set(mutant.check.split(" or ")))


class Proof:
    """The assertions of one selftest; the fixture `proof` gives it.

    Parameters
    ----------
    record : callable
        Pytest's `record_property`.
    """

    def __init__(self, record: Callable[[str, object], None]) -> None:
        self._record = record

    def seeded(self, mutant: Mutant) -> None:
        """Count a mutant that is about to be played."""
        self._record(SEEDED, mutant.name)

    def noticed(self, mutant: Mutant, verdict: Verdict = Verdict.FAIL) -> None:
        """Count a mutant that was caught."""
        self._record(CAUGHT, f"{verdict.value} {mutant.name}")

    def caught(self, mutant: Mutant, results: Collection[Result], verdicts: Collection[Verdict] = BLAMING) -> None:
        """Assert that some result blames the mutant, by an unmet finding of a check that it names.

        A WARN is right where only recommendations are unmet, and nowhere else.
        """
        self.seeded(mutant)
        text = f"{mutant.deviates}\n{described(results)}"
        blaming = [one for one in results if one.verdict in verdicts]
        assert any(is_caught(mutant, one, verdicts) for one in results), text
        for one in blaming:
            levels = {finding.level or one.level for finding in one.findings if not finding.met}
            assert (one.verdict is Verdict.WARN) == (levels <= ADVICE), text
        self.noticed(mutant, Verdict.FAIL if any(one.verdict is Verdict.FAIL for one in blaming) else Verdict.WARN)

    def silent(self, results: Collection[Result], verdicts: Collection[Verdict] = (Verdict.PASS,)) -> None:
        """Assert that a conformant subject gets no other verdict than these."""
        name = ", ".join(dict.fromkeys(result.id for result in results))
        self._record(PLAYED, name)
        assert results, "no case was played"
        others = [result for result in results if result.verdict not in verdicts]
        assert not others, described(others)
        self._record(SILENT, name)
