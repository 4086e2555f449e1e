"""The changes that are known to change nothing that a test could notice, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

FILE = Path(__file__).with_name("equivalents.yaml")
Key = tuple[str, str, str, str, int]


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A change by its key, which survives that lines move, and why it changes nothing."""

    key: Key
    reason: str


def read(file: Path = FILE) -> tuple[Equivalent, ...]:
    """Read the equivalent changes.

    Raises
    ------
    ValueError
        One has no reason.
    """
    found = []
    for entry in yaml.safe_load(file.read_text(encoding="utf-8")) or []:
        key = (entry["file"], entry.get("within", ""), entry["was"], entry["becomes"], entry.get("occurrence", 1))
        reason = str(entry.get("reason", "")).strip()
        if not reason:
            raise ValueError(f"{file.name}: {key} has no reason")
        found.append(Equivalent(key, reason))
    return tuple(found)
