"""The SOP Instances that the workstation holds: in memory, and as Part 10 files.

May import: `tables`, `data_sets`, `pixels`.
Begin with `memory`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicom_workstation.data_sets import FileError
    from dicom_workstation.instances.encode_instance import stored_instance
    from dicom_workstation.instances.memory import KeepResult, Memory, StoredInstance, Watch
    from dicom_workstation.instances.part10 import file_of, part10_file, read_part10

__all__ = [
    "FileError",
    "KeepResult",
    "Memory",
    "StoredInstance",
    "Watch",
    "file_of",
    "part10_file",
    "read_part10",
    "stored_instance",
]

# Loaded at first use: `--help` must not wait for the libraries of every module.
_MODULES = {
    "FileError": "part10",
    "KeepResult": "memory",
    "Memory": "memory",
    "StoredInstance": "memory",
    "Watch": "memory",
    "file_of": "part10",
    "part10_file": "part10",
    "read_part10": "part10",
    "stored_instance": "encode_instance",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = found = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        return found
