"""Pixel Data that is not encapsulated: where the cells of a frame are, in either byte order.

Invariants: no more than one frame is held, with a plane of it at most besides; cells in memory are looked at
where they are.

References
----------
PS3.5 Section 8.1.1, 8.2 and Annex D; PS3.3 Section C.7.6.3.1.2, C.7.6.3.1.3
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dicom_workstation.pixels.arrays import Pixels
from dicom_workstation.pixels.decoding import cells
from dicom_workstation.pixels.decoding.pixel_source import PixelSource
from dicom_workstation.pixels.errors import PixelError
from dicom_workstation.pixels.image_pixel import ImagePixel


@dataclass(frozen=True, slots=True)
class Native:
    """The frames of native Pixel Data.

    Parameters
    ----------
    vr : str
        Of Pixel Data: in Big Endian it says whether cells of 8 bits are words (OW) or bytes (OB).
    """

    source: PixelSource
    pixel: ImagePixel
    frames: int
    is_little_endian: bool
    vr: str

    def samples(self, frame: int) -> Pixels:
        """Return the samples of a frame, counted from 1, by pixel; PixelError if they are not all there."""
        return self._shaped(frame, is_cut=True)

    def whole(self, frame: int) -> Pixels:
        """Return the cells of a frame, unused bits among them."""
        return self._shaped(frame, is_cut=False)

    def _shaped(self, frame: int, is_cut: bool) -> Pixels:
        pixel = self.pixel
        count = pixel.rows * pixel.columns * pixel.samples
        if pixel.subsampled:
            if pixel.columns % 2:  # a codestream may have odd columns, native pairs of pixels may not (C.7.6.3.1.2)
                raise PixelError(f"native {pixel.photometric} needs an even number of columns, not {pixel.columns}")
            if self.source.length >= count * pixel.dtype.itemsize * self.frames:
                raise PixelError(f"{pixel.photometric} has two samples per pixel, but Pixel Data has three")
            count = count * 2 // 3
            return cells.spread_422(self._values((frame - 1) * count, count, is_cut), pixel)
        first = (frame - 1) * count
        if pixel.samples == 1 or not pixel.planar:
            return self._values(first, count, is_cut).reshape(pixel.shape)
        plane = pixel.rows * pixel.columns
        shaped = np.empty(pixel.shape, pixel.dtype)
        for sample in range(pixel.samples):
            values = self._values(first + sample * plane, plane, is_cut)
            shaped[..., sample] = values.reshape(pixel.rows, pixel.columns)
        return shaped

    def _values(self, first: int, count: int, is_cut: bool) -> Pixels:
        found = self._cells(first, count)
        return cells.values(found, self.pixel) if is_cut else found

    def _cells(self, first: int, count: int) -> Pixels:
        """Return `count` cells from cell number `first` on, in the byte order of this machine."""
        dtype = self.pixel.dtype
        if self.pixel.bits_allocated == 1:
            return self._bits(first, count)
        offset = first * dtype.itemsize
        if self.is_little_endian or (dtype.itemsize == 1 and self.vr != "OW"):
            return self.source.array(offset, count, dtype.newbyteorder("<"))
        if dtype.itemsize == 1:
            return self._bytes_of_words(offset, count)
        found = self.source.array(offset, count, dtype.newbyteorder(">"))
        return found.byteswap(inplace=True).view(dtype) if found.flags.writeable else found.astype(dtype)

    def _bits(self, first: int, count: int) -> Pixels:
        begin, end = first // 8, (first + count + 7) // 8
        raw = self.source.array(begin, end - begin, np.dtype("u1"))
        return cells.unpack_bits(raw.tobytes(), first - begin * 8, count).view(self.pixel.dtype)

    def _bytes_of_words(self, offset: int, count: int) -> Pixels:
        """Return cells of 8 bits that change places in their words of 16 (PS3.5 Section 8.1.1 and Annex D)."""
        begin, end = offset // 2, (offset + count + 1) // 2
        words = self.source.array(begin * 2, end - begin, np.dtype("<u2")).byteswap()
        return words.view(self.pixel.dtype)[offset - begin * 2 :][:count]
