"""Stored pixel values as the court decodes them: by no code of a subject or a simulator.

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
from pydicom.uid import UID

from dicom_conformance.trace.encoding import BIG_ENDIAN, IMPLICIT, NATIVE

JPEG = frozenset(f"1.2.840.10008.1.2.4.{last}" for last in (50, 51, 57, 70))
JPEG_2000 = frozenset(f"1.2.840.10008.1.2.4.{last}" for last in (90, 91))


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
    if "PixelData" not in data_set:
        return None
    if transfer_syntax not in NATIVE:
        return _decompressed(data_set, transfer_syntax)
    data_set.file_meta = FileMetaDataset()
    data_set.file_meta.TransferSyntaxUID = UID(transfer_syntax)
    pixels: NDArray[Any] = pixel_array(data_set)
    return pixels


def _decompressed(data_set: Dataset, transfer_syntax: str) -> NDArray[Any]:
    """Decode each frame; pydicom alone decodes JPEG only where further libraries happen to be installed."""
    import imagecodecs  # only a compressed image pays for it

    if transfer_syntax not in JPEG | JPEG_2000:
        raise ValueError(f"in transfer syntax {transfer_syntax}")
    decode = imagecodecs.jpeg2k_decode if transfer_syntax in JPEG_2000 else imagecodecs.jpeg8_decode
    count = int(data_set.get("NumberOfFrames") or 1)
    frames = [_stored(decode(frame), data_set) for frame in generate_frames(data_set.PixelData, number_of_frames=count)]
    if len(frames) != count:
        raise ValueError(f"{len(frames)} frames where NumberOfFrames says {count}")
    return np.stack(frames) if count > 1 else frames[0]


def _stored(frame: NDArray[Any], data_set: Dataset) -> NDArray[Any]:
    """Give the values of a decoded frame the width and the sign that the Image Pixel module says (PS3.5 8.1.1)."""
    shape = (int(data_set.Rows), int(data_set.Columns))
    if frame.shape[:2] != shape:
        raise ValueError(f"decoded {frame.shape[:2]} where Rows and Columns say {shape}")
    width = int(data_set.BitsAllocated) // 8
    stored = frame.astype(f"<{frame.dtype.kind}{width}")
    return stored.view(f"<{'i' if data_set.get('PixelRepresentation') == 1 else 'u'}{width}")
