"""Tells at the end how many mutants were seeded and how many caught, however many processes played."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print `caught N / seeded M`, and the names of those that escaped."""
    properties = [
        entry
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
        for entry in report.user_properties
    ]
    seeded = {name for key, name in properties if key == "mutant"}
    caught = {name for key, name in properties if key == "caught"}
    if not seeded:
        return
    terminalreporter.section("mutants")
    terminalreporter.write_line(f"caught {len(caught)} / seeded {len(seeded)}")
    for name in sorted(seeded - caught):
        terminalreporter.write_line(f"escaped: {name}")
