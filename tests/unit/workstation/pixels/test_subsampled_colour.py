"""Colour that neighbouring pixels share, in codestreams with odd rows and columns."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import imagecodecs
import numpy as np
import PIL.Image
import pydicom
import pytest
from pixel_images import JPEG_2000, JPEG_LOSSLESS, RLE, attributes, encapsulated, even, items, native
from pydicom.encaps import generate_frames

from dicom_workstation.pixels import Image, PixelError
from dicom_workstation.tables import JPEG_BASELINE, JPEG_LS

FILE = Path(__file__).parents[3] / "data" / "images" / "jpeg_ybr422_odd_columns.dcm"
SIZES = [(5, 7), (6, 7), (7, 6), (1, 1), (1, 9), (9, 1), (17, 33)]


def colours(rows: int, columns: int) -> np.ndarray:
    """A slope of each colour."""
    slope = np.add.outer(np.arange(rows) * 3, np.arange(columns) * 5)
    return np.stack([slope, 200 - slope, np.full_like(slope, 90)], axis=-1).clip(0, 255).astype("u1")


def held(frame: bytes, transfer_syntax: str, shape: tuple[int, ...], photometric: str = "YBR_FULL_422") -> Image:
    made = attributes(*shape[:2], bits=8, SamplesPerPixel=3, PhotometricInterpretation=photometric)
    made.PlanarConfiguration = 0
    return Image(encapsulated(made, items(even(frame)), transfer_syntax))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("subsampling", ["422", "420", "440", "411", "444"])
@pytest.mark.parametrize("photometric", ["YBR_FULL_422", "YBR_PARTIAL_422", "YBR_FULL"])
def test_jpeg_of_any_size_is_what_another_decoder_makes_of_it(size, subsampling, photometric):
    pattern = colours(*size)
    frame = imagecodecs.jpeg8_encode(pattern, 95, colorspace="RGB", outcolorspace="YCBCR", subsampling=subsampling)
    found = held(frame, JPEG_BASELINE, size, photometric).rgb(1)
    expected = np.asarray(PIL.Image.open(BytesIO(frame)).convert("RGB"))
    assert np.abs(found.astype(int) - expected).max() <= 1
    assert np.abs(found.astype(int) - pattern).max() <= 24


def test_the_file_with_odd_columns_is_rendered():
    file = pydicom.dcmread(FILE)
    frame = next(generate_frames(file.PixelData, number_of_frames=1))
    expected = np.asarray(PIL.Image.open(BytesIO(frame)).convert("RGB"))
    found = Image(FILE).rgb(1)
    assert found.shape == (32, 31, 3)
    assert np.abs(found.astype(int) - expected).max() <= 1


def grey_in_colour(shape: tuple[int, int]) -> np.ndarray:
    """Y, CB and CR of greys, by pixel."""
    grey = np.arange(shape[0] * shape[1], dtype="u1").reshape(shape) * 3
    return np.stack([grey, np.full_like(grey, 128), np.full_like(grey, 128)], axis=-1)


def jpeg_lossless(samples: np.ndarray) -> bytes:
    return imagecodecs.jpeg8_encode(samples, lossless=True, predictor=1, colorspace="RGB", outcolorspace="RGB")


def jpeg_2000(samples: np.ndarray) -> bytes:
    return imagecodecs.jpeg2k_encode(samples, reversible=True, codecformat="J2K", mct=False)


def rle(samples: np.ndarray) -> bytes:
    segments = [even(bytes([samples[..., 0].size - 1]) + samples[..., one].tobytes()) for one in range(3)]
    header = np.zeros(16, "<u4")
    header[:4] = 3, 64, 64 + len(segments[0]), 64 + 2 * len(segments[0])
    return header.tobytes() + b"".join(segments)


SPREAD = {JPEG_LOSSLESS: jpeg_lossless, JPEG_2000: jpeg_2000, JPEG_LS: imagecodecs.jpegls_encode, RLE: rle}


@pytest.mark.parametrize("transfer_syntax", SPREAD)
def test_a_codec_that_does_not_subsample_gives_all_its_colour(transfer_syntax):
    samples = grey_in_colour((5, 7))
    image = held(SPREAD[transfer_syntax](samples), transfer_syntax, samples.shape)
    decoded = image.decoded(1)
    assert np.array_equal(decoded.samples, samples)
    assert decoded.photometric == "YBR_FULL"  # so says what is converted from it (PS3.3 C.7.6.3.1.2)
    assert np.array_equal(image.rgb(1), np.repeat(samples[..., :1], 3, axis=2))


def test_native_pairs_of_pixels_need_even_columns():
    made = attributes(2, 3, bits=8, SamplesPerPixel=3, PhotometricInterpretation="YBR_FULL_422", PlanarConfiguration=0)
    with pytest.raises(PixelError, match="even number of columns"):
        Image(native(bytes(12), made)).stored(1)
