"""Options of `run` and `list` about studies that the subject holds already: judging without storing anything."""

from __future__ import annotations

import argparse
from pathlib import Path

AT_MOST = 50
"""Matches after which the one query that is not narrowed is cancelled."""
MOST_MATCHES = 1000


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add the options to a parser."""
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FILE",
        help="YAML file of studies that the subject already holds, as `probe --data` writes it; scenarios ask for "
        "these instead of what one broad query finds, and may have them sent to this machine",
    )
    parser.add_argument(
        "--at-most",
        type=_matches,
        default=AT_MOST,
        metavar="N",
        help=f"cancel the one query that is not narrowed after N matches (default: {AT_MOST})",
    )


def _matches(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= MOST_MATCHES:
        return int(text)
    raise argparse.ArgumentTypeError(f"expected a number of matches from 1 to {MOST_MATCHES}")
