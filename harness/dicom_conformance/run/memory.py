"""The memory of this process: how much it has used at most, and how often Python looks for garbage in it."""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from pathlib import Path

#: So many more objects than before are made before Python looks for cycles among them; its own default is 700.
COLLECTION_THRESHOLD = 50_000
_STATUS = Path("/proc/self/status")


def peak_rss_bytes() -> int:
    """Give the most memory that this process has held at one time: its peak resident set size; 0 if unknown."""
    try:
        for line in _STATUS.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass  # no Linux
    try:
        resource = import_module("resource")
    except ImportError:
        return 0  # Windows has no such module
    peak = int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)  # on Linux it may be the parent's from before exec
    return peak if sys.platform == "darwin" else peak * 1024


def collect_seldom() -> None:
    """Let Python look for cycles less often, and never among what was loaded until now.

    A process that plays cases makes many short-lived objects beside modules and models that live as long as it does;
    with the default a tenth of its time goes into searching these again and again.
    """
    gc.freeze()
    gc.set_threshold(COLLECTION_THRESHOLD, 10, 10)
