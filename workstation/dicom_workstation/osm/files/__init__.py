"""The files of the OSM: the calls of the operating system that can fail, and where each instance stands.

Begin with `object_files`; `disk` is what a test replaces to have a call fail.
"""

from dicom_workstation.osm.files.disk import Disk, SystemDisk
from dicom_workstation.osm.files.folder_lock import FolderLock, FolderLockedError
from dicom_workstation.osm.files.object_files import (
    EPOCH_FILES,
    PART_SUFFIX,
    PREPARED_FILES,
    NewFile,
    ObjectFiles,
    StoreFolder,
)

__all__ = [
    "EPOCH_FILES",
    "PART_SUFFIX",
    "PREPARED_FILES",
    "Disk",
    "FolderLock",
    "FolderLockedError",
    "NewFile",
    "ObjectFiles",
    "StoreFolder",
    "SystemDisk",
]
