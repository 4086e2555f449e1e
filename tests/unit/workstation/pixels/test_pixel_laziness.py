"""Frames one by one: an object of many frames never has to fit into memory twice, nor once if it is a file."""

from __future__ import annotations

import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from pixel_images import EXPLICIT, JPEG_LOSSLESS, attributes, even, items, native

from dicom_workstation.pixels import Image

ROWS = COLUMNS = 2048
FRAME_BYTES = ROWS * COLUMNS * 2
FRAMES = 500


def header(path: Path, transfer_syntax: str, vr: bytes, length: int, **changes: object) -> None:
    """A file up to the value of Pixel Data."""
    image = attributes(ROWS, COLUMNS, bits=12, **{"NumberOfFrames": str(FRAMES), **changes})
    native(b"", image, transfer_syntax)
    del image["PixelData"]
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    image.save_as(path, enforce_file_format=True)
    with path.open("ab") as stream:
        order = ">" if transfer_syntax.endswith("2.2") else "<"
        stream.write(struct.pack(f"{order}HH2sHI", 0x7FE0, 0x0010, vr, 0, length))


def native_file(path: Path) -> Path:
    header(path, EXPLICIT, b"OW", FRAMES * FRAME_BYTES)
    with path.open("r+b") as stream:
        stream.truncate(path.stat().st_size + FRAMES * FRAME_BYTES)  # a sparse file: zeros that take no room
    return path


def peak_of(action: Callable[[], None]) -> int:
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def iterate(image: Image, numbers: range) -> None:
    for frame in numbers:
        stored = image.stored(frame)  # the one before is held meanwhile, as users do
        assert stored.shape == (ROWS, COLUMNS)


def test_500_frames_of_a_file_take_less_than_three(tmp_path):
    path = native_file(tmp_path / "native.dcm")
    numbers = range(1, FRAMES + 1, 10)  # each tenth is read; benchmarks/rendering.py reads them all
    assert peak_of(lambda: iterate(Image(path), numbers)) < 3 * FRAME_BYTES


def lossless_fragment() -> bytes:
    slope = np.add.outer(np.arange(ROWS), np.arange(COLUMNS)).astype("u2") & 0xFFF
    return even(imagecodecs.jpeg8_encode(slope, lossless=True, predictor=1, bitspersample=12))


def test_compressed_frames_of_a_file_take_less_than_three(tmp_path):
    path, fragment = tmp_path / "encoded.dcm", lossless_fragment()
    header(path, JPEG_LOSSLESS, b"OB", 0xFFFFFFFF, NumberOfFrames="20")
    with path.open("ab") as stream:
        stream.write(items(*[fragment] * 20))
    assert peak_of(lambda: iterate(Image(path), range(1, 21))) < 3 * FRAME_BYTES


def test_compressed_frames_in_memory_take_less_than_three_and_what_is_encoded():
    fragment = lossless_fragment()
    image = attributes(ROWS, COLUMNS, bits=12, NumberOfFrames="10")
    stream = pydicom.filebase.DicomBytesIO()
    stream.is_little_endian, stream.is_implicit_VR = True, False
    pydicom.filewriter.write_dataset(stream, image)
    stream.write(struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF))
    stream.write(items(*[fragment] * 10))
    raw = stream.getvalue()
    assert peak_of(lambda: iterate(Image((raw, JPEG_LOSSLESS)), range(1, 11))) < 3 * FRAME_BYTES + len(raw)


def test_nothing_is_decoded_when_an_image_is_opened(tmp_path):
    path = native_file(tmp_path / "native.dcm")
    assert peak_of(lambda: Image(path)) < 1 << 20


@pytest.mark.parametrize("planar", [0, 1])
def test_colour_takes_less_than_three(tmp_path, planar):
    path = tmp_path / "colour.dcm"
    changes = {"SamplesPerPixel": 3, "PlanarConfiguration": planar, "PhotometricInterpretation": "YBR_FULL"}
    changes |= {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}
    frame_bytes = ROWS * COLUMNS * 3
    header(path, EXPLICIT, b"OW", 300 * frame_bytes, **changes)
    with path.open("r+b") as stream:
        stream.truncate(path.stat().st_size + 300 * frame_bytes)
    image = Image(path)

    def some() -> None:
        for frame in (1, 2, 150, 300):
            assert image.stored(frame).shape == (ROWS, COLUMNS, 3)

    assert peak_of(some) < 3 * frame_bytes
