"""What the loader looks at in a data set before it keeps it: can it be read, whose is it, is its pixel data whole.

Invariants: pixel data is never decoded and never copied; a data set that cannot be read is a `DataSetError`,
a deficiency of a data set that can be read is described in words.

References
----------
PS3.5 Section 7.5, 8.1 and Annex A; PS3.3 Section C.7.6.3 (Image Pixel Module)
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from pydicom.dataset import Dataset

from dicom_workstation.data_sets.codestream_headers import declared_pixels
from dicom_workstation.data_sets.data_set_encoding import UNREADABLE, is_our_mistake, read
from dicom_workstation.data_sets.fragments import FragmentError, items
from dicom_workstation.data_sets.pydicom_warnings import suppress_warnings
from dicom_workstation.data_sets.structure import DataSetError, Element, walk
from dicom_workstation.data_sets.wording import counted
from dicom_workstation.tables import EXPLICIT_VR_BIG_ENDIAN, GRAYSCALE_SOFTCOPY_PRESENTATION_STATE, UNCOMPRESSED

_PIXEL_DATA: Final = 0x7FE00010
_TRAILING_PADDING: Final = 0xFFFCFFFC
_NUMBER_OF_FRAMES: Final = 0x00280008
_PHOTOMETRIC_INTERPRETATION: Final = 0x00280004
_COUNTS: Final = {"Rows": 0x00280010, "Columns": 0x00280011, "SamplesPerPixel": 0x00280002, "BitsAllocated": 0x00280100}
_IDENTIFYING: Final = {
    "SOPClassUID": 0x00080016,
    "SOPInstanceUID": 0x00080018,
    "StudyInstanceUID": 0x0020000D,
    "SeriesInstanceUID": 0x0020000E,
}
_UID: Final = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))+")


@dataclass(frozen=True, slots=True)
class Description:
    """Who an instance is, and what is wrong with it, if anything is."""

    SOPClassUID: str
    SOPInstanceUID: str
    StudyInstanceUID: str
    SeriesInstanceUID: str
    deficiency: str | None


def describe(data_set: bytes, transfer_syntax: str) -> Description:
    """Follow the structure of an instance, read who it is, and look at its Pixel Data.

    Raises
    ------
    DataSetError
        If it is not a data set, or lacks one of the UIDs that identify it, or has an invalid one.
    """
    values = _Values(data_set, transfer_syntax)
    sop_class, sop_instance, study, series = (values.uid(keyword) for keyword in _IDENTIFYING)
    is_image = sop_class != GRAYSCALE_SOFTCOPY_PRESENTATION_STATE
    deficiency = _pixel_deficiency(values, transfer_syntax not in UNCOMPRESSED) if is_image else None
    return Description(sop_class, sop_instance, study, series, deficiency)


def is_equivalent(one: bytes, other: bytes, transfer_syntax: str) -> bool:
    """Whether two data sets have the same elements and values; group lengths and trailing padding do not count."""
    try:
        with suppress_warnings():
            first, second = (_stripped(read(raw, transfer_syntax)) for raw in (one, other))
            return first == second
    except (DataSetError, *UNREADABLE) as error:
        if is_our_mistake(error):
            raise
        return False


def _stripped(found: Dataset) -> Dataset:
    for tag in tuple(found.keys()):
        if tag.element == 0 or tag == _TRAILING_PADDING:
            del found[tag]
    return found


class _Values:
    """The few values of a data set that the loader reads."""

    def __init__(self, data_set: bytes, transfer_syntax: str) -> None:
        self._raw = data_set
        self._elements = walk(data_set, transfer_syntax)
        self._short = ">H" if transfer_syntax == EXPLICIT_VR_BIG_ENDIAN else "<H"

    def place(self, tag: int) -> Element | None:
        """Where the value of an element stands."""
        return self._elements.get(tag)

    def text(self, tag: int) -> str:
        """A value as text without padding, empty if it is not there."""
        found = self._elements.get(tag)
        raw = self._raw[found.offset : found.offset + found.length] if found is not None else b""
        return raw.decode("latin-1").strip(" \0")

    def number(self, tag: int) -> int:
        """A value of VR US, 0 if it is not there."""
        found = self._elements.get(tag)
        if found is None or found.length != 2:
            return 0
        return int(struct.unpack_from(self._short, self._raw, found.offset)[0])

    def uid(self, keyword: str) -> str:
        """A UID (PS3.5 Section 9.1) that must be there."""
        value = self.text(_IDENTIFYING[keyword])
        if not value:
            raise DataSetError(f"has no {keyword}")
        if len(value) > 64 or _UID.fullmatch(value) is None:
            raise DataSetError(f"{keyword} {value[:40]!a} is not a valid UID")
        return value

    def fragments(self, place: Element) -> list[memoryview]:
        """The fragments of encapsulated pixel data, without the Basic Offset Table (PS3.5 Section A.4).

        Raises
        ------
        FragmentError
            If it is not made of items.
        """
        stream = BytesIO(self._raw)
        stream.seek(place.offset)
        value = memoryview(self._raw)[place.offset : place.offset + place.length]
        return [value[offset : offset + length] for offset, length in items(stream, place.length)][1:]


def _pixel_deficiency(values: _Values, is_encapsulated: bool) -> str | None:
    """Return what Pixel Data lacks against Rows x Columns x Samples per Pixel x Bits Allocated x Number of Frames.

    Raises
    ------
    DataSetError
        If a codestream says that it is larger than the attributes do: decoding it would take any amount of memory.
    """
    place = values.place(_PIXEL_DATA)
    if place is None:
        return "Pixel Data is missing"
    if not place.length:
        return "Pixel Data is empty"
    numbers = {keyword: values.number(tag) for keyword, tag in _COUNTS.items()}
    for keyword, number in numbers.items():
        if not number:
            return f"{keyword} is missing, so that Pixel Data cannot be understood"
    text = values.text(_NUMBER_OF_FRAMES) or "1"
    frames = int(text) if text.isdecimal() else 1
    if is_encapsulated:
        return _fragment_deficiency(values, place, numbers["Rows"] * numbers["Columns"], frames)
    rows, columns, samples, bits = numbers.values()
    if samples == 3 and values.text(_PHOTOMETRIC_INTERPRETATION) == "YBR_FULL_422":
        samples = 2
    needed = (rows * columns * samples * frames * bits + 7) // 8
    return None if place.length >= needed else f"Pixel Data has {place.length} bytes, {needed} are needed"


def _fragment_deficiency(values: _Values, place: Element, frame_pixels: int, frames: int) -> str | None:
    """Return what encapsulated Pixel Data lacks against Rows x Columns and Number of Frames."""
    try:
        fragments = values.fragments(place)
    except FragmentError as error:
        return str(error)
    declared = max(map(declared_pixels, fragments), default=0)
    if declared > frame_pixels:
        raise DataSetError(f"has a codestream of {declared} pixels, but its attributes declare {frame_pixels}")
    return (
        None
        if len(fragments) >= frames
        else f"Pixel Data has {counted(len(fragments), 'fragment')} for {counted(frames, 'frame')}"
    )
