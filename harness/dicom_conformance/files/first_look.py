"""A first look at scenario files: which may have an id that is wanted, found without reading each as YAML.

Reading all of them takes longer than playing a few cases. What a look does not understand it leaves to the reader: such
a file may have any id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

_ID = re.compile(r"^id:[ \t]+([A-Za-z0-9][\w./-]*)[ \t]*\r?$", re.MULTILINE)
_FORMERLY = re.compile(r"^formerly:(.*(?:\r?\n[ \t-].*)*)", re.MULTILINE)
_NAME = re.compile(r"[A-Za-z0-9][\w./-]*")


def ids_of(path: Path) -> tuple[str, ...] | None:
    """Give the id of a scenario file, then its former ones; None where they cannot be told at first look."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError):
        return None
    found = _ID.findall(text)
    if len(found) != 1:
        return None
    formerly = _FORMERLY.search(text)
    return (found[0], *(_NAME.findall(formerly[1]) if formerly else ()))


def may_be_named(ids: Sequence[str] | None, prefixes: Sequence[str]) -> bool:
    """Tell whether a scenario with these ids may have a case whose id begins so."""
    if ids is None:
        return True
    return any(name.startswith(prefix) or prefix.startswith(name) for name in ids for prefix in prefixes)


def files_by_id(looked_at: Mapping[Path, Sequence[str] | None]) -> dict[str, list[Path]]:
    """Map each id to the files that have it now."""
    found: dict[str, list[Path]] = {}
    for path, ids in looked_at.items():
        if ids is not None:
            found.setdefault(ids[0], []).append(path)
    return found
