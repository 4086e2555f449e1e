"""The report of a run, a load run or a judged capture as a page: results in, `index.html` out. Judges nothing.

It may import `dicom_conformance.results` and nothing else of ours. Importing this package imports no other library:
each function is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicom_reports.capture_page import render_capture
    from dicom_reports.load_page import render_load
    from dicom_reports.page import render

__all__ = [
    "render",
    "render_capture",
    "render_load",
]

_NAMES_BY_MODULE = {
    "dicom_reports.capture_page": ("render_capture",),
    "dicom_reports.load_page": ("render_load",),
    "dicom_reports.page": ("render",),
}
_MODULE_OF = {name: module for module, names in _NAMES_BY_MODULE.items() for name in names}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import what bears a public name when it is first asked for."""
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value = getattr(import_module(_MODULE_OF[name]), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
