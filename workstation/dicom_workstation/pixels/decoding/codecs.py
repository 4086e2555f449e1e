"""One encoded frame to its samples, with imagecodecs (libjpeg-turbo, OpenJPEG, CharLS).

Invariants: the header of the codestream is compared with the attributes before anything is decoded; what comes
out has the size, the depth and the sign that the attributes promise, or it is a PixelError. A lossless codestream may
hold whole cells: the bits outside Bits Stored then say nothing and are cut. A lossy codestream that is deeper than Bits
Stored is left as it is, for a value just above the largest one would become one of the smallest.

References
----------
PS3.5 Section 8.2, Annex A.4 and G; PS3.3 Section C.7.6.3.1.2
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import imagecodecs
import numpy as np

from dicom_workstation.data_sets import Codestream, CodestreamError, has_end, is_our_mistake, read_jpeg, read_jpeg_2000
from dicom_workstation.pixels.arrays import Pixels
from dicom_workstation.pixels.decoding import cells
from dicom_workstation.pixels.errors import PixelError
from dicom_workstation.pixels.image_pixel import ImagePixel
from dicom_workstation.pixels.limits import Limits
from dicom_workstation.tables import (
    JPEG_2000,
    JPEG_2000_LOSSLESS_ONLY,
    JPEG_BASELINE,
    JPEG_EXTENDED,
    JPEG_LOSSLESS,
    JPEG_LOSSLESS_FIRST_ORDER,
    JPEG_LS,
    JPEG_LS_NEAR_LOSSLESS,
    RLE_LOSSLESS,
)

_LOSSLESS: Final = 0xC3

# What imagecodecs raises on bytes that it cannot decode; its own errors are RuntimeErrors.
_UNDECODABLE: Final = (RuntimeError, ValueError, TypeError, LookupError, OverflowError, MemoryError, ImportError)


@dataclass(frozen=True, slots=True)
class Decoded:
    """The samples of one frame, and the colour space that they are in (a Photometric Interpretation)."""

    samples: Pixels
    photometric: str


def can_decode(transfer_syntax: str) -> bool:
    """Whether encapsulated frames of this syntax can be decoded."""
    return transfer_syntax in _CODECS


def decode(encoded: bytes, transfer_syntax: str, pixel: ImagePixel, limits: Limits) -> Decoded:
    """Decode one frame.

    Parameters
    ----------
    encoded : bytes
        The fragments of the frame, joined.

    Raises
    ------
    PixelError
        If the frame is not what the attributes say, or cannot be decoded.
    """
    codec = _CODECS.get(transfer_syntax)
    if codec is None:
        raise PixelError(f"transfer syntax {transfer_syntax} cannot be decoded")
    limits.check_declared(pixel.frame_bytes)
    limits.check_encoded(pixel.frame_bytes, len(encoded))
    try:
        return codec(encoded, pixel)
    except CodestreamError as error:
        raise PixelError(str(error)) from error
    except _UNDECODABLE as error:
        if is_our_mistake(error):
            raise
        raise PixelError(f"a frame cannot be decoded: {type(error).__name__}: {str(error)[:200]}") from error


def check(encoded: bytes, transfer_syntax: str, pixel: ImagePixel, limits: Limits) -> None:
    """Raise the PixelError that decoding a frame is bound to end with, as far as its header says; decode nothing."""
    if not can_decode(transfer_syntax):
        raise PixelError(f"transfer syntax {transfer_syntax} cannot be decoded")
    limits.check_encoded(pixel.frame_bytes, len(encoded))
    try:
        if transfer_syntax in (JPEG_2000, JPEG_2000_LOSSLESS_ONLY):
            _check_header(read_jpeg_2000(encoded), pixel)
        elif transfer_syntax != RLE_LOSSLESS:
            _check_header(read_jpeg(encoded), pixel)
    except CodestreamError as error:
        raise PixelError(str(error)) from error


def _jpeg(encoded: bytes, pixel: ImagePixel) -> Decoded:
    """Decode JPEG; a lossy stream in YCbCr comes out as RGB, by the decoder's own arithmetic."""
    header = read_jpeg(encoded)
    _check_header(header, pixel)
    if not has_end(encoded):
        raise PixelError("a JPEG codestream is truncated: it has no EOI marker")
    if header.components != 3:
        return Decoded(_as_stored_values(imagecodecs.jpeg8_decode(encoded), header, pixel), pixel.photometric)
    if header.process == _LOSSLESS:  # its samples are what was encoded, whatever its markers say
        samples = imagecodecs.jpeg8_decode(encoded, colorspace="RGB", outcolorspace="RGB")
        return Decoded(
            _as_stored_values(samples, header, pixel), "YBR_FULL" if pixel.photometric.startswith("YBR") else "RGB"
        )
    colour = header.colour or ("YBR" if pixel.photometric.startswith("YBR") else "RGB")
    space = "YCBCR" if colour == "YBR" else "RGB"
    samples = imagecodecs.jpeg8_decode(encoded, colorspace=space, outcolorspace="RGB")
    return Decoded(_as_stored_values(samples, header, pixel), "RGB")


def _jpeg_ls(encoded: bytes, pixel: ImagePixel) -> Decoded:
    header = read_jpeg(encoded)
    _check_header(header, pixel)
    samples = _as_stored_values(imagecodecs.jpegls_decode(encoded), header, pixel)
    return Decoded(samples, _in_full(pixel.photometric))


def _jpeg_2000(encoded: bytes, pixel: ImagePixel) -> Decoded:
    """Decode JPEG 2000, which may be lossy.

    The reversible filter leaves open whether all of its stream is there; then Lossy Image Compression decides.
    """
    header = read_jpeg_2000(encoded)
    return _jpeg_2000_samples(encoded, replace(header, lossless=header.lossless and not pixel.lossy), pixel)


