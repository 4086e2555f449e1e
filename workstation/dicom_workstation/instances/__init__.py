"""The SOP Instances that the workstation holds: in memory, and as Part 10 files.

May import: `tables`, `data_sets`.
Begin with `memory`.
"""

from dicom_workstation.instances.encode_instance import stored_instance
from dicom_workstation.instances.memory import KeepResult, Memory, StoredInstance, Watch
from dicom_workstation.instances.part10 import part10_file, read_part10

__all__ = [
    "KeepResult",
    "Memory",
    "StoredInstance",
    "Watch",
    "part10_file",
    "read_part10",
    "stored_instance",
]
