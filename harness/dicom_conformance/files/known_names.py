"""What a message about an unknown name offers instead: the name it has now, the nearest known one, or all of them."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from types import MappingProxyType

RENAMED: Mapping[str, str] = MappingProxyType({"told": "reports", "told_by": "reported_by", "beside": "added"})
"""Keys of scenarios that were renamed, by their old name."""

_NEAR = 0.6
"""From which similarity, of 1, a known name is offered."""
_FEW = 30
"""Up to how many known names are all listed where none is near."""


def suggestion(key: str, known: Sequence[str]) -> str:
    """End a message about an unknown `key`: its new name, the nearest of the `known`, or all of them where few."""
    now = RENAMED.get(key)
    if now in known:
        return f"; it is called {now} now"
    near = difflib.get_close_matches(key, known, n=1, cutoff=_NEAR)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; it must be one of {', '.join(sorted(known))}" if 0 < len(known) <= _FEW else ""
