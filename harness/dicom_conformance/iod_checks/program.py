"""What the checker asks of a program, and how one is run."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

PROGRAM_S = 30.0
"""How long one call of a program may take, in seconds."""
MOST_OUTPUT = 1 << 20
"""Characters of output that are read."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with an instance.

    Attributes
    ----------
    module : str
        Of the IOD, as the program names it; empty where it names none.
    text : str
        In the program's words, without values of the data set.
    """

    module: str
    text: str

    def __str__(self) -> str:
        return f"{self.module}: {self.text}" if self.module else self.text


class Program(Protocol):
    """A program that checks files."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def edition(self) -> str:
        """Which edition of the standard it checks by, in words; empty where it is not installed, or has no copy."""
        ...

    @property
    def off(self) -> str:
        """Why it checks nothing; empty where it does."""
        ...

    def check(self, files: Sequence[Path]) -> list[tuple[Complaint, ...]] | None:
        """Check files; what is wrong with each, in their order, or None where the program failed or took too long."""
        ...


def output_of(words: Sequence[str]) -> str | None:
    """Run a program and give what it wrote; None where it cannot be started or took too long."""
    try:
        ran = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PROGRAM_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if ran.returncode < 0:  # a signal ended it
        return None
    return ran.stdout[:MOST_OUTPUT].decode("utf-8", "replace")
