"""An instance of the memory as a file: preamble, File Meta Information, data set.

Invariants: the data set is written as it was received; only what PS3.10 Table 7.1-1 demands stands before it.
"""

from __future__ import annotations

from pathlib import Path

from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import UID

from dicom_workstation.data_sets import UNREADABLE, DataSetError, FileError, describe, is_our_mistake, open_part10
from dicom_workstation.instances.memory import StoredInstance
from dicom_workstation.tables import IMPLEMENTATION_CLASS_UID


def read_part10(path: Path) -> StoredInstance:
    """Read a Part 10 file; FileError if it is not one, or holds no instance."""
    try:
        file = open_part10(path)
        data_set, syntax = file.data_set(), file.transfer_syntax
        found = describe(data_set, syntax)
    except (DataSetError, *UNREADABLE) as error:
        if is_our_mistake(error):
            raise
        raise FileError(f"{path}: {error}") from error
    return StoredInstance(
        found.SOPClassUID,
        found.SOPInstanceUID,
        found.StudyInstanceUID,
        found.SeriesInstanceUID,
        syntax,
        data_set,
        warnings=found.warnings,
    )


def part10_file(instance: StoredInstance) -> bytes:
    """Return the bytes of a Part 10 file that holds `instance` (PS3.10 Section 7.1)."""
    return file_of(instance.SOPClassUID, instance.SOPInstanceUID, instance.TransferSyntaxUID, instance.data_set)


def file_of(sop_class: str, uid: str, transfer_syntax: str, data_set: bytes) -> bytes:
    """Return the bytes of a Part 10 file with an encoded data set, of whatever SOP Class."""
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = UID(sop_class)
    meta.MediaStorageSOPInstanceUID = UID(uid)
    meta.TransferSyntaxUID = UID(transfer_syntax)
    meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    head = DicomBytesIO()
    write_file_meta_info(head, meta, enforce_standard=True)
    return bytes(128) + b"DICM" + head.getvalue() + data_set
