"""Lookup tables: the three values of LUT Descriptor and the entries of LUT Data.

Invariants: a table is read whole and judged at once; input below the first value mapped takes the first entry,
input beyond the last takes the last (PS3.3 Section C.11.1.1, C.11.2.1.1). Where `complaints` does not refuse it, of
more entries than the descriptor declares the first are taken (all, where there is one more: writers count from 0), and
entries that need more bits have as many as they need.

References
----------
PS3.3 Section C.11.1.1.1, C.11.2.1.1, C.11.6.1.1, C.7.6.3.1.5
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from dicom_workstation.pixels.arrays import Pixels
from dicom_workstation.pixels.errors import PixelError
from dicom_workstation.pixels.remarks import REFUSING, Complaints

_FEWEST_BITS, _MOST_BITS = 8, 16
_MOST_ENTRIES = 1 << 16


@dataclass(frozen=True, slots=True)
class LookUpTable:
    """A table with the values of its descriptor.

    Parameters
    ----------
    first : int
        Input value that is mapped to the first entry.
    bits : int
        Bits that an entry has, 8 to 16.
    data : bytes
        Entries, 16 bits each, little endian.
    """

    first: int
    bits: int
    data: bytes

    @property
    def values(self) -> NDArray[np.uint16]:
        """The entries."""
        return np.frombuffer(self.data, "<u2")

    @property
    def entries(self) -> int:
        """How many there are."""
        return len(self.data) // 2

    @property
    def maximum(self) -> int:
        """Largest value that an entry can have."""
        return (1 << self.bits) - 1

    def apply(self, inputs: Pixels) -> NDArray[np.float64]:
        """Look values up; those between two whole numbers take the nearest."""
        places = np.rint(inputs).astype(np.int64) - self.first
        found: NDArray[np.float64] = self.values[np.clip(places, 0, self.entries - 1)].astype(np.float64)
        return found


def of_values(values: Pixels, first: int = 0, bits: int = 16) -> LookUpTable:
    """Make a table of entries that are at hand."""
    return LookUpTable(first, bits, np.ascontiguousarray(values, "<u2").tobytes())


def read_lookup_table(
    item: Dataset, name: str, *, is_signed: bool, is_little_endian: bool = True, complaints: Complaints = REFUSING
) -> LookUpTable:
    """Read LUT Descriptor (0028,3002) and LUT Data (0028,3006) of a sequence item.

    Parameters
    ----------
    name : str
        What the table is, for the text of an error.
    is_signed : bool
        Whether the values that it maps can be negative: then the first value mapped is SS.
    complaints : Complaints
        Is told where descriptor and entries differ, but the table can be used.

    Raises
    ------
    PixelError
        If the table cannot be used: it has no valid descriptor, or fewer entries than that declares.
    """
    entries, first, bits = descriptor(item, "LUTDescriptor", name, is_signed, is_little_endian)
    values = entry_values(item, "LUTData", name, entries, is_little_endian, complaints)
    needed = max(_FEWEST_BITS, int(values.max()).bit_length())
    if not _FEWEST_BITS <= bits <= _MOST_BITS:
        complaints.add(f"{name}: LUT Descriptor declares {bits} bits per entry, 8 to 16 are allowed: taken as {needed}")
        bits = needed
    if needed > bits:
        complaints.add(
            f"{name}: an entry is {int(values.max())}, more than {bits} bits can hold: taken as {needed} bits"
        )
        bits = needed
    return of_values(values, first, bits)


def descriptor(
    item: Dataset, keyword: str, name: str, is_signed: bool, is_little_endian: bool = True
) -> tuple[int, int, int]:
    """Return number of entries (0 stands for 65,536), first value mapped, bits of an entry."""
    if not isinstance(item, Dataset):
        raise PixelError(f"{name} is not a sequence")
    value = item.get(keyword)
    if isinstance(value, bytes) and len(value) == 6:  # VR not settled by pydicom, which had no Pixel Representation
        value = struct.unpack("<3H" if is_little_endian else ">3H", value)
    if not isinstance(value, list | tuple | MultiValue) or len(value) != 3:
        raise PixelError(f"{name}: {keyword} does not have three values")
    try:
        entries, first, bits = (int(number) for number in value)
    except (ValueError, TypeError) as error:
        raise PixelError(f"{name}: {keyword} {value!s} is not numeric") from error
    entries &= 0xFFFF  # pydicom reads all three as SS where the middle one is
    if is_signed and first > 0x7FFF:
        first -= 0x10000
    elif not is_signed and first < 0 and item[keyword].VR != "SS":
        first += 0x10000
    return entries or _MOST_ENTRIES, first, bits


def entry_values(
    item: Dataset,
    keyword: str,
    name: str,
    entries: int,
    is_little_endian: bool = True,
    complaints: Complaints = REFUSING,
) -> NDArray[np.uint16]:
    """Return the entries of a table as US or OW, one or two of them to a word of 16 bits."""
    value = item.get(keyword)
    if value is None:
        raise PixelError(f"{name}: {keyword} is missing")
    if isinstance(value, bytes):
        return _from_words(value, name, entries, is_little_endian, complaints)
    numbers = list(value) if isinstance(value, list | tuple | MultiValue) else [value]
    if not all(isinstance(number, int) for number in numbers):
        raise PixelError(f"{name}: {keyword} is not numeric")
    text = f"{name}: {keyword} has {len(numbers)} entries, but its descriptor declares {entries}"
    if len(numbers) < entries:
        raise PixelError(text)
    if len(numbers) > entries:
        entries = _used(entries, len(numbers), text, complaints)
    return np.array(numbers[:entries], np.int64).astype(np.uint16)


def _used(declared: int, present: int, text: str, complaints: Complaints) -> int:
    """Return how many entries are used: as many as declared, or one more where the writer counted from 0."""
    if present == declared + 1:
        complaints.add(f"{text}: all {present} are taken")
        return present
    complaints.add(f"{text}: the first {declared} are taken")
    return declared


def _from_words(
    raw: bytes, name: str, entries: int, is_little_endian: bool, complaints: Complaints
) -> NDArray[np.uint16]:
    is_packed = len(raw) == entries + entries % 2  # 8 bit entries, two to a word
    if len(raw) > 2 * entries and not is_packed:
        text = f"{name}: LUT Data has {len(raw)} bytes, but its descriptor declares {entries} entries"
        entries = _used(entries, len(raw) // 2, text, complaints)
        raw = raw[: 2 * entries]
    if len(raw) == 2 * entries:
        return np.frombuffer(raw, "<u2" if is_little_endian else ">u2").astype(np.uint16)
    if is_packed:
        if not is_little_endian:
            raw = np.frombuffer(raw, ">u2").astype("<u2").tobytes()
        return np.frombuffer(raw, np.uint8)[:entries].astype(np.uint16)
    raise PixelError(f"{name}: LUT Data has {len(raw)} bytes, but its descriptor declares {entries} entries")
