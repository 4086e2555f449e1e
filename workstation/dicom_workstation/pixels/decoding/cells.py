"""Pixel cells: from bytes to values.

Invariants: bits of a cell above High Bit and below the sample are never part of a value (they may hold an old
overlay); the sign is that of Bits Stored, not of the cell.

References
----------
PS3.5 Section 8.1.1, 8.2, Annex D
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dicom_workstation.pixels.arrays import Pixels
from dicom_workstation.pixels.image_pixel import ImagePixel


def values(cells: Pixels, pixel: ImagePixel) -> Pixels:
    """Return the sample of each cell, signed as Pixel Representation says.

    Parameters
    ----------
    cells : ndarray, dtype of `pixel`
        Changed in place if it may be written to.
    """
    if pixel.bits_stored == pixel.bits_allocated or pixel.bits_allocated == 1:
        return cells
    return cut(cells, pixel.bits_stored, pixel.high_bit)


def cut(cells: Pixels, bits: int, high_bit: int) -> Pixels:
    """Take `bits` bits up to `high_bit` out of each cell, the sign along with them where the dtype has one."""
    width = cells.dtype.itemsize * 8
    target = cells if cells.flags.writeable else np.empty_like(cells)
    if cells.dtype.kind == "u" and high_bit == bits - 1:
        np.bitwise_and(cells, cells.dtype.type((1 << bits) - 1), out=target)
        return target
    np.left_shift(cells, cells.dtype.type(width - 1 - high_bit), out=target)
    np.right_shift(target, target.dtype.type(width - bits), out=target)
    return target


def unpack_bits(raw: bytes, first_bit: int, count: int) -> NDArray[np.uint8]:
    """Return single bits as bytes of 0 and 1; the least significant bit comes first (PS3.5 Section 8.1.1, D)."""
    begin = first_bit // 8
    end = (first_bit + count + 7) // 8
    bits = np.unpackbits(np.frombuffer(raw, np.uint8)[begin:end], bitorder="little")
    return bits[first_bit - begin * 8 :][:count]


def spread_422(cells: Pixels, pixel: ImagePixel) -> Pixels:
    """Give both pixels of a pair Y1 Y2 CB CR their shared colour (PS3.3 Section C.7.6.3.1.2, YBR_FULL_422)."""
    pairs = cells.reshape(pixel.rows, pixel.columns // 2, 4)
    whole = np.empty((pixel.rows, pixel.columns // 2, 2, 3), cells.dtype)
    whole[:, :, 0, 0], whole[:, :, 1, 0] = pairs[:, :, 0], pairs[:, :, 1]
    whole[..., 1] = pairs[:, :, 2, None]
    whole[..., 2] = pairs[:, :, 3, None]
    return whole.reshape(pixel.rows, pixel.columns, 3)
