"""The command `matrix`: clients by servers."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dicom_conformance.matrix import MatrixOutcome

WIDTH = 200
"""Of a table that does not go to a terminal, in characters."""


def add(commands: Any) -> None:
    """Add the command to the command line."""
    parser = commands.add_parser(
        "matrix",
        help="have clients echo, store, query, retrieve and print with servers, and judge what is seen on the wire",
        description="Have each client of a file do each thing with each server. A study of two synthetic images is "
        "stored on the servers. Exit status: 0 if nothing fails, 1 if a cell fails, 2 if the file is wrong or a server "
        "cannot be started.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the matrix: clients and servers")
    parser.add_argument("--output", type=Path, metavar="DIR", help="folder for matrix.json and index.html")
    parser.set_defaults(command=_matrix)


def _matrix(arguments: argparse.Namespace, words: Sequence[str]) -> int:
    from datetime import UTC, datetime

    from dicom_conformance.files import write_whole
    from dicom_conformance.matrix import play_matrix, read_matrix

    matrix = read_matrix(arguments.file)
    if arguments.output is not None:
        arguments.output.mkdir(parents=True, exist_ok=True)
    outcome = play_matrix(matrix, datetime.now(UTC).date().isoformat())
    if arguments.output is not None:
        write_whole(arguments.output / "matrix.json", outcome.to_json())
        write_whole(arguments.output / "index.html", outcome.to_html())
    _show(outcome)
    return outcome.exit_status


def _show(outcome: MatrixOutcome) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from dicom_wire.wording import printable

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)
    table = Table(box=None, pad_edge=False)
    for title in ("client", "server", "", "", ""):
        table.add_column(title, overflow="fold")
    for cell in outcome.cells:
        texts = (cell.client, cell.server, cell.cell, cell.verdict, cell.why)
        table.add_row(*(Text(printable(text)) for text in texts))
    console.print(table)
    console.print(outcome.summary())
