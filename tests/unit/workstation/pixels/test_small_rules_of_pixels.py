"""Small rules of the pixels that whole images rarely meet, each asked directly."""

from __future__ import annotations

import pytest
from pixel_images import attributes, encapsulated, items
from pydicom import Dataset

from dicom_workstation.pixels import Image, PixelError, opening
from dicom_workstation.pixels.decoding import codecs
from dicom_workstation.pixels.decoding.encapsulation import _read_items
from dicom_workstation.pixels.decoding.pixel_source import InMemory
from dicom_workstation.pixels.lookup_table import read_lookup_table
from dicom_workstation.pixels.opening import _syntax_of, open_image
from dicom_workstation.pixels.palette import _follow
from dicom_workstation.pixels.voi_lut import numbers

EXPLICIT, BIG_ENDIAN, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2"
RLE = "1.2.840.10008.1.2.5"


class Odd(Dataset):
    """A data set with values that pydicom gives to none."""

    def get(self, key, default=None):
        """Give such a value."""
        return {"WindowCenter": "high", "LUTDescriptor": [2, "first", 8]}.get(key, default)


def test_a_segment_may_be_repeated_before_another() -> None:
    found: list[int] = []
    _follow([0, 2, 10, 20, 2, 1, 0, 0, 0, 1, 30], 0, 9, found, "a table")
    assert found == [10, 20, 10, 20, 30]


def test_a_value_that_is_no_number_is_refused() -> None:
    item = Odd()
    with pytest.raises(PixelError, match="WindowCenter 'high' is not numeric"):
        numbers(item, "WindowCenter")
    with pytest.raises(PixelError, match="is not numeric"):
        read_lookup_table(item, "a table", is_signed=False)


def test_encapsulated_pixel_data_without_an_offset_table_is_refused() -> None:
    delimiter = items()[-8:]
    with pytest.raises(PixelError, match="no Basic Offset Table item"):
        _read_items(InMemory(delimiter, 0, len(delimiter)))


@pytest.mark.parametrize(
    ("is_implicit", "is_little", "expected"),
    [(False, False, BIG_ENDIAN), (False, True, EXPLICIT), (True, True, IMPLICIT), (None, None, IMPLICIT)],
)
def test_without_meta_information_the_encoding_says_the_transfer_syntax(is_implicit, is_little, expected) -> None:
    data_set = Dataset()
    data_set.set_original_encoding(is_implicit, is_little)
    assert _syntax_of(data_set) == expected


def test_a_mistake_of_our_own_is_not_blamed_on_the_image(monkeypatch) -> None:
    def mistaken(*arguments):
        raise ValueError("ours")

    for module in (opening, codecs):
        monkeypatch.setattr(module, "is_our_mistake", lambda error: True)
    monkeypatch.setattr(opening, "_of_bytes", mistaken)
    with pytest.raises(ValueError, match="ours"):
        open_image((b"bytes", EXPLICIT))
    monkeypatch.setattr(codecs, "_CODECS", {RLE: mistaken})
    with pytest.raises(ValueError, match="ours"):
        Image(encapsulated(attributes(5, 7), items(bytes(64)), RLE)).stored(1)
