"""Pixels to the bytes of Pixel Data.

Invariants: arrays come in, the value of Pixel Data (7FE0,0010) goes out, with the bound within which a
decoder gives the pixels back. Nothing here knows an IOD.

References
----------
PS3.5 section 8 and A.4; ITU-T T.81 Annex B (markers of JPEG); ITU-T T.800 Annex A (markers of JPEG 2000).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dicom_simulators.data_sets.pixel_format import PixelFormat
from dicom_simulators.data_sets.transfer_syntaxes import Codec, TransferSyntax

if TYPE_CHECKING:  # numpy costs 60 ms at start-up: only what encodes imports it
    from numpy.typing import NDArray

LOSSLESS_PREDICTOR = 6
"""Predictor (T.81 Table H.1) written in 1.2.840.10008.1.2.4.57, other than the 1 that .70 demands."""

_SOF0, _SOF1 = b"\xff\xc0", b"\xff\xc1"
_MARKERS_WITHOUT_LENGTH = {0xD8, 0xD9, 0x01, *range(0xD0, 0xD8)}


@dataclass(frozen=True, slots=True)
class Encoded:
    """Pixel Data, ready to be put in a data set.

    Parameters
    ----------
    value : bytes
        Value of Pixel Data; when encapsulated, Basic Offset Table and items, without the sequence delimiter.
    ratio : float
        Size before over size after compression, as Lossy Image Compression Ratio (0028,2112) has it.
    max_error : int
        Largest absolute difference of any stored value (after conversion to RGB, in colour) once it is decoded; 0 if
        nothing is lost.
    """

    value: bytes
    ratio: float
    max_error: int


def encode(pixels: NDArray[Any], form: PixelFormat, syntax: TransferSyntax) -> Encoded:
    """Encode all frames of one instance.

    Parameters
    ----------
    pixels : ndarray, shape (frames, rows, columns[, 3])
        Stored values; in colour, RGB.
    form : PixelFormat
        Depth, sign and colour of what is stored.
    syntax : TransferSyntax
        What to encode in.
    """
    if not syntax.encapsulated:
        value = _native(pixels, form, syntax)
        return Encoded(value + b"\0" * (len(value) % 2), 1.0, 0)
    frames = [_frame(frame, form, syntax) for frame in pixels]
    native_bytes = int(pixels.size) * form.bits_allocated // 8
    ratio = native_bytes / sum(len(frame) for frame in frames)
    return Encoded(encapsulate(frames), ratio, lossy_bound(form, syntax))


def encapsulate(frames: list[bytes]) -> bytes:
    """Return a Basic Offset Table with one offset a frame, and one item a frame (PS3.5 A.4); no sequence delimiter."""
    frames = [frame + b"\0" * (len(frame) % 2) for frame in frames]
    offsets, position = [], 0
    for frame in frames:
        offsets.append(position)
        position += 8 + len(frame)
    items = [struct.pack(f"<{len(offsets)}I", *offsets), *frames]
    return b"".join(b"\xfe\xff\x00\xe0" + struct.pack("<I", len(item)) + item for item in items)


def lossy_bound(form: PixelFormat, syntax: TransferSyntax) -> int:
    """Return the largest absolute error that a decoder may show, in pictures of 8 x 8 pixels and more.

    Measured with room to spare; the tests hold independent decoders to it.
    """
    if not syntax.lossy:
        return 0
    steps = 1 << max(0, form.bits_stored - 8)  # of an 8 bit step
    if syntax.jpeg_2000:
        return 16  # at any depth: `_frame` asks for 6 dB more for each further bit
    return 24 if form.colour else 12 * steps


def _native(pixels: NDArray[Any], form: PixelFormat, syntax: TransferSyntax) -> bytes:
    """Return the pixels in the byte order of the transfer syntax (PS3.5 8.1.1)."""
    if form.colour and form.planar:
        pixels = pixels.transpose(0, 3, 1, 2)
    order = ">" if syntax.big_endian else "<"
    kind = "i" if form.signed else "u"
    return pixels.astype(f"{order}{kind}{form.bits_allocated // 8}", copy=False).tobytes()


def _frame(frame: NDArray[Any], form: PixelFormat, syntax: TransferSyntax) -> bytes:
    """Return one frame as one JPEG or JPEG 2000 codestream."""
    import imagecodecs  # here for a quick start of programs that encode nothing

    match syntax.codec:
        case Codec.JPEG_BASELINE | Codec.JPEG_EXTENDED if form.bits_stored == 8:
            colour, components, sampling = ("RGB", "YCBCR", "422") if form.colour else (None, None, None)
            stream = bytes(
                imagecodecs.jpeg8_encode(frame, 95, colorspace=colour, outcolorspace=components, subsampling=sampling)
            )
            return stream if syntax.codec is Codec.JPEG_BASELINE else _as_extended(stream)
        case Codec.JPEG_EXTENDED:
            return bytes(imagecodecs.jpeg8_encode(frame, 98, bitspersample=form.bits_stored))
        case Codec.JPEG_LOSSLESS | Codec.JPEG_LOSSLESS_SV1:
            predictor = 1 if syntax.codec is Codec.JPEG_LOSSLESS_SV1 else LOSSLESS_PREDICTOR
            unsigned = frame.view(f"u{frame.itemsize}")  # JPEG knows no sign: Pixel Representation tells it
            return bytes(
                imagecodecs.jpeg8_encode(unsigned, lossless=True, predictor=predictor, bitspersample=form.bits_stored)
            )
        case Codec.JPEG_2000_REVERSIBLE:
            level = None
        case Codec.JPEG_2000_IRREVERSIBLE:
            level = 56 + 6 * (form.bits_stored - 8)  # peak signal to noise in dB: 6 for each further bit
        case _:
            raise ValueError(f"{syntax.uid} has no codec")
    return bytes(
        imagecodecs.jpeg2k_encode(
            frame,
            level,
            codecformat="J2K",
            reversible=not syntax.lossy,
            mct=form.colour,
            bitspersample=form.bits_stored,
        )
    )


def _as_extended(stream: bytes) -> bytes:
    """Return a baseline stream as the extended sequential one that it also is: SOF1 in place of SOF0.

    At 8 bits extended sequential DCT differs from baseline only by the marker and by what more it allows (T.81 F.1.2).
    """
    position = 0
    while stream[position : position + 2] != _SOF0:
        if stream[position + 1] in _MARKERS_WITHOUT_LENGTH:
            position += 2
        else:
            position += 2 + int.from_bytes(stream[position + 2 : position + 4], "big")
    return stream[:position] + _SOF1 + stream[position + 2 :]
