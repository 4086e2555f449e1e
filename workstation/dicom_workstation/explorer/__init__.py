"""The Archive Explorer: pages in a browser for the list of archives, queries, retrieves, images and films (2.2.2.1.1).

May import: `application`, `configuration`, `control` (jobs, loopback server), `operations` and what stands below.
Begin with `site`, the table of pages; `gate` decides who may see them, `explorer_server` serves them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicom_workstation.explorer.explorer_server import ExplorerServer

_MODULES = {"ExplorerServer": "dicom_workstation.explorer.explorer_server"}
"""The name is imported when it is first used: `--help` must not wait for the web framework."""


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["ExplorerServer"]
