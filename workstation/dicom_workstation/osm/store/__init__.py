"""The store of the OSM: its folder and its index as one instance store, and what a start finds of an earlier run.

Begin with `disk_store`; `receiving` takes one instance, `recovery` and `files_without_rows` mend after a crash.
"""

from dicom_workstation.osm.store.disk_store import DiskStore, HeldOnDisk, InstanceLostError
from dicom_workstation.osm.store.files_without_rows import record_of, take_back
from dicom_workstation.osm.store.opening import open_index
from dicom_workstation.osm.store.parts import StoreParts, now_us, why
from dicom_workstation.osm.store.receiving import DiskReceipt, StoreLimits
from dicom_workstation.osm.store.recovery import Recovery

__all__ = [
    "DiskReceipt",
    "DiskStore",
    "HeldOnDisk",
    "InstanceLostError",
    "Recovery",
    "StoreLimits",
    "StoreParts",
    "now_us",
    "open_index",
    "record_of",
    "take_back",
    "why",
]
