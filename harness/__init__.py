"""The harness: plays test scenarios against a DICOM system, judges what happened and records the results.

A *statement* is a conformance statement as data: what the subject claims (`statement`, `statement_model`).
A *scenario* is one question as data: its peers, steps and expectations (`scenario`, `stage`, `steps`, `selection`).
A *case* is a scenario with every variable bound; `for_each` makes many of one (`matrix`, `binders`, `for_each`).
A *subject* is the system under test: our workstation or any other (`subjects`).
The *case runner* plays a case with simulated peers around the subject (`court`, `performance`, `peers`).
A *trace* is everything that was seen: bytes, PDUs, messages, logs, stored instances (`trace`, `conversation`, `view`).
A *check* judges the trace by one expectation and gives *findings*: expected, actual, met or not (`checks`).
A *verdict* sums up the findings of a case: PASS, FAIL, WARN, INCONCLUSIVE, NOT_CLAIMED or ERROR (`verdict`).
A *run* plays all selected cases in several processes and writes results and report (`runner`, `worker`, `dispatch`).
Evidence of each case is a capture, a decoded timeline and pictures (`evidence`, `exhibits`).

Where to begin: `main` is the command line. In Python, `RunRequest` says what to play, its `load` and `cases` read the
statement and the cases, and `run_cases` plays them. `read_results` reads what a run left behind. Importing this
package imports no other library: each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.__main__ import main
    from harness.checks import CHECKS, WANTED, Wanted, judge_expectation
    from harness.conversation import Conversation, SeenMessage, SeenPDU
    from harness.court import CaseRunner, RunOptions
    from harness.errors import DataError, HarnessError
    from harness.evidence import timeline
    from harness.findings import ClaimCoverage, Erratum, Finding, Level, Result, Run, Verdict
    from harness.junit import write as write_junit
    from harness.known_deviations import KnownDeviations
    from harness.known_deviations import load as load_known_deviations
    from harness.matrix import Case
    from harness.results import ResultsWriter, read_results, read_run, write_results, write_run
    from harness.runner import Outcome
    from harness.runner import run as run_cases
    from harness.scenario import Scenario
    from harness.scenario import read as read_scenario
    from harness.schema import export as json_schemas
    from harness.selection import Selection
    from harness.selection import cases as expand_cases
    from harness.selection import select as select_scenarios
    from harness.standalone import make_simulator
    from harness.statement import Statement
    from harness.statement import load as load_statement
    from harness.subjects import Address, Foreign, Product, Subject, UnsupportedError, open_subject
    from harness.trace import Held, Operation, Trace
    from harness.verdict import judge_findings
    from harness.view import View
    from harness.worker import RunRequest

__all__ = [
    "CHECKS",
    "WANTED",
    "Address",
    "Case",
    "CaseRunner",
    "ClaimCoverage",
    "Conversation",
    "DataError",
    "Erratum",
    "Finding",
    "Foreign",
    "HarnessError",
    "Held",
    "KnownDeviations",
    "Level",
    "Operation",
    "Outcome",
    "Product",
    "Result",
    "ResultsWriter",
    "Run",
    "RunOptions",
    "RunRequest",
    "Scenario",
    "SeenMessage",
    "SeenPDU",
    "Selection",
    "Statement",
    "Subject",
    "Trace",
    "UnsupportedError",
    "Verdict",
    "View",
    "Wanted",
    "expand_cases",
    "json_schemas",
    "judge_expectation",
    "judge_findings",
    "load_known_deviations",
    "load_statement",
    "main",
    "make_simulator",
    "open_subject",
    "read_results",
    "read_run",
    "read_scenario",
    "run_cases",
    "select_scenarios",
    "timeline",
    "write_junit",
    "write_results",
    "write_run",
]

_NAMES_BY_MODULE = {
    "harness.__main__": ("main",),
    "harness.checks": ("CHECKS", "WANTED", "Wanted", "judge_expectation"),
    "harness.conversation": ("Conversation", "SeenMessage", "SeenPDU"),
    "harness.court": ("CaseRunner", "RunOptions"),
    "harness.errors": ("DataError", "HarnessError"),
    "harness.evidence": ("timeline",),
    "harness.findings": ("ClaimCoverage", "Erratum", "Finding", "Level", "Result", "Run", "Verdict"),
    "harness.junit": ("write_junit",),
    "harness.known_deviations": ("KnownDeviations", "load_known_deviations"),
    "harness.matrix": ("Case",),
    "harness.results": ("ResultsWriter", "read_results", "read_run", "write_results", "write_run"),
    "harness.runner": ("Outcome", "run_cases"),
    "harness.scenario": ("Scenario", "read_scenario"),
    "harness.schema": ("json_schemas",),
    "harness.selection": ("Selection", "expand_cases", "select_scenarios"),
    "harness.standalone": ("make_simulator",),
    "harness.statement": ("Statement", "load_statement"),
    "harness.subjects": ("Address", "Foreign", "Product", "Subject", "UnsupportedError", "open_subject"),
    "harness.trace": ("Held", "Operation", "Trace"),
    "harness.verdict": ("judge_findings",),
    "harness.view": ("View",),
    "harness.worker": ("RunRequest",),
}
_MODULE_OF = {name: module for module, names in _NAMES_BY_MODULE.items() for name in names}
_RENAMED = {
    "expand_cases": "cases",
    "json_schemas": "export",
    "load_known_deviations": "load",
    "load_statement": "load",
    "read_scenario": "read",
    "run_cases": "run",
    "select_scenarios": "select",
    "write_junit": "write",
}
"""Names that say more here than they do in their module."""

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import what bears a public name when it is first asked for."""
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value = getattr(import_module(_MODULE_OF[name]), _RENAMED.get(name, name))
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
