"""What the loader looks at in a data set before it keeps it: can it be read, whose is it, is its pixel data whole.

Law of this file: pixel data is never decoded and never copied; a data set that cannot be read is a `DataSetError`,
a real deficiency of one that can be read is told as text.

References
----------
PS3.5 Section 7.5, 8.1 and Annex A; PS3.3 Section C.7.6.3 (Image Pixel Module)
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filereader import read_dataset
from pydicom.uid import UID

from workstation.silence import silence
from workstation.tables import (
    EXPLICIT_VR_BIG_ENDIAN,
    GRAYSCALE_SOFTCOPY_PRESENTATION_STATE,
    IMPLICIT_VR_LITTLE_ENDIAN,
    UNCOMPRESSED,
)

# What pydicom raises on bytes that are no data set.
UNREADABLE: Final = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    NotImplementedError,
    EOFError,
    OSError,
    RecursionError,
    struct.error,
    BytesLengthException,
    InvalidDicomError,
    Warning,
)
_PIXEL_DATA: Final = 0x7FE00010
_TRAILING_PADDING: Final = 0xFFFCFFFC
_UNDEFINED_LENGTH: Final = 0xFFFFFFFF
_COUNTS: Final = ("Rows", "Columns", "SamplesPerPixel", "BitsAllocated")


class DataSetError(Exception):
    """A data set that cannot be understood; the text says why."""


@dataclass(frozen=True, slots=True)
class Description:
    """Who an instance is, and what is wrong with it, if anything is."""

    SOPClassUID: str
    SOPInstanceUID: str
    StudyInstanceUID: str
    SeriesInstanceUID: str
    deficiency: str | None


def read(data_set: bytes, transfer_syntax: str) -> Dataset:
    """Read an encoded data set, deferring nothing but the interpretation of values; DataSetError if it is none."""
    is_implicit = transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN
    is_little = transfer_syntax != EXPLICIT_VR_BIG_ENDIAN
    stream = BytesIO(data_set)
    try:
        with silence():
            found = read_dataset(stream, is_implicit, is_little)
    except UNREADABLE as error:
        raise DataSetError(f"cannot be read as {UID(transfer_syntax).name}: {error}") from error
    if stream.tell() != len(data_set) or not _ends_at(found, len(data_set)):
        raise DataSetError("is not a data set to its end")
    return found


def _ends_at(found: Dataset, end: int) -> bool:
    """Whether the last element, where its length is defined, ends where the bytes end (pydicom takes shorter ones)."""
    last = next(reversed(tuple(found.values())), None)
    if last is None:
        return False
    if not isinstance(last, RawDataElement) or last.length == _UNDEFINED_LENGTH:
        return True
    return last.value_tell + last.length == end


def describe(data_set: bytes, transfer_syntax: str) -> Description:
    """Read an instance and look at its Pixel Data.

    Raises
    ------
    DataSetError
        If it cannot be read, or lacks one of the UIDs that identify it, or has an invalid one.
    """
    found = read(data_set, transfer_syntax)
    uids = {keyword: _uid(found, keyword) for keyword in ("SOPClassUID", "SOPInstanceUID")}
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID"):
        uids[keyword] = _uid(found, keyword)
    deficiency = None
    if uids["SOPClassUID"] != GRAYSCALE_SOFTCOPY_PRESENTATION_STATE:
        deficiency = _pixel_deficiency(found, transfer_syntax)
    return Description(**uids, deficiency=deficiency)


def is_equivalent(one: bytes, other: bytes, transfer_syntax: str) -> bool:
    """Whether two data sets have the same elements and values; group lengths and trailing padding do not count."""
    try:
        with silence():
            first, second = (_stripped(read(raw, transfer_syntax)) for raw in (one, other))
            return first == second
    except (DataSetError, *UNREADABLE):
        return False


def _stripped(found: Dataset) -> Dataset:
    for tag in tuple(found.keys()):
        if tag.element == 0 or tag == _TRAILING_PADDING:
            del found[tag]
    return found


def _uid(found: Dataset, keyword: str) -> str:
    """Return a UID (PS3.5 Section 9.1) of the data set."""
    value = _value(found, keyword)
    if value is None or value == "":
        raise DataSetError(f"has no {keyword}")
    uid = UID(str(value))
    if not uid.is_valid:
        raise DataSetError(f"{keyword} {str(value)[:70]!r} is no valid UID")
    return str(uid)


def _value(found: Dataset, keyword: str) -> Any:
    try:
        with silence():
            return found.get(keyword)
    except UNREADABLE as error:
        raise DataSetError(f"{keyword} cannot be read: {error}") from error


def _pixel_deficiency(found: Dataset, transfer_syntax: str) -> str | None:
    """Return what Pixel Data lacks against Rows x Columns x Samples per Pixel x Bits Allocated x Number of Frames."""
    if _PIXEL_DATA not in found:
        return "Pixel Data is missing"
    pixels = found.get_item(_PIXEL_DATA)
    value = pixels.value if pixels is not None else None
    if not isinstance(value, bytes) or not value:
        return "Pixel Data is empty"
    counts = []
    for keyword in _COUNTS:
        count = _value(found, keyword)
        if not isinstance(count, int) or count < 1:
            return f"{keyword} is missing, so that Pixel Data cannot be understood"
        counts.append(count)
    rows, columns, samples, bits = counts
    frames_text = _value(found, "NumberOfFrames")
    frames = int(frames_text) if frames_text not in (None, "") else 1
    if transfer_syntax not in UNCOMPRESSED:
        fragments = _fragment_count(value)
        return None if fragments >= frames else f"Pixel Data has {fragments} fragments for {frames} frames"
    chroma = 2 if _value(found, "PhotometricInterpretation") == "YBR_FULL_422" else 3
    samples_needed = rows * columns * frames * (samples if samples != 3 else chroma)
    needed = (samples_needed * bits + 7) // 8
    return None if len(value) >= needed else f"Pixel Data has {len(value)} bytes, {needed} are needed"


def _fragment_count(value: bytes) -> int:
    """Return the number of fragments after the Basic Offset Table (PS3.5 Section A.4), without copying them."""
    count, offset = -1, 0
    while offset + 8 <= len(value):
        tag, length = struct.unpack_from("<LL", value, offset)
        if tag != 0xE000FFFE or offset + 8 + length > len(value):
            break
        count, offset = count + 1, offset + 8 + length
    return max(0, count)
