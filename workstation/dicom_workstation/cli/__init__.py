"""The command line `dicom-conformance workstation ...`.

May import: everything of the workstation but `subjects`.
Begin with `command_line`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicom_workstation.cli.command_line import main, parser
    from dicom_workstation.cli.one_line_parser import OneLineParser

_MODULES = {
    "OneLineParser": "dicom_workstation.cli.one_line_parser",
    "main": "dicom_workstation.cli.command_line",
    "parser": "dicom_workstation.cli.command_line",
}
"""Each name is imported when it is first used."""


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "OneLineParser",
    "main",
    "parser",
]
