"""An instance of the memory as a file: preamble, File Meta Information, data set.

Law of this file: the data set is written as it was received; only what PS3.10 Table 7.1-1 demands stands before it.
"""

from __future__ import annotations

from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import UID

from workstation.memory import StoredInstance
from workstation.tables import IMPLEMENTATION_CLASS_UID


def part10_file(instance: StoredInstance) -> bytes:
    """Return the bytes of a Part 10 file that holds `instance` (PS3.10 Section 7.1)."""
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = UID(instance.SOPClassUID)
    meta.MediaStorageSOPInstanceUID = UID(instance.SOPInstanceUID)
    meta.TransferSyntaxUID = UID(instance.TransferSyntaxUID)
    meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    head = DicomBytesIO()
    write_file_meta_info(head, meta, enforce_standard=True)
    return bytes(128) + b"DICM" + head.getvalue() + instance.data_set
