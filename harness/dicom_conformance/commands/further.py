"""The commands beside `run` that read what runs and products leave; what each needs is imported when it is called."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dicom_conformance.commands import compare, fault, judge, load, matrix, probe, relay, replay
from dicom_conformance.commands.renderer import Renderer

Commands = Any
"""What `add_subparsers` gives; argparse does not name its type."""


def add(commands: Commands, renderer: Renderer, load_renderer: Renderer, capture_renderer: Renderer) -> None:
    """Add the commands to the command line.

    The renderers return what writes the page of a run, of a load run and of a judged capture.
    """
    _add_merge(commands, renderer)
    compare.add(commands)
    probe.add(commands)
    matrix.add(commands)
    fault.add(commands)
    relay.add(commands)
    judge.add(commands, capture_renderer)
    replay.add(commands)
    load.add(commands, load_renderer)


def _add_merge(commands: Commands, renderer: Renderer) -> None:
    parser = commands.add_parser("merge", help="merge the results of several runs, such as shards, into one run")
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="output folders of runs")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for the merged report")
    parser.set_defaults(command=lambda arguments, words: _merge(arguments, words, renderer))


def _merge(arguments: argparse.Namespace, words: Sequence[str], renderer: Renderer) -> int:
    from rich.console import Console

    from dicom_conformance.run import markdown_summary, merge, progress

    merged = merge(arguments.folders, arguments.output, command=("dicom-conformance", *words), render=renderer())
    markdown_summary.append_to_step_summary(arguments.output / "summary.md")
    page = arguments.output / "index.html"
    progress.summarise(
        merged.run, merged.results, page if page.is_file() else arguments.output, Console(highlight=False)
    )
    return merged.run.exit_status
