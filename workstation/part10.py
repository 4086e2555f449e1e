"""An instance of the memory as a file: preamble, File Meta Information, data set.

Invariants: the data set is written as it was received; only what PS3.10 Table 7.1-1 demands stands before it.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Final

from pydicom.dataset import FileMetaDataset
from pydicom.errors import InvalidDicomError
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import UID
from pynetdicom.dsutils import split_dataset

from workstation.elements import DataSetError
from workstation.images import UNREADABLE, describe
from workstation.memory import StoredInstance
from workstation.tables import EXPLICIT_VR_LITTLE_ENDIAN, IMPLEMENTATION_CLASS_UID

DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2.1.99"


def read_part10(path: Path) -> StoredInstance:
    """Read a Part 10 file; ValueError if it is none that can be held."""
    try:
        meta, offset = split_dataset(path)
        syntax = str(meta.TransferSyntaxUID)
        data_set = path.read_bytes()[offset:]
        if syntax == DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN:  # PS3.5 Annex A.5
            data_set, syntax = zlib.decompress(data_set, -zlib.MAX_WBITS), EXPLICIT_VR_LITTLE_ENDIAN
        found = describe(data_set, syntax)
    except InvalidDicomError as error:
        raise ValueError(f"{path}: this is no DICOM file: the prefix DICM is not there") from error
    except (DataSetError, zlib.error, *UNREADABLE) as error:
        raise ValueError(f"{path}: cannot be read as a DICOM file: {error}") from error
    return StoredInstance(
        found.SOPClassUID, found.SOPInstanceUID, found.StudyInstanceUID, found.SeriesInstanceUID, syntax, data_set
    )


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
