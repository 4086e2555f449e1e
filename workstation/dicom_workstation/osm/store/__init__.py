"""The store of the OSM: its folder and its index as one instance store, and what a start finds of an earlier run.

Begin with `disk_store`; `receiving` takes one instance, `recovery` mends after a crash.
"""

from dicom_workstation.osm.store.disk_store import DiskStore, HeldOnDisk, InstanceLostError
from dicom_workstation.osm.store.opening import open_index
from dicom_workstation.osm.store.receiving import DiskReceipt, StoreLimits, StoreParts, now_us
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
]
