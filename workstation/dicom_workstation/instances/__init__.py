"""The SOP Instances that the workstation holds: in memory, and as Part 10 files.

May import: `tables`, `data_sets`, `pixels`.
Begin with `store`, the agreement that `memory_store` and the disk keep; `memory` is what the application uses.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dicom_workstation.data_sets import FileError
    from dicom_workstation.instances.encode_instance import stored_instance
    from dicom_workstation.instances.instance_store import (
        DIGEST_BYTES,
        Admission,
        Announced,
        HeldInstance,
        InstanceEntry,
        InstanceStore,
        Kept,
        Receipt,
        RefusalReason,
        Selection,
        StoreRefusedError,
    )
    from dicom_workstation.instances.memory import KeepResult, Memory, StoredInstance, Watch
    from dicom_workstation.instances.memory_store import MemoryStore, check_identity
    from dicom_workstation.instances.part10 import file_head, part10_file, read_part10
    from dicom_workstation.instances.same_content import has_same_content

__all__ = [
    "DIGEST_BYTES",
    "Admission",
    "Announced",
    "FileError",
    "HeldInstance",
    "InstanceEntry",
    "InstanceStore",
    "KeepResult",
    "Kept",
    "Memory",
    "MemoryStore",
    "Receipt",
    "RefusalReason",
    "Selection",
    "StoreRefusedError",
    "StoredInstance",
    "Watch",
    "check_identity",
    "file_head",
    "has_same_content",
    "part10_file",
    "read_part10",
    "stored_instance",
]

# Loaded at first use: `--help` must not wait for the libraries of every module.
_MODULES = {
    "DIGEST_BYTES": "instance_store",
    "Admission": "instance_store",
    "Announced": "instance_store",
    "FileError": "part10",
    "HeldInstance": "instance_store",
    "InstanceEntry": "instance_store",
    "InstanceStore": "instance_store",
    "KeepResult": "memory",
    "Kept": "instance_store",
    "Memory": "memory",
    "MemoryStore": "memory_store",
    "Receipt": "instance_store",
    "RefusalReason": "instance_store",
    "Selection": "instance_store",
    "StoreRefusedError": "instance_store",
    "StoredInstance": "memory",
    "Watch": "memory",
    "check_identity": "memory_store",
    "file_head": "part10",
    "has_same_content": "same_content",
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
