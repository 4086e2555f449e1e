"""The OSM: a small archive that keeps on the disk what it answered for (conformance statement, 2.1.1 and 3.1).

May import: `configuration`, `data_sets`, `instances`, `network`, `outcome`, `storage`, `tables`.
Begin with `server`; `store` keeps the instances, `index` finds them, `services` answer for them, `upkeep` is for
its operator.
"""

from dicom_workstation.osm.files import FolderLockedError
from dicom_workstation.osm.index import IndexUnusableError
from dicom_workstation.osm.server import OSMServer, limits_of
from dicom_workstation.osm.store import DiskStore, Recovery, StoreLimits
from dicom_workstation.osm.upkeep import (
    Fault,
    ImportedFile,
    Rebuilt,
    StoreStatus,
    check,
    count_instances,
    deficient_instances,
    import_files,
    rebuild,
    repair,
    status_of,
)

__all__ = [
    "DiskStore",
    "Fault",
    "FolderLockedError",
    "ImportedFile",
    "IndexUnusableError",
    "OSMServer",
    "Rebuilt",
    "Recovery",
    "StoreLimits",
    "StoreStatus",
    "check",
    "count_instances",
    "deficient_instances",
    "import_files",
    "limits_of",
    "rebuild",
    "repair",
    "status_of",
]
