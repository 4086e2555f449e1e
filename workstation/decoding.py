"""From an encoded instance to an uncompressed one, for a peer that takes nothing else.

Law of this file: nothing is ever newly compressed; decoding is exact for the lossless syntaxes; what the image is
after decoding (colour space, planar configuration, bytes) is what its attributes say.

References
----------
PS3.5 Section 8.1, 8.2, Annex A.4; PS3.3 Section C.7.6.3.1.2; DCS 3.2.3.2.1.2
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any, Final

import imagecodecs
import numpy as np
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from workstation import codestreams
from workstation.images import UNREADABLE, read
from workstation.silence import silence
from workstation.tables import (
    EXPLICIT_VR_BIG_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    JPEG_2000,
    JPEG_2000_LOSSLESS_ONLY,
    JPEG_BASELINE,
    JPEG_EXTENDED,
    JPEG_LOSSLESS,
    JPEG_LOSSLESS_FIRST_ORDER,
    UNCOMPRESSED,
)

LARGEST_FRAME_BYTES: Final = 1 << 30
_WORD_BYTES: Final = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}


class DecodingError(Exception):
    """An instance that cannot be brought into the transfer syntax; the text says why."""


def _decode_jpeg(frame: bytes, is_colour_transformed: bool) -> Any:
    if is_colour_transformed:
        return imagecodecs.jpeg8_decode(frame, colorspace="YCBCR", outcolorspace="RGB")
    return imagecodecs.jpeg8_decode(frame)


def _decode_jpeg_untransformed(frame: bytes, _: bool) -> Any:
    return imagecodecs.jpeg8_decode(frame)


def _decode_jpeg_2000(frame: bytes, _: bool) -> Any:
    return imagecodecs.jpeg2k_decode(frame)


_DECODERS: Final[dict[str, Callable[[bytes, bool], Any]]] = {
    JPEG_BASELINE: _decode_jpeg,
    JPEG_EXTENDED: _decode_jpeg,
    JPEG_LOSSLESS: _decode_jpeg_untransformed,
    JPEG_LOSSLESS_FIRST_ORDER: _decode_jpeg_untransformed,
    JPEG_2000_LOSSLESS_ONLY: _decode_jpeg_2000,
    JPEG_2000: _decode_jpeg_2000,
}


def can_convert(transfer_syntax: str) -> bool:
    """Whether instances of this syntax can be brought into an uncompressed one."""
    return transfer_syntax in UNCOMPRESSED or transfer_syntax in _DECODERS


def convert(data_set: bytes, transfer_syntax: str, wanted: str) -> bytes:
    """Encode an instance anew in an uncompressed transfer syntax.

    Raises
    ------
    DecodingError
        If it cannot be read or its pixel data not decoded.
    """
    if wanted not in UNCOMPRESSED or not can_convert(transfer_syntax):
        raise DecodingError(f"there is no way from {transfer_syntax} to {wanted}")
    try:
        with silence():
            found = read(data_set, transfer_syntax)
            if transfer_syntax in _DECODERS and "PixelData" in found:
                _decode_pixels(found, _DECODERS[transfer_syntax])
            if (transfer_syntax == EXPLICIT_VR_BIG_ENDIAN) != (wanted == EXPLICIT_VR_BIG_ENDIAN):
                _swap_words(found, is_from_big_endian=transfer_syntax == EXPLICIT_VR_BIG_ENDIAN)
            return _write(found, wanted)
    except (*UNREADABLE, imagecodecs.DelayedImportError, RuntimeError) as error:
        raise DecodingError(f"cannot be converted: {type(error).__name__}: {error}") from error


def _write(found: Dataset, transfer_syntax: str) -> bytes:
    stream = DicomBytesIO()
    stream.is_implicit_VR = transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN
    stream.is_little_endian = transfer_syntax != EXPLICIT_VR_BIG_ENDIAN
    write_dataset(stream, found)
    return bytes(stream.getvalue())


def _decode_pixels(found: Dataset, decode: Callable[[bytes, bool], Any]) -> None:
    """Replace encapsulated Pixel Data by native; colour comes out as RGB, by pixel."""
    frames, samples = int(found.get("NumberOfFrames") or 1), int(found.SamplesPerPixel)
    bits = int(found.BitsAllocated)
    photometric = str(found.get("PhotometricInterpretation", ""))
    is_transformed = photometric in ("YBR_FULL_422", "YBR_FULL")
    told = int(found.Rows) * int(found.Columns)
    if told * samples * bits // 8 > LARGEST_FRAME_BYTES:
        raise DecodingError(f"a frame of {told} pixels is too large")
    pixels = BytesIO()
    for frame in generate_frames(found.PixelData, number_of_frames=frames):
        if codestreams.samples(frame) > told:
            raise DecodingError(f"a codestream says that it has {codestreams.samples(frame)} pixels, not {told}")
        decoded = np.asarray(decode(frame, is_transformed and samples == 3))
        if decoded.size != int(found.Rows) * int(found.Columns) * samples:
            raise DecodingError(f"a frame has {decoded.size} samples")
        dtype = np.dtype(f"<{'i' if decoded.dtype.kind == 'i' else 'u'}{bits // 8}")
        pixels.write(decoded.astype(dtype, copy=False).tobytes())
    value = pixels.getvalue()
    found["PixelData"] = DataElement(0x7FE00010, "OB" if bits == 8 else "OW", value + b"\0" * (len(value) % 2))
    if samples == 3:
        found.PlanarConfiguration = 0
        if photometric in ("YBR_RCT", "YBR_ICT") or (is_transformed and decode is _decode_jpeg):
            found.PhotometricInterpretation = "RGB"


def _swap_words(found: Dataset, is_from_big_endian: bool) -> None:
    """Turn the byte order inside word elements round, in items too; pydicom keeps their bytes as they are."""
    for element in found:
        if element.VR == "SQ":
            for item in element.value:
                _swap_words(item, is_from_big_endian)
        elif element.VR in _WORD_BYTES and isinstance(element.value, bytes):
            width = _WORD_BYTES[element.VR]
            if element.keyword == "PixelData":
                bits = int(found.get("BitsAllocated", 16))
                width = max(2, bits // 8)
                if bits <= 8:  # as OB it has the same bytes in either order (PS3.5 Section 8.2, Annex A.2 and A.3)
                    element.VR = "OB"
                    if not is_from_big_endian:
                        continue
            if len(element.value) % width == 0:
                element.value = np.frombuffer(element.value, f"u{width}").byteswap().tobytes()
