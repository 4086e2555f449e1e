"""The court's own decoding of pixels, against the values that instances were made of."""

from __future__ import annotations

import numpy as np
import pytest

from dicom_conformance.trace.decoding import decoded_pixels
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
