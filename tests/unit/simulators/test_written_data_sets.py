"""Data sets written as texts: encoded as they are, right or not, without a word from the library."""

from __future__ import annotations

import pytest

from dicom_simulators.encoding.data_set_text import encode_texts

IMPLICIT, EXPLICIT, BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"


def test_a_value_that_its_vr_forbids_is_written_all_the_same() -> None:
    long = "2.25." + "1" * 60
    assert encode_texts({"SOPInstanceUID": long}, EXPLICIT).endswith(long.encode() + b"\0")


@pytest.mark.parametrize(
    ("transfer_syntax", "raw"),
    [
        (IMPLICIT, b"\x28\x00\x10\x00\x02\x00\x00\x00\x34\x12"),
        (EXPLICIT, b"\x28\x00\x10\x00US\x02\x00\x34\x12"),
        (BIG, b"\x00\x28\x00\x10US\x00\x02\x12\x34"),
    ],
)
def test_numbers_are_written_in_the_order_of_the_transfer_syntax(transfer_syntax: str, raw: bytes) -> None:
    assert encode_texts({"Rows": "0x1234"}, transfer_syntax) == raw


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"NoSuch": "1"}, "unknown keyword"),
        ({"Rows": "x"}, "not a valid value of VR US"),
        ({"PixelData": ["00", "11"]}, "data_set: .*a bytes-like object is required"),
        ({"Rows": ["1", ["2"]]}, "data_set: .*required argument is not an integer"),
    ],
)
def test_what_cannot_be_written_is_named(said: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        encode_texts(said, EXPLICIT)
