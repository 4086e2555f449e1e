"""What the index keeps of one instance, read from its head (the data set before Pixel Data).

Invariants: no more than 16 MiB are read; nothing of the pixels is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydicom.datadict import tag_for_keyword

from dicom_workstation.data_sets import DataSetError, Description, read_nodes
from dicom_workstation.osm.index.attribute_values import Attributes, read_attributes
from dicom_workstation.osm.index.keys import ATTRIBUTES, Level

MOST_HEAD_BYTES: Final = 1 << 24
_PIXEL_DATA: Final = 0x7FE00010
_SPECIFIC_CHARACTER_SET: Final = 0x00080005
_WANTED: Final = frozenset(keyword for keywords in ATTRIBUTES.values() for keyword in keywords)
_WANTED_TAGS: Final = {_SPECIFIC_CHARACTER_SET, *map(tag_for_keyword, _WANTED)}


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
    pixels = description.elements.get(_PIXEL_DATA)
    end = len(data_set) if pixels is None else pixels.begin
    if end > MOST_HEAD_BYTES:
        raise DataSetError(f"has more than {MOST_HEAD_BYTES} bytes before Pixel Data")
    begins = [place.begin for tag, place in description.elements.items() if tag in _WANTED_TAGS and place.begin < end]
    found = read_attributes(read_nodes(data_set[:end], transfer_syntax, begins), _WANTED)
    levels = {
        level: {keyword: found[keyword] for keyword in keywords if found.get(keyword)}
        for level, keywords in ATTRIBUTES.items()
    }
    levels[Level.STUDY]["StudyInstanceUID"] = [description.StudyInstanceUID]
    levels[Level.SERIES]["SeriesInstanceUID"] = [description.SeriesInstanceUID]
    levels[Level.IMAGE]["SOPInstanceUID"] = [description.SOPInstanceUID]
    levels[Level.IMAGE]["SOPClassUID"] = [description.SOPClassUID]
    return levels
