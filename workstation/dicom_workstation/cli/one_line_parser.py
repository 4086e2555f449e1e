"""The parser of every command line: one line for what is wrong, and options at any place among the other words.

It imports nothing else of the workstation, so that the harness, whose command line it reads too, starts quickly.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

USAGE_ERROR = 2


class OneLineParser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line, and takes options before, between and after other words."""

    _is_mixing = False

    def error(self, message: str) -> NoReturn:
        """End with exit status 2."""
        self.exit(USAGE_ERROR, f"{self.prog}: {' '.join(message.split())}; try {self.prog} --help\n")

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> tuple[Any, list[str]]:  # type: ignore[override]
        """Parse; where words are left over, take those that options divide as one list (argparse takes the first)."""
        found, left = super().parse_known_args(args, namespace)
        if not left or self._is_mixing or self._subparsers is not None:
            return found, left
        self._is_mixing = True
        try:
            return self.parse_known_intermixed_args(args)
        finally:
            self._is_mixing = False
