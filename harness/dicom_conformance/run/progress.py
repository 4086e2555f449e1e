"""What a person sees of a run: its progress, and the summary at its end.

On a terminal a live line; elsewhere plain lines, one for each case that is not as it should be, so that a log stays
short. The summary counts verdicts, cells and claims, names what failed, and says where the report is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from dicom_conformance.files import counted
from dicom_conformance.results import Result, Run, Verdict
from dicom_wire.wording import printable

MOST_SHOWN = 20
MOST_FINDINGS = 2
"""Of a case so many unmet expectations are shown while a run goes on."""
_COLOURS = {
    Verdict.PASS: "green",
    Verdict.FAIL: "bold red",
    Verdict.WARN: "yellow",
    Verdict.FLAKY: "bold magenta",
    Verdict.INCONCLUSIVE: "magenta",
    Verdict.NOT_JUDGED: "dim",
    Verdict.NOT_CLAIMED: "dim",
    Verdict.ERROR: "bold red",
}
_QUIET = (Verdict.PASS, Verdict.NOT_JUDGED, Verdict.NOT_CLAIMED)


class Screen:
    """Shows the progress of a run; a context manager."""

    def __init__(self, total: int, console: Console) -> None:
        self.console = console
        self._total = total
        self._done = 0
        self._cells = 0
        self._bad = 0
        self._reasons: set[str] = set()
        self._progress: Progress | None = None
        self._task = TaskID(0)

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
            self._progress = Progress(*columns, console=self.console, transient=True)
            self._task = self._progress.add_task("", total=self._total)
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()
        if self._bad > MOST_SHOWN:
            self.console.print(f"and {self._bad - MOST_SHOWN:,} more; the report has them", highlight=False)

    def show(self, result: Result) -> None:
        """Show one more result."""
        self._done += 1
        self._cells += result.cells
        if result.verdict not in _QUIET and not result.deviation and not self._was_said(result):
            self._bad += 1
            if self._bad <= MOST_SHOWN:
                self._say(result)
        if self._progress is not None:
            text = f"{self._cells:,} cells  {escape(result.scenario)}"
            self._progress.update(self._task, completed=self._done, description=text)

    def _was_said(self, result: Result) -> bool:
        """Tell whether an earlier case was not judged for the same reason, which is not repeated."""
        if result.verdict is not Verdict.INCONCLUSIVE or not result.reason:
            return False
        known = result.reason in self._reasons
        self._reasons.add(result.reason)
        return known

    def _say(self, result: Result) -> None:
        colour = _COLOURS[result.verdict]
        self.console.print(f"[{colour}]{result.verdict}[/] {escape(result.id)}", highlight=False, soft_wrap=True)
        for line in why(result, MOST_FINDINGS):
            self.console.print(f"    {escape(line)}", highlight=False, soft_wrap=True)


def why(result: Result, most_findings: int | None = None) -> list[str]:
    """Say why a case is not PASS: reason, and of each unmet expectation what was expected and what was there.

    Parameters
    ----------
    result : Result
    most_findings : int, optional
        How many unmet expectations are described; how many more there are is the last line.
    """
    lines = [" ".join(result.reason.splitlines())] if result.reason else []
    unmet = result.unmet
    for finding in unmet[:most_findings]:
        clause = finding.clause or "; ".join(result.clause)
        lines.append(f"{finding.requirement or result.title} ({clause})")
        lines.append(f"  {finding.check}: expected {finding.expected}; actual {finding.actual}")
    if most_findings is not None and len(unmet) > most_findings:
        lines.append(f"and {len(unmet) - most_findings:,} more")
    return [printable(line) for line in lines]


def not_judged(results: Sequence[Result]) -> str:
    """Say in one line why no case at all could be judged; empty if one was, or if there are several reasons."""
    judged = [result for result in results if result.verdict is not Verdict.NOT_CLAIMED]
    reasons = {result.reason for result in judged}
    if len(reasons) != 1 or any(result.verdict is not Verdict.INCONCLUSIVE for result in judged):
        return ""
    return f"nothing could be judged: {reasons.pop()}"


def summarise(run: Run, results: Sequence[Result], report: Path | None, console: Console) -> None:
    """Print the summary of a run."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    known = sum(1 for result in results if result.deviation and result.verdict is Verdict.FAIL)
    partly = sum(1 for result in results if result.is_partly_seen)
    for verdict in Verdict:
        count = run.counts.get(verdict.value, 0)
        if count or verdict in (Verdict.PASS, Verdict.FAIL):
            table.add_row(f"[{_COLOURS[verdict]}]{verdict}[/]", f"{count:,}")
        if verdict is Verdict.PASS and partly:
            table.add_row("  of which partly seen", f"{partly:,}")
        if verdict is Verdict.FAIL and known:
            table.add_row("  of which known deviations", f"{known:,}")
    table.add_row("cells", f"{run.cells:,}")
    table.add_row("claims reached", f"{run.reached:,} / {len(run.register):,}")
    for state, count in run.claim_states.items():
        if count and run.register:
            table.add_row(f"  {state}", f"{count:,}")
    table.add_row("seed", str(run.seed))
    table.add_row("elapsed", f"{run.elapsed_s:.1f} s")
    if run.shard:
        table.add_row("shard", run.shard)
    if run.left_out:
        table.add_row("cases left out", f"{run.left_out:,}")
    if run.interrupted:
        console.print("[bold]interrupted[/]: the report covers the cases played before that")
    console.print(table, highlight=False)
    if run.left_out:
        console.print(f"to play every case: {escape(run.run_all)}", highlight=False, soft_wrap=True)
    for reason, count in run.withheld.items():
        console.print(f"{escape(reason)}: {counted(count, 'case')}", highlight=False, soft_wrap=True)
    for identifier in run.stale_deviations:
        console.print(f"known deviation that no longer fails: {escape(identifier)}", highlight=False, soft_wrap=True)
    if report is not None:
        console.print(f"report: {escape(str(report))}", highlight=False, soft_wrap=True)
