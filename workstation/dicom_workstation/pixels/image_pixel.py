"""The Image Pixel Module: what the attributes of an image say about its cells.

Invariants: attributes are read once, judged here, and plain numbers afterwards; what cannot be understood is a
PixelError that names the attribute.

References
----------
PS3.3 Section C.7.6.3.1; PS3.5 Section 8.1.1
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from dicom_workstation.pixels.errors import PixelError

SAMPLES: Final = {
    "MONOCHROME1": 1,
    "MONOCHROME2": 1,
    "PALETTE COLOR": 1,
    "RGB": 3,
    "YBR_FULL": 3,
    "YBR_FULL_422": 3,
    "YBR_PARTIAL_422": 3,
    "YBR_PARTIAL_420": 3,
    "YBR_RCT": 3,
    "YBR_ICT": 3,
}
_ALLOCATED: Final = (1, 8, 16, 32, 64)


@dataclass(frozen=True, slots=True)
class ImagePixel:
    """The attributes of the module that all frames share, named after them.

    Parameters
    ----------
    lossy : bool
        Whether Lossy Image Compression (0028,2110) says that the image was compressed with a loss, now or before.
    """

    rows: int
    columns: int
    samples: int
    photometric: str
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    planar: bool
    lossy: bool = False

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """What holds one cell, in the byte order of this machine; a single bit is held by a byte."""
        return np.dtype(f"{'i' if self.signed else 'u'}{max(1, self.bits_allocated // 8)}")

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows, columns, and samples where there are several."""
        return (self.rows, self.columns) if self.samples == 1 else (self.rows, self.columns, self.samples)

    @property
    def frame_bytes(self) -> int:
        """Size of one decoded frame."""
        return self.rows * self.columns * self.samples * self.dtype.itemsize

    @property
    def minimum(self) -> int:
        """Smallest value that Bits Stored can hold."""
        return -(1 << (self.bits_stored - 1)) if self.signed else 0

    @property
    def maximum(self) -> int:
        """Largest value that Bits Stored can hold."""
        return (1 << (self.bits_stored - int(self.signed))) - 1

    @property
    def subsampled(self) -> bool:
        """Whether two pixels share their colour in native data (PS3.3 C.7.6.3.1.2)."""
        return self.photometric in ("YBR_FULL_422", "YBR_PARTIAL_422")


def read(data_set: Dataset) -> ImagePixel:
    """Read and judge the attributes.

    Raises
    ------
    PixelError
        If one is missing, or they contradict each other.
    """
    photometric = str(data_set.get("PhotometricInterpretation", "") or "").strip().upper()
    allocated = integer(data_set, "BitsAllocated")
    stored = integer(data_set, "BitsStored", allocated)
    found = ImagePixel(
        rows=integer(data_set, "Rows"),
        columns=integer(data_set, "Columns"),
        samples=integer(data_set, "SamplesPerPixel", SAMPLES.get(photometric)),
        photometric=photometric,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=integer(data_set, "HighBit", stored - 1),
        signed=integer(data_set, "PixelRepresentation", 0) == 1,
        planar=integer(data_set, "PlanarConfiguration", 0) == 1,
        lossy=str(data_set.get("LossyImageCompression", "") or "").strip() == "01",
    )
    _check(found)
    return found


def integer(data_set: Dataset, keyword: str, absent: int | None = None) -> int:
    """Return an attribute as a number; PixelError if it is not a number, or missing without a default."""
    value = data_set.get(keyword)
    if isinstance(value, MultiValue):
        value = value[0] if len(value) else None
    if value is None or value == "":
        if absent is None:
            raise PixelError(f"{keyword} is missing")
        return absent
    try:
        return int(value)
    except (ValueError, TypeError) as error:
        raise PixelError(f"{keyword} {str(value)[:40]!r} is not a number") from error


def _check(found: ImagePixel) -> None:
    if found.rows < 1 or found.columns < 1:
        raise PixelError(f"an image of {found.rows} rows and {found.columns} columns has no pixels")
    if found.photometric not in SAMPLES:
        raise PixelError(f"Photometric Interpretation {found.photometric or 'missing'!r} is not supported")
    if found.samples != SAMPLES[found.photometric]:
        raise PixelError(f"{found.photometric} has {SAMPLES[found.photometric]} samples per pixel, not {found.samples}")
    if found.bits_allocated not in _ALLOCATED:
        raise PixelError(f"Bits Allocated {found.bits_allocated} is not supported")
    if not 1 <= found.bits_stored <= found.bits_allocated:
        raise PixelError(f"Bits Stored {found.bits_stored} does not fit Bits Allocated {found.bits_allocated}")
    if not found.bits_stored - 1 <= found.high_bit < found.bits_allocated:
        raise PixelError(f"High Bit {found.high_bit} does not fit Bits Stored {found.bits_stored}")
