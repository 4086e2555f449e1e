"""Conversion to uncompressed transfer syntaxes, against the pixels that the recipes drew and pydicom's reading."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from pydicom import dcmread

from dicom_simulators.data_sets import build
from dicom_simulators.data_sets.instance import Instance
from dicom_simulators.encoding.transcoding import transcode
from dicom_simulators.encoding.transfer_syntax_uids import JPEG, JPEG_2000, UNCOMPRESSED

CT = "1.2.840.10008.5.1.4.1.1.2"
SC = "1.2.840.10008.5.1.4.1.1.7"
ULTRASOUND_MULTI_FRAME = "1.2.840.10008.5.1.4.1.1.3.1"


def read(data_set: bytes, transfer_syntax: str):
    return dcmread(BytesIO(Instance("1.2", "1.3", transfer_syntax, data_set).file_bytes()))


@pytest.mark.parametrize("source", sorted({*UNCOMPRESSED, *JPEG, *JPEG_2000}))
@pytest.mark.parametrize("target", UNCOMPRESSED)
def test_a_ct_image_keeps_its_pixels(source, target):
    held = build("smallest", CT, source)
    converted = transcode(held.data_set, source, target)
    assert converted is not None
    image = read(converted, target)
    error = np.abs(image.pixel_array.astype(int) - held.pixels.squeeze().astype(int)).max()
    assert error <= held.max_error
    assert image.SOPInstanceUID == held.SOPInstanceUID
    assert image["PixelData"].VR in ("OB", "OW")


@pytest.mark.parametrize("source", ["1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.90"])
@pytest.mark.parametrize("sop_class", [SC, ULTRASOUND_MULTI_FRAME])
def test_colour_and_several_frames_come_out_as_rgb(source, sop_class):
    held = build("smallest", sop_class, source)
    image = read(transcode(held.data_set, source, UNCOMPRESSED[0]), UNCOMPRESSED[0])
    pixels = image.pixel_array.reshape(held.pixels.shape)
    assert np.abs(pixels.astype(int) - held.pixels.astype(int)).max() <= held.max_error
    if held.pixels.shape[-1] == 3:
        assert (image.PhotometricInterpretation, image.PlanarConfiguration) == ("RGB", 0)


def test_what_is_read_back_from_the_same_syntax_is_unchanged():
    held = build("smallest", CT, UNCOMPRESSED[0])
    there = transcode(held.data_set, UNCOMPRESSED[0], UNCOMPRESSED[1])
    back = transcode(there, UNCOMPRESSED[1], UNCOMPRESSED[0])
    assert read(back, UNCOMPRESSED[0]) == read(held.data_set, UNCOMPRESSED[0])


@pytest.mark.parametrize("source", ["1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.91"])
def test_what_cannot_be_decoded_is_none(source):
    held = build("smallest", CT, source)
    spoilt = held.data_set.replace(b"\xff\xd8", b"\0\0").replace(b"\xff\x4f", b"\0\0")
    assert transcode(spoilt, source, UNCOMPRESSED[0]) is None
    assert transcode(held.data_set[:-40], source, UNCOMPRESSED[0]) is None


def test_an_unknown_compression_is_none():
    held = build("smallest", CT, "1.2.840.10008.1.2.4.90")
    assert transcode(held.data_set, "1.2.840.10008.1.2.4.80", UNCOMPRESSED[0]) is None
