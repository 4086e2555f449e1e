"""Decoding for peers that take no compressed syntax: exact where the codec is, near where it is lossy."""

from __future__ import annotations

from io import BytesIO

import imagecodecs
import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset

from dicom_workstation.storage.decoding import DecodingError, can_convert, convert
from dicom_workstation.tables import (
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    JPEG_2000,
    JPEG_2000_LOSSLESS_ONLY,
    JPEG_BASELINE,
    JPEG_EXTENDED,
    JPEG_LOSSLESS,
    JPEG_LOSSLESS_FIRST_ORDER,
    NINE_TRANSFER_SYNTAXES,
    RLE_LOSSLESS,
    UNCOMPRESSED,
)

GRADIENT = np.add.outer(np.arange(16), np.arange(24))


def encode(data_set: Dataset, transfer_syntax: str) -> bytes:
    stream = DicomBytesIO()
    stream.is_implicit_VR = transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN
    stream.is_little_endian = transfer_syntax != EXPLICIT_VR_BIG_ENDIAN
    write_dataset(stream, data_set)
    return stream.getvalue()


def decode(raw: bytes, transfer_syntax: str) -> Dataset:
    implicit = transfer_syntax == IMPLICIT_VR_LITTLE_ENDIAN
    return read_dataset(BytesIO(raw), implicit, transfer_syntax != EXPLICIT_VR_BIG_ENDIAN)


def image(bits: int = 16, stored: int | None = None, signed: int = 0, samples: int = 1, frames: int = 1) -> Dataset:
    found = Dataset()
    found.SOPInstanceUID = "2.25.1"
    found.SamplesPerPixel = samples
    found.PhotometricInterpretation = "MONOCHROME2" if samples == 1 else "RGB"
    if samples == 3:
        found.PlanarConfiguration = 0
    if frames > 1:
        found.NumberOfFrames = frames
    found.Rows, found.Columns = GRADIENT.shape
    found.BitsAllocated, found.BitsStored, found.HighBit = bits, stored or bits, (stored or bits) - 1
    found.PixelRepresentation = signed
    return found


def compressed(found: Dataset, frames: list[bytes], transfer_syntax: str) -> bytes:
    found.PixelData = encapsulate(frames)
    found["PixelData"].is_undefined_length = True
    return encode(found, transfer_syntax)


LOSSLESS = {
    JPEG_LOSSLESS: lambda a, b: imagecodecs.jpeg8_encode(a, lossless=True, predictor=6, bitspersample=b),
    JPEG_LOSSLESS_FIRST_ORDER: lambda a, b: imagecodecs.jpeg8_encode(a, lossless=True, predictor=1, bitspersample=b),
    JPEG_2000_LOSSLESS_ONLY: lambda a, b: imagecodecs.jpeg2k_encode(
        a, reversible=True, codecformat="J2K", bitspersample=b, mct=False
    ),
    JPEG_2000: lambda a, b: imagecodecs.jpeg2k_encode(
        a, reversible=True, codecformat="J2K", bitspersample=b, mct=False
    ),
}


