"""Worklists on the command line: what a running workstation tells of them.

Invariants: the commands ask a workstation that runs; the list is one line a study, in its order.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack

from dicom_workstation.cli.command_connection import check_begun, connect_running, report
from dicom_workstation.cli.command_options import arguments_of
from dicom_workstation.operations import AnyOperation
from dicom_workstation.outcome import Outcome
from dicom_workstation.worklist import WorklistEntry, WorklistOutcome

COLUMNS = ("PatientName", "StudyDate", "StudyDescription")


def run(options: argparse.Namespace) -> int:
    """Perform a command; returns the exit status."""
    operation: AnyOperation = options.operation
    arguments = arguments_of(options, operation.request)
    if options.name is not None:
        arguments["name"] = options.name
    with ExitStack() as stack:
        outcome = connect_running(options, stack).ask(operation, None, arguments)
    check_begun(outcome, options)
    return report(outcome, options, lambda: _summarise(outcome))


def _summarise(outcome: Outcome) -> None:
    from rich.console import Console  # these two not for `--help`
    from rich.table import Table

    console = Console()
    if isinstance(outcome, WorklistOutcome):
        table = Table(header_style="bold")
        for title in ("state", "loaded", *COLUMNS, "StudyInstanceUID"):
            table.add_column(title, overflow="fold", no_wrap=title in ("state", "StudyDate"))
        for each in outcome.studies:
            table.add_row(*_row(each))
        if outcome.studies:
            console.print(table)
        for_whom = f" for {outcome.reader}" if outcome.reader else ""
        when = f"listed at {outcome.listed_at}" if outcome.listed_at else "not listed yet"
        console.print(
            f"{outcome.name}{for_whom}: studies {len(outcome.studies)}, {when}", highlight=False, markup=False
        )
        if outcome.opened:
            console.print(f"open: {outcome.opened}", highlight=False, markup=False, soft_wrap=True)
        if outcome.display_protocol is not None:
            text = f"display protocol: {outcome.display_protocol}: {outcome.display_protocol_why}"
            console.print(text, highlight=False, markup=False, soft_wrap=True)
        if outcome.problem:
            console.print(f"problem: {outcome.problem}", highlight=False, markup=False, soft_wrap=True)
    if outcome.detail:
        console.print(outcome.detail, highlight=False, markup=False, soft_wrap=True)


def _row(entry: WorklistEntry) -> list[str]:
    state = entry.state if entry.is_listed else f"{entry.state}, not listed any more"
    loaded = f"{entry.loaded} of {'?' if entry.instances is None else entry.instances}"
    return [state, loaded, *(entry.attributes.get(key, "") for key in COLUMNS), entry.StudyInstanceUID]
