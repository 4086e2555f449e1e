"""The workstation as the subject of a test, in two ways; what the entry points of the project name.

For the harness alone: the product never imports this package. `Embedded` is a workstation in the process of the test,
`Process` one that is started as a program and asked over its control interface. Both speak plain values (text,
numbers, lists, dicts) and import nothing of the harness.

May import: everything of the workstation.
Begin with `embedded`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicom_workstation.subjects.embedded import Embedded
    from dicom_workstation.subjects.process import Process

__all__ = ["Embedded", "Process"]

_MODULES = {"Embedded": "embedded", "Process": "process"}


def __getattr__(name: str) -> object:
    # loaded at first use: `Process` needs no DICOM library, `Embedded` no HTTP client
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
