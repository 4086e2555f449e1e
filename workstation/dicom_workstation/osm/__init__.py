"""The OSM: a small archive that keeps on the disk what it answered for (conformance statement, 2.1.1 and 3.1).

May import: `configuration`, `data_sets`, `instances`, `network`, `outcome`, `storage`, `tables`.
Begin with `server`; `store` keeps the instances, `index` finds them, `services` answer for them.
"""

from dicom_workstation.osm.files import FolderLockedError
from dicom_workstation.osm.index import IndexUnusableError
from dicom_workstation.osm.server import OSMServer, limits_of
from dicom_workstation.osm.store import DiskStore, Recovery

__all__ = [
    "DiskStore",
    "FolderLockedError",
    "IndexUnusableError",
    "OSMServer",
    "Recovery",
    "limits_of",
]
