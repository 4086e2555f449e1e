"""An instance in a DICOM file of a folder: known by its File Meta Information, read when it is asked for."""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

from dicom_simulators.data_sets import MEDIA_STORAGE_DIRECTORY
from dicom_simulators.encoding import (
    EXPLICIT_VR_LITTLE_ENDIAN,
    DataSetError,
    Element,
    Elements,
    character_set,
    read_elements,
    values,
)

_NAMED = (0x00020002, 0x00020003, 0x00020010)
"""Media Storage SOP Class UID, Media Storage SOP Instance UID, Transfer Syntax UID (PS3.10 7.1)."""


@dataclass(frozen=True, slots=True)
class FileInstance:
    """An instance in a file of PS3.10; the data set is read from there each time it is requested.

    Attributes
    ----------
    path : Path
        The file.
    offset_bytes : int
        Where the data set begins.
    """

    SOPClassUID: str
    SOPInstanceUID: str
    transfer_syntax: str
    path: Path
    offset_bytes: int

    @property
    def data_set(self) -> bytes:
        """The encoded data set, without File Meta Information."""
        with self.path.open("rb") as file:
            file.seek(self.offset_bytes)
            return file.read()

    def header(self) -> dict[int, Element]:
        """Read the elements before Pixel Data, without the rest of the file.

        Raises
        ------
        DataSetError
            The file is no data set, or is cut short, be it in the midst of Pixel Data.
        """
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            return read_elements(mapped, self.transfer_syntax, self.offset_bytes, whole=True)


def read_file_instance(path: Path) -> FileInstance:
    """Read the File Meta Information and UIDs of a DICOM file (PS3.10 7.1).

    Raises
    ------
    OSError
        The file cannot be read.
    ValueError
        It is no DICOM file, or no SOP Instance.
    """
    with path.open("rb") as file:
        start = file.read(132 + 12)
        if len(start) < 144 or start[128:132] != b"DICM":
            raise ValueError("not a DICOM file (no DICM after the preamble)")
        group_length = struct.unpack_from("<I", start, 140)[0]
        meta_raw = file.read(group_length)
        offset = file.tell()
    try:
        meta = read_elements(meta_raw, EXPLICIT_VR_LITTLE_ENDIAN)
    except DataSetError as error:
        raise ValueError(f"File Meta Information: {error}") from None
    sop_class, sop_instance, transfer_syntax = (first_value(meta, tag) for tag in _NAMED)
    if not (sop_class and sop_instance and transfer_syntax):
        raise ValueError("File Meta Information does not name SOP Class, SOP Instance and transfer syntax")
    if sop_class == MEDIA_STORAGE_DIRECTORY:
        raise ValueError("a directory of other files (DICOMDIR)")
    return FileInstance(sop_class, sop_instance, transfer_syntax, path, offset)


def first_value(header: Elements, tag: int) -> str:
    """Give the first value of an element as text; empty where there is none."""
    element = header.get(tag)
    found = values(element, character_set(header)) if element is not None else ()
    return found[0] if found else ""
