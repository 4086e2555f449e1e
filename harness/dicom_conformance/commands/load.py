"""The command `load`: many users at once against one AE."""

from __future__ import annotations

import argparse
import signal
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dicom_conformance.commands.probe import target, title
from dicom_conformance.commands.renderer import Renderer

if TYPE_CHECKING:
    from dicom_conformance.results import LoadRun

ALLOWING = "--i-may-load-this-host"
MOST_PROCESSES = 64
SHOWN = 10
WIDTH = 200
"""Of a table that does not go to a terminal, in characters."""


def add(commands: Any, renderer: Renderer) -> None:
    """Add the command to the command line; `renderer` gives what writes the page of a load run."""
    parser = commands.add_parser(
        "load",
        help="load an AE with many users at once, and check what it stored against what it answered",
        description="Have users echo, store, query and retrieve as a plan says, by Locust (the extra `load`), within "
        "the plan's bounds of count and rate; then ask the target what it holds. Exit status: 0 if every instance that "
        "was answered as stored is held and the plan's `limits` (failures, times) are kept; 1 if an instance is lost "
        "or changed, a limit is not kept, or the target stopped accepting connections; 2 if it cannot be judged.",
    )
    parser.add_argument("plan", nargs="?", type=Path, metavar="PLAN", help="the load plan (YAML)")
    parser.add_argument("--target", type=target, metavar="AET@HOST:PORT", help="the AE that is loaded")
    parser.add_argument(
        "--output", type=Path, default=Path("load-report"), metavar="DIR", help="folder for run.json and index.html"
    )
    parser.add_argument("--processes", type=_processes, default=1, metavar="N", help="worker processes (default: 1)")
    parser.add_argument(
        "--count", type=_whole, metavar="N", help="at most so many operations; the plan's bound, if that is lower"
    )
    parser.add_argument(
        "--rate",
        type=_positive,
        metavar="N",
        help="at most so many operations in a second; the plan's bound, if that is lower",
    )
    parser.add_argument(
        "--users", type=_whole, metavar="N", help="at most so many users; as many as the plan says, if these are fewer"
    )
    parser.add_argument(
        "--duration",
        type=_positive,
        metavar="S",
        help="no longer than so many seconds; the plan's duration, if that is shorter",
    )
    parser.add_argument("--calling", type=title, metavar="AET", help="our AE title (default: the plan's)")
    parser.add_argument(
        ALLOWING, action="store_true", dest="is_allowed", help="load a target that is not on this machine"
    )
    parser.add_argument(
        "--locustfile", action="store_true", help="print the path of what `locust -f` needs, and do nothing else"
    )
    parser.add_argument(
        "--conclude", type=Path, metavar="DIR", help="judge what `locust` measured and left in a folder; load nothing"
    )
    parser.add_argument("--folder-is-held", action="store_true", dest="is_held", help=argparse.SUPPRESS)
    parser.set_defaults(command=lambda arguments, words: _load(arguments, renderer))


def _load(arguments: argparse.Namespace, renderer: Renderer) -> int:
    from dicom_conformance.errors import HarnessError
    from dicom_conformance.load import LOCUSTFILE

    if arguments.locustfile:
        print(LOCUSTFILE)
        return 0
    if arguments.conclude is not None:
        return _conclude_again(arguments, renderer)
    if arguments.plan is None or arguments.target is None:
        raise HarnessError("PLAN and --target AET@HOST:PORT are needed")
    return _measure_and_conclude(arguments, renderer)


def _measure_and_conclude(arguments: argparse.Namespace, renderer: Renderer) -> int:
    from dicom_conformance.files import OutputFolder
    from dicom_conformance.interruption import ended_by
    from dicom_conformance.load import Wishes, measure, read_plan, require_allowed, require_locust

    plan, loaded = read_plan(arguments.plan), arguments.target
    require_allowed(loaded, arguments.is_allowed)
    require_locust()
    wishes = Wishes(arguments.count, arguments.rate, arguments.users, arguments.duration, arguments.calling or "")
    with OutputFolder(arguments.output):
        print(f"loading {loaded}: {plan.file.title}", flush=True)
        with ended_by((signal.SIGINT, signal.SIGTERM), KeyboardInterrupt):
            measure(plan, loaded, wishes, arguments.processes, arguments.is_allowed, arguments.output)
        return _conclude(arguments.output, renderer)


def _conclude_again(arguments: argparse.Namespace, renderer: Renderer) -> int:
    from dicom_conformance.files import OutputFolder
    from dicom_conformance.load import require_measured

    folder = arguments.conclude
    require_measured(folder)
    with nullcontext() if arguments.is_held else OutputFolder(folder, keeps=True):
        return _conclude(folder, renderer)


def _conclude(folder: Path, renderer: Renderer) -> int:
    from dicom_conformance.load import conclude

    run = conclude(folder)
    page = renderer()(folder)
    _show(run)
    print(f"report: {page}")
    return run.exit_status


def _show(run: LoadRun) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from dicom_wire.wording import printable

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)
    table = Table(box=None, pad_edge=False)
    for heading in ("operation", "", "count", "failed", "50 %", "95 %", "99 %", "most", ""):
        table.add_column(heading, justify="left" if heading in ("operation", "") else "right")
    for one in run.operations:
        times = [f"{one.percentiles_ms[each]:.1f}" if one.percentiles_ms else "-" for each in ("50", "95", "99", "100")]
        row = (one.operation, one.name, f"{one.count:,}", f"{one.failed:,}", *times, f"{one.rate_per_s:.1f} per s")
        table.add_row(*(Text(printable(text)) for text in row))
    console.print(table)
    print(f"times in milliseconds; {run.elapsed_s:.1f} s; ended because {printable(run.ended_by)}")
    stored = run.stored
    held = "not looked at" if stored.held is None else f"{stored.held:,} held, {stored.lost:,} lost"
    print(f"{stored.sent:,} instances sent, {stored.answered:,} answered as stored: {held}")
    for finding in run.unmet[:SHOWN]:
        print(f"! {printable(finding.expected)}: {printable(finding.actual)}")
    if len(run.unmet) > SHOWN:
        print(f"! and {len(run.unmet) - SHOWN:,} more")
    for why in run.not_judged:
        sys.stderr.write(f"dicom-conformance: not judged: {printable(why)}\n")


def _processes(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= MOST_PROCESSES:
        return int(text)
    raise argparse.ArgumentTypeError(f"expected a number from 1 to {MOST_PROCESSES}")


def _whole(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 10_000_000:
        return int(text)
    raise argparse.ArgumentTypeError("expected a number from 1 to 10000000")


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if 0.0 < value <= 1_000_000:
        return value
    raise argparse.ArgumentTypeError("expected a number above 0, at most 1000000")
