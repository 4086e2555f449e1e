"""Elements compared by their bytes across transfer syntaxes."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from dicom_conformance.trace import decoded_pixels, element_differences
from dicom_simulators.data_sets import build

IMPLICIT, EXPLICIT, BIG_ENDIAN = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
JPEG_LOSSLESS, JPEG_2000 = "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.90"
CT, CR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.1"


def element(group: int, number: int, vr: str, value: bytes, by: str = "<") -> bytes:
    if vr in ("OW", "UN", "SQ"):
        return struct.pack(by + "HH2sHI", group, number, vr.encode(), 0, len(value)) + value
    return struct.pack(by + "HH2sH", group, number, vr.encode(), len(value)) + value


def item(value: bytes, by: str = "<") -> bytes:
    return struct.pack(by + "HHI", 0xFFFE, 0xE000, len(value)) + value


@pytest.mark.parametrize("recipe", ["private_elements", "text_outside_its_character_set", "same_in_every_syntax"])
@pytest.mark.parametrize("one", [IMPLICIT, EXPLICIT, BIG_ENDIAN])
@pytest.mark.parametrize("other", [IMPLICIT, EXPLICIT, BIG_ENDIAN])
def test_the_same_instance_in_two_syntaxes_differs_in_nothing(recipe, one, other):
    first, second = build(recipe, CT, one), build(recipe, CT, other)
    assert element_differences(first.data_set, one, second.data_set, other) == ()


def test_what_decoding_changes_is_left_to_who_compares_pixels():
    first = build("same_in_every_syntax", CT, JPEG_LOSSLESS)
    second = build("same_in_every_syntax", CT, BIG_ENDIAN)
    assert element_differences(first.data_set, JPEG_LOSSLESS, second.data_set, BIG_ENDIAN) == ()


WHOLE = (
    element(0x0008, 0x0050, "SH", b"AB")
    + element(0x0008, 0x1115, "SQ", item(element(0x0008, 0x0018, "UI", b"1.2\0")))
    + element(0x7FE3, 0x1001, "OW", b"abcd")
)


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (WHOLE.replace(b"SH\2\0AB", b"SH\2\0AC"), "(0008,0050) has another value"),
        (WHOLE.replace(b"1.2\0", b"1.3\0"), "(0008,1115).item 1.(0008,0018) has another value"),
        (WHOLE.replace(b"abcd", b"badc"), "(7FE3,1001) has another value"),
        (WHOLE[10:], "(0008,0050) is missing"),
        (WHOLE + element(0x7FE3, 0x1002, "UN", b"x "), "(7FE3,1002) was not there"),
    ],
)
def test_a_difference_is_named_with_its_path(now, said):
    assert element_differences(WHOLE, EXPLICIT, WHOLE, EXPLICIT) == ()
    assert element_differences(WHOLE, EXPLICIT, now, EXPLICIT) == (said,)


def test_other_items_and_unreadable_bytes_are_differences():
    fewer = element(0x0008, 0x1115, "SQ", b"")
    more = element(0x0008, 0x1115, "SQ", item(b""))
    assert element_differences(more, EXPLICIT, fewer, EXPLICIT) == ("(0008,1115) has other items",)
    (said,) = element_differences(more, EXPLICIT, b"no", EXPLICIT)
    assert "cut off" in said


def test_group_lengths_do_not_count():
    assert element_differences(WHOLE, EXPLICIT, element(0x0008, 0, "UL", b"\1\0\0\0") + WHOLE, EXPLICIT) == ()


def test_words_that_were_not_turned_round_are_other_values():
    big = element(0x7FE3, 0x1001, "OW", b"abcd", ">")
    little = element(0x7FE3, 0x1001, "OW", b"abcd")
    assert element_differences(little, EXPLICIT, big, BIG_ENDIAN) == ("(7FE3,1001) has another value",)


@pytest.mark.parametrize("transfer_syntax", [IMPLICIT, BIG_ENDIAN, JPEG_LOSSLESS, "1.2.840.10008.1.2.4.57", JPEG_2000])
def test_bits_above_bits_stored_are_no_pixels(transfer_syntax):
    made = build("noise_above_bits_stored", CR, transfer_syntax)
    assert np.array_equal(decoded_pixels(made.data_set, transfer_syntax), made.pixels[0])


def test_a_lossy_codestream_beyond_bits_stored_is_not_cut():
    made = build("lossy_above_bits_stored", CR, "1.2.840.10008.1.2.4.91")
    found = decoded_pixels(made.data_set, "1.2.840.10008.1.2.4.91").astype(int)
    assert found.max() > 4095
    assert np.abs(found - made.pixels[0]).max() <= made.max_error
