"""An image as it was received: its attributes, and its stored values frame by frame.

Law of this file: a frame is decoded when it is asked for, and nothing is kept of it; what is not an image, or not one
that can be decoded, is a PixelError.

References
----------
PS3.3 Section C.7.6.3; PS3.5 Section 8 and Annex A; DCS 3.2.2.1.3.2.3
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from workstation.pixels import cells, codecs, colour, encapsulation, image_pixel, palette
from workstation.pixels.errors import PixelError
from workstation.pixels.image_pixel import ImagePixel
from workstation.pixels.limits import LIMITS, Limits
from workstation.pixels.opening import Opened, opened

Source = Dataset | str | Path | tuple[bytes, str]


class Image:
    """One SOP Instance that holds Pixel Data.

    Parameters
    ----------
    source : Dataset, path, or (bytes, transfer syntax)
        A data set that was read; a file of PS3.10, whose Pixel Data is then read frame by frame; or an encoded data set
        without File Meta Information, which is not copied.
    limits : Limits
        What one frame may cost.

    Attributes
    ----------
    data_set : Dataset
        The attributes; without Pixel Data unless `source` was a data set.
    transfer_syntax : str
    pixel : ImagePixel
    frames : int
        How many there are.

    Raises
    ------
    PixelError
        If it cannot be read, or is no image.
    """

    def __init__(self, source: Source, limits: Limits = LIMITS) -> None:
        found: Opened = opened(source)
        self.data_set: Dataset = found.data_set
        self.transfer_syntax: str = found.transfer_syntax
        self.is_little_endian: bool = found.is_little_endian
        self.limits: Limits = limits
        self._source = found.source
        self._is_encapsulated = found.is_encapsulated
        self._vr = found.vr
        self.pixel: ImagePixel = image_pixel.read(self.data_set)
        self.frames: int = image_pixel.integer(self.data_set, "NumberOfFrames", 1)
        if self.frames < 1:
            raise PixelError(f"Number of Frames is {self.frames}")
        limits.check_declared(self.pixel.frame_bytes)

    @property
    def grayscale(self) -> bool:
        """Whether the grayscale transformation sequence applies (PS3.4 Annex N.2)."""
        return self.pixel.photometric.startswith("MONOCHROME")

    def stored(self, frame: int = 1) -> NDArray[Any]:
        """Decode one frame.

        Parameters
        ----------
        frame : int
            Counted from 1.

        Returns
        -------
        ndarray, shape (rows, columns) or (rows, columns, 3)
            Stored values, signed as they are; indices of PALETTE COLOR; three samples always as RGB, whatever colour
            space they were stored in. May be a view of bytes in memory, which cannot be written to.
        """
        decoded = self.decoded(frame)
        if self.pixel.samples == 1:
            return decoded.samples
        return colour.to_rgb(decoded.samples, decoded.photometric, self.pixel.bits_stored)

    def decoded(self, frame: int = 1) -> codecs.Decoded:
        """Decode one frame, and leave the samples in the colour space that they then are in."""
        self._check(frame)
        if not self._is_encapsulated:
            return codecs.Decoded(self._native(frame), self.pixel.photometric)
        return codecs.decode(self._fragments.frame(frame), self.transfer_syntax, self.pixel, self.limits)

    def rgb(self, frame: int = 1) -> NDArray[np.uint8]:
        """Decode one frame of a colour image; (rows, columns, 3) of 8 bits."""
        if self.grayscale:
            raise PixelError(f"{self.pixel.photometric} has no colour")
        stored = self.stored(frame)
        if self.pixel.samples == 1:
            return self.palette.apply(stored)
        if self.pixel.bits_stored > 8:
            stored = stored >> (self.pixel.bits_stored - 8)
        return stored.astype(np.uint8, copy=False)

    def cells(self, frame: int = 1) -> NDArray[Any]:
        """Return whole cells of native Pixel Data, unused bits among them; PixelError if it is compressed."""
        self._check(frame)
        if self._is_encapsulated:
            raise PixelError("compressed pixel data has no unused bits")
        return cells.interleave(self._cells(frame, self.pixel.dtype), self.pixel)

    @cached_property
    def palette(self) -> palette.Palette:
        """The colours of PALETTE COLOR."""
        return palette.read(self.data_set, is_signed=self.pixel.signed, is_little_endian=self.is_little_endian)

    @cached_property
    def _fragments(self) -> encapsulation.Fragments:
        extended = self.data_set.get("ExtendedOffsetTable")
        return encapsulation.index(self._source, self.frames, extended if isinstance(extended, bytes) else None)

    def _check(self, frame: int) -> None:
        if not 1 <= frame <= self.frames:
            raise PixelError(f"there is no frame {frame}, the image has {self.frames}")

    def _native(self, frame: int) -> NDArray[Any]:
        """Return the samples of a frame that is not compressed."""
        pixel = self.pixel
        if pixel.subsampled:
            return cells.spread_422(cells.values(self._cells(frame, pixel.dtype), pixel), pixel)
        return cells.interleave(cells.values(self._cells(frame, pixel.dtype), pixel), pixel)

    def _cells(self, frame: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        pixel = self.pixel
        count = pixel.rows * pixel.columns * pixel.samples
        if pixel.bits_allocated == 1:
            return self._bits(frame, count)
        if pixel.subsampled:
            if self._source.length >= count * dtype.itemsize * self.frames:
                raise PixelError(f"{pixel.photometric} has two samples a pixel, Pixel Data has three")
            count = count * 2 // 3
        offset = (frame - 1) * count * dtype.itemsize
        if self.is_little_endian:
            return self._source.array(offset, count, dtype.newbyteorder("<"))
        if dtype.itemsize == 1:
            return self._bytes_of_words(offset, count, dtype)
        found = self._source.array(offset, count, dtype.newbyteorder(">"))
        return found.astype(dtype) if not found.flags.writeable else found.byteswap(inplace=True).view(dtype)

    def _bits(self, frame: int, count: int) -> NDArray[Any]:
        first = (frame - 1) * count
        begin, end = first // 8, (first + count + 7) // 8
        raw = self._source.array(begin, end - begin, np.dtype("u1"))
        return cells.unpack_bits(raw.tobytes(), first - begin * 8, count).view(self.pixel.dtype)

    def _bytes_of_words(self, offset: int, count: int, dtype: np.dtype[Any]) -> NDArray[Any]:
        """Return cells of 8 bits in Big Endian: as OW two of them change places in a word (PS3.5 Section 8.1.1, D)."""
        if self._vr != "OW":
            return self._source.array(offset, count, dtype)
        begin, end = offset // 2, (offset + count + 1) // 2
        words = self._source.array(begin * 2, end - begin, np.dtype("<u2")).byteswap()
        return words.view(dtype)[offset - begin * 2 :][:count]
