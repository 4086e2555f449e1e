"""Small rules of the pixels that whole images rarely meet, each asked directly."""

from __future__ import annotations

import numpy as np
import pytest
from pixel_images import attributes, encapsulated, grey, items, native
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset

from dicom_workstation.pixels import Image, PixelError, opening
from dicom_workstation.pixels.colour import _from_full, _from_partial
from dicom_workstation.pixels.decoding import codecs
from dicom_workstation.pixels.decoding.encapsulation import _read_items
from dicom_workstation.pixels.decoding.pixel_source import InMemory
from dicom_workstation.pixels.lookup_table import read_lookup_table
from dicom_workstation.pixels.opening import _missing, _syntax_of, open_image
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


def test_colours_that_are_not_saturated_follow_the_equations() -> None:
    samples = np.array([[[100, 120, 140]]], np.uint8)
    assert _from_full(samples, 8).tolist() == [[[117, 94, 86]]]
    assert _from_partial(np.array([[[120, 120, 140]]], np.uint8), 8).tolist() == [[[140, 114, 105]]]


def test_pixels_of_another_kind_are_named() -> None:
    image = attributes(1, 1)
    image.FloatPixelData = b"\0\0\0\0"
    with pytest.raises(PixelError, match="Float Pixel Data cannot be shown"):
        open_image(image)


@pytest.mark.parametrize("left", [0, 4, 7])
def test_pixel_data_that_end_within_their_header_are_not_there(left) -> None:
    head = bytes.fromhex("0800 1600 5549 0400") + b"1.2\0"
    with pytest.raises(PixelError, match="there is no Pixel Data"):
        open_image((head + bytes.fromhex("e07f 1000 4f57 0000")[:left], EXPLICIT))


@pytest.mark.parametrize(("has_class", "has_meta"), [(True, False), (False, True), (False, False)])
def test_what_says_that_it_is_dicom_lacks_pixels_and_else_it_is_no_dicom(has_class, has_meta) -> None:
    data_set = Dataset()
    if has_class:
        data_set.SOPClassUID = "1.2"
    if has_meta:
        data_set.file_meta = FileMetaDataset()
        data_set.file_meta.TransferSyntaxUID = EXPLICIT
    assert _missing(data_set) == ("there is no Pixel Data" if has_class or has_meta else "is not a DICOM file")


def test_an_item_that_is_none_is_no_table() -> None:
    with pytest.raises(PixelError, match="VOI LUT is not a sequence"):
        read_lookup_table(b"bytes", "VOI LUT", is_signed=False)


@pytest.mark.parametrize("ask", [Image.stored, Image.cells, lambda image, *at: image.decoded(*at).samples])
def test_the_frame_that_is_meant_is_the_first(ask) -> None:
    image = Image(grey(np.array([[[1, 2]], [[3, 4]]], np.uint16)))
    assert ask(image).tolist() == ask(image, 1).tolist() == [[1, 2]]
    assert ask(image, 2).tolist() == [[3, 4]]


def test_the_frame_that_is_meant_in_colour_is_the_first() -> None:
    image = attributes(1, 1, bits=8, NumberOfFrames="2", SamplesPerPixel=3, PhotometricInterpretation="RGB")
    opened = Image(native(bytes((1, 2, 3, 4, 5, 6)), image))
    assert opened.rgb().tolist() == [[[1, 2, 3]]]
    assert opened.rgb(2).tolist() == [[[4, 5, 6]]]


def test_the_frame_that_is_checked_is_the_first() -> None:
    cut_off = Image(native(bytes((1, 2)), attributes(1, 2, bits=8, NumberOfFrames="2")))
    cut_off.check()
    with pytest.raises(PixelError, match="4 are needed"):
        cut_off.check(2)
