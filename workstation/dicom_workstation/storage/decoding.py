"""From an encoded instance to an uncompressed one, for a peer that takes nothing else.

Invariants: nothing is ever newly compressed; decoding is exact for the lossless syntaxes; what the image is
after decoding (colour space, planar configuration, bytes) is what its attributes say.

References
----------
PS3.5 Section 8.1, 8.2, Annex A.4; PS3.3 Section C.7.6.3.1.2; DCS 3.2.3.2.1.2
"""

from __future__ import annotations

from io import BytesIO
from typing import Final

import numpy as np
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from dicom_workstation.data_sets import UNREADABLE, DataSetError, encode, is_our_mistake, read, suppress_warnings
from dicom_workstation.pixels import Image, PixelError
from dicom_workstation.tables import COMPRESSED, EXPLICIT_VR_BIG_ENDIAN, UNCOMPRESSED

_WORD_BYTES: Final = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}


class DecodingError(Exception):
    """An instance that cannot be brought into the transfer syntax; the text says why."""


def can_convert(transfer_syntax: str) -> bool:
    """Whether instances of this syntax can be brought into an uncompressed one."""
    return transfer_syntax in UNCOMPRESSED or transfer_syntax in COMPRESSED


def convert(data_set: bytes, transfer_syntax: str, wanted: str) -> bytes:
    """Re-encode an instance in an uncompressed transfer syntax.

    Raises
    ------
    DecodingError
        If it cannot be read or its pixel data not decoded.
    """
    if wanted not in UNCOMPRESSED or not can_convert(transfer_syntax):
        raise DecodingError(f"cannot convert {transfer_syntax} to {wanted}")
    try:
        with suppress_warnings():
            found = read(data_set, transfer_syntax)
            if transfer_syntax in COMPRESSED and "PixelData" in found:
                _decode_pixels(found, Image((data_set, transfer_syntax)))
            if (transfer_syntax == EXPLICIT_VR_BIG_ENDIAN) != (wanted == EXPLICIT_VR_BIG_ENDIAN):
                _swap_words(found, is_from_big_endian=transfer_syntax == EXPLICIT_VR_BIG_ENDIAN)
            return encode(found, wanted)
    except (*UNREADABLE, DataSetError, PixelError) as error:
        if is_our_mistake(error):
            raise
        raise DecodingError(f"cannot be converted: {type(error).__name__}: {error}") from error


def _decode_pixels(found: Dataset, image: Image) -> None:
    """Replace encapsulated Pixel Data by native; colour comes out by pixel, in the colour space that it then is in."""
    pixels = BytesIO()
    photometric = image.pixel.photometric
    for frame in range(1, image.frames + 1):
        decoded = image.decoded(frame)
        photometric = decoded.photometric
        pixels.write(decoded.samples.astype(image.pixel.dtype.newbyteorder("<"), copy=False).tobytes())
    value = pixels.getvalue()
    vr = "OB" if image.pixel.bits_allocated == 8 else "OW"
    found["PixelData"] = DataElement(0x7FE00010, vr, value + b"\0" * (len(value) % 2))
    if image.pixel.samples == 3:
        found.PlanarConfiguration = 0
        found.PhotometricInterpretation = photometric


def _swap_words(found: Dataset, is_from_big_endian: bool) -> None:
    """Turn the byte order inside word elements round, in items too; pydicom keeps their bytes as they are."""
    for element in found:
        if element.VR == "SQ":
            for item in element.value:
                _swap_words(item, is_from_big_endian)
        elif element.VR in _WORD_BYTES and isinstance(element.value, bytes):
            width = _WORD_BYTES[element.VR]
            if element.keyword == "PixelData":
                bits = found.get("BitsAllocated", 16)
                if not isinstance(bits, int):
                    raise DecodingError(f"cannot be converted: BitsAllocated is {str(bits)[:40]!r}")
                width = max(2, bits // 8)
                if bits <= 8:  # as OB it has the same bytes in either order (PS3.5 Section 8.2, Annex A.2 and A.3)
                    element.VR = "OB"
                    if not is_from_big_endian:
                        continue
            if len(element.value) % width == 0:
                element.value = np.frombuffer(element.value, f"u{width}").byteswap().tobytes()
