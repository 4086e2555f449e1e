"""Bits outside Bits Stored: cut out of whole cells that a lossless codec held, left in a lossy codestream."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from pixel_images import JPEG_2000, JPEG_LOSSLESS, RLE, attributes, encapsulated, even, items

from dicom_workstation.pixels import Image, Transformation, Window, apply
from dicom_workstation.tables import JPEG_2000 as JPEG_2000_LOSSY
from dicom_workstation.tables import JPEG_BASELINE, JPEG_EXTENDED, JPEG_LS, JPEG_LS_NEAR_LOSSLESS
from dicom_workstation.tables import JPEG_LOSSLESS as JPEG_PROCESS_14

FILES = Path(__file__).parents[3] / "data" / "images"
STORED = np.arange(-2048, 2048, 64, dtype="<i2").reshape(8, 8)
NOISE = (np.arange(64, dtype="<u2").reshape(8, 8) % 16) << 12


def jpeg_lossless(predictor: int):
    return lambda cells: imagecodecs.jpeg8_encode(cells, lossless=True, predictor=predictor, bitspersample=16)


def jpeg_2000(cells: np.ndarray) -> bytes:
    return imagecodecs.jpeg2k_encode(cells, reversible=True, codecformat="J2K", bitspersample=16, mct=False)


def rle(cells: np.ndarray) -> bytes:
    """Two segments of one literal run each (PS3.5 Annex G.3.1)."""
    segments = [bytes([cells.size - 1]) + (cells >> bits).astype("u1").tobytes() for bits in (8, 0)]
    segments = [even(segment) for segment in segments]
    header = np.zeros(16, "<u4")
    header[:3] = 2, 64, 64 + len(segments[0])
    return header.tobytes() + b"".join(segments)


LOSSLESS = {
    JPEG_PROCESS_14: jpeg_lossless(6),
    JPEG_LOSSLESS: jpeg_lossless(1),
    JPEG_LS: imagecodecs.jpegls_encode,
    JPEG_LS_NEAR_LOSSLESS: imagecodecs.jpegls_encode,
    JPEG_2000: jpeg_2000,
    JPEG_2000_LOSSY: jpeg_2000,
    RLE: rle,
}


def held(frame: bytes, transfer_syntax: str, **changes: object) -> Image:
    """An image of 8 x 8, 12 bits stored in 16."""
    made = attributes(8, 8, **{"bits": 12, "allocated": 16, **changes})
    return Image(encapsulated(made, items(even(frame)), transfer_syntax))


@pytest.mark.parametrize("transfer_syntax", LOSSLESS)
@pytest.mark.parametrize("noise", [NOISE, np.full((8, 8), 0xF000, "<u2"), np.zeros((8, 8), "<u2")])
@pytest.mark.parametrize("signed", [0, 1])
def test_a_lossless_codec_keeps_whole_cells_and_the_bits_above_are_cut(transfer_syntax, noise, signed):
    low = STORED.view("<u2") & 0x0FFF
    image = held(LOSSLESS[transfer_syntax](low | noise), transfer_syntax, signed=signed)
    assert np.array_equal(image.stored(1), STORED if signed else low)


@pytest.mark.parametrize("transfer_syntax", LOSSLESS)
def test_bits_below_a_sample_that_does_not_begin_at_bit_0_are_cut_as_well(transfer_syntax):
    cells = (STORED.view("<u2") & 0x0FFF) << 2 | NOISE & 0x8000 | 0b10
    image = held(LOSSLESS[transfer_syntax](cells), transfer_syntax, signed=1, HighBit=13)
    assert np.array_equal(image.stored(1), STORED)


def test_samples_alone_are_not_shifted_by_a_high_bit_of_the_cell():
    samples = np.arange(64, dtype="<u2").reshape(8, 8) * 60
    frame = imagecodecs.jpeg8_encode(samples, lossless=True, predictor=1, bitspersample=12)
    assert np.array_equal(held(frame, JPEG_LOSSLESS, HighBit=15).stored(1), samples)


def test_eight_bit_cells_are_cut_too():
    cells = np.arange(64, dtype="u1").reshape(8, 8) * 4
    frame = imagecodecs.jpeg8_encode(cells, lossless=True, predictor=1)
    assert np.array_equal(held(frame, JPEG_LOSSLESS, bits=6, allocated=8).stored(1), cells & 0x3F)


# Just above and just below what 12 bits hold: what a lossy codec makes of a white or a black border.
BEYOND = np.where(np.arange(64).reshape(8, 8) % 8 < 4, 4090, 4102).astype("<u2")


def lossy_jpeg_2000(cells: np.ndarray) -> bytes:
    return imagecodecs.jpeg2k_encode(cells, 90, reversible=False, codecformat="J2K", bitspersample=16, mct=False)


LOSSY = {
    JPEG_2000_LOSSY: lossy_jpeg_2000,
    JPEG_LS_NEAR_LOSSLESS: lambda cells: imagecodecs.jpegls_encode(cells, level=2),
}


@pytest.mark.parametrize("transfer_syntax", LOSSY)
def test_a_lossy_codestream_deeper_than_bits_stored_is_not_masked(transfer_syntax):
    found = held(LOSSY[transfer_syntax](BEYOND), transfer_syntax).stored(1).astype(int)
    assert np.abs(found - BEYOND).max() <= 3
    assert found.max() > 4095


def test_lossy_jpeg_deeper_than_bits_stored_is_not_masked():
    frame = imagecodecs.jpeg8_encode(BEYOND - 3072, 100, bitspersample=12)
    found = held(frame, JPEG_EXTENDED, bits=10).stored(1).astype(int)
    assert np.abs(found - (BEYOND - 3072)).max() <= 8
    assert found.max() > 1023
    flat = imagecodecs.jpeg8_encode(np.full((8, 8), 66, "u1"), 100)
    assert held(flat, JPEG_BASELINE, bits=6, allocated=8).stored(1).tolist() == [[66] * 8] * 8


def test_the_reversible_filter_cut_short_is_lossy_where_the_image_says_so():
    frame = jpeg_2000(BEYOND)
    assert held(frame, JPEG_2000_LOSSY, LossyImageCompression="01").stored(1).max() == 4102
    assert held(frame, JPEG_2000_LOSSY, LossyImageCompression="00").stored(1).max() == 4090
    # .90 admits nothing lossy: what is said is then of an earlier compression
    assert held(frame, JPEG_2000, LossyImageCompression="01").stored(1).max() == 4090


def test_what_a_lossy_codestream_has_above_bits_stored_is_shown_white():
    grey = apply(held(lossy_jpeg_2000(BEYOND), JPEG_2000_LOSSY), 1, Transformation(voi_lut=Window(2048, 4096)))
    assert grey.min() >= 254
    colours = np.repeat(BEYOND[..., None], 3, axis=2)
    image = held(
        lossy_jpeg_2000(colours),
        JPEG_2000_LOSSY,
        SamplesPerPixel=3,
        PhotometricInterpretation="RGB",
        PlanarConfiguration=0,
    )
    assert image.rgb(1).min() >= 254


def test_the_compressed_file_shows_what_the_native_one_shows():
    compressed = Image(FILES / "jpeg_lossless_signed_12_in_16_not_extended.dcm")
    native = Image(FILES / "native_signed_12_not_extended.dcm")
    assert np.array_equal(compressed.stored(1), native.stored(1))
    window = Transformation(voi_lut=Window(0, 4096))
    shown = apply(compressed, 1, window)
    assert (shown[0, 0], shown[63, 63]) == (0, 255)
    assert shown[15, 15] in (60, 61)
    assert np.array_equal(shown, apply(native, 1, window))