@pytest.mark.parametrize("wanted", UNCOMPRESSED)
@pytest.mark.parametrize("transfer_syntax", LOSSLESS)
@pytest.mark.parametrize(("bits", "stored"), [(8, 8), (16, 12), (16, 16)])
def test_lossless_syntaxes_decode_exactly(transfer_syntax, wanted, bits, stored):
    pixels = (GRADIENT * (2**stored // 40)).astype(f"<u{bits // 8}")
    raw = compressed(image(bits, stored), [LOSSLESS[transfer_syntax](pixels, stored)], transfer_syntax)
    found = decode(convert(raw, transfer_syntax, wanted), wanted)
    order = ">" if wanted == EXPLICIT_VR_BIG_ENDIAN else "<"
    assert np.array_equal(np.frombuffer(found.PixelData, f"{order}u{bits // 8}").reshape(pixels.shape), pixels)


@pytest.mark.parametrize("transfer_syntax", LOSSLESS)
def test_signed_pixels_keep_their_values(transfer_syntax):
    pixels = (GRADIENT * 100 - 1500).astype("<i2")
    source = pixels if transfer_syntax in (JPEG_2000, JPEG_2000_LOSSLESS_ONLY) else pixels.view("<u2")
    raw = compressed(image(signed=1), [LOSSLESS[transfer_syntax](source, 16)], transfer_syntax)
    found = decode(convert(raw, transfer_syntax, EXPLICIT_VR_LITTLE_ENDIAN), EXPLICIT_VR_LITTLE_ENDIAN)
    assert np.array_equal(np.frombuffer(found.PixelData, "<i2").reshape(pixels.shape), pixels)


@pytest.mark.parametrize("transfer_syntax", LOSSLESS)
def test_frames_keep_their_order(transfer_syntax):
    frames = [(GRADIENT + n).astype("u1") for n in range(3)]
    raw = compressed(image(8, frames=3), [LOSSLESS[transfer_syntax](each, 8) for each in frames], transfer_syntax)
    found = decode(convert(raw, transfer_syntax, EXPLICIT_VR_LITTLE_ENDIAN), EXPLICIT_VR_LITTLE_ENDIAN)
    assert np.array_equal(np.frombuffer(found.PixelData, "u1").reshape(3, *GRADIENT.shape), np.stack(frames))


def test_lossy_eight_bit_is_near():
    pixels = (GRADIENT * 6).astype("u1")
    raw = compressed(image(8), [imagecodecs.jpeg8_encode(pixels, 95)], JPEG_BASELINE)
    found = decode(convert(raw, JPEG_BASELINE, EXPLICIT_VR_LITTLE_ENDIAN), EXPLICIT_VR_LITTLE_ENDIAN)
    decoded = np.frombuffer(found.PixelData, "u1").reshape(pixels.shape).astype(int)
    assert np.abs(decoded - pixels).max() <= 4


def test_lossy_twelve_bit_is_near():
    pixels = (GRADIENT * 100).astype("<u2")
    raw = compressed(image(16, 12), [imagecodecs.jpeg8_encode(pixels, 95, bitspersample=12)], JPEG_EXTENDED)
    found = decode(convert(raw, JPEG_EXTENDED, EXPLICIT_VR_LITTLE_ENDIAN), EXPLICIT_VR_LITTLE_ENDIAN)
    decoded = np.frombuffer(found.PixelData, "<u2").reshape(pixels.shape).astype(int)
    assert np.abs(decoded - pixels).max() <= 40


def test_a_colour_transform_is_undone_and_said():
    pixels = np.stack([GRADIENT * 5, 200 - GRADIENT * 4, GRADIENT * 0 + 90], axis=-1).astype("u1")
    source = image(8, samples=3)
    source.PhotometricInterpretation = "YBR_FULL_422"
    frame = imagecodecs.jpeg8_encode(pixels, 95, colorspace="RGB", outcolorspace="YCBCR", subsampling="422")
    raw = compressed(source, [frame], JPEG_BASELINE)
    found = decode(convert(raw, JPEG_BASELINE, EXPLICIT_VR_LITTLE_ENDIAN), EXPLICIT_VR_LITTLE_ENDIAN)
    assert (found.PhotometricInterpretation, found.PlanarConfiguration) == ("RGB", 0)
    decoded = np.frombuffer(found.PixelData, "u1").reshape(pixels.shape).astype(int)
    assert np.abs(decoded - pixels).max() <= 12


@pytest.mark.parametrize("transfer_syntax", LOSSLESS)
def test_lossless_colour_is_exact(transfer_syntax):
    pixels = np.stack([GRADIENT * 5, 200 - GRADIENT * 4, GRADIENT * 0 + 90], axis=-1).astype("u1")
    if transfer_syntax in (JPEG_LOSSLESS, JPEG_LOSSLESS_FIRST_ORDER):
        frame = imagecodecs.jpeg8_encode(
            pixels,
            lossless=True,
            predictor=6 if transfer_syntax == JPEG_LOSSLESS else 1,
            bitspersample=8,
            colorspace="RGB",
            outcolorspace="RGB",
        )
    else:
        frame = LOSSLESS[transfer_syntax](pixels, 8)
    raw = compressed(image(8, samples=3), [frame], transfer_syntax)
    found = decode(convert(raw, transfer_syntax, EXPLICIT_VR_LITTLE_ENDIAN), EXPLICIT_VR_LITTLE_ENDIAN)
    assert np.array_equal(np.frombuffer(found.PixelData, "u1").reshape(pixels.shape), pixels)


@pytest.mark.parametrize("transfer_syntax", UNCOMPRESSED)
@pytest.mark.parametrize("wanted", UNCOMPRESSED)
def test_uncompressed_to_uncompressed(transfer_syntax, wanted):
    source = image()
    pixels = (GRADIENT * 1000).astype("<u2")
    order = ">" if transfer_syntax == EXPLICIT_VR_BIG_ENDIAN else "<"
    source.PixelData = pixels.astype(f"{order}u2").tobytes()
    source["PixelData"].VR = "OW"
    raw = encode(source, transfer_syntax)
    found = decode(convert(raw, transfer_syntax, wanted), wanted)
    order = ">" if wanted == EXPLICIT_VR_BIG_ENDIAN else "<"
    assert np.array_equal(np.frombuffer(found.PixelData, f"{order}u2").reshape(pixels.shape), pixels)
    assert found.SOPInstanceUID == "2.25.1"
    assert found.Rows == 16


@pytest.mark.parametrize("transfer_syntax", UNCOMPRESSED)
@pytest.mark.parametrize("wanted", UNCOMPRESSED)
def test_eight_bit_pixels_in_words_keep_their_order(transfer_syntax, wanted):
    source = image(8)
    pixels = (GRADIENT * 6).astype("u1")
    words = pixels.tobytes()
    if transfer_syntax == EXPLICIT_VR_BIG_ENDIAN:
        words = np.frombuffer(words, "u2").byteswap().tobytes()
    source.PixelData = words
    source["PixelData"].VR = "OW"
    found = decode(convert(encode(source, transfer_syntax), transfer_syntax, wanted), wanted)
    value = found.PixelData
    if wanted == EXPLICIT_VR_BIG_ENDIAN and found["PixelData"].VR == "OW":
        value = np.frombuffer(value, "u2").byteswap().tobytes()
    assert value == pixels.tobytes()


@pytest.mark.parametrize("bad", [b"no", b"\xff\xd8\xff"])
def test_pixel_data_that_cannot_be_decoded(bad):
    raw = compressed(image(8), [bad + b"\x00" * (len(bad) % 2)], JPEG_BASELINE)
    with pytest.raises(DecodingError):
        convert(raw, JPEG_BASELINE, EXPLICIT_VR_LITTLE_ENDIAN)


def test_a_frame_of_another_size_is_no_frame_of_this_image():
    pixels = (GRADIENT[:8] * 6).astype("u1")
    raw = compressed(image(8), [LOSSLESS[JPEG_LOSSLESS](pixels, 8)], JPEG_LOSSLESS)
    with pytest.raises(DecodingError):
        convert(raw, JPEG_LOSSLESS, EXPLICIT_VR_LITTLE_ENDIAN)


def test_nothing_is_ever_compressed():
    with pytest.raises(DecodingError):
        convert(b"", EXPLICIT_VR_LITTLE_ENDIAN, JPEG_2000)


def test_each_syntax_of_table_3_can_be_converted():
    assert all(can_convert(syntax) for syntax in NINE_TRANSFER_SYNTAXES)
    assert can_convert(RLE_LOSSLESS)  # not of Table 3, but readable
    assert not can_convert("1.2.840.10008.1.2.4.201")  # HTJ2K
