"""The print client: what a user has printed, translated for the printer, previewed, and sent to it.

References
----------
Conformance statement, 2.2.2.4, 3.2.4; PS3.4 Annex H; PS3.3 C.13

May import: `network`, `instances`, `presentation_states`, `pixels` and what stands below them.
Begin with `client`; `films/` prepares what is on a film, `protocol/` talks to the printer.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicom_workstation.printing.client import PrintClient
    from dicom_workstation.printing.errors import PrintError
    from dicom_workstation.printing.films import preview_without_printer
    from dicom_workstation.printing.request import PrintRequest

__all__ = [
    "PrintClient",
    "PrintError",
    "PrintRequest",
    "preview_without_printer",
]

# Loaded at first use: `--help` must not wait for the libraries of every module.
_MODULES = {
    "PrintClient": "client",
    "PrintError": "errors",
    "PrintRequest": "request",
    "preview_without_printer": "films",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = found = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        return found
