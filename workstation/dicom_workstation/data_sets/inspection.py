"""What the loader looks at in a data set before it keeps it: can it be read, whose is it, is its pixel data whole.

Invariants: pixel data is never decoded and never copied; a data set that cannot be read is a `DataSetError`,
a deficiency of a data set that can be read is described in words, and so is every error of its encoding that leaves no
doubt about what it says (`docs/reading-images.md`).

References
----------
PS3.5 Section 7.5, 8.1 and Annex A; PS3.3 Section C.7.6.3 (Image Pixel Module)
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from dicom_workstation.data_sets.codestream_headers import declared_pixels
from dicom_workstation.data_sets.fragments import FragmentError, ViewStream, items
from dicom_workstation.data_sets.structure import DataSetError, Element, follow
from dicom_workstation.data_sets.wording import counted
from dicom_workstation.tables import EXPLICIT_VR_BIG_ENDIAN, GRAYSCALE_SOFTCOPY_PRESENTATION_STATE, UNCOMPRESSED

_PIXEL_DATA: Final = 0x7FE00010
_NUMBER_OF_FRAMES: Final = 0x00280008
_PHOTOMETRIC_INTERPRETATION: Final = 0x00280004
_COUNTS: Final = {"Rows": 0x00280010, "Columns": 0x00280011, "SamplesPerPixel": 0x00280002, "BitsAllocated": 0x00280100}
_MOST_UNDECLARED_PIXELS: Final = 1 << 26
_LONGEST_IS: Final = 12  # PS3.5 Table 6.2-1
_IDENTIFYING: Final = {
    "SOPClassUID": 0x00080016,
    "SOPInstanceUID": 0x00080018,
    "StudyInstanceUID": 0x0020000D,
    "SeriesInstanceUID": 0x0020000E,
}
_NAMES: Final = {
    "SOPClassUID": "SOP Class UID",
    "SOPInstanceUID": "SOP Instance UID",
    "StudyInstanceUID": "Study Instance UID",
    "SeriesInstanceUID": "Series Instance UID",
}
_UID: Final = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))+")
_UID_WITH_LEADING_ZEROS: Final = re.compile(r"[0-9]+(\.[0-9]+)+")


@dataclass(frozen=True, slots=True)
class Description:
    """Who an instance is, and what is wrong with it, if anything is.

    Parameters
    ----------
    deficiency : str or None
        What is missing of it, which the peer is warned of.
    remarks : tuple of str
        What is wrong with its encoding, although it can be read.
    elements : mapping
        Tag -> place, of the elements at top level.
    """

    SOPClassUID: str
    SOPInstanceUID: str
    StudyInstanceUID: str
    SeriesInstanceUID: str
    deficiency: str | None
    remarks: tuple[str, ...] = ()
    elements: Mapping[int, Element] = field(default_factory=dict, repr=False, compare=False)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user is warned of."""
        deficiency = () if self.deficiency is None else (self.deficiency,)
        return (*deficiency, *(f"the data set {remark}" for remark in self.remarks))


def describe(data_set: bytes | memoryview, transfer_syntax: str) -> Description:
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
    return Description(sop_class, sop_instance, study, series, deficiency, tuple(values.remarks), values.elements)


class _Values:
    """The few values of a data set that the loader reads."""

    def __init__(self, data_set: bytes | memoryview, transfer_syntax: str) -> None:
        self._raw = data_set
        structure = follow(data_set, transfer_syntax)
        self.elements = structure.elements
        self.remarks = list(structure.remarks)
        self._short = ">H" if transfer_syntax == EXPLICIT_VR_BIG_ENDIAN else "<H"

    def place(self, tag: int) -> Element | None:
        """Where the value of an element stands."""
        return self.elements.get(tag)

    def text(self, tag: int) -> str:
        """A value as text without padding, empty if it is not there."""
        found = self.elements.get(tag)
        raw = bytes(self._raw[found.offset : found.offset + found.length]) if found is not None else b""
        return raw.decode("latin-1").strip(" \0")

    def number(self, tag: int) -> int:
        """A value of VR US, 0 if it is not there."""
        found = self.elements.get(tag)
        if found is None or found.length != 2:
            return 0
        return int(struct.unpack_from(self._short, self._raw, found.offset)[0])

    def uid(self, keyword: str) -> str:
        """A UID (PS3.5 Section 9.1) that must be there; one with leading zeros is taken, for archives hold many."""
        name = _NAMES[keyword]
        value = self.text(_IDENTIFYING[keyword])
        if not value:
            raise DataSetError(f"has no {name}")
        if len(value) > 64 or _UID_WITH_LEADING_ZEROS.fullmatch(value) is None:
            raise DataSetError(f"has the {name} {value[:40]!a}, which is not a valid UID")
        if _UID.fullmatch(value) is None:
            self.remarks.append(f"has the {name} {value}, in which a component begins with 0")
        return value

    def fragments(self, place: Element) -> list[memoryview]:
        """The fragments of encapsulated pixel data, without the Basic Offset Table (PS3.5 Section A.4).

        Raises
        ------
        FragmentError
            If it is not made of items.
        """
        value = memoryview(self._raw)[place.offset : place.offset + place.length]
        return [value[offset : offset + length] for offset, length in items(ViewStream(value), place.length)][1:]


def _pixel_deficiency(values: _Values, is_encapsulated: bool) -> str | None:
    """Return what Pixel Data lacks against Rows x Columns x Samples per Pixel x Bits Allocated x Number of Frames.

    Raises
    ------
    DataSetError
        If a codestream says that it is larger than the attributes do, and larger than a receiver that trusts it can
        hold: decoding it would take any amount of memory.
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
    frames = max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_IS else 1
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
        text = f"a codestream of {declared} pixels, but its attributes declare {frame_pixels}"
        if declared > _MOST_UNDECLARED_PIXELS:
            raise DataSetError(f"has {text}")
        return f"Pixel Data has {text}"
    return (
        None
        if len(fragments) >= frames
        else f"Pixel Data has {counted(len(fragments), 'fragment')} for {counted(frames, 'frame')}"
    )
