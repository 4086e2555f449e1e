"""Prints at the end how many mutants were caught and how many conformant variations were not blamed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dicom_conformance.results import Verdict
from proof import CAUGHT, PLAYED, SEEDED, SILENT, Proof


@pytest.fixture
def proof(record_property: Callable[[str, object], None]) -> Proof:
    """Give the assertions of a selftest, which count what they prove."""
    return Proof(record_property)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print both rates, with the mutants that escaped and the variations that were blamed."""
    reports = [
        (report.nodeid, dict(report.user_properties))
        for of_outcome in terminalreporter.stats.values()
        for report in of_outcome
        if isinstance(report, pytest.TestReport) and report.when == "call"
    ]
    seeded = {test: held for test, held in reports if SEEDED in held}
    played = {test: held for test, held in reports if PLAYED in held}
    if not seeded and not played:
        return
    caught = [held for held in seeded.values() if CAUGHT in held]
    by_fail = sum(str(held[CAUGHT]).startswith(Verdict.FAIL.value) for held in caught)
    silent = [held for held in played.values() if SILENT in held]
    terminalreporter.section("mutants and conformant variations")
    terminalreporter.write_line(
        f"mutants: caught {len(caught)} / seeded {len(seeded)}: {by_fail} by FAIL,"
        f" {len(caught) - by_fail} by WARN, which break a recommendation only"
    )
    terminalreporter.write_line(f"conformant variations: silent {len(silent)} / played {len(played)}")
    for test, held in sorted(seeded.items()):
        if CAUGHT not in held:
            terminalreporter.write_line(f"escaped: {held[SEEDED]} ({test})")
    for test, held in sorted(played.items()):
        if SILENT not in held:
            terminalreporter.write_line(f"blamed: {test}")
