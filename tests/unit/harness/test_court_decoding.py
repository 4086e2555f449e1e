"""The court's own decoding of pixels, against the values that instances were made of."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID, RLELossless

from dicom_conformance.trace.decoding import decoded_pixels, pixels_of
from dicom_simulators.data_sets import TRANSFER_SYNTAXES, build

CT, SC, XA, NM = (f"1.2.840.10008.5.1.4.1.1.{last}" for last in ("2", "7", "12.1", "20"))
JPEG_BASELINE, JPEG_2000 = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.90"


@pytest.mark.parametrize("sop_class", [CT, SC, XA, NM])
@pytest.mark.parametrize("syntax", [each.uid for each in TRANSFER_SYNTAXES])
def test_pixels_are_those_that_the_instance_was_made_of(sop_class: str, syntax: str) -> None:
    instance = build("smallest", sop_class, syntax, seed=3)
    found = decoded_pixels(instance.data_set, syntax)
    assert found is not None
    assert instance.pixels is not None
    frames = found if found.ndim == instance.pixels.ndim else found[None]
    apart = np.abs(frames.astype(np.int64) - instance.pixels.astype(np.int64))
    assert int(apart.max()) <= instance.max_error


def test_a_data_set_without_pixels_has_none() -> None:
    state = build("state_inverse", "1.2.840.10008.5.1.4.1.1.11.1", seed=7)
    assert decoded_pixels(state.data_set, state.transfer_syntax) is None


def test_what_cannot_be_decoded_is_told() -> None:
    instance = build("smallest", SC, JPEG_BASELINE, seed=3)
    with pytest.raises(ValueError, match=r"in transfer syntax 1\.2\.3"):
        decoded_pixels(instance.data_set, "1.2.3")
    lossless = build("smallest", CT, JPEG_2000, seed=3)
    broken = lossless.data_set.replace(b"\xff\x4f\xff\x51", b"\x00\x00\x00\x00")
    with pytest.raises((ValueError, RuntimeError)):
        decoded_pixels(broken, JPEG_2000)


def test_a_frame_of_another_size_is_told() -> None:
    instance = build("smallest", SC, JPEG_BASELINE, seed=3)
    data_set = instance.read()
    rows = int(data_set.Rows)
    head = b"\x28\x00\x10\x00US\x02\x00"
    wrong = instance.data_set.replace(head + rows.to_bytes(2, "little"), head + (rows + 1).to_bytes(2, "little"))
    with pytest.raises(ValueError, match="where Rows and Columns say"):
        decoded_pixels(wrong, JPEG_BASELINE)


@pytest.mark.parametrize("syntax", [JPEG_2000, "1.2.840.10008.1.2.4.91"])
def test_jpeg_2000_is_not_decoded_by_what_encoded_it(syntax: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imagecodecs, "jpeg2k_decode", None)
    instance = build("smallest", CT, syntax, seed=3)
    assert decoded_pixels(instance.data_set, syntax) is not None


def test_no_plugin_of_a_subject_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = build("smallest", CT, JPEG_2000, seed=3)
    decoder = get_decoder(UID(JPEG_2000))
    monkeypatch.setattr(decoder, "_available", {"aaa": lambda *_: pytest.fail("was asked"), **decoder._available})
    assert decoded_pixels(instance.data_set, JPEG_2000) is not None


def test_rle_is_decoded_by_pydicom() -> None:
    instance = build("smallest", NM, JPEG_2000, seed=3).read()
    instance.decompress(decoding_plugin="pylibjpeg", generate_instance_uid=False)
    native = instance.pixel_array
    instance.compress(RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
    found = pixels_of(instance, RLELossless)
    assert np.array_equal(found, native)
