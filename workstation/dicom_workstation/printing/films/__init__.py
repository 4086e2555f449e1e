"""What stands on a film: its size and layout, the images prepared for it, the preview.

May import: `pixels`, `presentation_states`, `instances` and what stands below them, the other modules of `printing`.
Begin with `preparation`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicom_workstation.printing.films.preparation import Needs, Prepared, needs, prepare
    from dicom_workstation.printing.films.preview import PreviewedFilm, films, preview_film, preview_without_printer

__all__ = [
    "Needs",
    "Prepared",
    "PreviewedFilm",
    "films",
    "needs",
    "prepare",
    "preview_film",
    "preview_without_printer",
]

# Loaded at first use: `--help` must not wait for the libraries of every module.
_MODULES = {
    "Needs": "preparation",
    "Prepared": "preparation",
    "PreviewedFilm": "preview",
    "films": "preview",
    "needs": "preparation",
    "prepare": "preparation",
    "preview_film": "preview",
    "preview_without_printer": "preview",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = found = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        return found
