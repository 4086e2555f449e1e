"""What is declared against what is there: nothing is decoded that lies about its size."""

from __future__ import annotations

import struct
import tracemalloc
import zlib

import imagecodecs
import numpy as np
import pytest
from pixel_images import JPEG_2000, JPEG_LOSSLESS, RLE, attributes, encapsulated, even, items
from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import DeflatedExplicitVRLittleEndian

from dicom_workstation.data_sets.file_meta import FileError, inflate
from dicom_workstation.pixels import Image, Limits, PixelError

BASELINE = "1.2.840.10008.1.2.4.50"
RAMP = np.add.outer(np.arange(16), np.arange(16)).astype("u1")


def jpeg(pixels: np.ndarray = RAMP) -> bytes:
    return even(imagecodecs.jpeg8_encode(pixels, 90))


def image_of(stream: bytes, transfer_syntax: str, rows: int = 16, columns: int = 16, limits: Limits | None = None):
    data_set = encapsulated(attributes(rows, columns, bits=8), items(stream), transfer_syntax)
    return Image(data_set, limits or Limits())


def patched_jpeg(rows: int, columns: int) -> bytes:
    """A JPEG whose frame header declares another size than it has."""
    stream = bytearray(jpeg())
    position = stream.index(b"\xff\xc0")
    stream[position + 5 : position + 9] = struct.pack(">HH", rows, columns)
    return bytes(stream)


def test_a_codestream_larger_than_the_attributes_is_refused():
    with pytest.raises(PixelError, match="65000 x 65000 x 1, but the attributes declare 16 x 16 x 1"):
        image_of(patched_jpeg(65000, 65000), BASELINE).stored(1)


def test_a_codestream_with_more_components_is_refused():
    with pytest.raises(PixelError, match="16 x 16 x 3"):
        image_of(jpeg(np.dstack([RAMP] * 3)), BASELINE).stored(1)


def test_a_codestream_with_more_bits_than_are_allocated_is_refused():
    stream = imagecodecs.jpeg8_encode(RAMP.astype("u2"), lossless=True, predictor=1, bitspersample=16)
    with pytest.raises(PixelError, match="16 bits"):
        image_of(even(stream), JPEG_LOSSLESS).stored(1)


def test_a_bomb_that_agrees_with_its_attributes_is_refused_before_it_goes_off():
    stream = imagecodecs.jpeg2k_encode(np.zeros((16, 16), "u1"), reversible=True, codecformat="J2K")
    stream = bytearray(stream)
    stream[8:16] = struct.pack(">II", 16000, 16000)
    tracemalloc.start()
    with pytest.raises(PixelError, match="decompression bomb"):
        image_of(even(bytes(stream)), JPEG_2000, 16000, 16000).stored(1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


def test_a_frame_above_the_limit_is_refused():
    with pytest.raises(PixelError, match="limit of 100"):
        image_of(jpeg(), BASELINE, limits=Limits(frame_bytes=100))


def test_a_large_even_picture_is_no_bomb():
    stream = imagecodecs.jpeg2k_encode(np.zeros((2048, 2048), "u1"), reversible=True, codecformat="J2K")
    assert not image_of(even(stream), JPEG_2000, 2048, 2048).stored(1).any()


def test_rle_that_unfolds_beyond_its_frame_is_refused():
    segment = b"\x81\x00" * 4096  # 128 bytes each
    with pytest.raises(PixelError, match="cannot be decoded"):
        image_of(struct.pack("<16I", 1, 64, *[0] * 14) + segment, RLE).stored(1)


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (b"\1\0", "segments"),
        (struct.pack("<16I", 2, 64, 66, *[0] * 13) + b"\0\0\0\0", "2 segments, 1 are needed"),
        (struct.pack("<16I", 1, 9999, *[0] * 14) + b"\x81\x00" * 4, "out of order"),
        (struct.pack("<16I", 1, 64, *[0] * 14) + b"\x81\x00", "too short"),
        (struct.pack("<16I", 1, 64, *[0] * 14) + b"\xff\x00" * 4, "needed"),
    ],
)
def test_rle_that_does_not_make_a_frame_is_refused(frame, text):
    with pytest.raises(PixelError, match=text):
        image_of(frame, RLE).stored(1)


def deflated(raw: bytes) -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflater.compress(raw) + deflater.flush()


def test_inflating_stops_at_the_limit():
    assert inflate(deflated(bytes(1000)), 1000) == bytes(1000)
    with pytest.raises(FileError, match="decompression bomb"):
        inflate(deflated(bytes(100_000)), 1000)


def test_a_deflated_file_is_inflated_within_the_limit_alone(tmp_path, monkeypatch):
    """pydicom inflates a file whole before anyone can stop it."""
    monkeypatch.setattr("dicom_workstation.pixels.opening.LIMITS", Limits(frame_bytes=1 << 20))
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    head = DicomBytesIO()
    write_file_meta_info(head, meta, enforce_standard=False)
    path = tmp_path / "bomb.dcm"
    path.write_bytes(bytes(128) + b"DICM" + head.getvalue() + deflated(bytes(64 << 20)))
    tracemalloc.start()
    with pytest.raises(PixelError, match="decompression bomb"):
        Image(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("transfer_syntax", [BASELINE, JPEG_LOSSLESS, JPEG_2000])
def test_a_truncated_codestream_is_refused(transfer_syntax, part):
    noise = np.random.default_rng(3).integers(0, 255, (16, 16), "u1")
    stream = {
        BASELINE: imagecodecs.jpeg8_encode(noise, 90),
        JPEG_LOSSLESS: imagecodecs.jpeg8_encode(noise, lossless=True, predictor=1, bitspersample=8),
        JPEG_2000: imagecodecs.jpeg2k_encode(noise, reversible=True, codecformat="J2K"),
    }[transfer_syntax]
    with pytest.raises(PixelError):
        image_of(even(stream[: int(len(stream) * part)]), transfer_syntax).stored(1)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"", "empty"),
        (b"\xff\xd8\xff\xe0" * 4, "no item"),
        (items()[:8], "0 fragments"),
        (items(b"\0\0")[:-8], "SOI"),
        (items(b"\0\0")[:12], "fragments"),
        (b"\xfe\xff\x00\xe0\0\0\0\0\xfe\xff\x00\xe0\xff\xff\x00\x00ab", "beyond the end"),
    ],
)
def test_items_that_do_not_hold_together_are_refused(value, text):
    with pytest.raises(PixelError, match=text):
        Image(encapsulated(attributes(16, 16, bits=8), value, BASELINE)).stored(1)


def test_fewer_fragments_than_frames_are_refused():
    data_set = encapsulated(attributes(16, 16, bits=8, NumberOfFrames="2000000000"), items(jpeg()), BASELINE)
    with pytest.raises(PixelError, match="1 fragment for 2000000000 frames"):
        Image(data_set).stored(1)


def test_fragments_that_belong_to_no_frame_are_refused():
    frames = items(jpeg(), b"\0\0", b"\0\0", b"\0\0")
    data_set = encapsulated(attributes(16, 16, bits=8, NumberOfFrames="3"), frames, BASELINE)
    with pytest.raises(PixelError, match="cannot be assigned"):
        Image(data_set).stored(2)
