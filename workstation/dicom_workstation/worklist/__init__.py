"""The worklist engine: it asks for the studies that a reader is to read, and loads the next ones by itself (2.2.2.1.2).

May import: `clock`, `configuration`, `operation_register`, `outcome`, `request_models`.
Begin with `state` and `engine`, which have the rules and no network; `runner` carries out what they say, and
`worklists` has all of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicom_workstation.worklist.outcomes import WorklistEntry, WorklistOutcome
    from dicom_workstation.worklist.runner import Loading
    from dicom_workstation.worklist.worklists import Worklists

__all__ = [
    "Loading",
    "WorklistEntry",
    "WorklistOutcome",
    "Worklists",
]

# Loaded at first use: `--help` needs the outcomes alone.
_MODULES = {
    "Loading": "runner",
    "WorklistEntry": "outcomes",
    "WorklistOutcome": "outcomes",
    "Worklists": "worklists",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = found = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        return found
