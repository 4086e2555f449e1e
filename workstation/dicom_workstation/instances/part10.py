"""An instance of the memory as a file: preamble, File Meta Information, data set.

Invariants: the data set is written as it was received; only what PS3.10 Table 7.1-1 demands stands before it.
"""

from __future__ import annotations

import struct
from pathlib import Path

from dicom_workstation.data_sets import UNREADABLE, DataSetError, FileError, describe, is_our_mistake, open_part10
from dicom_workstation.instances.memory import StoredInstance
from dicom_workstation.tables import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME


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
    return file_head(instance.SOPClassUID, instance.SOPInstanceUID, instance.TransferSyntaxUID) + instance.data_set


def file_head(sop_class: str, sop_instance: str, transfer_syntax: str) -> bytes:
    """Return what stands before the data set in a Part 10 file: preamble and File Meta Information."""
    elements = b"".join(
        (
            struct.pack("<HH2sHL", 0x0002, 0x0001, b"OB", 0, 2) + b"\x00\x01",
            _short_element(0x0002, b"UI", sop_class, b"\0"),
            _short_element(0x0003, b"UI", sop_instance, b"\0"),
            _short_element(0x0010, b"UI", transfer_syntax, b"\0"),
            _short_element(0x0012, b"UI", IMPLEMENTATION_CLASS_UID, b"\0"),
            _short_element(0x0013, b"SH", IMPLEMENTATION_VERSION_NAME, b" "),
        )
    )
    group_length = struct.pack("<HH2sHL", 0x0002, 0x0000, b"UL", 4, len(elements))
    return bytes(128) + b"DICM" + group_length + elements


def _short_element(number: int, vr: bytes, text: str, padding: bytes) -> bytes:
    """Encode an element of group 0002 in Explicit VR Little Endian; what is no ASCII becomes a question mark."""
    value = text.encode("ascii", "replace")
    value += padding * (len(value) % 2)
    return struct.pack("<HH2sH", 0x0002, number, vr, len(value)) + value
