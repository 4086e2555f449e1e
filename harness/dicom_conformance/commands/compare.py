"""The command `compare`: two runs, or two statements."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dicom_conformance.compare import Comparison

WIDTH = 200
"""Of a table that does not go to a terminal, in characters."""
MOST_SHOWN = 60
"""Rows of one state on the console; `--output` and `--json` have all."""


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "compare",
        help="compare two runs, or what a product claims with what was measured",
        description="Compare two output folders of `run`, or two statements. Exit status: 0 if nothing is worse (runs) "
        "or everything that was measured is as claimed (statements); 1 for a new failure, a flaky case or a case that "
        "is no longer judged, and for what is absent or different; 2 if they cannot be compared.",
    )
    parser.add_argument("first", metavar="A", help="the earlier run's folder, or the claimed statement (name or file)")
    parser.add_argument("second", metavar="B", help="the later run's folder, or the measured statement (name or file)")
    parser.add_argument(
        "--ae",
        action="append",
        default=[],
        type=_pair,
        metavar="FIRST=SECOND",
        help="of statements: compare the AE of this key in A with that of B; may be given several times",
    )
    parser.add_argument("--configuration", metavar="NAME", help="of statements: the product's configuration in A")
    parser.add_argument("--json", action="store_true", help="print JSON, with every row")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write an HTML page, with every row")
    parser.set_defaults(command=_compare)


def _pair(text: str) -> tuple[str, str]:
    first, equals, second = text.partition("=")
    if not (first and equals and second):
        raise argparse.ArgumentTypeError(f"expected FIRST=SECOND, not {text!r}")
    return first, second


def _compare(arguments: argparse.Namespace, words: Sequence[str]) -> int:
    from dicom_conformance.files import write_whole

    comparison = _of(arguments)
    if arguments.output is not None:
        write_whole(arguments.output, comparison.to_html())
    if arguments.json:
        print(comparison.to_json(), end="")
    else:
        _show(comparison)
    return comparison.exit_status


def _of(arguments: argparse.Namespace) -> Comparison:
    from dicom_conformance.compare import compare_runs, compare_statements
    from dicom_conformance.errors import HarnessError
    from dicom_conformance.statement import load

    folders = [Path(each).is_dir() for each in (arguments.first, arguments.second)]
    if all(folders):
        if arguments.ae or arguments.configuration:
            raise HarnessError("--ae and --configuration are for statements; these are folders of runs")
        return compare_runs(Path(arguments.first), Path(arguments.second), _formerly())
    if any(folders):
        raise HarnessError("one is a folder and the other is not: give two folders of runs, or two statements")
    return compare_statements(load(arguments.first), load(arguments.second), arguments.ae, arguments.configuration)


def _formerly() -> Mapping[str, Sequence[str]]:
    """Map the scenarios of the catalogue to the ids that they had before."""
    from dicom_conformance.scenario import select

    return {each.id: each.header.formerly for each in select().scenarios if each.header.formerly}


def _show(comparison: Comparison) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from dicom_wire.wording import printable

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)
    for note in comparison.notes:
        console.print(Text(printable(note)), soft_wrap=True)
    shown = comparison.shown()
    table = Table(box=None, pad_edge=False)
    for title in ("", "", comparison.first, comparison.second):
        table.add_column(Text(printable(title)), overflow="fold")
    left: dict[str, int] = {}
    for row in shown:
        left[row.state] = left.get(row.state, 0) + 1
        if left[row.state] <= MOST_SHOWN:
            table.add_row(*(Text(printable(text)) for text in (row.state, row.about, row.first, row.second)))
    if shown:
        console.print(table)
    for state, count in left.items():
        if count > MOST_SHOWN:
            console.print(f"and {count - MOST_SHOWN:,} more rows: {state}")
    console.print(", ".join(f"{state}: {count:,}" for state, count in comparison.counts.items()), soft_wrap=True)
