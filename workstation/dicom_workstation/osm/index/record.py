"""What the index keeps of one instance, read from its head (the data set before Pixel Data).

Invariants: no more than 16 MiB are read; nothing of the pixels is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dicom_workstation.data_sets import DataSetError, Description, read_tree
from dicom_workstation.osm.index.attribute_values import Attributes, read_attributes
from dicom_workstation.osm.index.keys import ATTRIBUTES, Level
from dicom_workstation.tables import IMPLICIT_VR_LITTLE_ENDIAN

MOST_HEAD_BYTES: Final = 1 << 24
_SHORT_HEADER_BYTES: Final = 8
_LONG_HEADER_BYTES: Final = 12  # of OB, OW and what else stands in the group of pixels
_WANTED: Final = frozenset(keyword for keywords in ATTRIBUTES.values() for keyword in keywords)


@dataclass(frozen=True, slots=True)
class InstanceRecord:
    """One instance as it goes into the index.

    Parameters
    ----------
    levels : dict
        The attributes of each level.
    file : str
        Name of the file, `epoch/name`.
    offset_bytes : int
        Where the data set begins in the file.
    length_bytes : int
        Size of the data set.
    digest : str
        BLAKE2b of the data set, hexadecimal.
    received_us : int
        When it came, in microseconds since 1970.
    """

    SOPClassUID: str
    SOPInstanceUID: str
    StudyInstanceUID: str
    SeriesInstanceUID: str
    TransferSyntaxUID: str
    levels: dict[Level, Attributes]
    file: str
    offset_bytes: int
    length_bytes: int
    digest: str
    calling_ae_title: str
    received_us: int
    deficiency: str


def read_levels(data_set: memoryview, transfer_syntax: str, description: Description) -> dict[Level, Attributes]:
    """Return the attributes of each level of an instance.

    Parameters
    ----------
    description : Description
        What was found when its structure was followed: its UIDs stand in the result as they stand there.

    Raises
    ------
    DataSetError
        If the data set cannot be read, or has more than 16 MiB before Pixel Data.
    """
    head = data_set[: _head_length(data_set, transfer_syntax, description)]
    if len(head) > MOST_HEAD_BYTES:
        raise DataSetError(f"has more than {MOST_HEAD_BYTES} bytes before Pixel Data")
    found = read_attributes(read_tree(bytes(head), transfer_syntax).elements, _WANTED)
    levels = {
        level: {keyword: found[keyword] for keyword in keywords if found.get(keyword)}
        for level, keywords in ATTRIBUTES.items()
    }
    levels[Level.STUDY]["StudyInstanceUID"] = [description.StudyInstanceUID]
    levels[Level.SERIES]["SeriesInstanceUID"] = [description.SeriesInstanceUID]
    levels[Level.IMAGE]["SOPInstanceUID"] = [description.SOPInstanceUID]
    levels[Level.IMAGE]["SOPClassUID"] = [description.SOPClassUID]
    return levels


def _head_length(data_set: memoryview, transfer_syntax: str, description: Description) -> int:
    """Return how long the data set is before the first element of the group of pixels."""
    if description.pixel_offset is None:
        return len(data_set)
    is_implicit = transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN
    return description.pixel_offset - (_SHORT_HEADER_BYTES if is_implicit else _LONG_HEADER_BYTES)