def _jpeg_2000_lossless(encoded: bytes, pixel: ImagePixel) -> Decoded:
    """Decode JPEG 2000 of a transfer syntax that admits the reversible filter alone, and all of its stream."""
    return _jpeg_2000_samples(encoded, read_jpeg_2000(encoded), pixel)


def _jpeg_2000_samples(encoded: bytes, header: Codestream, pixel: ImagePixel) -> Decoded:
    """Decode JPEG 2000; its component transformation is undone on the way (PS3.5 Section 8.2.4)."""
    _check_header(header, pixel)
    samples = _as_stored_values(imagecodecs.jpeg2k_decode(encoded), header, pixel)
    photometric = "RGB" if pixel.photometric in ("YBR_RCT", "YBR_ICT") else _in_full(pixel.photometric)
    return Decoded(samples, photometric)


def _rle(encoded: bytes, pixel: ImagePixel) -> Decoded:
    """Decode the byte planes of RLE (PS3.5 Annex G), one sample after the other, so that no frame is held twice."""
    width = pixel.dtype.itemsize
    needed = pixel.samples * width
    header = struct.unpack_from("<16I", encoded) if len(encoded) >= 64 else (0,)
    if header[0] != needed:
        raise PixelError(f"an RLE frame has {header[0]} segments, {needed} are needed")
    # Two bytes stand for 128 at most: so the size of what is encoded bounds what decoding takes.
    if 64 * (len(encoded) - 64) < pixel.frame_bytes:
        raise PixelError(f"an RLE frame of {len(encoded)} bytes is too short for {pixel.frame_bytes}")
    offsets = (*header[1 : needed + 1], len(encoded))
    if needed > 15 or offsets[0] < 64 or list(offsets) != sorted(offsets):
        raise PixelError("the segments of an RLE frame are out of order")
    found = np.empty(pixel.shape, pixel.dtype)
    for sample in range(pixel.samples):
        segments = offsets[sample * width : (sample + 1) * width + 1]
        plane = _rle_plane(encoded[segments[0] : segments[-1]], segments, pixel)
        found[(..., sample) if pixel.samples > 1 else ...] = plane
    return Decoded(cells.values(found, pixel), _in_full(pixel.photometric))


def _rle_plane(body: bytes, segments: tuple[int, ...], pixel: ImagePixel) -> Pixels:
    """Decode the segments of one sample, the most significant byte first."""
    width = len(segments) - 1
    starts = [64 + segment - segments[0] for segment in segments[:-1]]
    frame = struct.pack("<16I", width, *starts, *[0] * (15 - width)) + body
    plane = np.empty((pixel.rows, pixel.columns), f"<u{width}")
    written = imagecodecs.dicomrle_decode(frame, plane.dtype, out=plane.data.cast("B"))
    if len(written) != plane.nbytes:
        raise PixelError(f"a plane of an RLE frame has {len(written)} bytes, {plane.nbytes} are needed")
    return plane.view(pixel.dtype)


def _in_full(photometric: str) -> str:
    """Return what samples are whose colour has been spread over all pixels."""
    return "YBR_FULL" if photometric == "YBR_FULL_422" else photometric


_CODECS: Final[dict[str, Callable[[bytes, ImagePixel], Decoded]]] = {
    JPEG_BASELINE: _jpeg,
    JPEG_EXTENDED: _jpeg,
    JPEG_LOSSLESS: _jpeg,
    JPEG_LOSSLESS_FIRST_ORDER: _jpeg,
    JPEG_LS: _jpeg_ls,
    JPEG_LS_NEAR_LOSSLESS: _jpeg_ls,
    JPEG_2000_LOSSLESS_ONLY: _jpeg_2000_lossless,
    JPEG_2000: _jpeg_2000,
    RLE_LOSSLESS: _rle,
}


def _check_header(header: Codestream, pixel: ImagePixel) -> None:
    """Compare the declared size with the attributes: nothing is decoded if they differ."""
    declared = (header.rows, header.columns, header.components)
    if declared != (pixel.rows, pixel.columns, pixel.samples):
        raise PixelError(
            f"a frame's codestream declares {header.rows} x {header.columns} x {header.components}, but "
            f"the attributes declare {pixel.rows} x {pixel.columns} x {pixel.samples}"
        )
    if header.bits > pixel.bits_allocated:
        raise PixelError(f"a frame has {header.bits} bits a sample, but Bits Allocated is {pixel.bits_allocated}")


def _as_stored_values(decoded: Any, header: Codestream, pixel: ImagePixel) -> Pixels:
    """Bring decoded samples into the dtype of the cells, and to the sign that Pixel Representation says.

    JPEG knows no sign, and writers of JPEG 2000 forget theirs: then the bits are right and their meaning is not.
    """
    found = np.asarray(decoded)
    if found.shape != pixel.shape:
        if found.size != pixel.rows * pixel.columns * pixel.samples:
            raise PixelError(f"a frame has {found.size} samples after decoding")
        found = found.reshape(pixel.shape)
    dtype = pixel.dtype
    stored = found.view(dtype) if found.dtype.itemsize == dtype.itemsize else found.astype(dtype)
    if header.lossless and header.bits > pixel.bits_stored:
        # Whole cells were encoded, High Bit and all; else the samples alone, from the lowest bit on.
        high_bit = pixel.high_bit if header.bits > pixel.high_bit else pixel.bits_stored - 1
        return cells.cut(stored, pixel.bits_stored, high_bit)
    if header.signed != pixel.signed and header.bits < dtype.itemsize * 8:
        stored = cells.cut(stored, header.bits, header.bits - 1)
    return stored
