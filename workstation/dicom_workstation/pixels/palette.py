"""PALETTE COLOR: from the index of a colour to the colour.

Invariants: three tables of the same length, in full or in segments; RGB of 8 bits comes out.

References
----------
PS3.3 Section C.7.6.3.1.5 and C.7.6.3.1.6, C.7.9
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from dicom_workstation.pixels import lookup_table
from dicom_workstation.pixels.arrays import Pixels
from dicom_workstation.pixels.errors import PixelError
from dicom_workstation.pixels.lookup_table import LookUpTable
from dicom_workstation.pixels.remarks import REFUSING, Complaints

_COLOURS: Final = ("Red", "Green", "Blue")
_MOST_ENTRIES: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Palette:
    """The three tables."""

    red: LookUpTable
    green: LookUpTable
    blue: LookUpTable

    def apply(self, indices: Pixels) -> NDArray[np.uint8]:
        """Return (rows, columns, 3); an index outside the tables takes the nearest entry."""
        picture = np.empty((*indices.shape, 3), np.uint8)
        for n, table in enumerate((self.red, self.green, self.blue)):
            entries = (table.values >> (table.bits - 8)).astype(np.uint8)
            picture[..., n] = entries[np.clip(indices.astype(np.int64) - table.first, 0, table.entries - 1)]
        return picture


def read(
    data_set: Dataset, *, is_signed: bool, is_little_endian: bool = True, complaints: Complaints = REFUSING
) -> Palette:
    """Read the Palette Color Lookup Table Module; PixelError where a table is missing or cannot be used.

    Parameters
    ----------
    complaints : Complaints
        Is told of more entries than are declared.
    """
    tables = [_table(data_set, colour, is_signed, is_little_endian, complaints) for colour in _COLOURS]
    if all(table.bits == 16 and int(table.values.max()) < 256 for table in tables):
        # many writers declare 16 bits and store 8; one dark table among others is a dark colour
        tables = [lookup_table.of_values(table.values, table.first, 8) for table in tables]
    return Palette(*tables)


def _table(
    data_set: Dataset, colour: str, is_signed: bool, is_little_endian: bool, complaints: Complaints
) -> LookUpTable:
    keyword = f"{colour}PaletteColorLookupTable"
    name = f"{colour} Palette Color Lookup Table"
    entries, first, bits = lookup_table.descriptor(data_set, f"{keyword}Descriptor", name, is_signed, is_little_endian)
    if bits not in (8, 16):
        raise PixelError(f"{name}: {bits} bits per entry; 8 or 16 are allowed")
    if data_set.get(f"Segmented{keyword}Data") is not None and data_set.get(f"{keyword}Data") is None:
        values = _unfold(data_set, f"Segmented{keyword}Data", name, is_little_endian)
        if len(values) < entries:
            raise PixelError(f"{name}: segments make {len(values)} entries, but the descriptor declares {entries}")
        if len(values) > entries:
            complaints.add(
                f"{name}: segments make {len(values)} entries, but the descriptor declares {entries}: "
                "the first of them are taken"
            )
        values = values[:entries]
    else:
        values = lookup_table.entry_values(data_set, f"{keyword}Data", name, entries, is_little_endian, complaints)
    if bits == 8 and int(values.max()) > 255:
        raise PixelError(f"{name}: an entry is {int(values.max())}, more than 8 bits can hold")
    return lookup_table.of_values(values, first, bits)


def _unfold(data_set: Dataset, keyword: str, name: str, is_little_endian: bool) -> NDArray[np.uint16]:
    """Unfold discrete, linear and indirect segments (PS3.3 Section C.7.9.2)."""
    raw = data_set[keyword].value
    if not isinstance(raw, bytes) or len(raw) % 2:
        raise PixelError(f"{name}: segmented data is not made of 16 bit words")
    words = np.frombuffer(raw, "<u2" if is_little_endian else ">u2").astype(int).tolist()
    found: list[int] = []
    _follow(words, 0, len(words), found, name)
    return np.array(found, np.int64).astype(np.uint16)


def _follow(words: list[int], position: int, most: int, found: list[int], name: str, is_nested: bool = False) -> None:
    """Append the entries of up to `most` segments from `position` on."""
    while position + 1 < len(words) and most > 0:
        opcode, length = words[position], words[position + 1]
        values = words[position + 2 : position + 2 + (length if opcode == 0 else 2)]
        if len(found) + length > _MOST_ENTRIES or len(values) < (length if opcode == 0 else 1):
            raise PixelError(f"{name}: a segment goes beyond its table")
        if opcode == 0:
            found += values
            position += 2 + length
        elif opcode == 1 and found:
            start, end = found[-1], values[0]
            found += [round(start + (end - start) * step / length) for step in range(1, length + 1)]
            position += 3
        elif opcode == 2 and not is_nested and len(values) == 2:
            _follow(words, (values[0] | values[1] << 16) // 2, length, found, name, is_nested=True)
            position += 4
        else:
            raise PixelError(f"{name}: a segment of type {opcode} is not allowed here")
        most -= 1
