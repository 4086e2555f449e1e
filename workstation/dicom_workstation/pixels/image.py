"""An image as it was received: its attributes, and its stored values frame by frame.

Invariants: a frame is decoded when it is asked for, and nothing is kept of it; what is not an image, or not one
that can be decoded, is a PixelError.

References
----------
PS3.3 Section C.7.6.3; PS3.5 Section 8 and Annex A; DCS 3.2.2.1.3.2.3
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from dicom_workstation.data_sets import counted
from dicom_workstation.pixels import colour, image_pixel, palette
from dicom_workstation.pixels.arrays import Pixels
from dicom_workstation.pixels.decoding import Native, codecs, encapsulation
from dicom_workstation.pixels.errors import PixelError
from dicom_workstation.pixels.image_pixel import ImagePixel
from dicom_workstation.pixels.limits import LIMITS, Limits
from dicom_workstation.pixels.opening import OpenedImage, open_image
from dicom_workstation.pixels.remarks import Remarks

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
    remarks : Remarks
        What is wrong with its attributes, although it can be shown.

    Raises
    ------
    PixelError
        If it cannot be read, or is not an image.
    """

    def __init__(self, source: Source, limits: Limits = LIMITS) -> None:
        found: OpenedImage = open_image(source)
        self.data_set: Dataset = found.data_set
        self.transfer_syntax: str = found.transfer_syntax
        self.is_little_endian: bool = found.is_little_endian
        self.limits: Limits = limits
        self._source = found.source
        self._is_encapsulated = found.is_encapsulated
        self._vr = found.vr
        self.pixel: ImagePixel = image_pixel.read(self.data_set)
        self.remarks: Remarks = found.remarks
        self.frames: int = _frames(self.data_set, self.remarks)
        limits.check_declared(self.pixel.frame_bytes)

    @property
    def grayscale(self) -> bool:
        """Whether the grayscale transformation sequence applies (PS3.4 Annex N.2)."""
        return self.pixel.photometric.startswith("MONOCHROME")

    @property
    def is_encapsulated(self) -> bool:
        """Whether Pixel Data is a sequence of fragments, compressed or not."""
        return self._is_encapsulated

    def stored(self, frame: int = 1) -> Pixels:
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
            return codecs.Decoded(self._native.samples(frame), self.pixel.photometric)
        return codecs.decode(self._fragments.frame(frame), self.transfer_syntax, self.pixel, self.limits)

    def check(self, frame: int = 1) -> None:
        """Raise the PixelError that a frame is bound to end with, as far as that is known without decoding it.

        What is wrong with the tables of PALETTE COLOR, although they can be used, is in `remarks` then.
        """
        self._check(frame)
        if self._is_encapsulated:
            codecs.check(self._fragments.frame(frame), self.transfer_syntax, self.pixel, self.limits)
        else:
            self._native.samples(frame)
        if self.pixel.photometric == "PALETTE COLOR":
            _ = self.palette

    def rgb(self, frame: int = 1) -> NDArray[np.uint8]:
        """Decode one frame of a colour image; (rows, columns, 3) of 8 bits."""
        if self.grayscale:
            raise PixelError(f"an image in {self.pixel.photometric} is not in colour")
        stored = self.stored(frame)
        if self.pixel.samples == 1:
            return self.palette.apply(stored)
        if self.pixel.bits_stored > 8:
            # A lossy codestream may be deeper than Bits Stored.
            stored = np.minimum(stored >> (self.pixel.bits_stored - 8), 255)
        return stored.astype(np.uint8, copy=False)

    def cells(self, frame: int = 1) -> Pixels:
        """Return whole cells of native Pixel Data, unused bits among them; PixelError if it is compressed."""
        self._check(frame)
        if self._is_encapsulated:
            raise PixelError("compressed pixel data has no unused bits")
        return self._native.whole(frame)

    @cached_property
    def palette(self) -> palette.Palette:
        """The colours of PALETTE COLOR."""
        return palette.read(
            self.data_set,
            is_signed=self.pixel.signed,
            is_little_endian=self.is_little_endian,
            complaints=self.remarks,
        )

    @cached_property
    def _native(self) -> Native:
        return Native(self._source, self.pixel, self.frames, self.is_little_endian, self._vr)

    @cached_property
    def _fragments(self) -> encapsulation.Fragments:
        extended = self.data_set.get("ExtendedOffsetTable")
        return encapsulation.index(self._source, self.frames, extended if isinstance(extended, bytes) else None)

    def _check(self, frame: int) -> None:
        if not 1 <= frame <= self.frames:
            raise PixelError(f"there is no frame {frame}: the image has {counted(self.frames, 'frame')}")


def _frames(data_set: Dataset, remarks: Remarks) -> int:
    """Return Number of Frames; where that says nothing that can be, there is one."""
    try:
        found = image_pixel.integer(data_set, "NumberOfFrames", 1)
        if found >= 1:
            return found
        remarks.add(f"Number of Frames is {found}: taken as 1")
    except PixelError as error:
        remarks.add(f"{error}: taken as 1")
    return 1
