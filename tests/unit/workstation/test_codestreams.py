"""Headers of codestreams, read without decoding them: what they declare, and how large they say they are."""

from __future__ import annotations

import struct

import imagecodecs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicom_simulators.data_sets import build
from dicom_workstation.data_sets import codestream_headers
from dicom_workstation.data_sets.codestream_headers import CodestreamError, declared_pixels
from dicom_workstation.storage.decoding import DecodingError, convert
from dicom_workstation.tables import EXPLICIT_VR_LITTLE_ENDIAN

PIXELS = np.arange(48, dtype=np.uint8).reshape(6, 8)
RAMP = np.add.outer(np.arange(8), np.arange(12))


def marker(code: int, body: bytes) -> bytes:
    return b"\xff" + bytes([code]) + struct.pack(">H", len(body) + 2) + body


def jpeg(*markers: bytes, identifiers: bytes = b"\1\2\3", process: int = 0xC0) -> bytes:
    components = b"".join(bytes([identifier, 0x11, 0]) for identifier in identifiers)
    frame = marker(process, struct.pack(">BHHB", 8, 4, 6, len(identifiers)) + components)
    return b"\xff\xd8" + b"".join(markers) + frame + marker(0xDA, b"\0" * 6) + b"\xff\xd9"


JFIF = marker(0xE0, b"JFIF\0\1\2\0\0\1\0\1\0\0")


def adobe(transform: int) -> bytes:
    return marker(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([transform]))


@pytest.mark.parametrize(
    ("stream", "colour"),
    [
        (jpeg(), ""),
        (jpeg(JFIF), "YBR"),
        (jpeg(adobe(0)), "RGB"),
        (jpeg(adobe(1)), "YBR"),
        (jpeg(JFIF, adobe(0)), "RGB"),
        (jpeg(identifiers=b"RGB"), "RGB"),
        (jpeg(JFIF, identifiers=b"\1"), ""),
        (b"\xff\xd8\xff" + jpeg(JFIF)[2:], "YBR"),  # fill byte
    ],
)
def test_markers_say_the_colour_space(stream, colour):
    found = codestream_headers.read_jpeg(stream)
    assert (found.rows, found.columns, found.bits, found.process) == (4, 6, 8, 0xC0)
    assert found.colour == colour


@pytest.mark.parametrize(
    ("options", "process", "bits"),
    [
        ({}, 0xC0, 8),
        ({"bitspersample": 12}, 0xC1, 12),
        ({"lossless": True, "predictor": 1, "bitspersample": 16}, 0xC3, 16),
    ],
)
def test_real_jpeg_headers(options, process, bits):
    pixels = RAMP.astype("u2" if bits > 8 else "u1")
    found = codestream_headers.read_jpeg(bytes(imagecodecs.jpeg8_encode(pixels, **options)))
    assert (found.rows, found.columns, found.components) == (8, 12, 1)
    assert (found.process, found.bits) == (process, bits)


@pytest.mark.parametrize("container", ["J2K", "JP2"])
@pytest.mark.parametrize("dtype", ["u1", "i2"])
def test_real_jpeg_2000_headers(container, dtype):
    stream = bytes(imagecodecs.jpeg2k_encode(RAMP.astype(dtype), reversible=True, codecformat=container))
    found = codestream_headers.read_jpeg_2000(stream)
    assert (found.rows, found.columns, found.components, found.signed) == (8, 12, 1, dtype == "i2")


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        b"\xff\xd8",
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8garbage",
        jpeg()[:12],
        b"\x00\x00\x00\x0cjP  ",
        b"\xff\x4f\xff\x51" + bytes(60),
        b"\xff\x4f\xff\x51" + b"\0\x29\0\0" + struct.pack(">8I", 5, 5, 9, 9, 1, 1, 0, 0) + b"\0\1\7\1\1",
    ],
)
def test_headers_that_are_none_are_refused(stream):
    for read in (codestream_headers.read_jpeg, codestream_headers.read_jpeg_2000):
        with pytest.raises(CodestreamError):
            read(stream)


def test_the_end_of_a_jpeg_may_be_padded():
    assert codestream_headers.has_end(jpeg())
    assert codestream_headers.has_end(jpeg() + b"\0")
    assert not codestream_headers.has_end(jpeg()[:-2] + b"\0" * 8)


@pytest.mark.parametrize(
    "codestream",
    [
        imagecodecs.jpeg8_encode(PIXELS, 90),
        imagecodecs.jpeg8_encode(PIXELS, lossless=True, predictor=1),
        imagecodecs.jpeg2k_encode(PIXELS, reversible=True, codecformat="J2K"),
    ],
)
def test_rows_by_columns(codestream):
    assert declared_pixels(codestream) == 48
    assert declared_pixels(codestream[5:]) == 0


@given(st.binary(max_size=60), st.sampled_from([b"", b"\xff\xd8\xff\xc4", b"\xff\x4f\xff\x51", b"\xff\xd8\xff\xff"]))
def test_no_bytes_raise(rest, head):
    assert declared_pixels(head + rest) >= 0


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.90"])
def test_a_bomb_is_not_decoded(syntax):
    bomb = build("codestream_bomb", "1.2.840.10008.5.1.4.1.1.2", syntax)
    with pytest.raises(DecodingError, match="65500 x 65500"):
        convert(bomb.data_set, syntax, EXPLICIT_VR_LITTLE_ENDIAN)
