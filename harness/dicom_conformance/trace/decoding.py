"""Stored pixel values as the harness decodes them: by no code of a subject or a simulator.

JPEG 2000 is decoded by pylibjpeg-openjpeg, because imagecodecs encodes the instances and decodes for the workstation:
an error in its binding (sign, depth, component transformation) would cancel out. JPEG has no second decoder among the
packages that the project depends on. `docs/decisions/0014-the-decoder-of-the-harness.md` says why.

References
----------
PS3.5 8.1 and 8.2 (pixel data), A.4 (encapsulated transfer syntaxes); PS3.3 C.7.6.3 (the Image Pixel module).
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import generate_frames
from pydicom.filereader import read_dataset
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, RLELossless

from dicom_conformance.trace.encoding import BIG_ENDIAN, IMPLICIT, NATIVE

JPEG = frozenset(f"1.2.840.10008.1.2.4.{last}" for last in (50, 51, 57, 70))
JPEG_2000 = frozenset(f"1.2.840.10008.1.2.4.{last}" for last in (90, 91))

LOSSLESS = NATIVE | {f"1.2.840.10008.1.2.4.{last}" for last in (57, 70, 90)} | {str(RLELossless)}

UNDECODABLE = (ValueError, LookupError, TypeError, AttributeError, RuntimeError, EOFError, OSError)
"""What pydicom and the codecs raise on pixels that are not what the attributes say."""

# Each is named: pydicom would take the first that can decode, and a subject in this process may have added its own.
_PLUGINS = {
    **dict.fromkeys((*NATIVE, str(DeflatedExplicitVRLittleEndian)), ""),
    **dict.fromkeys(JPEG_2000, "pylibjpeg"),
    str(RLELossless): "pydicom",
}


def decoded_pixels(encoded: bytes, transfer_syntax: str) -> NDArray[Any] | None:
    """Decode the pixels of a data set; None where it has no Pixel Data.

    Returns
    -------
    ndarray or None
        Shape ([frames,] rows, columns[, 3]); three samples are red, green and blue where they were compressed.

    Raises
    ------
    ValueError
        The transfer syntax is none that is decoded here, or the pixels are not what the attributes say. What pydicom
        and imagecodecs raise on pixels that they cannot decode (a LookupError, RuntimeError, EOFError ...) passes.
    """
    data_set = read_dataset(BytesIO(encoded), transfer_syntax == IMPLICIT, transfer_syntax != BIG_ENDIAN)
    return pixels_of(data_set, transfer_syntax)


def pixels_of(data_set: Dataset, transfer_syntax: str) -> NDArray[Any] | None:
    """Decode the pixels of a data set that has been read already; see `decoded_pixels`."""
    if "PixelData" not in data_set:
        return None
    if transfer_syntax in JPEG:
        pixels = _decompressed(data_set)
        return _cut(pixels, data_set) if transfer_syntax in LOSSLESS else pixels
    if transfer_syntax not in _PLUGINS:
        raise ValueError(f"in transfer syntax {transfer_syntax}")
    data_set.file_meta = FileMetaDataset()
    data_set.file_meta.TransferSyntaxUID = UID(transfer_syntax)
    pixels = pixel_array(data_set, decoding_plugin=_PLUGINS[transfer_syntax])
    return _cut(pixels, data_set) if transfer_syntax in LOSSLESS else pixels


def _cut(pixels: NDArray[Any], data_set: Dataset) -> NDArray[Any]:
    """Take out of whole cells what Bits Stored says: the other bits say nothing (PS3.5 8.1.1)."""
    bits, width = int(data_set.get("BitsStored") or 0), pixels.dtype.itemsize * 8
    if pixels.dtype.kind not in "iu" or not 1 < bits < width:
        return pixels
    high_bit = int(data_set.get("HighBit") or bits - 1)
    if not bits - 1 <= high_bit < width:
        return pixels
    return (pixels << (width - 1 - high_bit)) >> (width - bits)


def _decompressed(data_set: Dataset) -> NDArray[Any]:
    """Decode each frame of JPEG; pydicom alone decodes it only where further libraries happen to be installed."""
    import imagecodecs  # only a compressed image pays for it

    count = int(data_set.get("NumberOfFrames") or 1)
    encoded = generate_frames(data_set.PixelData, number_of_frames=count)
    frames = [_stored(imagecodecs.jpeg8_decode(frame), data_set) for frame in encoded]
    if len(frames) != count:
        raise ValueError(f"{len(frames)} frames where NumberOfFrames says {count}")
    return np.stack(frames) if count > 1 else frames[0]


def _stored(frame: NDArray[Any], data_set: Dataset) -> NDArray[Any]:
    """Give the values of a decoded frame the width and the sign that the Image Pixel module says (PS3.5 8.1.1)."""
    shape = (_number(data_set, "Rows"), _number(data_set, "Columns"))
    if frame.shape[:2] != shape:
        raise ValueError(f"decoded {frame.shape[:2]} where Rows and Columns say {shape}")
    width = _number(data_set, "BitsAllocated") // 8
    stored = frame.astype(f"<{frame.dtype.kind}{width}")
    return stored.view(f"<{'i' if data_set.get('PixelRepresentation') == 1 else 'u'}{width}")


def _number(data_set: Dataset, keyword: str) -> int:
    value = data_set.get(keyword)
    if not isinstance(value, int):
        raise ValueError(f"{keyword} is {value!r}")
    return value
