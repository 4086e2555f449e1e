"""Options of `simulate`."""

from __future__ import annotations

import argparse
from pathlib import Path

MOST_SHARING = 64
"""Processes that share the port of a simulator."""


def add_simulate_options(simulate: argparse.ArgumentParser) -> None:
    """Add the options to the parser of `simulate`."""
    simulate.add_argument("simulator", choices=("archive", "destination", "printer"), help="which one")
    simulate.add_argument("--config", type=Path, metavar="FILE", help="settings in YAML")
    simulate.add_argument(
        "--profile",
        metavar="NAME",
        help="behave like systems reported in the field: a name that `list --profiles` shows, or a file of your own",
    )
    simulate.add_argument(
        "--port",
        type=_port,
        metavar="N",
        help="port to listen on; default: the file's, else 11112 (archive), 11114 (destination), 10104 (printer)",
    )
    simulate.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="folder for the printed films as PNG files (printer), or for the instances received (destination)",
    )
    simulate.add_argument(
        "--folder",
        type=Path,
        metavar="DIR",
        help="folder of DICOM files to hold, in the place of the example (archive)",
    )
    simulate.add_argument(
        "--processes",
        type=_sharing_processes,
        default=1,
        metavar="N",
        help="accept associations in so many processes on one port (destination)",
    )
    simulate.add_argument(
        "--log",
        action="append",
        default=[],
        metavar="json|FILE",
        help="json: log lines of JSON; FILE: append the log to this file too; may be given twice",
    )


def _sharing_processes(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_SHARING:
        raise argparse.ArgumentTypeError(f"expected a number of processes from 1 to {MOST_SHARING}")
    return int(text)


def _port(text: str) -> int:
    if text.isdigit() and int(text) < 1 << 16:
        return int(text)
    raise argparse.ArgumentTypeError("expected a port from 0 (any free port) to 65535")
