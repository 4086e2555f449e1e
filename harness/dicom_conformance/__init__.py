"""The harness: plays test scenarios against a DICOM system, judges what happened and records the results.

A *statement* is a conformance statement as data: what the subject claims (`statement`).
A *scenario* is one question as data: its peers, steps and expectations (`scenario`).
A *case* is a scenario with every variable bound; `for_each` makes many cases of one scenario (`scenario.matrix`).
A *subject* is the system under test: our workstation or any other (`play.subjects`).
The *case runner* plays a case with simulated peers around the subject (`play`).
A *trace* is everything that was seen: bytes, PDUs, messages, logs, stored instances (`trace`).
A *check* judges the trace by one expectation and gives *findings*: expected, actual, met or not (`judge.checks`).
A *verdict* sums up the findings of a case: PASS, FAIL, WARN, FLAKY,
INCONCLUSIVE, NOT_JUDGED, NOT_CLAIMED or ERROR (`judge.verdict`).
A *run* plays all selected cases in several processes and writes results and report (`run`, `results`).
Evidence of each case is a capture, a decoded timeline and pictures (`trace.evidence`, `judge.case_pictures`).

Where to begin: `main` is the command line. In Python, `RunRequest` says what to play, its `load` and `cases` read the
statement and the cases, and `run_cases` plays them. `read_results` reads what a run left behind. Importing this
package imports no other library: each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicom_conformance.__main__ import main
    from dicom_conformance.errors import DataError, HarnessError
    from dicom_conformance.files import KnownDeviations
    from dicom_conformance.files import load as load_known_deviations
    from dicom_conformance.judge import CHECKS, WANTED, Wanted, judge_expectation, judge_findings
    from dicom_conformance.play import (
        Address,
        CaseRunner,
        Foreign,
        Product,
        RunOptions,
        Subject,
        UnsupportedError,
        open_subject,
    )
    from dicom_conformance.reference import export as json_schemas
    from dicom_conformance.results import (
        ClaimCoverage,
        Erratum,
        Finding,
        Level,
        Result,
        ResultsWriter,
        Run,
        Verdict,
        read_results,
        read_run,
        write_results,
        write_run,
    )
    from dicom_conformance.run import Outcome, RunRequest, make_simulator
    from dicom_conformance.run import run as run_cases
    from dicom_conformance.run import write as write_junit
    from dicom_conformance.scenario import Case, Scenario, Selection
    from dicom_conformance.scenario import cases as expand_cases
    from dicom_conformance.scenario import read as read_scenario
    from dicom_conformance.scenario import select as select_scenarios
    from dicom_conformance.statement import Statement
    from dicom_conformance.statement import load as load_statement
    from dicom_conformance.trace import Conversation, Held, Operation, SeenMessage, SeenPDU, Trace, View, timeline

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
    "dicom_conformance.__main__": ("main",),
    "dicom_conformance.judge.checks": ("CHECKS", "WANTED", "Wanted", "judge_expectation"),
    "dicom_conformance.trace.conversation": ("Conversation", "SeenMessage", "SeenPDU"),
    "dicom_conformance.play.case_runner": ("CaseRunner", "RunOptions"),
    "dicom_conformance.errors": ("DataError", "HarnessError"),
    "dicom_conformance.trace.timeline": ("timeline",),
    "dicom_conformance.results.findings": ("Finding", "Level", "Result", "Verdict"),
    "dicom_conformance.results.run_summary": ("ClaimCoverage", "Erratum", "Run"),
    "dicom_conformance.run.junit": ("write_junit",),
    "dicom_conformance.files.known_deviations": ("KnownDeviations", "load_known_deviations"),
    "dicom_conformance.scenario.matrix": ("Case",),
    "dicom_conformance.results.results": ("ResultsWriter", "read_results", "read_run", "write_results", "write_run"),
    "dicom_conformance.run.runner": ("Outcome", "run_cases"),
    "dicom_conformance.scenario.scenario": ("Scenario", "read_scenario"),
    "dicom_conformance.reference.schema": ("json_schemas",),
    "dicom_conformance.scenario.selection": ("Selection", "expand_cases", "select_scenarios"),
    "dicom_conformance.run.standalone": ("make_simulator",),
    "dicom_conformance.statement.statement": ("Statement", "load_statement"),
    "dicom_conformance.play.subjects": ("Address", "Foreign", "Product", "Subject", "UnsupportedError", "open_subject"),
    "dicom_conformance.trace.trace": ("Held", "Operation", "Trace"),
    "dicom_conformance.judge.verdict": ("judge_findings",),
    "dicom_conformance.trace.association_view": ("View",),
    "dicom_conformance.run.worker": ("RunRequest",),
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
